//! The tables in PostgreSQL: configurations, switches, counts of quality.
//!
//! Promises the contract of [`Tables`].

use super::{
    account,
    connection::{Session, refused},
    quality,
};
use crate::{
    Error,
    tables::{AccountRow, Configuration, QualityChange, QualityQuery, QualityRow, Switch, Tables, limit_of},
};
use message::{Name, Timestamp};
use tokio_postgres::{Row, types::ToSql};

const DOING: &str = "reading or writing the tables";
/// See the module.
pub(super) struct Rooms {
    session: Session,
}

fn failed(error: tokio_postgres::Error) -> Error {
    refused(DOING, &error)
}

impl Rooms {
    pub(super) fn new(session: Session) -> Rooms {
        Rooms { session }
    }
}

impl Tables for Rooms {
    fn configuration_applied(&self, configuration: &Configuration) -> Result<(), Error> {
        let Configuration { interface, version, text, at, by } = configuration.clone();
        let sql = "INSERT INTO configurations (interface, version, text, at, who) VALUES ($1, $2, $3, $4, $5)";
        self.session.run(move |link| async move {
            let parameters: [&(dyn ToSql + Sync); 5] = [&&*interface, &(version as i64), &text, &at.0, &by];
            link.client.execute(sql, &parameters).await.map(|_| ()).map_err(failed)
        })
    }

    fn configurations(&self, interface: &str, limit: usize) -> Result<Vec<Configuration>, Error> {
        let interface = interface.to_owned();
        let sql = "SELECT interface, version, text, at, who FROM configurations WHERE interface = $1
                   ORDER BY number DESC LIMIT $2";
        self.session.run(move |link| async move {
            let rows = link.client.query(sql, &[&interface, &limit_of(limit)]).await.map_err(failed)?;
            let configuration = |row: &Row| Configuration {
                interface: Name::from(row.get::<_, &str>(0)),
                version: row.get::<_, i64>(1) as u64,
                text: row.get(2),
                at: Timestamp(row.get(3)),
                by: row.get(4),
            };
            Ok(rows.iter().map(configuration).collect())
        })
    }

    fn set_switch(&self, name: &str, switch: Option<&Switch>) -> Result<(), Error> {
        let (name, switch) = (name.to_owned(), switch.cloned());
        let set = "INSERT INTO switches (name, value, at, who, reason) VALUES ($1, $2, $3, $4, $5)
                   ON CONFLICT (name) DO UPDATE SET value = $2, at = $3, who = $4, reason = $5";
        self.session.run(move |link| async move {
            let done = match &switch {
                None => link.client.execute("DELETE FROM switches WHERE name = $1", &[&name]).await,
                Some(Switch { value, at, by, reason }) => {
                    link.client.execute(set, &[&name, value, &at.0, by, reason]).await
                }
            };
            done.map(|_| ()).map_err(failed)
        })
    }

    fn quality_change(&self, change: &QualityChange) -> Result<(), Error> {
        let change = change.clone();
        self.session.alone(move |link| async move {
            let done = quality::change(&link, &change).await;
            if done.is_err() {
                let _ = link.client.batch_execute("ROLLBACK").await;
            }
            done.map_err(failed)
        })
    }

    fn quality(&self, query: &QualityQuery) -> Result<Vec<QualityRow>, Error> {
        let query = query.clone();
        self.session.run(move |link| async move { quality::read(&link, &query).await.map_err(failed) })
    }

    fn account_put(&self, row: &AccountRow) -> Result<bool, Error> {
        let row = row.clone();
        self.session.run(move |link| async move { account::put(&link, &row).await.map_err(failed) })
    }

    fn account(&self, kind: &str, id: &str) -> Result<Option<AccountRow>, Error> {
        let (kind, id) = (kind.to_owned(), id.to_owned());
        self.session.run(move |link| async move { account::get(&link, &kind, &id).await.map_err(failed) })
    }

    fn accounts(&self, kind: &str, owner: Option<&str>) -> Result<Vec<AccountRow>, Error> {
        let (kind, owner) = (kind.to_owned(), owner.map(str::to_owned));
        self.session.run(move |link| async move { account::list(&link, &kind, owner.as_deref()).await.map_err(failed) })
    }

    fn account_remove(&self, kind: &str, id: &str) -> Result<bool, Error> {
        let (kind, id) = (kind.to_owned(), id.to_owned());
        self.session.run(move |link| async move { account::remove(&link, &kind, &id).await.map_err(failed) })
    }

    fn accounts_expire(&self, now: Timestamp) -> Result<usize, Error> {
        self.session.run(move |link| async move { account::expire(&link, now).await.map_err(failed) })
    }

    fn switches(&self) -> Result<Vec<(String, Switch)>, Error> {
        let sql = "SELECT name, value, at, who, reason FROM switches ORDER BY name";
        self.session.run(move |link| async move {
            let rows = link.client.query(sql, &[]).await.map_err(failed)?;
            let switch = |row: &Row| {
                let (value, at, by, reason) = (row.get(1), Timestamp(row.get(2)), row.get(3), row.get(4));
                (row.get(0), Switch { value, at, by, reason })
            };
            Ok(rows.iter().map(switch).collect())
        })
    }
}
