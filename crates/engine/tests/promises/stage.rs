//! A stage for the engine: a connector that does as it is told, a store on a disk in memory, and lives that end.

use bytes::Bytes;
use engine::{Engine, Options, acts::Person};
use interface::{
    catalogue::{Address, AddressKind, Connector, Context, Setting, SettingKind, Settings, Side, Spec},
    contract::{Boxed, Destination, Frame, Intake, Lookup, Outgoing, Phase, Reply, Source, Verdict},
    definition::Definition,
    workspace::{self, Files, Workspace},
};
use message::{Class, Code, Format, MessageId, Outcome, Reason, Scope, clock};
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};
use store::{Store, disk::memory::Memory};
use testkit::Folder;
use tokio::{runtime::Runtime, sync::watch};

/// The reason of scripted failures.
pub(crate) const SCRIPTED: Code = Code { id: "E5999", title: "as the test wants it", page: "" };

/// One attempt as the destination saw it.
#[derive(Clone, Debug)]
pub(crate) struct Arrival {
    /// The address of the destination.
    pub(crate) to: String,
    /// MSH-10.
    pub(crate) id: String,
    /// PID-3.
    pub(crate) patient: String,
    pub(crate) bytes: Bytes,
    /// The outcome that the script gave, once it was given.
    pub(crate) is_taken: bool,
}

type Script = Box<dyn FnMut(&Arrival) -> (Duration, Outcome) + Send>;

/// The other side of the connector.
pub(crate) struct World {
    script: Mutex<Script>,
    arrivals: Mutex<Vec<Arrival>>,
    under_way: AtomicUsize,
    panics_at: Mutex<Option<String>>,
    /// What a lookup answers; `None`: it never does.
    pub(crate) answer: Mutex<Option<Result<Option<Bytes>, Reason>>>,
    pub(crate) questions: AtomicUsize,
    pub(crate) under_way_max: AtomicUsize,
    pub(crate) sources_opened: AtomicUsize,
}

impl World {
    pub(crate) fn script(&self, script: impl FnMut(&Arrival) -> (Duration, Outcome) + Send + 'static) {
        *self.script.lock().unwrap() = Box::new(script);
    }
    /// The same outcome for all, at once.
    pub(crate) fn always(&self, outcome: Outcome) {
        self.script(move |_| (Duration::ZERO, outcome.clone()));
    }
    /// The connector itself fails on this message.
    pub(crate) fn panic_at(&self, id: &str) {
        *self.panics_at.lock().unwrap() = Some(id.to_owned());
    }
    pub(crate) fn arrivals(&self) -> Vec<Arrival> {
        self.arrivals.lock().unwrap().clone()
    }
    /// MSH-10 of everything that was taken at an address, in order.
    pub(crate) fn taken(&self, to: &str) -> Vec<String> {
        self.arrivals().into_iter().filter(|one| one.to == to && one.is_taken).map(|one| one.id).collect()
    }
}

pub(crate) fn delivered() -> Outcome {
    Outcome::Delivered { reply: None }
}
pub(crate) fn unreachable() -> Outcome {
    Outcome::Transient { scope: Scope::Destination, reason: Reason::new(SCRIPTED, "no way"), retry_after: None }
}
pub(crate) fn hiccup() -> Outcome {
    Outcome::Transient { scope: Scope::Message, reason: Reason::new(SCRIPTED, "not now"), retry_after: None }
}
pub(crate) fn silence() -> Outcome {
    Outcome::Ambiguous { reason: Reason::new(SCRIPTED, "no answer") }
}
pub(crate) fn answer(code: &str, id: &str) -> Outcome {
    Outcome::Delivered { reply: Some(testkit::sample::acknowledgment(code, id)) }
}

struct Fake(Arc<World>);

static SPEC: Spec = Spec {
    name: "fake",
    title: "as the test wants it",
    description: "",
    source: Some(Side { address: Address { kind: AddressKind::HostPort, description: "" }, options: &[], example: "" }),
    destination: Some(Side {
        address: Address { kind: AddressKind::Folder, description: "" },
        options: &[Setting { name: "max-size", kind: SettingKind::Size, default: "", description: "" }],
        example: "",
    }),
};

