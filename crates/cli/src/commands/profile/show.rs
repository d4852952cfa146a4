//! `sinew profile show`: what a profile asks for, a line a line, with names and the codes of its issues; or the whole of a
//! message, as `profile diff` compares it.

use super::{laid_out, list::over};
use crate::{
    outcome::{Exit, Failure, Result},
    profiles, rulebook,
    screen::Screen,
    table::Table,
};
use clap::Args;
use hl7v2::profile::outline::Outline;
use lang::{Profile, Ruleset, profile::Entry};
use message::Severity;
use serde_json::{Value, json};

/// Show what a profile asks for
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sinew profile show patient-feed
  sinew profile show shared/profiles/adt.flow
  sinew profile show adt-feed --json | jq '.lines[] | select(.severity == \"error\")'
  sinew profile show adt-feed --whole           the standard, with the lines over it
  sinew profile show guide/Global               the messages of a guide
  sinew profile show guide/Global#ADT_A01:P1    what one of them asks for

Inherited lines are in it, with the profile and line where they stand. CODE is what an issue of the line is called. The
message of a guide, and --whole, show every element that is required (R), expected where it is known (RE) or depends on a
condition (C), and the statements beside them; --all those that are optional or not supported too.
Exit: 0, 2 there is no such profile.")]
pub struct Show {
    /// A profile, a file FILE.flow[#NAME], or the folder of a guide
    name: String,
    /// The whole messages: what is asked by the standard and by the lines together
    #[arg(long)]
    whole: bool,
    /// Every element, also what nobody asks for
    #[arg(long)]
    all: bool,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

impl Show {
    pub fn run(self, screen: &Screen) -> Result {
        let book = rulebook::find(&self.name)?;
        match &book.rules {
            Ruleset::Profile(profile) if self.whole => {
                let outlines = profile.outlines();
                if outlines.is_empty() {
                    return Err(Failure::usage(format!("{} is for messages of any type", self.name))
                        .hint("its lines stand alone: leave --whole away"));
                }
                outlines.iter().for_each(|outline| self.lay_out(screen, outline));
            }
            Ruleset::Profile(profile) if self.json => screen.line(as_json(profile).to_string()),
            Ruleset::Profile(profile) => print(screen, profile),
            Ruleset::Guide { guide, at, .. } if self.whole || profiles::outlines(guide, *at).len() == 1 => {
                profiles::outlines(guide, *at).iter().for_each(|outline| self.lay_out(screen, outline));
            }
            Ruleset::Guide { name, guide, .. } => {
                let messages = guide.iter().flat_map(|one| one.messages());
                if self.json {
                    let messages: Vec<Value> = messages
                        .map(|one| {
                            json!({"id": one.id, "name": one.name, "type": one.kind, "event": one.trigger_event,
                            "structure": one.structure})
                        })
                        .collect();
                    screen
                        .line(json!({"schema": "sinew.profile/1", "name": &**name, "messages": messages}).to_string());
                } else {
                    let mut table = Table::new(&["MESSAGE", "TYPE", "EVENT", "STRUCTURE", "NAME"]);
                    for one in messages {
                        table.row(vec![
                            one.id.into(),
                            one.kind.into(),
                            one.trigger_event.into(),
                            one.structure.into(),
                            one.name.into(),
                        ]);
                    }
                    table.lines(screen).iter().for_each(|line| screen.line(line));
                }
            }
            Ruleset::Standard(level) => {
                return Err(Failure::usage(format!("{} is the standard itself, not a profile", level.as_str()))
                    .hint("`sinew dict ADT_A01` shows what the standard says"));
            }
        }
        Ok(Exit::Ok)
    }

    fn lay_out(&self, screen: &Screen, outline: &Outline) {
        if self.json {
            screen.line(laid_out::as_json(outline).to_string());
        } else {
            laid_out::print(screen, outline, self.all);
        }
    }
}

fn print(screen: &Screen, profile: &Profile) {
    let title = if profile.title.is_empty() { String::new() } else { format!("  {}", profile.title) };
    screen.line(format!("{}{title}", screen.paint("1", &profile.name)));
    let level = profile.lines().base().level.map_or("off", |level| level.as_str());
    screen.line(format!("for {}; the standard is read {level}", over(profile)));
    if !profile.description.is_empty() {
        profile.description.lines().for_each(|line| screen.line(line.trim()));
    }
    screen.line("");
    let mut table = Table::new(&["LINE", "PLACE", "NAME", "ASKS", "WEIGHS", "CODE", "WHERE"]);
    for entry in &profile.entries {
        table.row(vec![
            (*entry.word).to_owned().into(),
            (*entry.subject).to_owned().into(),
            (*entry.name).to_owned().into(),
            (*entry.rest).to_owned().into(),
            weight(entry).into(),
            (*entry.code).to_owned().into(),
            format!("{}:{}", entry.file, entry.line).into(),
        ]);
    }
    table.lines(screen).iter().for_each(|line| screen.line(line));
}

fn weight(entry: &Entry) -> &'static str {
    match entry.severity {
        Some(Severity::Error) => "error",
        Some(Severity::Warning) => "warning",
        Some(Severity::Note) => "note",
        None => "",
    }
}

fn as_json(profile: &Profile) -> Value {
    let base = profile.lines().base();
    let lines: Vec<Value> = profile
        .entries
        .iter()
        .map(|entry| {
            json!({"word": &*entry.word, "place": &*entry.subject, "name": &*entry.name, "asks": &*entry.rest,
                "severity": entry.severity.map(|_| weight(entry)), "code": &*entry.code, "profile": &*entry.profile,
                "file": &*entry.file, "line": entry.line})
        })
        .collect();
    json!({"schema": "sinew.profile/1", "name": &*profile.name, "title": &*profile.title,
        "description": &*profile.description, "extends": profile.parent.as_deref(),
        "versions": base.versions.iter().map(|version| version.as_str()).collect::<Vec<_>>(),
        "messages": base.of.iter().map(|of| of.as_str()).collect::<Vec<_>>(),
        "standard": base.level.map_or("off", |level| level.as_str()), "lines": lines})
}
