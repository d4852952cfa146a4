//! `sinew route`: where a message would go, and why, line by line; and the routing table of a workspace as a page.
//!
//! No engine, no network: messages go through the pipeline as in the engine, at a time that may be chosen.

mod page;
mod way;

use crate::{
    commands::run::report,
    messages,
    outcome::{Exit, Failure, Result},
    place::{self, Place},
    screen::Screen,
};
use clap::Args;
use engine::rehearsal;
use interface::{definition::Definition, workspace::Workspace};
use message::{Clock, Timestamp, clock::System};
use std::{path::PathBuf, sync::Arc};
use way::{Look, Told};

/// Tell where a message would go and why, or print the routing table
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sinew route admit.hl7
  sinew route feed/ --interface adt-main
  sinew route result.hl7 --at \"2026-03-29T02:30 Europe/Berlin\"
  sinew route feed.hl7 --json | jq -r '.destinations[].name'
  sinew route --table > routing.md       every interface: conditions, routes, destinations, for review

Each line of the interface that decides is shown with its place, what it said, and each part of its
condition with what stood there. Where a destination is another interface of the workspace, the way
goes on there. Without --interface the message is given to every interface that receives from
outside. Of a long route only the cases that hold are shown; --all shows each. Values that may say
who the patient is are masked; --reveal shows them. Nothing is stored, nothing is sent.

--json prints one object for each message and interface:
  {\"schema\":\"sinew.route/1\",\"file\",\"index\",\"interface\",\"end\",\"reason\",\"destinations\",\"lines\"}
Exit: 0 told, 1 a message would be parked or refused, or the workspace has errors, 3 a file or the workspace is not there.")]
pub struct Route {
    /// Files, folders, or - for standard input
    #[arg(required_unless_present = "table", conflicts_with = "table")]
    files: Vec<PathBuf>,
    /// This interface only
    #[arg(long, value_name = "NAME")]
    interface: Option<String>,
    /// Print the routing table instead, as Markdown
    #[arg(long)]
    table: bool,
    /// The time at which the messages come, for hours of the day: TIME [ZONE]
    #[arg(long, value_name = "TIME", value_parser = instant, conflicts_with = "table")]
    at: Option<Timestamp>,
    /// Every case of long routes
    #[arg(long)]
    all: bool,
    /// Show what may say who the patient is
    #[arg(long)]
    reveal: bool,
    #[command(flatten)]
    place: Place,
    /// JSON: an object a message and interface, or one for the table
    #[arg(long)]
    json: bool,
}

/// What each line of an interface decides about a message, a line each; what is further on is left out.
pub fn told(
    screen: &Screen,
    definition: &Arc<Definition>,
    bytes: &bytes::Bytes,
    now: Timestamp,
    is_revealed: bool,
) -> Vec<String> {
    let told = Told::of(None, definition, bytes, now, 0);
    told.lines(screen, Look { is_revealed, is_whole: false }, 0)
}

fn instant(text: &str) -> std::result::Result<Timestamp, String> {
    rehearsal::instant(text).ok_or_else(|| "write it like \"2026-03-29T02:30 Europe/Berlin\"".to_owned())
}

impl Route {
    pub fn run(self, screen: &Screen) -> Result {
        let (workspace, findings) = self.place.load()?;
        if place::has_errors(&findings) {
            report(screen, &workspace, &findings);
            return Err(Failure::new(Exit::Problems, "the workspace has errors, so it is not known where messages go"));
        }
        let interfaces = self.interfaces(&workspace)?;
        if self.table {
            let text = if self.json { page::as_json(&interfaces).to_string() } else { page::markdown(&interfaces) };
            text.lines().for_each(|line| screen.line(line));
            return Ok(Exit::Ok);
        }
        let look = Look { is_revealed: self.reveal, is_whole: self.all };
        let now = self.at.unwrap_or_else(|| System.now());
        let (mut is_good, mut count) = (true, 0u64);
        for path in messages::expand(&self.files)? {
            let file = messages::read(&path)?;
            for (index, found) in (1u64..).zip(&file.messages) {
                count += 1;
                for definition in &interfaces {
                    let told = Told::of(Some(&workspace), definition, &found.bytes, now, 0);
                    is_good &= told.is_good();
                    if self.json {
                        let mut row = told.as_json(look);
                        row["file"] = path.display().to_string().into();
                        row["index"] = index.into();
                        screen.line(row.to_string());
                    } else {
                        screen.line(screen.paint("1", &format!("{} #{index}  {}", path.display(), told.title())));
                        told.lines(screen, look, 1).iter().for_each(|line| screen.line(line));
                        screen.line("");
                    }
                }
            }
        }
        if count == 0 {
            screen.say("no message was found");
        }
        Ok(if is_good { Exit::Ok } else { Exit::Problems })
    }

    /// The named interface; else those that receive from outside; else all.
    fn interfaces(&self, workspace: &Workspace) -> Result<Vec<Arc<Definition>>> {
        if let Some(name) = &self.interface {
            return match workspace.definition(name) {
                Some(definition) => Ok(vec![definition.clone()]),
                None => {
                    let known = workspace.definitions.iter().map(|definition| &*definition.name);
                    let failure = Failure::new(Exit::Problems, format!("there is no interface `{name}`"));
                    Err(match lang::syntax::closest(name, known.clone()) {
                        Some(near) => failure.hint(format!("did you mean `{near}`?")),
                        None => failure.hint(format!("there are: {}", known.collect::<Vec<_>>().join(", "))),
                    })
                }
            };
        }
        let is_outer = |definition: &&Arc<Definition>| self.table || !way::is_fed(definition);
        let outer: Vec<_> = workspace.definitions.iter().filter(is_outer).cloned().collect();
        Ok(if outer.is_empty() { workspace.definitions.clone() } else { outer })
    }
}
