//! What changes a message: editing lines, a map, or a script.

use super::{Place, Rule};
use fhir::definitions::Type;
use hl7v2::Message;
use lang::{Condition, Fault, Form, MapFile, Matter, Program, Run, Script, Settings, View, script::Verdict};
use std::sync::Arc;

/// One line that changes the message for everything that follows.
#[derive(Debug)]
pub enum Edit {
    /// `set`, `remove`, `insert`, `translate`.
    Lines(Program),
    /// `map FILE`.
    Map(MapFile),
    /// `script NAME`.
    Script {
        /// What runs.
        script: Script,
        /// For which messages; all when absent.
        when: Option<Arc<Condition>>,
        /// The line.
        rule: Rule,
    },
}

impl Edit {
    /// The line that says it, or the head of the map that it names; `None` where no line stands behind it.
    #[must_use]
    pub fn place(&self) -> Option<Place> {
        let place = |(file, line): (Arc<str>, usize)| Place { file, line: u32::try_from(line).unwrap_or(u32::MAX) };
        match self {
            Edit::Lines(program) => program.place().map(place),
            Edit::Map(file) => file.main().map(|map| place(map.place())),
            Edit::Script { rule, .. } => Some(rule.place.clone()),
        }
    }

    /// The edit makes something that is no HL7 v2 message any more: it stands last, in a `send` block.
    #[must_use]
    pub fn is_last(&self) -> bool {
        match self {
            Edit::Lines(_) | Edit::Script { .. } => false,
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

    /// Changes a message in whichever format, or makes another of it. Gives the line that says that it goes no further.
    ///
    /// # Errors
    /// As [`Edit::apply`]; E2646 for a message of another format than the line reads.
    pub fn apply_to(&self, matter: &mut Matter, run: &mut Run) -> Result<Option<&Rule>, Fault> {
        match (self, &mut *matter) {
            (Edit::Lines(program), _) => program.apply_to(matter, run).map(|()| None),
            (Edit::Map(map), _) => {
                *matter = map.make(matter, run)?;
                Ok(None)
            }
            (Edit::Script { .. }, Matter::V2(message)) => self.apply(message, run),
            (Edit::Script { script, when, rule }, Matter::Other(_)) => {
                if let Some(condition) = when
                    && !condition.is_true_of(matter, run)?
                {
                    return Ok(None);
                }
                let Matter::Other(document) = matter else { return Ok(None) };
                let is_dropped = script.apply_to_document(document, run)? == Verdict::Dropped;
                Ok(is_dropped.then_some(rule))
            }
            // The checker lets no script stand where the message is FHIR.
            (Edit::Script { .. }, Matter::Fhir(..)) => Ok(None),
        }
    }

    /// What the message is after it, where it was `before`.
    #[must_use]
    pub fn makes(&self, before: &Form) -> Form {
        match self {
            Edit::Lines(_) | Edit::Script { .. } => before.clone(),
            Edit::Map(map) => map.makes(),
        }
    }

    /// Changes a message. Gives the line that says that it goes no further, if one does: a script that drops it.
    ///
    /// # Errors
    /// A line that could not do its work, or no fuel left. The message is then half changed: throw it away.
    pub fn apply(&self, message: &mut Message, run: &mut Run) -> Result<Option<&Rule>, Fault> {
        match self {
            Edit::Lines(program) => program.apply(message, run)?,
            Edit::Map(map) => *message = map.apply(message, run)?,
            Edit::Script { script, when, rule } => {
                let is_wanted = match when {
                    Some(condition) => condition.holds(&View::new(message), run)?,
                    None => true,
                };
                if is_wanted && script.apply(message, run)? == Verdict::Dropped {
                    return Ok(Some(rule));
                }
            }
        }
        Ok(None)
    }
}
