//! The protocol of HL7 v2 on real sockets: both acknowledgments of enhanced mode in both directions, batches, messages in
//! parts, sequence numbers.

use super::support::{Partner, Workspace, admission, field, received, wait_for};
use hl7v2::sequence::{Expected, Number, Verdict, judge};
use hospital::wire::Act;
use message::AckCode;
use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

/// A connection that stays open, frame by frame.
struct Line(TcpStream);

impl Line {
    fn connect(address: &str) -> Line {
        let stream = TcpStream::connect(address).expect("a connection");
        stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout");
        Line(stream)
    }

    fn send(&mut self, message: &str) {
        self.0.write_all(format!("\x0b{message}\x1c\r").as_bytes()).expect("written");
    }

    /// The next frame.
    fn read(&mut self) -> String {
        let (mut bytes, mut byte) = (Vec::new(), [0]);
        while !bytes.ends_with(b"\x1c\r") {
            self.0.read_exact(&mut byte).expect("an answer");
            bytes.push(byte[0]);
        }
        String::from_utf8_lossy(&bytes).trim_matches(['\x0b', '\x1c', '\r']).to_owned()
    }

    /// MSA-1 and MSA-2 of the next frame.
    fn said(&mut self) -> String {
        let answer = self.read();
        format!("{} {}", field(&answer, "MSA", 1), field(&answer, "MSA", 2))
    }
}

/// An admission whose sender asks for this in MSH-15 and MSH-16.
fn asking(id: &str, conditions: &str) -> String {
    admission(id, "P1").replacen("|P|2.5.1\r", &format!("|P|2.5.1|||{conditions}\r"), 1)
}

#[test]
fn each_answer_comes_where_it_is_asked_on_the_same_connection() {
    let workspace = Workspace::with("  send archive {\n    file out\n  }");
    let engine = workspace.run();
    let mut line = Line::connect(&engine.address("adt"));
    let mut check = |conditions: &str, answers: &[&str]| {
        let id = conditions.replace('|', "");
        line.send(&asking(&id, conditions));
        // What follows shows that nothing else came in between.
        line.send(&asking(&format!("{id}END"), "AL|NE"));
        let expect: Vec<String> = answers.iter().map(|code| format!("{code} {id}")).collect();
        let mut found = Vec::new();
        loop {
            match line.said() {
                said if said == format!("CA {id}END") => break,
                said => found.push(said),
            }
        }
        // The application's answer may come behind that of the next message.
        while found.len() < expect.len() {
            found.push(line.said());
        }
        assert_eq!(found, expect, "{conditions}");
    };
    check("AL|AL", &["CA", "AA"]);
    check("AL|SU", &["CA", "AA"]);
    check("AL|ER", &["CA"]);
    check("AL|NE", &["CA"]);
    check("SU|AL", &["CA", "AA"]);
    check("SU|NE", &["CA"]);
    check("ER|NE", &[]);
    check("NE|NE", &[]);
    check("NE|AL", &["AA"]);
    check("ER|SU", &["AA"]);
    line.send(&asking("BAD", "ER|NE").replace("MSH|", "MSX|"));
    line.send(&asking("LAST", "AL|NE"));
    assert_eq!(line.said(), "AR ", "what is no message is refused in original mode");
    assert_eq!(line.said(), "CA LAST");
}

#[test]
fn the_commit_comes_at_once_and_the_application_when_it_is_delivered() {
    let partner = Partner::stopped();
    let workspace = Workspace::empty();
    let lines = format!(
        "  receive mllp 127.0.0.1:0 {{\n    ack after-delivered\n  }}\n  send ward {{\n    mllp 127.0.0.1:{}\n    \
         retry from 50ms to 100ms\n  }}",
        partner.port
    );
    workspace.interface("adt", &lines);
    let engine = workspace.run();
    let mut line = Line::connect(&engine.address("adt"));
    line.send(&asking("D1", "AL|AL"));
    assert_eq!(line.said(), "CA D1", "while the ward is away");
    line.send(&asking("D2", "AL|ER"));
    assert_eq!(line.said(), "CA D2");
    let id = engine.find("control:D1")["id"].to_string();
    engine.sinew(&["explain", &id]).expect(0).says(&["application acknowledgment owed"]);
    partner.behave();
    assert_eq!(line.said(), "AA D1");
    partner.wait_for(2);
    partner.act(Act::Reject { code: AckCode::AE, condition: None });
    line.send(&asking("D3", "AL|ER"));
    assert_eq!(line.said(), "CA D3");
    assert_eq!(line.said(), "AE D3", "the ward refused it, and errors are asked for");
    engine.sinew(&["explain", &id]).expect(0).says(&["application acknowledgment AA"]);
}

