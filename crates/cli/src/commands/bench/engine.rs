//! `sinew bench engine`: the whole way of a message, with the load, the engine and the partner in processes of their own.

use super::{
    figures::{Bar, Figures, Named},
    limits::{self, Bare},
    load::{self, Load, MESSAGE_BYTES},
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

/// Measure the engine: MLLP in, one map, one MLLP destination, every message on disk before its acknowledgment
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sinew bench engine                        five runs, a table
  sinew bench engine --runs 1 --seconds 2   a quick look
  sinew bench engine --json > figures.json  one JSON object
  sinew bench engine --dir /srv/sinew       on the disk that will hold the messages

Load generator, engine and partner are processes of their own, so CPU time is told apart. What the machine can do
without an engine is measured in the same run: a bare preallocated write + fdatasync of the same size in the same
folder, and MLLP from the sender straight to a partner. On a shared machine the ratios count, and the CPU time; rates
say little there. The folder is removed at the end.
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
    named("one_sender_ratio", "ratio", Bar::Least(0.6)),
    named("saturated_ratio", "ratio", Bar::Least(0.25)),
    named("cpu_us_per_message", "us", Bar::Most(80.0)),
    named("delivered_per_s", "1/s", Bar::Least(15_000.0)),
    named("ack_p50_ms", "ms", Bar::Most(1.2)),
    named("ack_p99_ms", "ms", Bar::Most(4.0)),
    named("fsyncs_per_message", "count", Bar::Most(0.2)),
    named("stored_bytes_per_message", "B", Bar::Most(2048.0)),
    named("idle_rss_mb", "MB", Bar::Most(60.0)),
    named("start_ms", "ms", Bar::Most(200.0)),
    named("out_of_order", "count", Bar::Most(0.0)),
    named("lost", "count", Bar::Most(0.0)),
    named("loaded_rss_mb", "MB", Bar::Free),
    named("partner_cpu_us_per_message", "us", Bar::Free),
    named("load_cpu_us_per_message", "us", Bar::Free),
    named("one_sender_per_s", "1/s", Bar::Free),
    named("bare_fdatasync_per_s", "1/s", Bar::Free),
    named("saturated_per_s", "1/s", Bar::Free),
    named("mllp_echo_per_s", "1/s", Bar::Free),
];

/// Connections at saturation.
const SATURATING: usize = 64;
/// Messages a second while the partner refuses some of them.
const ORDER_RATE: u32 = 1000;
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
            "cpus": std::thread::available_parallelism().map_or(0, std::num::NonZero::get),
            "version": env!("CARGO_PKG_VERSION")})
    }

    async fn measure(&self, screen: &Screen, figures: &mut Figures) -> Result<()> {
        let parent = Folder::parent(self.dir.as_deref());
        for number in 1..=self.runs {
            let say = |what: &str| screen.say(format!("run {number} of {}: {what}", self.runs));
            let mut run = Run::start(&parent, figures, self.seconds).await?;
            say(&format!("{} senders", self.senders));
            run.measure_load(self.senders as usize).await?;
            say("one sender, and bare fdatasync");
            run.measure_one_sender().await?;
            say(&format!("{SATURATING} senders, and MLLP without an engine"));
            run.measure_saturation().await?;
            run.measure_bytes().await?;
            say("order while the partner refuses some");
            measure_order(&parent, figures, self.seconds).await?;
        }
        Ok(())
    }
}

/// One engine on a new store with its partner.
struct Run<'a> {
    // The processes end before their folder is removed.
    engine: Engine,
    partner: Partner,
    messages: PathBuf,
    bare: Bare,
    seconds: u32,
    figures: &'a mut Figures,
    folder: Folder,
}

