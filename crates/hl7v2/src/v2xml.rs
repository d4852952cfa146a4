//! The XML encoding of HL7 v2 ("XML Encoding Rules for HL7 v2 Messages", release 2), both ways.
//!
//! | ER7 | XML |
//! |---|---|
//! | message | an element named by its structure, `ADT_A01`, in the namespace `urn:hl7-org:v2xml` |
//! | group | `ORU_R01.PATIENT_RESULT` |
//! | segment, field | `PID`, `PID.5`, once for each repetition |
//! | component, subcomponent | by the data type: `XPN.1`, `FN.1`; OBX-5 by OBX-2 |
//! | `\F\` and the like | the character; every other escape sequence `<escape V="…"/>` |
//! | `""` | `""` |
//!
//! What the dictionary does not know keeps its place: a Z segment stands in the group where it was sent, its components
//! are named by their field (`ZPD.3.1`). Promises: reading takes any prefix and any order of attributes, and refuses a
//! document type definition ([`crate::xml`]); what was written is read back with every value in its place.
//! Never: a validation against a schema.

mod read;
mod write;

pub use read::{Refused, read};
pub use write::write;

/// The namespace of the encoding.
pub const NAMESPACE: &str = "urn:hl7-org:v2xml";

#[cfg(test)]
mod tests;
