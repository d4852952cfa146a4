//! Rows that become messages.

use super::{Base, list, quick, text};
use crate::{
    sql::{
        Sql,
        cell::Cell,
        client::{self, Client, Work},
        config,
    },
    testing::{context, settings},
};
use bytes::Bytes;
use interface::{
    catalogue::{Connector, Context, Notebook, Value},
    contract::{Boxed, Source},
};
use message::Reason;
use std::{sync::Arc, time::Duration};
use testkit::{
    Answer, sample,
    source::{self, Heard, Mischief, Running, SIZE_MAX},
};
use tokio::time::{Instant, sleep};

const LONG: Duration = Duration::from_secs(20);

/// What reads an outbox and marks it.
fn marking() -> Vec<(&'static str, Value)> {
    vec![
        ("query", text("SELECT id, body FROM outbox WHERE state = 'new' ORDER BY id LIMIT 100")),
        ("mark", text("UPDATE outbox SET state = 'done' WHERE id = :id")),
        ("mark-refused", text("UPDATE outbox SET state = 'refused' WHERE id = :id")),
        ("message", text("body")),
        ("limit", Value::Count(SIZE_MAX as u64)),
    ]
}

async fn open(base: &Base, place: &str, values: Vec<(&'static str, Value)>, context: &Context) -> Box<dyn Source> {
    let settings = settings(&Sql, true, &base.address(place), &[quick(), base.login(), values].concat());
    Sql.source(&settings, context).await.unwrap()
}

/// Another user of the database. Starting the database's own client for each look would starve the rest.
struct Peer {
    client: Box<dyn Client>,
    insert: &'static str,
}

impl Peer {
    async fn connect(base: &Base, place: &str) -> Peer {
        let settings = settings(&Sql, false, &base.address(place), &[base.login(), vec![base.insert()]].concat());
        let config = config::Writing::read(&settings, Some(&context())).unwrap();
        let insert = match base {
            Base::PostgreSql(_) => "INSERT INTO outbox (body) VALUES ($1)",
            Base::Sqlite(_) | Base::MariaDb(_) => "INSERT INTO outbox (body) VALUES (?)",
        };
        Peer { client: client::connect(&config.login).await.unwrap(), insert }
    }
    async fn put(&mut self, body: &[u8]) {
        let work = Work { text: self.insert, values: vec![Cell::Bytes(body.to_vec())] };
        self.client.write(vec![work], true).await.unwrap();
    }
    /// What became of the last row; `None` if nothing does in time.
    async fn wait(&mut self, patience: Duration) -> Option<String> {
        let end = Instant::now() + patience;
        while Instant::now() < end {
            let work = Work { text: "SELECT state FROM outbox ORDER BY id DESC LIMIT 1", values: Vec::new() };
            let rows = self.client.read(work, 1, 1000).await.unwrap();
            match rows.rows[0][0].to_text() {
                Some(state) if state != "new" => return Some(state),
                _ => sleep(Duration::from_millis(20)).await,
            }
        }
        None
    }
}

pub(super) struct Subject<'b>(pub(super) &'b Base);

impl Subject<'_> {
    fn place(address: &str) -> &str {
        address.rsplit('/').next().unwrap()
    }
}

impl source::Subject for Subject<'_> {
    fn open(&self) -> Boxed<'_, Box<dyn Source>> {
        Box::pin(async {
            // Beside the runtime, because other clauses count the seconds.
            let base = self.0.clone();
            let place = tokio::task::spawn_blocking(move || base.make_outbox()).await.unwrap();
            open(self.0, &place, marking(), &context()).await
        })
    }
    fn hand_over<'a>(&'a self, address: &'a str, message: Bytes, patience: Duration) -> Boxed<'a, Heard> {
        Box::pin(async move {
            let mut peer = Peer::connect(self.0, Subject::place(address)).await;
            peer.put(&message).await;
            match peer.wait(patience).await.as_deref() {
                Some("done") => Heard::Success(Vec::new()),
                Some("refused") => Heard::Failure(Vec::new()),
                _ => Heard::Nothing,
            }
        })
    }
    fn misbehave<'a>(&'a self, address: &'a str, mischief: Mischief) -> Boxed<'a, bool> {
        Box::pin(async move {
            if mischief != Mischief::TooLarge {
                return false;
            }
            let mut peer = Peer::connect(self.0, Subject::place(address)).await;
            peer.put(&sample::long_adt("BIG", SIZE_MAX + 1)).await;
            peer.wait(LONG).await.as_deref() == Some("refused")
        })
    }
    fn returns_acknowledgments(&self) -> bool {
        false
    }
}

