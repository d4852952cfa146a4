//! A message in whichever format, as conditions, edits and maps take it.

use crate::{
    condition::{Condition, Part},
    form::Form,
    map::from_fhir::source::Source,
    run::{Fault, Run},
    view::View,
};
use bytes::Bytes;
use formats::Document;
use hl7v2::Message;
use message::{Diagnostic, Format};
use std::sync::Arc;

/// A message that was read, or made by a map.
#[derive(Clone, Debug)]
pub enum Matter {
    /// HL7 v2.
    V2(Message),
    /// A FHIR resource, and its bytes.
    Fhir(Arc<fhir::Tree>, Bytes),
    /// Any other format.
    Other(Document),
}

impl Matter {
    /// Reads bytes as what they are taken for. What is wrong is told; of a resource that cannot be read nothing is there.
    #[must_use]
    pub fn read(form: &Form, bytes: impl Into<Bytes>) -> (Matter, Vec<Diagnostic>) {
        let bytes = bytes.into();
        match form.format {
            Format::Hl7v2 => {
                let (message, found) = Message::parse(bytes);
                (Matter::V2(message), found)
            }
            Format::Fhir => match fhir::Tree::read(&bytes) {
                Ok(tree) => (Matter::Fhir(tree.into(), bytes), Vec::new()),
                Err(error) => (Matter::Fhir(fhir::Tree::new().into(), bytes), vec![error.diagnostic()]),
            },
            Format::Json | Format::Xml | Format::Delimited | Format::X12 | Format::Text | Format::Binary => {
                let document = Document::read(form.format, bytes, &form.layout);
                let found = document.findings().to_vec();
                (Matter::Other(document), found)
            }
        }
    }

    /// The format.
    #[must_use]
    pub fn format(&self) -> Format {
        match self {
            Matter::V2(_) => Format::Hl7v2,
            Matter::Fhir(..) => Format::Fhir,
            Matter::Other(document) => document.format(),
        }
    }

    /// Its bytes: as they came where nothing changed them.
    #[must_use]
    pub fn to_bytes(&self) -> Bytes {
        match self {
            Matter::V2(message) => message.to_bytes(),
            Matter::Fhir(_, bytes) => bytes.clone(),
            Matter::Other(document) => document.write().clone(),
        }
    }

    /// The message of HL7 v2, where it is one.
    #[must_use]
    pub fn v2(&self) -> Option<&Message> {
        match self {
            Matter::V2(message) => Some(message),
            Matter::Fhir(..) | Matter::Other(_) => None,
        }
    }

    /// The document of another format, where it is one.
    #[must_use]
    pub fn document(&self) -> Option<&Document> {
        match self {
            Matter::Other(document) => Some(document),
            Matter::V2(_) | Matter::Fhir(..) => None,
        }
    }

    /// Gives the message to `look` as conditions and values see it.
    pub(crate) fn viewed<T>(&self, look: impl FnOnce(&View<'_>) -> T) -> T {
        match self {
            Matter::V2(message) => look(&View::new(message)),
            Matter::Fhir(tree, _) => {
                let source = Source::of(tree.root());
                look(&View::of_bundle(&source))
            }
            Matter::Other(document) => look(&View::of_document(document)),
        }
    }
}

impl Condition {
    /// [`Condition::explain`] of a message in whichever format.
    #[must_use]
    pub fn explain_of(&self, matter: &Matter, run: &mut Run) -> Vec<Part> {
        matter.viewed(|view| self.explain(view, run))
    }

    /// [`Condition::holds`] of a message in whichever format.
    ///
    /// # Errors
    /// As [`Condition::holds`].
    pub fn is_true_of(&self, matter: &Matter, run: &mut Run) -> Result<bool, Fault> {
        matter.viewed(|view| self.holds(view, run))
    }
}
