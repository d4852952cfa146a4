//! Where a value is, in a message of whichever format: what `index` and `order by` name.

use crate::{
    codes, form::Form, item::Item, map::from_fhir, matter::Matter, path::ReadPath, place, run::Run, scope::Scope,
    table::Tables,
};
use hl7v2::{Message, Path};
use message::{Diagnostic, Timestamp};
use std::{ops::Range, sync::Arc};

/// A place that was looked up.
#[derive(Clone, Debug, PartialEq)]
pub enum Locus {
    /// Of HL7 v2.
    V2(Path),
    /// Of another format.
    Other(Place),
}

/// A path that was looked up, and how it is written.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    read: ReadPath,
    written: Arc<str>,
}

impl Locus {
    /// Looks up a path of messages of this form, which is not HL7 v2.
    ///
    /// # Errors
    /// What is wrong, and which part of the text.
    pub fn parse(text: &str, form: &Form) -> Result<Locus, Box<(Diagnostic, Range<usize>)>> {
        let tables = Tables::default();
        let scope = Scope::new(&tables).reading(form);
        let read = if form.has_places() {
            ReadPath::Place(Arc::new(place::read(text, &scope)?))
        } else if form.format == message::Format::Fhir {
            ReadPath::Element(Arc::new(from_fhir::path::read(text, &scope)?))
        } else {
            let what = format!("a message that is {} has no places", form.name());
            return Err(Box::new((Diagnostic::error(codes::E2641, what), 0..text.len())));
        };
        Ok(Locus::Other(Place { read, written: text.into() }))
    }

    /// The first value; empty where there is none.
    #[must_use]
    pub fn first(&self, matter: &Matter) -> String {
        match (self, matter) {
            (Locus::V2(path), Matter::V2(message)) => message.text(path).into_owned(),
            (Locus::V2(_), Matter::Fhir(..) | Matter::Other(_)) => String::new(),
            (Locus::Other(place), _) => matter.viewed(|view| {
                let item: Item<'_> = place.read.value(view, &mut Run::new(Timestamp::default(), 0));
                item.into_first().as_str().to_owned()
            }),
        }
    }

    /// Every value that is not empty.
    #[must_use]
    pub fn every(&self, matter: &Matter) -> Vec<String> {
        let mut out = Vec::new();
        match (self, matter) {
            (Locus::V2(path), Matter::V2(message)) => out.extend(texts(message, path)),
            (Locus::V2(_), Matter::Fhir(..) | Matter::Other(_)) => {}
            (Locus::Other(place), _) => matter.viewed(|view| {
                place.read.every_atom(view, |atom| {
                    out.extend(Some(atom.as_str().to_owned()).filter(|text| !text.is_empty()));
                    false
                });
            }),
        }
        out
    }
}

fn texts<'m>(message: &'m Message, path: &'m Path) -> impl Iterator<Item = String> + 'm {
    message.every(path).map(|value| value.text().into_owned())
}

/// As it is written.
impl std::fmt::Display for Locus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Locus::V2(path) => path.fmt(f),
            Locus::Other(place) => f.write_str(&place.written),
        }
    }
}