/// A partner that says CA at once and then what the control id asks for.
fn twice(listener: TcpListener) {
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || {
                let mut line = Line(stream);
                loop {
                    let (mut bytes, mut byte) = (Vec::new(), [0]);
                    while !bytes.ends_with(b"\x1c\r") {
                        if line.0.read_exact(&mut byte).is_err() {
                            return;
                        }
                        bytes.push(byte[0]);
                    }
                    let id = field(String::from_utf8_lossy(&bytes).trim_start_matches('\x0b'), "MSH", 9);
                    let answer = |code: &str| format!("MSH|^~\\&|||||||ACK|Q{code}|P|2.5.1\rMSA|{code}|{id}\r");
                    line.send(&answer("CA"));
                    if let Some(code) = id.get(..2).filter(|code| code.starts_with('A')) {
                        line.send(&answer(code));
                    }
                }
            });
        }
    });
}

#[test]
fn a_partner_that_answers_twice_decides_with_its_second_answer() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    twice(listener);
    let send = format!("mllp 127.0.0.1:{port} await application application-timeout 2s");
    let workspace =
        Workspace::with(&format!("  send ward {{\n    {send}\n    retry from 10s to 20s\n    order none\n  }}"));
    let engine = workspace.run();
    let mut line = Line::connect(&engine.address("adt"));
    for id in ["AA1", "AE1", "XX1"] {
        line.send(&asking(id, "AL|AL"));
        line.read();
    }
    engine.wait_for_state("control:AA1", "delivered");
    engine.wait_for_state("control:AE1", "parked");
    let silent = engine.find("control:XX1")["id"].to_string();
    wait_for("the attempt that heard CA alone", || {
        engine.sinew(&["explain", &silent]).out.contains("E6111").then_some(())
    });
}

fn batch(ids: &[&str], count: usize) -> String {
    let messages: String = ids.iter().map(|id| admission(id, "P1")).collect();
    format!("BHS|^~\\&|EPR|NORTH|HUB|NORTH|20260301||||B1\r{messages}BTS|{count}\r")
}

#[test]
fn a_batch_is_answered_by_a_batch_and_a_cut_one_is_noticed() {
    let workspace = Workspace::with("  send archive {\n    file out\n  }");
    let engine = workspace.run();
    let mut line = Line::connect(&engine.address("adt"));
    line.send(&batch(&["B1", "B2", "B3"], 3));
    let answer = line.read();
    assert!(answer.starts_with("BHS|^~\\&|HUB|NORTH|EPR|NORTH|") && answer.ends_with("BTS|3"), "{answer}");
    assert_eq!(answer.matches("MSA|AA|").count(), 3);
    line.send(&batch(&["B4"], 2));
    assert!(line.read().contains("BTS|1|E1021"));
    let id = engine.find("control:B4")["id"].to_string();
    engine.sinew(&["explain", &id]).expect(0).says(&["E1021 at BTS-1"]);
    engine.sinew(&["status"]).expect(0).says(&["E1021"]);
    engine.wait_for_count("accepted", 4);
}

#[test]
fn a_file_that_was_cut_off_is_refused_where_the_interface_says_so() {
    let workspace = Workspace::empty();
    let source = "  receive file in/*.hl7 {\n    every 100ms\n    stable 100ms\n    batch counts refuse\n  }";
    workspace.interface("files", &format!("{source}\n  send archive {{\n    file out\n  }}"));
    workspace.write("in/cut.hl7", &batch(&["C1", "C2"], 3));
    workspace.write("in/whole.hl7", &batch(&["C3"], 1));
    let engine = workspace.run();
    engine.wait_for_count("delivered", 1);
    let reason = workspace.path().join("in/errors/cut.hl7.reason");
    let text = wait_for("the reason", || std::fs::read_to_string(&reason).ok());
    assert!(text.contains("E6112") && text.contains("states 3 messages, 2 were found"), "{text}");
    assert_eq!(engine.count("accepted"), 1);
}

