//! What a person is told of the way of one message through an interface: each line that decided, and why.
//!
//! Promises: it is told by the same run that makes the plan, so it cannot say something else. Costs nothing where nobody
//! watches.
//! Never: masks; who shows a value decides that.

use bytes::Bytes;
use interface::definition::{DestinationDefinition, Edit, Place, Route, Rule, Targets};
use lang::{Condition, Fault, Matter, Part, Run};
use message::Name;
use std::fmt;

/// One line of the interface that was looked at.
#[derive(Clone, Debug)]
pub struct Looked {
    /// Which kind of line.
    pub kind: Kind,
    /// As it is written, with its place.
    pub rule: Rule,
    /// What it said of the message.
    pub verdict: Verdict,
    /// The tests of its condition.
    pub parts: Vec<Part>,
}

/// Kinds of lines that decide where a message goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `keep when …`
    Keep,
    /// `drop when …`
    Drop,
    /// `validate …`
    Validate,
    /// A `case` of the route of this number, from 0.
    Case(usize),
    /// The `default` of the route of this number.
    Default(usize),
    /// A `send` block.
    Send,
    /// A `publish` line.
    Publish,
    /// What an interface wants that receives a topic.
    Receive,
}

/// What a line said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The message goes on.
    GoesOn,
    /// The message ends here.
    Ends,
    /// A line of a route whose condition does not hold, or a default that is not needed.
    No,
    /// A line of a route in front of which the choice was made.
    NotAsked,
    /// A line of a route that leads to these destinations; to none: nowhere.
    Leads(Vec<Name>),
    /// The destination gets the message.
    Sent,
    /// No route chose the destination.
    NotChosen,
    /// The condition of the destination does not hold.
    NotMeant,
    /// It could not be told; in words.
    Failed(String),
}

/// Messages behind lines that are kept, at most: a split of many parts has more.
const STAGES_MAX: usize = 400;

/// The message behind one line that may have changed it.
#[derive(Clone)]
pub struct Stage {
    /// For which destination; `None`: for all that follows.
    pub destination: Option<Name>,
    /// The line, or the head of the map that it names.
    pub place: Place,
    /// So many lines had been looked at by then.
    pub looked: usize,
    /// The message as it is then.
    pub bytes: Bytes,
}

impl fmt::Debug for Stage {
    /// Without content (R10).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Stage {{ {:?} {:?}, {} bytes }}", self.destination, self.place, self.bytes.len())
    }
}

/// Collects what is told.
#[derive(Debug, Default)]
pub struct Watch {
    /// In the order of the work.
    pub looked: Vec<Looked>,
    /// What the message became, in the order of the work.
    pub stages: Vec<Stage>,
    routes: usize,
}

/// One run, and who watches it.
pub(super) struct Course<'w> {
    pub(super) run: Run,
    pub(super) watch: Option<&'w mut Watch>,
}

impl Course<'_> {
    /// Whether a condition holds, told with its parts; `verdict` says what that means.
    pub(super) fn ask(
        &mut self,
        condition: &Condition,
        message: &Matter,
        (kind, rule): (Kind, &Rule),
        verdict: impl FnOnce(bool) -> Verdict,
    ) -> Result<bool, Fault> {
        let held = condition.is_true_of(message, &mut self.run);
        if let Some(watch) = &mut self.watch {
            // A run of its own: who watches uses no fuel of the message.
            let parts = condition.explain_of(message, &mut Run::new(self.run.now, self.run.seed));
            let verdict = match &held {
                Ok(held) => verdict(*held),
                Err(fault) => Verdict::Failed(fault.to_string()),
            };
            watch.looked.push(Looked { kind, rule: rule.clone(), verdict, parts });
        }
        held
    }

    /// A line without a condition, or one that was not asked.
    pub(super) fn tell(&mut self, kind: Kind, rule: &Rule, verdict: impl FnOnce() -> Verdict) {
        if let Some(watch) = &mut self.watch {
            watch.looked.push(Looked { kind, rule: rule.clone(), verdict: verdict(), parts: Vec::new() });
        }
    }

    /// The message behind a line that may have changed it.
    pub(super) fn made(&mut self, edit: &Edit, destination: Option<&Name>, message: &Matter) {
        if let Some(watch) = self.watch.as_mut().filter(|watch| watch.stages.len() < STAGES_MAX)
            && let Some(place) = edit.place()
        {
            let (destination, looked) = (destination.cloned(), watch.looked.len());
            watch.stages.push(Stage { destination, place, looked, bytes: message.to_bytes() });
        }
    }

    /// The number of the route that is asked next.
    pub(super) fn next_route(&mut self) -> usize {
        self.watch.as_mut().map_or(0, |watch| {
            watch.routes += 1;
            watch.routes - 1
        })
    }

    /// The cases of a route behind the one that was chosen.
    pub(super) fn pass_over(&mut self, route: &Route, number: usize, from: usize) {
        if self.watch.is_some() {
            for case in route.cases.iter().skip(from) {
                self.tell(Kind::Case(number), &case.targets.rule, || Verdict::NotAsked);
            }
        }
    }

    /// Whether a destination gets the message, beside its condition.
    pub(super) fn send(&mut self, destination: &DestinationDefinition, verdict: Verdict) {
        if self.watch.is_some() {
            self.tell(Kind::Send, &rule_of(destination), || verdict);
        }
    }
}

/// The line that leads to a destination: its `when`, else the block itself.
pub(super) fn rule_of(destination: &DestinationDefinition) -> Rule {
    let text = match &destination.when {
        Some(condition) => format!("send {} when {}", destination.name, condition.text()),
        None => format!("send {}", destination.name),
    };
    Rule { text: text.into(), place: destination.place.clone() }
}

/// Where a line of a route leads.
pub(super) fn leads(targets: &Targets) -> Verdict {
    Verdict::Leads(targets.names.clone())
}
