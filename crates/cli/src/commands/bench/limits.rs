//! What the machine can do without us: the physical limits that figures are held against.

use super::{
    load::{self, Load},
    rig::{Folder, Partner, unreachable},
};
use crate::outcome::Result;
use std::{
    fs,
    os::unix::fs::FileExt,
    path::Path,
    time::{Duration, Instant},
};

/// Bytes of the file that is written: one segment of the log.
const FILE_BYTES: usize = 64 * 1024 * 1024;

/// Writes of `bytes` bytes a second into a file whose blocks are there, each followed by fdatasync, one at a time: the
/// fastest that one sender with one message under way could be answered.
pub async fn synced_writes_per_second(folder: &Folder, bytes: usize, time: Duration) -> Result<f64> {
    let path = folder.path().join("limit.bin");
    let measured = tokio::task::spawn_blocking(move || write_and_sync(&path, bytes, time));
    measured.await.unwrap_or_else(|_| Ok(f64::NAN))
}

fn write_and_sync(path: &Path, bytes: usize, time: Duration) -> Result<f64> {
    let run = || -> std::io::Result<f64> {
        let file = fs::File::create(path)?;
        let zeros = vec![0; 1024 * 1024];
        for at in (0..FILE_BYTES).step_by(zeros.len()) {
            file.write_all_at(&zeros, at as u64)?;
        }
        file.sync_all()?;
        let record = vec![b'x'; bytes];
        let (started, mut count, mut at) = (Instant::now(), 0_u64, 0);
        while started.elapsed() < time {
            file.write_all_at(&record, at as u64)?;
            file.sync_data()?;
            count += 1;
            at = (at + bytes) % (FILE_BYTES - bytes);
        }
        let rate = count as f64 / started.elapsed().as_secs_f64();
        fs::remove_file(path)?;
        Ok(rate)
    };
    run().map_err(|error| unreachable(path, &error))
}

/// Messages a second from a sender straight to a partner: sockets and frames without an engine, a store or a step.
pub async fn echoes_per_second(folder: &Folder, load: Load<'_>) -> Result<f64> {
    let partner = Partner::start(folder, &[])?;
    let sent = load::send(folder, &partner.address, load).await?;
    partner.finish()?;
    Ok(sent.accepted as f64 / sent.seconds)
}
