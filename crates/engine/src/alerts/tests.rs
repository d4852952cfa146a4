//! Settings as they are written, and an engine that tells what is wrong with it through a connector that keeps what it gets.

use super::*;
use bytes::Bytes;
use interface::{
    catalogue::{Address, AddressKind, Connector, Context, Settings as Set, Side, Spec},
    contract::{Boxed, Destination, Outgoing, Source},
    workspace::{Options, ServerSettings},
};
use message::Outcome;

/// A connector that keeps what it is given; `down` as its address refuses.
struct Hook;

static SENT: Mutex<Vec<(String, Bytes)>> = Mutex::new(Vec::new());

static SPEC: Spec = Spec {
    name: "fake",
    title: "keeps what it gets",
    description: "",
    source: Some(Side { address: Address { kind: AddressKind::HostPort, description: "" }, options: &[], example: "" }),
    destination: Some(Side {
        address: Address { kind: AddressKind::Folder, description: "" },
        options: &[],
        example: "",
    }),
};

static INNER: Spec = Spec {
    name: "interface",
    title: "inside",
    description: "",
    source: Some(Side { address: Address { kind: AddressKind::Nothing, description: "" }, options: &[], example: "" }),
    destination: None,
};

struct Inside;

impl Connector for Inside {
    fn spec(&self) -> &'static Spec {
        &INNER
    }
    fn source(&self, _: &Set, _: &Context) -> Boxed<'static, Result<Box<dyn Source>, Reason>> {
        unreachable!("nothing is opened")
    }
    fn destination(&self, _: &Set, _: &Context) -> Result<Box<dyn Destination>, Reason> {
        unreachable!("nothing is opened")
    }
}

struct Lane(String);

impl Destination for Lane {
    fn send<'a>(&'a mut self, outgoing: &'a Outgoing) -> Boxed<'a, Outcome> {
        Box::pin(async move {
            if self.0.ends_with("down") {
                let reason = Reason::new(codes::E5011, "it is down");
                return Outcome::Transient { scope: message::Scope::Destination, reason, retry_after: None };
            }
            lock(&SENT).push((self.0.clone(), outgoing.bytes.clone()));
            Outcome::Delivered { reply: None }
        })
    }
}

impl Connector for Hook {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }
    fn source(&self, _: &Set, _: &Context) -> Boxed<'static, Result<Box<dyn Source>, Reason>> {
        Box::pin(async { Err(Reason::new(codes::E5010, "the port is in use")) })
    }
    fn destination(&self, settings: &Set, _: &Context) -> Result<Box<dyn Destination>, Reason> {
        Ok(Box::new(Lane(settings.address.to_string())))
    }
}

const CONNECTORS: &[&dyn Connector] = &[&Hook, &Inside];

fn read(toml: &str) -> (Settings, Vec<String>) {
    let (server, wrong) = ServerSettings::read("sinew.toml", toml);
    assert!(wrong.is_empty(), "{wrong:?}");
    let variables = |name: &str| (name == "KEY").then(|| "key-1".to_owned());
    let options = Options { variables: &variables, ..Options::new(CONNECTORS) };
    let (settings, wrong) = settings::read(&server.alerts, "north", "", &options);
    (settings, wrong.into_iter().map(|finding| finding.message).collect())
}

