//! Which files are there, and which of them have stopped growing.

use super::{config::Reading, glob};
use crate::codes;
use message::Reason;
use std::{
    collections::HashMap,
    ffi::{OsStr, OsString},
    fs, io,
    time::{Duration, SystemTime},
};
use tokio::time::Instant;

/// Files that one look takes note of; the rest wait until these are gone.
const FILES_MAX: usize = 100_000;

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

/// Looks into the folder: the ordinary files whose names match, in the order in which they are to be read.
pub(crate) fn scan(config: &Reading) -> Result<Vec<Found>, Reason> {
    let complain = |error: io::Error| {
        Reason::new(codes::E6201, format!("{} cannot be read: {}", config.folder.display(), error.kind()))
    };
    let mut found = Vec::new();
    for entry in fs::read_dir(&config.folder).map_err(complain)? {
        let entry = entry.map_err(complain)?;
        let name = entry.file_name();
        if !is_wanted(&name, &config.pattern) {
            continue;
        }
        // `metadata` of an entry does not follow links; a file that vanished meanwhile is none.
        let Ok(metadata) = entry.metadata() else { continue };
        if metadata.is_file() {
            let changed = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            found.push(Found { name, identity: Identity { size: metadata.len(), changed } });
        }
        if found.len() == FILES_MAX {
            break;
        }
    }
    if config.is_sorted_by_time {
        found.sort_by(|one, other| (one.identity.changed, &one.name).cmp(&(other.identity.changed, &other.name)));
    } else {
        found.sort_by(|one, other| one.name.cmp(&other.name));
    }
    Ok(found)
}

/// Hidden files and the usual names of half-written ones are left alone.
fn is_wanted(name: &OsStr, pattern: &str) -> bool {
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
