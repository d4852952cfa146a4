//! Senders that remember what was acknowledged, and messages whose content follows from their control id.

use super::{super::support::admission, Seed};
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    io::{Error, ErrorKind, Read, Result, Write},
    net::TcpStream,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

/// Lengths of messages in bytes, about: a bare admission, a usual one, one over many blocks, one over many groups.
const LENGTHS: [usize; 5] = [0, 0, 900, 5_000, 30_000];
/// Pause before a message that was refused is sent again, and before connecting again.
const PAUSE: Duration = Duration::from_millis(10);

/// The message with this control id: always the same, and hard to compress.
pub fn content(id: &str) -> String {
    let mut seed = Seed::of(id);
    let length = LENGTHS[usize::try_from(seed.next() % LENGTHS.len() as u64).expect("an index")];
    let mut message = admission(id, &format!("P{}", seed.next() % 8));
    if length > 0 {
        message.push_str("NTE|1||");
        (0..length / 16).for_each(|_| message.push_str(&format!("{:016x}", seed.next())));
        message.push('\r');
    }
    message
}

/// A connection that sends one message at a time.
pub struct Line {
    address: String,
    stream: Option<TcpStream>,
    buffer: Vec<u8>,
}

impl Line {
    /// Connects with the first message.
    pub fn new(address: &str) -> Line {
        Line { address: address.to_owned(), stream: None, buffer: Vec::new() }
    }

    /// On a connection that exists.
    pub fn on(stream: TcpStream) -> Line {
        Line { address: String::new(), stream: Some(stream), buffer: Vec::new() }
    }

    /// Sends a message and waits for the answer; connects where needed, hangs up where it fails.
    pub fn exchange(&mut self, message: &str) -> Result<String> {
        let result = self.try_exchange(message);
        if result.is_err() {
            self.stream = None;
        }
        result
    }

    fn try_exchange(&mut self, message: &str) -> Result<String> {
        if self.stream.is_none() {
            let stream = TcpStream::connect(&self.address)?;
            stream.set_read_timeout(Some(Duration::from_secs(30)))?;
            stream.set_nodelay(true)?;
            self.stream = Some(stream);
        }
        let stream = self.stream.as_mut().ok_or(ErrorKind::NotConnected)?;
        stream.write_all(format!("\x0b{message}\x1c\r").as_bytes())?;
        self.buffer.clear();
        let mut piece = [0; 1024];
        while !self.buffer.ends_with(b"\x1c\r") {
            match stream.read(&mut piece)? {
                0 => return Err(Error::from(ErrorKind::UnexpectedEof)),
                count => self.buffer.extend_from_slice(&piece[..count]),
            }
        }
        Ok(String::from_utf8_lossy(&self.buffer).trim_matches(['\x0b', '\x1c', '\r']).to_owned())
    }
}

/// Connections that send without a pause, each its own messages, until told to stop.
pub struct Load {
    acknowledged: Arc<Mutex<Vec<String>>>,
    is_over: Arc<AtomicBool>,
    lines: Vec<JoinHandle<()>>,
}

impl Load {
    /// Begins. The control ids begin with `prefix`.
    pub fn start(address: &str, prefix: &str, connections: usize) -> Load {
        let mut load = Load { acknowledged: Arc::default(), is_over: Arc::default(), lines: Vec::new() };
        for number in 0..connections {
            let (line, prefix) = (Line::new(address), format!("{prefix}{number}N"));
            let (acknowledged, is_over) = (load.acknowledged.clone(), load.is_over.clone());
            load.lines.push(std::thread::spawn(move || send(line, &prefix, &acknowledged, &is_over)));
        }
        load
    }

    /// How many were acknowledged so far.
    pub fn count(&self) -> usize {
        self.acknowledged.lock().expect("ids").len()
    }

    /// Stops, and gives the control ids that were acknowledged.
    pub fn stop(self) -> Vec<String> {
        self.is_over.store(true, Ordering::Relaxed);
        self.lines.into_iter().for_each(|line| line.join().expect("a sender"));
        std::mem::take(&mut *self.acknowledged.lock().expect("ids"))
    }
}

/// As a sending system does: the same message again until it is acknowledged, then the next.
fn send(mut line: Line, prefix: &str, acknowledged: &Mutex<Vec<String>>, is_over: &AtomicBool) {
    for number in 0.. {
        let id = format!("{prefix}{number:05}");
        let message = content(&id);
        loop {
            if is_over.load(Ordering::Relaxed) {
                return;
            }
            if line.exchange(&message).is_ok_and(|answer| answer.contains(&format!("MSA|AA|{id}"))) {
                acknowledged.lock().expect("ids").push(id);
                break;
            }
            std::thread::sleep(PAUSE);
        }
    }
}

/// Everything that was acknowledged has arrived, and for each sender and patient in the order of the acknowledgments. What
/// arrived again (R2) counts where it came first.
#[track_caller]
pub fn assert_order(arrived: &[String], acknowledged: &[String]) {
    let sender = |id: &str| id.rsplit_once('N').map_or_else(String::new, |(sender, _)| sender.to_owned());
    let patient = |id: &str| super::super::support::field(&content(id), "PID", 3);
    let keys: HashMap<&str, _> = acknowledged.iter().map(|id| (id.as_str(), (sender(id), patient(id)))).collect();
    let mut seen = HashSet::new();
    let first = arrived.iter().map(String::as_str).filter(|id| keys.contains_key(id) && seen.insert(*id));
    let by_key = |ids: &mut dyn Iterator<Item = &str>| {
        let mut by_key: BTreeMap<_, Vec<String>> = BTreeMap::new();
        ids.for_each(|id| by_key.entry(keys[id].clone()).or_default().push(id.to_owned()));
        by_key
    };
    let got = by_key(&mut first.into_iter());
    let missing: Vec<&String> = acknowledged.iter().filter(|id| !seen.contains(id.as_str())).collect();
    assert!(missing.is_empty(), "{missing:?} of {}", acknowledged.len());
    for (key, expected) in by_key(&mut acknowledged.iter().map(String::as_str)) {
        assert_eq!(got[&key], expected, "order of {key:?}");
    }
}
