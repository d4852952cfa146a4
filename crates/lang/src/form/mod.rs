//! What messages look like that are not HL7 v2: the format, and what the site says of it.
//!
//! ```text
//! format lab-csv delimited {
//!   separator ";"
//!   column mrn "Patient No"
//!   column name
//! }
//! format device fixed { column id 1..8   column value 9..16 right }
//! format order json { place patient.mrn   place items[*].code   place items[*].count number }
//! ```
//! Promises: a description with an error is not used; with columns or places, every path is checked against them.

mod parse;
#[cfg(test)]
mod tests;

use formats::Layout;
use message::Format;
use std::{collections::BTreeMap, sync::Arc};

pub use parse::WORDS;

/// A format with what is said of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    /// The format.
    pub format: Format,
    /// Separators, columns, places.
    pub layout: Arc<Layout>,
}

impl Default for Form {
    /// HL7 v2.
    fn default() -> Form {
        Form::of(Format::Hl7v2)
    }
}

impl Form {
    /// A format of which nothing more is said.
    #[must_use]
    pub fn of(format: Format) -> Form {
        let layout = match format {
            Format::Delimited => Layout::csv(),
            other => Layout::plain(formats::detect::name_of(other)),
        };
        Form { format, layout: layout.into() }
    }

    /// By a word of the language: `json`, `csv`, `tsv`.
    #[must_use]
    pub fn named(word: &str) -> Option<Form> {
        // Rows by position have no usual columns.
        let (_, format) = formats::detect::NAMES.iter().find(|(name, _)| *name == word && *name != "fixed")?;
        let form = Form::of(*format);
        Some(if word == "tsv" { Form { layout: Layout::tsv().into(), ..form } } else { form })
    }

    /// Its messages have places that lines can name: it is neither HL7 v2, nor FHIR, which have paths of their own.
    #[must_use]
    pub fn has_places(&self) -> bool {
        match self.format {
            Format::Json | Format::Xml | Format::Delimited | Format::X12 => true,
            Format::Hl7v2 | Format::Fhir | Format::Text | Format::Binary => false,
        }
    }

    /// What lines and people call it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.layout.name
    }
}

/// The descriptions of a workspace, by name.
#[derive(Clone, Debug, Default)]
pub struct Forms {
    forms: BTreeMap<Arc<str>, Form>,
}

impl Forms {
    /// A description by its name, else the usual form of a format.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Form> {
        self.forms.get(name).cloned().or_else(|| Form::named(name))
    }

    /// The names of the descriptions, and the words for formats.
    pub fn names(&self) -> impl Iterator<Item = &str> + Clone {
        let usual = formats::detect::NAMES.iter().map(|(name, _)| *name).filter(|name| *name != "fixed");
        self.forms.keys().map(|name| &**name).chain(usual)
    }

    /// The descriptions of the site, in the order of their names.
    pub fn described(&self) -> impl Iterator<Item = &Form> {
        self.forms.values()
    }
}
