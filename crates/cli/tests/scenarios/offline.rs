//! The message commands without an engine: files, pipes, exit codes, and what a terminal shows.

use super::support::{Workspace, admission, command, finish, sinew, sinew_with};
use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

fn one(workspace: &Workspace) -> String {
    workspace.write("a01.hl7", &admission("OFF1", "P1")).display().to_string()
}

#[test]
fn get_set_and_diff_agree() {
    let workspace = Workspace::empty();
    let file = one(&workspace);
    assert_eq!(sinew(&["get", &file, "PID-5.1"]).expect(0).out, "Quist\n");
    assert_eq!(sinew(&["get", &file, "PID-3[.5=MR].1"]).expect(0).out, "P1\n");
    sinew(&["get", &file, "PID-30"]).expect(1);
    sinew(&["get", &file, "PID-x"]).expect(2).says(&["error[E10"]);
    sinew(&["get", "no-such-file", "PID-5"]).expect(3).says(&["no-such-file"]);

    let changed = sinew(&["set", &file, "PV1-3.1", "4 W|EST"]).expect(0);
    assert_eq!(changed.out, admission("OFF1", "P1").replace("4W^", "4 W\\F\\EST^"), "all other bytes as they were");
    let other = workspace.write("b.hl7", &changed.out).display().to_string();
    sinew(&["diff", &file, &other]).expect(1).says(&["PV1-3", "1 difference"]);
    sinew(&["diff", &file, &other, "--ignore", "PV1-3"]).expect(0);
    sinew(&["diff", &file, &file]).expect(0);
    let null = sinew(&["set", &file, "PID-8", "--null"]).expect(0);
    assert_eq!(sinew_with(&["get", "-", "PID-8", "--raw"], null.out.as_bytes()).expect(0).out, "\"\"\n");
}

#[test]
fn raw_values_are_bytes() {
    let message = admission("OFF2", "P1").replace("Quist", "M\u{1}ller").replace("|2.5.1\r", "|2.5.1||||||8859/1\r");
    let bytes: Vec<u8> = message.bytes().map(|byte| if byte == 1 { 0xFC } else { byte }).collect();
    assert_eq!(sinew_with(&["get", "-", "PID-5.1", "--raw"], &bytes).expect(0).bytes, b"M\xFCller\n");
    assert_eq!(sinew_with(&["get", "-", "PID-5.1"], &bytes).expect(0).out, "M\u{fc}ller\n");
    let changed = sinew_with(&["set", "-", "PID-5.1", "B\u{f6}hm"], &bytes).expect(0);
    assert!(changed.bytes.windows(4).any(|part| part == b"B\xF6hm"), "written in the charset of the message");
}

#[test]
fn parse_counts_from_one_and_says_what_cannot_be_read() {
    let workspace = Workspace::empty();
    let two = admission("OFF3", "P1") + &admission("OFF4", "P2").replace('\r', "\n");
    let done = sinew_with(&["parse", "-", "--json"], two.as_bytes()).expect(0);
    let lines: Vec<serde_json::Value> =
        done.out.lines().map(|line| serde_json::from_str(line).expect("an object a line")).collect();
    assert_eq!(lines.iter().map(|line| line["index"].as_u64()).collect::<Vec<_>>(), [Some(1), Some(2)]);
    assert!(lines.iter().all(|line| line["round_trip"] == true && line["segments"] == 4), "{}", done.out);
    sinew_with(&["parse", "-"], b"").expect(1).says(&["no HL7 v2 message"]);
    sinew_with(&["parse", "-"], &[0, 159, 146, 150, 13, 10]).expect(1);
    let file = one(&workspace);
    sinew(&["parse", "no-such-file", &file]).expect(3).says(&["OFF1", "no-such-file"]);
}

#[test]
fn generated_messages_belong_together_and_are_the_same_for_a_seed() {
    let first = sinew(&["generate", "--type", "ADT", "--count", "20", "--seed", "7"]).expect(0);
    assert_eq!(first.out, sinew(&["generate", "--type", "ADT", "--count", "20", "--seed", "7"]).out);
    let ids = sinew_with(&["get", "-", "MSH-10"], first.out.as_bytes()).expect(0);
    assert_eq!(ids.out.lines().count(), 20);
    sinew(&["generate", "--type", "XYZ"]).expect(2).says(&["XYZ"]);
}

