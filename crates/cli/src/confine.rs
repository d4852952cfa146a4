//! What the engine's process does to itself before it touches a message.
//!
//! Promises: no core file with messages in it, also where the system pipes them to a program, and no other process of the
//! same user looks into this one; no program is started from it, and no call of the kernel that it does not need is taken
//! (see [`server::confine`]); what the kernel took is known, for `status`, `doctor` and the report.

use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
use server::confine::{Confined, Taken};
use std::sync::OnceLock;

static CONFINED: OnceLock<Confined> = OnceLock::new();

/// To be called before threads are started.
pub fn confine() {
    // Either may be forbidden by what already confines the process; then that is stricter.
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    CONFINED.get_or_init(server::confine::confine);
}

/// What this process gave up; nothing where it was not asked to.
pub fn confined() -> Confined {
    CONFINED.get().copied().unwrap_or(Confined { programs: Taken::Not, calls: Taken::Not })
}
