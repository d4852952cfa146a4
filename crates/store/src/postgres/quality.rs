//! The counts of data quality in PostgreSQL.

use super::connection::Link;
use crate::tables::{QUALITY_ROWS_MAX, QualityChange, QualityQuery, QualityRow};
use message::{Name, Timestamp};
use tokio_postgres::{
    Error,
    types::{ToSql, Type},
};

const DROP: &str = "DELETE FROM quality WHERE span = $1 AND start < $2";
const PUT: &str = "INSERT INTO quality (interface, span, start, kind, text) VALUES ($1, $2, $3, $4, $5)
                   ON CONFLICT (interface, span, start, kind) DO UPDATE SET text = $5";
const READ: &str = "SELECT interface, span, start, kind, text FROM quality
    WHERE ($1::text IS NULL OR interface = $1) AND ($2::bigint IS NULL OR span = $2) AND start >= $3 AND start < $4
    ORDER BY start, span, interface, kind LIMIT $5";

pub(super) async fn change(link: &Link, change: &QualityChange) -> Result<(), Error> {
    let client = &link.client;
    client.batch_execute("BEGIN").await?;
    for (span_s, before) in &change.drop {
        client.execute(DROP, &[&i64::from(*span_s), &before.0]).await?;
    }
    if !change.put.is_empty() {
        let put = link.statement(PUT).await?;
        for QualityRow { interface, span_s, start, kind, text } in &change.put {
            let parameters: [&(dyn ToSql + Sync); 5] = [&&**interface, &i64::from(*span_s), &start.0, kind, text];
            client.execute(&put, &parameters).await?;
        }
    }
    client.batch_execute("COMMIT").await
}

pub(super) async fn read(link: &Link, query: &QualityQuery) -> Result<Vec<QualityRow>, Error> {
    let (interface, span) = (query.interface.as_deref(), query.span_s.map(i64::from));
    let parameters: [(&(dyn ToSql + Sync), Type); 5] = [
        (&interface, Type::TEXT),
        (&span, Type::INT8),
        (&query.since.0, Type::INT8),
        (&query.until.0, Type::INT8),
        (&(QUALITY_ROWS_MAX as i64), Type::INT8),
    ];
    let rows = link.client.query_typed(READ, &parameters).await?;
    let row = |row: &tokio_postgres::Row| QualityRow {
        interface: Name::from(row.get::<_, &str>(0)),
        span_s: u32::try_from(row.get::<_, i64>(1)).unwrap_or(0),
        start: Timestamp(row.get(2)),
        kind: row.get(3),
        text: row.get(4),
    };
    Ok(rows.iter().map(row).collect())
}
