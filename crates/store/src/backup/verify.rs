//! Checking a repository, and dropping backups from it.
//!
//! Promises: without a key every object's bytes, every manifest and their chain are checked, and that nothing is
//! missing; with the key also that each piece is what was backed up and that the store itself made the manifests. What
//! [`Repository::prune`] removes is first named, and never anything that a kept backup needs.

use super::{
    Error,
    manifest::{Added, Manifest},
    open,
    repository::Repository,
};
use crate::age::Identity;
use std::collections::{BTreeMap, BTreeSet};

/// What a check found.
#[derive(Clone, Debug, Default)]
pub struct Verified {
    /// Manifests that were read.
    pub backups: u64,
    /// Objects that were read.
    pub objects: u64,
    /// Bytes of them.
    pub bytes: u64,
    /// Objects that no backup needs: of a killed backup, or of pruned ones.
    pub unused: u64,
    /// Everything that is wrong, in the order of the backups.
    pub problems: Vec<Error>,
}

/// A backup in a list.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The manifest's file.
    pub file: String,
    /// What it says, or why it cannot be read.
    pub manifest: Result<Manifest, Error>,
}

/// What a prune removes.
#[derive(Clone, Debug, Default)]
pub struct Pruning {
    /// Numbers of the backups that go.
    pub drops: Vec<u64>,
    /// Numbers of those that stay.
    pub keeps: Vec<u64>,
    /// Objects that go, and their bytes.
    pub frees: Added,
    files: Vec<String>,
    objects: Vec<String>,
}

/// Whether the pieces of the log follow each other up to where it ends.
fn is_gapless(manifest: &Manifest) -> bool {
    manifest.segments.iter().all(|entry| {
        let end = entry.pieces.iter().try_fold(0, |at, piece| (piece.from == at).then_some(at + piece.length));
        end.is_some_and(|end| end == entry.capacity.min(manifest.end.saturating_sub(entry.base)))
    })
}

impl Repository {
    /// Every backup, the oldest first.
    ///
    /// # Errors
    /// `Unavailable`.
    pub fn list(&self) -> Result<Vec<Listed>, Error> {
        let listed = |(file, found): super::repository::Listed| Listed { file, manifest: found.map(|f| f.manifest) };
        Ok(self.manifests()?.into_iter().map(listed).collect())
    }

    /// The newest backup.
    ///
    /// # Errors
    /// `Unavailable`, `Damaged`, `Incompatible`.
    pub fn last(&self) -> Result<Option<Manifest>, Error> {
        self.newest()?.map(|name| Ok(self.manifest(&name)?.manifest)).transpose()
    }

    /// Checks everything. `visit` hears how many objects are done of how many.
    ///
    /// # Errors
    /// `Unavailable` and `NoBackup`: there is nothing to check. What is wrong with what is there stands in the result.
    pub fn verify(&self, identities: &[Identity], visit: &mut dyn FnMut(u64, u64)) -> Result<Verified, Error> {
        let manifests = self.manifests()?;
        if manifests.is_empty() {
            return Err(Error::NoBackup { what: format!("{} holds no backup", self.folder().display()).into() });
        }
        let mut verified = Verified { backups: manifests.len() as u64, ..Verified::default() };
        let mut pieces = BTreeMap::new();
        let mut before: Option<(u64, String)> = None;
        for (name, found) in &manifests {
            let file = format!("backups/{name}");
            let found = match found {
                Ok(found) => found,
                Err(error) => {
                    verified.problems.push(error.clone());
                    before = None;
                    continue;
                }
            };
            let manifest = &found.manifest;
            let named = manifest.previous.as_ref().map(|previous| (previous.number, previous.sha256.clone()));
            if before.is_some() && named != before {
                let what = "it does not follow the manifest before it: one was removed or exchanged";
                verified.problems.push(Error::Broken { file: file.as_str().into(), what });
            }
            before = Some((manifest.number, found.sha256.clone()));
            if !is_gapless(manifest) {
                let what = "the pieces of the log have a gap";
                verified.problems.push(Error::Broken { file: file.as_str().into(), what });
            }
            if !identities.is_empty()
                && let Err(error) = self.prove(found, identities)
            {
                verified.problems.push(error);
            }
            for piece in manifest.pieces() {
                pieces.entry(piece.object.clone()).or_insert_with(|| piece.clone());
            }
        }
        let all = pieces.len() as u64;
        for (number, piece) in pieces.values().enumerate() {
            let checked = match identities {
                [] => self.check_object(&piece.object, Some(piece.size)).map(drop),
                _ => open::decrypt(self, piece, identities, &mut |_| Ok(())),
            };
            verified.bytes += piece.size;
            verified.problems.extend(checked.err());
            visit(number as u64 + 1, all);
        }
        verified.objects = all;
        verified.unused = self.objects()?.iter().filter(|(name, _)| !pieces.contains_key(name)).count() as u64;
        Ok(verified)
    }

    fn prove(&self, found: &super::manifest::Found, identities: &[Identity]) -> Result<(), Error> {
        let (_, key) = open::unlock(self, found, identities)?;
        if found.is_proven(&key) {
            return Ok(());
        }
        let what = format!("backups/{} was not made by the store that it names", found.manifest.file_name());
        Err(Error::Foreign { what: what.into() })
    }

    /// What keeping only the newest `keep` backups removes. Changes nothing.
    ///
    /// # Errors
    /// A manifest that cannot be read stops it: what it needs is not known.
    pub fn plan_prune(&self, keep: usize) -> Result<Pruning, Error> {
        let manifests = self.manifests()?;
        let mut pruning = Pruning::default();
        let mut needed = BTreeSet::new();
        let first_kept = manifests.len().saturating_sub(keep.max(1));
        for (place, (name, found)) in manifests.into_iter().enumerate() {
            let manifest = found?.manifest;
            if place < first_kept {
                pruning.drops.push(manifest.number);
                pruning.files.push(name);
            } else {
                pruning.keeps.push(manifest.number);
                needed.extend(manifest.pieces().map(|piece| piece.object.clone()));
            }
        }
        for (name, size) in self.objects()?.into_iter().filter(|(name, _)| !needed.contains(name)) {
            pruning.frees.objects += 1;
            pruning.frees.bytes += size;
            pruning.objects.push(name);
        }
        Ok(pruning)
    }

    /// Keeps the newest `keep` backups and removes the others with what only they need.
    ///
    /// # Errors
    /// `Busy`, and those of [`Repository::plan_prune`].
    pub fn prune(&self, keep: usize) -> Result<Pruning, Error> {
        let _lock = self.lock()?;
        self.sweep()?;
        let pruning = self.plan_prune(keep)?;
        // Manifests first and the oldest first: whatever a kill leaves, every backup that is listed is whole.
        pruning.files.iter().try_for_each(|name| self.remove_manifest(name))?;
        self.sync_manifests()?;
        pruning.objects.iter().try_for_each(|name| self.remove_object(name))?;
        Ok(pruning)
    }
}
