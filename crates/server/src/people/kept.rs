//! Records in the tables of the store, sealed.
//!
//! Promises: a record that was moved to another name, or changed behind our back, is not read; of two who change the same
//! record at once, both changes are in it or one is told.
//! Never: blocks a task that serves sockets by itself; its callers stand aside for it.

use super::{chance, record::Record};
use crate::{codes, problem::Problem};
use axum::http::StatusCode;
use message::Timestamp;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use store::{AccountRow, Store};

/// Times that a change is tried when others change the same record.
const TRIES_MAX: usize = 8;

/// See the module.
pub(crate) struct Kept {
    store: Store,
    key: LessSafeKey,
}

fn damaged() -> Problem {
    let text = "a record of the accounts is damaged: restore it from a backup, or remove and make it again";
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, store::codes::E4090, text)
}

fn place(kind: &str, id: &str) -> Vec<u8> {
    [kind.as_bytes(), &[0], id.as_bytes()].concat()
}

impl Kept {
    /// The records of this store; `None` when the key cannot be made, which does not happen.
    pub(crate) fn new(store: Store) -> Option<Kept> {
        let key = UnboundKey::new(&AES_256_GCM, &store.key_for("accounts")).ok()?;
        Some(Kept { store, key: LessSafeKey::new(key) })
    }

    fn row<T: Record>(&self, record: &T, revision: u64) -> Result<AccountRow, Problem> {
        let mut sealed = serde_json::to_vec(record).map_err(|_| damaged())?;
        let nonce = chance::bytes::<NONCE_LEN>()?;
        let aad = Aad::from(place(T::KIND, record.id()));
        let unique = Nonce::assume_unique_for_key(nonce);
        self.key.seal_in_place_append_tag(unique, aad, &mut sealed).map_err(|_| damaged())?;
        Ok(AccountRow {
            kind: T::KIND.to_owned(),
            id: record.id().to_owned(),
            owner: record.owner().to_owned(),
            until: record.until(),
            revision,
            body: [&nonce[..], &sealed].concat(),
        })
    }

    fn open<T: Record>(&self, row: AccountRow) -> Result<(T, u64), Problem> {
        let AccountRow { id, revision, mut body, .. } = row;
        let (nonce, sealed) = body.split_first_chunk_mut::<NONCE_LEN>().ok_or_else(damaged)?;
        let aad = Aad::from(place(T::KIND, &id));
        let text = self.key.open_in_place(Nonce::assume_unique_for_key(*nonce), aad, sealed).map_err(|_| damaged())?;
        Ok((serde_json::from_slice(text).map_err(|_| damaged())?, revision))
    }

    /// The record of this name.
    pub(crate) fn find<T: Record>(&self, id: &str) -> Result<Option<T>, Problem> {
        let row = self.store.tables().account(T::KIND, id)?;
        row.map(|row| self.open(row).map(|(record, _)| record)).transpose()
    }

    /// Every record of a kind, perhaps of one owner. One that is damaged is left out: the others have to work.
    pub(crate) fn list<T: Record>(&self, owner: Option<&str>) -> Result<Vec<T>, Problem> {
        let rows = self.store.tables().accounts(T::KIND, owner)?;
        Ok(rows.into_iter().filter_map(|row| self.open(row).ok()).map(|(record, _)| record).collect())
    }

    /// The names of the records of a kind that [`Kept::list`] leaves out: damaged, or of another store.
    pub(crate) fn unreadable<T: Record>(&self) -> Result<Vec<String>, Problem> {
        let rows = self.store.tables().accounts(T::KIND, None)?;
        let names = rows.into_iter().map(|row| (row.id.clone(), row));
        Ok(names.filter_map(|(name, row)| self.open::<T>(row).is_err().then_some(name)).collect())
    }

    /// Keeps a new record; `false` when there is one of that name.
    pub(crate) fn add<T: Record>(&self, record: &T) -> Result<bool, Problem> {
        Ok(self.store.tables().account_put(&self.row(record, 1)?)?)
    }

    /// Changes the record of this name; `None` when there is none. When somebody else changes it meanwhile, `change` is
    /// called again with what it is then.
    pub(crate) fn change<T: Record, R>(
        &self,
        id: &str,
        change: impl Fn(&mut T) -> Result<R, Problem>,
    ) -> Result<Option<(T, R)>, Problem> {
        for _ in 0..TRIES_MAX {
            let Some(row) = self.store.tables().account(T::KIND, id)? else { return Ok(None) };
            let (mut record, revision) = self.open::<T>(row)?;
            let result = change(&mut record)?;
            if self.store.tables().account_put(&self.row(&record, revision + 1)?)? {
                return Ok(Some((record, result)));
            }
        }
        Err(Problem::new(StatusCode::CONFLICT, codes::E7073, "others changed the same record again and again"))
    }

    /// Removes a record; `false` when there is none.
    pub(crate) fn remove<T: Record>(&self, id: &str) -> Result<bool, Problem> {
        Ok(self.store.tables().account_remove(T::KIND, id)?)
    }

    /// Removes what is over.
    pub(crate) fn expire(&self, now: Timestamp) -> Result<(), Problem> {
        self.store.tables().accounts_expire(now)?;
        Ok(())
    }
}
