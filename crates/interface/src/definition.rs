//! What the engine runs: one interface as plain data, every word checked, every default filled in, no syntax inside.
//!
//! Promises: a [`Definition`] can run as it stands; two definitions with the same `version` behave the same.
//! Never: holds text that still has to be read, secrets in clear, or anything that changes while it runs.

mod codes;
mod collect;
mod edit;
mod lookup;
mod reply;
mod route;
mod topic;

pub use codes::OwnCodes;
pub use collect::Join;
pub use edit::Edit;
pub use lang::Hours;
pub use lookup::LookupDefinition;
pub use reply::OnReply;
pub use route::{Case, Choice, Route, Targets};
pub use topic::{Publication, Subscriber, Subscription};

use crate::{catalogue::Settings, replies::ReplyTable};
use formats::Messages;
use lang::{Condition, Form, Locus, Ruleset, Split};
use message::{Format, Name};
use std::{sync::Arc, time::Duration};

/// One interface: a source, steps, destinations. The unit of deploy, version, start and stop.
#[derive(Clone, Debug)]
pub struct Definition {
    /// Its name, unique in the workspace.
    pub name: Name,
    /// A line for people; the name when none is given.
    pub title: Arc<str>,
    /// A text for people, may be empty.
    pub description: Arc<str>,
    /// Who answers for it.
    pub owner: Owner,
    /// 1 = page someone, 2 = the same day, 3 = look on Monday (default 2).
    pub critical: u8,
    /// Hash over its text, the maps and tables it uses and the environment: equal versions behave the same.
    pub version: u64,
    /// Where it is written.
    pub place: Place,
    /// How messages come in.
    pub receive: Receive,
    /// Extra searchable fields by name.
    pub index: Vec<(Name, Locus)>,
    /// What lines may ask outside.
    pub lookups: Vec<Arc<LookupDefinition>>,
    /// What a message is when it is routed: what came in, or what the last map made of it.
    pub routed: Form,
    /// Messages are collected, and several go on as one.
    pub join: Option<Arc<Join>>,
    /// What happens to every message before it is routed, in the order of the lines.
    pub steps: Vec<Step>,
    /// Where messages go, in the order of the lines. Every destination whose `when` holds gets the message, those that a
    /// route names where it says so.
    pub destinations: Vec<DestinationDefinition>,
    /// What is published, in the order of the lines. Each subscriber is a destination too, behind the others.
    pub publications: Vec<Publication>,
    /// What to be told of.
    pub alerts: Vec<Alert>,
}

impl Definition {
    /// The destination of this name.
    #[must_use]
    pub fn destination(&self, name: &str) -> Option<&DestinationDefinition> {
        self.destinations.iter().find(|destination| &*destination.name == name)
    }

    /// The longest silence that is normal, if an `alert silent` line says one.
    #[must_use]
    pub fn silent_after(&self) -> Option<Duration> {
        self.alerts.iter().find_map(|alert| match alert.condition {
            AlertCondition::Silent(limit) => Some(limit),
            _ => None,
        })
    }
}

/// Who answers for an interface. Texts may be empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Owner {
    /// The team or person.
    pub team: Arc<str>,
    /// Where to write.
    pub contact: Arc<str>,
    /// Whom to call at night.
    pub oncall: Arc<str>,
}

/// A place in the workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file, relative to the workspace.
    pub file: Arc<str>,
    /// The line, from 1.
    pub line: u32,
}

/// The `receive` block.
#[derive(Clone, Debug)]
pub struct Receive {
    /// Which connector.
    pub connector: &'static str,
    /// Its address and settings, checked and complete.
    pub settings: Settings,
    /// When the sender is told that the message is safe.
    pub acknowledge: Acknowledge,
    /// How long the deliveries may take under [`Acknowledge::AfterDelivered`]; absent: the engine's own limit in
    /// original mode, none in enhanced mode.
    pub acknowledge_within: Option<Duration>,
    /// What must stay in order. A destination may say otherwise.
    pub order: Order,
    /// Largest frame that is taken, bytes.
    pub size_max: usize,
    /// How long a control id is remembered (R4); `None` turns duplicate detection off.
    pub duplicate_window: Option<Duration>,
    /// What the bytes are taken for.
    pub format: Format,
    /// The same, with what is said of it.
    pub form: Form,
    /// How a content becomes messages, where the format is not HL7 v2.
    pub messages: Messages,
    /// What makes a message without a control id the same again.
    pub identity: Identity,
    /// What happens to a batch whose counts do not fit.
    pub batch_counts: BatchCounts,
    /// How a batch is answered.
    pub batch_answer: BatchAnswer,
    /// Parts of a message are joined (DSC, MSH-14, ADD) where they come within this time of each other; `None`: each is a
    /// message of its own.
    pub join_within: Option<Duration>,
    /// Messages are taken in the order of MSH-13 only.
    pub has_sequence_numbers: bool,
    /// What it wants of the topic that it receives.
    pub subscription: Option<Subscription>,
}

