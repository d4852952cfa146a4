//! What the process of a running engine gave up: seen from outside, in every thread, and told.

use super::support::Workspace;
use std::fs;

#[test]
fn every_thread_of_the_engine_gave_it_up() {
    let own = fs::read_to_string("/proc/self/status").expect("our own state");
    let has_seccomp = own.contains("\nSeccomp:");
    let workspace = Workspace::with("  send out {\n    file out\n  }");
    let engine = workspace.run();
    let tasks = fs::read_dir(format!("/proc/{}/task", engine.pid())).expect("the threads of the engine");
    let states: Vec<String> =
        tasks.flatten().filter_map(|task| fs::read_to_string(task.path().join("status")).ok()).collect();
    assert!(states.len() > 2, "an engine has threads: {}", states.len());
    for state in states.iter().filter(|_| has_seccomp) {
        assert!(state.contains("\nSeccomp:\t2\n") && state.contains("\nNoNewPrivs:\t1\n"), "{state}");
    }
    let told = engine.sinew(&["status", "--json"]).expect(0).json()["process"]["confined"].clone();
    assert_eq!(told["calls"] == "fully", has_seccomp, "{told}");
    let report = engine.sinew(&["compliance", "report", "--json"]).expect(0).json();
    assert_eq!(report["confined"], told);
    let doctor = engine.sinew(&["doctor", "--json"]).json();
    let found = doctor["findings"].as_array().into_iter().flatten().find(|found| found["what"] == "confined");
    let is_all = told["calls"] == "fully" && told["programs"] == "fully";
    assert_eq!(found.map(|found| found["level"] == "ok"), Some(is_all), "{doctor}");
    engine.sinew(&["compliance", "report"]).expect(0).says(&["calls of the kernel (seccomp)"]);
}
