//! From a query to SQL on one day's file, and back to hits.

use super::{
    Facet, Facets, Hit, KeyKind, Query,
    day::{DAY_MICROS, NameKind, PIECE_BITS, SEPARATOR, millis_of, short},
    entry::key_of,
    reader::Reader,
};
use crate::{hash::Key, log::transition::MESSAGE_STATES};
use message::{MessageId, MessageState, Name, Timestamp};
use rusqlite::{Connection, Result, params_from_iter};
use std::{collections::HashMap, fmt::Write};

const DAY_MILLIS: i64 = DAY_MICROS / 1000;

/// A query with its identifiers hashed.
pub(crate) struct Plan<'a> {
    query: &'a Query,
    keys: Vec<i64>,
    /// Messages below were dropped.
    cut: u64,
    pub(crate) limit: usize,
}

impl Plan<'_> {
    pub(crate) fn of(query: &Query, secret: Key, cut: u64) -> Plan<'_> {
        let keys = keys_of(query, secret).into_iter().map(short).collect();
        Plan { query, keys, cut, limit: query.limit() }
    }
}

/// The keyed hashes of the identifiers that a query names.
pub(crate) fn keys_of(query: &Query, secret: Key) -> Vec<i64> {
    let mut keys = Vec::new();
    let mut add = |kind: KeyKind<'_>, value: &str| keys.push(key_of(secret, kind, value));
    if let Some(value) = &query.patient {
        add(KeyKind::Patient, value.reveal());
    }
    if let Some(value) = &query.visit {
        add(KeyKind::Visit, value.reveal());
    }
    if let Some(value) = &query.order {
        add(KeyKind::Order, value.reveal());
    }
    if let Some(value) = &query.control_id {
        add(KeyKind::ControlId, value);
    }
    if let Some((name, value)) = &query.extra {
        add(KeyKind::Extra(name), value.reveal());
    }
    keys
}

/// What a query comes to in one day's file.
struct Narrowed {
    /// The part of a statement after WHERE that all pieces share.
    sql: String,
    /// It asks for nothing but what the day's counts are kept by.
    is_whole: bool,
}

/// `None` where no message of the day can be meant.
fn narrow(plan: &Plan<'_>, reader: &Reader) -> Option<Narrowed> {
    let (query, names) = (plan.query, &reader.names);
    let mut sql = String::from("1");
    let mut is_whole = true;
    let mut add = |text: String| {
        sql.push_str(" AND ");
        sql.push_str(&text);
    };
    let some = |list: String| (!list.is_empty()).then_some(list);
    if let Some(interface) = &query.interface {
        add(format!("m.interface IN ({})", some(names.list(NameKind::Interface, |text| *text == **interface))?));
    }
    let wanted = [&query.message_type, &query.event, &query.application, &query.facility];
    if wanted.iter().any(|part| part.is_some()) {
        let passes = |text: &str| {
            let parts: Vec<&str> = text.split(SEPARATOR).collect();
            wanted.iter().zip(parts).all(|(wanted, part)| wanted.as_deref().is_none_or(|wanted| wanted == part))
        };
        add(format!("m.form IN ({})", some(names.list(NameKind::Form, passes))?));
    }
    if let Some(destination) = &query.destination {
        let passes = |text: &str| text.split(SEPARATOR).any(|name| *name == **destination);
        add(format!("m.route IN ({})", some(names.list(NameKind::Route, passes))?));
    }
    match query.states[..] {
        [] => {}
        [state] => add(format!("m.state = {}", state as i64)),
        _ => {
            let list: Vec<String> = query.states.iter().map(|state| (*state as i64).to_string()).collect();
            add(format!("m.state IN ({})", list.join(",")));
        }
    }
    if !query.states.is_empty() && query.states.iter().all(|state| *state > MessageState::Delivered) {
        // As the index of what is not simply delivered says it.
        add("m.state > 1".to_owned());
    }
    if query.is_reused {
        add("m.flags & 1 = 1".to_owned());
    }
    let millis = |at: Timestamp| millis_of(reader.number, at.0);
    if let Some(since) = query.since.map(millis) {
        if since >= DAY_MILLIS {
            return None;
        }
        if since > reader.earliest {
            is_whole = false;
            add(format!("m.at >= {since}"));
        }
    }
    if let Some(until) = query.until.map(|until| millis(Timestamp(until.0.saturating_add(999)))) {
        if until <= reader.earliest {
            return None;
        }
        if until < DAY_MILLIS {
            is_whole = false;
            add(format!("m.at < {until}"));
        }
    }
    if let Some(before) = query.before {
        if before.0 <= reader.first {
            return None;
        }
        is_whole = false;
        add(format!("m.place < {}", (before.0 - reader.first) / 8));
    }
    if plan.cut > reader.first {
        is_whole = false;
        add(format!("m.place >= {}", (plan.cut - reader.first) / 8));
    }
    Some(Narrowed { sql, is_whole })
}