/// What makes a message of another format than HL7 v2 the same again (R4).
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Identity {
    /// Nothing: each is new.
    #[default]
    None,
    /// Its content, and the content that it was cut from: a file that is read again after a crash.
    Content,
    /// The value of this place, with the same bytes.
    By(Locus),
}

/// What happens to a batch whose counts (BTS-1, FTS-1), headers or trailers do not fit: it may have been cut off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum BatchCounts {
    /// Its messages are taken, and each has a note of it.
    #[default]
    Check,
    /// Its messages are taken.
    Ignore,
    /// Nothing of it is taken.
    Refuse,
}

/// How a batch, or several messages in one frame, are answered (HL7 v2.9 §2.10.3.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum BatchAnswer {
    /// With one batch that has an acknowledgment for each message; acknowledgments in a row where there is no BHS.
    #[default]
    All,
    /// The same with the negative acknowledgments only: messages without one were taken.
    Errors,
    /// With an acknowledgment for each message, each in a frame of its own.
    Single,
    /// Not at all.
    None,
}

/// When the acknowledgment is sent. None of them comes before the fsync (R1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Acknowledge {
    /// As soon as the message and its plan are stored.
    #[default]
    AfterStored,
    /// After it was stored and found valid; an invalid one gets a negative answer.
    AfterValidated,
    /// After every destination took it.
    AfterDelivered,
    /// Never: the sender does not wait for one.
    None,
}

/// What must stay in order (R3).
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Order {
    /// Everything of the interface, strictly one after the other.
    #[default]
    Source,
    /// Messages with the same value here; others may overtake. A message without the value follows the strict order of
    /// the empty key.
    By(Locus),
    /// Nothing.
    None,
}

/// A line of the file that decides, so that a filtered message can name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The line as written, blanks collapsed: `drop when PV1-3.1 = "TEST"`. From the file, never from a message.
    pub text: Arc<str>,
    /// Where it is.
    pub place: Place,
}

/// A step of an interface.
#[derive(Clone, Debug)]
pub enum Step {
    /// Messages for which the condition does not hold end here as filtered.
    Keep {
        /// What to go on with.
        condition: Arc<Condition>,
        /// The line.
        rule: Rule,
    },
    /// Messages for which the condition holds end here as filtered.
    Drop {
        /// What to leave out.
        condition: Arc<Condition>,
        /// The line.
        rule: Rule,
    },
    /// Checks the message, and says what becomes of one that is not valid.
    Validate {
        /// Against what.
        ruleset: Ruleset,
        /// What becomes of a message with errors.
        errors: OnIssue,
        /// What becomes of a message with warnings.
        warnings: OnIssue,
        /// The line.
        rule: Rule,
    },
    /// Changes the message for everything that follows: `set`, `remove`, `insert`, `translate`, `map`.
    Edit(Arc<Edit>),
    /// Makes several messages of one; each goes through the lines below for itself.
    Split(Split),
    /// Chooses among the destinations that it names, by the message as it is at this line.
    Route(Route),
}

/// What becomes of a message that validation finds fault with, from the mildest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OnIssue {
    /// It goes on, and what was found is noted.
    Keep,
    /// It is stored and waits for a person.
    Park,
    /// It is stored, goes nowhere, and its sender is told no.
    Reject,
}

/// A `send` block.
#[derive(Clone, Debug)]
pub struct DestinationDefinition {
    /// Its name, unique in the interface.
    pub name: Name,
    /// Where it is written.
    pub place: Place,
    /// A route names it: it gets what a route gives it, where its `when` holds too.
    pub is_routed: bool,
    /// Which messages it gets; every message when absent.
    pub when: Option<Arc<Condition>>,
    /// Which connector.
    pub connector: &'static str,
    /// Its address and settings, checked and complete.
    pub settings: Settings,
    /// The lines that change the message for this destination only, in order.
    pub programs: Vec<Arc<Edit>>,
    /// What the bytes are after the programs.
    pub format: Format,
    /// The same, with what is said of it.
    pub form: Form,
    /// When to try again and when to stop.
    pub retry: Retry,
    /// What must stay in order here; the interface's order when absent.
    pub order: Option<Order>,
    /// What the peer's answers mean.
    pub replies: ReplyTable,
    /// What its answers lead to.
    pub on_reply: Vec<Arc<OnReply>>,
    /// Deliveries that may be under way at once, 1 to [`message::limits::LANES_MAX`]. 1 under [`Order::Source`].
    pub lanes: usize,
    /// Messages that go ahead of others that wait (of other keys only: order within a key is kept).
    pub priority: Option<Arc<Condition>>,
    /// It leads to an interface that receives a topic.
    pub subscriber: Option<Subscriber>,
}

impl DestinationDefinition {
    /// Lanes that only messages with priority may use: one of eight, and one at least, where there is more than one. So
    /// they find a free lane, however slow the deliveries of others are.
    #[must_use]
    pub fn reserved_lanes(&self) -> usize {
        match (&self.priority, self.lanes) {
            (None, _) | (Some(_), 0 | 1) => 0,
            (Some(_), lanes) => (lanes / 8).max(1),
        }
    }

