//! What the API works on: the engine, the process around it, and how the API is set up.

use crate::{
    audit::{Audit, Chain},
    certificates,
    changes::{Texts, versions},
    codes,
    gate::rate::Rate,
    people::{People, sso::Provider},
    route::Table,
    routes,
    scan::Scans,
    secrets::Secret,
    store_key::Rotations,
    verify::Verifying,
};
use engine::{Engine, acts::Person};
use message::{Reason, Timestamp};
use std::{net::SocketAddr, path::PathBuf, sync::Arc};
use zeroize::Zeroizing;

/// What the engine's process offers to the API besides the engine: things that only the binary can do.
pub trait Host: Send + Sync {
    /// Reads the workspace again and applies it. The answer is printed: changes, or findings. With a fingerprint only if the
    /// files have it; otherwise nothing is done and there is no answer.
    fn reload(&self, only: Option<String>) -> interface::contract::Boxed<'_, Option<serde_json::Value>>;
    /// What a reload would change, with the fingerprint of the files: a hash over all that the workspace is made of.
    fn plan(&self) -> serde_json::Value;
    /// The environment whose addresses, secrets and limits hold: `prod`.
    fn environment(&self) -> String;
    /// The texts of the workspace as they were when they were put into force.
    fn in_force(&self) -> Texts;
    /// The texts of the workspace as they lie there now.
    fn on_disk(&self) -> Texts;
    /// Makes the texts of the workspace these, each whole or not at all; texts that are not among them are removed.
    ///
    /// # Errors
    /// The folder does not let itself be written.
    fn restore(&self, texts: &Texts) -> Result<(), Reason>;
    /// Asks the process to end in good order.
    fn stop(&self);
    /// Begins a backup into the repository `to`; one at a time. Gives what [`Host::backup`] says then.
    ///
    /// # Errors
    /// Another one is under way; a recipient is none.
    fn begin_backup(&self, to: PathBuf, recipients: Vec<String>, person: Person) -> Result<serde_json::Value, Reason>;
    /// How the backup under way is, or how the last one ended.
    fn backup(&self) -> serde_json::Value;
    /// Runs the tests of this interface that stand in the workspace, as it lies there now: `sinew.test/1`. Takes a while.
    ///
    /// # Errors
    /// The workspace has errors, or its recordings cannot be read.
    fn test(&self, interface: &str) -> Result<serde_json::Value, Reason>;
    /// Texts of the workspace: this file and those in its folder and below, with their paths, in the order of the paths.
    fn texts(&self, file: &str) -> Vec<(String, String)>;
    /// The files of the workspace, to be read.
    fn files(&self) -> interface::workspace::Files;
    /// Writes a file of the workspace over what lies there, whole or not at all.
    ///
    /// # Errors
    /// What lies there is not `before` (somebody changed it meanwhile), or the folder does not let itself be written.
    fn write(&self, file: &str, before: &str, text: &str) -> Result<(), Reason>;
    /// Writes new files of the workspace, by their path in it. All are new, or none is written.
    ///
    /// # Errors
    /// One is there already, or the folder does not let itself be written.
    fn add(&self, files: &[(String, String)]) -> Result<(), Reason>;
    /// The secrets of the workspace: those that are kept and those that are named. Names, never texts.
    ///
    /// # Errors
    /// The vault cannot be read.
    fn secrets(&self) -> Result<Vec<Secret>, Reason>;
    /// Keeps a text in the vault, over what was there. A reload makes interfaces take it.
    ///
    /// # Errors
    /// The vault cannot be read or written.
    fn set_secret(&self, name: &str, text: Zeroizing<String>, by: &str) -> Result<(), Reason>;
    /// Removes a name from the vault; `false` where there is none.
    ///
    /// # Errors
    /// The vault cannot be read or written.
    fn remove_secret(&self, name: &str) -> Result<bool, Reason>;
    /// Facts about the process for `status`: workspace, version, process id.
    fn describe(&self) -> serde_json::Value;
}

/// How the API is set up.
#[derive(Clone, Debug, Default)]
pub struct ApiSettings {
    /// Where HTTP is served; `None`: on the control socket only.
    pub listen: Option<SocketAddr>,
    /// Certificate chain and private key, PEM.
    pub certificate: Option<(PathBuf, PathBuf)>,
    /// Plain HTTP off this machine was asked for by an explicit line.
    pub is_plaintext_allowed: bool,
    /// What the workspace is called: no password is made of it.
    pub site: String,
    /// Names that the server is known by, besides those of this machine.
    pub names: Vec<String>,
    /// Only administrators need a second factor.
    pub is_factor_for_administrators_only: bool,
    /// A simulated hospital: nobody in it is real, and who tries it needs no second factor. No line of `sinew.toml` says so.
    pub is_demo: bool,
    /// A change of the workspace needs a second person.
    pub has_four_eyes: bool,
    /// Who vouches for people besides their passwords.
    pub provider: Option<Provider>,
}

/// What the routes work on.
#[derive(Clone)]
pub(crate) struct State {
    pub(crate) engine: Engine,
    pub(crate) host: Arc<dyn Host>,
    pub(crate) verifying: Arc<Verifying>,
    pub(crate) scans: Arc<Scans>,
    pub(crate) audit: Arc<dyn Audit>,
    pub(crate) settings: Arc<ApiSettings>,
    pub(crate) rate: Arc<Rate>,
    pub(crate) people: Arc<People>,
    pub(crate) routes: Arc<Table>,
    pub(crate) certificates: Arc<certificates::Watch>,
    pub(crate) rotations: Arc<Rotations>,
}

/// The API of one engine; clones are the same.
#[derive(Clone)]
pub struct Api {
    pub(crate) state: State,
}

impl Api {
    /// The API of this engine.
    ///
    /// # Errors
    /// The store's keys are of no use.
    pub fn new(engine: Engine, host: Arc<dyn Host>, settings: ApiSettings) -> Result<Api, Reason> {
        let people = People::new(engine.store().clone(), &settings);
        let people = people.ok_or_else(|| Reason::new(codes::E7067, "the store's keys cannot be used for accounts"))?;
        let state = State {
            audit: Arc::new(Chain(engine.clone())),
            engine,
            host,
            verifying: Arc::default(),
            scans: Arc::default(),
            settings: Arc::new(settings),
            rate: Arc::default(),
            people: Arc::new(people),
            routes: Arc::new(Table(routes::all())),
            certificates: Arc::default(),
            rotations: Arc::default(),
        };
        // One that cannot go on now says so to whoever asks; messages do not wait for it.
        let _ = state.rotations.resume(&state.engine);
        Ok(Api { state })
    }

    /// Keeps what the engine started with as a version, signed, where it is not the one that was put into force last; says so
    /// where the files were changed while no engine ran.
    ///
    /// # Errors
    /// The store's.
    pub fn keep_start(&self) -> Result<Option<Reason>, Reason> {
        versions::keep_start(&self.state).map_err(|problem| problem.reason().clone())
    }

    /// The one-time token that makes the first administrator; `None` when there is one. To be shown on the machine itself
    /// and nowhere else.
    ///
    /// # Errors
    /// The store's.
    pub fn begin_setup(&self) -> Result<Option<(String, Timestamp)>, Reason> {
        self.state.people.begin_setup().map_err(|problem| problem.reason().clone())
    }
}
