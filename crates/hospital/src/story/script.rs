//! Runs the list of stories: what is due, what was seen, what has healed.

use super::{Deed, FAULTS, Fault, Sign, TOUR};
use crate::flow::SystemName;
use serde::Serialize;
use std::{collections::BTreeMap, time::Duration};

/// What the one who runs the demo reads off the engine and the partners. Counts are totals since the start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Observation {
    /// Deliveries waiting, retrying or held, by receiver.
    pub waiting: BTreeMap<String, u64>,
    /// Deliveries that ended well, by receiver.
    pub delivered: BTreeMap<String, u64>,
    /// Deliveries parked now, by receiver.
    pub parked: BTreeMap<String, u64>,
    /// Messages accepted, by sending system ([`SystemName::as_str`]).
    pub accepted: BTreeMap<String, u64>,
    /// Messages that wait now because a code is in no table.
    pub code_missing: u64,
    /// Messages the engine recognised as sent before.
    pub duplicates: u64,
    /// Messages that receivers got twice.
    pub received_twice: u64,
    /// Receivers that got a message of the story of the lab result.
    pub reached: usize,
}

/// Something to do now.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cue {
    /// Which story.
    pub fault: &'static Fault,
    /// Its end; else its start.
    pub is_end: bool,
    /// What to do.
    pub deed: Deed,
}

/// How one story went, as `sinew demo --json` reports it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// [`Fault::name`].
    pub name: &'static str,
    /// Its sign was there.
    pub seen: bool,
    /// And went again.
    pub healed: bool,
}

/// Where one story stands, for those who watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Chapter {
    /// [`Fault::name`].
    pub name: &'static str,
    /// [`Fault::title`].
    pub title: &'static str,
    /// [`Fault::look`].
    pub look: &'static str,
    /// See [`Stage`].
    pub stage: Stage,
    /// Seconds until it begins; 0 from then on.
    pub begins_in_s: u64,
}

/// How far a story is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// It has not begun.
    Coming,
    /// It goes on.
    UnderWay,
    /// What was wrong is put right, and it is not yet well.
    Healing,
    /// It was seen, and is well again.
    Healed,
}

#[derive(Clone, Debug, Default)]
struct Progress {
    is_started: bool,
    is_ended: bool,
    is_seen: bool,
    is_healed: bool,
    /// What was observed when it started and ended, to tell what is new since.
    at_start: Option<Observation>,
    at_end: Option<Observation>,
}

/// The stories of one run.
#[derive(Clone, Debug)]
pub struct Script {
    length: Duration,
    /// Time passed over by [`Script::skip`].
    skipped: Duration,
    progress: [Progress; FAULTS.len()],
    /// When each system was last heard, and with how many messages.
    heard: BTreeMap<String, (Duration, u64)>,
}

impl Script {
    /// The stories over a run of that length; without one, over a [`TOUR`], once.
    #[must_use]
    pub fn new(length: Option<Duration>) -> Script {
        Script {
            length: length.unwrap_or(TOUR),
            skipped: Duration::ZERO,
            progress: std::array::from_fn(|_| Progress::default()),
            heard: BTreeMap::new(),
        }
    }

    /// When a story starts and ends, since the start of the run, without what was skipped.
    #[must_use]
    pub fn times(&self, fault: &Fault) -> (Duration, Duration) {
        (self.length.mul_f64(fault.starts_at), self.length.mul_f64(fault.ends_at))
    }

    /// What is to be done by now; each cue is given once.
    pub fn due(&mut self, elapsed: Duration) -> Vec<Cue> {
        let now = elapsed + self.skipped;
        let mut cues = Vec::new();
        for (index, fault) in FAULTS.iter().enumerate() {
            let (starts, ends) = self.times(fault);
            let progress = &mut self.progress[index];
            if now >= starts && !progress.is_started {
                progress.is_started = true;
                cues.push(Cue { fault, is_end: false, deed: fault.start });
            }
            if now >= ends && progress.is_started && !progress.is_ended {
                progress.is_ended = true;
                cues.push(Cue { fault, is_end: true, deed: fault.end });
            }
        }
        cues
    }

