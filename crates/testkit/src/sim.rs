//! The simulator's parts that know nothing of the engine: chance, a disk that ends, a workload, peers that lie, a
//! witness of what the outside saw, and the checkers. The runs are in `crates/engine/tests/simulator`, because this
//! crate stands below the engine.
//!
//! Owns: what may be observed from outside, and what must be true of it ([`check`], [`recovery`]). Promises: everything
//! that chance decides comes from one seed. Never: decides by the engine's own word that the engine is right.

mod chance;
pub mod check;
mod clock;
mod disk;
mod peer;
pub mod recovery;
mod witness;
mod workload;
mod workspace;

pub use chance::Chance;
pub use clock::JumpyClock;
pub use disk::{Crash, CrashingDisk};
pub use peer::World;
pub use witness::{Act, Answer, Ending, Seen, Witness};
pub use workload::{Letter, Workload};
pub use workspace::{Interface, Ordering, Scenery, Target};