#[test]
fn settings_and_what_is_wrong_with_them() {
    let (settings, wrong) = read(
        "[alerts]\ntell = \"mail\"\npage = \"pager\"\nheartbeat = \"fake out/beat\"\n[alerts.channels]\nmail = \"fake out/mail\"\n\
         pager = \"fake out/pager as pagerduty key env:KEY\"\n[alerts.people]\nanna = \"pager\"\n[alerts.rotas]\nhub = \"anna\"\n\
         [alerts.maintenance]\nnight = \"Sun 02:00-04:00\"",
    );
    assert_eq!(wrong, Vec::<String>::new());
    assert_eq!((settings.channels.len(), settings.book.windows.len(), settings.heartbeat.is_some()), (2, 1, true));
    assert_eq!(&*settings.channels[1].key, "key-1");
    let (_, wrong) = read(
        "[alerts]\ntell = \"chat\"\nholidays = \"easter\"\n[alerts.channels]\na = \"nothing out\"\nb = \"fake out as fax\"\n\
         c = \"fake out as pagerduty key 123\"\nd = \"fake out as pagerduty key env:NONE\"\n[alerts.rotas]\nhub = \"bob\"\n\
         [alerts.maintenance]\nnight = \"whenever\"",
    );
    assert_eq!(wrong.len(), 8, "{wrong:#?}");
    assert!(wrong[0].starts_with("`alerts.channels.a`") && wrong[1].contains("`fax` is no shape"), "{wrong:#?}");
    assert!(wrong[2].contains("never stands in a workspace") && !wrong[2].contains("123"), "{wrong:#?}");
}

#[tokio::test]
async fn what_is_wrong_is_told_once_and_survives_a_restart() {
    let folder = testkit::Folder::new();
    let open = |pager: &str| {
        let (store, recovered) = store::Store::open(folder.path(), &store::Options::default()).unwrap();
        let options = crate::Options {
            workspace: folder.path().to_path_buf(),
            clock: Arc::new(message::clock::System),
            connectors: CONNECTORS,
            quality: crate::quality::Settings::default(),
        };
        let engine = Engine::new(store, recovered.open, options);
        let channels = format!("[alerts.channels]\nmail = \"fake out/mail\"\nbroken = \"fake out/{pager}\"");
        engine.set_alerts(read(&format!("[alerts]\ntell = \"mail\"\npage = \"broken\"\n{channels}")).0);
        engine
    };
    let definition = crate::fixture::definition("alert down after 0s page\nsend a {\n  fake out\n}");
    let engine = open("down");
    engine.apply(vec![definition.clone()], &[]).await;
    engine.watch(Ground::default()).await.unwrap();
    engine.watch(Ground::default()).await.unwrap();
    let sent = || lock(&SENT).iter().filter(|(to, _)| to.ends_with("mail")).count();
    assert_eq!(sent(), 1, "one incident is told once");
    let text = String::from_utf8(lock(&SENT)[0].1.to_vec()).unwrap();
    assert!(text.contains("\"code\":\"E5303\"") && text.contains("\"engine\":\"north\""), "{text}");
    let alerts = engine.alerts(10);
    assert_eq!((&alerts["open"][0]["kind"], &alerts["open"][0]["level"]), (&json!("closed"), &json!("alarm")));
    let told = alerts["told"].as_array().unwrap();
    assert!(told.iter().any(|one| one["channel"] == "broken" && one["trouble"]["code"] == "E5322"), "{told:?}");
    assert_eq!(alerts["channels"][0]["waiting"], 1, "what did not go out is tried again");
    let act = engine.act_on_incident(1, &Act::Acknowledge, "anna", "on it").await.unwrap();
    assert_eq!(act["acknowledged"]["by"], "anna");
    assert_eq!(sent(), 2, "that somebody has it is told");
    assert!(engine.act_on_incident(7, &Act::Acknowledge, "anna", "").await.is_err());
    assert!(engine.try_channel("mail").await.is_ok() && engine.try_channel("broken").await.is_err());
    assert_eq!(engine.try_channel("fax").await.map_err(|reason| reason.code), Err("E5201".into()));
    engine.stop(Duration::ZERO).await.unwrap();
    drop(engine);
    let engine = open("pager");
    engine.apply(vec![definition.clone()], &[]).await;
    engine.watch(Ground::default()).await.unwrap();
    let alerts = engine.alerts(0);
    let incident = &alerts["open"][0];
    assert_eq!(
        (&incident["id"], &incident["acknowledged"]["by"], &incident["notes"][0]["text"]),
        (&json!(1), &json!("anna"), &json!("on it"))
    );
    assert_eq!(sent(), 3, "the trial was the third: nobody is told anew after a restart");
    let paged = || -> Vec<String> {
        let all = lock(&SENT);
        let paged = all.iter().filter(|(to, _)| to.ends_with("pager"));
        paged.map(|(_, bytes)| String::from_utf8_lossy(bytes).into_owned()).collect()
    };
    let told = paged();
    let of = |what: &str| told.iter().filter(|text| text.contains(&format!("\"what\":\"{what}\""))).count();
    assert_eq!(
        (of("opened"), of("acknowledged"), told.len()),
        (1, 1, 2),
        "what waited goes out behind the restart: {told:?}"
    );
    assert!(told.iter().all(|text| text.contains("\"code\":\"E5303\"")), "{told:?}");
    assert!(!told.iter().any(|text| text.contains("on it")), "what people wrote stays here");
    assert_eq!(engine.alerts(0)["channels"][0]["waiting"], 0);
    engine.stop(Duration::ZERO).await.unwrap();
    drop(engine);
    let engine = open("pager");
    engine.apply(vec![definition], &[]).await;
    engine.watch(Ground::default()).await.unwrap();
    assert_eq!((paged().len(), sent()), (2, 3), "what went out is not sent again");
}

