//! The ratchet: exceptions to sizes and counts that may only shrink.
//!
//! Promises: an exception that is no longer needed, or larger than needed, is a finding of its own; `shrink` lowers and
//! removes, and never adds or raises. Adding one is an edit of `xtask/ratchet.toml` that a reviewer sees.

use super::{Finding, Measure};
use crate::tree::Tree;
use std::collections::BTreeMap;

/// Where the exceptions are.
const PATH: &str = "xtask/ratchet.toml";

const HEADER: &str = "\
# Exceptions to the house rules, by check: what, and how much of it is allowed.
# They only shrink: `cargo xtask tidy --update-ratchet` lowers and removes, never adds. A new line needs a reason in the
# commit that adds it.
";

/// Allowed amounts by check and key.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Ratchet(BTreeMap<String, BTreeMap<String, usize>>);

impl Ratchet {
    /// Reads the file of the tree; a tree without one allows nothing.
    pub(super) fn read(tree: &Tree) -> Result<Ratchet, String> {
        let text = tree.get(PATH).map_or("", |file| file.text.as_str());
        toml::from_str(text).map(Ratchet).map_err(|error| format!("{PATH}: {error}"))
    }

    /// Lowers every exception to what `found` needs and removes the others; returns how many changed.
    pub(super) fn shrink(&mut self, found: &[Finding]) -> usize {
        let needed = needed(found);
        let mut changed = 0;
        for (check, keys) in &mut self.0 {
            keys.retain(|key, allowed| {
                let need = needed.get(&(check.clone(), key.clone())).copied().unwrap_or(0);
                changed += usize::from(need < *allowed);
                *allowed = need.min(*allowed);
                need > 0
            });
        }
        self.0.retain(|_, keys| !keys.is_empty());
        changed
    }

    /// The findings that no exception excuses, and a finding for each exception that is larger than needed.
    pub(super) fn apply(&self, found: Vec<Finding>) -> Vec<Finding> {
        let needed = needed(&found);
        let is_excused = |finding: &Finding, measure: &Measure| {
            let of = (finding.check.to_string(), measure.key.clone());
            self.allowed(&of).is_some_and(|allowed| needed.get(&of).is_some_and(|need| *need <= allowed))
        };
        let mut left: Vec<Finding> =
            found.into_iter().filter(|f| !f.measure.as_ref().is_some_and(|measure| is_excused(f, measure))).collect();
        for (check, keys) in &self.0 {
            for (key, allowed) in keys {
                let need = needed.get(&(check.clone(), key.clone())).copied().unwrap_or(0);
                if need < *allowed {
                    let message = format!(
                        "[{check}] allows {allowed} for {key}, {need} needed: run `cargo xtask tidy --update-ratchet`"
                    );
                    left.push(Finding::new("ratchet", PATH, 1, message));
                }
            }
        }
        left
    }

    fn allowed(&self, (check, key): &(String, String)) -> Option<usize> {
        self.0.get(check)?.get(key).copied()
    }
}

/// Writes the exceptions back, with the header that explains them.
pub(super) fn write(tree: &Tree, ratchet: &Ratchet) -> Result<(), String> {
    let body = toml::to_string(&ratchet.0).map_err(|error| error.to_string())?;
    let gap = if body.is_empty() { "" } else { "\n" };
    std::fs::write(tree.root.join(PATH), format!("{HEADER}{gap}{body}")).map_err(|error| format!("{PATH}: {error}"))
}

/// How much each (check, key) uses: occurrences add up, of sizes the largest counts.
fn needed(found: &[Finding]) -> BTreeMap<(String, String), usize> {
    let mut needed = BTreeMap::new();
    for finding in found {
        if let Some(measure) = &finding.measure {
            let need: &mut usize = needed.entry((finding.check.to_string(), measure.key.clone())).or_default();
            *need = if measure.adds { *need + measure.amount } else { (*need).max(measure.amount) };
        }
    }
    needed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(allowed: usize) -> Ratchet {
        Ratchet(BTreeMap::from([("panics".to_string(), BTreeMap::from([("a.rs".to_string(), allowed)]))]))
    }

    fn found(times: usize) -> Vec<Finding> {
        vec![Finding::new("panics", "a.rs", 1, "").counted(); times]
    }

    #[test]
    fn excuses() {
        let check = |allowed, times, expect: usize| assert_eq!(of(allowed).apply(found(times)).len(), expect);
        check(2, 2, 0);
        check(2, 3, 3);
        check(2, 1, 1); // larger than needed
        check(2, 0, 1); // not needed
        assert_eq!(Ratchet::default().apply(found(1)).len(), 1);
    }

    #[test]
    fn only_shrinks() {
        let check = |allowed, times, expect: &Ratchet, changed| {
            let mut ratchet = of(allowed);
            assert_eq!(ratchet.shrink(&found(times)), changed);
            assert_eq!(&ratchet, expect);
        };
        check(3, 2, &of(2), 1);
        check(2, 3, &of(2), 0);
        check(2, 0, &Ratchet::default(), 1);
    }
}
