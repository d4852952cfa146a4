//! PostgreSQL (protocol 3.0, <https://www.postgresql.org/docs/current/protocol.html>).
//!
//! Values are sent as texts, which the server reads as the type that the statement needs; answers come in binary, so that
//! nothing is rounded.

use super::{
    cell::{Cell, Rows},
    client::{Client, Failure, Trouble, Work, commit, of_state, within},
    config::Login,
};
use crate::tcp::connect;
use interface::contract::Boxed;
use message::Timestamp;
use std::{collections::HashMap, error::Error as StdError, time::Duration};
use tokio::{net::TcpStream, task::JoinHandle};
use tokio_postgres::{
    Config, NoTls, Row, Statement,
    config::SslMode,
    tls::MakeTlsConnect,
    types::{Format, FromSql, IsNull, Kind, ToSql, Type, private::BytesMut, to_sql_checked},
};

/// Statements that a connection remembers; one that makes its texts anew each time must not fill the server.
const PREPARED_MAX: usize = 64;
/// Rows that are fetched at a time, between looks at how much they are.
const FETCH_ROWS: usize = 64;
/// 2000-01-01T00:00:00Z, from which PostgreSQL counts, in microseconds since 1970.
const EPOCH: i64 = 946_684_800_000_000;

/// A connection.
pub(crate) struct Postgres {
    client: tokio_postgres::Client,
    prepared: HashMap<String, Statement>,
    answer_time_max: Duration,
    /// Moves the bytes; ends with the client.
    moving: JoinHandle<()>,
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.moving.abort();
    }
}

/// Connects and logs in.
pub(crate) async fn connect(login: &Login) -> Result<Box<dyn Client>, Failure> {
    let stream = connect::connect(&login.host_port, login.connect_time_max).await;
    let stream = stream.map_err(|reason| Failure::new(Trouble::Away, reason.text))?;
    let mut config = Config::new();
    config.user(&*login.user).dbname(&*login.database).application_name("sinew");
    if !login.password.is_empty() {
        config.password(login.password.as_bytes());
    }
    let (client, moving) = match &login.tls {
        None => {
            config.ssl_mode(SslMode::Disable);
            let (client, connection) = config.connect_raw(stream, NoTls).await.map_err(|error| explain(&error))?;
            (client, tokio::spawn(async move { drop(connection.await) }))
        }
        Some(tls) => {
            config.ssl_mode(SslMode::Require);
            let mut maker = tokio_postgres_rustls::MakeRustlsConnect::new((*tls.config()).clone());
            let connector = MakeTlsConnect::<TcpStream>::make_tls_connect(&mut maker, &tls.name().to_str());
            let connector = connector.map_err(|_| Failure::new(Trouble::Away, "TLS cannot be set up"))?;
            let (client, connection) = config.connect_raw(stream, connector).await.map_err(|error| explain(&error))?;
            (client, tokio::spawn(async move { drop(connection.await) }))
        }
    };
    // What we no longer wait for must not go on there.
    let limit = format!("SET statement_timeout = {}", login.answer_time_max.as_millis());
    client.batch_execute(&limit).await.map_err(|error| explain(&error))?;
    let answer_time_max = login.answer_time_max;
    Ok(Box::new(Postgres { client, prepared: HashMap::new(), answer_time_max, moving }))
}

impl Postgres {
    async fn prepare(&mut self, text: &str) -> Result<Statement, Failure> {
        if let Some(known) = self.prepared.get(text) {
            return Ok(known.clone());
        }
        if self.prepared.len() >= PREPARED_MAX {
            self.prepared.clear();
        }
        let statement = self.client.prepare(text).await.map_err(|error| explain(&error))?;
        self.prepared.insert(text.to_owned(), statement.clone());
        Ok(statement)
    }

    async fn fetch(&mut self, work: Work<'_>, rows_max: usize, bytes_max: usize) -> Result<Rows, Failure> {
        let statement = self.prepare(work.text).await?;
        let failed = |error: tokio_postgres::Error| explain(&error);
        let transaction = self.client.transaction().await.map_err(failed)?;
        let values: Vec<&(dyn ToSql + Sync)> = work.values.iter().map(|cell| cell as _).collect();
        let portal = transaction.bind(&statement, &values).await.map_err(failed)?;
        let columns = statement.columns().iter().map(|column| column.name().to_owned()).collect();
        let mut rows = Rows { columns, rows: Vec::new() };
        let mut size = 0;
        while rows.rows.len() < rows_max && size < bytes_max {
            let wanted = FETCH_ROWS.min(rows_max - rows.rows.len());
            let fetched = transaction.query_portal(&portal, wanted as i32).await.map_err(failed)?;
            let is_last = fetched.len() < wanted;
            for row in fetched {
                let cells = read_row(&row)?;
                size += cells.iter().map(Cell::size).sum::<usize>();
                rows.rows.push(cells);
            }
            if is_last {
                break;
            }
        }
        drop(portal);
        transaction.commit().await.map_err(failed)?;
        Ok(rows)
    }

