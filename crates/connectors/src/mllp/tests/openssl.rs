//! MLLP over TLS with another maker's TLS: the command of OpenSSL, as server and as client.

use super::{
    secure::{calling, serving},
    *,
};
use crate::tls::authority::Authority;
use std::{
    fs,
    io::{Read, Write},
    process::{Child, Command, Stdio},
    sync::mpsc,
};
use testkit::{
    Folder,
    server::{find, free_port},
};

fn openssl() -> Option<std::path::PathBuf> {
    find("openssl").map_err(|why| println!("skipped: {why}")).ok()
}

/// A program that is ended with its value, and what it prints.
struct Program(Child, mpsc::Receiver<Vec<u8>>);

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Program {
    fn start(command: &mut Command) -> Program {
        let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = piped.spawn().unwrap();
        let mut out = child.stdout.take().unwrap();
        let (sender, receiver) = mpsc::channel();
        std::thread::spawn(move || {
            let mut space = [0; 4096];
            while let Ok(count) = out.read(&mut space) {
                if count == 0 || sender.send(space[..count].to_vec()).is_err() {
                    return;
                }
            }
        });
        Program(child, receiver)
    }

    fn say(&mut self, bytes: &[u8]) {
        let input = self.0.stdin.as_mut().unwrap();
        input.write_all(bytes).unwrap();
        input.flush().unwrap();
    }

    /// What it prints up to the end of a frame, or until it ends.
    fn hear_frame(&self) -> Vec<u8> {
        let mut heard = Vec::new();
        while !heard.ends_with(wire::END) {
            match self.1.recv_timeout(LONG) {
                Ok(more) => heard.extend(more),
                Err(_) => break,
            }
        }
        heard
    }
}

/// Runs what waits for a program on a thread of its own, so that the source goes on.
fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> impl Future<Output = T> {
    let working = tokio::task::spawn_blocking(work);
    async { working.await.unwrap() }
}

#[tokio::test]
async fn its_client_sends_with_both_versions_and_no_older_one() {
    let Some(openssl) = openssl() else { return };
    let (authority, folder) = (Authority::new(), Folder::new());
    let own = authority.issue(&["lab.example.org"]);
    for (name, text) in [("ca.pem", &authority.pem), ("own.pem", &own.cert), ("own.key", &own.key)] {
        fs::write(folder.join(name), text).unwrap();
    }
    let asking = serving(&authority.issue(&["127.0.0.1"]), vec![authority.trusted()]);
    let running = Running::start(open(&asking).await, []);
    let client = |version: &str| {
        let mut command = Command::new(&openssl);
        command.args(["s_client", "-connect", &running.address, "-CAfile", "ca.pem", "-verify_return_error"]);
        command.args(["-cert", "own.pem", "-key", "own.key", "-quiet", "-cipher", "DEFAULT:@SECLEVEL=0", version]);
        command.current_dir(folder.path());
        Program::start(&mut command)
    };
    for version in ["-tls1_2", "-tls1_3"] {
        let mut client = client(version);
        let heard = aside(move || {
            client.say(&framed(&sample::adt(version)));
            client.hear_frame()
        });
        assert_eq!(heard.await, framed(&sample::acknowledgment("AA", version)), "{version}");
    }
    assert_eq!(running.intake.contents(), ["-tls1_2", "-tls1_3"].map(sample::adt));
    let old = client("-tls1_1");
    assert_eq!(aside(move || old.hear_frame()).await, b"", "an older version was spoken");
    assert!(running.intake.wait_for(LONG, |intake| intake.reported_codes().contains(&"E6502".into())).await);
    running.stop().await;
}

#[tokio::test]
async fn its_server_takes_what_we_send_and_answers() {
    let Some(openssl) = openssl() else { return };
    let (authority, folder) = (Authority::new(), Folder::new());
    let (server, own) = (authority.issue(&["127.0.0.1"]), authority.issue(&["sinew.example.org"]));
    for (name, text) in [("ca.pem", &authority.pem), ("server.pem", &server.cert), ("server.key", &server.key)] {
        fs::write(folder.join(name), text).unwrap();
    }
    for version in ["-tls1_2", "-tls1_3"] {
        let address = format!("127.0.0.1:{}", free_port());
        let mut command = Command::new(&openssl);
        command.args(["s_server", "-accept", &address, "-cert", "server.pem", "-key", "server.key", "-quiet"]);
        command.args(["-CAfile", "ca.pem", "-Verify", "1", "-verify_return_error", version]).current_dir(folder.path());
        let mut partner = Program::start(&mut command);
        // It listens a moment after it begins.
        for _ in 0..2_000 {
            if fs::read_to_string("/proc/net/tcp").unwrap_or_default().contains(&listening(&address)) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let answering = aside(move || {
            let heard = partner.hear_frame();
            partner.say(&framed(&sample::acknowledgment("AA", version)));
            (heard, partner)
        });
        let patient = [calling(&authority, Some(&own)), vec![("timeout", Value::Duration(LONG))]].concat();
        let outcome = lane(&address, &patient).send(&sample::outgoing(1, sample::adt(version))).await;
        assert_eq!(outcome, Outcome::Delivered { reply: Some(sample::acknowledgment("AA", version)) }, "{version}");
        assert_eq!(answering.await.0, framed(&sample::adt(version)));
    }
}

/// How the kernel's table shows that somebody listens there.
fn listening(address: &str) -> String {
    let port: u16 = address.rsplit(':').next().unwrap().parse().unwrap();
    format!(":{port:04X} 00000000:0000 0A")
}