/// Tables that are away for a while.
#[derive(Default)]
struct Away {
    is_away: std::sync::atomic::AtomicBool,
    rows: Mutex<Vec<store::QualityRow>>,
}

impl Tables for Away {
    fn quality_change(&self, change: &store::QualityChange) -> Result<(), store::Error> {
        if self.is_away.load(std::sync::atomic::Ordering::Relaxed) {
            return Err(store::Error::Closed);
        }
        lock(&self.rows).extend(change.put.iter().cloned());
        Ok(())
    }
    fn quality(&self, _: &store::QualityQuery) -> Result<Vec<store::QualityRow>, store::Error> {
        Ok(lock(&self.rows).clone())
    }
    fn configuration_applied(&self, _: &store::Configuration) -> Result<(), store::Error> {
        Err(store::Error::Closed)
    }
    fn configurations(&self, _: &str, _: usize) -> Result<Vec<store::Configuration>, store::Error> {
        Err(store::Error::Closed)
    }
    fn set_switch(&self, _: &str, _: Option<&store::Switch>) -> Result<(), store::Error> {
        Err(store::Error::Closed)
    }
    fn switches(&self) -> Result<Vec<(String, store::Switch)>, store::Error> {
        Err(store::Error::Closed)
    }
    fn account_put(&self, _: &store::AccountRow) -> Result<bool, store::Error> {
        Err(store::Error::Closed)
    }
    fn account(&self, _: &str, _: &str) -> Result<Option<store::AccountRow>, store::Error> {
        Err(store::Error::Closed)
    }
    fn accounts(&self, _: &str, _: Option<&str>) -> Result<Vec<store::AccountRow>, store::Error> {
        Err(store::Error::Closed)
    }
    fn account_remove(&self, _: &str, _: &str) -> Result<bool, store::Error> {
        Err(store::Error::Closed)
    }
    fn accounts_expire(&self, _: Timestamp) -> Result<usize, store::Error> {
        Err(store::Error::Closed)
    }
}

#[test]
fn what_the_tables_did_not_take_is_written_the_next_time() {
    let (room, tables) = (Room::default(), Away::default());
    let symptom = send::trial(Timestamp(1)).incident.symptoms.remove(0);
    lock(&room.state).book.see(&watch::book::Settings::default(), Timestamp(1), 0, vec![symptom]);
    tables.is_away.store(true, std::sync::atomic::Ordering::Relaxed);
    assert!(room.keep(&tables).is_err());
    tables.is_away.store(false, std::sync::atomic::Ordering::Relaxed);
    room.keep(&tables).unwrap();
    assert_eq!(keep::read(&tables).unwrap().0.book, lock(&room.state).book);
    room.keep(&tables).unwrap();
    assert_eq!(lock(&tables.rows).len(), 1, "what did not change is not written again");
}
