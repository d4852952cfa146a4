//! A way to the server that can be cut at a chosen statement.

use std::{
    io::{Read, Write},
    net::Shutdown,
    os::unix::net::{UnixListener, UnixStream},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU8, AtomicU64, Ordering},
    },
    thread,
};

const NAME: &str = ".s.PGSQL.5432";
const THROUGH: u8 = 0;
const CUT_STATEMENT: u8 = 1;
const CUT_ANSWER: u8 = 2;
/// The statement is on its way; its answer is cut.
const CUT_NOW: u8 = 3;

/// A socket in a folder of its own that leads to the server's.
pub(crate) struct Proxy {
    folder: PathBuf,
    next: Arc<AtomicU8>,
    /// Connections that were cut.
    pub(crate) cuts: Arc<AtomicU64>,
}

impl Proxy {
    pub(crate) fn start(server: &Path) -> Proxy {
        let folder = server.with_extension("proxy");
        std::fs::create_dir_all(&folder).unwrap();
        let listener = UnixListener::bind(folder.join(NAME)).unwrap();
        let (next, cuts) = (Arc::new(AtomicU8::new(THROUGH)), Arc::<AtomicU64>::default());
        let (server, shared, counted) = (server.join(NAME), next.clone(), cuts.clone());
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Ok(server) = UnixStream::connect(&server) else { continue };
                let ways = [(client.try_clone().unwrap(), server.try_clone().unwrap(), true), (server, client, false)];
                for (from, to, is_asking) in ways {
                    let (next, cuts) = (shared.clone(), counted.clone());
                    thread::spawn(move || carry(from, to, is_asking, &next, &cuts));
                }
            }
        });
        Proxy { folder, next, cuts }
    }

    /// Cuts the connection at the next statement with values: before it is sent on, or before its answer is.
    pub(crate) fn cut_next(&self, is_answer: bool) {
        self.next.store(if is_answer { CUT_ANSWER } else { CUT_STATEMENT }, Ordering::SeqCst);
    }

    pub(crate) fn address(&self) -> String {
        format!("host={} user=sinew dbname=postgres", self.folder.display())
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn carry(mut from: UnixStream, mut to: UnixStream, is_asking: bool, next: &AtomicU8, cuts: &AtomicU64) {
    let mut buffer = vec![0; 65_536];
    loop {
        let count = from.read(&mut buffer).unwrap_or(0);
        // A Bind message begins a statement with values.
        let is_bind = is_asking && count > 0 && buffer[0] == b'B';
        let swap = |from: u8, to: u8| next.compare_exchange(from, to, Ordering::SeqCst, Ordering::SeqCst).is_ok();
        let is_cut = match is_asking {
            true => is_bind && swap(CUT_STATEMENT, THROUGH),
            false => swap(CUT_NOW, THROUGH),
        };
        if is_bind {
            swap(CUT_ANSWER, CUT_NOW);
        }
        cuts.fetch_add(u64::from(is_cut), Ordering::SeqCst);
        if count == 0 || is_cut || to.write_all(&buffer[..count]).is_err() {
            let _ = from.shutdown(Shutdown::Both);
            let _ = to.shutdown(Shutdown::Both);
            return;
        }
    }
}