pub(super) async fn suite(base: &Base) {
    rows_are_objects(base).await;
    a_watermark_is_remembered(base).await;
    two_columns_as_a_watermark(base).await;
    what_is_refused_holds_up_nobody(base).await;
    later_keeps_the_order(base).await;
    a_wrong_query_is_told_once(base).await;
}

/// What the columns of the types that each database has become.
async fn rows_are_objects(base: &Base) {
    let place = base.make();
    let (columns, values, expect) = match base {
        Base::Sqlite(_) => (
            "a INTEGER, b REAL, c TEXT, d BLOB, e TEXT",
            "-5, 0.1, 'Müller \"x\"', x'00ff', NULL",
            r#"{"id":1,"a":-5,"b":0.1,"c":"Müller \"x\"","d":"AP8=","e":null}"#,
        ),
        Base::PostgreSql(_) => (
            "a smallint, b bigint, c numeric(12,4), d real, e double precision, f boolean, g date, h timestamp, \
             i timestamptz, j time, k bytea, l uuid, m jsonb, n integer[], o varchar(9), p char(3), q numeric, r text[]",
            "-5, 9007199254740993, 12.5, 0.1, 1e300, true, '2026-03-01', '2026-03-01 07:08:09.5', \
             '2026-03-01 07:08:09+02', '07:08', '\\x00ff', '123e4567-e89b-12d3-a456-426614174000', '{\"a\": 1.50}', \
             '{1,NULL,3}', 'Müller', 'A', 'NaN', '{}'",
            r#"{"id":1,"a":-5,"b":9007199254740993,"c":"12.5000","d":0.1,"e":1e+300,"f":true,"g":"2026-03-01","h":"2026-03-01T07:08:09.5","i":"2026-03-01T05:08:09Z","j":"07:08:00","k":"AP8=","l":"123e4567-e89b-12d3-a456-426614174000","m":{"a": 1.50},"n":[1,null,3],"o":"Müller","p":"A  ","q":"NaN","r":[]}"#,
        ),
        Base::MariaDb(_) => (
            "a tinyint, b bigint unsigned, c decimal(12,4), d float, e double, f boolean, g date, h datetime(3), \
             i timestamp, j time, k varbinary(9), l char(3), m enum('x','y'), n bit(4), o text",
            "-5, 18446744073709551615, 12.5, 0.1, 1e300, true, '2026-03-01', '2026-03-01 07:08:09.5', \
             '2026-03-01 07:08:09', '-07:08', x'00ff', 'A', 'y', b'101', NULL",
            r#"{"id":1,"a":-5,"b":18446744073709551615,"c":"12.5000","d":0.1,"e":1e+300,"f":1,"g":"2026-03-01","h":"2026-03-01T07:08:09.5","i":"2026-03-01T07:08:09","j":"-07:08:00","k":"AP8=","l":"A","m":"y","n":5,"o":null}"#,
        ),
    };
    base.run(&place, &format!("CREATE TABLE t (id {}, {columns})", base.types().0)).unwrap();
    let names: Vec<&str> = columns.split(", ").map(|column| column.split_whitespace().next().unwrap()).collect();
    base.run(&place, &format!("INSERT INTO t ({}) VALUES ({values})", names.join(", "))).unwrap();
    let values = vec![
        ("query", text("SELECT * FROM t WHERE id > :id ORDER BY id")),
        ("watermark", list(&["id"])),
        ("start", list(&["0"])),
    ];
    let running = Running::start(open(base, &place, values, &context()).await, []);
    assert!(
        running.intake.wait_for(LONG, |intake| !intake.contents().is_empty()).await,
        "{:?}",
        running.intake.reports()
    );
    assert_eq!(String::from_utf8_lossy(&running.intake.contents()[0]), expect);
    running.stop().await;
}

