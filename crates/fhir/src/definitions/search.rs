//! Search parameters.

use super::file::{self, Section};
use super::types::Type;

/// A search parameter of R4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SearchParameter(u16);

/// How a search parameter compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "each is the kind of its name in R4")]
pub enum SearchKind {
    Number,
    Date,
    String,
    Token,
    Reference,
    Composite,
    Quantity,
    Uri,
    Special,
}

impl SearchParameter {
    /// All of them, by code.
    pub fn all() -> impl Iterator<Item = SearchParameter> + Clone {
        file::all(Section::SearchParameters).map(SearchParameter)
    }

    /// Those of a resource and of what it specializes.
    pub fn of(resource: Type) -> impl Iterator<Item = SearchParameter> + Clone {
        SearchParameter::all().filter(move |parameter| parameter.bases().any(|base| resource.is_a(base)))
    }

    fn at(self) -> usize {
        file::row(Section::SearchParameters, usize::from(self.0))
    }

    /// `birthdate`.
    #[must_use]
    pub fn code(self) -> &'static str {
        file::text(self.at())
    }

    /// Where its values are, in FHIRPath; empty where R4 states none.
    #[must_use]
    pub fn expression(self) -> &'static str {
        file::text(self.at() + 4)
    }

    /// The resources that it is for.
    pub fn bases(self) -> impl ExactSizeIterator<Item = Type> + Clone {
        list(self.at() + 8, self.at() + 12)
    }

    /// The resources that a reference leads to.
    pub fn targets(self) -> impl ExactSizeIterator<Item = Type> + Clone {
        list(self.at() + 10, self.at() + 13)
    }

    /// How it compares.
    #[must_use]
    pub fn kind(self) -> SearchKind {
        match file::u8_at(self.at() + 14) {
            0 => SearchKind::Number,
            1 => SearchKind::Date,
            2 => SearchKind::String,
            3 => SearchKind::Token,
            4 => SearchKind::Reference,
            5 => SearchKind::Composite,
            6 => SearchKind::Quantity,
            7 => SearchKind::Uri,
            _ => SearchKind::Special,
        }
    }
}

fn list(first: usize, count: usize) -> impl ExactSizeIterator<Item = Type> + Clone {
    let (first, count) = (usize::from(file::u16_at(first)), usize::from(file::u8_at(count)));
    (first..first + count).map(|index| Type(file::u16_at(file::row(Section::Lists, index))))
}
