//! One life of the engine, from the opening of the store to whatever ends it.

use crate::run::Run;
use engine::{Engine, Options};
use interface::{
    definition::Definition,
    workspace::{self, Files, Workspace},
};
use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};
use store::{
    Store,
    disk::{Disk, memory::Memory},
};
use testkit::sim::{Chance, CrashingDisk, Seen, recovery};
use tokio::runtime::Runtime;

/// Small, so that a run fills several.
const SEGMENT_BYTES: u64 = 64 * 1024;
const RESERVE_BYTES: u64 = 32 * 1024;

/// A life: one thread for all of the engine, besides the store's own.
pub(crate) struct Life {
    pub(crate) runtime: Runtime,
    pub(crate) engine: Engine,
}

impl Run {
    /// Opens the store on a disk.
    pub(crate) fn open(&self, disk: Arc<dyn Disk>) -> Result<(Store, store::Recovered), store::Error> {
        self.forget_what_had_no_store(&*disk);
        let options = store::Options {
            clock: self.clock.clone(),
            segment_bytes: SEGMENT_BYTES,
            reserve_bytes: RESERVE_BYTES,
            full_retry: Duration::from_millis(3),
            disk,
            has_index: false,
            ..store::Options::default()
        };
        Store::open(self.folder.path(), &options)
    }

    /// The tables and the audit chain lie on the machine's own disk, which has no power cuts: where the simulated one lost
    /// the id of the store before it was synced, they would be those of another store.
    fn forget_what_had_no_store(&self, disk: &dyn Disk) {
        let folder = self.folder.path();
        if disk.list(folder).is_ok_and(|names| names.iter().any(|name| name == "store.id")) {
            return;
        }
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let _ = if path.is_dir() { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) };
        }
    }

    /// Starts an engine; `None` when the disk failed it.
    pub(crate) fn begin(&self, disk: &CrashingDisk, texts: &[String]) -> Result<Option<Life>, String> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (store, recovered) = match self.open(Arc::new(disk.clone())) {
            Ok(opened) => opened,
            Err(store::Error::Unavailable { .. } | store::Error::Failed { .. }) => return Ok(None),
            Err(error) => return Err(format!("the store does not open: {error}")),
        };
        self.check_damage(&recovered.report)?;
        self.witness.note(Seen::Began(recovery::open(&store)));
        let options = Options {
            workspace: self.folder.path().to_path_buf(),
            clock: self.clock.clone(),
            connectors: self.connectors,
            quality: engine::quality::Settings::default(),
        };
        let engine = Engine::new(store, recovered.open, options);
        let changes = runtime.block_on(engine.apply(self.definitions(texts), &[]));
        match changes.failed.is_empty() {
            true => Ok(Some(Life { runtime, engine })),
            false => Err(format!("{changes:?}")),
        }
    }

    /// The definitions of these texts.
    pub(crate) fn definitions(&self, texts: &[String]) -> Vec<Arc<Definition>> {
        let name = |text: &str| text.split_whitespace().nth(1).unwrap_or_default().to_owned();
        let files = texts.iter().map(|text| (format!("interfaces/{}/interface.flow", name(text)), text.clone()));
        let files: Vec<(String, String)> =
            std::iter::once(("sinew.toml".to_owned(), "name = \"sim\"".to_owned())).chain(files).collect();
        let files = Files::memory(files.iter().map(|(path, text)| (&**path, &**text)));
        let variables = |_: &str| None;
        let options = workspace::Options {
            connectors: self.connectors,
            environment: None,
            overrides: None,
            variables: &variables,
            secrets: &|_| None,
        };
        let (workspace, findings) = Workspace::of(files, &options);
        let errors: Vec<_> = findings.iter().filter(|finding| finding.is_error()).collect();
        assert!(errors.is_empty(), "{errors:#?}\n{texts:?}");
        workspace.definitions.clone()
    }

    /// After a crash: what was acknowledged is there, and recovering twice gives what recovering once gives.
    pub(crate) fn recover(&self, left: &Memory) -> Result<(), String> {
        let once = left.fork();
        let before = self.look(&once)?;
        let after = self.look(&once.fork())?;
        match before == after {
            true => Ok(()),
            false => Err(format!("a second recovery gives another state:\n{before}\nthen\n{after}")),
        }
    }

    /// R7: one byte of the log rots while the machine is off.
    pub(crate) fn rot(&self, left: &Memory, chance: &mut Chance) -> Result<(), String> {
        let (disk, folder) = (left.fork(), self.folder.join("log"));
        let names = disk.list(&folder).unwrap_or_default();
        let paths: Vec<_> = names.iter().filter(|name| name.ends_with(".log")).map(|name| folder.join(name)).collect();
        let Some(path) = (!paths.is_empty()).then(|| chance.pick(&paths)) else { return Ok(()) };
        let bytes = disk.bytes(path).unwrap_or_default();
        let written = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        let place = usize::try_from(chance.below(written as u64)).unwrap_or(0);
        disk.overwrite(path, place, &[bytes.get(place).copied().unwrap_or(0) ^ (1 << chance.below(8))]);
        let (store, _) = self.open(Arc::new(disk)).map_err(|error| format!("one byte rots, {error} (R7)"))?;
        let rotten = recovery::check_damaged(&store, &self.witness.all(), &self.load.letters);
        rotten.map_err(|why| format!("{}, byte {place}: {why}", path.display()))
    }

    /// R7: a power cut may tear a write that nobody was told of in front of one that is whole; nothing else does damage.
    fn check_damage(&self, report: &store::Report) -> Result<(), String> {
        match report.quarantined.is_empty() || self.had_power_cut.load(Ordering::SeqCst) {
            true => Ok(()),
            false => Err(format!("damage that nobody did: {:?} (R7)", report.quarantined)),
        }
    }

    fn look(&self, disk: &Memory) -> Result<String, String> {
        let (store, recovered) =
            self.open(Arc::new(disk.clone())).map_err(|error| format!("the store does not open: {error}"))?;
        self.check_damage(&recovered.report)?;
        recovery::check(&store, &self.witness.all(), &self.load.letters)?;
        examine(&store, true)?;
        Ok(recovery::picture(&store))
    }
}

/// Every checker over the store's own records: the ones that `sinew doctor` runs.
pub(crate) fn examine(store: &Store, is_at_rest: bool) -> Result<(), String> {
    let report =
        engine::check::store(store, is_at_rest, &mut |_| true).map_err(|error| format!("examining: {error}"))?;
    match report.examined.findings.first() {
        Some(finding) => Err(format!("the records: {finding}, and {} more", report.examined.findings.len() - 1)),
        None => Ok(()),
    }
}

impl Life {
    /// Ends it at whatever it is doing.
    pub(crate) fn end(self) {
        let Life { runtime, engine } = self;
        runtime.shutdown_timeout(Duration::from_secs(5));
        drop(engine);
    }
}
