//! The messages that a map reads, from files: cut and read as the head of the map says it.

use crate::{
    messages,
    outcome::{Failure, Result},
    resources,
    screen::Screen,
};
use formats::Messages;
use hl7v2::Message;
use lang::{Map, Matter};
use message::Format;
use std::path::{Path, PathBuf};

/// Gives each message of the files to `take`, with the name of its file and its number there, from 1. What cannot be read is
/// told. Returns whether all could be read.
pub fn each(
    map: &Map,
    files: &[PathBuf],
    screen: &Screen,
    take: &mut dyn FnMut(&str, usize, &Matter) -> Result<()>,
) -> Result<bool> {
    let mut is_good = true;
    let paths =
        if map.from.format == lang::Format::FhirR4 { resources::expand(files) } else { messages::expand(files) };
    for path in paths? {
        let name = path.display().to_string();
        is_good &= match map.from.format {
            lang::Format::Hl7v2 => of_v2(&path, &name, screen, take)?,
            lang::Format::FhirR4 => of_resources(&path, &name, screen, take)?,
            lang::Format::Other => of_other(map, &path, &name, screen, take)?,
        };
    }
    Ok(is_good)
}

fn of_v2(
    path: &Path,
    name: &str,
    screen: &Screen,
    take: &mut dyn FnMut(&str, usize, &Matter) -> Result<()>,
) -> Result<bool> {
    let found = messages::read(path)?.messages;
    if found.is_empty() {
        screen.say(format!("{name}: no HL7 v2 message in it"));
    }
    for (place, one) in found.iter().enumerate() {
        take(name, place + 1, &Matter::V2(Message::parse(one.bytes.clone()).0))?;
    }
    Ok(!found.is_empty())
}

fn of_resources(
    path: &Path,
    name: &str,
    screen: &Screen,
    take: &mut dyn FnMut(&str, usize, &Matter) -> Result<()>,
) -> Result<bool> {
    let (mut is_good, mut place) = (true, 0);
    resources::each(path, |found| {
        place += 1;
        match found.tree {
            Ok(tree) => {
                let bytes = tree.write();
                take(name, place, &Matter::Fhir(tree.into(), bytes.into()))
            }
            Err(error) => {
                screen.say(format!("{name}#{place}: {} {error}", error.code()));
                is_good = false;
                Ok(())
            }
        }
    })?;
    Ok(is_good)
}

/// A content of rows is cut into messages, as an interface does it.
fn of_other(
    map: &Map,
    path: &Path,
    name: &str,
    screen: &Screen,
    take: &mut dyn FnMut(&str, usize, &Matter) -> Result<()>,
) -> Result<bool> {
    let form = map.from.form();
    let by = if form.format == Format::Delimited { Messages::Rows } else { Messages::Whole };
    let bytes = std::fs::read(path).map_err(|error| Failure::unreachable(format!("{name} cannot be read: {error}")))?;
    let mut is_good = true;
    for (place, cut) in formats::cut(form.format, &bytes.into(), &form.layout, by).into_iter().enumerate() {
        let (matter, found) = Matter::read(&form, cut.bytes);
        for finding in &found {
            screen.say(format!("{name}#{}: {} {}", place + 1, finding.code, finding.message));
        }
        if found.iter().any(message::Diagnostic::is_error) {
            is_good = false;
            continue;
        }
        take(name, place + 1, &matter)?;
    }
    Ok(is_good)
}

/// The one message that a content holds, for a case.
pub fn only(map: &Map, content: &[u8]) -> std::result::Result<Matter, String> {
    let form = map.from.form();
    let by = if form.format == Format::Delimited { Messages::Rows } else { Messages::Whole };
    let mut found = formats::cut(form.format, &content.to_vec().into(), &form.layout, by);
    let (Some(one), true) = (found.pop(), found.is_empty()) else {
        return Err("a case is one message, and this content holds none or several".to_owned());
    };
    let (matter, found) = Matter::read(&form, one.bytes);
    match found.iter().find(|finding| finding.is_error()) {
        Some(finding) => Err(format!("{} {}", finding.code, finding.message)),
        None => Ok(matter),
    }
}