    /// Judges each story that has started. Call it a few times a second, after acting on [`Script::due`].
    pub fn observe(&mut self, elapsed: Duration, now: &Observation) {
        for (system, &count) in &now.accepted {
            match self.heard.get_mut(system) {
                Some(heard) if heard.1 == count => {}
                Some(heard) => *heard = (elapsed, count),
                None => {
                    self.heard.insert(system.clone(), (elapsed, count));
                }
            }
        }
        for (index, fault) in FAULTS.iter().enumerate() {
            let mut progress = std::mem::take(&mut self.progress[index]);
            if progress.is_started {
                let start = progress.at_start.get_or_insert_with(|| now.clone());
                progress.is_seen |= self.shows(fault, fault.seen, elapsed, now, start);
            }
            if progress.is_ended {
                let end = progress.at_end.get_or_insert_with(|| now.clone());
                let since =
                    if fault.healed == Sign::NoneTwice { progress.at_start.as_ref().unwrap_or(end) } else { end };
                progress.is_healed |= progress.is_seen && self.shows(fault, fault.healed, elapsed, now, since);
            }
            self.progress[index] = progress;
        }
    }

    fn shows(&self, fault: &Fault, sign: Sign, elapsed: Duration, now: &Observation, before: &Observation) -> bool {
        let of = |counts: &BTreeMap<String, u64>, name: &str| counts.get(name).copied().unwrap_or(0);
        match sign {
            Sign::Waiting { receiver, at_least } => of(&now.waiting, receiver) >= at_least,
            Sign::Drained { receiver } => {
                of(&now.waiting, receiver) <= 2 && of(&now.delivered, receiver) > of(&before.delivered, receiver)
            }
            Sign::Silent(system) => self.silence(system, elapsed) >= self.silence_long_enough(fault),
            Sign::Heard(system) => of(&now.accepted, system.as_str()) > of(&before.accepted, system.as_str()),
            Sign::CodeMissing => now.code_missing > 0,
            Sign::CodeKnown => now.code_missing == 0,
            Sign::Reached { receivers } => now.reached >= receivers,
            Sign::DuplicateSeen => now.duplicates > 0,
            Sign::NoneTwice => now.received_twice <= before.received_twice,
            Sign::Parked { receiver } => of(&now.parked, receiver) > 0,
            Sign::Unparked { receiver } => of(&now.parked, receiver) == 0,
        }
    }

    /// Half of the story: what was under way when it began does not count against it.
    fn silence_long_enough(&self, fault: &Fault) -> Duration {
        self.length.mul_f64((fault.ends_at - fault.starts_at) / 2.0)
    }

    fn silence(&self, system: SystemName, elapsed: Duration) -> Duration {
        self.heard.get(system.as_str()).map_or(Duration::ZERO, |(last, _)| elapsed.saturating_sub(*last))
    }

    /// Goes to the next start or end of a story at once.
    pub fn skip(&mut self, elapsed: Duration) {
        let now = elapsed + self.skipped;
        let times = FAULTS.iter().flat_map(|fault| <[Duration; 2]>::from(self.times(fault)));
        if let Some(next) = times.filter(|time| *time > now).min() {
            self.skipped += next - now;
        }
    }

