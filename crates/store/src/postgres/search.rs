//! From a query to SQL, and back to hits.

use super::connection::{Link, refused};
use crate::{
    Error,
    hash::Key,
    index::{
        Facets, Hit, Page, Query,
        day::{NameKind, SEPARATOR},
        search::{Counting, keys_of, state_of},
    },
};
use message::{MessageId, Name};
use std::{collections::HashMap, fmt::Write};
use tokio_postgres::{Row, types::ToSql};

const DOING: &str = "searching";

/// A query with its identifiers hashed.
pub(super) struct Plan {
    query: Query,
    keys: Vec<i64>,
    /// Messages below were dropped.
    cut: u64,
}

/// The names by number.
struct Names(HashMap<i32, (i16, String)>);

impl Names {
    async fn read(link: &Link) -> Result<Names, Error> {
        let rows = link.client.query("SELECT id, kind, text FROM names", &[]).await;
        let rows = rows.map_err(|error| refused(DOING, &error))?;
        Ok(Names(rows.iter().map(|row| (row.get(0), (row.get(1), row.get(2)))).collect()))
    }

    /// Numbers of a kind whose text passes, as a list for SQL.
    fn list(&self, kind: NameKind, passes: impl Fn(&str) -> bool) -> String {
        let passing = self.0.iter().filter(|(_, (own, text))| *own == kind as i16 && passes(text));
        let list: Vec<String> = passing.map(|(id, _)| id.to_string()).collect();
        if list.is_empty() { "0".to_owned() } else { list.join(",") }
    }

    fn text(&self, id: i32) -> &str {
        self.0.get(&id).map_or("", |(_, text)| text)
    }
}

impl Plan {
    pub(super) fn of(query: &Query, secret: Key, cut: u64) -> Plan {
        Plan { query: query.clone(), keys: keys_of(query, secret), cut }
    }

    /// The hits, newest first, one page.
    pub(super) async fn find(&self, link: &Link) -> Result<Page, Error> {
        let limit = self.query.limit();
        let names = Names::read(link).await?;
        let sql = format!(
            "SELECT m.id, m.at, m.interface, m.form, m.route, m.state, m.flags {} ORDER BY m.id DESC LIMIT {}",
            self.conditions(&names),
            limit + 1
        );
        let rows = self.query(link, &sql).await?;
        let mut hits: Vec<Hit> = rows.iter().map(|row| hit(row, &names)).collect();
        let is_more = hits.len() > limit;
        hits.truncate(limit);
        let next = hits.last().filter(|_| is_more).map(|hit| hit.id);
        Ok(Page { hits, next })
    }

    /// The counts of everything that is found.
    pub(super) async fn count(&self, link: &Link) -> Result<Facets, Error> {
        let names = Names::read(link).await?;
        let columns = "SELECT m.interface, m.state, m.form, count(*)";
        let sql = format!("{columns} {} GROUP BY 1, 2, 3", self.conditions(&names));
        let mut counting = Counting::default();
        for row in self.query(link, &sql).await? {
            let (interface, state, form): (i32, i16, i32) = (row.get(0), row.get(1), row.get(2));
            let count = row.get::<_, i64>(3) as u64;
            counting.add(names.text(interface), state_of(i64::from(state)), names.text(form), count);
        }
        Ok(counting.finish())
    }

    async fn query(&self, link: &Link, sql: &str) -> Result<Vec<Row>, Error> {
        let parameters: Vec<&(dyn ToSql + Sync)> = self.keys.iter().map(|key| key as &(dyn ToSql + Sync)).collect();
        link.client.query(sql, &parameters).await.map_err(|error| refused(DOING, &error))
    }

    fn conditions(&self, names: &Names) -> String {
        let query = &self.query;
        let mut sql = match self.keys.is_empty() {
            true => "FROM found m WHERE true".to_owned(),
            false => "FROM keys k JOIN found m ON m.id = k.id WHERE k.hash = $1".to_owned(),
        };
        for place in 2..=self.keys.len() {
            let _ = write!(sql, " AND EXISTS (SELECT 1 FROM keys x WHERE x.hash = ${place} AND x.id = k.id)");
        }
        let mut add = |text: String| {
            sql.push_str(" AND ");
            sql.push_str(&text);
        };
        if let Some(interface) = &query.interface {
            add(format!("m.interface IN ({})", names.list(NameKind::Interface, |text| *text == **interface)));
        }
        let wanted = [&query.message_type, &query.event, &query.application, &query.facility];
        if wanted.iter().any(|part| part.is_some()) {
            let passes = |text: &str| {
                let parts = text.split(SEPARATOR);
                wanted.iter().zip(parts).all(|(wanted, part)| wanted.as_deref().is_none_or(|wanted| wanted == part))
            };
            add(format!("m.form IN ({})", names.list(NameKind::Form, passes)));
        }
        if let Some(destination) = &query.destination {
            let passes = |text: &str| text.split(SEPARATOR).any(|name| *name == **destination);
            add(format!("m.route IN ({})", names.list(NameKind::Route, passes)));
        }
        if !query.states.is_empty() {
            let list: Vec<String> = query.states.iter().map(|state| (*state as i64).to_string()).collect();
            add(format!("m.state IN ({})", list.join(",")));
        }
        if query.is_reused {
            add("m.flags & 1 = 1".to_owned());
        }
        if let Some(since) = query.since {
            add(format!("m.at >= {}", since.0));
        }
        if let Some(until) = query.until {
            add(format!("m.at < {}", until.0));
        }
        let column = if self.keys.is_empty() { "m.id" } else { "k.id" };
        if let Some(before) = query.before {
            add(format!("{column} < {}", i64::try_from(before.0).unwrap_or(i64::MAX)));
        }
        add(format!("{column} >= {}", i64::try_from(self.cut).unwrap_or(i64::MAX)));
        sql
    }
}

fn hit(row: &Row, names: &Names) -> Hit {
    let mut parts = names.text(row.get(3)).split(SEPARATOR).map(str::to_owned);
    let mut part = || parts.next().unwrap_or_default();
    let route = names.text(row.get(4)).split(SEPARATOR);
    Hit {
        id: MessageId(row.get::<_, i64>(0) as u64),
        at: message::Timestamp(row.get(1)),
        interface: Name::from(names.text(row.get(2))),
        message_type: part(),
        event: part(),
        application: part(),
        facility: part(),
        state: state_of(i64::from(row.get::<_, i16>(5))),
        destinations: route.filter(|name| !name.is_empty()).map(Name::from).collect(),
        is_reused: row.get::<_, i16>(6) & 1 == 1,
    }
}
