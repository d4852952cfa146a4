//! `sinew __reference DIR`: the reference pages, written from the catalogues that the program itself reads.
//!
//! Promises: the same bytes on every run and every machine; a page is a pure function of the catalogues.
//! Never: a fact that stands nowhere else; what is said here is said in a catalogue first.

mod commands;
mod connectors;
mod errors;
mod grammar;
mod language;
mod metrics;
mod scripts;

use crate::{
    outcome::{Exit, Failure, Result},
    screen::Screen,
};
use clap::Args;
use std::path::PathBuf;

/// Write the reference pages into a folder
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  sinew __reference docs/reference")]
pub struct Reference {
    /// The folder
    folder: PathBuf,
}

/// The first line of each page.
const GENERATED: &str = "<!-- Written by `cargo xtask gen` from the program. Do not edit. -->\n\n";

/// The document of the API.
const OPENAPI: &str = "openapi.json";

/// The grammar for editors.
const GRAMMAR: &str = "sinew.tmLanguage.json";

impl Reference {
    pub fn run(self, screen: &Screen) -> Result {
        let failed = |error: std::io::Error| Failure::unreachable(format!("{}: {error}", self.folder.display()));
        std::fs::create_dir_all(&self.folder).map_err(failed)?;
        let pages = [
            ("commands.md", commands::page()),
            ("language.md", language::page()),
            ("connectors.md", connectors::page()),
            ("errors.md", errors::page()),
            ("metrics.md", metrics::page()),
            ("scripts.md", scripts::page()),
        ];
        for (name, text) in pages {
            let text = format!("{GENERATED}{}\n", text.trim_end());
            std::fs::write(self.folder.join(name), text).map_err(failed)?;
            screen.say(format!("{} written", self.folder.join(name).display()));
        }
        std::fs::write(self.folder.join(OPENAPI), server::openapi::document()).map_err(failed)?;
        screen.say(format!("{} written", self.folder.join(OPENAPI).display()));
        // JSON has no comments: the grammar says by itself who wrote it.
        std::fs::write(self.folder.join(GRAMMAR), grammar::text()).map_err(failed)?;
        screen.say(format!("{} written", self.folder.join(GRAMMAR).display()));
        Ok(Exit::Ok)
    }
}

/// A table: `| a | b |` with its line of dashes.
fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let mut out = line(head.iter().map(|cell| (*cell).to_owned()).collect());
    out.push_str(&line(head.iter().map(|_| "---".to_owned()).collect()));
    for row in rows {
        out.push_str(&line(row.iter().map(|cell| cell.replace('\n', " ").replace('|', "\\|")).collect()));
    }
    out.push('\n');
    out
}

/// Code in a line; nothing for nothing.
fn code(text: &str) -> String {
    match text {
        "" => String::new(),
        text if text.contains('`') => format!("`` {text} ``"),
        text => format!("`{text}`"),
    }
}

/// A block of code.
fn fence(language: &str, text: &str) -> String {
    format!("```{language}\n{}\n```\n\n", text.trim_end())
}