fn by_number() -> Vec<(&'static str, Value)> {
    vec![
        ("query", text("SELECT id, body FROM outbox WHERE id > :id ORDER BY id LIMIT 7")),
        ("rows", Value::Count(7)),
        ("watermark", list(&["id"])),
        ("start", list(&["2"])),
        ("message", text("body")),
    ]
}

async fn a_watermark_is_remembered(base: &Base) {
    let place = base.make_outbox();
    let all: Vec<Bytes> = (1..=30).map(|number| sample::adt(&number.to_string())).collect();
    all[..20].iter().for_each(|message| base.put(&place, message));
    let context = context();
    let running = Running::start(open(base, &place, by_number(), &context).await, []);
    assert!(running.intake.wait_for(LONG, |intake| intake.contents().len() == 18).await);
    running.stop().await;
    all[20..].iter().for_each(|message| base.put(&place, message));
    // The notebook outlives the source, as it outlives the engine.
    let running = Running::start(open(base, &place, by_number(), &context).await, []);
    assert!(running.intake.wait_for(LONG, |intake| intake.contents().len() >= 10).await);
    sleep(Duration::from_millis(100)).await;
    assert_eq!(running.intake.contents(), all[20..], "each once, in order, none from before");
    running.stop().await;
}

/// A notebook that says when it was last asked: years ago.
struct LongAgo(Arc<dyn Notebook>);

impl Notebook for LongAgo {
    fn read(&self, name: &str) -> Result<Option<String>, Reason> {
        if name.starts_with("sql schedule") { Ok(Some("2024-01-01T00:00:00Z".to_owned())) } else { self.0.read(name) }
    }
    fn write(&self, name: &str, text: &str) -> Result<(), Reason> {
        self.0.write(name, text)
    }
}

/// Times in place of a pace: nothing before they are due, and what was due while nobody ran is made up for.
pub(super) async fn by_the_clock(base: &Base) {
    let place = base.make_outbox();
    let all: Vec<Bytes> = (1..=6).map(|number| sample::adt(&number.to_string())).collect();
    all[..4].iter().for_each(|message| base.put(&place, message));
    let context = context();
    let at = |times: &str| [by_number(), vec![("at", text(times))]].concat();
    let running = Running::start(open(base, &place, at("0 0 29 2 *"), &context).await, []);
    sleep(Duration::from_millis(150)).await;
    assert!(running.intake.contents().is_empty(), "not due");
    running.stop().await;
    let running = Running::start(open(base, &place, at("every 1s"), &context).await, []);
    assert!(running.intake.wait_for(LONG, |intake| intake.contents().len() == 2).await);
    running.stop().await;
    all[4..].iter().for_each(|message| base.put(&place, message));
    let long_ago = Context { notebook: Arc::new(LongAgo(context.notebook.clone())), ..context };
    let running = Running::start(open(base, &place, at("0 0 29 2 *"), &long_ago).await, []);
    assert!(running.intake.wait_for(LONG, |intake| intake.contents() == all[4..]).await, "made up for");
    running.stop().await;
}

async fn two_columns_as_a_watermark(base: &Base) {
    let place = base.make();
    base.run(&place, "CREATE TABLE t (day VARCHAR(10), id INTEGER)").unwrap();
    for day in ["2026-03-01", "2026-03-02"] {
        for id in 1..=3 {
            base.run(&place, &format!("INSERT INTO t VALUES ('{day}', {id})")).unwrap();
        }
    }
    let values = vec![
        ("query", text("SELECT day, id FROM t WHERE day > :day OR (day = :day AND id > :id) ORDER BY day, id LIMIT 2")),
        ("rows", Value::Count(2)),
        ("watermark", list(&["day", "id"])),
        ("start", list(&["2026-03-01", "1"])),
    ];
    let running = Running::start(open(base, &place, values, &context()).await, []);
    assert!(
        running.intake.wait_for(LONG, |intake| intake.contents().len() >= 5).await,
        "{:?}",
        running.intake.reports()
    );
    sleep(Duration::from_millis(100)).await;
    let row = |day: u32, id: u32| Bytes::from(format!("{{\"day\":\"2026-03-0{day}\",\"id\":{id}}}"));
    assert_eq!(running.intake.contents(), [row(1, 2), row(1, 3), row(2, 1), row(2, 2), row(2, 3)]);
    running.stop().await;
}

