//! One connection of a sender: take a message, send it until it is settled, take the next.

use super::{AfterTimeout, Order, Shared, source::Outgoing};
use crate::wire::{Error, frame::Reader, peek::Reply};
use message::{AckCode, limits::REPLY_BYTES_MAX};
use std::{
    io,
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};
use tokio::{
    io::AsyncWriteExt,
    net::TcpStream,
    sync::watch,
    time::{Instant, timeout, timeout_at},
};

/// How long a stopped sender waits for the reply to the message under way.
const STOP_GRACE: Duration = Duration::from_secs(2);

struct Link {
    stream: TcpStream,
    reader: Reader,
}

/// How one attempt ended.
enum Attempt {
    Answered(AckCode),
    TimedOut,
    Lost,
}

struct Connection {
    shared: Arc<Shared>,
    order: watch::Receiver<Order>,
    link: Option<Link>,
    was_connected: bool,
}

/// Runs until the source is used up, the sender is stopped, or the target cannot be reached.
pub(super) async fn run(shared: Arc<Shared>, order: watch::Receiver<Order>) -> Result<(), Error> {
    let mut connection = Connection { shared: shared.clone(), order, link: None, was_connected: false };
    let result = connection.run().await;
    shared.tally.end_connection();
    result
}

impl Connection {
    async fn run(&mut self) -> Result<(), Error> {
        let mut outgoing = Outgoing::default();
        let shared = self.shared.clone();
        loop {
            if !self.may_go_on().await {
                return Ok(());
            }
            if let Some(pace) = &shared.pace {
                tokio::select! {
                    () = pace.turn() => {}
                    () = changed(&mut self.order) => continue,
                }
            }
            let taken = tokio::select! {
                biased;
                () = changed(&mut self.order) => continue,
                taken = shared.intake.next(&mut outgoing) => taken,
            };
            if !taken {
                return Ok(());
            }
            self.deliver(&outgoing).await?;
        }
    }

    /// Waits while paused; false once stopped.
    async fn may_go_on(&mut self) -> bool {
        loop {
            if self.order.has_changed().is_err() {
                return false;
            }
            match *self.order.borrow_and_update() {
                Order::Run => return true,
                Order::Stop => return false,
                Order::Pause => {}
            }
            if self.order.changed().await.is_err() {
                return false;
            }
        }
    }

    fn is_stopped(&self) -> bool {
        *self.order.borrow() == Order::Stop || self.order.has_changed().is_err()
    }

    /// Sends the same bytes until they are settled.
    async fn deliver(&mut self, outgoing: &Outgoing) -> Result<(), Error> {
        let shared = self.shared.clone();
        let tally = &shared.tally;
        let mut is_resend = false;
        loop {
            if !self.connect().await? {
                return Ok(());
            }
            tally.resent.fetch_add(u64::from(is_resend), Relaxed);
            is_resend = true;
            let pause = match self.attempt(outgoing).await {
                Attempt::Answered(AckCode::AR | AckCode::CR) if shared.config.resend_rejected_after.is_some() => {
                    shared.config.resend_rejected_after
                }
                Attempt::Answered(_) => {
                    tally.settled.fetch_add(1, Relaxed);
                    return Ok(());
                }
                Attempt::TimedOut => {
                    self.link = None;
                    tally.timeouts.fetch_add(1, Relaxed);
                    if shared.config.after_timeout == AfterTimeout::Skip {
                        tally.unanswered.fetch_add(1, Relaxed);
                        tally.settled.fetch_add(1, Relaxed);
                        return Ok(());
                    }
                    None
                }
                Attempt::Lost => {
                    self.link = None;
                    // A peer that takes the connection and drops it at each message would be hammered without a pause.
                    Some(shared.config.reconnect_pause.0)
                }
            };
            if let Some(pause) = pause {
                tokio::time::sleep(pause).await;
            }
            if self.is_stopped() {
                return Ok(());
            }
        }
    }

