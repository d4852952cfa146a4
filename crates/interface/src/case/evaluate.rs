//! Whether what was processed is what a test expects. Pure.

use super::{End, Expected, Failure, Processed, TestCase, Verdict, With};
use crate::{
    compile::language,
    definition::Definition,
    replies::{Action, Answer},
};
use bytes::Bytes;
use message::AckCode;

/// Issues that a failed expectation names.
const ISSUES_SHOWN: usize = 5;

/// Where a delivery of a test stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The partner took it.
    Sent,
    /// It is tried again.
    Queued,
    /// It waits for a person.
    Parked,
}

/// Where what goes to a destination stands after the first attempt, when partners behave like this.
#[must_use]
pub fn place(definition: &Definition, with: &[With], destination: &str) -> Place {
    let behaviour = with.iter().rev().find(|with| match with {
        With::Refuses(name) | With::Replies(name, _) => &**name == destination,
        With::Slow(..) | With::Lookup { .. } => false,
    });
    let Some(to) = definition.destination(destination) else { return Place::Sent };
    let answer = match behaviour {
        None | Some(With::Slow(..) | With::Lookup { .. }) => return Place::Sent,
        Some(With::Refuses(_)) => Answer::Transient,
        Some(With::Replies(_, code)) => Answer::Acknowledged { code: *code, conditions: Vec::new() },
    };
    match to.replies.decide(&answer, 0) {
        Action::Done => Place::Sent,
        Action::Retry | Action::Hold => Place::Queued,
        Action::Park => Place::Parked,
    }
}

/// Compares; `processed` has one entry a given message, in order.
#[must_use]
pub fn evaluate(case: &TestCase, definition: &Definition, processed: &[Processed]) -> Verdict {
    let seen = Seen { case, definition, processed };
    let failures = case.expectations.iter().filter_map(|expectation| {
        let found = seen.check(&expectation.what).err()?;
        Some(Failure { expected: expectation.text.clone(), found, place: expectation.place.clone() })
    });
    Verdict {
        name: case.name.clone(),
        interface: case.interface.clone(),
        place: case.place.clone(),
        failures: failures.collect(),
        notes: processed.iter().flat_map(|one| one.notes.iter().cloned()).collect(),
    }
}

struct Seen<'a> {
    case: &'a TestCase,
    definition: &'a Definition,
    processed: &'a [Processed],
}

