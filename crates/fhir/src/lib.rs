//! Floor 1: FHIR resources. Pure: no I/O, clock, randomness or async.
//!
//! | what | where |
//! |---|---|
//! | read JSON, find elements, build, edit, write | [`Tree`], [`Node`], [`Place`], [`Value`] |
//! | name a place once, fill it in many resources | [`Route`] |
//! | property names | [`Name`] |
//! | what R4 says of types, elements, codes and rules | [`definitions`] |
//! | the XML form, both ways | [`xml`] |
//! | check a resource by R4 and by profiles | [`validate`] |
//! | bundles: entries, what references lead to | [`bundle`] |
//! | packages of profiles | [`package`] |
//! | ask with FHIRPath | [`fhirpath::Program`] |
//! | change with FHIRPath Patch | [`patch::Patch`] |
//!
//! ```
//! use fhir::{Place, Tree, Value};
//!
//! let mut patient = Tree::read(br#"{"resourceType":"Patient","name":[{"family":"Doe","given":["Jane"]}]}"#)?;
//! let name = patient.root().get("name").and_then(|names| names.at(0)).ok_or("no name")?.id();
//! assert_eq!(patient.node(name).get("family").and_then(|family| family.text()), Some("Doe"));
//!
//! patient.set(name, "family", Value::Text("Roe"))?;             // keeps its place among the properties
//! patient.append(name, "given", Value::Text("Ann"))?;
//! assert_eq!(
//!     patient.write(),
//!     br#"{"resourceType":"Patient","name":[{"family":"Roe","given":["Jane","Ann"]}]}"#
//! );
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Promises: order, decimals as written, elements nobody knows and nulls are kept; no function here panics on any
//! input; everything has a named limit; no error or `Debug` holds content (R10).

pub mod bundle;
pub mod codes;
pub mod definitions;
mod error;
pub mod fhirpath;
pub mod names;
pub mod package;
pub mod patch;
pub mod tree;
pub mod validate;
pub mod xml;

pub use error::Error;
pub use tree::{Fixed, Key, Kind, Known, Name, NameSet, Node, NodeId, Number, Place, Route, Tree, Value};
