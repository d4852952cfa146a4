//! The promises of the engine over a real store, with a scripted connector: each file is named after what it proves.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod acknowledgment;
mod acts;
mod batches;
mod collect;
mod conservation;
mod duplicates;
mod durability;
mod follow;
mod formats;
mod fragments;
mod lookups;
mod order;
mod parts;
mod privacy;
mod reload;
mod sequence;
mod split;
mod stage;
