//! `sinew bench engine`: the whole way of a message, with the load, the engine and the partner in processes of their own.

mod idle;
mod large;
mod million;
mod postgres;
mod quality;
mod steady;

use super::{
    figures::{Bar, Figures, Named},
    load::{self, MESSAGE_BYTES},
    markdown,
    rig::{Engine, Folder, Partner},
};
use crate::{
    outcome::{Failure, Result},
    run::block_on,
    screen::Screen,
};
use clap::Args;
use serde_json::{Value, json};
use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};
use steady::{Run, SATURATING};

/// Measure the engine: MLLP in, one map, one MLLP destination, every message on disk before its acknowledgment
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sinew bench engine                        five runs and a million queued, a table
  sinew bench engine --runs 1 --seconds 2   a quick look
  sinew bench engine --only large_message_p50_ms,out_of_order
  sinew bench engine --json > figures.json  one JSON object
  sinew bench engine --dir /srv/sinew       on the disk that will hold the messages
  sinew bench engine --markdown docs/reference/performance.md

Load generator, engine and partner are processes of their own, so CPU time is told apart. What the machine can do
without an engine is measured in the same run: a bare preallocated write + fdatasync of the same size in the same
folder, and MLLP from the sender straight to a partner. On a shared machine the ratios count, and the CPU time; rates
say little there. The million queued messages take about a minute and 1.5 GB of disk; they and the idle interfaces are
measured once, whatever --runs says. The folder is removed at the end.
Exit: 0 every bar was reached, 1 one was not, 3 a process could not start or was cut off.")]
pub struct BenchEngine {
    /// Length of the longest phase of a run
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=3600))]
    seconds: u32,
    /// Connections of the load generator
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=256))]
    senders: u32,
    /// How often everything is measured
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100))]
    runs: u32,
    /// Only what these figures need, with the figures that come with them
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    only: Vec<String>,
    /// Folder whose disk is measured; without it /var/tmp
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Also write the table into this page, between its marks
    #[arg(long, value_name = "PAGE")]
    markdown: Option<PathBuf>,
    /// One JSON object instead of a table
    #[arg(long)]
    json: bool,
}

const fn named(name: &'static str, unit: &'static str, bar: Bar) -> Named {
    Named { name, unit, bar }
}

const NAMED: &[Named] = &[
    named("one_sender_ratio", "ratio", Bar::Least(0.6)),
    named("saturated_ratio", "ratio", Bar::Least(0.25)),
    named("cpu_us_per_message", "us", Bar::Most(50.0)),
    named("delivered_per_s", "1/s", Bar::Least(15_000.0)),
    named("ack_p50_ms", "ms", Bar::Most(1.2)),
    named("ack_p99_ms", "ms", Bar::Most(4.0)),
    named("ack_p99_half_load_ratio", "ratio", Bar::Most(3.0)),
    named("fsyncs_per_message", "count", Bar::Most(0.2)),
    named("fsyncs_per_message_64", "count", Bar::Most(0.1)),
    named("stored_bytes_per_message", "B", Bar::Most(1500.0)),
    named("large_message_p50_ms", "ms", Bar::Most(30.0)),
    named("large_message_rss_mb", "MB", Bar::Most(150.0)),
    named("postgres_ratio", "ratio", Bar::Least(0.3)),
    named("quality_cpu_ratio", "ratio", Bar::Most(1.05)),
    named("out_of_order", "count", Bar::Most(0.0)),
    named("lost", "count", Bar::Most(0.0)),
    named("million_queued_rss_mb", "MB", Bar::Most(200.0)),
    named("million_queued_start_s", "s", Bar::Most(3.0)),
    named("interfaces_400_rss_mb", "MB", Bar::Most(150.0)),
    named("interfaces_400_cpu_percent", "%", Bar::Most(2.0)),
    named("idle_rss_mb", "MB", Bar::Most(60.0)),
    named("start_ms", "ms", Bar::Most(200.0)),
    named("loaded_rss_mb", "MB", Bar::Free),
    named("partner_cpu_us_per_message", "us", Bar::Free),
    named("load_cpu_us_per_message", "us", Bar::Free),
    named("cpu_us_per_message_uncounted", "us", Bar::Free),
    named("one_sender_per_s", "1/s", Bar::Free),
    named("bare_fdatasync_per_s", "1/s", Bar::Free),
    named("saturated_per_s", "1/s", Bar::Free),
    named("mllp_echo_per_s", "1/s", Bar::Free),
    named("ack_p99_half_load_ms", "ms", Bar::Free),
    named("bare_fdatasync_p99_ms", "ms", Bar::Free),
    named("large_message_p99_ms", "ms", Bar::Free),
    named("million_queued_per_s", "1/s", Bar::Free),
    named("postgres_delivered_per_s", "1/s", Bar::Free),
    named("postgres_inserts_per_s", "1/s", Bar::Free),
    named("postgres_cpu_us_per_message", "us", Bar::Free),
];

