//! `translate version [FROM] to TO [loss note|keep|park]`: the whole message as another version of the standard has it.
//!
//! Promises: nothing of a message is lost without a note (E1150 to E1154) or, with `loss park`, without a person.
//! Never: works on the target of a map, whose source has the version that the map says.

use super::action::{Action, Kind, Stage};
use super::parse::{finish, refuse_block};
use crate::{
    codes,
    run::{Fault, Run, Site},
    scope::Scope,
    suggest,
    syntax::{Cursor, Statement, Tree},
};
use hl7v2::{
    Message, Path,
    bridge::{self, Loss},
    dictionary::Version,
};
use message::Diagnostic;
use std::ops::Range;

/// What a line of this kind says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Crossing {
    /// `None`: what MSH-12 says.
    pub(crate) from: Option<Version>,
    pub(crate) to: Version,
    pub(crate) on_loss: OnLoss,
}

/// What happens to content that has no place in the new version.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum OnLoss {
    /// It goes, with a note for each place.
    #[default]
    Note,
    /// It stays where it was, with a note.
    Keep,
    /// The message waits for a person.
    Park,
}

/// The words after `loss`.
const ON_LOSS: [(&str, OnLoss); 3] = [("note", OnLoss::Note), ("keep", OnLoss::Keep), ("park", OnLoss::Park)];

/// Fuel of a segment. Measured, bridging one takes 3 to 5 µs, as long as 24 to 70 tests of a field; less is taken, so that
/// long messages pass: the fuel of a message is enough for 125,000 segments, about half a second.
const FUEL_PER_SEGMENT: u64 = 16;
/// Bytes that cost one unit besides.
const BYTES_PER_FUEL: usize = 1024;

/// The statement begins with `translate version`, and no table follows: then `version` is MSH-12.1, whose code is
/// translated like any other.
pub(super) fn is_crossing(tree: &Tree, statement: &Statement) -> bool {
    let mut cursor = Cursor::new(tree, statement);
    cursor.eat("translate") && cursor.eat("version") && !cursor.is_at("with")
}

pub(super) fn parse(
    tree: &Tree,
    statement: &Statement,
    scope: &Scope<'_>,
    found: &mut Vec<Diagnostic>,
) -> Option<Action> {
    let mut cursor = Cursor::new(tree, statement);
    cursor.take();
    cursor.take();
    let start = cursor.here();
    let from = if cursor.is_at("to") { None } else { Some(version(&mut cursor, found)?) };
    let here = cursor.here();
    if !cursor.eat("to") {
        let finding = Diagnostic::error(codes::E2310, "`to VERSION` is missing").at(&tree.file, here, "here");
        found.push(finding.hint("write it like `translate version 2.3 to 2.5.1`"));
        return None;
    }
    let to = version(&mut cursor, found)?;
    let on_loss = if cursor.eat("loss") { loss(&mut cursor, found)? } else { OnLoss::default() };
    if from == Some(to) {
        let end = cursor.here().start.max(start.start);
        let finding = Diagnostic::warning(codes::E2551, format!("the line goes from {to} to {to}: it changes nothing"));
        let hint = "name another version, or take the line out";
        found.push(finding.at(&tree.file, start.start..end, "").hint(hint));
    }
    refuse_block(tree, statement, found)?;
    finish(Kind::Cross(Crossing { from, to, on_loss }), &mut cursor, statement, scope, found)
}

/// A version of the standard as MSH-12 names it.
fn version(cursor: &mut Cursor<'_>, found: &mut Vec<Diagnostic>) -> Option<Version> {
    let here = cursor.here();
    let text = cursor.text().map(|(text, _)| text.into_owned()).unwrap_or_default();
    if let Some(version) = Version::parse(&text) {
        return Some(version);
    }
    found.push(unknown(&text).at(&cursor.tree().file, here, ""));
    None
}

fn unknown(text: &str) -> Diagnostic {
    let known = || Version::ALL.iter().map(|version| version.as_str());
    let what =
        if text.is_empty() { "a version is missing".to_owned() } else { format!("`{text}` is no version of HL7 v2") };
    let mut finding = Diagnostic::error(codes::E2550, what);
    let bare = text.trim_start_matches(['v', 'V']);
    finding.hint = Version::parse(bare)
        .map(|version| format!("did you mean `{version}`?"))
        .or_else(|| suggest::did_you_mean(bare, known()).filter(|_| !bare.is_empty()))
        .or_else(|| Some(format!("versions are {}", known().collect::<Vec<_>>().join(", "))));
    finding
}

fn loss(cursor: &mut Cursor<'_>, found: &mut Vec<Diagnostic>) -> Option<OnLoss> {
    let here = cursor.here();
    let word = cursor.peek_str();
    cursor.take();
    let known = ON_LOSS.iter().find(|(known, _)| *known == word);
    if known.is_none() {
        let mut finding = Diagnostic::error(codes::E2310, "what happens to content without a place is not said");
        finding.hint = suggest::did_you_mean(word, ON_LOSS.iter().map(|(known, _)| *known))
            .or_else(|| Some("`loss` is followed by note, keep or park".to_owned()));
        found.push(finding.at(&cursor.tree().file, here, ""));
    }
    known.map(|(_, on_loss)| *on_loss)
}

/// `translate version` where a map changes a message.
pub(super) fn refuse(file: &std::sync::Arc<str>, place: Range<usize>, found: &mut Vec<Diagnostic>) {
    let finding =
        Diagnostic::error(codes::E2554, "`translate version` changes a whole message, not the result of a map");
    let hint = "write it in the interface or in `send`, in front of the `map` line or behind it";
    found.push(finding.at(file, place, "").hint(hint));
}

/// Runs the line.
pub(super) fn cross(crossing: Crossing, stage: &mut Stage<'_, '_>, site: &Site, run: &mut Run) -> Result<(), Fault> {
    let message: &mut Message = stage.target;
    let cost = message.segment_count() as u64 * FUEL_PER_SEGMENT + (message.write().len() / BYTES_PER_FUEL) as u64;
    site.burn(run, cost)?;
    let stated = Version::of(message);
    let Some(from) = crossing.from.or(stated) else {
        let what = "MSH-12 names no version of HL7 v2, and the line does not say which one the message has";
        return Err(site.fault(codes::E2552, what));
    };
    if let Some(stated) = stated.filter(|stated| *stated != from) {
        let what = format!("MSH-12 says {stated}, the line takes the message for {from}");
        let hint = "write `translate version to …`, or add `when version = …` to the line";
        run.note(Diagnostic::warning(codes::E2555, what).at_path("MSH-12", None).hint(hint));
    }
    let loss = if crossing.on_loss == OnLoss::Keep { Loss::Keep } else { Loss::Remove };
    let bridged = bridge::bridge(message, from, crossing.to, loss);
    if crossing.on_loss == OnLoss::Park && bridged.losses > 0 {
        let is_loss = |note: &&Diagnostic| note.code.id == "E1150" || note.code.id == "E1151";
        let first = bridged.found.iter().find(is_loss).map_or("", |note| note.path());
        let what = format!("{} without a place in {}, the first at {first}", bridged.losses, crossing.to);
        return Err(site.fault(codes::E2553, what));
    }
    bridged.found.into_iter().for_each(|note| run.note(note));
    if message.text(&Path::component(b"MSH", 12, 1)) != crossing.to.as_str() {
        return Err(site.fault(codes::E2556, "the message cannot be changed, so it keeps its version"));
    }
    stage.made.clear();
    Ok(())
}
