//! MySQL and MariaDB (<https://dev.mysql.com/doc/dev/mysql-server/latest/PAGE_PROTOCOL.html>).
//!
//! Sessions are strict: a value that does not fit is refused, where MySQL by itself may cut it off without a word.

use super::{
    cell::{Cell, Rows},
    client::{Client, Failure, Trouble, Work, commit, of_state, within},
    config::Login,
};
use interface::contract::Boxed;
use mysql_async::{
    Column, Conn, Error, OptsBuilder, Params, Value,
    consts::{ColumnFlags, ColumnType},
    prelude::Queryable,
};
use std::time::Duration;

/// The character set of bytes without one.
const BINARY: u16 = 63;
const KEEPALIVE: Duration = Duration::from_secs(10);

/// A connection.
pub(crate) struct MySql {
    conn: Conn,
    answer_time_max: Duration,
    /// The connection was left in the middle of something.
    is_lost: bool,
}

/// Connects and logs in.
pub(crate) async fn connect(login: &Login) -> Result<Box<dyn Client>, Failure> {
    let host = login.host().trim_matches(['[', ']']).to_owned();
    let strict = "SET SESSION sql_mode = CONCAT(@@sql_mode, ',STRICT_ALL_TABLES')".to_owned();
    let options = OptsBuilder::default()
        .ip_or_hostname(host)
        .tcp_port(login.port())
        .user(Some(login.user.clone()))
        .pass(Some(login.password.to_string()).filter(|password| !password.is_empty()))
        .db_name(Some(login.database.clone()))
        .prefer_socket(false)
        .tcp_keepalive(Some(KEEPALIVE))
        .tcp_nodelay(true)
        // An update that finds its row counts, also when the row was as it should be.
        .client_found_rows(true)
        .init(vec![strict])
        .ssl_opts(login.mysql_tls.clone());
    let conn = Conn::new(options).await.map_err(|error| explain(&error))?;
    Ok(Box::new(MySql { conn, answer_time_max: login.answer_time_max, is_lost: false }))
}

impl MySql {
    async fn fetch(&mut self, work: Work<'_>, rows_max: usize, bytes_max: usize) -> Result<Rows, Failure> {
        let failed = |error: Error| explain(&error);
        let limit = format!("SET SESSION sql_select_limit = {rows_max}");
        self.conn.query_drop(limit).await.map_err(failed)?;
        let mut result = self.conn.exec_iter(work.text, bind(work.values)).await.map_err(failed)?;
        let columns = result.columns().unwrap_or_else(|| Vec::new().into());
        let names = columns.iter().map(|column| column.name_str().into_owned()).collect();
        let mut rows = Rows { columns: names, rows: Vec::new() };
        let mut size = 0;
        while let Some(row) = result.next().await.map_err(failed)? {
            if size >= bytes_max {
                continue;
            }
            let mut row = row;
            let value = |at| row.take::<Value, usize>(at).unwrap_or(Value::NULL);
            let cells: Vec<Cell> =
                (0..columns.len()).map(value).zip(columns.iter()).map(|(value, column)| read(value, column)).collect();
            size += cells.iter().map(Cell::size).sum::<usize>();
            rows.rows.push(cells);
        }
        result.drop_result().await.map_err(failed)?;
        Ok(rows)
    }

    async fn change(&mut self, works: Vec<Work<'_>>, is_whole: bool) -> Result<u64, Failure> {
        let limit = self.answer_time_max;
        let failed = |error: Error| explain(&error);
        let mut changed = 0;
        if is_whole {
            within(limit, async { self.conn.query_drop("START TRANSACTION").await.map_err(failed) }).await?;
        }
        for work in works {
            let executing = async { self.conn.exec_drop(work.text, bind(work.values)).await.map_err(failed) };
            let executed = match is_whole {
                true => within(limit, executing).await,
                false => commit(limit, executing).await,
            };
            if let Err(failure) = executed {
                if is_whole && !failure.is_end() {
                    // What cannot be rolled back is lost with the connection.
                    let rolled = within(limit, async { self.conn.query_drop("ROLLBACK").await.map_err(failed) });
                    self.is_lost |= rolled.await.is_err();
                }
                return Err(failure);
            }
            changed += self.conn.affected_rows();
        }
        if is_whole {
            commit(limit, async { self.conn.query_drop("COMMIT").await.map_err(failed) }).await?;
        }
        Ok(changed)
    }
}

impl Client for MySql {
    fn read<'a>(&'a mut self, work: Work<'a>, rows_max: usize, bytes_max: usize) -> Boxed<'a, Result<Rows, Failure>> {
        Box::pin(async move {
            let limit = self.answer_time_max;
            within(limit, self.fetch(work, rows_max, bytes_max)).await
        })
    }

    fn write<'a>(&'a mut self, works: Vec<Work<'a>>, is_whole: bool) -> Boxed<'a, Result<u64, Failure>> {
        Box::pin(self.change(works, is_whole))
    }

    fn is_closed(&self) -> bool {
        self.is_lost || self.conn.is_disconnected()
    }
}

