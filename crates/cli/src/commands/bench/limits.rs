//! What the machine can do without us: the physical limits that figures are held against.

use super::{
    load::{self, Load},
    rig::{Folder, Partner, unreachable},
};
use crate::outcome::Result;
use std::{
    fs,
    os::unix::fs::FileExt,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

/// Bytes of the file that is written.
const FILE_BYTES: usize = 16 * 1024 * 1024;
/// Bytes that are allocated at a time.
const PIECE_BYTES: usize = 1024 * 1024;

/// A file whose blocks are allocated. Made long before it is measured: for seconds after a file was filled, flushes of a
/// shared disk are several times slower.
pub struct Bare {
    path: PathBuf,
    file: Arc<fs::File>,
}

impl Bare {
    /// Writes it full of zeros.
    pub fn make(folder: &Folder) -> Result<Bare> {
        let path = folder.path().join("limit.bin");
        let fill = || -> std::io::Result<fs::File> {
            let file = fs::File::create(&path)?;
            let zeros = vec![0; PIECE_BYTES];
            for at in (0..FILE_BYTES).step_by(PIECE_BYTES) {
                file.write_all_at(&zeros, at as u64)?;
                file.sync_all()?;
            }
            Ok(file)
        };
        let file = Arc::new(fill().map_err(|error| unreachable(&path, &error))?);
        Ok(Bare { path, file })
    }

    /// Writes of `bytes` bytes a second, each followed by fdatasync, one at a time: the fastest that one sender with one
    /// message under way could be answered.
    pub async fn writes_per_second(&self, bytes: usize, time: Duration) -> Result<f64> {
        let file = self.file.clone();
        let measured = tokio::task::spawn_blocking(move || write_and_sync(&file, bytes, time)).await;
        measured.unwrap_or(Ok(f64::NAN)).map_err(|error| unreachable(&self.path, &error))
    }
}

impl Bare {
    /// The same writes: 99 of 100 are safe within this.
    pub async fn write_p99_ms(&self, bytes: usize, time: Duration) -> Result<f64> {
        let file = self.file.clone();
        let measured = tokio::task::spawn_blocking(move || {
            let histogram = hospital::wire::Histogram::default();
            each_write(&file, bytes, time, |took| histogram.record(took)).map(|_| histogram.latency())
        });
        let latency = measured.await.unwrap_or(Ok(hospital::wire::Latency::default()));
        latency.map(|found| found.p99_micros as f64 / 1000.0).map_err(|error| unreachable(&self.path, &error))
    }
}

fn write_and_sync(file: &fs::File, bytes: usize, time: Duration) -> std::io::Result<f64> {
    let started = Instant::now();
    let count = each_write(file, bytes, time, |_| ())?;
    Ok(count as f64 / started.elapsed().as_secs_f64())
}

/// Writes and syncs until the time is over, and tells how long each took; gives their number.
fn each_write(file: &fs::File, bytes: usize, time: Duration, tell: impl Fn(Duration)) -> std::io::Result<u64> {
    let record = vec![b'x'; bytes];
    let (started, mut count, mut at) = (Instant::now(), 0_u64, 0);
    while started.elapsed() < time {
        let begun = Instant::now();
        file.write_all_at(&record, at as u64)?;
        file.sync_data()?;
        tell(begun.elapsed());
        count += 1;
        at = (at + bytes) % (FILE_BYTES - bytes);
    }
    Ok(count)
}

/// Messages a second from a sender straight to a partner: sockets and frames without an engine, a store or a step.
pub async fn echoes_per_second(folder: &Folder, load: Load<'_>) -> Result<f64> {
    let partner = Partner::start(folder, &[])?;
    let sent = load::send(folder, &partner.address, load).await?;
    partner.finish()?;
    Ok(sent.accepted as f64 / sent.seconds)
}
