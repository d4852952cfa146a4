//! `sinew profile list`: the profiles at hand, and where they are written.

use crate::{
    outcome::{Exit, Result},
    rulebook,
    screen::Screen,
    table::Table,
};
use clap::Args;
use interface::profiles::shipped;
use lang::{Profile, Profiles};
use serde_json::{Value, json};
use std::sync::Arc;

/// List the profiles of the workspace and those that ship with Sinew
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sinew profile list
  sinew profile list --json | jq -r '.profiles[].name'

Profiles are in shared/profiles/*.flow, in interfaces/NAME/profiles/*.flow, and, as the XML of guides, in folders below
shared/profiles. An own profile goes over a shipped one of its name.
Exit: 0, 1 some cannot be read (`sinew check` says why).")]
pub struct List {
    /// One JSON object
    #[arg(long)]
    json: bool,
}

/// One line of the list.
struct Row {
    name: String,
    over: String,
    title: String,
    place: String,
}

impl List {
    pub fn run(self, screen: &Screen) -> Result {
        let found = rulebook::around(&rulebook::here()?);
        let mut rows: Vec<Row> = found.shared.iter().map(row).collect();
        for (_, own) in &found.of_interfaces {
            rows.extend(own.iter().filter(|profile| is_new(profile, &found.shared)).map(row));
        }
        rows.extend(found.shared.guides().map(|(name, guide, _)| Row {
            name: name.to_string(),
            over: format!("{} messages", guide.iter().map(|one| one.messages().count()).sum::<usize>()),
            title: guide.first().map(|one| one.id().to_owned()).unwrap_or_default(),
            place: format!("shared/profiles/{name}/ (XML)"),
        }));
        rows.sort_by(|one, other| one.name.cmp(&other.name));
        let is_good = found.findings.iter().all(|finding| !finding.is_error());
        if self.json {
            let rows: Vec<Value> = rows.iter().map(Row::json).collect();
            screen.line(json!({"schema": "sinew.profiles/1", "profiles": rows}).to_string());
        } else {
            let mut table = Table::new(&["NAME", "FOR", "WHERE", "WHAT"]);
            for row in rows {
                table.row(vec![row.name.into(), row.over.into(), row.place.into(), row.title.into()]);
            }
            table.lines(screen).iter().for_each(|line| screen.line(line));
            if !is_good {
                screen.say("some profiles cannot be read: `sinew check` says why");
            }
        }
        Ok(if is_good { Exit::Ok } else { Exit::Problems })
    }
}

impl Row {
    fn json(&self) -> Value {
        json!({"name": self.name, "for": self.over, "title": self.title, "where": self.place})
    }
}

fn is_new(profile: &Arc<Profile>, shared: &Profiles) -> bool {
    shared.get(&profile.name).is_none_or(|known| !Arc::ptr_eq(known, profile))
}

fn row(profile: &Arc<Profile>) -> Row {
    let is_shipped = shipped().get(&profile.name).is_some_and(|known| Arc::ptr_eq(known, profile));
    let file = &profile.source().0.file;
    Row {
        name: profile.name.to_string(),
        over: over(profile),
        title: profile.title.to_string(),
        place: if is_shipped { "ships with Sinew".to_owned() } else { file.to_string() },
    }
}

/// `2.5.1 ADT`, `any ADT`; with the profile that it extends.
pub(super) fn over(profile: &Profile) -> String {
    let base = profile.lines().base();
    let versions: Vec<&str> = base.versions.iter().map(|version| version.as_str()).collect();
    let types: Vec<&str> = base.of.iter().map(|of| of.as_str()).collect();
    let versions = if versions.is_empty() { "any version".to_owned() } else { versions.join(", ") };
    let types = if types.is_empty() { "any message".to_owned() } else { types.join(", ") };
    match &profile.parent {
        Some(parent) => format!("{types} {versions}, over {parent}"),
        None => format!("{types} {versions}"),
    }
}
