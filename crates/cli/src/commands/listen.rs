//! `sinew listen`: a partner on a port, to see what a sender puts on the wire, and how it takes a bad day.

use crate::{
    outcome::{Exit, Failure, Result},
    run::block_on,
    screen::Screen,
};
use bytes::Bytes;
use clap::{Args, ValueEnum};
use hospital::wire::{Act, Answer, Arrival, Behaviour, Partner, PartnerConfig, PartnerStats};
use message::AckCode;
use serde_json::json;
use std::{net::SocketAddr, path::PathBuf, time::Duration};
use tokio::sync::mpsc;

/// Receive messages over MLLP and acknowledge them; be slow, reject or drop when told to
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sinew listen 6661                          answer AA to everything, a line a message
  sinew listen 6661 --slow 5s                answer after five seconds
  sinew listen 6661 --reject AE --every 10   refuse each tenth message
  sinew listen 6661 --drop                   hang up on every message
  sinew listen 6661 --silent                 take the message, never answer
  sinew listen 6661 --save inbox --count 100   keep the messages, stop after 100
  sinew listen 6661 --totals --for 1m        count for a minute, print the totals

Exit: 0 ended as asked, 3 the port cannot be opened.")]
pub struct Listen {
    /// A port (on 127.0.0.1) or HOST:PORT
    address: String,
    /// Answer after this long, for example 500ms or 5s
    #[arg(long, value_name = "TIME", value_parser = crate::values::duration)]
    slow: Option<Duration>,
    /// Answer with a negative code
    #[arg(long, value_name = "AE|AR|CE|CR", value_enum)]
    reject: Option<Negative>,
    /// ERR-3 condition that goes with --reject (table 0357), such as 207
    #[arg(long, value_name = "CODE", requires = "reject")]
    condition: Option<u16>,
    /// Close the connection instead of taking the message
    #[arg(long)]
    drop: bool,
    /// Take the message and never answer
    #[arg(long)]
    silent: bool,
    /// Take the message, then close the connection without an answer
    #[arg(long)]
    lose_reply: bool,
    /// Answer for a control id that nobody sent
    #[arg(long)]
    wrong_id: bool,
    /// Answer with bytes that are no HL7
    #[arg(long)]
    garbage: bool,
    /// Do it to each N-th message only
    #[arg(long, value_name = "N", default_value_t = 1)]
    every: u32,
    /// Stop after this many messages
    #[arg(long, value_name = "N")]
    count: Option<u64>,
    /// Stop after this long
    #[arg(long = "for", value_name = "TIME", value_parser = crate::values::duration)]
    duration: Option<Duration>,
    /// Write each message to DIR/NUMBER.hl7 (patient data)
    #[arg(long, value_name = "DIR")]
    save: Option<PathBuf>,
    /// A JSON object a message, and one with the totals at the end
    #[arg(long)]
    json: bool,
    /// Only the totals at the end, no line a message
    #[arg(long, conflicts_with_all = ["save", "count"])]
    totals: bool,
    /// End when standard input ends
    #[arg(long, hide = true)]
    until_eof: bool,
}

/// Messages that wait to be printed and saved before the partner makes its senders wait.
const ARRIVALS_MAX: usize = 64;
/// Time for an answer to be written after its delay.
const ANSWER_TIME: Duration = Duration::from_millis(100);

type Arrivals = mpsc::Receiver<(Arrival, Bytes)>;

#[derive(Clone, Copy, Debug, ValueEnum)]
#[value(rename_all = "UPPER")]
enum Negative {
    Ae,
    Ar,
    Ce,
    Cr,
}

impl Listen {
    pub fn run(self, screen: &Screen) -> Result {
        block_on(self.listen(screen))?
    }

    fn behaviour(&self) -> Result<Behaviour> {
        let reject = self.reject.map(|code| Act::Reject {
            code: match code {
                Negative::Ae => AckCode::AE,
                Negative::Ar => AckCode::AR,
                Negative::Ce => AckCode::CE,
                Negative::Cr => AckCode::CR,
            },
            condition: self.condition,
        });
        let acts: Vec<Act> = [
            self.slow.map(Act::Slow),
            reject,
            self.drop.then_some(Act::Drop),
            self.silent.then_some(Act::Silence),
            self.lose_reply.then_some(Act::LoseReply),
            self.wrong_id.then_some(Act::WrongId),
            self.garbage.then_some(Act::Garbage),
        ]
        .into_iter()
        .flatten()
        .collect();
        match acts[..] {
            [] => Ok(Behaviour::default()),
            [act] => Ok(Behaviour::each(self.every, act)),
            _ => Err(Failure::usage(
                "choose one of --slow, --reject, --drop, --silent, --lose-reply, --wrong-id, --garbage",
            )),
        }
    }

