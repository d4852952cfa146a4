//! The counts of data quality in SQLite.

use super::super::quality::{QUALITY_ROWS_MAX, QualityChange, QualityQuery, QualityRow};
use message::{Name, Timestamp};
use rusqlite::{Connection, Result as Sql, params};

pub(super) fn change(connection: &mut Connection, change: &QualityChange) -> Sql<()> {
    let transaction = connection.transaction()?;
    for (span_s, before) in &change.drop {
        transaction.execute("DELETE FROM quality WHERE span = ?1 AND start < ?2", params![span_s, before.0])?;
    }
    {
        let sql = "INSERT INTO quality (interface, span, start, kind, text) VALUES (?1, ?2, ?3, ?4, ?5)
                   ON CONFLICT (interface, span, start, kind) DO UPDATE SET text = ?5";
        let mut statement = transaction.prepare(sql)?;
        for QualityRow { interface, span_s, start, kind, text } in &change.put {
            statement.execute(params![&**interface, span_s, start.0, kind, text])?;
        }
    }
    transaction.commit()
}

pub(super) fn read(connection: &Connection, query: &QualityQuery) -> Sql<Vec<QualityRow>> {
    let sql = "SELECT interface, span, start, kind, text FROM quality
               WHERE (?1 IS NULL OR interface = ?1) AND (?2 IS NULL OR span = ?2) AND start >= ?3 AND start < ?4
               ORDER BY start, span, interface, kind LIMIT ?5";
    let mut statement = connection.prepare(sql)?;
    let QualityQuery { interface, span_s, since, until } = query;
    let parameters = params![interface.as_deref(), span_s, since.0, until.0, QUALITY_ROWS_MAX as i64];
    let rows = statement.query_map(parameters, |row| {
        Ok(QualityRow {
            interface: Name::from(row.get::<_, String>(0)?),
            span_s: row.get(1)?,
            start: Timestamp(row.get(2)?),
            kind: row.get(3)?,
            text: row.get(4)?,
        })
    })?;
    rows.collect()
}