#[test]
fn parts_survive_a_kill_and_become_one_message() {
    let partner = Partner::new();
    let workspace = Workspace::empty();
    workspace.interface("adt", &received(&super::destination_down::pharmacy(partner.port)));
    let part = |id: &str, from: &str, body: &str| {
        format!("MSH|^~\\&|LAB|NORTH|HUB|NORTH|20260301||ORU^R01|{id}|P|2.5.1||{from}\r{body}")
    };
    let engine = workspace.run();
    let mut line = Line::connect(&engine.address("adt"));
    line.send(&part("P1", "", "PID|1||7\rOBX|1|TX|||half a s\rADD\rDSC|p1|F\r"));
    assert_eq!(line.said(), "AA P1");
    let id = engine.find("control:P1")["id"].to_string();
    engine.sinew(&["explain", &id]).expect(0).says(&["E5031"]);
    engine.kill();
    let engine = workspace.run();
    let mut line = Line::connect(&engine.address("adt"));
    line.send(&part("P2", "p1", "ADD|entence\rOBX|2\r"));
    assert_eq!(line.said(), "AA P2");
    partner.wait_for(1);
    let got = partner.messages().remove(0);
    assert!(got.ends_with("\rPID|1||7\rOBX|1|TX|||half a sentence\rOBX|2\r") && !got.contains("DSC"), "{got}");
    let whole = engine.find("patient:7")["id"].to_string();
    engine.sinew(&["explain", &whole]).expect(0).says(&["joined from parts"]);
    engine.sinew(&["explain", &id]).expect(0).says(&["dismissed by sinew"]);
}

#[test]
fn sequence_numbers_hold_over_a_kill() {
    let workspace = Workspace::empty();
    let source = "  receive mllp 127.0.0.1:0 {\n    sequence numbers\n  }";
    workspace.interface("adt", &format!("{source}\n  send archive {{\n    file out\n  }}"));
    let numbered =
        |id: &str, number: &str| admission(id, "P1").replacen("|P|2.5.1\r", &format!("|P|2.5.1|{number}\r"), 1);
    let said = |line: &mut Line, message: &str| {
        line.send(message);
        let answer = line.read();
        format!("{} {}", field(&answer, "MSA", 1), field(&answer, "MSA", 4))
    };
    let engine = workspace.run();
    let mut line = Line::connect(&engine.address("adt"));
    assert_eq!(said(&mut line, &numbered("N1", "41")), "AA 41");
    assert_eq!(said(&mut line, &numbered("N3", "43")), "AR 42");
    engine.kill();
    let engine = workspace.run();
    let mut line = Line::connect(&engine.address("adt"));
    assert_eq!(said(&mut line, "MSH|^~\\&|EPR|NORTH|HUB|NORTH|20260301|||S1|P|2.5.1|0\r"), "AA 42");
    assert_eq!(said(&mut line, &numbered("N2", "42")), "AA 42");
    assert_eq!(said(&mut line, &numbered("N2", "42")), "AA 42", "the same answer again");
    assert_eq!(said(&mut line, &numbered("N3", "43")), "AA 43");
    let filtered = engine.find("control:S1")["id"].to_string();
    engine.sinew(&["explain", &filtered]).expect(0).says(&["the sender starts the link"]);
}

/// A partner that counts what it takes, and does not always answer.
struct Counting {
    expected: Mutex<Expected>,
    /// MSH-13 and MSH-10 of each message that was taken.
    taken: Mutex<Vec<(String, String)>>,
    /// Takes without an answer: the connection ends instead.
    is_mute: AtomicBool,
    questions: AtomicUsize,
}

impl Counting {
    fn listen() -> (Arc<Counting>, u16) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let partner = Arc::new(Counting {
            expected: Mutex::new(Expected::Any),
            taken: Mutex::default(),
            is_mute: AtomicBool::new(false),
            questions: AtomicUsize::new(0),
        });
        let counting = partner.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                counting.serve(&mut Line(stream));
            }
        });
        (partner, port)
    }

    /// One connection after the other, each until the other side or the mute partner ends it.
    fn serve(&self, line: &mut Line) {
        loop {
            let (mut bytes, mut byte) = (Vec::new(), [0]);
            while !bytes.ends_with(b"\x1c\r") {
                if line.0.read_exact(&mut byte).is_err() {
                    return;
                }
                bytes.push(byte[0]);
            }
            let text = String::from_utf8_lossy(&bytes).trim_matches(['\x0b', '\x1c', '\r']).to_owned();
            let (number, id) = (field(&text, "MSH", 12), field(&text, "MSH", 9));
            let mut expected = self.expected.lock().expect("no panic while it is held");
            let judged = judge(*expected, Number::of(&hl7v2::Message::parse(text).0));
            *expected = judged.expected;
            match judged.verdict {
                Verdict::Take => self.taken.lock().expect("no panic while it is held").push((number, id.clone())),
                Verdict::Start => drop(self.questions.fetch_add(1, Ordering::SeqCst)),
                Verdict::Reset | Verdict::Taken | Verdict::Gap | Verdict::Missing => {}
            }
            if self.is_mute.load(Ordering::SeqCst) {
                return;
            }
            let code = if matches!(judged.verdict, Verdict::Take | Verdict::Start) { "AA" } else { "AR" };
            line.send(&format!("MSH|^~\\&|||||||ACK|Q{id}|P|2.5.1\rMSA|{code}|{id}||{}\r", judged.answer));
        }
    }

    fn taken(&self) -> String {
        let taken = self.taken.lock().expect("no panic while it is held");
        taken.iter().map(|(number, id)| format!("{number}={id}")).collect::<Vec<_>>().join(" ")
    }

    fn expect(&self, expected: Expected) {
        *self.expected.lock().expect("no panic while it is held") = expected;
    }
}

