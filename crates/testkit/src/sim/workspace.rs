//! Random interfaces: 1 to 3 of them with 1 to 3 destinations each, as text of the language.
//!
//! Promises: every message has a destination, and what the checkers read here (ordering, expiry) is the same in every
//! version of the text.

use super::Chance;
use std::fmt::Write;

/// What must stay in order at a destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ordering {
    /// Everything.
    Strict,
    /// The messages of one patient.
    ByPatient,
    /// Nothing.
    Free,
}

/// One destination.
#[derive(Clone, Debug)]
pub struct Target {
    /// Its name in the interface.
    pub name: String,
    /// Where it sends: unique in the run.
    pub to: String,
    /// What must stay in order.
    pub ordering: Ordering,
    /// Its policy may give a delivery up for good.
    pub may_expire: bool,
    lines: String,
}

/// One interface.
#[derive(Clone, Debug)]
pub struct Interface {
    /// Its name.
    pub name: String,
    /// Its destinations.
    pub targets: Vec<Target>,
    port: u64,
    is_changed: bool,
}

/// All interfaces of a run.
#[derive(Clone, Debug)]
pub struct Scenery {
    /// By number.
    pub interfaces: Vec<Interface>,
}

impl Scenery {
    /// Draws them.
    #[must_use]
    pub fn new(chance: &mut Chance) -> Scenery {
        let interface = |number: u64, chance: &mut Chance| Interface {
            name: format!("i{number}"),
            targets: (0..1 + chance.below(3)).map(|target| Target::new(number, target, chance)).collect(),
            port: 2600 + 10 * number,
            is_changed: chance.one_in(2),
        };
        Scenery { interfaces: (0..1 + chance.below(3)).map(|number| interface(number, chance)).collect() }
    }

    /// The destination at an address.
    #[must_use]
    pub fn target(&self, to: &str) -> Option<&Target> {
        self.interfaces.iter().flat_map(|interface| &interface.targets).find(|target| target.to == to)
    }

    /// The texts with everything in place.
    #[must_use]
    pub fn texts(&self) -> Vec<String> {
        self.interfaces.iter().map(|interface| interface.text(0, None)).collect()
    }

    /// Another version of the texts: other values, a destination taken out, an interface gone.
    #[must_use]
    pub fn other_texts(&self, chance: &mut Chance) -> Vec<String> {
        let mut texts = Vec::new();
        for interface in &self.interfaces {
            if self.interfaces.len() > 1 && chance.one_in(5) {
                continue;
            }
            let left_out = (interface.targets.len() > 1 && chance.one_in(3))
                .then(|| chance.below(interface.targets.len() as u64) as usize);
            texts.push(interface.text(chance.below(4), left_out));
        }
        texts
    }
}

impl Interface {
    fn text(&self, version: u64, left_out: Option<usize>) -> String {
        let mut text = format!("interface {} \"Simulated\" {{\n", self.name);
        text.push_str("  owner \"Team\" contact it@example.org oncall 5-0100\n");
        let _ = writeln!(text, "  receive sim {}", self.port + u64::from(version == 3));
        if self.is_changed || version > 1 {
            let _ = writeln!(text, "  set MSH-5 = \"V{version}\"");
        }
        for (_, target) in self.targets.iter().enumerate().filter(|(place, _)| Some(*place) != left_out) {
            let _ = writeln!(text, "  send {} {{\n    sim {}\n{}  }}", target.name, target.to, target.lines);
        }
        text.push_str("}\n");
        text
    }
}

impl Target {
    fn new(interface: u64, number: u64, chance: &mut Chance) -> Target {
        let ordering = *chance.pick(&[Ordering::Strict, Ordering::ByPatient, Ordering::ByPatient, Ordering::Free]);
        let mut lines = String::new();
        match ordering {
            Ordering::Strict => {}
            Ordering::ByPatient => lines.push_str("    order by PID-3\n"),
            Ordering::Free => lines.push_str("    order none\n"),
        }
        if ordering != Ordering::Strict {
            let _ = writeln!(lines, "    lanes {}", 1 + chance.below(16));
        }
        let end = *chance.pick(&["", "", "", "park", "hold", "drop-with-audit"]);
        let give_up = if end.is_empty() { String::new() } else { format!(" give-up 15ms then {end}") };
        let _ = writeln!(lines, "    retry from 1ms to {}ms{give_up}", 1 + chance.below(5));
        if chance.one_in(4) {
            lines.push_str("    priority stat when PV1-2 = \"E\"\n");
        }
        if chance.one_in(2) {
            lines.push_str("    replies {\n");
            for row in ["AE", "AR", "unreadable", "wrong-id", "refused", "timeout"] {
                if chance.one_in(2) {
                    let _ = writeln!(lines, "      {row} {}", chance.pick(&["retry", "park", "hold"]));
                }
            }
            lines.push_str("      CR park\n    }\n");
        }
        Target {
            name: format!("d{number}"),
            to: format!("i{interface}-d{number}"),
            ordering,
            may_expire: end == "drop-with-audit",
            lines,
        }
    }
}
