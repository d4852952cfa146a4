//! Scripts of a workspace as lines use them: `script NAME` on a message, `| script NAME` on a value.
//!
//! Owns what a script sees of an HL7 v2 message. The box itself, and every bound of it, is the crate `script`.
//! Promises: paths mean what they mean in a line; the moment and chance of a message are the same when it is replayed.

mod document;
mod host;
mod paths;

pub(crate) use host::value_host;

use crate::{
    codes,
    item::{Atom, Item},
    run::{Fault, Run},
    suggest,
    table::Tables,
};
pub use ::script::{API, Bounds, Program};
use ::script::{Ending, Held, Input, Outcome, Output, Stop};
use document::DocumentHost;
use formats::Document;
use hl7v2::Message;
use host::MessageHost;
use message::{Diagnostic, Location};
use std::{cell::RefCell, collections::BTreeMap, rc::Rc, sync::Arc};

/// The scripts that lines may name.
#[derive(Clone, Debug, Default)]
pub struct Scripts {
    by_name: BTreeMap<Arc<str>, Arc<Program>>,
}

impl Scripts {
    /// Reads a script and adds it under its name; what is wrong with it otherwise.
    pub fn add(&mut self, name: &str, file: &str, source: &str) -> Option<Diagnostic> {
        match Program::compile(name, file, source) {
            Ok(program) => {
                self.by_name.insert(name.into(), Arc::new(program));
                None
            }
            Err(stop) => {
                self.by_name.remove(name);
                let at = stop.place.offset(source);
                let end = source[at..].chars().next().map_or(at, |letter| at + letter.len_utf8());
                Some(Diagnostic::error(stop.code, stop.text).at(&file.into(), at..end, ""))
            }
        }
    }
    /// The script of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Arc<Program>> {
        self.by_name.get(name)
    }
    /// Every name, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.by_name.keys().map(|name| &**name)
    }
    /// Every script, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Program>> {
        self.by_name.values()
    }
    /// The script of that name, or why there is none.
    ///
    /// # Errors
    /// There is none, or one that cannot be read, which another finding says.
    pub fn find(&self, name: &str) -> Result<&Arc<Program>, Box<Diagnostic>> {
        self.get(name).ok_or_else(|| {
            let what = format!("there is no script `{name}` that can be read");
            let hint = suggest::did_you_mean(name, self.names()).unwrap_or_else(|| {
                format!("write it to scripts/{name}.js of the interface, or shared/scripts/{name}.js")
            });
            Box::new(Diagnostic::error(codes::E2670, what).hint(hint))
        })
    }
}

/// The code tables that a script names by a constant and that are not there.
#[must_use]
pub fn unknown_tables(program: &Program, tables: &Tables) -> Vec<Diagnostic> {
    let unknown = |(name, _): &(&str, std::ops::Range<usize>)| tables.get(name).is_none();
    let named = ::script::constant_tables(program.source()).into_iter().filter(unknown);
    named
        .map(|(name, place)| {
            let what = format!("the script reads the code table `{name}`, which is not there");
            let hint = suggest::did_you_mean(name, tables.names())
                .unwrap_or_else(|| format!("add the file tables/{name}.csv with a line `from,to`"));
            Diagnostic::error(codes::E2671, what).at(program.file(), place, "").hint(hint)
        })
        .collect()
}

/// What a line grants to its script.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Grants {
    /// `allow clock`: the moment at which the message came.
    pub clock: bool,
    /// `allow random`: numbers by chance, the same for the same message.
    pub random: bool,
}

/// A `script` line, ready to run over messages.
#[derive(Debug)]
pub struct Script {
    program: Arc<Program>,
    tables: Arc<Tables>,
    grants: Grants,
    bounds: Bounds,
}

/// How a `script` line ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The message goes on.
    Done,
    /// `msg.drop`: it goes nowhere.
    Dropped,
}

impl Script {
    /// A line that runs a script.
    #[must_use]
    pub fn new(program: Arc<Program>, tables: &Tables, grants: Grants, bounds: Bounds) -> Script {
        Script { program, tables: Arc::new(tables.clone()), grants, bounds }
    }

    /// What it runs.
    #[must_use]
    pub fn program(&self) -> &Arc<Program> {
        &self.program
    }