#[test]
fn numbers_that_are_sent_hold_over_lost_answers_and_a_kill() {
    let (partner, port) = Counting::listen();
    let workspace = Workspace::empty();
    let send = format!("mllp 127.0.0.1:{port} sequence numbers\n    retry from 50ms to 100ms");
    workspace.interface("adt", &format!("  receive mllp 127.0.0.1:0\n  send ward {{\n    {send}\n  }}"));
    let engine = workspace.run();
    let hand = |engine: &super::support::Engine, id: &str| {
        let mut line = Line::connect(&engine.address("adt"));
        line.send(&admission(id, "P1"));
        assert_eq!(line.said(), format!("AA {id}"));
    };
    hand(&engine, "A1");
    hand(&engine, "A2");
    engine.wait_for_state("control:A2", "delivered");
    assert_eq!(partner.taken(), "1=A1 2=A2");
    assert_eq!(partner.questions.load(Ordering::SeqCst), 1, "once for each connection");

    partner.is_mute.store(true, Ordering::SeqCst);
    hand(&engine, "A3");
    wait_for("the message whose answer gets lost", || partner.taken().ends_with("3=A3").then_some(()));
    engine.kill();
    partner.is_mute.store(false, Ordering::SeqCst);
    let engine = workspace.run();
    engine.wait_for_state("control:A3", "delivered");
    hand(&engine, "A4");
    engine.wait_for_state("control:A4", "delivered");
    assert_eq!(partner.taken(), "1=A1 2=A2 3=A3 4=A4", "what was taken is not sent again");

    engine.kill();
    partner.expect(Expected::Next(2));
    let engine = workspace.run();
    hand(&engine, "A5");
    let id = engine.find("control:A5")["id"].to_string();
    wait_for("the two sides not to agree", || {
        engine.sinew(&["explain", &id]).out.contains("expects sequence number 2; last counted is 4").then_some(())
    });
    assert!(partner.taken().ends_with("4=A4"), "nothing is sent meanwhile");
    partner.expect(Expected::Next(5));
    engine.wait_for_state("control:A5", "delivered");
    assert!(partner.taken().ends_with("4=A4 5=A5"), "{}", partner.taken());
}

#[test]
fn files_show_their_batches_and_parts() {
    let text =
        batch(&["B1", "B2"], 3) + "BHS|^~\\&\r" + &admission("B3", "P1").replace("PV1|", "DSC|p1|F\rPV1|") + "BTS|1\r";
    let done = super::support::sinew_with(&["parse", "-", "--json"], text.as_bytes()).expect(0);
    done.says(&["batch 1: 2 messages, BTS-1 states 3", "batch 2: 1 messages, as BTS-1 states", "E1021", "E1181"]);
    let lines: Vec<serde_json::Value> =
        done.out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let batches: Vec<_> = lines.iter().map(|line| (&line["batch"]["number"], &line["batch"]["whole"])).collect();
    assert_eq!(batches, [(&1.into(), &false.into()), (&1.into(), &false.into()), (&2.into(), &true.into())]);
    super::support::sinew_with(&["validate", "-"], text.as_bytes()).says(&["E1021 batch 1: the trailer states 3"]);
}

/// Two messages, and one between them that is too large, as a batch.
fn batch_with_a_large_one(ids: [&str; 3]) -> String {
    let [first, large, last] = ids.map(|id| admission(id, "P1"));
    let large = format!("{large}NTE|1||{}\r", "x".repeat(3000));
    format!("FHS|^~\\&|LAB|N|HUB|H\rBHS|^~\\&|LAB|N|HUB|H|||||B77\r{first}{large}{last}BTS|3\rFTS|1\r")
}

