//! What the engine's process does to itself before it touches a message.
//!
//! Promises: no core file with messages in it, also where the system pipes them to a program, and no other process of the
//! same user looks into this one; no program is started from it (see [`server::confine`]).

use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};

/// To be called before threads are started.
pub fn confine() {
    // Either may be forbidden by what already confines the process; then that is stricter.
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    let _ = server::confine::confine();
}
