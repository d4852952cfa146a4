//! The live view: the whole hospital on one screen, four times a second.
//!
//! Never: patient data. Names of systems, counts and states only.

use super::{director::Director, world::World};
use crate::{
    commands::status,
    screen::Screen,
    table::{Cell, Table, age},
};
use hospital::flow::RECEIVERS;
use serde_json::Value;
use std::{
    collections::VecDeque,
    io::Read,
    process::{Command, Stdio},
    sync::mpsc,
    time::Duration,
};

/// Lines of the story that stay on the screen.
const TOLD_LINES: usize = 6;
/// Pause between pictures.
const FRAME: Duration = Duration::from_millis(250);

/// See the module. Without a terminal it prints what is told, a line each.
pub struct View<'s> {
    screen: &'s Screen,
    is_live: bool,
    length: Option<Duration>,
    seed: u64,
    told: VecDeque<String>,
    drawn: Option<Duration>,
    before: Option<(Value, Duration)>,
    rates: Option<(Value, f64)>,
}

impl<'s> View<'s> {
    pub fn new(screen: &'s Screen, is_live: bool, length: Option<Duration>, seed: u64) -> View<'s> {
        View { screen, is_live, length, seed, told: VecDeque::new(), drawn: None, before: None, rates: None }
    }

    /// The banner.
    pub fn begin(&self, world: &World) {
        let count = world.host.engine.flows().len();
        self.screen.say(format!(
            "DEMO: a simulated hospital on this machine, everyone in it is invented. {count} interfaces, {} receivers.",
            RECEIVERS.len()
        ));
        if let Some(console) = &world.console {
            self.screen.say(format!("the console: {console}"));
        }
        if self.is_live {
            self.screen.bytes(b"\x1b[?1049h\x1b[?25l");
        }
    }

    /// Something happened.
    pub fn tell(&mut self, elapsed: Duration, line: &str) {
        let line = format!("{}  {line}", clock(elapsed));
        if !self.is_live {
            self.screen.say(&line);
        }
        if self.told.len() >= TOLD_LINES {
            self.told.pop_front();
        }
        self.told.push_back(line);
    }

    /// Draws, if the last picture is old enough.
    pub fn draw(&mut self, world: &World, director: &Director, elapsed: Duration) {
        if !self.is_live || self.drawn.is_some_and(|drawn| elapsed < drawn + FRAME) {
            return;
        }
        self.drawn = Some(elapsed);
        let engine = serde_json::to_value(world.host.engine.status()).unwrap_or_default();
        // Rates over two seconds: four pictures a second would make them jump.
        match &self.before {
            Some((old, at)) if elapsed >= *at + Duration::from_secs(2) => {
                self.rates = Some((old.clone(), (elapsed - *at).as_secs_f64()));
                self.before = Some((engine.clone(), elapsed));
            }
            None => self.before = Some((engine.clone(), elapsed)),
            Some(_) => {}
        }
        let mut lines = self.head(&engine, elapsed);
        lines.extend(world.console.iter().map(|console| format!("the console: {console}")));
        let rates = self.rates.as_ref().map(|(old, seconds)| (old, *seconds));
        lines.extend(status::interfaces(&engine, rates).lines(self.screen));
        lines.push(String::new());
        lines.extend(receivers(world, &engine).lines(self.screen));
        lines.push(String::new());
        lines.extend(self.story(director));
        let mut picture = String::from("\x1b[H");
        for line in &lines {
            picture.push_str(line);
            picture.push_str("\x1b[K\r\n");
        }
        picture.push_str("\x1b[J");
        self.screen.bytes(picture.as_bytes());
    }

    fn head(&self, engine: &Value, elapsed: Duration) -> Vec<String> {
        let of = self.length.map_or_else(String::new, |length| format!(" of {}", clock(length)));
        let lost = engine["lost"].as_i64().unwrap_or(0);
        let equation = status::conservation(&engine["counts"], lost);
        vec![
            format!(
                "{}  simulated hospital, invented people   {}{of}   seed {}   n next chapter   q quit",
                self.screen.paint("1;7", " SINEW DEMO "),
                clock(elapsed),
                self.seed
            ),
            self.screen.paint(if lost == 0 { "32" } else { "1;31" }, &equation),
            String::new(),
        ]
    }

    fn story(&self, director: &Director) -> Vec<String> {
        let mut lines = vec![match director.current() {
            Some(fault) => format!("{} {}", self.screen.paint("1;33", fault.title), fault.look),
            None => self.screen.paint("2", "All is well; the next chapter comes by itself."),
        }];
        let marks: Vec<String> = director
            .outcomes()
            .iter()
            .map(|chapter| match (chapter.seen, chapter.healed) {
                (_, true) => format!("{} {}", self.screen.mark(true), chapter.name),
                (true, false) => format!("{} {}", self.screen.paint("33", "!"), chapter.name),
                (false, false) => self.screen.paint("2", &format!("· {}", chapter.name)),
            })
            .collect();
        lines.push(marks.join("   "));
        lines.extend(self.told.iter().map(|line| self.screen.paint("2", line)));
        lines
    }

    /// Gives the terminal back.
    pub fn end(&self) {
        if self.is_live {
            self.screen.bytes(b"\x1b[?25h\x1b[?1049l");
        }
    }
}

/// The receivers with what waits for each.
fn receivers(world: &World, engine: &Value) -> Table {
    let mut table = Table::new(&["RECEIVER", ">RECEIVED", ">WAITING", ">OLDEST", "WHAT IT IS"]);
    let now = engine["at"].as_i64().unwrap_or(0);
    for receiver in RECEIVERS {
        let Some(partner) = world.partners.get(receiver.name) else { continue };
        let outboxes = engine["interfaces"].as_array().into_iter().flatten().flat_map(|row| {
            row["destinations"].as_array().into_iter().flatten().filter(|d| d["name"].as_str() == Some(receiver.name))
        });
        let (mut waiting, mut oldest) = (0, None::<i64>);
        for outbox in outboxes {
            waiting += outbox["queued"].as_i64().unwrap_or(0);
            oldest = oldest.into_iter().chain(outbox["oldest"].as_i64()).min();
        }
        let style = if waiting > 5 { "33" } else { "" };
        table.row(vec![
            receiver.name.into(),
            partner.stats().received.to_string().into(),
            Cell(waiting.to_string(), style),
            oldest.map_or_else(|| "-".to_owned(), |at| age(now - at)).into(),
            receiver.title.into(),
        ]);
    }
    table
}

fn clock(time: Duration) -> String {
    format!("{}:{:02}", time.as_secs() / 60, time.as_secs() % 60)
}

/// A key that means something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// `q`.
    Quit,
    /// `n`.
    Next,
}

