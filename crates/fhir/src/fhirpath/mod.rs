//! FHIRPath (N1) with what FHIR R4 adds: parse once, evaluate many times.
//!
//! Owns the syntax, the compiled form, the functions, and the values: exact decimals, dates with their precision,
//! quantities with UCUM units. Types of elements and choices come from [`crate::definitions`].
//!
//! | part | where |
//! |---|---|
//! | words, grammar, compiled form | `lex`, `parse`, `syntax` |
//! | what does not fit the types, before anything runs | `check` |
//! | evaluation, operators | `eval`, `operators`, `equality` |
//! | functions, a file a family | `functions` |
//! | values | [`Item`], [`Decimal`], [`Temporal`], [`Quantity`], `ucum` |
//!
//! ```
//! use fhir::{Tree, fhirpath::{Environment, Program}};
//!
//! let program = Program::parse("Patient.name.where(use = 'official').given.first()")?;   // once
//! let patient = Tree::read(br#"{"resourceType":"Patient","name":[{"use":"official","given":["Jane","Ann"]}]}"#)?;
//! let items = program.run(&Environment::new(patient.root()))?;
//! assert_eq!(items.iter().filter_map(|item| item.to_text()).collect::<Vec<_>>(), ["Jane"]);
//!
//! let error = Program::parse("Patient.name.frist()").unwrap_err();
//! assert_eq!(error.to_string(), "E1211: column 14: there is no function `frist`; did you mean first?");
//! # Ok::<(), fhir::Error>(())
//! ```
//!
//! Promises: pure (the time is an argument); bounded in depth, steps and text; an error has a code and a column, and never
//! content. Never: I/O; terminology beyond R4's own value sets, unless the [`Host`] brings it.

mod check;
mod decimal;
mod environment;
mod equality;
mod eval;
mod functions;
mod item;
mod lex;
mod operators;
mod parse;
mod presence;
mod print;
mod quantity;
mod syntax;
mod temporal;
#[cfg(test)]
mod tests;
mod ucum;

pub use decimal::Decimal;
pub use environment::{Environment, Host, Standalone};
pub use functions::{Described, described};
pub use item::Item;
pub use item::member;
pub(crate) use presence::{Presence, Present};
pub use quantity::{Calendar, Quantity, QuantityUnit};
pub use syntax::System;
pub use temporal::{Precision, Temporal, TemporalKind};

use crate::definitions::{Member, Type};
use crate::{Error, codes};

/// A byte of an expression.
type Position = u32;

/// Longest expression.
pub const EXPRESSION_BYTES_MAX: usize = 64 * 1024;
/// Nesting of an expression.
pub const EXPRESSION_DEPTH_MAX: usize = 96;
/// Calls and operators that stand one on the other: what comes behind a point has the rest below it.
pub const EXPRESSION_HEIGHT_MAX: usize = 200;
/// Steps of one evaluation, unless the environment says otherwise.
pub const FUEL: u64 = message::limits::FUEL_PER_MESSAGE;
/// Longest text that an evaluation makes.
pub const TEXT_BYTES_MAX: usize = 1024 * 1024;

/// A compiled expression. It can be run by many threads.
#[derive(Clone)]
pub struct Program {
    text: Box<str>,
    parsed: std::sync::Arc<parse::Parsed>,
}

impl Program {
    /// Compiles an expression.
    ///
    /// # Errors
    /// E1210 it cannot be read, E1211 no such function or the wrong number of arguments, E1213 no such type, E1214 past
    /// a limit; each with its column.
    pub fn parse(text: &str) -> Result<Program, Error> {
        let parsed = parse::parse(text).map_err(|error| error.in_expression(text))?;
        Ok(Program { text: text.into(), parsed: std::sync::Arc::new(parsed) })
    }

    /// What it was compiled from.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Looks for what cannot be right on an element of this type: unknown elements, values that no function takes.
    ///
    /// # Errors
    /// E1215 with the column, and "did you mean" where something is close.
    pub fn check(&self, context: Type) -> Result<(), Error> {
        self.check_at(context.root().member())
    }

    /// The same for an element of a type: the rules of a profile are about one.
    ///
    /// # Errors
    /// As [`check`](Program::check).
    pub fn check_at(&self, context: Member) -> Result<(), Error> {
        check::check(&self.parsed, context).map_err(|error| error.in_expression(&self.text))
    }

    /// Evaluates it.
    ///
    /// # Errors
    /// E1212 a value does not fit an operator or function, E1214 past a limit, E1216 something that the environment does
    /// not have; each with its column.
    pub fn run<'t>(&'t self, environment: &Environment<'t>) -> Result<Vec<Item<'t>>, Error> {
        let mut out = Vec::new();
        self.run_into(environment, &mut out)?;
        Ok(out)
    }

    /// The same, into a collection whose memory is used again; what it held is gone.
    ///
    /// # Errors
    /// As [`run`](Program::run).
    pub fn run_into<'t>(&'t self, environment: &Environment<'t>, out: &mut Vec<Item<'t>>) -> Result<(), Error> {
        out.clear();
        eval::run(&self.parsed, environment, false, out).map_err(|error| error.in_expression(&self.text))
    }

    /// Evaluates it as a rule: true, false, or nothing, which breaks no rule. One item that is no boolean counts as true.
    ///
    /// In a rule `as` chooses from several items, as `ofType` does: R4's own rules (dom-3) are written so.
    ///
    /// # Errors
    /// As [`run`](Program::run), and E1212 for several items.
    pub fn test<'t>(&'t self, environment: &Environment<'t>) -> Result<Option<bool>, Error> {
        let mut items = Vec::new();
        eval::run(&self.parsed, environment, true, &mut items).map_err(|error| error.in_expression(&self.text))?;
        match items.as_slice() {
            [] => Ok(None),
            [item] => match item.value() {
                Item::Boolean(value) => Ok(Some(value)),
                _ => Ok(Some(true)),
            },
            _ => {
                let error = Error::expression(codes::E1212, 0, "a rule gives one value, and this gives several");
                Err(error.in_expression(&self.text))
            }
        }
    }

    /// The compiled form for people, one part a line.
    #[must_use]
    pub fn outline(&self) -> String {
        print::outline(&self.parsed)
    }
}

impl std::fmt::Debug for Program {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Program({})", self.text)
    }
}
