//! `sinew dict`: what the standards say of a field, a type, a table, a structure, an event, an element of FHIR.
//!
//! Owns the words of the question and the look of the answer; the facts are those of `hl7v2::dictionary` and
//! `fhir::definitions`.

mod answer;
mod history;
mod local;
mod question;
mod resource;
mod show;
mod similar;

use crate::{
    outcome::{Exit, Failure, Result},
    screen::Screen,
};
use clap::Args;
use hl7v2::dictionary::{Dictionary, Hit, Version};
use question::{Found, Question};

/// Look up what HL7 v2 and FHIR R4 say: fields, elements, types, tables, structures
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sinew dict PID-5.1                      a component of a field
  sinew dict PID --version 2.3.1          a segment in one version
  sinew dict PID-5 --versions             when it came, changed, was withdrawn
  sinew dict XPN                          a data type
  sinew dict ADT_A01                      a message structure: ? may be absent, * any number, + at least one
  sinew dict A04                          a trigger event and its structures
  sinew dict table 0001                   a table with its codes
  sinew dict mother maiden                search by words
  sinew dict OBX-11 --json | jq .table
  sinew dict Patient                      a resource of FHIR R4 with its elements
  sinew dict Patient.gender               an element with its codes
  sinew dict Observation.valueQuantity    one type of a choice

In a workspace, what its profiles document is shown too: sinew dict ZPD-1.

Versions: 2.1 2.2 2.3 2.3.1 2.4 2.5 2.5.1 2.6 2.7 2.7.1 2.8 2.8.1 2.8.2 2.9. Without --version: 2.5.1, or the newest
that has it. 2.9 is 2.8.2 with the changes that are known; its tables are complete.
Usage: R required, C conditional, O optional, B kept for older systems, W withdrawn.
Exit: 0, 1 nothing is called so, 2 the version is not known.")]
pub struct Dict {
    /// PID-5.1, PID, XPN, ADT_A01, A04, table 0001, Patient.gender, or words to search for
    #[arg(required = true)]
    words: Vec<String>,
    /// The version of the standard
    #[arg(long, value_name = "VERSION")]
    version: Option<String>,
    /// Show every version and what changed between them
    #[arg(long, conflicts_with = "version")]
    versions: bool,
    /// A JSON object
    #[arg(long)]
    json: bool,
}

/// The version that is shown when none is asked for.
const USUAL: Version = Version::V2_5_1;
/// Most results of a search.
const RESULTS_MAX: usize = 60;

impl Dict {
    pub fn run(self, screen: &Screen) -> Result {
        if let Some(path) = resource::is_asked(&self.words) {
            return resource::run(screen, path, self.json);
        }
        let wanted = self.version.as_deref().map(version).transpose()?;
        let question = Question::read(&self.words);
        let found = match &question {
            Question::Words => Vec::new(),
            _ => question.answer(wanted.unwrap_or(USUAL), wanted.is_none()),
        };
        let is_told = local::tell(screen, &question, self.json);
        if found.is_empty() && is_told {
            return Ok(Exit::Ok);
        }
        if found.is_empty() {
            return self.search(screen, &question, wanted);
        }
        for found in &found {
            match (self.versions, self.json) {
                (true, true) => screen.line(history::json(found).to_string()),
                (true, false) => history::print(screen, found),
                (false, true) => screen.line(answer::json(found).to_string()),
                (false, false) => show::print(screen, found),
            }
        }
        Ok(Exit::Ok)
    }

    fn search(&self, screen: &Screen, question: &Question, wanted: Option<Version>) -> Result {
        let version = wanted.unwrap_or(USUAL);
        let hits = Dictionary::of(version).search(&self.words.join(" "));
        if hits.is_empty() {
            let text = self.words.join(" ");
            let elsewhere = question.answer(USUAL, true);
            let failure = Failure::new(Exit::Problems, format!("HL7 v{version} has nothing called `{text}`"));
            return Err(match (elsewhere.first().map(Found::version), similar::similar(&text)) {
                (Some(other), _) => failure.hint(format!("v{other} has it: sinew dict {text} --version {other}")),
                (None, Some(near)) => failure.hint(format!("did you mean {near}?")),
                (None, None) => failure.hint("search with fewer words, such as `sinew dict maiden`"),
            });
        }
        if self.json {
            let json = |hit: &Hit| serde_json::json!({"place": hit.place, "text": hit.name});
            let hits: Vec<_> = hits.iter().map(json).collect();
            screen.line(
                serde_json::json!({"schema": "sinew.dict/1", "version": version.as_str(), "results": hits}).to_string(),
            );
            return Ok(Exit::Ok);
        }
        for hit in hits.iter().take(RESULTS_MAX) {
            screen.line(format!("{}  {}", screen.paint("1", &format!("{:<14}", hit.place)), hit.name));
        }
        if hits.len() > RESULTS_MAX {
            screen.say(format!("{} more: search with more words", hits.len() - RESULTS_MAX));
        }
        Ok(Exit::Ok)
    }
}

fn version(text: &str) -> Result<Version> {
    Version::parse(text.trim_start_matches(['v', 'V'])).ok_or_else(|| {
        let all: Vec<&str> = Version::ALL.iter().map(|version| version.as_str()).collect();
        Failure::usage(format!("`{text}` is no version of HL7 v2")).hint(format!("one of {}", all.join(" ")))
    })
}
