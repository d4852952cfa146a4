//! The error codes of the language: E20xx syntax, E21xx paths and values, E22xx conditions and steps, E23xx maps and
//! tables.

message::catalogue! {
    E2001 "closing brace without an opening one";
    E2002 "closing brace is missing";
    E2003 "opening brace on a line of its own";
    E2004 "text does not end";
    E2005 "unknown escape in a text";
    E2006 "list, parenthesis or index does not close";
    E2007 "closing bracket without an opening one";
    E2008 "control character in the file";
    E2009 "nested too deeply";
    E2010 "file too large";
    E2011 "file is not UTF-8";
    E2012 "address needs quotes";
    E2013 "wrong quotation marks";
    E2014 "statements need lines of their own";
    E2015 "character that means nothing here";
    E2016 "line continues nothing";
    E2017 "character that looks like a blank";
    E2018 "file not laid out because it has errors";
    E2019 "JSON form of a file is not valid";
    E2020 "change does not fit the file";
}