    async fn change(&mut self, works: Vec<Work<'_>>, is_whole: bool) -> Result<u64, Failure> {
        let limit = self.answer_time_max;
        let failed = |error: tokio_postgres::Error| explain(&error);
        let mut statements = Vec::with_capacity(works.len());
        for work in &works {
            statements.push(within(limit, self.prepare(work.text)).await?);
        }
        let mut changed = 0;
        if !is_whole {
            for (work, statement) in works.iter().zip(&statements) {
                let values: Vec<&(dyn ToSql + Sync)> = work.values.iter().map(|cell| cell as _).collect();
                let executing = async { self.client.execute(statement, &values).await.map_err(failed) };
                changed += commit(limit, executing).await?;
            }
            return Ok(changed);
        }
        let transaction = within(limit, async { self.client.transaction().await.map_err(failed) }).await?;
        for (work, statement) in works.iter().zip(&statements) {
            let values: Vec<&(dyn ToSql + Sync)> = work.values.iter().map(|cell| cell as _).collect();
            let executing = async { transaction.execute(statement, &values).await.map_err(failed) };
            changed += within(limit, executing).await?;
        }
        commit(limit, async { transaction.commit().await.map_err(failed) }).await?;
        Ok(changed)
    }

    /// A table may have changed under a prepared statement, which is then of no more use.
    fn forget<T>(&mut self, result: Result<T, Failure>) -> Result<T, Failure> {
        if result.as_ref().is_err_and(|failure| failure.trouble == Trouble::Misstated) {
            self.prepared.clear();
        }
        result
    }
}

impl Client for Postgres {
    fn read<'a>(&'a mut self, work: Work<'a>, rows_max: usize, bytes_max: usize) -> Boxed<'a, Result<Rows, Failure>> {
        Box::pin(async move {
            let limit = self.answer_time_max;
            let result = within(limit, self.fetch(work, rows_max, bytes_max)).await;
            self.forget(result)
        })
    }

    fn write<'a>(&'a mut self, works: Vec<Work<'a>>, is_whole: bool) -> Boxed<'a, Result<u64, Failure>> {
        Box::pin(async move {
            let result = self.change(works, is_whole).await;
            self.forget(result)
        })
    }

    fn is_closed(&self) -> bool {
        self.client.is_closed()
    }
}

/// The server's own sentence may quote values, so only its codes and the names of the schema are told (R10).
fn explain(error: &tokio_postgres::Error) -> Failure {
    if let Some(error) = error.as_db_error() {
        let state = error.code().code();
        let mut detail = format!("SQLSTATE {state}");
        let names = [("table", error.table()), ("column", error.column()), ("constraint", error.constraint())];
        for (what, name) in names {
            if let Some(name) = name {
                detail.push_str(&format!(", {what} {name}"));
            }
        }
        return Failure::new(of_state(state), detail);
    }
    let causes = std::iter::successors(error.source(), |error: &&(dyn StdError + 'static)| StdError::source(*error));
    let is_of_values = causes.into_iter().any(|error| error.is::<Unread>());
    match error.is_closed() || !is_of_values {
        true => Failure::new(Trouble::Away, "the connection broke, or could not be made"),
        false => Failure::new(Trouble::Misstated, "a column has a type that cannot be read: cast it to text"),
    }
}

impl ToSql for Cell {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        let text = match self {
            Cell::Bytes(bytes) if *ty == Type::BYTEA => {
                Some(bytes.iter().fold("\\x".to_owned(), |text, byte| format!("{text}{byte:02x}")))
            }
            Cell::Text(text) if *ty == Type::BYTEA => {
                Some(text.bytes().fold("\\x".to_owned(), |text, byte| format!("{text}{byte:02x}")))
            }
            other => other.to_text(),
        };
        match text {
            None => Ok(IsNull::Yes),
            Some(text) => {
                out.extend_from_slice(text.as_bytes());
                Ok(IsNull::No)
            }
        }
    }
    fn accepts(_: &Type) -> bool {
        true
    }
    fn encode_format(&self, _: &Type) -> Format {
        Format::Text
    }
    to_sql_checked!();
}

/// A type that is not known here.
#[derive(Debug)]
struct Unread;

impl std::fmt::Display for Unread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a type that is not known here")
    }
}

