//! F7: the wall clock of the machine is set a day forth and two days back, an hour for summer time, under load and between
//! two runs. Nothing is lost or comes in another order, retries go on, and nothing that waits is given up for being a day
//! older than it is. What people and peers read goes by the new clock.

use super::{
    failed_fsync::compile,
    rig::{Line, Load, assert_order, content, has_all},
    support::{Engine, Partner, Workspace, command, field, free_port, wait_for},
};
use message::Clock as _;
use std::path::PathBuf;

const DAY: i64 = 86_400;
/// How the clock is set, in seconds from the right time: a day forth, a day back, to summer time and from it.
const SETTINGS: [i64; 4] = [DAY, -DAY, 3_600, 0];

struct Stage {
    workspace: Workspace,
    address: String,
    shim: PathBuf,
    clock: PathBuf,
}

impl Stage {
    fn new(partner: &Partner) -> Option<Stage> {
        if !has_all("clock_jumps", false, &["cc"]) {
            return None;
        }
        let workspace = Workspace::empty();
        let address = format!("127.0.0.1:{}", free_port());
        let lines = format!(
            "  receive mllp {address} {{\n    order by PID-3.1\n  }}\n  send pharmacy {{\n    mllp 127.0.0.1:{}\n    \
             retry from 100ms to 300ms give-up 1h then park\n  }}",
            partner.port
        );
        workspace.interface("adt", &lines);
        let shim = compile(workspace.path(), "clock_jumps")?;
        let clock = workspace.write("clock", "0");
        Some(Stage { workspace, address, shim, clock })
    }

    /// In place, because the engine has the file open; the spaces cover what an older number leaves.
    fn set(&self, seconds: i64) {
        std::fs::write(&self.clock, format!("{seconds:<12}")).expect("a clock");
    }

    fn run(&self) -> Engine {
        let mut command = command(&["run"]);
        command.env("LD_PRELOAD", &self.shim).env("CLOCK_FILE", &self.clock);
        let mut engine = Engine::spawn_with(self.workspace.path(), command);
        engine.wait_to_answer();
        engine
    }
}

/// The acknowledgment's MSH-7 is the clock as it is set now.
#[track_caller]
fn assert_dated(answer: &str, seconds: i64) {
    let date = |micros: i64| message::Timestamp(micros).to_dtm()[..8].to_owned();
    let now = message::clock::System.now().0 + seconds * 1_000_000;
    let told = &field(answer, "MSH", 6)[..8];
    assert!([date(now), date(now - 60_000_000)].contains(&told.to_owned()), "{told} with the clock off by {seconds} s");
}

#[test]
fn a_clock_that_is_set_under_load_changes_nothing_but_what_people_read() {
    let partner = Partner::stopped();
    let Some(stage) = Stage::new(&partner) else { return };
    let engine = stage.run();
    let load = Load::start(&stage.address, "T", 2);
    wait_for("some load", || (load.count() >= 20).then_some(()));
    let mut line = Line::new(&stage.address);
    let mut told = Vec::new();
    for (number, seconds) in SETTINGS.into_iter().enumerate() {
        stage.set(seconds);
        wait_for("the change to be told", || (engine.talk().matches("E7040").count() > number).then_some(()));
        let id = format!("SET{number}");
        let answer = line.exchange(&content(&id)).expect("an answer");
        assert_eq!(field(&answer, "MSA", 1), "AA", "{answer}");
        assert_dated(&answer, seconds);
        // The same message again under another clock: the same answer (R4).
        told.push((id, answer));
        for (id, answer) in &told {
            assert_eq!(line.exchange(&content(id)).expect("an answer"), *answer, "the answer to {id} changed");
        }
        let count = load.count();
        wait_for("the load to go on", || (load.count() >= count + 20).then_some(()));
        let failed = || engine.status()["interfaces"][0]["destinations"][0]["failed"].as_u64();
        let before = failed();
        wait_for("more attempts", || (failed() > before).then_some(()));
        assert_eq!(engine.count("parked"), 0, "given up with the clock off by {seconds} s");
    }
    let acknowledged = load.stop();
    let waits = engine.count("in_flight");
    // The same between two runs: the machine comes back with its clock a day ahead.
    engine.kill();
    stage.set(DAY);
    let engine = stage.run();
    let failed = || engine.status()["interfaces"][0]["destinations"][0]["failed"].as_u64();
    wait_for("attempts of the second run", || (failed() >= Some(3)).then_some(()));
    assert_eq!((engine.count("parked"), engine.count("in_flight")), (0, waits), "given up after the restart");
    stage.set(0);
    partner.behave();
    wait_for("the rest to be delivered", || (engine.count("in_flight") == 0).then_some(()));
    assert_eq!(engine.status()["lost"].as_i64(), Some(0));
    assert_order(&partner.control_ids(), &acknowledged);
}
