//! `sinew run` and `sinew dev`: the engine on this workspace.

mod last;

use crate::{
    handles,
    host::{Host, Setup},
    outcome::{Exit, Failure, Result},
    place::{self, Place},
    run::block_on,
    screen::Screen,
    table::count,
};
use clap::Args;
use engine::Changes;
use interface::workspace::Workspace;
use message::{Clock as _, Diagnostic, Steady, clock};
use std::{io::IsTerminal as _, path::PathBuf, sync::Arc, time::Duration};

/// Run the engine on this workspace
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sinew run
  sinew run hello                    the workspace in ./hello
  sinew run --env prod
  sinew run --listen                 the HTTP API too, on 127.0.0.1:8620

Stops in good order on Ctrl-C and SIGTERM; reads the workspace again on SIGHUP and on `sinew reload`.
Exit: 0 ended as asked, 1 the workspace has errors, 3 the store failed, 5 another engine holds the data directory.")]
pub struct Run {
    /// The workspace folder
    #[arg(value_name = "DIR", conflicts_with = "workspace")]
    dir: Option<PathBuf>,
    #[command(flatten)]
    place: Place,
    /// Serve the API over HTTP too, here or where ADDRESS says; over `[api] listen` of sinew.toml
    #[arg(long, value_name = "ADDRESS", num_args = 0..=1, require_equals = true, default_missing_value = "127.0.0.1:8620")]
    listen: Option<std::net::SocketAddr>,
    /// End when standard input ends
    #[arg(long, hide = true)]
    until_eof: bool,
}

/// Run the engine and apply every change of a file as soon as it is saved
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sinew dev
  sinew dev hello

A wrong line is reported with code, place and hint; the version that runs goes on. Tests run after every change. The last message of
an interface is shown by its lines as they are now, after every change and whenever one comes: what each step changed, what each
line decided and by which values. Values that may say who the patient is are masked; --reveal shows them.
What is saved is put into force and not kept as a version for `sinew rollback`: `sinew apply` does that.")]
pub struct Dev {
    /// The workspace folder
    #[arg(value_name = "DIR", conflicts_with = "workspace")]
    dir: Option<PathBuf>,
    #[command(flatten)]
    place: Place,
    /// Show patient data of the last message
    #[arg(long)]
    reveal: bool,
}

/// Pause between looks at the files of the workspace.
const WATCH_PAUSE: Duration = Duration::from_millis(400);
/// Pause between looks at the clock, and how much it may be slewed meanwhile without a word.
const CLOCK_PAUSE: Duration = Duration::from_secs(1);
const CLOCK_CHANGE_MAX_MICROS: i64 = 1_000_000;
/// Pause between attempts to open sources that could not be opened.
const REOPEN_PAUSE: Duration = Duration::from_secs(3);

impl Run {
    pub fn run(self, screen: &Screen) -> Result {
        crate::confine::confine();
        let how = How { watching: None, until_eof: self.until_eof, listen: self.listen };
        block_on(engine(screen, with_dir(self.place, self.dir), how))?
    }
}

impl Dev {
    pub fn run(self, screen: &Screen) -> Result {
        let how = How { watching: Some(self.reveal), until_eof: false, listen: None };
        block_on(engine(screen, with_dir(self.place, self.dir), how))?
    }
}

/// A folder may be named without a flag.
pub fn with_dir(place: Place, dir: Option<PathBuf>) -> Place {
    Place { workspace: dir.or(place.workspace.clone()), ..place }
}

/// How an engine runs.
struct How {
    /// Every change is applied; whether patient data is shown.
    watching: Option<bool>,
    until_eof: bool,
    listen: Option<std::net::SocketAddr>,
}