impl<'a> Run<'a> {
    async fn start(parent: &Path, figures: &'a mut Figures, seconds: u32) -> Result<Run<'a>> {
        let (folder, partner, engine) = open(parent, &[]).await?;
        tokio::time::sleep(IDLE_TIME).await;
        figures.add("start_ms", engine.start_ms);
        figures.add("idle_rss_mb", engine.process.resident_mb());
        let (messages, bare) = (load::write(&folder)?, Bare::make(&folder)?);
        Ok(Run { engine, partner, messages, bare, seconds, figures, folder })
    }

    async fn send(&self, connections: usize, time: Duration) -> Result<load::Sent> {
        let load = Load { file: &self.messages, connections, time, rate: None };
        let sent = load::send(&self.folder, &self.engine.address, load).await?;
        match sent.not_accepted {
            0 => Ok(sent),
            some => Err(Failure::unreachable(format!("{some} messages were not accepted"))),
        }
    }

    fn half(&self) -> Duration {
        Duration::from_secs(u64::from(self.seconds)) / 2
    }

    async fn measure_load(&mut self, senders: usize) -> Result<()> {
        self.send(senders, Duration::from_secs(1)).await?;
        drain(&mut self.engine).await?;
        let before = Reading::take(&mut self.engine, &self.partner).await?;
        let sent = self.send(senders, Duration::from_secs(u64::from(self.seconds))).await?;
        let seconds = sent.seconds + drain(&mut self.engine).await?;
        self.figures.add("loaded_rss_mb", self.engine.process.resident_mb());
        let after = Reading::take(&mut self.engine, &self.partner).await?;
        let count = after.messages - before.messages;
        let micros = |seconds: f64| seconds * 1e6 / count;
        self.figures.add("cpu_us_per_message", micros(after.engine_cpu - before.engine_cpu));
        self.figures.add("partner_cpu_us_per_message", micros(after.partner_cpu - before.partner_cpu));
        self.figures.add("load_cpu_us_per_message", micros(sent.cpu_seconds));
        self.figures.add("delivered_per_s", count / seconds);
        self.figures.add("ack_p50_ms", sent.p50_ms);
        self.figures.add("ack_p99_ms", sent.p99_ms);
        self.figures.add("fsyncs_per_message", (after.fsyncs - before.fsyncs) / count);
        Ok(())
    }

    /// The bare rate is measured before and after, so that a drift of the machine falls on both.
    async fn measure_one_sender(&mut self) -> Result<()> {
        let time = Duration::from_secs(1);
        let first = self.bare.writes_per_second(MESSAGE_BYTES, time).await?;
        let sent = self.send(1, self.half()).await?;
        drain(&mut self.engine).await?;
        let second = self.bare.writes_per_second(MESSAGE_BYTES, time).await?;
        let (rate, bare) = (sent.accepted as f64 / sent.seconds, (first + second) / 2.0);
        self.figures.add("one_sender_per_s", rate);
        self.figures.add("bare_fdatasync_per_s", bare);
        self.figures.add("one_sender_ratio", rate / bare);
        Ok(())
    }

    async fn measure_saturation(&mut self) -> Result<()> {
        let load = Load { file: &self.messages, connections: SATURATING, time: self.half(), rate: None };
        let echo = limits::echoes_per_second(&self.folder, load).await?;
        let sent = self.send(SATURATING, self.half()).await?;
        let seconds = sent.seconds + drain(&mut self.engine).await?;
        let rate = sent.accepted as f64 / seconds;
        self.figures.add("saturated_per_s", rate);
        self.figures.add("mllp_echo_per_s", echo);
        self.figures.add("saturated_ratio", rate / echo);
        Ok(())
    }

    /// Ends the engine, because the index folds its write-ahead log into its files then.
    async fn measure_bytes(mut self) -> Result<()> {
        // The index gathers for a moment before it writes.
        tokio::time::sleep(IDLE_TIME).await;
        let status = self.engine.status().await?;
        let stats = &status["stats"];
        let bytes = number(&stats["log_bytes"]) + number(&stats["index_bytes"]);
        self.figures.add("stored_bytes_per_message", bytes / number(&stats["messages"]));
        self.figures.add("lost", number(&status["lost"]));
        self.engine.finish()?;
        self.partner.finish().map(drop)
    }
}

/// A workspace, a partner that misbehaves as `extra` says, and an engine on both.
async fn open(parent: &Path, extra: &[&str]) -> Result<(Folder, Partner, Engine)> {
    let folder = Folder::make(parent)?;
    let partner = Partner::start(&folder, extra)?;
    folder.write("sinew.toml", SETTINGS.as_bytes())?;
    folder.write("interfaces/bench/maps/partner.map", MAP.as_bytes())?;
    folder.write("interfaces/bench/interface.flow", flow(&partner.address).as_bytes())?;
    let engine = Engine::start(folder.path()).await?;
    Ok((folder, partner, engine))
}

/// Every 23rd attempt is answered AR, which means "later"; the partner checks the order of each patient.
async fn measure_order(parent: &Path, figures: &mut Figures, seconds: u32) -> Result<()> {
    let (folder, partner, mut engine) = open(parent, &["--reject", "AR", "--every", "23"]).await?;
    let messages = load::write(&folder)?;
    let time = Duration::from_secs(u64::from(seconds)) / 2;
    let load = Load { file: &messages, connections: 16, time, rate: Some(ORDER_RATE) };
    load::send(&folder, &engine.address, load).await?;
    drain(&mut engine).await?;
    engine.finish()?;
    figures.add("out_of_order", number(&partner.finish()?["out_of_order"]));
    Ok(())
}

/// What is read before and after a load.
struct Reading {
    engine_cpu: f64,
    partner_cpu: f64,
    messages: f64,
    fsyncs: f64,
}

impl Reading {
    async fn take(engine: &mut Engine, partner: &Partner) -> Result<Reading> {
        let stats = engine.status().await?["stats"].take();
        Ok(Reading {
            engine_cpu: engine.process.cpu_seconds(),
            partner_cpu: partner.cpu_seconds(),
            messages: number(&stats["messages"]),
            fsyncs: number(&stats["fsyncs"]),
        })
    }
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