#[test]
fn send_and_listen_count_and_keep_every_message() {
    let workspace = Workspace::empty();
    let port = super::support::free_port().to_string();
    let inbox = workspace.at("inbox");
    let mut command = command(&["listen", &port, "--save", &inbox, "--count", "400", "--json"]);
    let mut listener = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("a listener");
    let mut said = String::new();
    BufReader::new(listener.stderr.take().expect("stderr")).read_line(&mut said).expect("a line");
    assert!(said.contains("listening on"), "{said}");
    let file = one(&workspace);
    let sent = sinew(&["send", &port, &file, "--count", "400", "--connections", "8", "--json"]).expect(0);
    assert_eq!(sent.json()["accepted"], 400);
    let output = listener.wait_with_output().expect("the listener ends");
    assert!(output.status.success());
    let mut kept = std::fs::read_dir(&inbox).expect("the inbox").flatten();
    let ids: std::collections::BTreeSet<String> = kept
        .by_ref()
        .map(|entry| sinew(&["get", &entry.path().display().to_string(), "MSH-10"]).out)
        .take(40)
        .collect();
    assert_eq!(ids.len(), 40, "each file holds a message of its own");
    assert_eq!(kept.count() + 40, 400, "every message under load is kept");
}

#[test]
fn nobody_listening_is_unreachable() {
    let workspace = Workspace::empty();
    let file = one(&workspace);
    let started = Instant::now();
    sinew(&["send", &super::support::free_port().to_string(), &file]).expect(3).says(&["is the receiver listening"]);
    assert!(started.elapsed() < Duration::from_secs(10));
    sinew(&["send", "nonsense", &file]).expect(3);
}

#[test]
fn a_reader_that_goes_away_ends_the_command_quietly() {
    let mut command = command(&["generate", "--count", "20000"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("output");
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(0));
}

/// Runs a command on a pseudo-terminal; `None` where `script` is not installed.
fn on_terminal(arguments: &str, colour: bool) -> Option<String> {
    let line = format!("{} {arguments}", env!("CARGO_BIN_EXE_sinew"));
    let mut command = Command::new("script");
    command.args(["-qec", &line, "/dev/null"]).env("TERM", "xterm").env("LC_ALL", "C.UTF-8");
    if !colour {
        command.env("NO_COLOR", "1");
    }
    Command::new("script").arg("--version").output().ok()?;
    Some(finish(command, b"").out)
}

#[test]
fn a_terminal_shows_patients_masked_and_no_control_characters() {
    let workspace = Workspace::empty();
    let text = admission("OFF5", "P1").replace("4W^", "\u{1b}[31mred^");
    let file = workspace.write("a01.hl7", &text).display().to_string();
    let Some(shown) = on_terminal(&format!("show {file}"), false) else {
        println!("skipped: `script` is not installed");
        return;
    };
    assert!(!shown.contains("Quist") && shown.contains("Q****"), "{shown}");
    assert!(!shown.contains('\u{1b}'), "neither colours under NO_COLOR nor those of the message: {shown:?}");
    assert!(on_terminal(&format!("show {file}"), true).is_some_and(|shown| shown.contains("\u{1b}[1")));
    for (arguments, is_masked) in [
        (format!("get {file} PID-5.1"), true),
        (format!("set {file} PV1-2 O"), true),
        (format!("diff {file} /dev/null"), true),
        (format!("get {file} PID-5.1 --reveal"), false),
        (format!("show {file} --reveal"), false),
    ] {
        let shown = on_terminal(&arguments, false).unwrap_or_default();
        assert_eq!(shown.contains("Quist"), !is_masked, "{arguments}: {shown}");
    }
    assert!(sinew(&["show", &file]).expect(0).out.contains("Quist"), "pipes are not masked");
}

#[test]
fn completions_and_version() {
    for shell in ["bash", "zsh", "fish"] {
        sinew(&["completions", shell]).expect(0).says(&["replay"]);
    }
    sinew(&["version"]).expect(0).says(&["sinew 0."]);
    assert_eq!(sinew(&["version", "--json"]).expect(0).json()["schema"], "sinew.version/1");
    sinew(&["chek"]).expect(2).says(&["check"]);
    sinew(&["explain", "E2001"]).expect(0).says(&["What to do"]);
    sinew(&["explain", "translate"]).expect(0).says(&["code table", "missing"]);
    sinew(&["explain", "E2O01"]).expect(1).says(&["did you mean"]);
}
