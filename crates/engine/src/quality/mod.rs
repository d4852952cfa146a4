//! Data quality kept over time: is what senders send still as complete, well-formed and plausible as it was?
//!
//! | what | where |
//! |---|---|
//! | what is counted of a message | `measure`, into a `stream` of counters |
//! | rules that always hold | [`plausible`] |
//! | the interface's own tables | `own` |
//! | what its `validate` lines said | `verdict` |
//! | what was counted in a span of time | [`record`] |
//! | from the end of intake to the counters | `inbox`; how many of a flood `pace` |
//! | kept in the tables, folded, dropped | [`keep`] |
//! | what has changed, and since when | [`drift`], [`findings`] |
//! | `alert quality` lines | [`alerts`] |
//! | what `sinew quality` shows | [`report`] |
//! | all of it while the engine runs | `room` |
//!
//! Promises: counting stands behind the acknowledgment, never before it; it takes no memory and no time that a sender could
//! grow (`limits`); what is kept are counts and codes of the standard's tables, never a value of a message (R10).
//! Never: judges a message on its way, changes one, or holds one up.

pub mod alerts;
mod book;
pub mod delay;
pub mod drift;
pub mod findings;
mod inbox;
pub mod keep;
pub mod limits;
mod measure;
mod moment;
mod own;
mod pace;
pub mod place;
pub mod plausible;
pub mod record;
pub mod report;
mod room;
mod stream;
mod verdict;
pub mod words;

pub(crate) use inbox::local_offset_s;

pub use book::{Book, Received, Repeat, Taken};
pub(crate) use inbox::{Inbox, Waiting};
pub use own::OwnTables;
pub use place::Place;
pub use record::{Counts, Kind, Record};
pub use report::Report;
pub use room::{Room, Settings, Summary};
pub(crate) use verdict::plain;
pub use verdict::{Broken, Verdict};