impl Connector for Fake {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }
    fn source(&self, settings: &Settings, _: &Context) -> Boxed<'static, Result<Box<dyn Source>, Reason>> {
        self.0.sources_opened.fetch_add(1, Ordering::SeqCst);
        let source = Listener(settings.address.to_string());
        Box::pin(async move { Ok(Box::new(source) as Box<dyn Source>) })
    }
    fn lookup_side(&self) -> Option<&'static Side> {
        Some(&ASKED)
    }
    fn lookup(&self, _: &Settings, _: &Context) -> Result<Box<dyn Lookup>, Reason> {
        Ok(Box::new(Asking(self.0.clone())))
    }
    fn destination(&self, settings: &Settings, _: &Context) -> Result<Box<dyn Destination>, Reason> {
        Ok(Box::new(Lane { world: self.0.clone(), to: settings.address.to_string() }))
    }
}

static ASKED: Side =
    Side { address: Address { kind: AddressKind::Remote, description: "" }, options: &[], example: "" };

/// Other interfaces are handed messages here.
struct Link;

static LINK: Spec = Spec {
    name: "interface",
    title: "from another interface",
    description: "",
    source: Some(Side { address: Address { kind: AddressKind::Nothing, description: "" }, options: &[], example: "" }),
    destination: Some(Side {
        address: Address { kind: AddressKind::Interface, description: "" },
        options: &[],
        example: "",
    }),
};

impl Connector for Link {
    fn spec(&self) -> &'static Spec {
        &LINK
    }
    fn source(&self, _: &Settings, _: &Context) -> Boxed<'static, Result<Box<dyn Source>, Reason>> {
        Box::pin(async move { Ok(Box::new(Listener("interface".to_owned())) as Box<dyn Source>) })
    }
    fn destination(&self, _: &Settings, _: &Context) -> Result<Box<dyn Destination>, Reason> {
        Err(Reason::new(SCRIPTED, "no test sends this way"))
    }
}

struct Asking(Arc<World>);

impl Lookup for Asking {
    fn ask<'a>(&'a mut self, _: &'a str) -> Boxed<'a, Result<Option<Bytes>, Reason>> {
        Box::pin(async move {
            self.0.questions.fetch_add(1, Ordering::SeqCst);
            let answer = self.0.answer.lock().unwrap().clone();
            match answer {
                Some(answer) => answer,
                None => std::future::pending().await,
            }
        })
    }
}

struct Listener(String);

impl Source for Listener {
    fn address(&self) -> String {
        self.0.clone()
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

struct Lane {
    world: Arc<World>,
    to: String,
}

impl Destination for Lane {
    fn send<'a>(&'a mut self, outgoing: &'a Outgoing) -> Boxed<'a, Outcome> {
        Box::pin(async move {
            let field = |segment: &str, number: usize| field(&outgoing.bytes, segment, number);
            let arrival = Arrival {
                to: self.to.clone(),
                id: field("MSH", 9),
                patient: field("PID", 3),
                bytes: outgoing.bytes.clone(),
                is_taken: false,
            };
            let world = &self.world;
            let now = world.under_way.fetch_add(1, Ordering::SeqCst) + 1;
            world.under_way_max.fetch_max(now, Ordering::SeqCst);
            let _guard = Leaving(&world.under_way);
            let place = {
                let mut arrivals = world.arrivals.lock().unwrap();
                arrivals.push(arrival.clone());
                arrivals.len() - 1
            };
            let is_bad = world.panics_at.lock().unwrap().as_ref() == Some(&arrival.id);
            assert!(!is_bad, "as the test wants it");
            let (wait, outcome) = (world.script.lock().unwrap())(&arrival);
            if !wait.is_zero() {
                tokio::time::sleep(wait).await;
            }
            world.arrivals.lock().unwrap()[place].is_taken = matches!(outcome, Outcome::Delivered { .. });
            outcome
        })
    }
}

struct Leaving<'a>(&'a AtomicUsize);

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Field `number` of the first segment of this name; MSH counts from the field separator.
pub(crate) fn field(bytes: &[u8], segment: &str, number: usize) -> String {
    let text = String::from_utf8_lossy(bytes);
    let line = text.split('\r').find(|line| line.starts_with(segment)).unwrap_or_default();
    line.split('|').nth(number).unwrap_or_default().to_owned()
}

/// A disk, a folder, a world: what stays when an engine's life ends.
pub(crate) struct Stage {
    pub(crate) folder: Folder,
    pub(crate) disk: Memory,
    pub(crate) world: Arc<World>,
    connectors: &'static [&'static dyn Connector],
    has_index: bool,
}