/// What is measured together: the figures of one part.
type Part = &'static [&'static str];

const START: Part = &["idle_rss_mb", "start_ms"];
const LOAD: Part = &[
    "cpu_us_per_message",
    "delivered_per_s",
    "ack_p50_ms",
    "ack_p99_ms",
    "fsyncs_per_message",
    "loaded_rss_mb",
    "partner_cpu_us_per_message",
    "load_cpu_us_per_message",
];
const ONE_SENDER: Part = &["one_sender_ratio", "one_sender_per_s", "bare_fdatasync_per_s"];
const SATURATION: Part = &["saturated_ratio", "saturated_per_s", "mllp_echo_per_s", "fsyncs_per_message_64"];
/// Half of the saturated load: measured with it.
const HALF_LOAD: Part = &["ack_p99_half_load_ratio", "ack_p99_half_load_ms", "bare_fdatasync_p99_ms"];
const BYTES: Part = &["stored_bytes_per_message", "lost"];
const ORDER: Part = &["out_of_order"];
const QUALITY: Part = &["quality_cpu_ratio", "cpu_us_per_message_uncounted"];
const IDLE: Part = &["interfaces_400_rss_mb", "interfaces_400_cpu_percent"];
const LARGE: Part = &["large_message_p50_ms", "large_message_p99_ms", "large_message_rss_mb"];
const POSTGRES: Part =
    &["postgres_ratio", "postgres_delivered_per_s", "postgres_inserts_per_s", "postgres_cpu_us_per_message"];
const MILLION: Part = &["million_queued_rss_mb", "million_queued_start_s", "million_queued_per_s"];

/// Longest wait for the queue to be empty.
const DRAIN_TIME_MAX: Duration = Duration::from_secs(60);
/// Pause before memory is read: what only the start needed is given back by then.
const IDLE_TIME: Duration = Duration::from_millis(500);

const SETTINGS: &str = "name = \"bench\"\ndata = \"data\"\n";
const MAP: &str = "\
map partner from hl7v2 ADT to hl7v2 ADT {
  MSH-5   = PARTNER
  PID-5.1 = PID-5.1 | upper
}
";

/// The interface under measurement. Sixteen lanes, strict order for each patient.
fn flow(partner: &str) -> String {
    format!(
        "interface bench \"Measured by sinew bench\" {{\n  owner bench contact bench@example.org\n  critical 3\n\
         \n  receive mllp 127.0.0.1:0 {{\n    order by PID-3.1\n  }}\n\
         \n  send partner {{\n    mllp {partner} timeout 10s\n    map maps/partner.map\n    lanes 16\n    \
         retry from 50ms to 1s give-up never\n  }}\n}}\n"
    )
}