    /// Makes sure of a connection; false when the sender was stopped meanwhile.
    async fn connect(&mut self) -> Result<bool, Error> {
        if self.link.is_some() {
            return Ok(true);
        }
        let shared = self.shared.clone();
        let config = &shared.config;
        let (mut pause, pause_max) = config.reconnect_pause;
        let mut attempts = 0;
        loop {
            let source = match timeout(config.connect_timeout, TcpStream::connect(&config.target)).await {
                Ok(Ok(stream)) => {
                    let _ = stream.set_nodelay(true);
                    shared.tally.reconnects.fetch_add(u64::from(self.was_connected), Relaxed);
                    self.was_connected = true;
                    self.link = Some(Link { stream, reader: Reader::new(REPLY_BYTES_MAX) });
                    return Ok(true);
                }
                Ok(Err(source)) => source,
                Err(_) => io::ErrorKind::TimedOut.into(),
            };
            attempts += 1;
            if config.connect_attempts_max.is_some_and(|max| attempts >= max) {
                return Err(Error::Unavailable { target: config.target.clone(), attempts, source });
            }
            if self.pause_or_stop(pause).await {
                return Ok(false);
            }
            pause = (pause * 2).min(pause_max);
        }
    }

    /// Sleeps; true when the sender was stopped meanwhile.
    async fn pause_or_stop(&mut self, pause: Duration) -> bool {
        let until = Instant::now() + pause;
        while !self.is_stopped() {
            tokio::select! {
                () = tokio::time::sleep_until(until) => return self.is_stopped(),
                () = changed(&mut self.order) => {}
            }
        }
        true
    }

    async fn attempt(&mut self, outgoing: &Outgoing) -> Attempt {
        let shared = self.shared.clone();
        let Some(link) = &mut self.link else { return Attempt::Lost };
        let begun = Instant::now();
        let deadline = begun + shared.config.reply_timeout;
        match timeout_at(deadline, link.stream.write_all(&outgoing.frame)).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return Attempt::Lost,
            Err(_) => return Attempt::TimedOut,
        }
        shared.tally.sent.fetch_add(1, Relaxed);
        shared.tally.bytes.fetch_add(outgoing.frame.len() as u64, Relaxed);
        let order = &self.order;
        let reply = timeout_at(deadline, link.await_reply(outgoing.control_id(), &shared));
        let ended = tokio::select! {
            biased;
            ended = reply => ended,
            () = stopped_for(STOP_GRACE, order) => return Attempt::TimedOut,
        };
        match ended {
            Ok(Ok(code)) => {
                shared.tally.count_answer(code, begun.elapsed());
                Attempt::Answered(code)
            }
            Ok(Err(_)) => Attempt::Lost,
            Err(_) => Attempt::TimedOut,
        }
    }
}

impl Link {
    /// Reads until an acknowledgment for `id` comes; others are counted and passed over.
    async fn await_reply(&mut self, id: &[u8], shared: &Shared) -> io::Result<AckCode> {
        loop {
            while let Some(frame) = self.reader.next_frame()? {
                let reply = Reply::read(&frame);
                match reply.and_then(|reply| Some((AckCode::parse(reply.code)?, reply.control_id))) {
                    Some((code, answered)) if answered == id => return Ok(code),
                    Some(_) => shared.tally.mismatched.fetch_add(1, Relaxed),
                    None => shared.tally.unreadable.fetch_add(1, Relaxed),
                };
            }
            self.reader.read(&mut self.stream).await?;
        }
    }
}

/// Ready when the sender has been stopped for that long. It only looks at the order, so that a change is still news to
/// the loop.
async fn stopped_for(grace: Duration, order: &watch::Receiver<Order>) {
    let mut order = order.clone();
    let _ = order.wait_for(|order| *order == Order::Stop).await;
    tokio::time::sleep(grace).await;
}

/// Ready when the order changes; also once the sender is gone, which ends the connection.
async fn changed(order: &mut watch::Receiver<Order>) {
    let _ = order.changed().await;
}
