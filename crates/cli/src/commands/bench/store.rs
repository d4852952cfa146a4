//! `sinew bench store`: how fast the store commits, beside bare writes with fdatasync.

use super::{
    figures::{Bar, Figures, Named},
    limits::Bare,
    load::{self, MESSAGE_BYTES},
    rig::{self, Folder},
};
use crate::{host::store_failure, outcome::Result, run::block_on, screen::Screen};
use ::store::{Accept, Content, Disposition, Facts, Options, Planned, Store};
use bytes::Bytes;
use clap::Args;
use message::{Clock as _, Envelope, Format, Name, Origin, clock};
use serde_json::json;
use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

/// Measure the store: commits with one, 16 and 128 callers at a time
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sinew bench store
  sinew bench store --dir /srv/sinew --seconds 5
  sinew bench store --json

Each commit is one message of 1.1 KB with its plan, compressed, sealed and fsynced before the caller goes on. The bare
rate is a preallocated write + fdatasync of the same size in the same folder, measured in the same run.")]
pub struct BenchStore {
    /// Length of each measurement
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=3600))]
    seconds: u32,
    /// How often everything is measured
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100))]
    runs: u32,
    /// Folder whose disk is measured; without it /var/tmp
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// One JSON object instead of a table
    #[arg(long)]
    json: bool,
}

const fn named(name: &'static str, unit: &'static str, bar: Bar) -> Named {
    Named { name, unit, bar }
}

const NAMED: &[Named] = &[
    named("bare_fdatasync_per_s", "1/s", Bar::Free),
    named("commits_per_s_1", "1/s", Bar::Free),
    named("commits_per_s_16", "1/s", Bar::Free),
    named("commits_per_s_128", "1/s", Bar::Free),
    named("one_caller_ratio", "ratio", Bar::Least(0.6)),
    named("stored_bytes_per_message", "B", Bar::Most(2048.0)),
];

impl BenchStore {
    pub fn run(self, screen: &Screen) -> Result {
        let mut figures = Figures::new(NAMED);
        block_on(async {
            for number in 1..=self.runs {
                screen.progress(&format!("run {number} of {}", self.runs));
                self.measure(&mut figures).await?;
            }
            screen.end_progress();
            Ok(())
        })??;
        if self.json {
            let conditions = json!({"seconds": self.seconds, "runs": self.runs, "message_bytes": MESSAGE_BYTES});
            screen.line(figures.to_json("sinew.bench.store/1", &conditions).to_string());
        } else {
            figures.print(screen);
            screen.say("A shared machine: ratios count, rates say little.");
        }
        Ok(figures.exit())
    }

    async fn measure(&self, figures: &mut Figures) -> Result<()> {
        let time = Duration::from_secs(u64::from(self.seconds));
        let folder = Folder::make(&Folder::parent(self.dir.as_deref()))?;
        let bare = Bare::make(&folder)?;
        let data = folder.path().join("data");
        std::fs::create_dir_all(&data).map_err(|error| rig::unreachable(&data, &error))?;
        let (store, _) = Store::open(&data, &Options::default()).map_err(|error| store_failure(&error))?;
        let messages: Arc<Vec<Bytes>> = Arc::new(load::admissions().into_iter().map(Bytes::from).collect());
        for (name, callers) in [("commits_per_s_1", 1), ("commits_per_s_16", 16), ("commits_per_s_128", 128)] {
            let rate = commit(&store, &messages, callers, time).await?;
            figures.add(name, rate);
            if callers == 1 {
                let bare = bare.writes_per_second(MESSAGE_BYTES, time).await?;
                figures.add("bare_fdatasync_per_s", bare);
                figures.add("one_caller_ratio", rate / bare);
            }
        }
        // The index gathers for a moment before it writes.
        tokio::time::sleep(Duration::from_millis(500)).await;
        let stats = store.stats();
        let bytes = stats.log_bytes + store.index_bytes();
        figures.add("stored_bytes_per_message", bytes as f64 / stats.messages as f64);
        store.close().await.map_err(|error| store_failure(&error))
    }
}

/// Commits from so many callers at a time, each one message after the other; gives commits a second.
async fn commit(store: &Store, messages: &Arc<Vec<Bytes>>, callers: usize, time: Duration) -> Result<f64> {
    let started = Instant::now();
    let tasks: Vec<_> = (0..callers)
        .map(|caller| {
            let (store, messages) = (store.clone(), messages.clone());
            tokio::spawn(async move {
                let mut count = 0_usize;
                while started.elapsed() < time {
                    let raw = &messages[(caller * 61 + count) % messages.len()];
                    let number = format!("B{callers}C{caller}N{count}");
                    store.commit(accept(raw.clone(), number)).await?;
                    count += 1;
                }
                Ok::<usize, ::store::Error>(count)
            })
        })
        .collect();
    let mut total = 0;
    for task in tasks {
        total += task.await.unwrap_or(Ok(0)).map_err(|error| store_failure(&error))?;
    }
    Ok(total as f64 / started.elapsed().as_secs_f64())
}

fn accept(raw: Bytes, control_id: String) -> Accept {
    let interface = Name::from("bench");
    Accept {
        envelope: Envelope {
            interface: interface.clone(),
            interface_version: 1,
            received: clock::System.now(),
            peer: "127.0.0.1:1".into(),
            origin: Origin::Received,
            format: Format::Hl7v2,
            raw,
        },
        facts: Facts {
            control_id,
            message_type: "ADT".to_owned(),
            event: "A01".to_owned(),
            application: "ADTSYS".to_owned(),
            facility: "NORTH".to_owned(),
            ..Facts::default()
        },
        disposition: Disposition::Routed,
        acknowledgment: None,
        deliveries: vec![Planned { destination: "partner".into(), order_key: 1, content: Content::Raw, priority: 0 }],
        duplicate_window: Some(Duration::from_secs(3600)),
        is_remembered: true,
        flags: Vec::new(),
    }
}
