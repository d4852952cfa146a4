//! The process that runs an engine: store, flows, control socket, reload, end. Behind `run`, `dev` and `demo`.
//!
//! Promises: a workspace with errors does not start, and does not replace what runs; two processes never share a data
//! directory; a failed store ends the process with a non-zero code (R6).

use crate::{
    backing::{self, Desk, Target},
    behaviour, confine,
    forwarding::{self, Forward},
    ground, handles,
    outcome::{Exit, Failure, Result},
    place, secrets,
    telemetry::{self, Telemetry},
    texts, watch as watch_files,
};
use engine::{Changes, Engine, acts::Person};
use interface::{contract::Boxed, workspace::Workspace};
use message::{Clock as _, Diagnostic, Name, Steady, Timestamp, clock};
use serde_json::{Value, json};
use server::{Api, Listening, secrets::Secret};
use std::{
    collections::BTreeMap,
    future::Future,
    net::SocketAddr,
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use store::{Health, Store};
use tokio::sync::{Notify, watch};
use zeroize::Zeroizing;

/// How long the sends under way may take at the end.
const STOP_PATIENCE: Duration = Duration::from_secs(20);
/// Pause between looks for messages that are too old to be kept.
const RETENTION_PAUSE: Duration = Duration::from_secs(600);

/// Loads the workspace anew: the folder may have changed.
pub type Loader = dyn Fn() -> (Workspace, Vec<Diagnostic>) + Send + Sync;

/// A running engine with what belongs to it.
pub struct Host {
    /// The engine.
    pub engine: Engine,
    loader: Box<Loader>,
    retention: Option<Duration>,
    folder: PathBuf,
    data: PathBuf,
    backups: Desk,
    /// One reload or attempt to listen again at a time.
    applying: tokio::sync::Mutex<()>,
    stop: Arc<Notify>,
    done: watch::Sender<bool>,
    api: server::ApiSettings,
    /// Where the story of a demo stands, for the console.
    story: Mutex<Value>,
    site: ground::Site,
    forwards: Vec<Arc<Forward>>,
    telemetry: Option<Arc<Telemetry>>,
    /// Whose addresses, secrets and limits hold.
    environment: Name,
    /// The texts of the workspace as they were put into force.
    in_force: Mutex<server::Texts>,
}

/// What a host is opened with.
pub struct Setup {
    /// The workspace as loaded, without errors.
    pub workspace: Workspace,
    /// Where messages are kept.
    pub data: PathBuf,
    /// How the store is opened.
    pub store: store::Options,
    /// Loads it again.
    pub loader: Box<Loader>,
    /// A simulated hospital.
    pub is_demo: bool,
}

impl Host {
    /// Opens the store and starts every interface.
    pub async fn open(setup: Setup) -> Result<(Arc<Host>, store::Report, Changes)> {
        // Messages are patient data: the folder is the owner's alone.
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&setup.data)
            .map_err(|error| Failure::unreachable(format!("{}: {error}", setup.data.display())))?;
        let options = setup.store;
        #[cfg(debug_assertions)]
        let options = crate::failpoints::shrink(options);
        let data = setup.data.clone();
        // Recovery reads the log: on a thread of its own, so that signals are still heard.
        let opened = tokio::task::spawn_blocking(move || Store::open(&data, &options))
            .await
            .map_err(|_| Failure::new(Exit::Bug, "opening the store stopped unexpectedly"))?;
        let (store, recovered) = opened.map_err(|error| store_failure(&error))?;
        let options = engine::Options {
            workspace: setup.workspace.folder.clone(),
            clock: Arc::new(clock::System),
            connectors: connectors::catalogue(),
            quality: quality_settings(setup.workspace.server.quality),
        };
        #[cfg(debug_assertions)]
        let options = engine::Options { clock: crate::failpoints::clock(), ..options };
        let engine = Engine::new(store, recovered.open, options);
        handles::share(&engine, &setup.workspace.definitions);
        let changes = engine.apply(setup.workspace.definitions.clone(), &[]).await;
        engine.set_alerts(place::alerts(&setup.workspace).0);
        let (lines, folder) = (&setup.workspace.server, &setup.workspace.folder);
        let named = (&*lines.name, &**folder);
        let forwards = forwarding::places(&lines.audit, named, engine.surroundings())?;
        let telemetry = telemetry::collector(&lines.telemetry, folder, engine.surroundings())?;
        let provider = crate::provider::provider(&lines.sso, folder, engine.surroundings())?;
        let host = Arc::new(Host {
            engine,
            loader: setup.loader,
            retention: setup.workspace.server.retention,
            folder: setup.workspace.folder.clone(),
            site: site(&setup.workspace, &setup.data),
            data: setup.data,
            backups: Desk::default(),
            applying: tokio::sync::Mutex::default(),
            stop: Arc::default(),
            done: watch::Sender::new(false),
            story: Mutex::default(),
            forwards,
            telemetry,
            environment: setup.workspace.environment.clone(),
            in_force: Mutex::new(texts::of(&setup.workspace.folder)),
            api: server::ApiSettings {
                is_demo: setup.is_demo,
                provider,
                site: setup.workspace.server.name.to_string(),
                ..api_settings(&setup.workspace.server.api, &setup.workspace.folder)
            },
        });
        Ok((host, recovered.report, changes))
    }

    /// The API of this engine. `listen` goes over what the workspace says.
    ///
    /// # Errors
    /// The HTTP listener cannot be opened.
    pub async fn api(self: &Arc<Host>, listen: Option<SocketAddr>) -> Result<(Api, Option<Listening>)> {
        let settings = server::ApiSettings { listen: listen.or(self.api.listen), ..self.api.clone() };
        let listening = server::bind(&settings).await.map_err(|reason| {
            let hint = "the API listens where `[api] listen` in sinew.toml or --listen says; nothing was started";
            Failure::unreachable(reason.text).code(server::codes::E7067).hint(hint)
        })?;
        let api = Api::new(self.engine.clone(), self.clone(), settings);
        let api = api.map_err(|reason| Failure::unreachable(reason.text).code(server::codes::E7067))?;
        Ok((api, listening))
    }

    /// Serves the API until the host stops: on the control socket, and over HTTP where it listens. As long, it watches itself.
    pub fn serve(
        self: &Arc<Host>,
        api: Api,
        listening: Option<Listening>,
    ) -> tokio::task::JoinHandle<std::result::Result<(), message::Reason>> {
        let path = self.data.join("control.sock");
        let (host, stopped) = (self.clone(), self.stopped());
        tokio::spawn(async move {
            tokio::select! {
                () = host.watch() => {}
                () = stopped => {}
            }
        });
        if let Some(telemetry) = self.telemetry.clone() {
            let (api, engine, stopped) = (api.clone(), self.engine.clone(), self.stopped());
            tokio::spawn(async move {
                tokio::select! {
                    () = telemetry.run(api, engine) => {}
                    () = stopped => {}
                }
            });
        }
        if let Some(listening) = listening {
            let (api, stopped) = (api.clone(), self.stopped());
            tokio::spawn(async move { api.serve_http(listening, stopped).await });
        }
        let stopped = self.stopped();
        tokio::spawn(async move { api.serve_socket(&path, stopped).await })
    }

    /// Where the story of a demo stands: `status` tells it to whoever watches.
    pub fn tell_story(&self, story: Value) {
        *self.story.lock().unwrap_or_else(PoisonError::into_inner) = story;
    }

    /// HTTP is served inside TLS.
    pub fn is_sealed(&self) -> bool {
        self.api.certificate.is_some()
    }

    fn stopped(&self) -> impl Future<Output = ()> + Send + 'static + use<> {
        let mut done = self.done.subscribe();
        async move {
            let _ = done.wait_for(|is_done| *is_done).await;
        }
    }

    /// Waits for SIGTERM, SIGINT, a stop asked for on the socket, or a failed store.
    pub async fn wait(&self) -> Option<Failure> {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate()).ok()?;
        let mut interrupt = signal(SignalKind::interrupt()).ok()?;
        let mut health = tokio::time::interval(Duration::from_millis(200));
        loop {
            tokio::select! {
                _ = terminate.recv() => return None,
                _ = interrupt.recv() => return None,
                () = self.stop.notified() => return None,
                _ = health.tick() => {}
            }
            if let Health::Failed(why) = self.engine.store().health() {
                let message = format!("the store failed and nothing is acknowledged any more: {why}");
                return Some(Failure::new(Exit::Unreachable, message).code(engine::codes::E5003));
            }
        }
    }

    /// Opens the sources that should listen and do not: their port was taken, their folder missing. Gives those that
    /// listen now.
    pub async fn reopen(&self) -> Vec<Name> {
        let _alone = self.applying.lock().await;
        let mut opened = Vec::new();
        for flow in self.engine.flows() {
            if !flow.is_listening() && !flow.is_paused() && flow.open_source().await.is_ok() {
                opened.push(flow.name.clone());
            }
        }
        opened
    }

    /// Drops messages that are older than the workspace keeps them and settled, now and then. Never returns.
    pub async fn retain(&self) {
        let Some(retention) = self.retention else { return std::future::pending().await };
        let life = Steady::start(&clock::System);
        let mut tick = tokio::time::interval(RETENTION_PAUSE);
        loop {
            tick.tick().await;
            let age = i64::try_from(retention.as_micros()).unwrap_or(i64::MAX);
            // The smaller of both: a clock that is set forth makes nothing old enough to be dropped.
            let now = clock::System.now().min(life.now(&clock::System));
            let until = Timestamp(now.0.saturating_sub(age));
            // A store that fails here has failed as a whole, and `wait` sees it.
            let _ = self.engine.store().retain_since(until).await;
        }
    }

    /// Writes and judges what was counted of the messages' quality, now and then. Never returns.
    pub async fn keep_quality(&self) {
        let mut tick = tokio::time::interval(self.engine.quality_settings().pause);
        loop {
            tick.tick().await;
            // What the tables do not take now is kept and tried again; messages do not wait for it.
            let _ = self.engine.keep_quality().await;
        }
    }

    /// Looks at everything, keeps what is wrong and tells who has to be told. Never returns.
    async fn watch(&self) {
        let mut tick = tokio::time::interval(engine::alerts::LOOK_PAUSE);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
        loop {
            tick.tick().await;
            let (site, engine) = (self.site.clone(), self.engine.clone());
            let ground = tokio::task::spawn_blocking(move || ground::look(&site, &engine)).await;
            // Incidents that the tables do not take now are kept in memory and written at the next look.
            let _ = self.engine.watch(ground.unwrap_or_default()).await;
        }
    }

    /// Sends the audit chain on. Never returns.
    pub async fn forward(&self) {
        let tasks: Vec<_> =
            self.forwards.iter().map(|place| tokio::spawn(place.clone().run(self.engine.clone()))).collect();
        let _ending = Ending(tasks);
        std::future::pending().await
    }

    /// Ends in good order: sources first, then the sends under way, then the store.
    pub async fn close(&self) -> Result<()> {
        let closed = self.engine.stop(STOP_PATIENCE).await;
        self.done.send_replace(true);
        closed.map_err(|error| store_failure(&error))
    }

    /// Loads the workspace and applies what compiles. What does not compile goes on as it ran. `None`: the workspace asks for
    /// a second person.
    pub async fn apply(&self) -> Option<(Workspace, Vec<Diagnostic>, Option<Changes>)> {
        if self.api.has_four_eyes { None } else { self.apply_only(None).await }
    }

    /// As [`Host::apply`], with a fingerprint only if the files have it, before and behind the reading of them.
    async fn apply_only(&self, only: Option<String>) -> Option<(Workspace, Vec<Diagnostic>, Option<Changes>)> {
        let _alone = self.applying.lock().await;
        let is_it = || only.as_ref().is_none_or(|only| *only == fingerprint(&self.folder));
        if !is_it() {
            return None;
        }
        let (workspace, findings) = (self.loader)();
        if !is_it() {
            return None;
        }
        // A workspace that cannot be read as a whole must not stop every interface.
        if workspace.definitions.is_empty() && place::has_errors(&findings) {
            return Some((workspace, findings, None));
        }
        let broken: Vec<Name> = workspace.broken.clone();
        handles::share(&self.engine, &workspace.definitions);
        let changes = self.engine.apply(workspace.definitions.clone(), &broken).await;
        self.engine.set_alerts(place::alerts(&workspace).0);
        *self.in_force.lock().unwrap_or_else(PoisonError::into_inner) = texts::of(&self.folder);
        Some((workspace, findings, Some(changes)))
    }
}

