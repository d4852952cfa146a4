//! One connection of a partner: read a frame, record it, answer as told.

use super::{
    answer::write_acknowledgment,
    behaviour::{Act, Behaviour},
    record::{Answer, Arrival, Record},
};
use crate::wire::{LATE_ANSWERS_MAX, frame, peek::Head};
use bytes::Bytes;
use message::{AckCode, Clock, clock};
use std::{collections::VecDeque, net::SocketAddr, sync::Arc};
use tokio::{
    io::AsyncWriteExt,
    net::TcpStream,
    sync::{mpsc, watch},
    time::Instant,
};

/// A frame that no HL7 system can read as an acknowledgment.
const GARBAGE: &[u8] = b"\x00\xFF?? not an acknowledgment ??";
/// An id that no sender in the house writes.
const WRONG_ID: &[u8] = b"NOBODY-SENT-THIS";

#[derive(Clone)]
pub(super) struct Shared {
    pub(super) record: Arc<Record>,
    pub(super) behaviour: watch::Receiver<Behaviour>,
    pub(super) stop: watch::Receiver<bool>,
    pub(super) arrivals: Option<mpsc::Sender<(Arrival, Bytes)>>,
    pub(super) frame_bytes_max: usize,
}

/// What follows a message on its connection.
enum Next {
    Read,
    Close,
}

struct Session {
    stream: TcpStream,
    peer: SocketAddr,
    shared: Shared,
    /// Frames to write now; kept to reuse its memory.
    out: Vec<u8>,
    acknowledgment: Vec<u8>,
    late: VecDeque<(Instant, Vec<u8>)>,
}

/// Runs until either side closes.
pub(super) async fn run(stream: TcpStream, peer: SocketAddr, shared: Shared) {
    let _ = stream.set_nodelay(true);
    let record = shared.record.clone();
    record.count_connection();
    let (out, acknowledgment) = (Vec::new(), Vec::new());
    let mut session = Session { stream, peer, shared, out, acknowledgment, late: VecDeque::new() };
    // An error of the socket ends the connection, which the sender sees: there is nobody else to tell.
    let _ = session.serve().await;
    record.end_connection();
}

impl Session {
    async fn serve(&mut self) -> std::io::Result<()> {
        let mut reader = frame::Reader::new(self.shared.frame_bytes_max);
        loop {
            while let Some(content) = reader.next_frame()? {
                if let Next::Close = self.receive(content).await? {
                    return Ok(());
                }
            }
            let late_due = self.late.front().map(|(due, _)| *due);
            tokio::select! {
                read = reader.read(&mut self.stream) => read?,
                () = wait_until(late_due) => self.write_late().await?,
                _ = self.shared.stop.changed() => return Ok(()),
                _ = self.shared.behaviour.changed() => if self.shared.behaviour.borrow().act == Act::Refuse {
                    return Ok(());
                },
            }
        }
    }

    async fn receive(&mut self, content: Bytes) -> std::io::Result<Next> {
        let head = Head::read(&content);
        let number = self.shared.record.count_frame();
        let act = self.shared.behaviour.borrow().act_for(number);
        if act.leaves_message() {
            self.shared.record.count_dropped();
            return Ok(Next::Close);
        }
        let arrival = self.shared.record.take(&content, head.as_ref(), answer_for(act, head.as_ref()), self.peer);
        if let Some(arrivals) = &self.shared.arrivals
            && arrivals.send((arrival, content.clone())).await.is_err()
        {
            return Ok(Next::Close); // nobody takes messages any more
        }
        let Some(head) = head else { return Ok(Next::Read) };
        self.act(act, number, &head).await
    }

    async fn act(&mut self, act: Act, number: u64, head: &Head<'_>) -> std::io::Result<Next> {
        self.out.clear();
        match act {
            Act::Accept => self.frame_answer(head, head.control_id, head.positive_code(), None, number),
            Act::Reject { code, condition } => self.frame_answer(head, head.control_id, code, condition, number),
            Act::WrongId => self.frame_answer(head, WRONG_ID, AckCode::AA, None, number),
            Act::Garbage => frame::write_frame(GARBAGE, &mut self.out),
            Act::Twice => {
                self.frame_answer(head, head.control_id, head.positive_code(), None, number);
                self.out.extend_from_within(..);
            }
            Act::Slow(delay) => {
                self.frame_answer(head, head.control_id, head.positive_code(), None, number);
                tokio::select! {
                    () = tokio::time::sleep(delay) => {}
                    _ = self.shared.stop.changed() => return Ok(Next::Close),
                }
            }
            Act::Late(delay) => {
                self.frame_answer(head, head.control_id, head.positive_code(), None, number);
                if self.late.len() < LATE_ANSWERS_MAX {
                    self.late.push_back((Instant::now() + delay, std::mem::take(&mut self.out)));
                }
            }
            Act::Silence => {}
            Act::LoseReply | Act::Drop | Act::Refuse => return Ok(Next::Close),
        }
        self.stream.write_all(&self.out).await?;
        Ok(Next::Read)
    }

    fn frame_answer(&mut self, head: &Head<'_>, id: &[u8], code: AckCode, condition: Option<u16>, number: u64) {
        self.acknowledgment.clear();
        let stamp = (number, clock::System.now());
        write_acknowledgment(head, id, code, condition, stamp, &mut self.acknowledgment);
        frame::write_frame(&self.acknowledgment, &mut self.out);
    }

    async fn write_late(&mut self) -> std::io::Result<()> {
        match self.late.pop_front() {
            Some((_, bytes)) => self.stream.write_all(&bytes).await,
            None => Ok(()),
        }
    }
}

async fn wait_until(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due).await,
        None => std::future::pending().await,
    }
}

fn answer_for(act: Act, head: Option<&Head<'_>>) -> Answer {
    let Some(head) = head else { return Answer::None };
    match act {
        Act::Accept | Act::Slow(_) | Act::Late(_) | Act::Twice => Answer::Code(head.positive_code()),
        Act::Reject { code, .. } => Answer::Code(code),
        Act::WrongId => Answer::WrongId,
        Act::Garbage => Answer::Garbage,
        Act::Drop | Act::LoseReply | Act::Silence | Act::Refuse => Answer::None,
    }
}
