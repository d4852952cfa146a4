//! F2: the power goes at a random moment under load. Everything acknowledged is there afterwards, byte for byte (R1,
//! R9), and the store opens without a manual step. `kill -9` proves none of this: the page cache survives it.

use super::{
    failed_fsync::compile_shim,
    rig::{Load, Mount, Seed, assert_stored, has_all, lost, nobody_there, wait_to_listen},
    support::{Engine, Workspace, command, free_port, wait_for},
};
use std::{path::PathBuf, process::Command, time::Duration};

/// Power cuts in one run.
const CUTS: usize = 25;
/// Connections that send at a time.
const CONNECTIONS: usize = 4;

/// A workspace whose data folder is a disk of its own.
struct Stage {
    /// Before the workspace: what is dropped first is unmounted before its folder is removed.
    disk: Mount,
    workspace: Workspace,
    data: PathBuf,
    address: String,
}

impl Stage {
    fn new(test: &str) -> Option<Stage> {
        if !has_all(test, true, &["python3", "mkfs.ext4", "mount", "umount", "truncate"]) {
            return None;
        }
        let workspace = Workspace::empty();
        let data = workspace.path().join("data");
        let disk = Mount::ext4(&data, 768);
        let disk = disk.inspect_err(|why| println!("skipped: {test}: no loop mount here: {why}")).ok()?;
        let address = format!("127.0.0.1:{}", free_port());
        workspace.interface("adt", &nobody_there(&address, "", free_port()));
        Some(Stage { workspace, data, disk, address })
    }

    /// Starts the engine, cuts the power under load, and comes back; gives what was acknowledged.
    fn cut_under_load(&mut self, command: Command, prefix: &str, pause: Duration) -> Vec<String> {
        let mut engine = Engine::spawn_with(self.workspace.path(), command);
        wait_to_listen(&mut engine, &self.address);
        let switch = self.disk.prepare_cut();
        let load = Load::start(&self.address, prefix, CONNECTIONS);
        wait_for("some load", || (load.count() >= 5).then_some(()));
        std::thread::sleep(pause);
        switch.now();
        engine.kill();
        let acknowledged = load.stop();
        self.disk.come_back();
        acknowledged
    }
}

#[test]
fn power_cuts_of_a_real_disk_lose_nothing_that_was_acknowledged() {
    let Some(mut stage) = Stage::new("power_cut") else { return };
    let mut seed = Seed::print("power_cut");
    let (mut acknowledged, mut stored) = (Vec::new(), 0);
    for cut in 1..=CUTS {
        acknowledged.extend(stage.cut_under_load(command(&["run"]), &format!("C{cut:02}L"), seed.millis(0, 300)));
        // Every other time the binary itself is the first to find the disk as the cut left it.
        if cut % 2 == 0 || cut == CUTS {
            stored = assert_stored(&stage.data, &acknowledged);
        }
    }
    println!("power_cut: {CUTS} cuts, {} messages acknowledged, {stored} stored, 0 lost", acknowledged.len());
}

/// The same cut with an fsync of the log that lies: if nothing is lost then, the test above proves nothing.
#[test]
fn power_cuts_are_real_a_lying_fsync_loses_messages() {
    let Some(mut stage) = Stage::new("power_cut (lying fsync)") else { return };
    let Some(shim) = compile_shim(stage.workspace.path()) else { return };
    let mut lying = command(&["run"]);
    lying.env("LD_PRELOAD", shim).env("FAULT_LIE", "1").env("FAULT_FOLDER", &stage.data).env("FAULT_SUFFIX", ".log");
    let acknowledged = stage.cut_under_load(lying, "LIE", Duration::from_millis(100));
    let lost = lost(&stage.data, &acknowledged);
    println!("power_cut: with a lying fsync {} of {} acknowledged are lost", lost.len(), acknowledged.len());
    assert!(!lost.is_empty(), "the rig does not cut the power");
}
