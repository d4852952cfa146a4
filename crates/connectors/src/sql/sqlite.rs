//! SQLite: a file of this machine.

use super::{
    cell::{Cell, Rows},
    client::{Client, Failure, Trouble, Work},
    config::Login,
};
use interface::contract::Boxed;
use rusqlite::{
    Connection, Error, ErrorCode, InterruptHandle, OpenFlags, params_from_iter,
    types::{ToSqlOutput, Value, ValueRef},
};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::time::timeout;

/// A connection. It is used beside the runtime, by one at a time.
pub(crate) struct Sqlite {
    connection: Arc<Mutex<Connection>>,
    interrupt: Arc<InterruptHandle>,
    answer_time_max: Duration,
}

/// Opens the file; one that is not there is not made, because an empty database is never what is wanted.
pub(crate) async fn connect(login: &Login) -> Result<Box<dyn Client>, Failure> {
    let (file, busy) = (login.file.clone(), login.answer_time_max);
    let opened = tokio::task::spawn_blocking(move || {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(file, flags)?;
        connection.busy_timeout(busy)?;
        connection.pragma_update(None, "foreign_keys", true)?;
        // Looks at the file, so that what is no database is found here.
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
        Ok(connection)
    });
    let connection = opened.await.map_err(|_| cut_off())?.map_err(|error| match explain(&error) {
        Failure { trouble: Trouble::Busy, detail } => Failure { trouble: Trouble::Busy, detail },
        Failure { detail, .. } => Failure::new(Trouble::NotLetIn, detail),
    })?;
    let interrupt = Arc::new(connection.get_interrupt_handle());
    let connection = Arc::new(Mutex::new(connection));
    Ok(Box::new(Sqlite { connection, interrupt, answer_time_max: login.answer_time_max }))
}

fn cut_off() -> Failure {
    Failure::new(Trouble::Away, "the work was cut off")
}

impl Sqlite {
    /// Runs work beside the runtime; what takes too long is interrupted, and rolled back by SQLite.
    async fn beside<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Failure> {
        let connection = self.connection.clone();
        let mut working = tokio::task::spawn_blocking(move || {
            work(&mut connection.lock().unwrap_or_else(PoisonError::into_inner)).map_err(|error| explain(&error))
        });
        // Waiting for a lock ends by SQLite's own limit, which is the same.
        if let Ok(ended) = timeout(self.answer_time_max * 2, &mut working).await {
            return ended.map_err(|_| cut_off())?;
        }
        self.interrupt.interrupt();
        working.await.map_err(|_| cut_off())?
    }
}

impl Client for Sqlite {
    fn read<'a>(&'a mut self, work: Work<'a>, rows_max: usize, bytes_max: usize) -> Boxed<'a, Result<Rows, Failure>> {
        let (text, values) = (work.text.to_owned(), work.values);
        Box::pin(self.beside(move |connection| {
            let mut statement = connection.prepare(&text)?;
            let columns = statement.column_names().map(str::to_owned).collect();
            let mut found = Rows { columns, rows: Vec::new() };
            let mut rows = statement.query(params_from_iter(values))?;
            let mut size = 0;
            while found.rows.len() < rows_max && size < bytes_max {
                let Some(row) = rows.next()? else { break };
                let cells = (0..found.columns.len()).map(|at| row.get_ref(at).map(read));
                let cells = cells.collect::<Result<Vec<_>, _>>()?;
                size += cells.iter().map(Cell::size).sum::<usize>();
                found.rows.push(cells);
            }
            Ok(found)
        }))
    }

    fn write<'a>(&'a mut self, works: Vec<Work<'a>>, is_whole: bool) -> Boxed<'a, Result<u64, Failure>> {
        let works: Vec<(String, Vec<Cell>)> =
            works.into_iter().map(|work| (work.text.to_owned(), work.values)).collect();
        Box::pin(self.beside(move |connection| {
            let mut changed = 0;
            if !is_whole {
                for (text, values) in works {
                    changed += execute(connection, &text, values)?;
                }
                return Ok(changed);
            }
            // At once, so that two writers do not meet in the middle, where one of them would have to give up.
            let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
            for (text, values) in works {
                changed += execute(&transaction, &text, values)?;
            }
            transaction.commit()?;
            Ok(changed)
        }))
    }

    fn is_closed(&self) -> bool {
        false
    }
}

fn execute(connection: &Connection, text: &str, values: Vec<Cell>) -> Result<u64, Error> {
    let mut statement = connection.prepare(text)?;
    if statement.column_count() == 0 {
        return statement.execute(params_from_iter(values)).map(|count| count as u64);
    }
    // `RETURNING` gives rows, which nobody looks at.
    let mut rows = statement.query(params_from_iter(values))?;
    let mut count = 0;
    while rows.next()?.is_some() {
        count += 1;
    }
    Ok(count)
}

impl rusqlite::ToSql for Cell {
    fn to_sql(&self) -> Result<ToSqlOutput<'_>, Error> {
        Ok(match self {
            Cell::Null => ToSqlOutput::Owned(Value::Null),
            Cell::Bool(value) => ToSqlOutput::Owned(Value::Integer((*value).into())),
            Cell::Int(value) => ToSqlOutput::Owned(Value::Integer(*value)),
            // SQLite has no number as large as the largest of these.
            Cell::Unsigned(value) => match i64::try_from(*value) {
                Ok(value) => ToSqlOutput::Owned(Value::Integer(value)),
                Err(_) => ToSqlOutput::Owned(Value::Text(value.to_string())),
            },
            Cell::Float(value) => ToSqlOutput::Owned(Value::Real(*value)),
            Cell::Text(text) | Cell::Json(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            Cell::Bytes(bytes) => ToSqlOutput::Borrowed(ValueRef::Blob(bytes)),
            Cell::List(_) => ToSqlOutput::Owned(Value::Text(self.to_json())),
        })
    }
}

fn read(value: ValueRef<'_>) -> Cell {
    match value {
        ValueRef::Null => Cell::Null,
        ValueRef::Integer(value) => Cell::Int(value),
        ValueRef::Real(value) => Cell::Float(value),
        ValueRef::Text(text) => match std::str::from_utf8(text) {
            Ok(text) => Cell::Text(text.to_owned()),
            Err(_) => Cell::Bytes(text.to_vec()),
        },
        ValueRef::Blob(bytes) => Cell::Bytes(bytes.to_vec()),
    }
}

/// SQLite's own sentence names columns, and a trigger's may hold anything: only the code is told (R10).
fn explain(error: &Error) -> Failure {
    let Error::SqliteFailure(error, _) = error else {
        return Failure::new(Trouble::Misstated, "the statement and its values do not fit together");
    };
    let trouble = match error.code {
        ErrorCode::DatabaseBusy
        | ErrorCode::DatabaseLocked
        | ErrorCode::DiskFull
        | ErrorCode::SystemIoFailure
        | ErrorCode::OutOfMemory
        | ErrorCode::OperationInterrupted
        | ErrorCode::ReadOnly => Trouble::Busy,
        ErrorCode::CannotOpen | ErrorCode::NotADatabase | ErrorCode::PermissionDenied => Trouble::NotLetIn,
        ErrorCode::ConstraintViolation | ErrorCode::TypeMismatch | ErrorCode::TooBig => Trouble::Refused,
        _ => Trouble::Misstated,
    };
    Failure::new(trouble, format!("SQLite code {}", error.extended_code))
}
