//! What the server can do without a store: the figure that the store on it is compared with.

use super::connection::{Database, refused};
use crate::Error;
use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

const DOING: &str = "measuring the database";
const MAKE: &str = "
    DROP TABLE IF EXISTS bare;
    CREATE TABLE bare (id bigint PRIMARY KEY, record bytea NOT NULL);
    ALTER TABLE bare ALTER record SET STORAGE EXTERNAL";
const INSERT: &str = "INSERT INTO bare (id, record) SELECT * FROM unnest($1::bigint[], $2::bytea[])";

/// Durable rows a second over all clients; see [`crate::contract::server::Server::inserts_per_second`].
pub(crate) fn inserts_per_second(
    address: &str,
    rows: &[Vec<u8>],
    batch: usize,
    clients: usize,
    time: Duration,
) -> Result<f64, Error> {
    let database = Database::from_url(address)?.in_schema("public")?;
    let batch: Arc<Vec<Vec<u8>>> = Arc::new(rows.iter().cycle().take(batch).cloned().collect());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let runtime = runtime.map_err(|error| Error::unavailable("starting a thread", &error))?;
    // Off the caller's thread, which may be inside a runtime of its own.
    let measured = std::thread::spawn(move || {
        runtime.block_on(async {
            let link = database.connect().await?;
            link.client.batch_execute(MAKE).await.map_err(|error| refused(DOING, &error))?;
            let (next, done) = (Arc::<AtomicI64>::default(), Arc::<AtomicU64>::default());
            let mut running = Vec::new();
            for _ in 0..clients {
                let link = database.connect().await?;
                let (next, done, batch) = (next.clone(), done.clone(), batch.clone());
                running.push(tokio::spawn(async move {
                    let statement = link.statement(INSERT).await?;
                    loop {
                        let first = next.fetch_add(batch.len() as i64, Ordering::Relaxed);
                        let ids: Vec<i64> = (first..first + batch.len() as i64).collect();
                        let inserted = link.client.execute(&statement, &[&ids, &*batch]).await?;
                        done.fetch_add(inserted, Ordering::Relaxed);
                    }
                    #[expect(unreachable_code, reason = "says which error ends the loop")]
                    Ok::<(), tokio_postgres::Error>(())
                }));
            }
            let count = || done.load(Ordering::Relaxed);
            // The first moments plan and warm up.
            tokio::time::sleep(time / 5).await;
            let before = count();
            tokio::time::sleep(time).await;
            let rate = (count() - before) as f64 / time.as_secs_f64();
            running.iter().for_each(|client| client.abort());
            Ok::<_, Error>(rate)
        })
    });
    measured.join().unwrap_or(Err(Error::Closed))
}