impl Seen<'_> {
    fn check(&self, expected: &Expected) -> Result<(), String> {
        match expected {
            Expected::Holds { destination, condition, path } => {
                let outputs = self.outputs(destination);
                if outputs.is_empty() {
                    return Err(self.nothing_for(destination));
                }
                let form = self.definition.destination(destination).map(|to| to.form.clone()).unwrap_or_default();
                match outputs.iter().find(|bytes| !language::holds(condition, &form, bytes)) {
                    None => Ok(()),
                    Some(bytes) => Err(match path {
                        Some(path) => format!("{path} is {}", language::show(path, &form, bytes)),
                        None => "the condition does not hold".to_owned(),
                    }),
                }
            }
            Expected::Claims { destination, claim } => {
                let outputs = self.outputs(destination);
                if outputs.is_empty() {
                    return Err(self.nothing_for(destination));
                }
                let mut trees = outputs.iter().map(|bytes| fhir::Tree::read(bytes));
                trees.try_for_each(|tree| claim.holds(&tree.map_err(|error| error.to_string())?))
            }
            Expected::Sent { destination, count } => {
                let found = self.count(destination, Place::Sent);
                match count {
                    Some(count) if *count == found => Ok(()),
                    None if found > 0 => Ok(()),
                    None if self.outputs(destination).is_empty() => Err(self.nothing_for(destination)),
                    _ => Err(format!("{found} sent to {destination}")),
                }
            }
            Expected::Queued { destination, count } => {
                expect_count(*count, self.count(destination, Place::Queued), "waiting")
            }
            Expected::Nothing { destination } => {
                let found = match destination {
                    Some(destination) => self.outputs(destination).len(),
                    None => self.processed.iter().map(|one| one.outputs.len()).sum(),
                };
                expect_count(0, found, "planned")
            }
            Expected::Matches { destination, bytes, .. } => self.matches(destination, bytes),
            Expected::Filtered { by } => self.end(|end| match end {
                End::Filtered { rule } => by.as_deref().is_none_or(|by| rule.split(' ').next() == Some(by)),
                End::Routed | End::Parked { .. } | End::Joined | End::Refused { .. } => false,
            }),
            Expected::Rejected { code } => self.rejected(code),
            Expected::Parked { destination: None } => {
                let is_any_delivery =
                    self.definition.destinations.iter().any(|to| self.count(&to.name, Place::Parked) > 0);
                if is_any_delivery { Ok(()) } else { self.end(|end| matches!(end, End::Parked { .. })) }
            }
            Expected::Parked { destination: Some(destination) } => match self.count(destination, Place::Parked) {
                0 => Err(format!("nothing is parked at {destination}")),
                _ => Ok(()),
            },
            Expected::Acknowledged(code) => self.acknowledged(*code),
            Expected::Noted { code, path } => self.noted(code, path.as_deref()),
        }
    }

    fn outputs(&self, destination: &str) -> Vec<&Bytes> {
        let all = self.processed.iter().flat_map(|one| &one.outputs);
        all.filter(|(name, _)| &**name == destination).map(|(_, bytes)| bytes).collect()
    }

    /// How many deliveries to `destination` stand at `place`, given how the test says that it behaves.
    fn count(&self, destination: &str, place: Place) -> usize {
        if self.place(destination) == place { self.outputs(destination).len() } else { 0 }
    }

    fn place(&self, destination: &str) -> Place {
        place(self.definition, &self.case.with, destination)
    }

    fn nothing_for(&self, destination: &str) -> String {
        let ends: Vec<String> = self.whole().map(|one| describe(&one.end)).collect();
        format!("nothing went to {destination}; the message was {}", ends.join(", then "))
    }

    /// The messages, each part that was joined left out.
    fn whole(&self) -> impl Iterator<Item = &Processed> {
        self.processed.iter().filter(|one| one.end != End::Joined)
    }

    /// Every message must have ended so.
    fn end(&self, is_expected: impl Fn(&End) -> bool) -> Result<(), String> {
        match self.whole().find(|one| !is_expected(&one.end)) {
            None if !self.processed.is_empty() => Ok(()),
            None => Err("there was no message".to_owned()),
            Some(one) => Err(format!("the message was {}", describe(&one.end))),
        }
    }

    fn acknowledged(&self, code: AckCode) -> Result<(), String> {
        match self.processed.iter().find(|one| one.acknowledgment != Some(code)) {
            None if !self.processed.is_empty() => Ok(()),
            None => Err("there was no message".to_owned()),
            Some(one) => Err(match one.acknowledgment {
                Some(found) => format!("the sender got {found}"),
                None => "the sender got no answer".to_owned(),
            }),
        }
    }

    /// Every message was refused or parked: with this code, or for an issue of this code.
    fn rejected(&self, code: &str) -> Result<(), String> {
        let is_it = |one: &&Processed| match &one.end {
            End::Parked { code: found } | End::Refused { code: found } => {
                **found == *code || one.issues.iter().any(|(issue, _)| **issue == *code)
            }
            End::Routed | End::Filtered { .. } | End::Joined => false,
        };
        match self.whole().find(|one| !is_it(one)) {
            None if !self.processed.is_empty() => Ok(()),
            None => Err("there was no message".to_owned()),
            Some(one) => {
                let issues: Vec<&str> = one.issues.iter().map(|(issue, _)| &**issue).take(ISSUES_SHOWN).collect();
                let issues = if issues.is_empty() { String::new() } else { format!(" for {}", issues.join(", ")) };
                Err(format!("the message was {}{issues}", describe(&one.end)))
            }
        }
    }

    /// Some message has the note.
    fn noted(&self, code: &str, path: Option<&str>) -> Result<(), String> {
        let mut notes = self.processed.iter().flat_map(|one| &one.notes);
        let mut issues = self.processed.iter().flat_map(|one| &one.issues);
        let has_issue = issues.any(|(issue, at)| **issue == *code && path.is_none_or(|path| at == path));
        if has_issue || notes.clone().any(|note| note.code.id == code && path.is_none_or(|path| note.path() == path)) {
            return Ok(());
        }
        let first = notes.next().map(|first| match first.path() {
            "" => first.code.id.to_owned(),
            path => format!("{} at {path}", first.code),
        });
        Err(match (first, notes.count()) {
            (None, _) => "nothing was noted".to_owned(),
            (Some(first), 0) => format!("noted was {first}"),
            (Some(first), more) => format!("noted was {first}, and {more} more"),
        })
    }

    fn matches(&self, destination: &str, expected: &[u8]) -> Result<(), String> {
        let outputs = self.outputs(destination);
        let [output] = outputs.as_slice() else {
            return Err(match outputs.len() {
                0 => self.nothing_for(destination),
                many => format!("{many} messages went to {destination}"),
            });
        };
        let (expected, found) = (segments(expected), segments(output));
        let longest = expected.len().max(found.len());
        match (0..longest).find(|index| expected.get(*index) != found.get(*index)) {
            None => Ok(()),
            Some(index) => Err(match (expected.get(index), found.get(index)) {
                (Some(wanted), None) => format!("segment {} is missing: {}", index + 1, name(wanted)),
                (None, Some(more)) => format!("segment {} is one too many: {}", index + 1, name(more)),
                (Some(wanted), Some(_)) => format!("segment {} differs: {}", index + 1, name(wanted)),
                (None, None) => format!("segment {} differs", index + 1),
            }),
        }
    }
}

fn expect_count(expected: usize, found: usize, what: &str) -> Result<(), String> {
    if expected == found { Ok(()) } else { Err(format!("{found} {what}")) }
}

fn describe(end: &End) -> String {
    match end {
        End::Routed => "routed elsewhere".to_owned(),
        End::Filtered { rule } => format!("filtered by `{rule}`"),
        End::Parked { code } => format!("parked with {code}"),
        End::Joined => "a part of a message".to_owned(),
        End::Refused { code } => format!("refused with {code}"),
    }
}

/// Segments with the line ends of any system taken off, so that a file kept in git compares.
fn segments(bytes: &[u8]) -> Vec<&[u8]> {
    bytes.split(|byte| *byte == b'\r' || *byte == b'\n').filter(|segment| !segment.is_empty()).collect()
}

fn name(segment: &[u8]) -> String {
    String::from_utf8_lossy(segment.get(..3).unwrap_or(segment)).into_owned()
}
