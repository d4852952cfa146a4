//! The error codes of the language: E20xx syntax, E21xx paths and values, E22xx conditions and steps, E23xx maps and
//! tables.

message::catalogue! {}