impl StdError for Unread {}

fn read_row(row: &Row) -> Result<Vec<Cell>, Failure> {
    (0..row.len()).map(|at| row.try_get::<_, Cell>(at).map_err(|error| explain(&error))).collect()
}

impl<'a> FromSql<'a> for Cell {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Cell, Box<dyn StdError + Sync + Send>> {
        read(ty, raw).ok_or_else(|| Box::new(Unread) as Box<dyn StdError + Sync + Send>)
    }
    fn from_sql_null(_: &Type) -> Result<Cell, Box<dyn StdError + Sync + Send>> {
        Ok(Cell::Null)
    }
    fn accepts(_: &Type) -> bool {
        true
    }
}

fn read(ty: &Type, raw: &[u8]) -> Option<Cell> {
    let text = |raw: &[u8]| std::str::from_utf8(raw).ok().map(str::to_owned);
    match ty.kind() {
        Kind::Array(inner) => return read_list(inner, raw),
        Kind::Enum(_) => return text(raw).map(Cell::Text),
        Kind::Domain(inner) => return read(inner, raw),
        _ => {}
    }
    Some(match *ty {
        Type::BOOL => Cell::Bool(raw.first()? != &0),
        Type::INT2 => Cell::Int(i16::from_be_bytes(raw.try_into().ok()?).into()),
        Type::INT4 => Cell::Int(i32::from_be_bytes(raw.try_into().ok()?).into()),
        Type::INT8 => Cell::Int(i64::from_be_bytes(raw.try_into().ok()?)),
        Type::OID | Type::XID => Cell::Unsigned(u32::from_be_bytes(raw.try_into().ok()?).into()),
        // The shortest digits that are the same number are fewer than those of its double.
        Type::FLOAT4 => Cell::Float(f32::from_be_bytes(raw.try_into().ok()?).to_string().parse().ok()?),
        Type::FLOAT8 => Cell::Float(f64::from_be_bytes(raw.try_into().ok()?)),
        Type::NUMERIC => Cell::Text(numeric(raw)?),
        Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::XML | Type::UNKNOWN | Type::CHAR => {
            Cell::Text(text(raw)?)
        }
        Type::JSON => Cell::Json(text(raw)?),
        // A byte that says the version is in front.
        Type::JSONB => Cell::Json(text(raw.get(1..)?)?),
        Type::BYTEA => Cell::Bytes(raw.to_vec()),
        Type::UUID => Cell::Text(uuid(raw.try_into().ok()?)),
        Type::DATE => Cell::Text(date(i32::from_be_bytes(raw.try_into().ok()?))),
        Type::TIME => Cell::Text(time(i64::from_be_bytes(raw.try_into().ok()?))),
        Type::TIMESTAMP => Cell::Text(timestamp(i64::from_be_bytes(raw.try_into().ok()?), "")),
        Type::TIMESTAMPTZ => Cell::Text(timestamp(i64::from_be_bytes(raw.try_into().ok()?), "Z")),
        // Composites such as citext and what extensions bring are sent as text by most of them.
        _ if ty.name() == "citext" => Cell::Text(text(raw)?),
        _ => return None,
    })
}

/// Dimensions, whether there are nulls, the type; size and lower bound of each dimension; then the values.
fn read_list(inner: &Type, raw: &[u8]) -> Option<Cell> {
    let int = |at: usize| Some(i32::from_be_bytes(raw.get(at..at + 4)?.try_into().ok()?));
    match int(0)? {
        0 => return Some(Cell::List(Vec::new())),
        1 => {}
        _ => return None,
    }
    let count = usize::try_from(int(12)?).ok()?;
    let mut at = 20;
    let mut cells = Vec::new();
    for _ in 0..count {
        let length = int(at)?;
        at += 4;
        match usize::try_from(length) {
            Err(_) => cells.push(Cell::Null),
            Ok(length) => {
                cells.push(read(inner, raw.get(at..at + length)?)?);
                at += length;
            }
        }
    }
    Some(Cell::List(cells))
}

