//! How the file handles of the process are shared: between its peers and itself.
//!
//! Promises: peers never take the handles that the log, the index, the control socket and the destinations need, however
//! many connect (F19). Never: closes a connection; sources refuse those that are too many.

use engine::Engine;
use interface::Definition;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::sync::Arc;

/// What the process keeps for itself: segments of the log (at most 36 open), files of the index and the tables (at most
/// 42, three to a database), the runtime and its signals (12), commands on the control socket and files that sources
/// read (22).
const RESERVED: usize = 112;
/// Where the limit is so low that the reserve and the lanes would leave nothing, peers have a quarter of it.
const SHARE_MIN: usize = 4;
/// Below this many connections, the limit is told at the start and in `status`.
pub const FEW: usize = 1024;

/// Raises the limit as far as this process may, and gives it.
pub fn raise() -> usize {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    // Where that fails, the limit stays what it was, and is read again.
    let _ = setrlimit(Resource::Nofile, raised);
    limit_now()
}

fn limit_now() -> usize {
    getrlimit(Resource::Nofile).current.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX))
}

/// Tells the engine how many connections its peers may have, with these definitions.
pub fn share(engine: &Engine, definitions: &[Arc<Definition>]) {
    engine.handles().set_max(for_peers(limit_now(), lanes(definitions)));
}

/// Connections that the destinations may have at a time: one for each lane.
fn lanes(definitions: &[Arc<Definition>]) -> usize {
    definitions.iter().flat_map(|definition| &definition.destinations).map(|destination| destination.lanes.max(1)).sum()
}

fn for_peers(limit: usize, lanes: usize) -> usize {
    if limit == usize::MAX {
        return limit;
    }
    limit.saturating_sub(RESERVED + lanes).max(limit / SHARE_MIN)
}

/// What to say of a limit that is low; `None` where it is not.
pub fn warning(limit: usize, engine: &Engine) -> Option<String> {
    let (_, max) = engine.handles().count();
    let hint = "raise the limit of the service (`LimitNOFILE=65536`, `ulimit -n`)";
    (max < FEW).then(|| {
        format!("  this process may have {limit} file handles, so peers may have {max} connections in all: {hint}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_for_peers() {
        let check = |limit, lanes, expect| assert_eq!(for_peers(limit, lanes), expect, "{limit} {lanes}");
        check(65_536, 100, 65_324);
        check(256, 16, 128);
        check(128, 16, 32);
        check(usize::MAX, 16, usize::MAX);
    }
}
