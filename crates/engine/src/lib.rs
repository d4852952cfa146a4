//! Floor 4: runs interfaces.
//!
//! Three functions own all control flow: [`intake`] `accept`, [`pipeline::process`] (pure) and [`dispatch::deliver`].
//! Everything else is a named leaf. The journey of one message, which `sinew explain MESSAGE-ID` prints:
//!
//! | # | happens | where | promise |
//! |---|---|---|---|
//! | 1 | bytes arrive; a deframer cuts a frame | the connector | limits of size and time before memory |
//! | 2 | the frame becomes an envelope | [`intake`] | raw bytes are the truth (R9) |
//! | 3 | seen before? | the store, in the commit | R4 |
//! | 4 | parse, keep/drop, set, translate, map, route: a plan of deliveries | [`pipeline`] | same bytes + same version + same answers of [`lookups`] = same plan; bounded fuel; no I/O |
//! | 5 | raw + plan committed together, fsynced: a receipt | the store | R1, R5 |
//! | 6 | acknowledgment | [`intake`], [`acknowledge`] | only a receipt makes a positive answer |
//! | 7 | a lane claims the oldest delivery of a free key | [`outbox`], [`queue`] | R3; bounded in flight |
//! | 8 | the connector sends and reports an outcome | [`dispatch`] | a connector never decides a retry |
//! | 9 | outcome + reply table + policy → done, retry at, park, hold, expire | [`decide`] | pure, table-tested |
//! | 10 | settled, in batches | the store | attempts kept |
//! | 11 | the application acknowledgment, where the sender waits for one | [`acknowledge`] | a second axis |
//! | 12 | acts of persons are audited | [`acts`] | hash-chained |
//!
//! Never: reads the wall clock except through [`message::Clock`]; logs content.

pub mod acknowledge;
pub mod acts;
pub mod again;
pub mod age;
pub mod alerts;
pub mod application;
mod batches;
pub mod check;
pub mod codes;
mod collect;
mod contents;
pub mod decide;
pub mod dispatch;
pub mod engine;
mod findings;
#[cfg(test)]
mod fixture;
pub mod flow;
mod follow;
mod fragments;
mod intake;
pub mod journey;
pub mod live;
mod lookups;
pub mod meter;
pub mod orphans;
pub mod outbox;
mod parts;
pub mod pipeline;
pub mod quality;
pub mod queue;
pub mod refusals;
pub mod rehearsal;
pub mod routing;
mod sequence;
pub mod status;

pub use engine::{Changes, Engine, Options};
pub use status::Status;
