//! The simulated hospital: patient flow, simulated systems and wire peers behind demo, bench, training and tests.
//!
//! Owns four things: [`flow`], a seeded patient-flow simulator that writes HL7 v2 messages (pure, no clock);
//! [`wire`], MLLP peers on real sockets that send, answer and misbehave on request; [`live`], a flow in real time through
//! the senders of its systems; [`story`], the demo's fault script as plain records.
//!
//! Promises: everyone in it is invented; the same seed gives the same bytes; every buffer and count has a named limit.
//! Never: knows the engine, writes files, prints.

pub mod flow;
pub mod live;
pub mod story;
pub mod wire;