/// Tables and conditions for one piece of the log, for a query with keys.
fn keyed(plan: &Plan<'_>, conditions: &str) -> String {
    let mut sql = format!(
        "FROM keys k CROSS JOIN messages m ON m.place = (k.piece << {PIECE_BITS}) + k.place
         WHERE k.piece = ?1 AND k.hash = ?2 AND {conditions}"
    );
    for place in 1..plan.keys.len() {
        let parameter = place + 2;
        let _ = write!(
            sql,
            " AND EXISTS (SELECT 1 FROM keys x WHERE x.piece = k.piece AND x.hash = ?{parameter} AND x.place = k.place)"
        );
    }
    sql
}

/// The pieces of the log that a file has, newest first.
fn pieces(connection: &Connection) -> Result<std::iter::Rev<std::ops::RangeInclusive<i64>>> {
    let mut statement = connection.prepare("SELECT max(place) FROM messages")?;
    let last: Option<i64> = statement.query_row([], |row| row.get(0))?;
    Ok((0..=last.map_or(-1, |place| place >> PIECE_BITS)).rev())
}

const COLUMNS: &str = "m.place, m.at, m.interface, m.form, m.route, m.state, m.flags";

/// Appends the hits of one day, newest first, up to one more than the limit.
pub(crate) fn find(reader: &Reader, plan: &Plan<'_>, hits: &mut Vec<Hit>) -> Result<()> {
    let Some(Narrowed { sql: conditions, .. }) = narrow(plan, reader) else { return Ok(()) };
    let connection = &reader.connection;
    let (tables, order) = match plan.keys.is_empty() {
        true => (format!("FROM messages m WHERE {conditions}"), "m.place"),
        false => (keyed(plan, &conditions), "k.place"),
    };
    // The piece and the keys come before the limit.
    let limit = if plan.keys.is_empty() { 1 } else { plan.keys.len() + 2 };
    let sql = format!("SELECT {COLUMNS} {tables} ORDER BY {order} DESC LIMIT ?{limit}");
    let mut statement = connection.prepare(&sql)?;
    let mut collect = |piece: Option<i64>| -> Result<()> {
        let left = (plan.limit + 1).saturating_sub(hits.len()) as i64;
        let parameters = piece.into_iter().chain(plan.keys.iter().copied()).chain([left]);
        let mut rows = statement.query(params_from_iter(parameters))?;
        while let Some(row) = rows.next()? {
            hits.push(hit(row, reader)?);
        }
        Ok(())
    };
    if plan.keys.is_empty() {
        return collect(None);
    }
    for piece in pieces(connection)? {
        collect(Some(piece))?;
    }
    Ok(())
}

fn hit(row: &rusqlite::Row<'_>, reader: &Reader) -> Result<Hit> {
    let names = &reader.names;
    let form = names.text(row.get(3)?);
    let mut parts = form.split(SEPARATOR).map(str::to_owned);
    let mut part = || parts.next().unwrap_or_default();
    let route = names.text(row.get(4)?);
    Ok(Hit {
        id: MessageId(reader.first + row.get::<_, i64>(0)? as u64 * 8),
        at: Timestamp(reader.number * DAY_MICROS + row.get::<_, i64>(1)? * 1000),
        interface: Name::from(names.text(row.get(2)?)),
        message_type: part(),
        event: part(),
        application: part(),
        facility: part(),
        state: state_of(row.get(5)?),
        destinations: route.split(SEPARATOR).filter(|name| !name.is_empty()).map(Name::from).collect(),
        is_reused: row.get::<_, i64>(6)? & 1 == 1,
    })
}

