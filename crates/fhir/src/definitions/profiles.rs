//! The profiles and extensions that R4 itself defines.

use super::file::{self, Section};
use super::types::Type;
use std::fmt;

/// A profile or an extension of R4.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Profile(pub(super) u16);

impl Profile {
    /// The one with this canonical URL; a version behind `|` is ignored.
    #[must_use]
    pub fn of_url(url: &str) -> Option<Profile> {
        file::find_row(Section::Profiles, super::unversioned(url)).map(Profile)
    }

    /// All of them, by URL.
    pub fn all() -> impl Iterator<Item = Profile> + Clone {
        file::all(Section::Profiles).map(Profile)
    }

    fn at(self) -> usize {
        file::row(Section::Profiles, usize::from(self.0))
    }

    /// `http://hl7.org/fhir/StructureDefinition/patient-birthPlace`.
    #[must_use]
    pub fn url(self) -> &'static str {
        file::text(self.at())
    }

    /// Its title; may be empty.
    #[must_use]
    pub fn title(self) -> &'static str {
        file::text(self.at() + 4)
    }

    /// The type that it constrains; `Extension` for extensions.
    #[must_use]
    pub fn ty(self) -> Option<Type> {
        file::row_at(self.at() + 16).map(Type)
    }

    /// Where an extension may stand: paths such as `Patient` or `Observation.value[x]`.
    pub fn contexts(self) -> impl Iterator<Item = &'static str> + Clone {
        file::text(self.at() + 8).split_ascii_whitespace()
    }

    /// The types that the value of an extension may have; empty for one that holds other extensions.
    pub fn value_types(self) -> impl ExactSizeIterator<Item = Type> + Clone {
        let first = usize::from(file::u16_at(self.at() + 18));
        let count = usize::from(file::u8_at(self.at() + 20));
        (first..first + count).map(|index| Type(file::u16_at(file::row(Section::Lists, index))))
    }

    /// An extension that changes what its element means.
    #[must_use]
    pub fn is_modifier(self) -> bool {
        file::u8_at(self.at() + 21) & 1 != 0
    }

    /// An extension that holds other extensions.
    #[must_use]
    pub fn is_complex(self) -> bool {
        file::u8_at(self.at() + 21) & 2 != 0
    }

    /// Its structure definition as JSON: the differential, without prose.
    #[must_use]
    pub fn definition(self) -> &'static str {
        file::text(self.at() + 12)
    }
}

impl fmt::Debug for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Profile({})", self.url())
    }
}
