//! Maps to JSON, XML, rows and X12, from messages of any format.
//!
//! ```text
//! map results from hl7v2 2.5.1 ORU_R01 to json {
//!   patient.mrn = PID-3[1].1
//!   each OBX as obx {
//!     results[+] { code = obx-3.1   value = obx-5 }
//!   }
//! }
//! ```
//! A target is a path: what is not there is made. `[+]` makes a new one; lines of one turn that say `[+]` behind the same
//! names mean the same new one. What stays empty is left out.
//!
//! Promises: the same message, map and run give the same bytes; a run is bounded by its fuel and by the size of what it
//! makes; no note and no fault holds content.

mod compile;
mod machine;
#[cfg(test)]
mod tests;

pub(super) use compile::compile;

use super::Origins;
use crate::{
    codes,
    condition::Condition,
    form::Form,
    matter::Matter,
    path::ReadPath,
    place::change::Simple,
    run::{Fault, Run, Site},
    value::Value,
};
use formats::Document;
use machine::Machine;
use std::sync::Arc;

/// A compiled map to a tree.
#[derive(Debug)]
pub(crate) struct TreeMap {
    actions: Vec<Action>,
    to: Form,
    site: Site,
}

/// A line.
#[derive(Debug)]
struct Action {
    kind: Kind,
    when: Option<Condition>,
    site: Site,
}

#[derive(Debug)]
enum Kind {
    /// `TARGET = VALUE`
    Write { target: Target, value: Value, simple: Simple, is_fallback: bool },
    /// `TARGET { … }`
    Block { target: Target, body: Vec<Action> },
    /// `each PATH as NAME { … }`
    Each { over: ReadPath, slot: usize, body: Vec<Action> },
    /// `when COND { … }`
    When { body: Vec<Action> },
}

/// Where something goes, from what the block around is for.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Target {
    hops: Vec<Step>,
}

/// A part of the way.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Step {
    /// None: an item of what the way is at.
    name: Option<Arc<str>>,
    which: Which,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Which {
    /// The one.
    Only,
    /// That of this number, from 1.
    At(usize),
    /// A new one.
    New,
}

impl TreeMap {
    /// Makes the message.
    pub(crate) fn apply(
        &self,
        source: &Matter,
        run: &mut Run,
        explain: bool,
    ) -> Result<(Matter, Option<Origins>), Fault> {
        let (draft, origins) = source.viewed(|view| {
            let mut machine = Machine::new(view.clone(), &self.to, run, explain);
            machine.start(&self.actions)?;
            Ok(machine.finish())
        })?;
        let bytes = draft
            .write(self.to.format, &self.to.layout)
            .map_err(|refused| self.site.fault(refused.code, refused.text))?;
        let document = Document::read(self.to.format, bytes, &self.to.layout);
        if let Some(finding) = document.findings().iter().find(|finding| finding.is_error()) {
            return Err(self
                .site
                .fault(codes::E2649, format!("what the map made cannot be read: {}", finding.message)));
        }
        Ok((Matter::Other(document), origins))
    }
}
