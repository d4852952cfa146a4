//! Floor 1: runs the scripts of analysts, JavaScript in a box.
//!
//! Owns the engine (QuickJS), what a script sees ([`API`]), and every bound of it. A [`Program`] is the text of a file that
//! was found readable; [`run`] runs it over whatever a [`Host`] stands for.
//!
//! | a script has | and has not |
//! |---|---|
//! | the message, code tables, a log, all through the [`Host`] | files, the network, processes, timers |
//! | the moment of the message and numbers by chance, where they were granted | a clock, chance of its own |
//! | the built-ins of the language, frozen | `eval`, `Function`, `import`, `Proxy`, shared memory, weak references |
//!
//! Promises: the same text, host and grants give the same output; a run ends by its [`Bounds`]; nothing stays from one run
//! to the next; no [`Stop`] says what was in the message (R10).
//! Never: does I/O; waits; knows what a message is.

mod api;
pub mod codes;
mod flaw;
mod host;
mod machine;
mod meter;
mod native;
mod program;
mod words;

pub use api::{API, Entry};
pub use flaw::{Place, Stop};
pub use host::{Held, Host, Refusal, Segment, Written};
pub use machine::run;
pub use meter::{Bounds, STEPS_PER_MS};
pub use program::{Program, SOURCE_BYTES_MAX, constant_tables};

/// What a script works on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// The message of the host, by `msg`.
    Message,
    /// A text, by `value`.
    One(Held),
    /// Several, by `value`.
    Many(Vec<Held>),
}

/// What a script gave back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Nothing: it changed the message, or did not.
    Nothing,
    /// A text.
    One(Held),
    /// Several.
    Many(Vec<Held>),
}

/// How a run ended by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// At its end, or by `return`.
    Done,
    /// By `msg.drop`: the message goes nowhere. The reason, where it stands in the script itself.
    Dropped(Option<String>),
    /// By `msg.park`: a person has to look. The reason, where it stands in the script itself.
    Parked(Option<String>, Place),
}

/// What came of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// What was given back.
    pub output: Output,
    /// How it ended.
    pub ending: Ending,
    /// Steps that it took, in ten thousands begun.
    pub steps: u64,
}
