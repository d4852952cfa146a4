//! Taps and news of a running engine: they show what passes, hold up nothing, and end with their reader and the engine.

use super::{
    destination_down::pharmacy,
    support::{Engine, Partner, Workspace, admission, command, received},
};
use serde_json::Value;
use std::{
    io::{BufRead, BufReader},
    process::{Child, Stdio},
    sync::mpsc::{Receiver, channel},
    time::Duration,
};

/// A command that goes on, and the lines that it prints.
struct Following {
    child: Child,
    lines: Receiver<String>,
}

impl Following {
    /// Starts it and waits until it says that it stands.
    fn start(workspace: &Workspace, arguments: &[&str]) -> Following {
        let mut child = command(arguments)
            .current_dir(workspace.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .stdin(Stdio::null())
            .spawn()
            .expect("it starts");
        let mut talk = BufReader::new(child.stderr.take().expect("its talk"));
        let mut first = String::new();
        talk.read_line(&mut first).expect("it says that it stands");
        assert!(first.contains("Ctrl-C"), "{first}");
        std::thread::spawn(move || std::io::copy(&mut talk, &mut std::io::sink()));
        let (sender, lines) = channel();
        let out = BufReader::new(child.stdout.take().expect("its output"));
        std::thread::spawn(move || out.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        Following { child, lines }
    }

    fn next(&self) -> Value {
        let line = self.lines.recv_timeout(Duration::from_secs(30)).expect("a line");
        serde_json::from_str(&line).expect("JSON")
    }

    fn end(mut self) -> i32 {
        self.child.wait().expect("it ends").code().unwrap_or(-1)
    }
}

fn send(workspace: &Workspace, engine: &Engine, control_id: &str) {
    let file = workspace.write(&format!("{control_id}.hl7"), &admission(control_id, "P1"));
    engine.send(&[&file.display().to_string()]);
}

#[test]
fn taps_show_what_passes_each_place() {
    let partner = Partner::new();
    let workspace = Workspace::with(&format!("set MSH-5 = TAPPED\ndrop when MSH-10 = T2\n{}", pharmacy(partner.port)));
    let engine = workspace.run();
    let came = Following::start(&workspace, &["tap", "adt", "--json", "--limit", "2"]);
    let went = Following::start(&workspace, &["tap", "adt/pharmacy", "--json", "--limit", "1"]);
    let behind = Following::start(&workspace, &["tap", "adt/1", "--json", "--limit", "1"]);
    let chosen = Following::start(&workspace, &["tap", "adt", "--json", "--limit", "1", "--when", "MSH-10 = T2"]);
    send(&workspace, &engine, "T1");
    send(&workspace, &engine, "T2");
    let (first, second) = (came.next(), came.next());
    assert_eq!((&first["end"], &second["end"]), (&"accepted".into(), &"filtered".into()));
    assert!(first["content"].as_str().is_some_and(|text| text.contains("|T1|") && !text.contains("|TAPPED|")));
    let sent = went.next();
    assert_eq!((&sent["end"], &sent["destination"]), (&"delivered".into(), &"pharmacy".into()));
    assert!(sent["content"].as_str().is_some_and(|text| text.contains("|TAPPED|")));
    assert_eq!(sent["message"], first["message"]);
    let stands = behind.next();
    assert!(stands["content"].as_str().is_some_and(|text| text.contains("|TAPPED|")) && stands["step"] == 1);
    assert_eq!(chosen.next()["message"], second["message"]);
    for following in [came, went, behind, chosen] {
        assert_eq!(following.end(), 0);
    }
    engine.sinew(&["tap", "adt/nowhere"]).expect(1).says(&["E5201", "pharmacy", "1 to 2"]);
    engine.sinew(&["tap", "adt", "--when", "evnt = A01"]).expect(2).says(&["E5091"]);
    assert_eq!(engine.signal("-TERM").0, 0);
}

#[test]
fn news_tell_what_happens_without_content() {
    let partner = Partner::new();
    let workspace = Workspace::with(&pharmacy(partner.port));
    let engine = workspace.run();
    let news = Following::start(&workspace, &["news", "--json"]);
    send(&workspace, &engine, "N1");
    // A partner that answers at once may be heard of before the answer to the sender is.
    let (mut first, mut second) = (news.next(), news.next());
    if first["kind"] == "delivered" {
        std::mem::swap(&mut first, &mut second);
    }
    assert_eq!((&first["kind"], &second["kind"]), (&"accepted".into(), &"delivered".into()));
    assert_eq!((&second["interface"], &second["destination"]), (&"adt".into(), &"pharmacy".into()));
    assert!(!format!("{first}{second}").contains("P1"), "no content");
    workspace.interface("adt", &received(&format!("set MSH-5 = X\n{}", pharmacy(partner.port))));
    engine.sinew(&["reload"]).expect(0);
    assert_eq!(news.next()["kind"], "reloaded");
    // An engine that ends does not wait for those who watch, and they end with it.
    assert_eq!(engine.signal("-TERM").0, 0);
    assert_eq!(news.end(), 0);
}
