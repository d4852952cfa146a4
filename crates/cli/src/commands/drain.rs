//! `sinew drain`: what waits goes out, nothing new goes in, and then it says that it is empty.

use crate::{
    commands::steer::needs,
    outcome::{Exit, Failure, Result},
    reach::Reach,
    screen::Screen,
    table::count,
};
use clap::Args;
use serde_json::{Value, json};
use std::{
    thread::sleep,
    time::{Duration, Instant},
};

/// Pause between two looks.
const LOOK_PAUSE: Duration = Duration::from_millis(300);

/// Let out what waits, take nothing new, and say when it is empty
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sinew drain adt-main --reason \"change 1182\"                     the intake stops, every queue empties
  sinew drain adt-main/pharmacy --reason \"pharmacy at 14:00\"      it gets what came up to now; the rest waits
  sinew drain adt-main --reason \"change 1182\" --wait 10m

Of an interface: its source closes, so senders keep their messages, and what was accepted goes out. Of a destination: what
came before goes out in its order, what comes from now on waits here. Either way `sinew resume` ends it, and it
survives a restart. Nothing is lost, also when the time is over first: then it goes on emptying.
Exit: 0 it is empty, 1 something still waits when the time is over, 3 no engine runs here, 5 a reason is missing.")]
pub struct Drain {
    /// INTERFACE or INTERFACE/DESTINATION
    place: String,
    /// Why: kept in the audit chain
    #[arg(long, value_name = "TEXT", default_value = "")]
    reason: String,
    /// How long to wait for it to be empty; 0s: not at all
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = crate::values::duration)]
    wait: Duration,
    #[command(flatten)]
    reach: Reach,
}

impl Drain {
    pub fn run(self, screen: &Screen) -> Result {
        needs(&self.reason, true)?;
        let (interface, destination) = match self.place.split_once('/') {
            Some((interface, destination)) => (interface, Some(destination)),
            None => (&*self.place, None),
        };
        let body = json!({"interface": interface, "destination": destination, "reason": self.reason});
        self.reach.post("/api/v1/interfaces/drain", &body)?;
        screen.say(format!("{} takes nothing new", self.place));
        let end = Instant::now() + self.wait;
        let mut last = None;
        loop {
            let left = left(&self.reach.get("/api/v1/status")?, interface, destination);
            if left == 0 {
                screen.say(format!("{} is empty; `sinew resume {}` ends it", self.place, self.place));
                return Ok(Exit::Ok);
            }
            if last.replace(left) != Some(left) {
                screen.say(format!("{} left", count(left, "delivery")));
            }
            if Instant::now() >= end {
                let text = format!("{} still waits; it goes on emptying", count(left, "delivery"));
                return Err(Failure::new(Exit::Problems, text).hint("`sinew queues` says for whom, and why"));
            }
            sleep(LOOK_PAUSE);
        }
    }
}

/// Deliveries that are still to go out.
fn left(status: &Value, interface: &str, destination: Option<&str>) -> u64 {
    let rows = |value: &Value, name: &str| value[name].as_array().cloned().unwrap_or_default();
    let of = rows(&status["engine"], "interfaces").into_iter().find(|row| row["name"] == interface);
    let destinations = of.map(|of| rows(&of, "destinations")).unwrap_or_default();
    let wanted = destinations.iter().filter(|row| destination.is_none_or(|name| row["name"] == name));
    wanted.map(|row| row["draining"].as_u64().or(row["queued"].as_u64()).unwrap_or(0)).sum()
}
