//! Metrics for Prometheus and what reads its format: names by its conventions, labels that stay few.
//!
//! Promises: no label has more values than there are interfaces and destinations in the workspace; nothing of a message is
//! in a name, a label or a value; every metric that is written is in [`catalogue::ALL`], and the other way round.
//! Never: costs a message anything: figures are read where they are kept.

pub mod catalogue;
pub(crate) mod figures;
mod write;

pub(crate) use figures::Transport;
pub(crate) use write::exposition;
