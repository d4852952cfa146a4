//! One side of a comparison: what a text on the command line names, as outlines.

use super::learn;
use crate::{
    outcome::{Failure, Result},
    profiles, rulebook,
    screen::Screen,
    table,
};
use hl7v2::{
    codes,
    dictionary::{Dictionary, Version},
    learn::Options,
    profile::outline::Outline,
};
use lang::{Profile, Ruleset};
use std::{path::Path, sync::Arc};

/// What one side says of its messages.
#[derive(Debug)]
pub struct Side {
    /// A short name for the report.
    pub name: String,
    /// A message each.
    pub outlines: Vec<Outline>,
}

impl Side {
    /// By what it is called: `hl7v2 2.5.1 ADT_A01`, a profile, a file of profiles, a folder of a guide, messages.
    pub fn read(text: &str, screen: &Screen) -> Result<Side> {
        if let Some(rest) = text.strip_prefix("hl7v2 ") {
            return of_standard(rest);
        }
        let path = Path::new(text);
        let (file, name) = rulebook::split(text);
        if file.ends_with(".flow") {
            return of_flow(file, name);
        }
        if text == "-" {
            return of_traffic(text, path, screen);
        }
        let found = rulebook::around(&rulebook::here()?);
        match rulebook::named(&found, text) {
            Some(Ruleset::Profile(profile)) => return of_profiles(text, std::slice::from_ref(&profile)),
            Some(Ruleset::Guide { guide, at, .. }) => {
                return Ok(Side { name: text.to_owned(), outlines: profiles::outlines(&guide, at) });
            }
            Some(Ruleset::Standard(level)) => {
                return Err(Failure::usage(format!("{} is the standard, of no version", level.as_str()))
                    .hint("name a version and a message: hl7v2 2.5.1 ADT_A01"));
            }
            None if path.exists() && !profiles::is_profile(path) => return of_traffic(text, path, screen),
            None if !rulebook::is_path(text) => {
                return Err(rulebook::unknown(&found.shared, &found.findings, text));
            }
            None => {}
        }
        let loaded = profiles::load(text)?;
        let count = loaded.diagnostics.len() as u64;
        if count > 0 {
            let parts = table::count(count, "part");
            screen.say(format!("{text}: {parts} of the profile cannot be used; sinew validate --profile lists them"));
        }
        Ok(Side { name: short(text), outlines: loaded.outlines() })
    }

    /// What of this side another side's message is to be compared with: by its structure, else by its type.
    pub fn partner(&self, of: &Outline) -> Result<Option<&Outline>> {
        let same_event = |own: &&Outline| own.kind == of.kind && own.trigger_event == of.trigger_event;
        let by_structure: Vec<&Outline> = self.outlines.iter().filter(|own| own.structure == of.structure).collect();
        let narrowed: Vec<&Outline> = by_structure.iter().copied().filter(|own| same_event(own)).collect();
        let found = if narrowed.is_empty() { by_structure } else { narrowed };
        let same: Vec<&Outline> = found.iter().copied().filter(|own| own.version == of.version).collect();
        let found = if same.is_empty() || of.version.is_none() { found } else { same };
        match (found.as_slice(), self.outlines.as_slice()) {
            ([one], _) => Ok(Some(one)),
            ([], [only]) if only.kind == of.kind => Ok(Some(only)),
            ([], _) => Ok(None),
            (several, _) => {
                let names: Vec<&str> = several.iter().map(|own| &*own.name).collect();
                let text = format!("{} describes several messages of the structure {}", self.name, of.structure);
                Err(Failure::usage(text).code(codes::E1164).hint(format!("add # and one of: {}", names.join(", "))))
            }
        }
    }
}

/// The profiles of a file of the language: the one that is named, else all.
fn of_flow(file: &str, named: Option<&str>) -> Result<Side> {
    let (own, _) = rulebook::of_flow(Path::new(file))?;
    let chosen: Vec<_> =
        own.iter().filter(|profile| named.is_none_or(|name| *profile.name == *name)).cloned().collect();
    if chosen.is_empty() {
        let names: Vec<&str> = own.iter().map(|profile| &*profile.name).collect();
        let wanted = named.map_or_else(|| "no profile".to_owned(), |name| format!("no profile `{name}`"));
        return Err(Failure::usage(format!("{file}: there is {wanted} in this file")).hint(if names.is_empty() {
            "write one, or name another file".to_owned()
        } else {
            format!("it has {}", names.join(", "))
        }));
    }
    of_profiles(&short(file), &chosen)
}