    /// Its `priority` changes nothing: everything is in one order. `interface` is the order of the `receive` block.
    #[must_use]
    pub fn is_priority_idle(&self, interface: &Order) -> bool {
        self.priority.is_some() && matches!(self.order.as_ref().unwrap_or(interface), Order::Source)
    }

    /// Its connector gives what it sends sequence numbers.
    #[must_use]
    pub fn is_numbered(&self) -> bool {
        self.settings.text("sequence") == "numbers"
    }

    /// A longer message goes out in parts of at most this many bytes.
    #[must_use]
    pub fn part_bytes_max(&self) -> Option<usize> {
        usize::try_from(self.settings.count("max-size")).ok().filter(|size| *size > 0)
    }
}

/// When to try a delivery again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retry {
    /// The first pause; it doubles with each attempt.
    pub delay_min: Duration,
    /// The longest pause.
    pub delay_max: Duration,
    /// When to stop.
    pub give_up: GiveUp,
}

impl Default for Retry {
    /// From 1 s to 60 s, never giving up.
    fn default() -> Retry {
        Retry {
            delay_min: message::limits::RETRY_DELAY_MIN,
            delay_max: message::limits::RETRY_DELAY_MAX,
            give_up: GiveUp::Never,
        }
    }
}

/// When to stop trying.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GiveUp {
    /// Never: the queue waits until the destination takes it or a person acts.
    #[default]
    Never,
    /// This long after the message was accepted.
    After(Duration, Then),
}

/// What becomes of a delivery that was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// Taken out of the queue for a person; what is behind it goes on.
    Park,
    /// Kept, with everything behind it under the same key, until a person releases it.
    Hold,
    /// Given up for good, recorded as expired: `drop-with-audit`.
    Expire,
}

/// An `alert` line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    /// What to watch.
    pub condition: AlertCondition,
    /// Hours in which it counts, in the time of the machine.
    pub during: Hours,
    /// Wake someone.
    pub is_page: bool,
    /// Where it is written.
    pub place: Place,
}

/// What an alert watches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AlertCondition {
    /// No message for this long.
    Silent(Duration),
    /// No message for longer than is usual at this hour: learned.
    SilentLearned,
    /// Silence is nothing to be told of.
    SilentNever,
    /// The source is not open, or a destination takes nothing, for this long.
    Down(Duration),
    /// More messages than this wait for a person.
    Parked {
        /// How many.
        over: u64,
    },
    /// Senders wait longer than this for their acknowledgment.
    Acknowledgment {
        /// The time.
        over: Duration,
    },
    /// The clock of the sender is off by more than this.
    Skew {
        /// The time.
        over: Duration,
    },
    /// A queue is long or old. `None` as the destination means each of them.
    Backlog {
        /// Which destination.
        destination: Option<Name>,
        /// More deliveries waiting than this.
        over: Option<u64>,
        /// The oldest waits longer than this.
        older_than: Option<Duration>,
    },
    /// More parked or refused messages than this within an hour.
    Errors {
        /// How many.
        over: u64,
    },
    /// Messages take longer than this from acceptance to delivery.
    Slow {
        /// The time.
        over: Duration,
    },
    /// What the sender sends is not as it was, or not as it should be.
    Quality(QualityWatch),
}

/// What an `alert quality` line watches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QualityWatch {
    /// Which quality.
    pub claim: QualityClaim,
    /// How far back is looked; a whole number of the spans that are counted.
    pub within: Duration,
    /// Fewer cases than this say nothing: the state stays as it was.
    pub cases_min: u64,
}

/// What must hold of what a sender sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QualityClaim {
    /// Nothing gets worse than the interface's own history has it.
    NoDrift,
    /// No place is filled less than the interface's own history has it.
    NoDrop,
    /// At least so many of a million values at a place are so.
    AtLeast {
        /// `PID-3.5`.
        place: Arc<str>,
        /// How they must be.
        measure: QualityMeasure,
        /// Of a million.
        per_million: u32,
    },
    /// At most so many of a million messages are so.
    AtMost {
        /// What they must not be.
        fault: QualityFault,
        /// Of a million.
        per_million: u32,
    },
    /// 95 of 100 messages come within this time after they were sent (MSH-7).
    Within(Duration),
}

/// How the values at a place must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QualityMeasure {
    /// There is one.
    Completeness,
    /// It has the form of its type.
    Form,
    /// The table of the standard has it.
    Codes,
    /// The tables that the interface has for the place have it.
    Coverage,
}

/// What messages must not be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QualityFault {
    /// The same again.
    Duplicates,
    /// Under a control id that another one had.
    ReusedIds,
    /// Against a rule of plausibility.
    Implausible,
    /// Sent later than they were received: the sender's clock is ahead.
    Ahead,
    /// Not valid by the `validate` lines of the interface.
    Invalid,
}
