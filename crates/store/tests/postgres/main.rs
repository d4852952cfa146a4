//! The PostgreSQL engine: the contract suites, faults of the server and of the way to it, settings, leases.
//!
//! Each test starts a server of its own; without PostgreSQL it says that it skips.
#![allow(clippy::unwrap_used)]

mod faults;
mod proxy;
mod suites;

use message::{Clock, Timestamp};
use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use store::{Engine, Options, Store, contract::Subject, contract::server::Server, postgres::Database};

/// A server for one test; `None` after saying why there is none.
fn server(settings: &[&str]) -> Option<Server> {
    match Server::start(settings) {
        Ok(server) => Some(server),
        Err(why) => {
            println!("skipped: {why}");
            None
        }
    }
}

static NEXT: AtomicU64 = AtomicU64::new(0);

/// A store in a schema of its own, with a data directory that is removed at the end.
struct InDatabase {
    schema: String,
    directory: PathBuf,
    options: Options,
}

impl InDatabase {
    fn new(address: &str) -> InDatabase {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let schema = format!("sinew_{number}");
        let database = Database::from_url(address).unwrap().in_schema(&schema).unwrap();
        let directory = std::env::temp_dir().join(format!("sinew-pgdata-{}-{number}", std::process::id()));
        let _ = std::fs::remove_dir_all(&directory);
        let full_retry = Duration::from_millis(50);
        let options = Options { engine: Engine::Postgres(database), full_retry, ..Options::default() };
        InDatabase { schema, directory, options }
    }

    fn with(mut self, change: impl FnOnce(Options) -> Options) -> InDatabase {
        self.options = change(self.options.clone());
        self
    }

    fn schema(&self) -> &str {
        &self.schema
    }
}

impl Drop for InDatabase {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

impl Subject for InDatabase {
    fn open(&self) -> Store {
        match Store::open(&self.directory, &self.options) {
            Ok((store, _)) => store,
            Err(error) => panic!("opening: {error}"),
        }
    }
}

/// A clock on which a day passes with every few looks, so that a short test has many days.
#[derive(Default)]
struct Hasty {
    looks: AtomicI64,
}

impl Clock for Hasty {
    fn now(&self) -> Timestamp {
        let looks = self.looks.fetch_add(1, Ordering::Relaxed);
        Timestamp(1_772_348_889_000_000 + looks * 86_400_000_000 / 40)
    }
    fn monotonic(&self) -> Instant {
        Instant::now()
    }
}

fn hasty(options: Options) -> Options {
    Options { clock: Arc::new(Hasty::default()), ..options }
}