fn of_profiles(name: &str, profiles: &[Arc<Profile>]) -> Result<Side> {
    let outlines: Vec<Outline> = profiles.iter().flat_map(|profile| profile.outlines()).collect();
    if outlines.is_empty() {
        return Err(Failure::usage(format!("{name} is for messages of any type: nothing can be compared"))
            .hint("extend a message type: `extends hl7v2 2.5.1 ADT_A01`"));
    }
    Ok(Side { name: name.to_owned(), outlines })
}

/// The last part of a path.
fn short(text: &str) -> String {
    let name = Path::new(text).file_name().map(|name| name.to_string_lossy().into_owned());
    name.unwrap_or_else(|| text.to_owned())
}

/// `2.5.1 ADT_A01`, `2.5.1 ADT^A04`, `2.5.1 ADT`.
fn of_standard(text: &str) -> Result<Side> {
    let (version, what) = text.trim().split_once(' ').unwrap_or((text.trim(), ""));
    let known: Vec<&str> = Version::ALL.iter().map(|version| version.as_str()).collect();
    let version = Version::parse(version).ok_or_else(|| {
        Failure::usage(format!("`{version}` is no version of HL7 v2")).hint(format!("one of {}", known.join(", ")))
    })?;
    let what = what.trim();
    let dictionary = Dictionary::of(version);
    let named = match what.split_once('^') {
        Some((kind, event)) => dictionary.structure_named(kind, event, "").map(|found| found.id()),
        None => dictionary.structure(what).map(|found| found.id()),
    };
    let is_of_type = |id: &str| id.strip_prefix(what).is_some_and(|rest| rest.starts_with('_'));
    let ids: Vec<&str> = match named {
        Some(id) => vec![id],
        None if what.is_empty() => Vec::new(),
        None => dictionary.structures().map(|found| found.id()).filter(|id| is_of_type(id)).collect(),
    };
    if ids.is_empty() {
        return Err(Failure::usage(format!("version {version} has no message structure `{what}`"))
            .hint("name one such as ADT_A01, ADT^A04 or ADT; sinew dict ADT lists them"));
    }
    let outlines = ids.iter().filter_map(|id| Outline::of_standard(version, id)).collect();
    Ok(Side { name: format!("HL7 {version}"), outlines })
}

fn of_traffic(text: &str, path: &Path, screen: &Screen) -> Result<Side> {
    let learned = learn::learn(&[path.to_path_buf()], Options::default(), screen)?;
    let name = if text == "-" { "standard input".to_owned() } else { short(text) };
    Ok(Side { name, outlines: learned.kinds.iter().map(|kind| kind.outline()).collect() })
}

/// Puts words that belong together back together: `hl7v2 2.5.1 ADT_A01` needs no quotes.
pub fn sides(words: &[String]) -> Vec<String> {
    let mut out = Vec::new();
    let mut rest = words;
    while let Some((first, behind)) = rest.split_first() {
        match behind {
            [version, what, more @ ..] if first == "hl7v2" => {
                out.push(format!("hl7v2 {version} {what}"));
                rest = more;
            }
            _ => {
                out.push(first.clone());
                rest = behind;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_become_sides() {
        let check = |words: &[&str], expect: &[&str]| {
            let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
            assert_eq!(sides(&words), expect);
        };
        check(&["feed", "guide#A"], &["feed", "guide#A"]);
        check(&["feed", "hl7v2", "2.5.1", "ADT_A01"], &["feed", "hl7v2 2.5.1 ADT_A01"]);
        check(&["hl7v2", "2.3", "ADT", "hl7v2 2.5.1 ADT"], &["hl7v2 2.3 ADT", "hl7v2 2.5.1 ADT"]);
    }

    #[test]
    fn the_standard_is_named_by_structure_or_type() {
        let ids = |text: &str| -> Vec<String> {
            of_standard(text).unwrap().outlines.into_iter().map(|outline| outline.structure).collect()
        };
        assert_eq!(ids("2.5.1 ADT_A01"), ["ADT_A01"]);
        assert_eq!(ids("2.5.1 ADT^A04"), ["ADT_A01"]);
        assert!(ids("2.5.1 ADT").len() > 20);
        assert!(of_standard("2.5.1 QQQ").is_err());
        assert!(of_standard("3 ADT_A01").unwrap_err().hint.unwrap().contains("2.5.1"));
    }
}