    /// Runs it over a message, which it changes.
    ///
    /// # Errors
    /// It failed, was ended by a bound, or parked the message. The message is then half changed: throw it away.
    pub fn apply(&self, message: &mut Message, run: &mut Run) -> Result<Verdict, Fault> {
        let taken = std::mem::replace(message, Message::parse("").0);
        let own = std::mem::replace(run, Run::new(run.now, run.seed));
        let host = Rc::new(RefCell::new(MessageHost::new(Some(taken), own, self.tables.clone(), self.grants)));
        let result = ::script::run(&self.program, &Input::Message, host.clone(), self.bounds);
        if let Ok(host) = Rc::try_unwrap(host) {
            let (changed, own) = host.into_inner().into_parts();
            *run = own;
            *message = changed.unwrap_or_else(|| Message::parse("").0);
        }
        self.ending(result)
    }

    /// Runs it over a message of JSON, XML, rows of columns or X12, which it changes.
    ///
    /// # Errors
    /// As [`Script::apply`].
    pub fn apply_to_document(&self, document: &mut Document, run: &mut Run) -> Result<Verdict, Fault> {
        let own = std::mem::replace(run, Run::new(run.now, run.seed));
        let around = MessageHost::new(None, own, self.tables.clone(), self.grants);
        let host = Rc::new(RefCell::new(DocumentHost::new(document.clone(), around)));
        let result = ::script::run(&self.program, &Input::Message, host.clone(), self.bounds);
        if let Ok(host) = Rc::try_unwrap(host) {
            let (changed, around) = host.into_inner().into_parts();
            *run = around.into_parts().1;
            *document = changed;
        }
        self.ending(result)
    }

    fn ending(&self, result: Result<Outcome, Stop>) -> Result<Verdict, Fault> {
        match result {
            Err(stop) => Err(fault(&self.program, &stop)),
            Ok(outcome) => match outcome.ending {
                Ending::Done => Ok(Verdict::Done),
                Ending::Dropped(_) => Ok(Verdict::Dropped),
                Ending::Parked(reason, place) => {
                    let why = reason.unwrap_or_else(|| {
                        "it gave no reason that may be shown; see the log of the message".to_owned()
                    });
                    let text = format!("{} line {}: {why}", self.program.file(), place.line);
                    Err(fault(&self.program, &Stop { code: ::script::codes::E1448, text, place }))
                }
            },
        }
    }
}

/// Runs a script over texts, one or several, as a pipe would.
///
/// # Errors
/// It failed, or was ended by a bound.
pub fn try_values(
    program: &Program,
    tables: &Tables,
    values: &[String],
    bounds: Bounds,
    run: &mut Run,
) -> Result<Vec<String>, Fault> {
    let atom = |text: &String| Atom::text(text.clone());
    let item = match values {
        [one] => Item::One(atom(one)),
        several => Item::Many(several.iter().map(atom).collect()),
    };
    let made = on_value(program, &Arc::new(tables.clone()), &item, bounds, run)?;
    Ok(made.atoms().iter().map(|atom| atom.as_str().to_owned()).collect())
}

/// Runs a script over a value that flows through a pipe.
pub(crate) fn on_value(
    program: &Program,
    tables: &Arc<Tables>,
    item: &Item<'_>,
    bounds: Bounds,
    run: &mut Run,
) -> Result<Item<'static>, Fault> {
    let held = |atom: &Atom<'_>| match atom {
        Atom::Empty => Held::Empty,
        Atom::Null => Held::Null,
        Atom::Text(text) => Held::Text(text.as_ref().to_owned()),
    };
    let input = match item {
        Item::One(atom) => Input::One(held(atom)),
        Item::Many(atoms) => Input::Many(atoms.iter().map(held).collect()),
    };
    let own = std::mem::replace(run, Run::new(run.now, run.seed));
    let host = Rc::new(RefCell::new(value_host(own, tables.clone())));
    let result = ::script::run(program, &input, host.clone(), bounds);
    if let Ok(host) = Rc::try_unwrap(host) {
        *run = host.into_inner().into_parts().1;
    }
    let outcome = result.map_err(|stop| fault(program, &stop))?;
    let atom = |held: Held| match held {
        Held::Empty => Atom::Empty,
        Held::Null => Atom::Null,
        Held::Text(text) => Atom::text(text),
    };
    Ok(match outcome.output {
        Output::Nothing => Item::EMPTY,
        Output::One(held) => Item::One(atom(held)),
        Output::Many(list) => Item::Many(list.into_iter().map(atom).collect()),
    })
}

/// A run that ended early, as the fault of a line: at its place in the script.
fn fault(program: &Program, stop: &Stop) -> Fault {
    let at = stop.place.offset(program.source());
    let place = Location::Text { file: program.file().clone(), span: at..at, label: String::new() };
    Fault { code: stop.code, text: stop.text.clone(), place: Box::new(place) }
}

#[cfg(test)]
mod tests;
