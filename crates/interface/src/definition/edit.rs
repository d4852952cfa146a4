//! What changes a message: editing lines, or a map.

use hl7v2::Message;
use lang::{Fault, MapFile, Program, Run};

/// One line that changes the message for everything that follows.
#[derive(Debug)]
pub enum Edit {
    /// `set`, `remove`, `insert`, `translate`.
    Lines(Program),
    /// `map FILE`.
    Map(MapFile),
}

impl Edit {
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