    async fn listen(self, screen: &Screen) -> Result {
        let mut config = PartnerConfig::new(address(&self.address)?);
        config.behaviour = self.behaviour()?;
        let mut arrived = None;
        if !self.totals {
            let (arrivals, receiver) = mpsc::channel(ARRIVALS_MAX);
            config.arrivals = Some(arrivals);
            arrived = Some(receiver);
        }
        if let Some(folder) = &self.save {
            std::fs::create_dir_all(folder)
                .map_err(|error| Failure::unreachable(format!("{}: {error}", folder.display())))?;
        }
        let partner = Partner::start(config).await.map_err(|error| Failure::unreachable(error.to_string()))?;
        screen.say(format!("listening on {}, Ctrl-C ends", partner.address()));
        self.take(screen, &mut arrived).await?;
        let stats = self.finish(screen, partner, &mut arrived).await?;
        self.total(screen, &stats);
        Ok(Exit::Ok)
    }

    /// Shows and saves what arrives, until something says that it is enough.
    async fn take(&self, screen: &Screen, arrived: &mut Option<Arrivals>) -> Result<()> {
        let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())
            .map_err(|error| Failure::new(Exit::Bug, format!("signals: {error}")))?;
        let end = tokio::time::sleep(self.duration.unwrap_or(Duration::from_secs(u64::MAX / 4)));
        let end_of_input = crate::run::end_of_input(self.until_eof);
        tokio::pin!(end, end_of_input);
        let mut taken = 0;
        while self.count.is_none_or(|count| taken < count) {
            let (arrival, message) = tokio::select! {
                arrival = next(arrived) => arrival,
                () = &mut end => break,
                () = &mut end_of_input => break,
                _ = tokio::signal::ctrl_c() => break,
                _ = terminate.recv() => break,
            };
            taken += 1;
            self.show(screen, &arrival, &message)?;
        }
        if let (true, Some(slow)) = (self.count == Some(taken), self.slow) {
            tokio::time::sleep(slow + ANSWER_TIME).await; // the last message gets its answer too
        }
        Ok(())
    }

    /// Stops the partner; what it took meanwhile is shown too, because its sender may get an answer.
    async fn finish(&self, screen: &Screen, partner: Partner, arrived: &mut Option<Arrivals>) -> Result<PartnerStats> {
        let stopped = partner.stop();
        tokio::pin!(stopped);
        let stats = loop {
            tokio::select! {
                stats = &mut stopped => break stats,
                (arrival, message) = next(arrived) => self.show(screen, &arrival, &message)?,
            }
        };
        while let Some((arrival, message)) = arrived.as_mut().and_then(|arrived| arrived.try_recv().ok()) {
            self.show(screen, &arrival, &message)?;
        }
        Ok(stats)
    }

    fn show(&self, screen: &Screen, arrival: &Arrival, message: &Bytes) -> Result<()> {
        let answer = match arrival.answer {
            Answer::Code(code) => code.as_str(),
            Answer::WrongId => "wrong id",
            Answer::Garbage => "garbage",
            Answer::None => "no answer",
        };
        if self.json {
            screen.line(
                json!({"schema": "sinew.arrival/1", "number": arrival.number, "peer": arrival.peer.to_string(),
                    "type": arrival.kind, "control_id": arrival.control_id, "bytes": arrival.bytes,
                    "answer": answer, "is_duplicate": arrival.is_duplicate})
                .to_string(),
            );
        } else {
            let again = if arrival.is_duplicate { "  again" } else { "" };
            screen.line(format!(
                "{:>6}  {:<20} {:<20} {:>8} bytes  {answer}{again}",
                arrival.number, arrival.kind, arrival.control_id, arrival.bytes
            ));
        }
        if let Some(folder) = &self.save {
            let file = folder.join(format!("{:06}.hl7", arrival.number));
            std::fs::write(&file, message)
                .map_err(|error| Failure::unreachable(format!("{}: {error}", file.display())))?;
        }
        Ok(())
    }

    fn total(&self, screen: &Screen, stats: &PartnerStats) {
        if self.json {
            screen.line(json!({"schema": "sinew.listen/1", "stats": stats}).to_string());
        } else {
            screen.say(format!(
                "{} messages, {} accepted, {} rejected, {} without answer, {} duplicates, {} connections",
                stats.received, stats.accepted, stats.rejected, stats.unanswered, stats.duplicates, stats.connections
            ));
        }
    }
}

/// The next message; never, where nobody asked for them or no more can come.
async fn next(arrived: &mut Option<Arrivals>) -> (Arrival, Bytes) {
    match arrived {
        Some(arrivals) => match arrivals.recv().await {
            Some(arrival) => arrival,
            None => std::future::pending().await,
        },
        None => std::future::pending().await,
    }
}

/// A port alone is on loopback: nobody listens to a network by accident.
fn address(text: &str) -> Result<SocketAddr> {
    if let Ok(port) = text.parse::<u16>() {
        return Ok(SocketAddr::from(([127, 0, 0, 1], port)));
    }
    let usage =
        || Failure::usage(format!("`{text}` is neither a port nor HOST:PORT")).hint("for example: sinew listen 6661");
    std::net::ToSocketAddrs::to_socket_addrs(text).map_err(|_| usage())?.next().ok_or_else(usage)
}
