//! `sinew explain`: a code with its page, or the journey of a message.

use crate::{
    journey,
    outcome::{Exit, Failure, Result},
    reach::Reach,
    screen::Screen,
};
use clap::Args;
use message::Code;
use serde_json::json;

/// Explain an error code, or tell the journey of a message
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sinew explain E2104          what the code means and what to do (works offline)
  sinew explain                every code
  sinew explain 10485760       the journey of a message, step by step (asks the running engine)

Exit: 0, 1 there is no such code or message, 3 no engine runs here.")]
pub struct Explain {
    /// A code such as E2104, or a message id
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
        lang::codes::ALL,
        interface::codes::ALL,
        store::codes::ALL,
        engine::codes::ALL,
        connectors::codes::ALL,
        server::codes::ALL,
    ]
    .into_iter()
    .flatten()
}

impl Explain {
    pub fn run(self, screen: &Screen) -> Result {
        match &self.what {
            None => {
                catalogue().for_each(|code| screen.line(format!("{}  {}", screen.paint("1", code.id), code.title)));
                Ok(Exit::Ok)
            }
            Some(what) if what.parse::<u64>().is_ok() => journey::show(screen, &self.reach, what, self.json),
            Some(what) => self.page(screen, what),
        }
    }

    fn page(&self, screen: &Screen, what: &str) -> Result {
        let wanted = what.to_uppercase();
        let Some(code) = catalogue().find(|code| code.id == wanted) else {
            let failure = Failure::new(Exit::Problems, format!("there is no code `{what}`"));
            let known: Vec<&str> = catalogue().map(|code| code.id).collect();
            return Err(match lang::syntax::closest(&wanted, known.iter().copied()) {
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
