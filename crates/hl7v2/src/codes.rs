//! The codes of this crate, E1001 to E1999: each has a page in `docs/errors`.

message::catalogue! {
    E1001 "no MSH segment was found";
    E1002 "segments end with LF instead of CR";
    E1003 "segments end with CR LF instead of CR";
    E1004 "segment ends are mixed";
    E1005 "a line is no segment";
    E1006 "a line is blank";
    E1007 "the message starts with a byte order mark";
    E1008 "the message is in UTF-16 or UTF-32";
    E1009 "there are bytes before the message header";
    E1010 "MSH-2 has fewer than four characters";
    E1011 "MSH-2 names delimiters that cannot be used";
    E1012 "a truncation character is declared below version 2.7";
    E1013 "the last segment has no segment end";
    E1014 "a line feed stands inside a field";
    E1015 "the message has several headers";
    E1016 "the character set is not known";
    E1017 "the character set is not declared";
    E1018 "bytes do not fit the declared character set";
    E1019 "the message is too large to be read";
    E1020 "MLLP framing bytes stand inside the message";
    E1021 "a count in a trailer does not match";
    E1022 "a batch or file header or trailer is missing";
    E1023 "bytes outside any message";
    E1031 "this is not a path";
    E1032 "a number in a path is out of range";
    E1033 "the path needs the dictionary";
    E1041 "the segment is not in the message";
    E1042 "this place cannot be changed";
    E1043 "a value holds characters that the message cannot carry";
    E1044 "a value holds separators that the place cannot hold";
    E1045 "no repetition matches the path";
    E1046 "the character set cannot be changed in place";
    E1070 "an XML document passes a limit";
    E1071 "an XML document cannot be read";
}