/// Keys without Enter, where standard input is a terminal. Gives the terminal back when dropped.
pub struct Keys {
    pressed: mpsc::Receiver<Key>,
    saved: Option<String>,
}

impl Keys {
    /// Begins to listen.
    pub fn listen() -> Keys {
        let (sender, pressed) = mpsc::channel();
        let saved = stty(&["-g"]).map(|saved| saved.trim().to_owned()).filter(|saved| !saved.is_empty());
        if saved.is_some() {
            stty(&["-icanon", "-echo", "min", "1"]);
            std::thread::spawn(move || {
                for byte in std::io::stdin().lock().bytes() {
                    let key = match byte {
                        Ok(b'q' | b'Q') => Key::Quit,
                        Ok(b'n' | b'N') => Key::Next,
                        Ok(_) => continue,
                        Err(_) => return,
                    };
                    if sender.send(key).is_err() {
                        return;
                    }
                }
            });
        }
        Keys { pressed, saved }
    }

    /// The next key, if one was pressed.
    pub fn pressed(&self) -> Option<Key> {
        self.pressed.try_recv().ok()
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        if let Some(saved) = &self.saved {
            stty(&[saved.as_str()]);
        }
    }
}

/// The terminal's own tool: there is no safe call in the standard library.
fn stty(arguments: &[&str]) -> Option<String> {
    let out = Command::new("stty").args(arguments).stdin(Stdio::inherit()).stderr(Stdio::null()).output().ok()?;
    out.status.success().then(|| String::from_utf8_lossy(&out.stdout).into_owned())
}