#[test]
fn a_batch_is_answered_message_by_message_where_the_interface_says_so() {
    let workspace = Workspace::empty();
    let lines = "  receive mllp 127.0.0.1:0 {\n    limit size 64KiB\n    batch acknowledgment single\n  }\n  send archive {\n    \
                 file out\n  }";
    workspace.interface("adt", lines);
    let engine = workspace.run();
    let mut line = Line::connect(&engine.address("adt"));
    line.send(&batch_with_a_large_one(["S1", "S2", "S3"]));
    assert_eq!([line.said(), line.said(), line.said()], ["AA S1", "AA S2", "AA S3"]);
    line.send(&admission("S4", "P1"));
    assert_eq!(line.said(), "AA S4", "and nothing besides");
}

#[test]
fn a_file_is_answered_by_a_file() {
    let workspace = Workspace::empty();
    std::fs::create_dir_all(workspace.path().join("in")).expect("a folder");
    let lines = "  receive file in/*.hl7 {\n    every 50ms\n    stable 0s\n    answers replies\n    batch counts refuse\n    \
                 batch acknowledgment errors\n  }\n  send archive {\n    file out\n  }";
    workspace.interface("adt", lines);
    let _engine = workspace.run();
    let answer = |name: &str, content: &str| {
        workspace.write(&format!("in/{name}.tmp"), content);
        std::fs::rename(workspace.at(&format!("in/{name}.tmp")), workspace.at(&format!("in/{name}"))).expect("renamed");
        let path = workspace.path().join(format!("in/replies/{name}.ack"));
        wait_for("the answer", || std::fs::read_to_string(&path).ok())
    };
    let batch = batch_with_a_large_one(["F1", "F2", "F3"]);
    let taken = answer("a.hl7", &batch);
    assert!(taken.starts_with("FHS|^~\\&|HUB|H|LAB|N|") && taken.contains("\rBHS|^~\\&|HUB|H|LAB|N|"), "{taken}");
    assert!(taken.contains("|B77\rBTS|0\rFTS|1\r"), "nothing was wrong: {taken}");
    let cut = answer("b.hl7", &batch.replace("BTS|3", "BTS|9"));
    let (found, findings) = hl7v2::Batch::split(cut.clone());
    assert_eq!(findings, []);
    let codes: Vec<String> = found
        .messages()
        .map(|bytes| {
            let text = String::from_utf8(bytes.to_vec()).expect("text");
            format!("{} {}", field(&text, "MSA", 1), field(&text, "MSA", 2))
        })
        .collect();
    assert_eq!(codes, ["AR F1", "AR F2", "AR F3"]);
    assert!(cut.contains("\rBTS|3|E1021: "), "{cut}");
    let single = answer("c.hl7", &admission("F9", "P1"));
    assert_eq!((field(&single, "MSA", 1), field(&single, "MSA", 2)), ("AA".to_owned(), "F9".to_owned()));
}

#[test]
fn what_is_sent_in_parts_is_joined_to_the_same_bytes() {
    let workspace = Workspace::empty();
    let address = format!("127.0.0.1:{}", super::support::free_port());
    workspace.interface("joins", &format!("  receive mllp {address}\n  send archive {{\n    file out\n  }}"));
    let lines = format!("  receive mllp 127.0.0.1:0\n  send lab {{\n    mllp {address} max-size 4KiB\n  }}");
    workspace.interface("adt", &lines);
    let engine = workspace.run();
    let mut line = Line::connect(&engine.address("adt"));
    let long = format!("{}OBX|1|TX|||{}\rNTE|1||end\r", admission("LONG1", "P1"), "a report \\.br\\ ".repeat(1500));
    for message in [&long, &admission("SHORT1", "P1")] {
        line.send(message);
        assert!(line.said().starts_with("AA "));
    }
    let written = wait_for("both files", || {
        let mut files: Vec<String> = std::fs::read_dir(workspace.path().join("out"))
            .ok()?
            .map(|entry| entry.expect("an entry").path())
            .filter(|path| !path.file_name().expect("a name").to_string_lossy().starts_with('.'))
            .map(|path| std::fs::read_to_string(path).expect("a file"))
            .collect();
        files.sort_by_key(String::len);
        (files.len() == 2).then_some(files)
    });
    assert!(written == [admission("SHORT1", "P1"), long], "byte for byte");
}
