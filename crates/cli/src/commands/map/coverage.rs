//! `sinew map coverage`: places of messages that go nowhere, and codes that tables do not have.

use super::standard;
use crate::{
    messages,
    outcome::{Exit, Result},
    screen::Screen,
    table,
};
use clap::Args;
use fhir::Tree;
use hl7v2::Message;
use lang::{MapFile, Run, Settings, Why, coverage};
use message::Timestamp;
use std::{collections::BTreeMap, path::PathBuf};

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sinew map coverage samples/
  sinew map coverage samples/ --codes > missing.csv

Counts, over all messages, the places that have a value and that no line of the map read, unless a line `ignore PATH reason
TEXT` names them; those that a line read and could not write, with the reason; and writes the codes that tables do not have as rows to fill in, a table after the other.")]
pub struct Coverage {
    /// Files, folders, or - for standard input
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// A map of your own instead of the library's
    #[arg(long, value_name = "FILE")]
    map: Option<PathBuf>,
    /// One JSON object
    #[arg(long)]
    json: bool,
    /// Only the codes, as CSV
    #[arg(long, conflicts_with = "json")]
    codes: bool,
}

#[derive(Default)]
struct Counts {
    messages: usize,
    without_map: usize,
    places: BTreeMap<String, usize>,
    left: BTreeMap<(String, Why), usize>,
    notes: BTreeMap<String, usize>,
    codes: BTreeMap<(String, String), usize>,
}

impl Coverage {
    pub fn run(&self, screen: &Screen) -> Result {
        let library = standard::with_workspace()?;
        let own = self.map.as_deref().map(|path| standard::compile(&library, path, screen)).transpose()?;
        let settings = Settings { explain: true, ..Settings::default() };
        let (mut counts, mut tree) = (Counts::default(), Tree::new());
        for path in messages::expand(&self.files)? {
            for found in messages::read(&path)?.messages {
                let (message, _) = Message::parse(found.bytes);
                if message.segments_named(*b"MSH").next().is_none() {
                    continue; // a folder of samples holds other files too
                }
                let map =
                    own.as_ref().or_else(|| library.map_for(&message).map(|(file, _)| file)).and_then(MapFile::main);
                let Some(map) = map else {
                    counts.without_map += 1;
                    continue;
                };
                counts.messages += 1;
                let mut run = Run::new(Timestamp::default(), 0);
                let Ok(Some(origins)) = map.convert(&message, &mut tree, &mut run, &settings) else { continue };
                for place in coverage::uncovered(&message, &origins, &map.ignored) {
                    *counts.places.entry(coverage::without_indexes(&place)).or_default() += 1;
                }
                for left in coverage::left(&origins) {
                    *counts.left.entry(left).or_default() += 1;
                }
                for (table, code) in &origins.missed {
                    *counts.codes.entry((table.to_string(), code.clone())).or_default() += 1;
                }
                for note in &run.notes {
                    let place = library.place_of(note).unwrap_or_default();
                    *counts.notes.entry(format!("{} {place} {}", note.code, note.message)).or_default() += 1;
                }
            }
        }
        self.put(&counts, screen);
        Ok(if counts.places.is_empty() && counts.codes.is_empty() { Exit::Ok } else { Exit::Problems })
    }

    fn put(&self, counts: &Counts, screen: &Screen) {
        if self.json {
            let codes: Vec<_> = counts
                .codes
                .iter()
                .map(|((table, code), count)| serde_json::json!({"table": table, "from": code, "count": count}))
                .collect();
            let left: Vec<_> = counts
                .left
                .iter()
                .map(|((place, why), count)| serde_json::json!({"place": place, "why": why.as_str(), "count": count}))
                .collect();
            let object = serde_json::json!({
                "schema": "sinew.map-coverage/1", "messages": counts.messages, "without_map": counts.without_map,
                "places": counts.places, "left": left, "codes": codes, "notes": counts.notes,
            });
            screen.line(object.to_string());
            return;
        }
        if !self.codes {
            screen.say(format!(
                "{} converted, {} without a map",
                table::count(counts.messages as u64, "message"),
                counts.without_map
            ));
            let mut places: Vec<_> = counts.places.iter().collect();
            places.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
            places.iter().for_each(|(place, count)| screen.line(format!("{count:6}  {place}")));
            let mut left: Vec<_> = counts.left.iter().collect();
            left.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
            left.iter().for_each(|((place, why), count)| screen.line(format!("{count:6}  {place}: {}", why.as_str())));
            counts.notes.iter().for_each(|(note, count)| screen.line(format!("{count:6}  {note}")));
        }
        let mut last = "";
        for (table, code) in counts.codes.keys() {
            if table != last {
                screen.line(format!("# tables/{table}.csv\nfrom,from_name,to,to_system,to_name"));
                last = table;
            }
            screen.line(format!("{},,,,", quoted(code)));
        }
    }
}

/// A cell of CSV.
fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}
