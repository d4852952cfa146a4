//! Days of the log: ranges of ids, a pair of partitions and a data key each.
//!
//! Promises: a day's key is stored, wrapped, before the first record is sealed with it.

use super::connection::{Link, refused};
use crate::{
    Error,
    envelope::{self, Block},
    keys::{Keyring, Keys},
    log::segment::Owner,
    seal::{self, SealingKey},
};
use message::Timestamp;
use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};

/// Bits of an id below its day: 68 billion records a day, and ids stay exact as JSON numbers until the year 2328.
const DAY_BITS: u32 = 36;
/// The first bytes of a day's block.
const MAGIC: &[u8; 8] = b"SINEWDAY";
const MICROS_PER_DAY: i64 = 86_400_000_000;

/// What has a partition for each day, and how full its pages are made: states of `found` change in place.
const TABLES: [(&str, u8); 4] = [("messages", 100), ("changes", 100), ("found", 80), ("keys", 100)];

/// Days since 1970 of a time.
pub(super) fn day_at(at: i64) -> u64 {
    u64::try_from(at.div_euclid(MICROS_PER_DAY)).unwrap_or(0)
}

/// The day of an id.
pub(super) fn day_of(id: u64) -> u64 {
    id >> DAY_BITS
}

/// The first id of a day.
pub(super) fn base_of(day: u64) -> u64 {
    day << DAY_BITS
}

/// `2026_03_01`
fn suffix(day: u64) -> String {
    let (year, month, date, ..) = Timestamp(day as i64 * MICROS_PER_DAY).utc();
    format!("{year:04}_{month:02}_{date:02}")
}

/// The days that there are, with their keys.
pub(super) struct Days {
    owner: Owner,
    keys: RwLock<BTreeMap<u64, Arc<SealingKey>>>,
}

impl Days {
    pub(super) fn new(owner: Owner) -> Days {
        Days { owner, keys: RwLock::default() }
    }

    /// The key of the day that an id is in.
    pub(super) fn key(&self, id: u64) -> Option<Arc<SealingKey>> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).get(&day_of(id)).cloned()
    }

    /// Every day, in order.
    pub(super) fn list(&self) -> Vec<u64> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).keys().copied().collect()
    }

    pub(super) fn has(&self, day: u64) -> bool {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).contains_key(&day)
    }

    fn insert(&self, day: u64, key: &[u8; 32]) -> Result<(), Error> {
        let key = Arc::new(SealingKey::new(key)?);
        self.keys.write().unwrap_or_else(PoisonError::into_inner).insert(day, key);
        Ok(())
    }

    /// Forgets the days before one.
    pub(super) fn forget_before(&self, day: u64) {
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        *keys = keys.split_off(&day);
    }

    /// Reads the keys of the days that the database has.
    pub(super) async fn load(&self, link: &Link) -> Result<(), Error> {
        let rows = link.client.query("SELECT day, key FROM days ORDER BY day", &[]).await;
        let rows = rows.map_err(|error| refused("reading the days of the log", &error))?;
        let first = rows.first().map_or(0, |row| row.get::<_, i32>(0) as u64);
        self.forget_before(first);
        for row in rows {
            let (day, area): (i32, Vec<u8>) = (row.get(0), row.get(1));
            let (block, key) = envelope::open("the key of a day", &area, MAGIC, &self.owner.keys.now())?;
            if block.store != self.owner.store || block.numbers[0] != day as u64 {
                return Err(Error::corrupt("the key of a day", day as u64, "the key belongs to another day or store"));
            }
            self.insert(day as u64, &key)?;
        }
        Ok(())
    }

    /// Makes a day's partitions and key, unless they are there.
    pub(super) async fn make(&self, link: &Link, day: u64) -> Result<(), Error> {
        let failed = |error: tokio_postgres::Error| refused("making a day's partitions", &error);
        let key: [u8; 32] = seal::random()?;
        let block = Block { magic: *MAGIC, store: self.owner.store, numbers: [day, 0] };
        let (name, from, to) = (suffix(day), base_of(day), base_of(day + 1));
        // Attached, not created as a partition: that would wait for every reader of the log, and hold the writers back
        // meanwhile. Rows are only added, so a vacuum finds nothing, and whole days are dropped before they need one.
        let tables: String = TABLES
            .map(|(table, fill)| {
                format!(
                    "CREATE TABLE {table}_{name} (LIKE {table} INCLUDING ALL)
                         WITH (autovacuum_vacuum_insert_threshold = -1, fillfactor = {fill});
                     ALTER TABLE {table} ATTACH PARTITION {table}_{name} FOR VALUES FROM ({from}) TO ({to});"
                )
            })
            .concat();
        // Which master key wraps is asked behind the lock that whoever exchanges it holds: no day is left under the old one.
        let begin = "BEGIN; SET LOCAL lock_timeout = '5s'; LOCK TABLE days IN ROW EXCLUSIVE MODE";
        let made = async {
            link.client.batch_execute(begin).await.map_err(failed)?;
            let area = block.area(&self.owner.keys.now().current, &key)?;
            let insert = "INSERT INTO days (day, key) VALUES ($1, $2) ON CONFLICT DO NOTHING";
            if link.client.execute(insert, &[&(day as i32), &area]).await.map_err(failed)? == 1 {
                link.client.batch_execute(&tables).await.map_err(failed)?;
            }
            link.client.batch_execute("COMMIT").await.map_err(failed)
        };
        if let Err(error) = made.await {
            let _ = link.client.batch_execute("ROLLBACK").await;
            return Err(error);
        }
        self.load(link).await
    }

    /// The master keys that wrap those of the days.
    pub(super) fn keys(&self) -> &Keyring {
        &self.owner.keys
    }
}

/// Bytes of the partitions of the day that begins with an id.
pub(super) const DAY_BYTES: &str = "
    SELECT coalesce(sum(pg_total_relation_size(inhrelid)), 0)::int8
    FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
    WHERE inhparent IN ('messages'::regclass, 'changes'::regclass)
      AND pg_get_expr(relpartbound, inhrelid) LIKE 'FOR VALUES FROM (''' || $1::int8 || ''')%'";

/// The statements that drop a day.
pub(super) fn dropping(day: u64) -> String {
    let name = suffix(day);
    let tables: String = TABLES.map(|(table, _)| format!("DROP TABLE {table}_{name}; ")).concat();
    format!("{tables} DELETE FROM days WHERE day = {day};")
}

/// A day's block with its key wrapped by the current master key.
pub(super) fn rewrapped(area: &[u8], keys: &Keys) -> Result<Vec<u8>, Error> {
    envelope::rewrapped("the key of a day", area, MAGIC, keys)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_know_their_day() {
        let at = 1_772_348_889_123_456;
        let day = day_at(at);
        assert_eq!((suffix(day).as_str(), suffix(0).as_str()), ("2026_03_01", "1970_01_01"));
        assert_eq!(day_of(base_of(day)), day);
        assert_eq!(day_of(base_of(day + 1) - 1), day);
        assert!(base_of(day_at(11_300_000_000_000_000)) < 1 << 53, "exact in JSON");
        assert_eq!(day_at(-5), 0);
    }
}
