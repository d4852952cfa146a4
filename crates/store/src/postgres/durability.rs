//! The settings without which a commit is not durable, asserted at every connection.
//!
//! Promises: a database that may forget what it acknowledged, that cannot be written to, or that is older than
//! [`VERSION_MIN`] is refused by the name of the setting. What only weakens protection is told, not refused
//! ([`Inspected`]). Never calls a database highly available that has no synchronous standby.

use crate::Error;
use tokio_postgres::Client;

/// The oldest server that is supported, as `server_version_num`.
const VERSION_MIN: i32 = 130_000;
/// What `synchronous_commit` may be: all of these wait for the local disk.
const COMMIT_MODES: [&str; 3] = ["on", "remote_apply", "remote_write"];

/// What a server that may be used is like.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inspected {
    /// Its version: `15.14`.
    pub version: String,
    /// Without them, damaged pages are noticed by the store's own checksums only.
    pub has_page_checksums: bool,
    /// Without one, losing this server loses what it confirmed: it is not highly available.
    pub has_synchronous_standby: bool,
}

/// Sets what can be set for this session, and refuses what cannot.
pub(super) async fn assert_durable(client: &Client) -> Result<Inspected, Error> {
    let failed = |error: tokio_postgres::Error| super::connection::refused("reading the database's settings", &error);
    let sql = "SELECT current_setting('server_version_num')::int4, current_setting('fsync'),
                      current_setting('full_page_writes'), current_setting('synchronous_commit'),
                      current_setting('data_checksums'), current_setting('synchronous_standby_names'),
                      pg_is_in_recovery(), current_setting('transaction_read_only')";
    // A role or a database may have its own setting: `remote_apply` is more than `on` and is left.
    let set = "SELECT set_config('synchronous_commit', 'on', false)
               WHERE current_setting('synchronous_commit') <> 'remote_apply'";
    client.query(set, &[]).await.map_err(failed)?;
    let row = client.query_one(sql, &[]).await.map_err(failed)?;
    let text = |place: usize| row.get::<_, &str>(place);
    let check = |setting: &'static str, found: &str, is_right: bool, wanted: &'static str| {
        if is_right { Ok(()) } else { Err(Error::Unsafe { setting, found: found.into(), wanted }) }
    };
    let version: i32 = row.get(0);
    check("version", &(version / 10_000).to_string(), version >= VERSION_MIN, "13 or newer")?;
    check("fsync", text(1), text(1) == "on", "on")?;
    check("full_page_writes", text(2), text(2) == "on", "on")?;
    check("synchronous_commit", text(3), COMMIT_MODES.contains(&text(3)), "on or remote_apply")?;
    let is_standby: bool = row.get(6);
    let reason = "the database is a standby and cannot be written to";
    if is_standby || text(7) == "on" {
        return Err(Error::Away { reason: reason.into() });
    }
    Ok(Inspected {
        version: format!("{}.{}", version / 10_000, version % 10_000),
        has_page_checksums: text(4) == "on",
        has_synchronous_standby: !text(5).trim().is_empty(),
    })
}
