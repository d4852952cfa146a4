//! Floor 1: what is neither HL7 v2 nor FHIR: JSON, XML, delimited rows, X12.
//!
//! | to | use |
//! |---|---|
//! | tell a format from bytes, a file's name, a media type | [`detect`] |
//!
//! Promises: no finding says what a message held; every size has a limit.
//! Never: I/O, clock, or a meaning of its own for an element or a column.

pub mod detect;