/// Where to look at the ground.
fn site(workspace: &Workspace, data: &Path) -> ground::Site {
    let is_embedded = workspace.server.engine == interface::workspace::StoreEngine::Embedded;
    ground::Site {
        data: data.to_path_buf(),
        folder: workspace.folder.clone(),
        certificate: workspace.server.api.certificate.as_ref().map(|path| workspace.folder.join(path)),
        backups: workspace.server.backup_to.as_ref().filter(|_| is_embedded).map(|to| workspace.folder.join(to)),
    }
}

/// Tasks that end when this is dropped.
struct Ending(Vec<tokio::task::JoinHandle<()>>);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.iter().for_each(tokio::task::JoinHandle::abort);
    }
}

/// A hash over every file that the workspace is made of.
fn fingerprint(folder: &Path) -> String {
    let file = |path: PathBuf| {
        let name = path.strip_prefix(folder).unwrap_or(&path).to_string_lossy().into_owned();
        (name, std::fs::read(&path).unwrap_or_default())
    };
    server::fingerprint(watch_files::files(folder).into_keys().map(file))
}

/// What the workspace says of the API; files are relative to its folder.
pub fn api_settings(lines: &interface::workspace::ApiLines, folder: &Path) -> server::ApiSettings {
    let pair = lines.certificate.as_ref().zip(lines.key.as_ref());
    server::ApiSettings {
        listen: lines.listen,
        certificate: pair.map(|(chain, key)| (folder.join(chain), folder.join(key))),
        is_plaintext_allowed: lines.is_plaintext,
        site: String::new(),
        names: lines.names.iter().map(ToString::to_string).collect(),
        is_factor_for_administrators_only: lines.is_factor_for_administrators_only,
        is_demo: false,
        has_four_eyes: lines.has_four_eyes,
        provider: None,
    }
}