async fn engine(screen: &Screen, at: Place, how: How) -> Result {
    let folder = at.folder()?;
    let environment = at.env.clone();
    let (workspace, findings) = place::load(&folder, environment.as_deref());
    report(screen, &workspace, &findings);
    if place::has_errors(&findings) {
        return Err(Failure::new(Exit::Problems, "the workspace has errors; nothing was started")
            .hint("see above; `sinew check` repeats them"));
    }
    let setup = Setup {
        data: place::store_folder(&workspace),
        store: place::store_options(&workspace)?,
        loader: {
            let folder = folder.clone();
            Box::new(move || place::load(&folder, environment.as_deref()))
        },
        workspace,
        is_demo: false,
    };
    let limit = handles::raise();
    let (host, recovered, changes) = Host::open(setup).await?;
    let (api, listening) = host.api(how.listen).await?;
    let is_sealed = host.is_sealed();
    let address = listening.as_ref().map(|listening| listening.address);
    let setup = if address.is_some() { api.begin_setup() } else { Ok(None) };
    let keeping = api.clone();
    let kept = tokio::task::spawn_blocking(move || keeping.keep_start()).await;
    let mut serving = host.serve(api, listening);
    greet(screen, &host, &recovered, &changes);
    match kept {
        Ok(Ok(None)) | Err(_) => {}
        Ok(Ok(Some(changed))) => screen.say(screen.paint_talk("33", &format!("  {}: {}", changed.code, changed.text))),
        Ok(Err(reason)) => screen.say(format!("  versions cannot be kept: {reason}")),
    }
    if let Some(address) = address {
        screen.say(format!("  {:<20} {} {address}", "the API", if is_sealed { "https" } else { "http" }));
        welcome(screen, setup);
    }
    if let Some(warning) = handles::warning(limit, &host.engine) {
        screen.say(screen.paint_talk("33", &warning));
    }
    let ended = tokio::select! {
        failure = host.wait() => failure,
        served = &mut serving => Some(unserved(served)),
        () = host.retain() => None,
        () = host.keep_quality() => None,
        () = host.forward() => None,
        () = keep_listening(screen, &host) => None,
        () = crate::run::end_of_input(how.until_eof) => None,
        () = follow(screen, &host, &folder, how.watching) => None,
        () = watch_clock(screen) => None,
    };
    screen.say("stopping: finishing what is under way");
    let closed = host.close().await;
    if !serving.is_finished() {
        let _ = serving.await;
    }
    match ended {
        Some(failure) => Err(failure),
        None => closed.map(|()| Exit::Ok),
    }
}

/// Shows the one-time token for the first administrator, to a person at this machine and nowhere else.
fn welcome(screen: &Screen, setup: std::result::Result<Option<(String, message::Timestamp)>, message::Reason>) {
    match setup {
        Ok(None) => {}
        Ok(Some((token, _))) if std::io::stderr().is_terminal() => {
            let minutes = server::SETUP_TIME.as_secs() / 60;
            screen.say(format!(
                "  nobody can sign in yet; the one-time token of the first administrator, for {minutes} minutes:"
            ));
            screen.say(format!("  {}", screen.paint_talk("1", &token)));
        }
        // What is written here may be kept in a log.
        Ok(Some(_)) => {
            screen.say("  nobody can sign in yet: `sinew user setup` on this machine shows the one-time token")
        }
        Err(reason) => screen.say(format!("  users cannot be read: {reason}")),
    }
}

/// Tries again, now and then, to open sources that could not be opened. Never returns.
async fn keep_listening(screen: &Screen, host: &Host) {
    loop {
        tokio::time::sleep(REOPEN_PAUSE).await;
        for name in host.reopen().await {
            screen.say(format!("{name} listens now"));
        }
    }
}

/// Says when somebody sets the clock of the machine. Never returns.
async fn watch_clock(screen: &Screen) {
    let life = Steady::start(&clock::System);
    let mut before = 0;
    loop {
        tokio::time::sleep(CLOCK_PAUSE).await;
        let ahead = clock::System.now().0 - life.now(&clock::System).0;
        let change = ahead - before;
        before = ahead;
        if change.abs() > CLOCK_CHANGE_MAX_MICROS {
            let direction = if change > 0 { "forth" } else { "back" };
            let seconds = change.abs() as f64 / 1e6;
            screen.say(format!(
                "the clock of this machine was set {seconds:.0} s {direction} ({}): order, retries and ages go on as \
                 before, times of new messages are by the new clock",
                server::codes::E7040
            ));
        }
    }
}

