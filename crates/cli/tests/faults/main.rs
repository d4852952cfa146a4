//! Faults on the real process: what a machine, a disk and a network do to the real binary, and what is promised then.
//! Each is a file, named by the fault; what they share is in `rig`. A fault that needs the rights of root or a tool says
//! so and is skipped where it has none.

// Nothing outside uses a test: `pub` marks what a module offers to its siblings.
#![allow(unreachable_pub)]

mod batches_out;
mod black_hole;
mod broken_frames;
mod clock_jumps;
mod cut_tail;
mod disk_full;
mod endless_frame;
mod failed_fsync;
mod failpoints;
mod flipped_bits;
mod half_open;
mod lying_replies;
mod no_handles;
mod numbered_out;
mod other_version;
mod poison;
mod power_cut;
mod promised_length;
mod queued_memory;
mod reload_under_load;
mod rig;
mod slow_destination;
mod slow_peers;
mod stopped;
#[allow(dead_code, reason = "the scenarios use all of it")]
#[path = "../scenarios/support/mod.rs"]
mod support;
mod syn_dropped;
