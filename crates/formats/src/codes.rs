//! The codes of this crate, E1300 to E1349: each has a page in `docs/errors`.

message::catalogue! {
    E1300 "the bytes are not characters of the expected encoding";
    E1301 "the text is not JSON";
    E1302 "an object names a property twice";
    E1303 "a character in a JSON string cannot be read";
    E1304 "the text is not well-formed XML";
    E1305 "content passes a limit";
    E1310 "a row has another number of columns than expected";
    E1311 "a quoted column does not end";
    E1312 "the header of the rows lacks a column";
    E1313 "characters stand behind a closing quote";
    E1314 "a row is shorter or longer than its columns";
    E1315 "a header names a column twice";
    E1320 "the text is not X12";
    E1321 "an X12 envelope does not fit what it holds";
    E1322 "an X12 segment cannot be read";
    E1330 "this place cannot be written";
    E1331 "a value cannot be written in this format";
}
