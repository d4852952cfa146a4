//! F3: the disk is full. New messages get a negative acknowledgment that means "later", what waits is still delivered,
//! and intake resumes by itself once there is room (R8).

use super::{
    rig::{Line, Mount, Seed, assert_stored, content, has_all, wait_to_listen},
    support::{Engine, Partner, Workspace, admission, field, free_port, wait_for},
};
use hospital::wire::Act;
use std::path::Path;

/// Room for one log segment and the reserve, and too little for a second segment.
const DISK_MEGABYTES: u32 = 112;
/// Hexadecimal digits of a large message: a few hundred of them fill a segment.
const DIGITS: usize = 600_000;

/// A large message that does not compress well.
pub fn large(id: &str) -> String {
    let mut seed = Seed::of(id);
    let mut message = admission(id, "P1");
    message.push_str("NTE|1||");
    (0..DIGITS / 16).for_each(|_| message.push_str(&format!("{:016x}", seed.next())));
    message + "\r"
}

/// Sends large messages until one is refused; gives the ids that were acknowledged, and the refusal.
fn fill(line: &mut Line) -> (Vec<String>, String) {
    let mut acknowledged = Vec::new();
    for number in 0..1_000 {
        let id = format!("FULL{number:04}");
        let answer = line.exchange(&large(&id)).expect("an answer");
        if field(&answer, "MSA", 1) != "AA" {
            return (acknowledged, answer);
        }
        acknowledged.push(id);
    }
    panic!("the disk never filled");
}

/// Takes the last byte of the disk.
fn take_the_rest(path: &Path) {
    let megabyte = vec![7; 1024 * 1024];
    let mut ballast = std::fs::File::create(path).expect("a file");
    while std::io::Write::write_all(&mut ballast, &megabyte).is_ok() {}
}

#[test]
fn a_full_disk_means_later_and_heals_by_itself() {
    if !has_all("disk_full", true, &["mount", "umount"]) {
        return;
    }
    let workspace = Workspace::empty();
    let data = workspace.path().join("data");
    let _disk = match Mount::tmpfs(&data, DISK_MEGABYTES + 80) {
        Ok(disk) => disk,
        Err(why) => return println!("skipped: disk_full: no mount here: {why}"),
    };
    // What is freed later is enough for a segment and the reserve.
    let ballast = data.join("ballast");
    std::fs::write(&ballast, vec![7; 80 * 1024 * 1024]).expect("ballast");
    let partner = Partner::stopped();
    let address = format!("127.0.0.1:{}", free_port());
    let lines = format!("  receive mllp {address}\n{}", super::black_hole::pharmacy(partner.port));
    workspace.interface("adt", &lines);
    let mut engine = Engine::spawn(workspace.path(), "run");
    wait_to_listen(&mut engine, &address);
    let mut line = Line::new(&address);
    let (mut acknowledged, refusal) = fill(&mut line);
    assert_later(&refusal);
    take_the_rest(&data.join("rest"));
    refuses_both_modes(&mut line);

    // What waits is delivered while the disk is full to the last byte.
    partner.behave();
    partner.wait_for(acknowledged.len());
    engine.wait_for_count("in_flight", 0);
    refuses_both_modes(&mut line);

    std::fs::remove_file(data.join("rest")).expect("room");
    std::fs::remove_file(&ballast).expect("room");
    send_until_taken(&mut line, &large("RESUMED"));
    acknowledged.push("RESUMED".into());
    partner.wait_for(acknowledged.len());
    assert_eq!(partner.control_ids(), acknowledged, "each once, in order");

    // What comes next is in flight when the engine dies, and all of it is there.
    partner.act(Act::Refuse);
    let later: Vec<String> = (0..20).map(|number| format!("LATER{number:02}")).collect();
    for id in &later {
        send_until_taken(&mut line, &content(id));
    }
    engine.kill();
    assert_stored(&data, &later);
}

/// As a sending system does that was told "later".
fn send_until_taken(line: &mut Line, message: &str) {
    wait_for("the message to be taken", || {
        let answer = line.exchange(message).expect("an answer");
        (field(&answer, "MSA", 1) == "AA").then_some(())
    });
}

/// AR with ERR-3 207 (table 0357: application internal error): try again later.
#[track_caller]
fn assert_later(answer: &str) {
    assert_eq!(field(answer, "MSA", 1), "AR", "{answer}");
    assert!(field(answer, "ERR", 3).starts_with("207^"), "{answer}");
}

/// Original mode says AR with 207, enhanced mode CE.
fn refuses_both_modes(line: &mut Line) {
    let original = line.exchange(&large("ORIGINAL")).expect("an answer");
    assert_later(&original);
    let enhanced = large("ENHANCED").replacen("|P|2.5.1\r", "|P|2.5.1|||AL|NE\r", 1);
    let enhanced = line.exchange(&enhanced).expect("an answer");
    assert_eq!(field(&enhanced, "MSA", 1), "CE", "{enhanced}");
}
