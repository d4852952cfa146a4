//! An engine with a partner, on a workspace in memory whose data folder a test may damage.

use super::{
    super::support::{Engine, Partner, Workspace, command, free_port},
    SEGMENT_BYTES,
};
use std::path::PathBuf;

/// An engine with its partner, on a workspace whose data folder comes and goes.
pub struct Stage {
    pub workspace: Workspace,
    pub partner: Partner,
    pub address: String,
}

impl Stage {
    /// On a free port, and in memory.
    pub fn new() -> Stage {
        let (workspace, partner) = (Workspace::in_memory(), Partner::new());
        let address = format!("127.0.0.1:{}", free_port());
        let lines = format!(
            "  receive mllp {address} {{\n    order by PID-3.1\n  }}\n  send pharmacy {{\n    \
             mllp 127.0.0.1:{} timeout 20s\n    retry from 20ms to 100ms give-up never\n  }}",
            partner.port
        );
        workspace.interface("adt", &lines);
        Stage { workspace, partner, address }
    }

    /// Starts the engine, with small files of the log, and waits until it answers.
    pub fn start(&self) -> Engine {
        let mut command = command(&["run"]);
        command.env("SINEW_SEGMENT_BYTES", SEGMENT_BYTES.to_string());
        let mut engine = Engine::spawn_with(self.workspace.path(), command);
        engine.wait_to_answer();
        engine
    }

    /// Where it keeps its messages.
    pub fn store(&self) -> PathBuf {
        self.workspace.path().join("data")
    }

    /// Pauses or resumes the destination.
    pub fn steer(&self, engine: &Engine, verb: &str) {
        engine.sinew(&[verb, "adt/pharmacy", "--reason", "a test"]).expect(0);
    }
}
