//! F2: the power goes at a random moment under load. Everything acknowledged is there afterwards, byte for byte (R1,
//! R9), and the store opens without a manual step. `kill -9` proves none of this: the page cache survives it.

use super::{
    rig::{Load, Mount, Seed, assert_stored, has_all, nobody_there, wait_to_listen},
    support::{Engine, Workspace, free_port, wait_for},
};

/// Power cuts in one run.
const CUTS: usize = 25;
/// Connections that send at a time.
const CONNECTIONS: usize = 4;

#[test]
fn power_cuts_of_a_real_disk_lose_nothing_that_was_acknowledged() {
    if !has_all("power_cut", true, &["python3", "mkfs.ext4", "mount", "umount", "truncate"]) {
        return;
    }
    let mut seed = Seed::print("power_cut");
    let workspace = Workspace::empty();
    let data = workspace.path().join("data");
    let mut disk = match Mount::ext4(&data, 768) {
        Ok(disk) => disk,
        Err(why) => return println!("skipped: power_cut: no loop mount here: {why}"),
    };
    let address = format!("127.0.0.1:{}", free_port());
    workspace.interface("adt", &nobody_there(&address, "", free_port()));
    let mut acknowledged = Vec::new();
    let mut stored = 0;
    for cut in 1..=CUTS {
        let mut engine = Engine::spawn(workspace.path(), "run");
        wait_to_listen(&mut engine, &address);
        let switch = disk.prepare_cut();
        let load = Load::start(&address, &format!("C{cut:02}L"), CONNECTIONS);
        wait_for("some load", || (load.count() >= 5).then_some(()));
        std::thread::sleep(seed.millis(0, 300));
        switch.now();
        engine.kill();
        acknowledged.extend(load.stop());
        disk.come_back();
        // Every other time the binary itself is the first to find the disk as the cut left it.
        if cut % 2 == 0 || cut == CUTS {
            stored = assert_stored(&data, &acknowledged);
        }
    }
    println!("power_cut: {CUTS} cuts, {} messages acknowledged, {stored} stored, 0 lost", acknowledged.len());
}
