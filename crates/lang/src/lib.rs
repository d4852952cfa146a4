//! Floor 2: the flow and map language.
//!
//! Owns the text that analysts write: [`syntax`] reads any text into a lossless tree, formats it, edits it minimally
//! and renders findings; the other modules compile conditions, values, steps, code tables and maps from the tree and
//! run them over messages.
//!
//! | to | use |
//! |---|---|
//! | say what lines may refer to | [`Scope::new`] with [`Tables`], a [`Dictionary`], a [`Library`] |
//! | compile and ask `when …` | [`Condition::parse`], [`Condition::holds`] over a [`View`] |
//! | compile and run `set`, `remove`, `insert`, `translate` | [`Program::push_statement`], [`Program::apply`] |
//! | run a script of the workspace over a message | [`Scripts::add`], [`Script::apply`] |
//! | compile and run a `.map` file | [`MapFile::compile`], [`MapFile::apply`] |
//! | compile profiles, check a message against one | [`Profiles::compile`], [`Profile::validate`] |
//! | give a message its fuel, time and seed | [`Run::new`] |
//! | list keywords, steps and rules for the reference | [`keyword::KEYWORDS`], [`steps::catalogue`], [`reference::CHAPTERS`] |
//!
//! Promises: every text yields a tree; every finding has a code, a place and a hint; running is bounded by fuel and
//! has no I/O; the same message, program and run give the same output.
//! Never: knows what an interface or a connector is (that is floor 3).

pub mod codes;
mod condition;
mod decimal;
mod dictionary;
pub mod dtm;
pub mod facts;
pub mod form;
mod hours;
mod item;
pub mod keyword;
mod list;
mod locus;
pub mod lookup;
mod map;
mod matter;
mod path;
mod place;
pub mod profile;
mod program;
pub mod reference;
mod run;
mod scope;
pub mod script;
mod split;
pub mod steps;
mod suggest;
pub mod syntax;
pub mod table;
mod value;
mod view;

pub use condition::{Condition, Part, Value as PartValue};
pub use dictionary::{Dictionary, Segments};
pub use form::{Form, Forms};
pub use hours::Hours;
pub use item::{Atom, Item};
pub use keyword::Keyword;
pub use list::ValueList;
pub use locus::Locus;
pub use map::{
    BundleType, Claim, Format, Ignored, Left, Library, Map, MapFile, MessageMap, Origin, Origins, Settings, Shape,
    Standard, Why, no_map, no_map_for_bundle,
};
pub use map::{cases, coverage, drawing, fhir::lineage, outline};
pub use matter::Matter;
pub use profile::{Profile, Profiles, Ruleset};
/// A time zone by its name: `Europe/Berlin`.
#[must_use]
pub fn zone(name: &str) -> Option<jiff::tz::TimeZone> {
    jiff::tz::TimeZoneDatabase::bundled().get(name).ok()
}

pub use program::Program;
pub use run::{Fault, Missed, NOTES_MAX, Run};
pub use scope::Scope;
pub use script::{Script, Scripts};
pub use split::{PARTS_MAX, Split};
pub use table::{Row, Table, Tables};
pub use value::Value;
pub use view::View;