impl BenchEngine {
    pub fn run(self, screen: &Screen) -> Result {
        let mut figures = Figures::new(NAMED);
        if let Some(unknown) = self.only.iter().find(|name| NAMED.iter().all(|named| named.name != **name)) {
            let known = lang::syntax::closest(unknown, NAMED.iter().map(|named| named.name));
            let failure = Failure::usage(format!("there is no figure `{unknown}`"));
            return Err(match known {
                Some(name) => failure.hint(format!("did you mean {name}?")),
                None => failure.hint("sinew bench engine --runs 1 --seconds 1 lists them"),
            });
        }
        block_on(async {
            let mut terminated = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())
                .map_err(|error| Failure::unreachable(format!("signals: {error}")))?;
            let stopped = || Failure::unreachable("stopped; the figures so far are not shown");
            // Dropping the measurement ends the processes and removes the folder.
            tokio::select! {
                measured = self.measure(screen, &mut figures) => measured,
                _ = tokio::signal::ctrl_c() => Err(stopped()),
                _ = terminated.recv() => Err(stopped()),
            }
        })??;
        if let Some(page) = &self.markdown {
            markdown::write(page, &figures, &Folder::parent(self.dir.as_deref()))?;
        }
        if self.json {
            screen.line(figures.to_json("sinew.bench.engine/1", &self.conditions()).to_string());
        } else {
            figures.print(screen);
            screen.say("A shared machine: ratios and CPU time count, rates say little.");
        }
        Ok(figures.exit())
    }

    fn conditions(&self) -> Value {
        json!({"senders": self.senders, "seconds": self.seconds, "runs": self.runs, "message_bytes": MESSAGE_BYTES,
            "patients": load::PATIENTS, "destinations": 1, "lanes": 16, "store": "embedded", "saturating_senders": SATURATING,
            "large_message_bytes": large::BYTES, "queued": million::MESSAGES, "idle_interfaces": idle::INTERFACES,
            "cpus": std::thread::available_parallelism().map_or(0, std::num::NonZero::get),
            "version": env!("CARGO_PKG_VERSION")})
    }

    /// Whether this part is to be measured.
    fn wants(&self, part: Part) -> bool {
        self.only.is_empty() || part.iter().any(|name| self.only.iter().any(|only| only == name))
    }

    async fn measure(&self, screen: &Screen, figures: &mut Figures) -> Result<()> {
        let parent = Folder::parent(self.dir.as_deref());
        for number in 1..=self.runs {
            let say = |what: &str| screen.say(format!("run {number} of {}: {what}", self.runs));
            self.measure_steady(&parent, figures, &say).await?;
            if self.wants(ORDER) {
                say("order while the partner refuses some");
                steady::measure_order(&parent, figures, self.seconds).await?;
            }
            if self.wants(QUALITY) {
                say("two engines in turn, one of which counts the quality of messages");
                quality::measure(&parent, figures, self.seconds).await?;
            }
            if self.wants(LARGE) {
                say("messages of 2 MB");
                large::measure(&parent, figures, self.seconds).await?;
            }
            if self.wants(POSTGRES) {
                say("the engine on PostgreSQL, and the server's own inserts");
                postgres::measure(screen, &parent, figures, self.seconds).await?;
            }
        }
        if self.wants(IDLE) {
            screen.say(format!("once: {} interfaces with nothing to do", idle::INTERFACES));
            idle::measure(&parent, figures, self.seconds).await?;
        }
        if self.wants(MILLION) {
            million::measure(&parent, figures, |what| screen.say(format!("once: {what}"))).await?;
        }
        Ok(())
    }

    /// What is measured on one engine under ordinary messages.
    async fn measure_steady(&self, parent: &Path, figures: &mut Figures, say: &impl Fn(&str)) -> Result<()> {
        if ![START, LOAD, ONE_SENDER, SATURATION, HALF_LOAD, BYTES].iter().any(|part| self.wants(part)) {
            return Ok(());
        }
        let mut run = Run::start(parent, figures, self.seconds).await?;
        // The bytes are those of messages that came under load.
        if self.wants(LOAD) || self.wants(BYTES) {
            say(&format!("{} senders", self.senders));
            run.measure_load(self.senders as usize).await?;
        }
        if self.wants(ONE_SENDER) {
            say("one sender, and bare fdatasync");
            run.measure_one_sender().await?;
        }
        if self.wants(SATURATION) || self.wants(HALF_LOAD) {
            say(&format!("{SATURATING} senders, and MLLP without an engine"));
            let rate = run.measure_saturation().await?;
            if self.wants(HALF_LOAD) {
                say("half of that load, by plan");
                run.measure_half_load(rate / 2.0).await?;
            }
        }
        run.measure_bytes().await
    }
}

/// A workspace, a partner that misbehaves as `extra` says, and an engine on both.
async fn open(parent: &Path, extra: &[&str]) -> Result<(Folder, Partner, Engine)> {
    let folder = Folder::make(parent)?;
    let partner = Partner::start(&folder, extra)?;
    write_workspace(&folder, &partner.address)?;
    let engine = Engine::start(folder.path()).await?;
    Ok((folder, partner, engine))
}

fn write_workspace(folder: &Folder, partner: &str) -> Result<()> {
    folder.write("sinew.toml", SETTINGS.as_bytes())?;
    folder.write("interfaces/bench/maps/partner.map", MAP.as_bytes())?;
    folder.write("interfaces/bench/interface.flow", flow(partner).as_bytes())?;
    Ok(())
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or(f64::NAN)
}

/// Waits until everything that was accepted is delivered; gives the seconds that took.
async fn drain(engine: &mut Engine) -> Result<f64> {
    let started = Instant::now();
    while started.elapsed() < DRAIN_TIME_MAX {
        if engine.status().await?["counts"]["in_flight"] == 0 {
            return Ok(started.elapsed().as_secs_f64());
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    Err(Failure::unreachable("messages still wait for their delivery"))
}
