//! Every public message of the corpus beside the repository: no panic, same bytes back, no segment lost. Skips, and says
//! so, where the corpus is not there.

use hl7v2::{Batch, Facts, Message, Path, Value, ack, mllp};
use std::path::{Path as FilePath, PathBuf};

fn files() -> Vec<PathBuf> {
    let root = FilePath::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus/v2"));
    if !root.is_dir() {
        eprintln!("skipped: no corpus of messages beside the repository");
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a readable folder") {
            let path = entry.expect("a readable entry").path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    found
}

#[test]
fn every_message_comes_back_byte_for_byte() {
    let mut messages = 0;
    for file in files() {
        let bytes = std::fs::read(&file).expect("a readable file");
        let (batch, _) = Batch::split(bytes.clone());
        let covered: usize = batch.pieces().iter().map(|piece| piece.range.len()).sum();
        assert_eq!(covered, bytes.len(), "{}", file.display());
        assert_eq!(&*Message::parse_slice(&bytes).0.write(), &bytes[..], "{}", file.display());
        for raw in batch.messages() {
            messages += 1;
            let (message, _) = Message::parse(raw.clone());
            assert_eq!(&*message.write(), &raw[..], "{}", file.display());
            read_everything(&message);
        }
    }
    eprintln!("{messages} messages read");
}

/// Every value is read, every fact, and an acknowledgment is built: none may panic.
fn read_everything(message: &Message) {
    for segment in message.segments() {
        for field in segment.parts() {
            for repetition in field.parts() {
                for component in repetition.parts() {
                    for part in component.parts() {
                        let _ = (part.text(), part.state(), part.tokens().count());
                    }
                }
            }
        }
    }
    let _ = (Facts::of(message), ack::Mode::of(message), ack::is_acknowledgment(message), ack::Reply::of(message));
    let reply = ack::Acknowledgment {
        code: ::message::AckCode::AA,
        control_id: "1",
        time: "20260301",
        text: None,
        sequence: None,
        findings: &[],
    };
    let bytes = ack::build(message, &reply);
    let control_id = message.header().and_then(|header| header.field(10)).map(|field| field.text().into_owned());
    let echoed = ack::Reply::read(bytes).control_id;
    assert_eq!(echoed.unwrap_or_default(), control_id.unwrap_or_default());
}

#[test]
fn files_with_line_feeds_have_every_segment() {
    let mut checked = 0;
    for file in files() {
        let bytes = std::fs::read(&file).expect("a readable file");
        if bytes.contains(&b'\r') || bytes.first() == Some(&0x0B) || !bytes.is_ascii() {
            continue;
        }
        let text = String::from_utf8_lossy(&bytes);
        let Some(separator) = text.strip_prefix("MSH").and_then(|rest| rest.chars().next()) else { continue };
        let looks_like_segment = |line: &&str| {
            let mut letters = line.chars();
            let opens = letters.next().is_some_and(|c| c.is_ascii_uppercase())
                && letters.by_ref().take(2).filter(|c| c.is_ascii_uppercase() || c.is_ascii_digit()).count() == 2;
            opens && letters.next().is_none_or(|next| next == separator)
        };
        let expect = text.split('\n').filter(looks_like_segment).count();
        assert_eq!(Message::parse_slice(&bytes).0.segment_count(), expect, "{}", file.display());
        checked += 1;
    }
    eprintln!("{checked} files checked");
}

#[test]
fn an_edit_leaves_every_other_byte() {
    let path = Path::parse("PID-5.1").expect("a path");
    for file in files() {
        let bytes = std::fs::read(&file).expect("a readable file");
        for raw in Batch::split(bytes).0.messages() {
            let (mut message, _) = Message::parse(raw.clone());
            let Some(range) = message.first(&path).map(|element| {
                let start = element.raw().as_ptr() as usize - element.message().write().as_ptr() as usize;
                start..start + element.raw().len()
            }) else {
                continue;
            };
            message.set(&path, Value::Text("Invented")).expect("a value that exists can be set");
            let expect = [&raw[..range.start], b"Invented", &raw[range.end..]].concat();
            assert!(*message.write() == expect[..], "{}", file.display());
        }
    }
}

#[test]
fn framed_messages_come_out_of_any_chunks() {
    for file in files().into_iter().step_by(7) {
        let bytes = std::fs::read(&file).expect("a readable file");
        if !mllp::can_frame(&bytes) || bytes.contains(&mllp::START) {
            continue;
        }
        let mut deframer = mllp::Deframer::new(usize::MAX / 2);
        let mut frames = Vec::new();
        for chunk in mllp::encode_frame(&bytes).chunks(997) {
            deframer.push(chunk);
            frames.extend(std::iter::from_fn(|| deframer.next_item()));
        }
        assert!(matches!(&frames[..], [mllp::Item::Frame(frame)] if frame[..] == bytes[..]), "{}", file.display());
    }
}
