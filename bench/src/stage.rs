//! An engine over a store in a temporary folder, and a destination that takes its time: for benchmarks of the whole way.

use bytes::Bytes;
use engine::{Engine, Options};
use interface::{
    catalogue::{Address, AddressKind, Connector, Context, Settings, Side, Spec},
    contract::{Boxed, Destination, Frame, Intake, Outgoing, Phase, Source, Verdict},
    definition::Definition,
    workspace::{self, Files, Workspace},
};
use message::{Clock, Format, Outcome, Reason, clock};
use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use store::Store;
use tokio::{runtime::Runtime, sync::mpsc, sync::watch};

/// What takes everything after a while, and tells of messages whose control id begins with `S`.
pub(crate) struct Partner {
    service: Duration,
    urgent: mpsc::UnboundedSender<(u64, Instant)>,
    taken: AtomicU64,
}

struct Fake(Arc<Partner>);

static SPEC: Spec = Spec {
    name: "fake",
    title: "takes its time",
    description: "",
    source: Some(Side { address: Address { kind: AddressKind::Nothing, description: "" }, options: &[], example: "" }),
    destination: Some(Side {
        address: Address { kind: AddressKind::Nothing, description: "" },
        options: &[],
        example: "",
    }),
};

impl Connector for Fake {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }
    fn source(&self, _: &Settings, _: &Context) -> Boxed<'static, Result<Box<dyn Source>, Reason>> {
        Box::pin(async { Ok(Box::new(Idle) as Box<dyn Source>) })
    }
    fn destination(&self, _: &Settings, _: &Context) -> Result<Box<dyn Destination>, Reason> {
        Ok(Box::new(Lane(self.0.clone())))
    }
}

struct Idle;

impl Source for Idle {
    fn address(&self) -> String {
        "nowhere".to_owned()
    }
    fn run(
        self: Box<Self>,
        _: Arc<dyn Intake>,
        mut phase: watch::Receiver<Phase>,
    ) -> Boxed<'static, Result<(), Reason>> {
        Box::pin(async move {
            let _ = phase.wait_for(|phase| *phase == Phase::Draining).await;
            Ok(())
        })
    }
}

struct Lane(Arc<Partner>);

impl Destination for Lane {
    fn send<'a>(&'a mut self, outgoing: &'a Outgoing) -> Boxed<'a, Outcome> {
        Box::pin(async move {
            let arrived = Instant::now();
            let id = outgoing.bytes.split(|byte| *byte == b'|').nth(9).unwrap_or_default();
            if let Some(number) = id.strip_prefix(b"S") {
                let number = std::str::from_utf8(number).ok().and_then(|number| number.parse().ok());
                let _ = self.0.urgent.send((number.unwrap_or(0), arrived));
            }
            if !self.0.service.is_zero() {
                tokio::time::sleep(self.0.service).await;
            }
            self.0.taken.fetch_add(1, Ordering::Relaxed);
            Outcome::Delivered { reply: None }
        })
    }
}

/// A benchmark that cannot go on says why and ends.
pub(crate) trait Must<T> {
    /// The value, or the end of the program.
    fn must(self, what: &str) -> T;
}

impl<T> Must<T> for Option<T> {
    fn must(self, what: &str) -> T {
        self.unwrap_or_else(|| stop(what, "there is none"))
    }
}

impl<T, E: std::fmt::Display> Must<T> for Result<T, E> {
    fn must(self, what: &str) -> T {
        self.unwrap_or_else(|error| stop(what, &error.to_string()))
    }
}

fn stop<T>(what: &str, why: &str) -> T {
    eprintln!("{what}: {why}");
    std::process::exit(1)
}

/// A running engine with one interface, `bench`.
pub(crate) struct Stage {
    pub(crate) runtime: Runtime,
    pub(crate) engine: Engine,
    pub(crate) arrivals: mpsc::UnboundedReceiver<(u64, Instant)>,
    partner: Arc<Partner>,
    folder: PathBuf,
}

impl Stage {
    /// Starts it: `lines` stand in the block of the interface; each delivery takes `service`.
    pub(crate) fn start(lines: &str, service: Duration) -> Stage {
        Stage::start_beside(lines, service, Vec::new())
    }

    /// The same, with more connectors.
    pub(crate) fn start_beside(lines: &str, service: Duration, more: Vec<&'static dyn Connector>) -> Stage {
        let (urgent, arrivals) = mpsc::unbounded_channel();
        let partner = Arc::new(Partner { service, urgent, taken: AtomicU64::new(0) });
        let fake: &'static dyn Connector = Box::leak(Box::new(Fake(partner.clone())));
        let connectors: &'static [&'static dyn Connector] = Vec::leak([vec![fake], more].concat());
        let folder = std::env::temp_dir().join(format!("sinew-bench-{}-{:p}", std::process::id(), &*partner));
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().must("a runtime");
        let text = format!(
            "interface bench \"Bench\" {{\n  owner bench\n  receive fake {{ order by PID-3.1 }}\n{lines}\n}}\n"
        );
        let engine = open(&runtime, &folder, connectors, &text);
        Stage { runtime, engine, arrivals, partner, folder }
    }

    /// Where its store is.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Deliveries that were taken.
    pub(crate) fn taken(&self) -> u64 {
        self.partner.taken.load(Ordering::Relaxed)
    }

    /// Ends it and removes what it stored.
    pub(crate) fn end(self) {
        let _ = self.runtime.block_on(self.engine.stop(Duration::from_secs(10)));
        self.runtime.shutdown_timeout(Duration::from_secs(5));
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// An engine over a store in `folder`, with the interfaces that `text` is.
pub(crate) fn open(
    runtime: &Runtime,
    folder: &Path,
    connectors: &'static [&'static dyn Connector],
    text: &str,
) -> Engine {
    let (store, recovered) = Store::open(folder, &store::Options::default()).must("a store");
    let options = Options {
        workspace: folder.to_owned(),
        clock: Arc::new(clock::System),
        connectors,
        quality: engine::quality::Settings::default(),
    };
    let engine = Engine::new(store, recovered.open, options);
    let changes = runtime.block_on(engine.apply(definitions(text, connectors), &[]));
    assert!(changes.failed.is_empty(), "{changes:?}");
    engine
}

fn definitions(text: &str, connectors: &[&dyn Connector]) -> Vec<Arc<Definition>> {
    let files = Files::memory([("sinew.toml", "name = \"bench\""), ("interfaces/bench/interface.flow", text)]);
    let variables = |_: &str| None;
    let options = workspace::Options {
        connectors,
        environment: None,
        overrides: None,
        variables: &variables,
        secrets: &|_| None,
    };
    let (workspace, findings) = Workspace::of(files, &options);
    let errors: Vec<_> = findings.iter().filter(|finding| finding.is_error()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    workspace.definitions
}

/// Gives a message; it has to be accepted.
pub(crate) async fn give(engine: &Engine, bytes: Bytes) {
    let frame = Frame {
        bytes,
        peer: "127.0.0.1:4000".into(),
        received: clock::System.now(),
        format: Format::Hl7v2,
        from: None,
        found: Arc::default(),
    };
    let flow = engine.flow("bench").must("the interface");
    let reply = flow.accept(frame).await;
    assert!(matches!(reply.verdict(), Verdict::Accepted(_)), "{:?}", reply.verdict());
}