/// Count of groups, weight of the first, sign, digits behind the point; then groups of four digits.
fn numeric(raw: &[u8]) -> Option<String> {
    let short = |at: usize| Some(i16::from_be_bytes(raw.get(at * 2..at * 2 + 2)?.try_into().ok()?));
    let (count, weight, sign, scale) = (short(0)?, short(1)?, short(2)? as u16, short(3)?);
    match sign {
        0x0000 | 0x4000 => {}
        0xC000 => return Some("NaN".to_owned()),
        0xD000 => return Some("Infinity".to_owned()),
        0xF000 => return Some("-Infinity".to_owned()),
        _ => return None,
    }
    let group = |number: i32| {
        let is_there = (0..i32::from(count)).contains(&number);
        if is_there { short(4 + usize::try_from(number).ok()?) } else { Some(0) }
    };
    let mut whole = String::new();
    for number in 0..=i32::from(weight) {
        whole.push_str(&format!("{:04}", group(number)?));
    }
    let whole = whole.trim_start_matches('0');
    let mut fraction = String::new();
    let mut number = i32::from(weight) + 1;
    let scale = usize::try_from(scale).ok()?;
    while fraction.len() < scale {
        let digits = if number < 0 { 0 } else { group(number)? };
        fraction.push_str(&format!("{digits:04}"));
        number += 1;
    }
    fraction.truncate(scale);
    let sign = if sign == 0x4000 { "-" } else { "" };
    let whole = if whole.is_empty() { "0" } else { whole };
    Some(if scale == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") })
}

fn uuid(raw: [u8; 16]) -> String {
    let hex: Vec<String> = raw.iter().map(|byte| format!("{byte:02x}")).collect();
    [&hex[..4], &hex[4..6], &hex[6..8], &hex[8..10], &hex[10..]].map(<[String]>::concat).join("-")
}

fn date(days: i32) -> String {
    match days {
        i32::MAX => "infinity".to_owned(),
        i32::MIN => "-infinity".to_owned(),
        days => {
            let (year, month, day, ..) = Timestamp(i64::from(days) * 86_400_000_000 + EPOCH).utc();
            format!("{year:04}-{month:02}-{day:02}")
        }
    }
}

fn time(micros: i64) -> String {
    let (_, _, _, hour, minute, second, micro) = Timestamp(micros).utc();
    // The end of a day is 24:00:00 there.
    let hour = if micros == 86_400_000_000 { 24 } else { hour };
    format!("{hour:02}:{minute:02}:{second:02}{}", fraction(micro))
}

fn timestamp(micros: i64, zone: &str) -> String {
    match micros {
        i64::MAX => "infinity".to_owned(),
        i64::MIN => "-infinity".to_owned(),
        micros => {
            let (year, month, day, hour, minute, second, micro) = Timestamp(micros.saturating_add(EPOCH)).utc();
            format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{}{zone}", fraction(micro))
        }
    }
}

fn fraction(micros: u32) -> String {
    match micros {
        0 => String::new(),
        micros => format!(".{micros:06}").trim_end_matches('0').to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_digits() {
        let check = |groups: &[i16], weight: i16, sign: u16, scale: i16, expect: &str| {
            let head = [groups.len() as i16, weight, sign as i16, scale];
            let raw: Vec<u8> = head.iter().chain(groups).flat_map(|short| short.to_be_bytes()).collect();
            assert_eq!(numeric(&raw).as_deref(), Some(expect));
        };
        check(&[12, 3400], 0, 0, 2, "12.34");
        check(&[12, 3400], 0, 0, 4, "12.3400");
        check(&[1], 1, 0x4000, 0, "-10000");
        check(&[], 0, 0, 3, "0.000");
        check(&[5], -2, 0, 8, "0.00000005");
        check(&[5000], -1, 0, 1, "0.5");
        check(&[], 0, 0xC000, 0, "NaN");
    }

    #[test]
    fn times() {
        assert_eq!(date(0), "2000-01-01");
        assert_eq!(date(-1), "1999-12-31");
        assert_eq!(time(27_000_500_000), "07:30:00.5");
        assert_eq!(time(86_400_000_000), "24:00:00");
        assert_eq!(timestamp(0, "Z"), "2000-01-01T00:00:00Z");
        assert_eq!(timestamp(1, ""), "2000-01-01T00:00:00.000001");
        assert_eq!(timestamp(i64::MAX, ""), "infinity");
        let uuid_bytes = [0x12, 0x3e, 0x45, 0x67, 0xe8, 0x9b, 0x12, 0xd3, 0xa4, 0x56, 0x42, 0x66, 0x14, 0x17, 0x40, 0];
        assert_eq!(uuid(uuid_bytes), "123e4567-e89b-12d3-a456-426614174000");
    }
}
