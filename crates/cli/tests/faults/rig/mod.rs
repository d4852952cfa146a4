//! What the faults share: mounts, a load that remembers what was acknowledged, the store read from outside.

mod frozen;
mod kept;
mod liar;
mod load;
mod memory;
mod mount;
mod needs;
mod network;
mod process;
mod seed;
mod stage;
mod stored;

pub use frozen::{Frozen, Record};
pub use kept::{Kept, SEGMENT_BYTES, open, options};
pub use liar::{Liar, Lie, answer, answer_to, framed};
pub use load::{Line, Load, assert_order, content};
pub use memory::MemoryLimit;
pub use mount::Mount;
pub use needs::{has_all, run};
pub use network::{HERE, Network, THERE};
pub use process::{connect_from, handles, has_handles, limit_handles, own_peak, processor_time, resident_peak};
pub use seed::Seed;
pub use stage::Stage;
pub use stored::{assert_stored, lost};

use super::support::{Engine, wait_for};
use std::net::TcpStream;

/// Waits until the engine listens there.
#[track_caller]
pub fn wait_to_listen(engine: &mut Engine, address: &str) {
    wait_for("the engine to listen", || {
        assert!(engine.try_end().is_none(), "the engine ended:\n{}", engine.talk());
        TcpStream::connect(address).is_ok().then_some(())
    });
}

/// The lines of an interface that receives at this address and sends to a port where nobody listens, so that every
/// message stays in flight.
pub fn nobody_there(address: &str, source: &str, port: u16) -> String {
    format!(
        "  receive mllp {address} {{\n    order by PID-3.1\n{source}  }}\n  \
         send pharmacy {{\n    mllp 127.0.0.1:{port} timeout 5s\n    retry from 100ms to 300ms give-up never\n  }}"
    )
}
