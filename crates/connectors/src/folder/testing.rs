//! A peer that works with files, for the conformance suite of every source that reads folders.

use bytes::Bytes;
use std::{fs, path::Path, time::Duration};
use testkit::{
    sample,
    source::{Heard, Mischief, SIZE_MAX},
};
use tokio::time::{Instant, sleep};

const LONG: Duration = Duration::from_secs(20);

/// Puts a file there as a careful program does.
pub(crate) fn drop_file(folder: &Path, name: &str, content: &[u8]) {
    fs::write(folder.join(format!("{name}.tmp")), content).unwrap();
    fs::rename(folder.join(format!("{name}.tmp")), folder.join(name)).unwrap();
}

pub(crate) async fn until(claim: impl Fn() -> bool) -> bool {
    within(LONG, claim).await
}

async fn within(limit: Duration, claim: impl Fn() -> bool) -> bool {
    let end = Instant::now() + limit;
    while !claim() {
        if Instant::now() > end {
            return false;
        }
        sleep(Duration::from_millis(5)).await;
    }
    true
}

/// Puts a message there and looks what becomes of its file.
pub(crate) async fn hand_over(folder: &Path, message: Bytes, patience: Duration) -> Heard {
    let name = format!("{}.hl7", sample::control_id(&message).split(['\n', '|']).next().unwrap());
    drop_file(folder, &name, &message);
    // A file that stays is the answer "later", so this wait has to end.
    within(patience, || !folder.join(&name).exists()).await;
    if folder.join("done").join(&name).exists() {
        return Heard::Success(Vec::new());
    }
    let reason = folder.join("errors").join(format!("{name}.reason"));
    within(patience, || reason.exists()).await;
    fs::read(reason).map_or(Heard::Nothing, Heard::Failure)
}

/// The one bad thing that can be done with files.
pub(crate) async fn misbehave(folder: &Path, mischief: Mischief) -> bool {
    if mischief != Mischief::TooLarge {
        return false;
    }
    drop_file(folder, "big.hl7", &sample::long_adt("BIG", SIZE_MAX + 1));
    until(|| !folder.join("big.hl7").exists()).await
}
