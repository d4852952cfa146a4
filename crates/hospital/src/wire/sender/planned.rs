//! Messages at planned times, whatever the answers do: the latency of each counts from the moment at which it was due.
//!
//! A sender that waits for the answer before it plans the next message hides every pause of the receiver: what should have
//! been sent meanwhile is not counted. Here it is (coordinated omission is counted in). Each connection has a thread,
//! because a timer of milliseconds would be a good part of what is measured.
//!
//! Promises: one message under way per connection; evenly planned over all connections. Never: sends again.

use super::{
    Source,
    source::{Intake, Outgoing},
    tally::Tally,
};
use crate::wire::{CONNECTIONS_MAX, Error, SenderConfig, SenderStats, peek::Reply};
use bytes::Bytes;
use hl7v2::mllp::{Deframer, Item};
use message::{AckCode, limits::REPLY_BYTES_MAX};
use std::{
    io::{self, Read, Write},
    net::TcpStream,
    sync::atomic::Ordering::Relaxed,
    thread,
    time::{Duration, Instant},
};

/// Bytes that are read at a time.
const READ_BYTES: usize = 16 * 1024;
/// Time that every connection has to be made before the plan begins.
const BEGIN_AFTER: Duration = Duration::from_millis(50);

/// Sends at the rate of `config` for `time`, and blocks until all is answered. Of the settings, target, connections, rate,
/// reply timeout and control ids count.
///
/// # Errors
/// `Misconfigured`, `Unavailable`: a connection could not be made, or broke.
pub fn send_planned(config: &SenderConfig, messages: Vec<Bytes>, time: Duration) -> Result<SenderStats, Error> {
    let rate = config.rate_per_second.filter(|rate| rate.is_finite() && *rate > 0.0);
    let rate = rate.ok_or_else(|| Error::Misconfigured("the rate must be above 0 messages a second".into()))?;
    if config.connections == 0 || config.connections > CONNECTIONS_MAX {
        return Err(Error::Misconfigured(format!("connections must be 1 to {CONNECTIONS_MAX}")));
    }
    let intake = Intake::new(Source::Cycle { messages, count: None }, &config.control_ids)?;
    let broken = |source| Error::Unavailable { target: config.target.clone(), attempts: 1, source };
    let links = (0..config.connections).map(|_| Link::open(config)).collect::<io::Result<Vec<_>>>().map_err(broken)?;
    let tally = Tally::new();
    let plan = Plan { begin: Instant::now() + BEGIN_AFTER, time, interval: Duration::from_secs_f64(1.0 / rate) };
    let sent = thread::scope(|scope| {
        let (tally, intake) = (&tally, &intake);
        let run = |(number, link): (usize, Link)| {
            tally.begin_connection();
            scope.spawn(move || {
                let sent = link.send(&plan.of(number, config.connections), intake, tally);
                tally.end_connection();
                sent
            })
        };
        let threads: Vec<_> = links.into_iter().enumerate().map(run).collect();
        threads.into_iter().try_for_each(|one| one.join().unwrap_or_else(|_| Err(io::ErrorKind::Other.into())))
    });
    sent.map_err(broken)?;
    Ok(tally.stats())
}

/// When messages are due.
#[derive(Clone, Copy)]
struct Plan {
    begin: Instant,
    time: Duration,
    interval: Duration,
}

impl Plan {
    /// The plan of one connection of several: each takes its turn.
    fn of(&self, number: usize, connections: usize) -> Plan {
        let factor = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let interval = self.interval.saturating_mul(factor(connections));
        Plan { begin: self.begin + self.interval.saturating_mul(factor(number)), interval, ..*self }
    }
}

struct Link {
    stream: TcpStream,
    deframer: Deframer,
    buffer: Vec<u8>,
}

impl Link {
    fn open(config: &SenderConfig) -> io::Result<Link> {
        let stream = TcpStream::connect(&config.target)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(config.reply_timeout))?;
        Ok(Link { stream, deframer: Deframer::new(REPLY_BYTES_MAX), buffer: vec![0; READ_BYTES] })
    }

    fn send(mut self, plan: &Plan, intake: &Intake, tally: &Tally) -> io::Result<()> {
        let mut outgoing = Outgoing::default();
        let mut due = plan.begin;
        while due < plan.begin + plan.time && intake.next_of_cycle(&mut outgoing) {
            thread::sleep(due.saturating_duration_since(Instant::now()));
            self.stream.write_all(&outgoing.frame)?;
            tally.sent.fetch_add(1, Relaxed);
            tally.bytes.fetch_add(outgoing.frame.len() as u64, Relaxed);
            let code = self.await_reply(outgoing.control_id(), tally)?;
            tally.count_answer(code, due.elapsed());
            tally.settled.fetch_add(1, Relaxed);
            due += plan.interval;
        }
        Ok(())
    }

    fn await_reply(&mut self, id: &[u8], tally: &Tally) -> io::Result<AckCode> {
        loop {
            while let Some(item) = self.deframer.next_item() {
                let Item::Frame(frame) = item else { continue };
                match Reply::read(&frame).and_then(|reply| Some((AckCode::parse(reply.code)?, reply.control_id))) {
                    Some((code, answered)) if answered == id => return Ok(code),
                    Some(_) => tally.mismatched.fetch_add(1, Relaxed),
                    None => tally.unreadable.fetch_add(1, Relaxed),
                };
            }
            match self.stream.read(&mut self.buffer)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                count => self.deframer.push(&self.buffer[..count]),
            }
        }
    }
}