    /// The story that is under way, if one is.
    #[must_use]
    pub fn current(&self) -> Option<&'static Fault> {
        let is_current = |progress: &Progress| progress.is_started && !progress.is_ended;
        self.progress.iter().position(is_current).map(|index| &FAULTS[index])
    }

    /// Every story has ended and healed.
    #[must_use]
    pub fn is_healed(&self) -> bool {
        self.progress.iter().all(|progress| progress.is_healed)
    }

    /// Where each story stands, in order.
    #[must_use]
    pub fn chapters(&self, elapsed: Duration) -> Vec<Chapter> {
        let now = elapsed + self.skipped;
        let chapter = |(fault, progress): (&Fault, &Progress)| Chapter {
            name: fault.name,
            title: fault.title,
            look: fault.look,
            stage: match (progress.is_started, progress.is_ended, progress.is_healed) {
                (_, _, true) => Stage::Healed,
                (_, true, false) => Stage::Healing,
                (true, false, false) => Stage::UnderWay,
                (false, false, false) => Stage::Coming,
            },
            begins_in_s: self.times(fault).0.saturating_sub(now).as_secs(),
        };
        FAULTS.iter().zip(&self.progress).map(chapter).collect()
    }

    /// How each story went so far.
    #[must_use]
    pub fn outcomes(&self) -> Vec<Outcome> {
        let outcome = |(fault, progress): (&Fault, &Progress)| Outcome {
            name: fault.name,
            seen: progress.is_seen,
            healed: progress.is_healed,
        };
        FAULTS.iter().zip(&self.progress).map(outcome).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::RECEIVERS;

    const SECOND: Duration = Duration::from_secs(1);

    fn seen_and_healed(script: &Script, name: &str) -> (bool, bool) {
        let found = script.outcomes().into_iter().find(|outcome| outcome.name == name).unwrap();
        (found.seen, found.healed)
    }

    #[test]
    fn stories_follow_each_other() {
        for pair in FAULTS.windows(2) {
            assert!(pair[0].starts_at < pair[0].ends_at && pair[0].ends_at <= pair[1].starts_at);
        }
        assert!(FAULTS.iter().all(|fault| fault.ends_at <= 0.9), "the rest of the run is for healing");
        for fault in FAULTS {
            for deed in [fault.start, fault.end] {
                if let Deed::Tell { receiver, .. } | Deed::RetryParked { receiver } = deed {
                    assert!(RECEIVERS.iter().any(|known| known.name == receiver), "{receiver}");
                }
            }
        }
    }

    #[test]
    fn every_cue_comes_once_at_any_length() {
        for seconds in [20, 60, 600] {
            let mut script = Script::new(Some(SECOND * seconds));
            let cues: Vec<Cue> = (0..=seconds * 10).flat_map(|tenth| script.due(SECOND * tenth / 10)).collect();
            assert_eq!(cues.len(), FAULTS.len() * 2);
            assert!(cues.chunks(2).all(|pair| pair[0].fault == pair[1].fault && !pair[0].is_end && pair[1].is_end));
            assert!(script.due(SECOND * seconds * 2).is_empty());
        }
    }

    #[test]
    fn a_partner_that_was_down_is_seen_and_healed() {
        let mut script = Script::new(Some(SECOND * 100));
        let observe = |script: &mut Script, second: u32, waiting: u64, delivered: u64| {
            script.due(SECOND * second);
            let mut now = Observation::default();
            now.waiting.insert("pacs".into(), waiting);
            now.delivered.insert("pacs".into(), delivered);
            script.observe(SECOND * second, &now);
            seen_and_healed(script, "pacs-down")
        };
        assert_eq!(observe(&mut script, 10, 50, 5), (false, false), "a queue before the story says nothing");
        assert_eq!(observe(&mut script, 26, 1, 9), (false, false));
        assert_eq!(observe(&mut script, 30, 12, 9), (true, false));
        assert_eq!(observe(&mut script, 43, 12, 9), (true, false));
        assert_eq!(script.chapters(SECOND * 43)[1].stage, Stage::Healing);
        assert_eq!(observe(&mut script, 44, 0, 25), (true, true));
        let stages: Vec<Stage> = script.chapters(SECOND * 44).into_iter().map(|chapter| chapter.stage).collect();
        assert_eq!(stages[..3], [Stage::Healing, Stage::Healed, Stage::Coming]);
        assert_eq!(script.chapters(SECOND * 44)[2].begins_in_s, 10);
    }

    #[test]
    fn silence_is_seen_and_ends() {
        let mut script = Script::new(Some(SECOND * 100));
        let mut observe = |second: u32, accepted: u64| {
            script.due(SECOND * second);
            let mut now = Observation::default();
            now.accepted.insert("clinic".into(), accepted);
            script.observe(SECOND * second, &now);
            seen_and_healed(&script, "clinic-silent")
        };
        assert_eq!(observe(50, 10), (false, false));
        assert_eq!(observe(55, 11), (false, false));
        assert_eq!(observe(62, 11), (true, false));
        assert_eq!(observe(65, 11), (true, false));
        assert_eq!(observe(66, 12), (true, true));
    }

    #[test]
    fn a_delivery_in_double_does_not_heal() {
        let mut script = Script::new(Some(SECOND * 100));
        let mut observe = |second: u32, duplicates: u64, received_twice: u64| {
            script.due(SECOND * second);
            script.observe(SECOND * second, &Observation { duplicates, received_twice, ..Observation::default() });
            seen_and_healed(&script, "duplicate-patient")
        };
        assert_eq!(observe(80, 0, 2), (false, false));
        assert_eq!(observe(82, 1, 2), (true, false));
        assert_eq!(observe(84, 1, 3), (true, false));
        assert_eq!(observe(85, 1, 2), (true, true));
    }

    #[test]
    fn skipping_goes_to_what_is_next() {
        let mut script = Script::new(None);
        assert!(script.due(SECOND).is_empty());
        script.skip(SECOND);
        assert_eq!(script.due(SECOND).first().map(|cue| cue.fault.name), Some("lab-result"));
        assert_eq!(script.current().map(|fault| fault.name), Some("lab-result"));
        script.skip(SECOND);
        assert!(script.due(SECOND).first().is_some_and(|cue| cue.is_end));
        assert!(!script.is_healed());
    }
}
