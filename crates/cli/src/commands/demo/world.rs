//! The world of the demo: the workspace in a folder, the engine on it, partners behind its destinations, senders in
//! front of its interfaces.

use super::Demo;
use crate::{
    host::{Host, Setup},
    outcome::{Exit, Failure, Result},
    place,
};
use hospital::{
    flow::{self, RECEIVERS, Story, SystemName},
    live::{Line, Live, LiveConfig},
    wire::{Key, Partner, PartnerConfig, SenderConfig},
};
use interface::{
    template,
    workspace::{Environment, Options, Workspace},
};
use message::{Clock, Diagnostic, clock};
use std::{
    collections::{BTreeMap, BTreeSet},
    io::IsTerminal,
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// Everything that runs.
pub struct World {
    /// The engine.
    pub host: Arc<Host>,
    /// Receivers by name.
    pub partners: BTreeMap<&'static str, Partner>,
    /// The senders; gone once the run ends.
    pub live: Option<Live>,
    /// Messages that senders got a positive answer for, by system: kept after the senders are gone.
    pub accepted: BTreeMap<String, u64>,
    /// Receivers that got a message of the story of the lab result.
    pub reached: Arc<Mutex<BTreeSet<&'static str>>>,
    /// The workspace folder.
    pub folder: PathBuf,
    /// Where the console is, with the way in.
    pub console: Option<String>,
    serving: tokio::task::JoinHandle<std::result::Result<(), message::Reason>>,
    _temporary: Option<Temporary>,
}

/// A folder that is removed when the demo ends.
struct Temporary(PathBuf);

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The API where people look for it, or on a free port when that is taken.
async fn listening(host: &Arc<Host>) -> Result<(server::Api, Option<server::Listening>)> {
    let known = server::LISTEN_DEFAULT;
    match host.api(Some(known)).await {
        Ok(found) => Ok(found),
        Err(_) => host.api(Some(SocketAddr::new(known.ip(), 0))).await,
    }
}

/// The address to open. With the one-time token only where a person reads it: what goes elsewhere may be kept.
fn console(api: &server::Api, address: SocketAddr) -> String {
    match api.begin_setup() {
        Ok(Some((token, _))) if std::io::stderr().is_terminal() => format!("http://{address}/#token={token}"),
        _ => format!("http://{address}/"),
    }
}

impl World {
    /// Writes the workspace and starts everything, receivers first.
    pub async fn open(demo: &Demo) -> Result<World> {
        let (folder, temporary) = folder(demo)?;
        write(&folder)?;
        let partners = partners().await?;
        let environment = Arc::new(addresses(&folder, &partners, demo.port)?);
        let load = move |folder: &Path| -> (Workspace, Vec<Diagnostic>) {
            let options = Options { overrides: Some(&environment), ..Options::new(connectors::catalogue()) };
            Workspace::load(folder, &options)
        };
        let (workspace, findings) = load(&folder);
        if place::has_errors(&findings) {
            let text = place::render(&workspace, &findings, false, true);
            return Err(Failure::new(Exit::Bug, format!("the demo's own workspace has errors:\n{text}")));
        }
        let setup = Setup {
            data: place::store_folder(&workspace),
            store: store::Options::default(),
            loader: {
                let folder = folder.clone();
                Box::new(move || load(&folder))
            },
            workspace,
            is_demo: true,
        };
        let (host, _, changes) = Host::open(setup).await?;
        if let Some((name, reason)) = changes.failed.first() {
            return Err(Failure::unreachable(format!("{name} cannot listen: {reason}")));
        }
        let (api, listening) = listening(&host).await?;
        let console = listening.as_ref().map(|listening| console(&api, listening.address));
        let serving = host.serve(api, listening);
        let live = senders(&host, demo)?;
        let reached = listen(&live, &partners);
        Ok(World {
            host,
            partners,
            live: Some(live),
            accepted: BTreeMap::new(),
            reached,
            folder,
            console,
            serving,
            _temporary: temporary,
        })
    }

    /// Reads the senders' figures.
    pub fn look(&mut self) {
        if let Some(live) = &self.live {
            self.accepted.clear();
            for (system, stats) in live.stats() {
                *self.accepted.entry(system.as_str().to_owned()).or_default() += stats.accepted();
            }
        }
    }

    /// Ends the senders; what they owe is still sent.
    pub async fn quieten(&mut self, patience: Duration) {
        if let Some(live) = self.live.take() {
            self.accepted.clear();
            for (system, stats) in live.stop(patience).await {
                *self.accepted.entry(system.as_str().to_owned()).or_default() += stats.accepted();
            }
        }
    }

    /// Ends the engine, then the partners.
    pub async fn close(self) -> Result<()> {
        self.host.close().await?;
        let _ = self.serving.await;
        for (_, partner) in self.partners {
            partner.stop().await;
        }
        Ok(())
    }
}

fn folder(demo: &Demo) -> Result<(PathBuf, Option<Temporary>)> {
    let failed = |path: &Path, error: std::io::Error| Failure::unreachable(format!("{}: {error}", path.display()));
    if let Some(folder) = &demo.keep {
        let is_taken = std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some());
        if is_taken && !folder.join("sinew.toml").is_file() {
            let message = format!("{} is not empty and not a workspace", folder.display());
            return Err(Failure::new(Exit::Refused, message).hint("name a new folder"));
        }
        std::fs::create_dir_all(folder).map_err(|error| failed(folder, error))?;
        let folder = folder.canonicalize().map_err(|error| failed(folder, error))?;
        return Ok((folder, None));
    }
    let folder = std::env::temp_dir().join(format!("sinew-demo-{}", std::process::id()));
    std::fs::create_dir_all(&folder).map_err(|error| failed(&folder, error))?;
    Ok((folder.clone(), Some(Temporary(folder))))
}