/// The state of a number on disk.
pub(crate) fn state_of(number: i64) -> MessageState {
    usize::try_from(number).ok().and_then(|place| MESSAGE_STATES.get(place)).copied().unwrap_or(MessageState::InFlight)
}

/// Facets over several files.
#[derive(Default)]
pub(crate) struct Counting {
    total: u64,
    lists: [HashMap<String, u64>; 4],
}

/// Adds one day's hits up: from the counts that the file keeps, where they tell; else message by message.
pub(crate) fn count(reader: &Reader, plan: &Plan<'_>, counting: &mut Counting) -> Result<()> {
    let Some(Narrowed { sql: conditions, is_whole }) = narrow(plan, reader) else { return Ok(()) };
    if plan.keys.is_empty() {
        let sql = match is_whole {
            true => format!("m.messages FROM counts m WHERE {conditions}"),
            false => format!("1 FROM messages m WHERE {conditions}"),
        };
        return add_up(reader, &sql, &[None], &[], counting);
    }
    let pieces: Vec<Option<i64>> = pieces(&reader.connection)?.map(Some).collect();
    add_up(reader, &format!("1 {}", keyed(plan, &conditions)), &pieces, &plan.keys, counting)
}

/// Runs a statement for each piece and adds up what its rows have in common: faster than GROUP BY, which sorts them.
fn add_up(reader: &Reader, sql: &str, pieces: &[Option<i64>], keys: &[i64], counting: &mut Counting) -> Result<()> {
    let mut statement = reader.connection.prepare(&format!("SELECT m.interface, m.state, m.form, {sql}"))?;
    let mut sums: HashMap<(i64, i64, i64), u64> = HashMap::new();
    for piece in pieces {
        let parameters: Vec<i64> = piece.iter().chain(keys).copied().collect();
        let mut rows = statement.query(params_from_iter(parameters))?;
        while let Some(row) = rows.next()? {
            let common = (row.get(0)?, row.get(1)?, row.get(2)?);
            *sums.entry(common).or_default() += row.get::<_, i64>(3)? as u64;
        }
    }
    for ((interface, state, form), count) in sums.into_iter().filter(|(_, count)| *count > 0) {
        let names = &reader.names;
        counting.add(names.text(interface), state_of(state), names.text(form), count);
    }
    Ok(())
}

/// As `message::MessageState` is written elsewhere.
fn state_name(state: MessageState) -> &'static str {
    match state {
        MessageState::Filtered => "filtered",
        MessageState::Delivered => "delivered",
        MessageState::Deleted => "deleted",
        MessageState::Expired => "expired",
        MessageState::InFlight => "in_flight",
        MessageState::Parked => "parked",
    }
}

impl Counting {
    /// Adds hits that have interface, state and form in common.
    pub(crate) fn add(&mut self, interface: &str, state: MessageState, form: &str, count: u64) {
        let parts: Vec<&str> = form.split(SEPARATOR).collect();
        let part = |place: usize| parts.get(place).copied().unwrap_or("");
        let values = [
            interface.to_owned(),
            state_name(state).to_owned(),
            format!("{}^{}", part(0), part(1)),
            part(3).to_owned(),
        ];
        self.total += count;
        for (list, value) in self.lists.iter_mut().zip(values) {
            *list.entry(value).or_default() += count;
        }
    }

    pub(crate) fn finish(self) -> Facets {
        let list = |counts: HashMap<String, u64>| {
            let mut list: Vec<Facet> = counts.into_iter().map(|(value, count)| Facet { value, count }).collect();
            list.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.value.cmp(&b.value)));
            list
        };
        let [interfaces, states, types, facilities] = self.lists.map(list);
        Facets { total: self.total, interfaces, states, types, facilities }
    }
}
