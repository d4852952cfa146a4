//! The secrets of a workspace: what the vault keeps, what the interfaces and the environment name.
//!
//! Promises: names, times and persons, never a text. The running engine and the commands work on the same file.

use crate::{outcome::Result, place};
use interface::workspace::Workspace;
use message::Timestamp;
use server::secrets::{MISSING, Secret, VAULT};
use std::{collections::BTreeMap, path::PathBuf};
use store::{
    Options,
    vault::{Mark, Vault},
};
use zeroize::Zeroizing;

/// Where the vault of a workspace is, and how it is opened.
pub struct Place {
    data: PathBuf,
    options: Options,
}

impl Place {
    /// Of this workspace. What its interfaces say does not matter: a secret may be what they miss.
    pub fn of(workspace: &Workspace) -> Result<Place> {
        Ok(Place { data: place::store_folder(workspace), options: place::store_options(workspace)? })
    }

    /// Every secret that is kept or named, by name.
    pub fn list(&self, workspace: &Workspace) -> std::result::Result<Vec<Secret>, store::Error> {
        let vault = Vault::open(&self.data, &self.options)?;
        let marks = vault.iter().flat_map(Vault::marks).map(|(name, mark)| (name.to_owned(), Some(mark.clone())));
        let mut marks: BTreeMap<String, Option<Mark>> = marks.collect();
        let mut named = workspace.secrets();
        for name in named.keys() {
            marks.entry(name.clone()).or_default();
        }
        let secret = |(name, mark): (String, Option<Mark>)| {
            let of = named.remove(&name).unwrap_or_default();
            let is_kept = mark.is_some();
            let place = of.place.unwrap_or_else(|| if is_kept { VAULT } else { MISSING }.to_owned());
            let Mark { set, by } = mark.unwrap_or_default();
            Secret { name, place, is_kept, set, by, used_by: of.used_by.into_iter().collect() }
        };
        Ok(marks.into_iter().map(secret).collect())
    }

    /// Keeps a text, over what was there.
    pub fn set(
        &self,
        name: &str,
        text: Zeroizing<String>,
        (by, at): (&str, Timestamp),
    ) -> std::result::Result<(), store::Error> {
        Vault::set((&self.data, &self.options), name, text, Mark { set: Some(at), by: by.to_owned() })
    }

    /// Forgets a name; `false` where there is none.
    pub fn remove(&self, name: &str) -> std::result::Result<bool, store::Error> {
        Vault::remove(&self.data, &self.options, name)
    }
}
