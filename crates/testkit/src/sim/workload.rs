//! What senders send: messages with keys, repeated messages, control ids used twice.

use super::{Chance, Scenery};
use crate::sample::SECRET;
use bytes::Bytes;

/// One message of a sender.
#[derive(Clone)]
pub struct Letter {
    /// The interface that it is for.
    pub interface: String,
    /// MSH-10.
    pub control_id: String,
    /// The message.
    pub bytes: Bytes,
}

/// Every letter, and who sends which in what order; a letter may stand in a sender's list more than once.
pub struct Workload {
    /// All letters, by number.
    pub letters: Vec<Letter>,
    /// The letters of each sender.
    pub senders: Vec<Vec<usize>>,
}

impl Workload {
    /// Senders, each with letters for one interface.
    #[must_use]
    pub fn new(scenery: &Scenery, chance: &mut Chance) -> Workload {
        let mut load = Workload { letters: Vec::new(), senders: Vec::new() };
        let patients = 1 + chance.below(6);
        for sender in 0..2 + chance.below(4) {
            let interface = chance.pick(&scenery.interfaces).name.clone();
            let mut mine: Vec<usize> = Vec::new();
            for number in 0..8 + chance.below(14) {
                if !mine.is_empty() && chance.one_in(7) {
                    mine.push(*chance.pick(&mine.clone()));
                    continue;
                }
                let control_id = match mine.is_empty() || !chance.one_in(9) {
                    true => format!("S{sender}-{number:03}"),
                    false => load.letters[*chance.pick(&mine)].control_id.clone(),
                };
                let patient = format!("P{}", chance.below(patients));
                let class = if chance.one_in(5) { "E" } else { "I" };
                let bytes = letter(&control_id, &patient, class, &format!("{sender}.{number}"), chance);
                mine.push(load.letters.len());
                load.letters.push(Letter { interface: interface.clone(), control_id, bytes });
            }
            load.senders.push(mine);
        }
        load
    }
}

/// The note makes every letter different; some are longer than a sector of a disk.
fn letter(control_id: &str, patient: &str, class: &str, note: &str, chance: &mut Chance) -> Bytes {
    let length = if chance.one_in(6) { chance.below(3000) } else { chance.below(60) };
    let filler: String = (0..length).map(|_| char::from(b'a' + (chance.below(26) as u8))).collect();
    format!(
        "MSH|^~\\&|REG|NORTH|SINEW|HUB|20260301070809||ADT^A01|{control_id}|P|2.5.1\rPID|1||{patient}||{SECRET}^ADA\r\
         PV1|1|{class}|4W\rNTE|1||{note} {filler} {SECRET}\r"
    )
    .into()
}
