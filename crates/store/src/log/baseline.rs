//! The record that retention writes before it drops segments: what they counted (docs/spec/store-format.md §6).

use crate::wire::{Put, Take};
use message::{Counts, Name};

/// Counters of every message below `cut`, by interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Baseline {
    pub(crate) cut: u64,
    pub(crate) counts: Vec<(Name, Counts)>,
}

impl Baseline {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        out.put_u64(self.cut);
        out.put_varint(self.counts.len() as u64);
        for (name, counts) in &self.counts {
            out.put_counted(name.as_bytes());
            put_counts(&mut out, counts);
        }
        out
    }

    pub(crate) fn decode(body: &[u8]) -> Option<Baseline> {
        let mut take = Take(body);
        let cut = take.u64()?;
        let counts = (0..take.count()?).map(|_| Some((Name::from(take.text()?), take_counts(&mut take)?)));
        Some(Baseline { cut, counts: counts.collect::<Option<_>>()? })
    }
}

pub(crate) fn put_counts(out: &mut Vec<u8>, counts: &Counts) {
    let Counts { accepted, delivered, filtered, parked, expired, deleted, in_flight } = *counts;
    for count in [accepted, delivered, filtered, parked, expired, deleted, in_flight] {
        out.put_varint(count);
    }
}

pub(crate) fn take_counts(take: &mut Take<'_>) -> Option<Counts> {
    Some(Counts {
        accepted: take.varint()?,
        delivered: take.varint()?,
        filtered: take.varint()?,
        parked: take.varint()?,
        expired: take.varint()?,
        deleted: take.varint()?,
        in_flight: take.varint()?,
    })
}
