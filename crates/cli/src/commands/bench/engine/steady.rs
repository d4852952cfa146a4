//! One engine under the load of ordinary messages: throughput, latency, CPU, fsyncs, bytes.

use super::{
    super::{
        figures::Figures,
        limits::{self, Bare},
        load::{self, Load, MESSAGE_BYTES},
        rig::{Engine, Folder, Partner},
    },
    IDLE_TIME, drain, number, open,
};
use crate::outcome::{Failure, Result};
use std::{
    path::{Path, PathBuf},
    time::Duration,
};

/// Connections at saturation.
pub(super) const SATURATING: usize = 64;
/// Messages a second while the partner refuses some of them.
const ORDER_RATE: f64 = 1000.0;
/// Planned senders at half load: so many that none has to wait for its own answer often.
const PLANNED: usize = 32;

/// One engine on a new store with its partner.
pub(super) struct Run<'a> {
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
    pub(super) async fn start(parent: &Path, figures: &'a mut Figures, seconds: u32) -> Result<Run<'a>> {
        let (folder, partner, engine) = open(parent, &[]).await?;
        tokio::time::sleep(IDLE_TIME).await;
        figures.add("start_ms", engine.start_ms);
        figures.add("idle_rss_mb", engine.process.resident_mb());
        let (messages, bare) = (load::write(&folder)?, Bare::make(&folder)?);
        Ok(Run { engine, partner, messages, bare, seconds, figures, folder })
    }

    async fn send(&self, connections: usize, time: Duration) -> Result<load::Sent> {
        self.send_load(Load::of(&self.messages, connections, time)).await
    }

    async fn send_load(&self, load: Load<'_>) -> Result<load::Sent> {
        let sent = load::send(&self.folder, &self.engine.address, load).await?;
        match sent.not_accepted {
            0 => Ok(sent),
            some => Err(Failure::unreachable(format!("{some} messages were not accepted"))),
        }
    }

    fn half(&self) -> Duration {
        Duration::from_secs(u64::from(self.seconds)) / 2
    }

    pub(super) async fn measure_load(&mut self, senders: usize) -> Result<()> {
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
    pub(super) async fn measure_one_sender(&mut self) -> Result<()> {
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

    /// Gives the messages delivered a second.
    pub(super) async fn measure_saturation(&mut self) -> Result<f64> {
        let load = Load::of(&self.messages, SATURATING, self.half());
        let echo = limits::echoes_per_second(&self.folder, load).await?;
        let before = Reading::take(&mut self.engine, &self.partner).await?;
        let sent = self.send(SATURATING, self.half()).await?;
        let seconds = sent.seconds + drain(&mut self.engine).await?;
        let after = Reading::take(&mut self.engine, &self.partner).await?;
        let fsyncs = (after.fsyncs - before.fsyncs) / (after.messages - before.messages);
        self.figures.add("fsyncs_per_message_64", fsyncs);
        let rate = sent.accepted as f64 / seconds;
        self.figures.add("saturated_per_s", rate);
        self.figures.add("mllp_echo_per_s", echo);
        self.figures.add("saturated_ratio", rate / echo);
        Ok(rate)
    }

    /// Messages at planned times, each latency from the planned one; the bare writes before and after.
    pub(super) async fn measure_half_load(&mut self, rate: f64) -> Result<()> {
        let time = Duration::from_secs(1);
        let first = self.bare.write_p99_ms(MESSAGE_BYTES, time).await?;
        let planned = Load { rate: Some(rate), is_planned: true, ..Load::of(&self.messages, PLANNED, self.half()) };
        let sent = self.send_load(planned).await?;
        drain(&mut self.engine).await?;
        let second = self.bare.write_p99_ms(MESSAGE_BYTES, time).await?;
        let bare = (first + second) / 2.0;
        self.figures.add("bare_fdatasync_p99_ms", bare);
        self.figures.add("ack_p99_half_load_ms", sent.p99_ms);
        self.figures.add("ack_p99_half_load_ratio", sent.p99_ms / bare);
        Ok(())
    }

    /// Ends the engine, because the index folds its write-ahead log into its files then.
    pub(super) async fn measure_bytes(mut self) -> Result<()> {
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

/// Every 23rd attempt is answered AR, which means "later"; the partner checks the order of each patient.
pub(super) async fn measure_order(parent: &Path, figures: &mut Figures, seconds: u32) -> Result<()> {
    let (folder, partner, mut engine) = open(parent, &["--reject", "AR", "--every", "23"]).await?;
    let messages = load::write(&folder)?;
    let time = Duration::from_secs(u64::from(seconds)) / 2;
    let load = Load { rate: Some(ORDER_RATE), ..Load::of(&messages, 16, time) };
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