/// Without its control socket an engine cannot be steered, so it does not run.
fn unserved(served: std::result::Result<std::result::Result<(), message::Reason>, tokio::task::JoinError>) -> Failure {
    match served {
        Ok(Err(reason)) => Failure::unreachable(reason.text)
            .code(server::codes::E7005)
            .hint("a long path does not fit a socket: name a shorter `data` folder in sinew.toml"),
        Ok(Ok(())) | Err(_) => Failure::new(Exit::Bug, "the control socket closed unexpectedly"),
    }
}

/// Reads the workspace again on SIGHUP and, in `dev`, whenever a file changed. Never returns.
async fn follow(screen: &Screen, host: &Arc<Host>, folder: &std::path::Path, watching: Option<bool>) {
    let Ok(mut hangup) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup()) else {
        return std::future::pending().await;
    };
    let mut seen = crate::watch::Snapshot::of(folder);
    let mut last = watching.map(|is_revealed| last::Last::begin(host, is_revealed));
    loop {
        tokio::select! {
            _ = hangup.recv() => {}
            () = tokio::time::sleep(WATCH_PAUSE), if last.is_some() => {
                let now = crate::watch::Snapshot::of(folder);
                if now == seen {
                    if let Some(last) = &mut last {
                        last.arrived(screen, host);
                    }
                    continue;
                }
                seen = now;
            }
        }
        let Some((workspace, findings, changes)) = host.apply().await else {
            screen.say(format!("not read again: this workspace asks for a second person ({})", server::codes::E7075));
            continue;
        };
        report(screen, &workspace, &findings);
        match &changes {
            Some(changes) => screen.say(describe(changes)),
            None => screen.say("nothing was changed: what ran goes on"),
        }
        if let Some(last) = last.as_ref().filter(|_| !place::has_errors(&findings)) {
            crate::commands::test::run_all(screen, &workspace);
            last.again(screen, host, &changes.map(|changes| changes.changed).unwrap_or_default());
        }
    }
}

/// Prints findings, if there are any.
pub fn report(screen: &Screen, workspace: &Workspace, findings: &[Diagnostic]) {
    if !findings.is_empty() {
        screen.say(place::render(workspace, findings, screen.is_talk_coloured, screen.is_unicode));
    }
}

fn greet(screen: &Screen, host: &Host, recovered: &store::Report, changes: &Changes) {
    let status = host.engine.status();
    let interfaces = count(status.interfaces.len() as u64, "interface");
    screen.say(format!("sinew {} runs {interfaces}", env!("CARGO_PKG_VERSION")));
    for row in &status.interfaces {
        let address = row.address.as_deref().unwrap_or("-");
        screen.say(format!("  {:<20} {} {}", row.name, row.connector, address));
    }
    if status.counts.in_flight > 0 {
        screen.say(format!("  of an earlier run, {} in flight: they go on", count(status.counts.in_flight, "message")));
    }
    for torn in &recovered.torn {
        screen.say(format!(
            "  {} bytes at {} were no whole record and were cut: a write that a crash left unfinished, of which no sender \
             was told; without a crash of the machine it is damage",
            torn.length, torn.lsn
        ));
    }
    for damage in &recovered.quarantined {
        screen.say(screen.paint_talk(
            "1;31",
            &format!("  damaged record at {} is quarantined; `sinew doctor --verify` says more", damage.lsn),
        ));
    }
    for (name, reason) in &changes.failed {
        screen.say(screen.paint_talk("1;31", &format!("  {name} does not listen: {reason}")));
    }
}

fn describe(changes: &Changes) -> String {
    let list = |what: &str, names: &[message::Name]| {
        (!names.is_empty())
            .then(|| format!("{what} {}", names.iter().map(|name| &**name).collect::<Vec<_>>().join(", ")))
    };
    let mut parts: Vec<String> = [
        list("started", &changes.started),
        list("changed", &changes.changed),
        list("listener opened anew:", &changes.reopened),
        list("stopped", &changes.stopped),
    ]
    .into_iter()
    .flatten()
    .collect();
    parts.extend(changes.failed.iter().map(|(name, reason)| format!("{name} does not listen: {reason}")));
    if parts.is_empty() { "no interface changed".to_owned() } else { parts.join("; ") }
}