fn quality_settings(set: interface::workspace::QualitySettings) -> engine::quality::Settings {
    let spans = engine::quality::keep::Spans { hour: set.span, day: set.day, ..Default::default() };
    engine::quality::Settings { is_on: set.is_on, spans, pause: set.pause }
}

impl server::Host for Host {
    fn reload(&self, only: Option<String>) -> Boxed<'_, Option<Value>> {
        Box::pin(async move {
            let (workspace, findings, changes) = self.apply_only(only).await?;
            let text = place::render(&workspace, &findings, false, true);
            let findings: Vec<Value> = findings.iter().map(|finding| place::as_json(&workspace, finding)).collect();
            Some(json!({"schema": "sinew.reload/1", "findings": findings, "text": text, "changes": changes}))
        })
    }
    fn plan(&self) -> Value {
        let fingerprint = fingerprint(&self.folder);
        let (workspace, findings) = (self.loader)();
        let running: BTreeMap<Name, Arc<interface::definition::Definition>> =
            self.engine.flows().iter().map(|flow| (flow.name.clone(), flow.version().definition.clone())).collect();
        let mut rows = Vec::new();
        for definition in &workspace.definitions {
            match running.get(&definition.name) {
                None => rows.push(json!({"interface": definition.name, "change": "start"})),
                Some(now) if now.version != definition.version => {
                    // What cannot be compared is left out: the plan holds all the same.
                    let behaviour = behaviour::compare(self.engine.store(), now, definition).ok();
                    rows.push(json!({"interface": definition.name, "change": "change", "behaviour": behaviour}));
                }
                Some(_) => {}
            }
        }
        let is_there =
            |name: &Name| workspace.definitions.iter().any(|one| one.name == *name) || workspace.broken.contains(name);
        rows.extend(
            running.keys().filter(|name| !is_there(name)).map(|name| json!({"interface": name, "change": "stop"})),
        );
        let findings: Vec<Value> = findings.iter().map(|finding| place::as_json(&workspace, finding)).collect();
        json!({"schema": "sinew.plan/1", "fingerprint": fingerprint, "interfaces": rows, "findings": findings})
    }
    fn environment(&self) -> String {
        self.environment.to_string()
    }
    fn in_force(&self) -> server::Texts {
        self.in_force.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
    fn on_disk(&self) -> server::Texts {
        texts::of(&self.folder)
    }
    fn restore(&self, texts: &server::Texts) -> std::result::Result<(), message::Reason> {
        texts::restore(&self.folder, texts)
    }
    fn stop(&self) {
        self.stop.notify_one();
    }
    fn begin_backup(
        &self,
        to: PathBuf,
        recipients: Vec<String>,
        person: Person,
    ) -> std::result::Result<Value, message::Reason> {
        let (workspace, _) = (self.loader)();
        let store = self.engine.store().clone();
        let target = Target { to: to.clone(), recipients };
        self.backups.begin(&to, move |progress| {
            let manifest = backing::make(&store, &workspace, &target, (&person.by, &person.reason), progress)?;
            Ok(backing::told(&manifest, &target.to))
        })
    }
    fn backup(&self) -> Value {
        self.backups.look()
    }
    fn test(&self, interface: &str) -> std::result::Result<Value, message::Reason> {
        let (workspace, findings) = (self.loader)();
        let refused = |text: String| message::Reason::new(server::codes::E7250, text);
        if place::has_errors(&findings) {
            return Err(refused(
                "the workspace has errors, so its tests were not run: `sinew check` names them".to_owned(),
            ));
        }
        crate::commands::test::of_interface(&workspace, interface).map_err(|failure| refused(failure.to_string()))
    }
    fn texts(&self, file: &str) -> Vec<(String, String)> {
        const SHOWN: [&str; 5] = ["flow", "map", "csv", "js", "md"];
        const FILES_MAX: usize = 100;
        let files = interface::workspace::Files::Folder(self.folder.clone());
        let (mut paths, _) = files.list(file.rsplit_once('/').map_or("", |(folder, _)| folder));
        paths.retain(|path| path.rsplit_once('.').is_some_and(|(_, ending)| SHOWN.contains(&ending)));
        paths.truncate(FILES_MAX);
        paths.into_iter().filter_map(|path| files.text(&path).ok().map(|text| (path, text))).collect()
    }
    fn files(&self) -> interface::workspace::Files {
        interface::workspace::Files::Folder(self.folder.clone())
    }
    fn write(&self, file: &str, before: &str, text: &str) -> std::result::Result<(), message::Reason> {
        let refused =
            |why: String| message::Reason::new(server::codes::E7402, format!("{file}: {why}; nothing was written"));
        let found = self.files().text(file).map_err(|why| refused(why.to_string()))?;
        if found != before {
            return Err(refused("somebody changed the file since it was opened".to_owned()));
        }
        // Beside it and then over it: whoever reads sees the old text or the new one.
        let path = self.folder.join(file);
        let draft = path.with_extension("map.draft");
        let written = std::fs::write(&draft, text).and_then(|()| std::fs::rename(&draft, &path));
        written.map_err(|error| refused(error.kind().to_string()))
    }
    fn add(&self, files: &[(String, String)]) -> std::result::Result<(), message::Reason> {
        texts::add(&self.folder, files)
    }
    fn secrets(&self) -> std::result::Result<Vec<Secret>, message::Reason> {
        let (workspace, _) = (self.loader)();
        vault_of(&workspace)?.list(&workspace).map_err(|error| error.reason())
    }
    fn set_secret(&self, name: &str, text: Zeroizing<String>, by: &str) -> std::result::Result<(), message::Reason> {
        let (workspace, _) = (self.loader)();
        vault_of(&workspace)?.set(name, text, (by, clock::System.now())).map_err(|error| error.reason())
    }
    fn remove_secret(&self, name: &str) -> std::result::Result<bool, message::Reason> {
        let (workspace, _) = (self.loader)();
        vault_of(&workspace)?.remove(name).map_err(|error| error.reason())
    }
    fn describe(&self) -> Value {
        let story = self.story.lock().unwrap_or_else(PoisonError::into_inner).clone();
        json!({"version": env!("CARGO_PKG_VERSION"), "pid": std::process::id(),
            "is_demo": self.api.is_demo, "story": story, "confined": confine::confined(),
            "audit": self.forwards.iter().map(|place| place.told(&self.engine)).collect::<Vec<_>>(),
            "telemetry": self.telemetry.as_ref().map(|telemetry| telemetry.told()),
            "workspace": self.folder.display().to_string(), "data": self.data.display().to_string()})
    }
}

/// The vault where a reload looks for it.
fn vault_of(workspace: &Workspace) -> std::result::Result<secrets::Place, message::Reason> {
    secrets::Place::of(workspace)
        .map_err(|failure| message::Reason::new(server::codes::E7305, format!("the vault cannot be opened: {failure}")))
}

/// The store's errors on the command line.
pub fn store_failure(error: &store::Error) -> Failure {
    let exit = match error {
        store::Error::Locked { .. } | store::Error::Owned { .. } | store::Error::Rotation { .. } => Exit::Refused,
        store::Error::Misconfigured { .. } | store::Error::WrongKey { .. } | store::Error::Unsafe { .. } => Exit::Usage,
        _ => Exit::Unreachable,
    };
    let failure = Failure::new(exit, error.to_string()).code(error.code());
    match error {
        store::Error::Locked { .. } => {
            failure.hint("another engine runs this workspace: `sinew status` asks it; nothing was changed")
        }
        store::Error::Owned { .. } => failure.hint("one engine at a time writes to a schema; nothing was changed"),
        store::Error::Unsafe { .. } => failure.hint("set it in postgresql.conf or at the role, and restart the server"),
        _ => failure,
    }
}
