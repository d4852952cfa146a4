//! Many interfaces that have nothing to do: what they take of memory and of a core.

use super::{
    super::{
        figures::Figures,
        rig::{Engine, Folder},
    },
    SETTINGS,
};
use crate::outcome::{Failure, Result};
use serde_json::Value;
use std::{
    fmt::Write,
    path::Path,
    time::{Duration, Instant},
};

/// Interfaces of the workspace: as many as a large hospital has.
pub(super) const INTERFACES: usize = 400;
/// Pause before anything is read: what only the start needed is given back by then.
const SETTLE_TIME: Duration = Duration::from_secs(5);
/// How long the processor is watched, at least: its time is counted in steps of 10 ms.
const WATCH_TIME_MIN: Duration = Duration::from_secs(15);
/// Longest wait for all ports.
const OPEN_TIME_MAX: Duration = Duration::from_secs(60);

/// An interface as an analyst would write it: a port, a condition, a map of two lines, a partner.
fn flow(name: &str) -> String {
    format!(
        "interface {name} \"Idle, measured by sinew bench\" {{\n  owner bench contact bench@example.org\n  critical 3\n\
         \n  receive mllp 127.0.0.1:0 {{\n    order by PID-3.1\n  }}\n\
         \n  keep when event in [A01, A04, A08]\n\n  send partner {{\n    mllp 127.0.0.1:1 timeout 10s\n    \
         set MSH-5 = PARTNER\n    set PID-5.1 = PID-5.1 | upper\n    lanes 4\n    \
         retry from 50ms to 1s give-up never\n  }}\n}}\n"
    )
}

/// Once: it takes most of a minute, and nothing in it varies much.
pub(super) async fn measure(parent: &Path, figures: &mut Figures, seconds: u32) -> Result<()> {
    let folder = Folder::make(parent)?;
    folder.write("sinew.toml", SETTINGS.as_bytes())?;
    for number in 0..INTERFACES {
        let mut name = String::new();
        let _infallible = write!(name, "feed-{number:03}");
        folder.write(&format!("interfaces/{name}/interface.flow"), flow(&name).as_bytes())?;
    }
    let mut engine = Engine::start(folder.path()).await?;
    let started = Instant::now();
    loop {
        let open = open_ports(&engine.status().await?);
        if open == INTERFACES {
            break;
        }
        if started.elapsed() > OPEN_TIME_MAX {
            return Err(Failure::unreachable(format!("{open} of {INTERFACES} interfaces listen")));
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    tokio::time::sleep(SETTLE_TIME).await;
    let (before, began) = (engine.process.cpu_seconds(), Instant::now());
    tokio::time::sleep(WATCH_TIME_MIN.max(Duration::from_secs(u64::from(seconds)))).await;
    let share = (engine.process.cpu_seconds() - before) / began.elapsed().as_secs_f64();
    figures.add("interfaces_400_cpu_percent", share * 100.0);
    figures.add("interfaces_400_rss_mb", engine.process.resident_mb());
    engine.finish()
}

/// Interfaces that say where they listen.
fn open_ports(status: &Value) -> usize {
    let all = status["interfaces"].as_array().map_or(&[][..], Vec::as_slice);
    all.iter().filter(|interface| interface["address"].as_str().is_some_and(|address| !address.is_empty())).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn ports_that_are_not_open_are_not_counted() {
        let status = json!({"interfaces": [{"address": "127.0.0.1:4001"}, {"address": null}, {}, {"address": ""}]});
        assert_eq!((open_ports(&status), open_ports(&json!({}))), (1, 0));
    }
}