/// Whole numbers and floating points as they are; the rest as texts, which the server reads as the type that it needs.
fn bind(cells: Vec<Cell>) -> Params {
    if cells.is_empty() {
        return Params::Empty;
    }
    let value = |cell: Cell| match cell {
        Cell::Null => Value::NULL,
        Cell::Bool(value) => Value::Int(value.into()),
        Cell::Int(value) => Value::Int(value),
        Cell::Unsigned(value) => Value::UInt(value),
        Cell::Float(value) => Value::Double(value),
        Cell::Text(text) | Cell::Json(text) => Value::Bytes(text.into_bytes()),
        Cell::Bytes(bytes) => Value::Bytes(bytes),
        Cell::List(_) => Value::Bytes(cell.to_json().into_bytes()),
    };
    Params::Positional(cells.into_iter().map(value).collect())
}

fn read(value: Value, column: &Column) -> Cell {
    match value {
        Value::NULL => Cell::Null,
        Value::Int(value) => Cell::Int(value),
        Value::UInt(value) => Cell::Unsigned(value),
        Value::Float(value) => Cell::Float(value.to_string().parse().unwrap_or(f64::from(value))),
        Value::Double(value) => Cell::Float(value),
        Value::Bytes(bytes) => read_bytes(bytes, column),
        Value::Date(year, month, day, hour, minute, second, micro) => {
            let date = format!("{year:04}-{month:02}-{day:02}");
            Cell::Text(match column.column_type() {
                ColumnType::MYSQL_TYPE_DATE | ColumnType::MYSQL_TYPE_NEWDATE => date,
                _ => format!("{date}T{hour:02}:{minute:02}:{second:02}{}", fraction(micro)),
            })
        }
        Value::Time(is_negative, days, hours, minutes, seconds, micros) => {
            let sign = if is_negative { "-" } else { "" };
            let hours = days * 24 + u32::from(hours);
            Cell::Text(format!("{sign}{hours:02}:{minutes:02}:{seconds:02}{}", fraction(micros)))
        }
    }
}

fn read_bytes(bytes: Vec<u8>, column: &Column) -> Cell {
    use ColumnType::*;
    let is_number = matches!(column.column_type(), MYSQL_TYPE_DECIMAL | MYSQL_TYPE_NEWDECIMAL);
    let is_named = column.flags().intersects(ColumnFlags::ENUM_FLAG | ColumnFlags::SET_FLAG);
    match column.column_type() {
        // Up to 64 bits, the highest first.
        MYSQL_TYPE_BIT => Cell::Unsigned(bytes.iter().fold(0, |bits, byte| bits << 8 | u64::from(*byte))),
        MYSQL_TYPE_GEOMETRY => Cell::Bytes(bytes),
        kind => match String::from_utf8(bytes) {
            Ok(text) if kind == MYSQL_TYPE_JSON => Cell::Json(text),
            Ok(text) if is_number || is_named || column.character_set() != BINARY => Cell::Text(text),
            Ok(text) => Cell::Bytes(text.into_bytes()),
            Err(error) => Cell::Bytes(error.into_bytes()),
        },
    }
}

fn fraction(micros: u32) -> String {
    match micros {
        0 => String::new(),
        micros => format!(".{micros:06}").trim_end_matches('0').to_owned(),
    }
}

/// The server's own sentence quotes values, so only its number and SQLSTATE are told (R10).
fn explain(error: &Error) -> Failure {
    let Error::Server(error) = error else {
        return Failure::new(Trouble::Away, "the connection broke, or could not be made");
    };
    let trouble = match error.code {
        // Shutting down; killed, by MySQL's number and by MariaDB's; idle for too long.
        1053 | 3169 | 1927 | 4031 => Trouble::Ended,
        // Too many connections; lock wait timeout; deadlock; disk full; table full; read only.
        1040 | 1205 | 1213 | 1021 | 1114 | 1290 | 1792 | 1836 | 3024 => Trouble::Busy,
        // Access denied; unknown database; host not allowed or blocked.
        1044 | 1045 | 1049 | 1129 | 1130 | 1698 => Trouble::NotLetIn,
        // No such table, column, function, procedure; no right to it; wrong count of values or arguments.
        1054 | 1064 | 1136 | 1142 | 1143 | 1146 | 1305 | 1318 | 1370 => Trouble::Misstated,
        _ => of_state(&error.state),
    };
    Failure::new(trouble, format!("error {}, SQLSTATE {}", error.code, error.state))
}

#[cfg(test)]
mod tests {
    use super::*;
    use mysql_async::ServerError;

    #[test]
    fn numbers_of_the_server() {
        let check = |code: u16, state: &str, expect: Trouble| {
            let error = ServerError { code, message: "Duplicate entry 'Quist'".to_owned(), state: state.to_owned() };
            let failure = explain(&Error::Server(error));
            assert_eq!(failure.trouble, expect, "{code}");
            assert!(!failure.detail.contains("Quist"), "R10: {}", failure.detail);
        };
        for ended in [1053, 1927, 3169, 4031] {
            check(ended, "HY000", Trouble::Ended);
        }
        check(1213, "40001", Trouble::Busy);
        check(1045, "28000", Trouble::NotLetIn);
        check(1146, "42S02", Trouble::Misstated);
        check(1062, "23000", Trouble::Refused);
    }
}
