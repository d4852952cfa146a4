//! `sinew listen`: a partner on a port, to see what a sender puts on the wire, and how it takes a bad day.

use crate::{
    outcome::{Exit, Failure, Result},
    run::block_on,
    screen::Screen,
};
use clap::{Args, ValueEnum};
use hospital::wire::{Act, Answer, Arrival, Behaviour, Partner, PartnerConfig, PartnerStats};
use message::AckCode;
use serde_json::json;
use std::{net::SocketAddr, path::PathBuf, time::Duration};
use tokio::sync::broadcast::error::RecvError;

/// Receive messages over MLLP and acknowledge them; be slow, reject or drop when told to
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sinew listen 6661                          answer AA to everything, a line a message
  sinew listen 6661 --slow 5s                answer after five seconds
  sinew listen 6661 --reject AE --every 10   refuse each tenth message
  sinew listen 6661 --drop                   hang up on every message
  sinew listen 6661 --silent                 take the message, never answer
  sinew listen 6661 --save inbox --count 100 keep the messages, stop after 100

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
}

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
        let address = address(&self.address)?;
        let mut config = PartnerConfig::new(address);
        config.behaviour = self.behaviour()?;
        config.messages_kept_max = usize::from(self.save.is_some());
        if let Some(folder) = &self.save {
            std::fs::create_dir_all(folder)
                .map_err(|error| Failure::unreachable(format!("{}: {error}", folder.display())))?;
        }
        let partner = Partner::start(config).await.map_err(|error| Failure::unreachable(error.to_string()))?;
        screen.say(format!("listening on {}, Ctrl-C ends", partner.address()));
        let mut arrivals = partner.subscribe();
        let end = tokio::time::sleep(self.duration.unwrap_or(Duration::from_secs(u64::MAX / 4)));
        tokio::pin!(end);
        loop {
            let arrival = tokio::select! {
                arrival = arrivals.recv() => arrival,
                () = &mut end => break,
                _ = tokio::signal::ctrl_c() => break,
            };
            match arrival {
                Ok(arrival) => {
                    self.show(screen, &partner, &arrival)?;
                    if self.count.is_some_and(|count| arrival.number >= count) {
                        break;
                    }
                }
                Err(RecvError::Lagged(skipped)) => screen.say(format!("{skipped} messages came too fast to print")),
                Err(RecvError::Closed) => break,
            }
        }
        let stats = partner.stop().await;
        self.total(screen, &stats);
        Ok(Exit::Ok)
    }

    fn show(&self, screen: &Screen, partner: &Partner, arrival: &Arrival) -> Result<()> {
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
        if let (Some(folder), Some(message)) = (&self.save, partner.messages().last()) {
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

/// A port alone is on loopback: nobody listens to a network by accident.
fn address(text: &str) -> Result<SocketAddr> {
    if let Ok(port) = text.parse::<u16>() {
        return Ok(SocketAddr::from(([127, 0, 0, 1], port)));
    }
    let usage =
        || Failure::usage(format!("`{text}` is neither a port nor HOST:PORT")).hint("for example: sinew listen 6661");
    std::net::ToSocketAddrs::to_socket_addrs(text).map_err(|_| usage())?.next().ok_or_else(usage)
}
