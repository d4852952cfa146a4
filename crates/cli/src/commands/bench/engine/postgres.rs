//! The engine on PostgreSQL beside the same server's own batched inserts, in the same run.

use super::{
    super::{
        figures::Figures,
        load::{self, Load},
        rig::{Engine, Folder, Partner},
    },
    drain, write_workspace,
};
use crate::{
    outcome::{Failure, Result},
    screen::Screen,
};
use ::store::contract::server::Server;
use std::{path::Path, time::Duration};

/// Rows of a batch of the server's own inserts, and how many connections insert at once.
const BATCH: usize = 128;
const CLIENTS: usize = 8;
/// Connections of the load generator: its most, and a quarter of the rows that the server has under way by itself.
const SENDERS: usize = 256;

/// Measures on a server of its own; says why when there is none.
pub async fn measure(screen: &Screen, parent: &Path, figures: &mut Figures, seconds: u32) -> Result<()> {
    let server = match Server::start_in(parent, &["shared_buffers=512MB"]) {
        Ok(server) => server,
        Err(why) => {
            screen.say(format!("postgres_ratio is left out: {why}"));
            return Ok(());
        }
    };
    let time = Duration::from_secs(u64::from(seconds)) / 2;
    let failed = |error: ::store::Error| Failure::unreachable(error.to_string()).code(error.code());
    let rows = load::admissions();
    let bare = || server.inserts_per_second(&rows, BATCH, CLIENTS, time / 2).map_err(failed);
    // Before and after, so that a drift of the machine falls on both.
    let first = bare()?;
    let folder = Folder::make(parent)?;
    let partner = Partner::start(&folder, &[])?;
    write_workspace(&folder, &partner.address)?;
    let store = format!("\n[store]\nengine = \"postgres\"\nurl = \"{}\"\n", server.address());
    folder.write("sinew.toml", [super::SETTINGS, &store].concat().as_bytes())?;
    let mut engine = Engine::start(folder.path()).await?;
    let messages = load::write(&folder)?;
    load::send(&folder, &engine.address, Load::of(&messages, SENDERS, Duration::from_secs(1))).await?;
    drain(&mut engine).await?;
    let cpu = engine.process.cpu_seconds();
    let sent = load::send(&folder, &engine.address, Load::of(&messages, SENDERS, time)).await?;
    let seconds = sent.seconds + drain(&mut engine).await?;
    figures.add("postgres_cpu_us_per_message", (engine.process.cpu_seconds() - cpu) * 1e6 / sent.accepted as f64);
    let second = bare()?;
    let (rate, bare) = (sent.accepted as f64 / seconds, (first + second) / 2.0);
    figures.add("postgres_delivered_per_s", rate);
    figures.add("postgres_inserts_per_s", bare);
    figures.add("postgres_ratio", rate / bare);
    engine.finish()?;
    partner.finish().map(drop)
}
