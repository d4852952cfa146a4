//! `sinew docs build`: the specification and the runbook of every interface, as files to read, print and hand out.

use crate::{
    commands::run::report,
    outcome::{Exit, Failure, Result},
    place,
    reach::Reach,
    screen::Screen,
    table::count,
};
use clap::Args;
use interface::workspace::Files;
use serde_json::Value;
use server::pages::paper::{self, Subject};
use std::{fs, path::PathBuf};

/// Incidents that are asked for.
const PAST: &str = "/api/v1/alerts?past=500";

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sinew docs build --to handbook
  sinew docs build --to handbook --interface adt-main

A page for each interface, and index.html: a drawing of who sends to whom, partners, what it does line by line, maps with
sources and targets, code tables, samples, tests, alerts; and a runbook: whom to call, the first five checks with their
commands, the order of a restart. Where an engine runs, the last incidents too. Each page is one file without
scripts, for a screen and for paper. The console shows the same under an interface.
Exit: 0, 1 the workspace has errors, 2 there is no such interface, 3 a file cannot be written.")]
pub struct Build {
    /// The folder that the pages are written into
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// This interface only
    #[arg(long, value_name = "NAME")]
    interface: Option<String>,
    #[command(flatten)]
    reach: Reach,
}

impl Build {
    pub fn run(&self, screen: &Screen) -> Result {
        let (workspace, findings) = self.reach.place().load()?;
        if place::has_errors(&findings) {
            report(screen, &workspace, &findings);
            return Err(Failure::new(Exit::Problems, "the workspace has errors, so its pages were not written"));
        }
        if let Some(name) = self.interface.as_ref().filter(|name| workspace.definition(name).is_none()) {
            return Err(Failure::usage(format!("the workspace has no interface `{name}`")));
        }
        let unwritten = |path: &PathBuf, error: &std::io::Error| {
            Failure::unreachable(format!("{} cannot be written: {error}", path.display()))
        };
        fs::create_dir_all(&self.to).map_err(|error| unwritten(&self.to, &error))?;
        // Where no engine runs, the pages say so.
        let alerts: Option<Value> = self.reach.get(PAST).ok();
        let files = Files::Folder(workspace.folder.clone());
        let mut rows = Vec::new();
        for definition in &workspace.definitions {
            let file = format!("{}.html", definition.name);
            rows.push((file.clone(), definition.title.to_string(), definition.owner.team.to_string()));
            if self.interface.as_ref().is_some_and(|name| **name != *definition.name) {
                continue;
            }
            let incidents = alerts.as_ref().map(|alerts| paper::incidents_of(alerts, &definition.name));
            let subject =
                Subject { definition, all: &workspace.definitions, files: &files, incidents: incidents.as_deref() };
            let path = self.to.join(&file);
            fs::write(&path, paper::html(&subject)).map_err(|error| unwritten(&path, &error))?;
        }
        let index = self.to.join("index.html");
        let name = workspace.folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        fs::write(&index, paper::contents(&name, &rows)).map_err(|error| unwritten(&index, &error))?;
        let written = if self.interface.is_some() { 1 } else { rows.len() };
        screen.say(format!("{} and index.html in {}", count(written as u64, "page"), self.to.display()));
        Ok(Exit::Ok)
    }
}