/// One life of the engine; when it is dropped, everything under way is cut off.
pub(crate) struct Life {
    pub(crate) runtime: Runtime,
    pub(crate) engine: Engine,
}

impl Stage {
    pub(crate) fn new() -> Stage {
        let world = Arc::new(World {
            script: Mutex::new(Box::new(|_| (Duration::ZERO, delivered()))),
            arrivals: Mutex::default(),
            under_way: AtomicUsize::new(0),
            panics_at: Mutex::default(),
            answer: Mutex::default(),
            questions: AtomicUsize::new(0),
            under_way_max: AtomicUsize::new(0),
            sources_opened: AtomicUsize::new(0),
        });
        // Connectors live as long as the process: a test's few bytes do not matter.
        let fake: &'static dyn Connector = Box::leak(Box::new(Fake(world.clone())));
        Stage {
            folder: Folder::new(),
            disk: Memory::new(),
            world,
            connectors: Box::leak(Box::new([fake, &Link])),
            has_index: false,
        }
    }

    /// With the index, which finds parts of messages and the last sequence number.
    pub(crate) fn indexed() -> Stage {
        Stage { has_index: true, ..Stage::new() }
    }

    /// A definition from the text of one interface.
    pub(crate) fn definition(&self, text: &str) -> Arc<Definition> {
        let name = text.split_whitespace().nth(1).unwrap();
        let path = format!("interfaces/{name}/interface.flow");
        let files = Files::memory([("sinew.toml", "name = \"test\""), (&*path, text)]);
        let variables = |_: &str| None;
        let options = workspace::Options {
            connectors: self.connectors,
            environment: None,
            overrides: None,
            variables: &variables,
            secrets: &|_| None,
        };
        let (workspace, findings) = Workspace::of(files, &options);
        // Each stands alone here, so an interface that another one names is never there.
        let is_wrong = |finding: &&message::Diagnostic| finding.is_error() && finding.code.id != "E3203";
        let errors: Vec<_> = findings.iter().filter(is_wrong).collect();
        assert!(errors.is_empty(), "{errors:#?}");
        workspace.definitions[0].clone()
    }

    /// Starts an engine over what the disk holds.
    pub(crate) fn live(&self, texts: &[&str]) -> Life {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let options = store::Options {
            segment_bytes: 1024 * 1024,
            reserve_bytes: 64 * 1024,
            full_retry: Duration::from_millis(20),
            disk: Arc::new(self.disk.clone()),
            has_index: self.has_index,
            ..store::Options::default()
        };
        let (store, recovered) = Store::open(self.folder.path(), &options).unwrap();
        let options = Options {
            workspace: self.folder.path().to_path_buf(),
            clock: Arc::new(clock::System),
            connectors: self.connectors,
            quality: engine::quality::Settings::default(),
        };
        let engine = Engine::new(store, recovered.open, options);
        let definitions = texts.iter().map(|text| self.definition(text)).collect();
        let changes = runtime.block_on(engine.apply(definitions, &[]));
        assert!(changes.failed.is_empty(), "{changes:?}");
        Life { runtime, engine }
    }
}

