//! A million messages for a destination that is dead: what they take of memory, and how long a start takes after a kill.

use super::{
    super::{
        figures::Figures,
        load::{self, Load},
        rig::{Engine, Folder, unreachable},
    },
    number, write_workspace,
};
use crate::outcome::{Failure, Result};
use std::{net::TcpListener, path::Path, time::Duration};

/// Messages that are queued.
pub(super) const MESSAGES: u64 = 1_000_000;
/// Connections that bring them.
const SENDERS: usize = 64;
/// Longest time that may take.
const FILL_TIME_MAX: Duration = Duration::from_secs(1200);
/// Pause between words about it.
const SAY_PAUSE: Duration = Duration::from_secs(10);
/// Pause before memory is read: the index and the checkpoint have been written by then.
const SETTLE_TIME: Duration = Duration::from_secs(3);

/// Measured once: nothing in it varies as much as it costs.
pub(super) async fn measure(parent: &Path, figures: &mut Figures, say: impl Fn(&str)) -> Result<()> {
    let folder = Folder::make(parent)?;
    write_workspace(&folder, &dead_address(&folder)?)?;
    let messages = load::write(&folder)?;
    let mut engine = Engine::start(folder.path()).await?;
    say(&format!("{MESSAGES} messages for a destination that is dead, about a minute"));
    let address = engine.address.clone();
    let load = Load { count: Some(MESSAGES), ..Load::of(&messages, SENDERS, FILL_TIME_MAX) };
    let sent = tokio::select! {
        sent = load::send(&folder, &address, load) => sent?,
        failed = report(&mut engine, &say) => return Err(failed),
    };
    if sent.accepted != MESSAGES {
        return Err(Failure::unreachable(format!("{} of {MESSAGES} messages were accepted", sent.accepted)));
    }
    figures.add("million_queued_per_s", sent.accepted as f64 / sent.seconds);
    tokio::time::sleep(SETTLE_TIME).await;
    check(&mut engine).await?;
    let filled = engine.process.resident_mb();
    say(&format!("{filled:.0} MB, now killed and started again"));
    engine.kill();
    let mut engine = Engine::start(folder.path()).await?;
    figures.add("million_queued_start_s", engine.start_ms / 1000.0);
    check(&mut engine).await?;
    tokio::time::sleep(SETTLE_TIME).await;
    let started = engine.process.resident_mb();
    say(&format!("{:.2} s, {started:.0} MB", engine.start_ms / 1000.0));
    figures.add("million_queued_rss_mb", filled.max(started));
    engine.kill();
    Ok(())
}

/// A port where nobody listens: it was free a moment ago.
fn dead_address(folder: &Folder) -> Result<String> {
    let taken = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    taken.map(|address| address.to_string()).map_err(|error| unreachable(folder.path(), &error))
}

/// Every one of them waits.
async fn check(engine: &mut Engine) -> Result<()> {
    let in_flight = number(&engine.status().await?["counts"]["in_flight"]);
    match in_flight == MESSAGES as f64 {
        true => Ok(()),
        false => Err(Failure::unreachable(format!("{in_flight} of {MESSAGES} messages wait"))),
    }
}

/// Says how far it is; ends when the engine does not answer.
async fn report(engine: &mut Engine, say: &impl Fn(&str)) -> Failure {
    loop {
        tokio::time::sleep(SAY_PAUSE).await;
        match engine.status().await {
            Ok(status) => {
                let resident = engine.process.resident_mb();
                say(&format!("{} queued, {resident:.0} MB", number(&status["counts"]["in_flight"])));
            }
            Err(failure) => return failure,
        }
    }
}
