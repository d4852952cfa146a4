//! `sinew send`: a sender with real load: files over MLLP, at a rate, over several connections, with figures.

use crate::{
    messages,
    outcome::{Exit, Failure, Result},
    run::block_on,
    screen::Screen,
};
use bytes::Bytes;
use clap::Args;
use hospital::wire::{AfterTimeout, ControlIds, Sender, SenderConfig, SenderStats, Source, send_planned};
use serde_json::json;
use std::{path::PathBuf, time::Duration};

/// Send messages over MLLP and count the acknowledgments
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sinew send 127.0.0.1:2575 a01.hl7                      each message of the file once
  sinew send 2575 samples/*.hl7 --count 10000 --connections 16
  sinew send 2575 a01.hl7 --rate 50 --for 1m             fifty a second for a minute
  sinew send 2575 a01.hl7 --rate 500 --for 10s --connections 8 --planned
  sinew generate --type ADT --count 100 | sinew send 2575 -

With --count, messages are sent in turn and get control ids of their own, so that the receiver does not take them for
duplicates; --keep-ids leaves MSH-10 alone.
Exit: 0 every message was answered AA or CA, 1 some were not, 3 nobody answers at HOST:PORT.")]
pub struct Send {
    /// HOST:PORT, or a port on this machine
    address: String,
    /// Files of messages; - reads standard input
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Send this many in all, going through the files again and again
    #[arg(long, value_name = "N")]
    count: Option<u64>,
    /// Stop after this long
    #[arg(long = "for", value_name = "TIME", value_parser = crate::values::duration)]
    duration: Option<Duration>,
    /// Messages a second; without it, as fast as they are acknowledged
    #[arg(long, value_name = "N")]
    rate: Option<f64>,
    /// Connections at once (order holds only with one)
    #[arg(long, value_name = "N", default_value_t = 1)]
    connections: usize,
    /// Time to wait for an acknowledgment
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = crate::values::duration)]
    timeout: Duration,
    /// Leave MSH-10 as it is also when messages are sent more than once
    #[arg(long)]
    keep_ids: bool,
    /// Send at the planned times even while answers are late, and count each latency from the planned time
    #[arg(long, requires = "rate", requires = "duration", conflicts_with = "count")]
    planned: bool,
    /// One JSON object at the end
    #[arg(long)]
    json: bool,
}

impl Send {
    pub fn run(self, screen: &Screen) -> Result {
        block_on(self.send(screen))?
    }

    async fn send(self, screen: &Screen) -> Result {
        let mut all = Vec::new();
        for file in &self.files {
            all.extend(messages::read(file)?.messages.into_iter().map(|found| found.bytes));
        }
        if all.is_empty() {
            return Err(Failure::new(Exit::Problems, "no HL7 v2 message was found in these files"));
        }
        let is_repeated = self.count.is_some() || self.duration.is_some();
        let mut config = SenderConfig::new(target(&self.address));
        config.connections = self.connections;
        config.rate_per_second = self.rate;
        config.reply_timeout = self.timeout;
        config.after_timeout = AfterTimeout::Skip;
        config.connect_attempts_max = Some(3);
        if is_repeated && !self.keep_ids {
            config.control_ids = ControlIds::Unique(prefix());
        }
        let total = self.count.or((!is_repeated).then_some(all.len() as u64));
        let stats = self.watch(screen, config, all, total).await?;
        self.report(screen, &stats);
        let is_good = stats.accepted() == stats.settled && stats.settled > 0;
        Ok(if is_good { Exit::Ok } else { Exit::Problems })
    }

    async fn watch(
        &self,
        screen: &Screen,
        config: SenderConfig,
        messages: Vec<Bytes>,
        total: Option<u64>,
    ) -> Result<SenderStats> {
        let target = config.target.clone();
        let failed = |error: hospital::wire::Error| {
            Failure::unreachable(format!("{target}: {error}")).hint("is the receiver listening there?")
        };
        if let (true, Some(time)) = (self.planned, self.duration) {
            let sent = tokio::task::spawn_blocking(move || send_planned(&config, messages, time)).await;
            let stopped = |_| Failure::new(Exit::Bug, "the sender stopped unexpectedly");
            return sent.map_err(stopped)?.map_err(failed);
        }
        let sender = Sender::start(config, Source::Cycle { messages, count: total }).map_err(failed)?;
        let started = tokio::time::Instant::now();
        let mut tick = tokio::time::interval(Duration::from_millis(200));
        while !sender.is_finished() {
            tokio::select! {
                _ = tick.tick() => {}
                _ = tokio::signal::ctrl_c() => sender.stop(),
            }
            if self.duration.is_some_and(|limit| started.elapsed() >= limit) {
                sender.stop();
            }
            if screen.is_progress() {
                screen.progress(&line(&sender.stats(), total));
            }
        }
        screen.end_progress();
        sender.join().await.map_err(failed)
    }

    fn report(&self, screen: &Screen, stats: &SenderStats) {
        if self.json {
            screen.line(
                json!({"schema": "sinew.send/1", "stats": stats, "accepted": stats.accepted(),
                    "rate_per_second": stats.rate_per_second()})
                .to_string(),
            );
            return;
        }
        let codes = [
            ("AA", stats.aa),
            ("CA", stats.ca),
            ("AE", stats.ae),
            ("AR", stats.ar),
            ("CE", stats.ce),
            ("CR", stats.cr),
            ("no answer", stats.unanswered),
        ];
        let codes: Vec<String> = codes.iter().filter(|(_, n)| *n > 0).map(|(code, n)| format!("{n} {code}")).collect();
        screen.line(format!(
            "{} {} sent in {:.2} s ({:.0}/s): {}",
            screen.mark(stats.accepted() == stats.settled),
            stats.settled,
            stats.seconds,
            stats.rate_per_second(),
            if codes.is_empty() { "nothing answered".to_owned() } else { codes.join(", ") }
        ));
        let ms = |micros: u64| micros as f64 / 1000.0;
        let latency = &stats.latency;
        screen.line(format!(
            "  acknowledged in p50 {:.2} ms, p90 {:.2} ms, p99 {:.2} ms, max {:.2} ms; {} reconnects, {} sent again",
            ms(latency.p50_micros),
            ms(latency.p90_micros),
            ms(latency.p99_micros),
            ms(latency.max_micros),
            stats.reconnects,
            stats.resent
        ));
    }
}

fn line(stats: &SenderStats, total: Option<u64>) -> String {
    let of = total.map_or_else(String::new, |total| format!(" of {total}"));
    format!("{}{of} sent, {:.0}/s, {} accepted", stats.settled, stats.rate_per_second(), stats.accepted())
}

fn target(text: &str) -> String {
    if text.parse::<u16>().is_ok() { format!("127.0.0.1:{text}") } else { text.to_owned() }
}

/// Control ids of this run differ from those of the last: four letters and digits of the time.
fn prefix() -> String {
    use message::Clock as _;
    let mut number = message::clock::System.now().0 / 1000;
    let mut prefix = String::from("S");
    for _ in 0..6 {
        let digit = u32::try_from(number % 36).unwrap_or(0);
        prefix.push(char::from_digit(digit, 36).unwrap_or('0').to_ascii_uppercase());
        number /= 36;
    }
    prefix
}
