//! Which of the files that are there are wanted, in which order, and which of them have stopped growing.

use super::glob;
use std::{
    collections::HashMap,
    ffi::{OsStr, OsString},
    time::{Duration, SystemTime},
};
use tokio::time::Instant;

/// Files that one look takes note of; the rest wait until these are gone.
pub(crate) const FILES_MAX: usize = 100_000;

/// A file that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) name: OsString,
    pub(crate) identity: Identity,
}

/// What tells an unchanged file from a changed one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) size: u64,
    pub(crate) changed: SystemTime,
}

/// Puts files in the order in which they are to be read.
pub(crate) fn sort(found: &mut [Found], is_by_time: bool) {
    if is_by_time {
        found.sort_by(|one, other| (one.identity.changed, &one.name).cmp(&(other.identity.changed, &other.name)));
    } else {
        found.sort_by(|one, other| one.name.cmp(&other.name));
    }
}

/// Hidden files and the usual names of half-written ones are left alone.
pub(crate) fn is_wanted(name: &OsStr, pattern: &str) -> bool {
    let name = name.to_string_lossy();
    let lower = name.to_ascii_lowercase();
    !name.starts_with('.') && !lower.ends_with(".tmp") && !lower.ends_with(".part") && glob::matches(pattern, &name)
}

/// What earlier looks saw.
#[derive(Default)]
pub(crate) struct Watchlist {
    sightings: HashMap<OsString, Sighting>,
}

struct Sighting {
    identity: Identity,
    since: Instant,
}

impl Watchlist {
    /// Keeps the files that have been the same for `stable`; forgets those that are gone.
    pub(crate) fn ripe(&mut self, found: Vec<Found>, now: Instant, stable: Duration) -> Vec<Found> {
        let mut sightings = HashMap::with_capacity(found.len());
        let mut ripe = Vec::new();
        for file in found {
            let since = match self.sightings.get(&file.name) {
                Some(sighting) if sighting.identity == file.identity => sighting.since,
                Some(_) | None => now,
            };
            sightings.insert(file.name.clone(), Sighting { identity: file.identity, since });
            if now.saturating_duration_since(since) >= stable {
                ripe.push(file);
            }
        }
        self.sightings = sightings;
        ripe
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wanted_names() {
        let check = |name: &str, expect: bool| assert_eq!(is_wanted(OsStr::new(name), "*"), expect, "{name}");
        check("a.hl7", true);
        check(".a.hl7", false);
        check("a.hl7.tmp", false);
        check("a.PART", false);
        check("temp", true);
    }

    #[test]
    fn order() {
        let file = |name: &str, seconds: u64| Found {
            name: name.into(),
            identity: Identity { size: 1, changed: SystemTime::UNIX_EPOCH + Duration::from_secs(seconds) },
        };
        let check = |is_by_time: bool, expect: [&str; 3]| {
            let mut found = [file("b", 2), file("c", 1), file("a", 2)];
            sort(&mut found, is_by_time);
            assert_eq!(found.map(|file| file.name.into_string().unwrap()), expect);
        };
        check(false, ["a", "b", "c"]);
        check(true, ["c", "a", "b"]);
    }

    #[test]
    fn ripe_when_unchanged() {
        let file = |name: &str, size: u64| Found {
            name: name.into(),
            identity: Identity { size, changed: SystemTime::UNIX_EPOCH },
        };
        let (mut watchlist, start) = (Watchlist::default(), Instant::now());
        let stable = Duration::from_secs(2);
        let mut look = |seconds: u64, found: Vec<Found>| {
            let ripe = watchlist.ripe(found, start + Duration::from_secs(seconds), stable);
            ripe.into_iter().map(|file| file.name.into_string().unwrap()).collect::<Vec<_>>()
        };
        assert!(look(0, vec![file("a", 1), file("b", 1)]).is_empty());
        assert!(look(1, vec![file("a", 1), file("b", 2)]).is_empty());
        assert_eq!(look(2, vec![file("a", 1), file("b", 2)]), ["a"]);
        assert_eq!(look(3, vec![file("b", 2)]), ["b"]);
        assert!(look(4, vec![file("a", 1)]).is_empty(), "a came back: its time starts anew");
    }
}
