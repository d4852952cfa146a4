//! What changes a message: editing lines, or a map.

use fhir::definitions::Type;
use hl7v2::Message;
use lang::{Fault, MapFile, Program, Run, Settings};

/// One line that changes the message for everything that follows.
#[derive(Debug)]
pub enum Edit {
    /// `set`, `remove`, `insert`, `translate`.
    Lines(Program),
    /// `map FILE`.
    Map(MapFile),
}

impl Edit {
    /// The edit makes something that is no HL7 v2 message any more: it stands last, in a `send` block.
    #[must_use]
    pub fn is_last(&self) -> bool {
        match self {
            Edit::Lines(_) => false,
            Edit::Map(map) => map.makes_fhir(),
        }
    }

    /// The type of resource that it makes, for an edit that [is the last](Edit::is_last).
    #[must_use]
    pub fn resource(&self) -> Option<Type> {
        let Edit::Map(file) = self else { return None };
        let map = file.main().filter(|_| file.makes_fhir())?;
        map.to.kind.as_deref().and_then(Type::named)
    }

    /// What goes out instead of the message, for an edit that [is the last](Edit::is_last): a FHIR resource as JSON.
    ///
    /// # Errors
    /// A value that is `required` and not there, a result past its limits, or no fuel left.
    pub fn output(&self, message: &Message, run: &mut Run) -> Result<Option<Vec<u8>>, Fault> {
        let Edit::Map(file) = self else { return Ok(None) };
        let Some(map) = file.main().filter(|_| file.makes_fhir()) else { return Ok(None) };
        let mut tree = fhir::Tree::new();
        map.convert(message, &mut tree, run, &Settings::default())?;
        Ok(Some(tree.write()))
    }

    /// Changes a message.
    ///
    /// # Errors
    /// A line that could not do its work, or no fuel left. The message is then half changed: throw it away.
    pub fn apply(&self, message: &mut Message, run: &mut Run) -> Result<(), Fault> {
        match self {
            Edit::Lines(program) => program.apply(message, run),
            Edit::Map(map) => {
                *message = map.apply(message, run)?;
                Ok(())
            }
        }
    }
}
