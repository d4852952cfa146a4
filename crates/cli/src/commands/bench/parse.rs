//! `sinew bench parse`: how fast messages are parsed, read, edited and written again.

use super::figures::{Bar, Figures, Named};
use crate::{
    outcome::{Exit, Failure, Result},
    screen::Screen,
};
use bytes::Bytes;
use clap::Args;
use hl7v2::{Facts, Message, Path, Value};
use hospital::flow::{Filter, generate};
use serde_json::json;
use std::{
    hint::black_box,
    time::{Duration, Instant},
};

/// Measure the parser on messages of the simulated hospital
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sinew bench parse
  sinew bench parse --seconds 3 --runs 9 --json

One core. parse: bytes to a tree. read: parse and the facts that the engine stores of each message. edit: parse, set
PID-5.1, and the bytes again.")]
pub struct BenchParse {
    /// Length of each measurement
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=3600))]
    seconds: u32,
    /// How often everything is measured
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100))]
    runs: u32,
    /// Different messages
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    messages: u32,
    /// One JSON object instead of a table
    #[arg(long)]
    json: bool,
}

const fn rate(name: &'static str) -> Named {
    Named { name, unit: "1/s", bar: Bar::Free }
}

const NAMED: &[Named] = &[
    rate("parse_per_s"),
    rate("read_per_s"),
    rate("edit_per_s"),
    Named { name: "parse_mb_per_s", unit: "MB/s", bar: Bar::Free },
];

impl BenchParse {
    pub fn run(self, screen: &Screen) -> Result {
        let made = generate(&Filter::default(), self.messages as usize, 1);
        let messages: Vec<Bytes> = made.into_iter().map(|happening| happening.message.into()).collect();
        let bytes = messages.iter().map(Bytes::len).sum::<usize>() as f64 / messages.len().max(1) as f64;
        let path: Path = "PID-5.1".parse().map_err(|_| Failure::new(Exit::Bug, "PID-5.1 is a path"))?;
        let time = Duration::from_secs(u64::from(self.seconds));
        let mut figures = Figures::new(NAMED);
        for number in 1..=self.runs {
            screen.progress(&format!("run {number} of {}", self.runs));
            let parsed = repeat(&messages, time, |message| drop(black_box(Message::parse(message.clone()))));
            figures.add("parse_per_s", parsed);
            figures.add("parse_mb_per_s", parsed * bytes / 1e6);
            let read = |message: &Bytes| drop(black_box(Facts::searched(&Message::parse(message.clone()).0)));
            figures.add("read_per_s", repeat(&messages, time, read));
            let edit = |message: &Bytes| {
                let mut message = Message::parse(message.clone()).0;
                let _ = message.set(&path, Value::Text("CHANGED"));
                black_box(message.into_bytes());
            };
            figures.add("edit_per_s", repeat(&messages, time, edit));
        }
        screen.end_progress();
        if self.json {
            let conditions = json!({"seconds": self.seconds, "runs": self.runs, "messages": messages.len(),
                "message_bytes_mean": bytes.round(), "cores": 1});
            screen.line(figures.to_json("sinew.bench.parse/1", &conditions).to_string());
        } else {
            figures.print(screen);
            screen.say(format!("{} messages of {bytes:.0} bytes on average, one core", messages.len()));
        }
        Ok(figures.exit())
    }
}

/// Runs over the messages again and again; gives messages a second.
fn repeat(messages: &[Bytes], time: Duration, mut act: impl FnMut(&Bytes)) -> f64 {
    let (started, mut count) = (Instant::now(), 0_u64);
    while started.elapsed() < time {
        messages.iter().for_each(&mut act);
        count += messages.len() as u64;
    }
    count as f64 / started.elapsed().as_secs_f64()
}
