//! `sinew explain`: a code with its page, or the journey of a message.

use crate::{
    journey,
    outcome::{Exit, Failure, Result},
    reach::Reach,
    screen::Screen,
};
use clap::Args;
use lang::keyword::Place;
use message::Code;
use serde_json::json;

/// Explain an error code or a word of the language, or tell the journey of a message
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sinew explain E2104          what the code means and what to do (works offline)
  sinew explain                every code
  sinew explain retry          a word or a step of the language
  sinew explain 10485760       the journey of a message, step by step (asks the running engine)

Exit: 0, 1 there is no such code, word or message, 3 no engine runs here.")]
pub struct Explain {
    /// A code such as E2104, a word such as keep, or a message id
    what: Option<String>,
    #[command(flatten)]
    reach: Reach,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

/// Every code of the product: one list a crate.
pub fn catalogue() -> impl Iterator<Item = &'static Code> {
    [
        hl7v2::codes::ALL,
        fhir::codes::ALL,
        script::codes::ALL,
        formats::codes::ALL,
        lang::codes::ALL,
        interface::codes::ALL,
        store::codes::ALL,
        engine::codes::ALL,
        watch::codes::ALL,
        connectors::codes::ALL,
        server::codes::ALL,
    ]
    .into_iter()
    .flatten()
}

/// A word of the language at one place.
struct Word {
    place: &'static str,
    syntax: &'static str,
    description: &'static str,
    example: &'static str,
}

/// Every meaning of a word: in interfaces and tests, in conditions, values and maps, and as a step.
fn words(what: &str) -> Vec<Word> {
    let of_interface =
        interface::keywords::KEYWORDS.iter().filter(|keyword| keyword.word == what).map(|keyword| Word {
            place: keyword.within.describe(),
            syntax: keyword.syntax,
            description: keyword.description,
            example: keyword.example,
        });
    let of_language = lang::keyword::KEYWORDS.iter().filter(|keyword| keyword.word == what).map(|keyword| Word {
        place: described(keyword.place),
        syntax: keyword.syntax,
        description: keyword.description,
        example: keyword.example,
    });
    let of_steps = lang::steps::find(what).map(|step| Word {
        place: "a step after `|`",
        syntax: step.syntax,
        description: step.description,
        example: step.examples.first().map_or("", |example| example.value),
    });
    of_interface.chain(of_language).chain(of_steps).collect()
}

fn described(place: Place) -> &'static str {
    match place {
        Place::File => "at the top of a map file",
        Place::Fhir => "in a map to FHIR",
        Place::Interface => "in `interface`",
        Place::Edit => "a line that changes a message",
        Place::Map => "in `map`",
        Place::Profile => "in `profile`",
        Place::Condition => "in a condition, before the path",
        Place::Comparison => "in a condition, between the two sides",
        Place::Value => "in a value",
        Place::Setting => "a setting",
    }
}

impl Explain {
    pub fn run(self, screen: &Screen) -> Result {
        match &self.what {
            None => {
                catalogue().for_each(|code| screen.line(format!("{}  {}", screen.paint("1", code.id), code.title)));
                Ok(Exit::Ok)
            }
            Some(what) if what.parse::<u64>().is_ok() => journey::show(screen, &self.reach, what, self.json),
            Some(what) => match words(what) {
                found if found.is_empty() => self.page(screen, what),
                found => {
                    self.words(screen, &found);
                    Ok(Exit::Ok)
                }
            },
        }
    }

    fn words(&self, screen: &Screen, found: &[Word]) {
        if self.json {
            let rows: Vec<_> = found
                .iter()
                .map(|word| json!({"place": word.place, "syntax": word.syntax, "description": word.description, "example": word.example}))
                .collect();
            screen.line(json!({"schema": "sinew.word/1", "words": rows}).to_string());
            return;
        }
        for word in found {
            screen.line(format!("{}  ({})", screen.paint("1", word.syntax), word.place));
            screen.line(format!("  {}", word.description));
            if !word.example.is_empty() {
                word.example.lines().for_each(|line| screen.line(format!("      {line}")));
            }
            screen.line("");
        }
    }

    fn page(&self, screen: &Screen, what: &str) -> Result {
        let wanted = what.to_uppercase();
        let Some(code) = catalogue().find(|code| code.id == wanted) else {
            let failure = Failure::new(Exit::Problems, format!("there is no code or word `{what}`"));
            let codes = lang::syntax::closest(&wanted, catalogue().map(|code| code.id));
            let known = interface::keywords::KEYWORDS.iter().map(|keyword| keyword.word);
            let known = known.chain(lang::keyword::KEYWORDS.iter().map(|keyword| keyword.word));
            let known = known.chain(lang::steps::catalogue().map(|step| step.name));
            return Err(match codes.or_else(|| lang::syntax::closest(what, known)) {
                Some(near) => failure.hint(format!("did you mean {near}? `sinew explain` lists all codes")),
                None => failure.hint("`sinew explain` lists all codes"),
            });
        };
        if self.json {
            screen.line(
                json!({"schema": "sinew.code/1", "code": code.id, "title": code.title, "page": code.page}).to_string(),
            );
        } else {
            code.page.lines().for_each(|line| {
                screen.line(if line.starts_with('#') {
                    screen.paint("1", line.trim_start_matches(['#', ' ']))
                } else {
                    line.to_owned()
                });
            });
        }
        Ok(Exit::Ok)
    }
}
