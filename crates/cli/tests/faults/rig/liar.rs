//! A partner whose replies a test writes byte by byte.

use std::{
    io::{Read, Result, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
};

/// What it does with a message: writes to the connection, or fails, which closes it. `last` is the message before it on
/// this connection, empty for the first.
pub type Lie = fn(stream: &mut TcpStream, message: &str, last: &str) -> Result<()>;

/// The partner; its threads end with the connections.
pub struct Liar {
    pub port: u16,
    shared: Arc<Shared>,
}

struct Shared {
    lie: Mutex<Lie>,
    taken: Mutex<Vec<String>>,
}

impl Liar {
    /// Does this with every message, on a port of the system's choice.
    pub fn start(lie: Lie) -> Liar {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let shared = Arc::new(Shared { lie: Mutex::new(lie), taken: Mutex::default() });
        let own = shared.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let own = own.clone();
                std::thread::spawn(move || own.serve(stream));
            }
        });
        Liar { port, shared }
    }

    /// Answers AA from now on, and gives how many messages it had taken.
    pub fn behave(&self) -> usize {
        *self.shared.lie.lock().expect("a lie") =
            |stream, message, _| stream.write_all(framed(&answer(message)).as_bytes());
        self.taken().len()
    }

    /// What it took, in order.
    pub fn taken(&self) -> Vec<String> {
        self.shared.taken.lock().expect("messages").clone()
    }
}

impl Shared {
    fn serve(&self, mut stream: TcpStream) {
        let (mut buffer, mut piece, mut last) = (Vec::new(), [0; 4096], String::new());
        loop {
            while let Some(end) = buffer.windows(2).position(|bytes| bytes == b"\x1c\r") {
                let message = String::from_utf8_lossy(&buffer[1..end]).into_owned();
                buffer.drain(..end + 2);
                self.taken.lock().expect("messages").push(message.clone());
                let lie = *self.lie.lock().expect("a lie");
                if lie(&mut stream, &message, &last).is_err() {
                    return;
                }
                last = message;
            }
            match stream.read(&mut piece) {
                Ok(0) | Err(_) => return,
                Ok(count) => buffer.extend_from_slice(&piece[..count]),
            }
        }
    }
}

/// AA to a message.
pub fn answer(message: &str) -> String {
    answer_to(&super::super::support::field(message, "MSH", 9))
}

/// AA to a control id.
pub fn answer_to(id: &str) -> String {
    format!("MSH|^~\\&|RX|SOUTH|HUB|NORTH|20260301120000||ACK^A01|R1|P|2.5.1\rMSA|AA|{id}\r")
}

/// In an MLLP frame.
pub fn framed(content: &str) -> String {
    format!("\x0b{content}\x1c\r")
}
