//! FHIRPath Patch (R4 §3.1.0.7.2): add, insert, delete, replace and move, as a Parameters resource says.
//!
//! Owns reading the operations and applying them. Promises: all or nothing; arrays of primitives stay beside those of
//! their extensions; nothing empty is left behind; an error names the operation, and never content.
//! Never: validation of the result, which [`crate::definitions`] and a validator do.
//!
//! ```
//! use fhir::{Tree, patch::Patch};
//! let patch = Patch::read(&Tree::read(br#"{"resourceType":"Parameters","parameter":[{"name":"operation","part":[
//!     {"name":"type","valueCode":"replace"},
//!     {"name":"path","valueString":"Patient.birthDate"},
//!     {"name":"value","valueDate":"1930-01-01"}]}]}"#)?)?;
//! let mut patient = Tree::read(br#"{"resourceType":"Patient","birthDate":"1920-01-01"}"#)?;
//! patch.apply(&mut patient)?;
//! assert_eq!(patient.write(), br#"{"resourceType":"Patient","birthDate":"1930-01-01"}"#);
//! # Ok::<(), fhir::Error>(())
//! ```

mod apply;
mod change;
mod read;
#[cfg(test)]
mod tests;

use crate::fhirpath::Program;
use crate::tree::{NodeId, Tree};
use crate::{Error, codes};

/// Operations of one patch.
pub const OPERATIONS_MAX: usize = 10_000;

/// A patch that was read: it can be applied to many resources.
///
/// `Debug` says how many operations it has, and no values.
#[derive(Clone)]
pub struct Patch {
    /// The Parameters resource, which holds the values.
    source: Tree,
    operations: Vec<Operation>,
}

#[derive(Clone)]
struct Operation {
    path: Program,
    change: Change,
}

#[derive(Clone)]
enum Change {
    Add { name: String, value: Given },
    Insert { index: usize, value: Given },
    Delete,
    Replace { value: Given },
    Move { source: usize, destination: usize },
}

/// A value of a patch.
#[derive(Clone)]
enum Given {
    /// `valueX`, and the X.
    Value { node: NodeId, extras: Option<NodeId>, suffix: String },
    /// A resource.
    Resource(NodeId),
    /// Parts that make an object: an element whose type has no name.
    Parts(Vec<(String, Given)>),
}

impl Patch {
    /// Reads the operations of a Parameters resource.
    ///
    /// # Errors
    /// E1220 it is no patch: which operation, and what is missing. E1210 and others for a path that cannot be read.
    pub fn read(parameters: &Tree) -> Result<Patch, Error> {
        read::read(parameters)
    }

    /// How many operations it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.operations.len()
    }

    /// It changes nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.operations.is_empty()
    }

    /// Applies all operations, one after the other. After an error the resource is as it was.
    ///
    /// # Errors
    /// E1221 a path leads to nothing or to several elements, E1222 the change cannot be made there.
    pub fn apply(&self, resource: &mut Tree) -> Result<(), Error> {
        let mut changed = resource.clone();
        for (at, operation) in self.operations.iter().enumerate() {
            apply::apply(&mut changed, &self.source, operation).map_err(|error| in_operation(error, at))?;
        }
        *resource = changed;
        Ok(())
    }
}

impl std::fmt::Debug for Patch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Patch({} operations)", self.operations.len())
    }
}

/// The error with the number of its operation, from 1.
fn in_operation(error: Error, at: usize) -> Error {
    let place = format!("operation {}", at + 1);
    match error {
        Error::Refused { code, path, text } if path.is_empty() => Error::Refused { code, path: place, text },
        Error::Refused { code, path, text } => Error::Refused { code, path: format!("{place}, {path}"), text },
        Error::Expression { code, column, text, .. } => {
            Error::refused(code, place, format!("{text} (column {column} of the path)"))
        }
        Error::InvalidBytes { .. } => error,
    }
}

fn misplaced(text: &'static str) -> Error {
    Error::refused(codes::E1221, "", text)
}

fn impossible(text: &'static str) -> Error {
    Error::refused(codes::E1222, "", text)
}
