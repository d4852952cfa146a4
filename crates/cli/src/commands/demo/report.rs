//! The last word of a demo: the equation of promise R5, and how the story went.

use super::{director::Director, world::World};
use crate::screen::Screen;
use hospital::story::Outcome;
use serde::Serialize;
use std::time::Duration;

/// `sinew.demo/1`. A message counts once, in its worst state over its deliveries; a message that a person ran again
/// counts by its replay.
#[derive(Debug, Serialize)]
pub struct Report {
    schema: &'static str,
    seconds: f64,
    interfaces: usize,
    accepted: u64,
    delivered: u64,
    filtered: u64,
    parked: u64,
    in_flight: u64,
    lost: i64,
    out_of_order: usize,
    duplicates: u64,
    replayed: u64,
    faults: Vec<Outcome>,
}

impl Report {
    /// Counts.
    pub fn of(world: &World, director: &Director, seconds: Duration) -> Report {
        let counts = world.host.engine.store().counts_total();
        // A message whose replay was accepted was put away as "deleted by a person": it lives on in its replay.
        let replayed = director.replayed().min(counts.deleted);
        let late = world.partners.values().flat_map(|partner| partner.out_of_order());
        Report {
            schema: "sinew.demo/1",
            seconds: (seconds.as_secs_f64() * 10.0).round() / 10.0,
            interfaces: world.host.engine.flows().len(),
            accepted: counts.accepted - replayed,
            delivered: counts.delivered,
            filtered: counts.filtered,
            parked: counts.parked,
            in_flight: counts.in_flight,
            lost: counts.lost() + i64::try_from(counts.deleted - replayed + counts.expired).unwrap_or(i64::MAX),
            out_of_order: late.filter(|control_id| !director.was_put_back(control_id)).count(),
            duplicates: world.host.engine.flows().iter().map(|flow| flow.duplicates()).sum(),
            replayed,
            faults: director.outcomes(),
        }
    }

    /// Nothing was lost, nothing overtook.
    pub fn is_conserved(&self) -> bool {
        let ends = self.delivered + self.filtered + self.parked + self.in_flight;
        self.lost == 0 && self.out_of_order == 0 && self.accepted == ends
    }

    /// Every chapter was seen and healed.
    pub fn is_healed(&self) -> bool {
        self.faults.iter().all(|fault| fault.seen && fault.healed)
    }

    /// Prints it: one JSON object, or lines for people.
    pub fn print(&self, screen: &Screen, is_json: bool) {
        if is_json {
            screen.line(serde_json::to_string(self).unwrap_or_default());
            return;
        }
        for fault in &self.faults {
            let word = match (fault.seen, fault.healed) {
                (true, true) => "seen and healed",
                (true, false) => "seen, not healed",
                (false, _) => "not played",
            };
            screen.line(format!("{} {:<18} {word}", screen.mark(fault.healed), fault.name));
        }
        screen.line(format!(
            "{} accepted {} = delivered {} + filtered {} + parked {} + in flight {}, lost {}, out of order {}",
            screen.mark(self.is_conserved()),
            self.accepted,
            self.delivered,
            self.filtered,
            self.parked,
            self.in_flight,
            self.lost,
            self.out_of_order
        ));
        if self.duplicates + self.replayed > 0 {
            screen.line(format!(
                "  {} sent twice by a sender and delivered once; {} run again by a person",
                self.duplicates, self.replayed
            ));
        }
    }
}
