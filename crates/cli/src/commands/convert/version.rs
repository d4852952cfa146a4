//! `sinew convert --to hl7v2`: the bridge between versions, from files and pipes.

use super::{Convert, Loss};
use crate::{
    mask,
    messages::{self, File},
    outcome::{Exit, Result},
    screen::Screen,
};
use hl7v2::{
    Message,
    bridge::{self, Bridged},
    dictionary::Version,
};
use message::Diagnostic;
use serde_json::json;

/// One message on the other side.
struct Crossed {
    index: usize,
    from: Version,
    message: Message,
    bridged: Bridged,
}

pub(super) fn run(convert: &Convert, screen: &Screen) -> Result {
    let (to, from) = (convert.target()?, convert.origin()?);
    let mut out = Vec::new();
    let mut is_good = true;
    for path in messages::expand(&convert.files)? {
        let file = messages::read(&path)?;
        let name = path.display().to_string();
        if file.messages.is_empty() {
            screen.say(format!("{name}: no HL7 v2 message in it"));
            is_good = false;
        }
        is_good &= cross_file(convert, screen, &name, &file, (from, to), &mut out);
    }
    if !convert.json {
        mask::put_messages(screen, out, convert.reveal, convert.output.as_deref())?;
    }
    Ok(if is_good { Exit::Ok } else { Exit::Problems })
}

/// What stands around the messages stays, so that a batch stays one. False when a message was left out.
fn cross_file(
    convert: &Convert,
    screen: &Screen,
    name: &str,
    file: &File,
    (from, to): (Option<Version>, Version),
    out: &mut Vec<u8>,
) -> bool {
    let mut is_good = true;
    let mut end = 0;
    for (place, found) in file.messages.iter().enumerate() {
        let (mut message, _) = Message::parse(found.bytes.clone());
        out.extend_from_slice(file.bytes.get(end..found.range.start).unwrap_or_default());
        end = found.range.end;
        let index = place + 1;
        let Some(from) = from.or_else(|| Version::of(&message)) else {
            screen.say(format!(
                "{name}#{index}: {} MSH-12 names no version of HL7 v2; say it with --from",
                lang::codes::E2552
            ));
            is_good = false;
            continue;
        };
        let loss = if convert.loss == Loss::Keep { bridge::Loss::Keep } else { bridge::Loss::Remove };
        let bridged = bridge::bridge(&mut message, from, to, loss);
        let is_left_out = convert.loss == Loss::Park && bridged.losses > 0;
        let crossed = Crossed { index, from, message, bridged };
        if convert.json {
            screen.line(as_json(&crossed, name, to, is_left_out).to_string());
        } else {
            tell(screen, name, &crossed);
        }
        if is_left_out {
            let text = format!("{} without a place in {to}; the message was left out", crossed.bridged.losses);
            screen.say(format!("{name}#{index}: {} {text}", lang::codes::E2553));
            is_good = false;
        } else {
            out.extend_from_slice(&crossed.message.write());
        }
    }
    out.extend_from_slice(file.bytes.get(end..).unwrap_or_default());
    is_good
}

fn tell(screen: &Screen, name: &str, crossed: &Crossed) {
    for note in &crossed.bridged.found {
        let hint = note.hint.as_ref().map_or_else(String::new, |hint| format!(" ({hint})"));
        screen.say(format!("{name}#{}: {} {}{hint}", crossed.index, note.code, note.message));
    }
}

fn as_json(crossed: &Crossed, name: &str, to: Version, is_left_out: bool) -> serde_json::Value {
    let note = |note: &Diagnostic| json!({"code": note.code.id, "path": note.path(), "message": note.message, "hint": note.hint});
    let text = (!is_left_out).then(|| String::from_utf8_lossy(&crossed.message.write()).into_owned());
    json!({
        "schema": "sinew.convert/1",
        "file": name,
        "index": crossed.index,
        "from": crossed.from.as_str(),
        "to": to.as_str(),
        "lost": crossed.bridged.losses,
        "notes": crossed.bridged.found.iter().map(note).collect::<Vec<_>>(),
        "message": text,
    })
}