async fn what_is_refused_holds_up_nobody(base: &Base) {
    let place = base.make_outbox();
    ["1", "2", "3"].iter().for_each(|id| base.put(&place, &sample::adt(id)));
    base.run(&place, "INSERT INTO outbox (body) VALUES (NULL)").unwrap();
    // Without `mark-refused` a refused row stays as it is, and is given once.
    let values: Vec<_> = marking().into_iter().filter(|(name, _)| *name != "mark-refused").collect();
    let refuse = Answer::Refuse { is_acknowledged: false };
    let running = Running::start(open(base, &place, values, &context()).await, [Answer::Accept, refuse]);
    let states = || base.run(&place, "SELECT state FROM outbox ORDER BY id").unwrap();
    assert!(running.intake.wait_for(LONG, |intake| intake.reports().len() >= 2).await);
    while states() != "done\nnew\ndone\nnew" {
        sleep(Duration::from_millis(20)).await;
    }
    sleep(Duration::from_millis(100)).await;
    assert_eq!(running.intake.contents(), ["1", "2", "3"].map(sample::adt));
    assert_eq!(running.intake.reported_codes(), ["E6625", "E6625"]);
    assert!(running.intake.reports().iter().all(|(_, reason)| !reason.text.contains(sample::SECRET)));
    running.stop().await;
}

async fn later_keeps_the_order(base: &Base) {
    let place = base.make_outbox();
    ["1", "2", "3"].iter().for_each(|id| base.put(&place, &sample::adt(id)));
    let later = Answer::Later { is_acknowledged: false };
    let running =
        Running::start(open(base, &place, marking(), &context()).await, [Answer::Accept, later.clone(), later]);
    assert!(running.intake.wait_for(LONG, |intake| intake.contents().len() == 5).await);
    assert_eq!(running.intake.contents(), ["1", "2", "2", "2", "3"].map(sample::adt));
    running.stop().await;
}

async fn a_wrong_query_is_told_once(base: &Base) {
    let place = base.make_outbox();
    let wrong = |name, value: &str| {
        let value = text(value);
        marking().into_iter().map(|(known, old)| (known, if known == name { value.clone() } else { old })).collect()
    };
    let missing: Vec<_> = wrong("query", "SELECT id, body FROM missing");
    let foreign: Vec<_> = wrong("mark", "UPDATE outbox SET state = 'done' WHERE id = :number");
    for values in [missing, foreign] {
        let running = Running::start(open(base, &place, values, &context()).await, []);
        assert!(running.intake.wait_for(LONG, |intake| !intake.reports().is_empty()).await);
        sleep(Duration::from_millis(100)).await;
        assert_eq!(running.intake.reported_codes(), ["E6621"]);
        running.stop().await;
    }
}

/// The server dies between rows; nothing is lost, and order is kept.
pub(super) async fn outlives(base: &Base) {
    let place = base.make_outbox();
    let all: Vec<Bytes> = (0..30).map(|number| sample::adt(&number.to_string())).collect();
    all[..20].iter().for_each(|message| base.put(&place, message));
    let slow = std::iter::repeat_n(Answer::AcceptAfter(Duration::from_millis(10)), 30);
    let running = Running::start(open(base, &place, marking(), &context()).await, slow);
    assert!(running.intake.wait_for(LONG, |intake| intake.contents().len() >= 7).await);
    if base.is_server() {
        base.kill();
        assert!(running.intake.wait_for(LONG, |intake| !intake.reports().is_empty()).await, "the outage is told");
        base.begin();
    }
    all[20..].iter().for_each(|message| base.put(&place, message));
    assert!(
        running.intake.wait_for(LONG, |intake| intake.contents().len() >= 30).await,
        "{:?}",
        running.intake.reports()
    );
    while base.run(&place, "SELECT count(*) FROM outbox WHERE state = 'done'").unwrap() != "30" {
        sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(running.intake.contents(), all, "each once, in order: what was answered for is marked first");
    running.stop().await;
}
