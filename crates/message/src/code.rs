//! Error codes: one page each, embedded, so that a missing page fails the build.
//!
//! Ranges: E1xxx message content (hl7v2) · E2xxx language (lang) · E3xxx interfaces and workspace (interface) ·
//! E4xxx store · E5xxx engine · E6xxx connectors · E7xxx server and commands.

use std::fmt;

/// A code of the catalogue with its page.
#[derive(Clone, Copy)]
pub struct Code {
    /// `E2104`.
    pub id: &'static str,
    /// A line: what is wrong.
    pub title: &'static str,
    /// The page in Markdown, from `docs/errors/`.
    pub page: &'static str,
}

impl PartialEq for Code {
    fn eq(&self, other: &Code) -> bool {
        self.id == other.id
    }
}
impl Eq for Code {}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id)
    }
}
impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id)
    }
}

/// Declares the codes of one crate: constants, and `ALL`. Each needs a page `docs/errors/ID.md`.
///
/// ```text
/// message::catalogue! { E1001 "segment ends are mixed"; E1002 "no MSH segment"; }
/// ```
#[macro_export]
macro_rules! catalogue {
    ($($id:ident $title:literal;)*) => {
        $(
            #[doc = $title]
            pub const $id: $crate::Code = $crate::Code {
                id: stringify!($id),
                title: $title,
                page: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/errors/", stringify!($id), ".md")),
            };
        )*
        /// Every code of this crate.
        pub const ALL: &[$crate::Code] = &[$($id),*];
    };
}