/// Writes the files that are not there yet: a kept workspace may have been edited.
fn write(folder: &Path) -> Result<()> {
    for (path, text) in template::hospital() {
        let path = folder.join(path);
        if path.exists() {
            continue;
        }
        let parent = path.parent().unwrap_or(folder);
        let written = std::fs::create_dir_all(parent).and_then(|()| std::fs::write(&path, text));
        written.map_err(|error| Failure::unreachable(format!("{}: {error}", path.display())))?;
    }
    Ok(())
}

async fn partners() -> Result<BTreeMap<&'static str, Partner>> {
    let mut partners = BTreeMap::new();
    for receiver in RECEIVERS {
        let mut config = PartnerConfig::new(SocketAddr::from(([127, 0, 0, 1], 0)));
        config.key = Key::PatientAndType;
        let partner = Partner::start(config).await.map_err(|error| Failure::unreachable(error.to_string()))?;
        partners.insert(receiver.name, partner);
    }
    Ok(partners)
}

/// Loopback addresses for everything that the workspace names.
fn addresses(folder: &Path, partners: &BTreeMap<&'static str, Partner>, port: Option<u16>) -> Result<Environment> {
    let (workspace, _) = Workspace::load(folder, &Options::new(connectors::catalogue()));
    let mut environment = Environment::default();
    let mut port = port;
    for definition in &workspace.definitions {
        if definition.receive.connector == "mllp" {
            let free = match &mut port {
                Some(next) => {
                    *next = next.saturating_add(1);
                    next.saturating_sub(1)
                }
                None => free_port()?,
            };
            environment.receive(&definition.name, &format!("127.0.0.1:{free}"));
        }
        for destination in definition.destinations.iter().filter(|destination| destination.connector == "mllp") {
            if let Some(partner) = partners.get(&*destination.name) {
                environment.send(&definition.name, &destination.name, &partner.address().to_string());
            }
        }
    }
    Ok(environment)
}

fn free_port() -> Result<u16> {
    let bound = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    bound.map(|address| address.port()).map_err(|error| Failure::unreachable(format!("no free port: {error}")))
}

/// One connection for each system and type, as the template's table says.
fn senders(host: &Host, demo: &Demo) -> Result<Live> {
    let mut lines = Vec::new();
    for (system, code, interface) in template::HOSPITAL_SOURCES {
        let Some(system) = SystemName::ALL.into_iter().find(|known| known.as_str() == *system) else { continue };
        let address = host.engine.flow(interface).ok().and_then(|flow| flow.address()).unwrap_or_default();
        let mut sender = SenderConfig::new(address);
        sender.reply_timeout = Duration::from_secs(10);
        lines.push(Line { system, codes: std::slice::from_ref(code), sender });
    }
    let now = clock::System.now();
    // Control ids of a kept demo go on where no earlier run has been.
    let control_number_first = u64::try_from(now.0 / 1_000_000).unwrap_or(1) % 10_000_000 * 10;
    let config = flow::Config { start: now, control_number_first, ..flow::Config::default() };
    Live::start(LiveConfig { flow: flow::Flow::new(demo.seed, config), lines, speed: demo.speed })
        .map_err(|error| Failure::unreachable(error.to_string()))
}

/// Notes which receivers get a message of the story of the lab result.
fn listen(live: &Live, partners: &BTreeMap<&'static str, Partner>) -> Arc<Mutex<BTreeSet<&'static str>>> {
    let reached: Arc<Mutex<BTreeSet<&'static str>>> = Arc::default();
    let wanted: Arc<Mutex<BTreeSet<String>>> = Arc::default();
    let mut told = live.subscribe();
    let ids = wanted.clone();
    tokio::spawn(async move {
        use tokio::sync::broadcast::error::RecvError;
        loop {
            match told.recv().await {
                Ok(happened) if happened.story == Some(Story::LabResult) => {
                    ids.lock().unwrap_or_else(PoisonError::into_inner).insert(happened.control_id);
                }
                Ok(_) | Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return,
            }
        }
    });
    for (name, partner) in partners {
        let (name, mut arrivals, wanted, reached) = (*name, partner.subscribe(), wanted.clone(), reached.clone());
        tokio::spawn(async move {
            use tokio::sync::broadcast::error::RecvError;
            loop {
                match arrivals.recv().await {
                    Ok(arrival) => {
                        let is_wanted =
                            wanted.lock().unwrap_or_else(PoisonError::into_inner).contains(&arrival.control_id);
                        if is_wanted {
                            reached.lock().unwrap_or_else(PoisonError::into_inner).insert(name);
                        }
                    }
                    Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return,
                }
            }
        });
    }
    reached
}
