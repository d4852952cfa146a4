//! How far a search is: a time, and what was given already around it. It is a page of the notebook.

use crate::codes;
use interface::catalogue::Notebook;
use message::Reason;
use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, sync::Arc, time::Duration};

/// Resources that are remembered; more of them within the overlap are given again after a restart.
const SEEN_MAX: usize = 5000;

/// The page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Bookmark {
    /// Microseconds since 1970: everything that was changed before is given.
    pub(crate) since: i64,
    /// What was given that was changed later than the overlap before `since`: hash of type, id and version, and when it
    /// was changed. A hash, because an id may name a person.
    seen: BTreeMap<String, i64>,
}

impl Bookmark {
    /// From this time on.
    pub(crate) fn at(since: i64) -> Bookmark {
        Bookmark { since, seen: BTreeMap::new() }
    }

    /// Whether this version of a resource was given.
    pub(crate) fn has(&self, mark: &str) -> bool {
        self.seen.contains_key(mark)
    }

    /// It is given.
    pub(crate) fn add(&mut self, mark: String, changed: i64) {
        self.seen.insert(mark, changed);
        while self.seen.len() > SEEN_MAX {
            let oldest = self.seen.iter().min_by_key(|(_, changed)| **changed).map(|(mark, _)| mark.clone());
            let Some(oldest) = oldest else { return };
            self.seen.remove(&oldest);
        }
    }

    /// Everything that was changed before `since` is given; what is older than the overlap need not be remembered.
    pub(crate) fn advance(&mut self, since: i64, overlap: Duration) {
        self.since = self.since.max(since);
        let from = self.from(overlap);
        self.seen.retain(|_, changed| *changed >= from);
    }

    /// From when on the next search asks.
    pub(crate) fn from(&self, overlap: Duration) -> i64 {
        self.since.saturating_sub(i64::try_from(overlap.as_micros()).unwrap_or(i64::MAX))
    }

    /// Reads the page; `None` if there is none yet.
    pub(crate) async fn read(notebook: &Arc<dyn Notebook>, name: &str) -> Result<Option<Bookmark>, Reason> {
        let (notebook, name) = (notebook.clone(), name.to_owned());
        let text = tokio::task::spawn_blocking(move || notebook.read(&name)).await.map_err(|_| fault("read"))??;
        text.map(|text| serde_json::from_str(&text).map_err(|_| fault("read"))).transpose()
    }

    /// Writes the page; it is on disk when this returns.
    pub(crate) async fn write(&self, notebook: &Arc<dyn Notebook>, name: &str) -> Result<(), Reason> {
        let text = serde_json::to_string(self).map_err(|_| fault("written"))?;
        let (notebook, name) = (notebook.clone(), name.to_owned());
        tokio::task::spawn_blocking(move || notebook.write(&name, &text)).await.map_err(|_| fault("written"))?
    }
}

fn fault(what: &str) -> Reason {
    Reason::new(codes::E6537, format!("how far the search is cannot be {what}"))
}

/// The mark of one version of a resource.
pub(crate) fn mark(kind: &str, id: &str, version: &str) -> String {
    let hash = digest(&SHA256, format!("{kind}/{id}/{version}").as_bytes());
    hash.as_ref().iter().take(12).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_old_is_forgotten_and_time_never_goes_back() {
        let overlap = Duration::from_micros(10);
        let mut bookmark = Bookmark::at(100);
        assert_eq!(bookmark.from(overlap), 90);
        bookmark.add("a".into(), 95);
        bookmark.add("b".into(), 120);
        bookmark.advance(104, overlap);
        assert!(bookmark.has("a") && bookmark.has("b"));
        bookmark.advance(106, overlap);
        assert!(!bookmark.has("a") && bookmark.has("b"));
        bookmark.advance(50, overlap);
        assert_eq!(bookmark.since, 106);
        for number in 0..=SEEN_MAX {
            bookmark.add(format!("{number}"), 200);
        }
        assert_eq!(bookmark.seen.len(), SEEN_MAX);
        assert!(!bookmark.has("b"), "the oldest goes first");
    }

    #[test]
    fn a_mark_tells_nothing() {
        let mark = mark("Patient", "10007", "1");
        assert!(mark.len() == 24 && !mark.contains("10007"));
        assert_ne!(mark, super::mark("Patient", "10007", "2"));
    }
}
