//! The XML form of resources, both ways.
//!
//! Promises: what JSON and XML can both say comes back: values as written, order as R4 has it, ids and extensions of
//! primitives, contained resources, the text of the narrative; a document type definition is refused and size, nodes and
//! depth are bounded, by the one door of [`xml`]; an error says where, never what.
//! Never: keeps comments or processing instructions (JSON has no place for them; they are told), or checks a resource
//! beyond what decides its form.
//!
//! ```
//! let (patient, findings) = fhir::xml::read(br#"<Patient xmlns="http://hl7.org/fhir"><active value="true"/></Patient>"#)?;
//! assert!(findings.is_empty());
//! assert_eq!(patient.write(), br#"{"resourceType":"Patient","active":true}"#);
//! let (text, _) = fhir::xml::write(&patient)?;
//! assert!(text.ends_with("<Patient xmlns=\"http://hl7.org/fhir\">\n  <active value=\"true\"/>\n</Patient>\n"));
//! # Ok::<(), fhir::Error>(())
//! ```

mod narrative;
mod read;
#[cfg(test)]
mod tests;
mod write;

pub(crate) use read::kind_of;
pub use read::read;
pub use write::write;

use crate::definitions::{Element, Member, Primitive, Type};

/// The namespace of FHIR.
pub const FHIR: &str = "http://hl7.org/fhir";
/// The namespace of the narrative.
pub const XHTML: &str = "http://www.w3.org/1999/xhtml";

/// The bytes are XML rather than JSON: the first that is no blank is `<`, in any encoding that is read.
#[must_use]
pub fn is_xml(bytes: &[u8]) -> bool {
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | 0 | 0xEF | 0xBB | 0xBF | 0xFE | 0xFF);
    bytes.iter().find(|byte| !is_blank(byte)) == Some(&b'<')
}

/// How the content of an element is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// A value in an attribute.
    Primitive(Primitive),
    /// The narrative: XHTML as it stands.
    Narrative,
    /// A resource inside an element.
    Resource,
    /// Elements below.
    Complex(Element),
    /// Not of R4: its shape must do.
    Unknown,
}

impl Form {
    fn of(member: Option<Member>) -> Form {
        let Some(member) = member else { return Form::Unknown };
        let primitive = member.ty().and_then(Type::primitive);
        match (primitive, member.body()) {
            (Some(Primitive::Xhtml), _) => Form::Narrative,
            (Some(primitive), _) => Form::Primitive(primitive),
            (None, Some(body)) if member.ty().is_some_and(Type::is_resource) && body.is_root() => Form::Resource,
            (None, Some(body)) => Form::Complex(body),
            (None, None) => Form::Unknown,
        }
    }
}