impl Life {
    pub(crate) fn apply(&self, stage: &Stage, texts: &[&str]) -> engine::Changes {
        let definitions = texts.iter().map(|text| stage.definition(text)).collect();
        self.runtime.block_on(self.engine.apply(definitions, &[]))
    }
    pub(crate) fn give(&self, interface: &str, bytes: Bytes) -> Reply {
        self.runtime.block_on(give(&self.engine, interface, bytes))
    }
    /// Gives a message that must be accepted.
    pub(crate) fn accept(&self, bytes: Bytes) -> MessageId {
        let reply = self.give("demo", bytes);
        accepted(&reply).unwrap_or_else(|| panic!("{:?}", reply.verdict()))
    }
    pub(crate) fn drain(&self) -> bool {
        self.runtime.block_on(self.engine.drain(Duration::from_secs(10)))
    }
    /// Waits until the claim holds.
    pub(crate) fn wait(&self, what: &str, claim: impl Fn() -> bool) {
        let end = Instant::now() + Duration::from_secs(8);
        while !claim() {
            assert!(Instant::now() < end, "not within 8 s: {what}");
            std::thread::sleep(Duration::from_millis(3));
        }
    }
    pub(crate) fn queued(&self, destination: &str) -> usize {
        let flow = self.engine.flow("demo").unwrap();
        flow.outbox(destination).unwrap().look(engine::queue::Queue::len)
    }
    /// Ends the life at whatever it is doing, as a kill does: what is on the disk at this moment stays.
    pub(crate) fn kill(self, stage: &mut Stage) {
        let left = stage.disk.fork();
        self.end();
        stage.disk = left;
    }
    /// As `kill`, with the power: what was not synced is gone.
    pub(crate) fn cut_power(self, stage: &mut Stage, seed: u64) {
        let left = stage.disk.cut_power(seed);
        self.end();
        stage.disk = left;
    }
    /// Ends in order.
    pub(crate) fn stop(self) {
        self.runtime.block_on(self.engine.stop(Duration::from_secs(5))).unwrap();
        self.end();
    }
    fn end(self) {
        let Life { runtime, engine } = self;
        runtime.shutdown_timeout(Duration::from_secs(5));
        drop(engine);
    }
}

pub(crate) async fn give(engine: &Engine, interface: &str, bytes: Bytes) -> Reply {
    let frame = Frame {
        bytes,
        peer: "10.0.0.1:4000".into(),
        received: message::Clock::now(&clock::System),
        format: Format::Hl7v2,
        from: None,
        found: Arc::default(),
    };
    let flow = engine.flow(interface).unwrap();
    flow.accept(frame).await
}

pub(crate) fn accepted(reply: &Reply) -> Option<MessageId> {
    match reply.verdict() {
        Verdict::Accepted(id) => Some(*id),
        Verdict::Later(_) | Verdict::Refused(_) => None,
    }
}

/// An admission of this patient.
pub(crate) fn adt(id: &str, patient: &str) -> Bytes {
    format!(
        "MSH|^~\\&|REG|NORTH|SINEW|HUB|20260301070809||ADT^A01|{id}|P|2.5.1\rPID|1||{patient}||Quist^Ada\rPV1|1|I|4W\r"
    )
    .into()
}

pub(crate) fn person() -> Person {
    Person { by: "ada".into(), reason: "because".into() }
}

/// One interface called `demo` with these lines and `send` blocks.
pub(crate) fn demo(lines: &str) -> String {
    format!(
        "interface demo \"Demo\" {{\n  owner \"Team\" contact it@example.org oncall 5-0100\n  receive fake 2575\n{lines}\n}}\n"
    )
}

/// `demo` with one destination, strict, with quick retries.
pub(crate) fn simple() -> String {
    demo("send out {\n fake out\n retry from 2ms to 8ms\n}")
}

/// The class of every attempt that is recorded by now.
pub(crate) fn attempts(engine: &Engine, id: MessageId) -> Vec<Option<Class>> {
    let history = engine.store().history(id).unwrap_or_default();
    let of = |entry: store::Entry| match entry.change {
        store::Change::Attempt(attempt) => Some(attempt.failure),
        _ => None,
    };
    history.into_iter().filter_map(of).collect()
}
