//! Messages that become rows.

use super::{Base, list, text};
use crate::{
    sql::Sql,
    testing::{context, settings},
};
use bytes::Bytes;
use interface::{
    catalogue::{Connector, Value},
    contract::{Boxed, Destination, Outgoing},
};
use message::{Format, Outcome};
use std::time::Duration;
use testkit::{
    destination::{self, Conduct, Partner, reason_of},
    sample,
    server::free_port,
};

fn lane_at(base: &Base, address: &str, values: Vec<(&'static str, Value)>) -> Box<dyn Destination> {
    let settings = settings(&Sql, false, address, &[base.login(), values].concat());
    Sql.destination(&settings, &context()).unwrap()
}

fn lane(base: &Base, place: &str, values: Vec<(&'static str, Value)>) -> Box<dyn Destination> {
    lane_at(base, &base.address(place), values)
}

struct Inbox {
    base: Base,
    address: String,
    place: String,
}

impl Partner for Inbox {
    fn address(&self) -> String {
        self.address.clone()
    }
    fn taken(&self) -> Vec<Bytes> {
        self.base.bodies(&self.place)
    }
}

pub(super) struct Subject<'b>(pub(super) &'b Base);

impl destination::Subject for Subject<'_> {
    fn partner<'a>(&'a self, conducts: &'a [Conduct]) -> Boxed<'a, Option<Box<dyn Partner>>> {
        Box::pin(async move {
            // Beside the runtime, because other clauses count the seconds.
            let base = self.0.clone();
            let place = tokio::task::spawn_blocking(move || base.make_inbox()).await.unwrap();
            let address = match (conducts, self.0) {
                ([Conduct::Accept], base) => base.address(&place),
                ([Conduct::Absent], Base::PostgreSql(_)) => format!("postgres://127.0.0.1:{}/x", free_port()),
                ([Conduct::Absent], Base::MariaDb(_)) => format!("mysql://127.0.0.1:{}/x", free_port()),
                ([Conduct::Absent], Base::Sqlite(_)) => "sqlite:/nowhere/x".to_owned(),
                _ => return None,
            };
            Some(Box::new(Inbox { base: self.0.clone(), address, place }) as Box<dyn Partner>)
        })
    }
    fn lane(&self, partner: &dyn Partner) -> Box<dyn Destination> {
        lane_at(self.0, &partner.address(), vec![self.0.insert()])
    }
}

pub(super) async fn suite(base: &Base) {
    values_are_bound_and_never_run(base).await;
    an_upsert_makes_a_repetition_harmless(base).await;
    each_item_in_one_transaction(base).await;
    what_errors_mean(base).await;
    nothing_changed_is_told(base).await;
    statements_that_give_rows(base).await;
    a_commit_that_is_not_answered_is_doubtful(base).await;
}

fn json(number: u64, content: &str) -> Outgoing {
    Outgoing { format: Format::Json, ..sample::outgoing(number, Bytes::copy_from_slice(content.as_bytes())) }
}

fn statements(sql: &[&str]) -> (&'static str, Value) {
    ("statement", list(sql))
}

async fn values_are_bound_and_never_run(base: &Base) {
    let place = base.make();
    base.run(&place, "CREATE TABLE t (mrn VARCHAR(200), born DATE, weight NUMERIC(6,2), sex VARCHAR(9))").unwrap();
    let values = vec![
        statements(&["INSERT INTO t VALUES (:mrn, :{PID-7 as date}, :{OBX-5}, :{PID-8})"]),
        ("parameters", list(&["mrn = PID-3.1"])),
    ];
    let mut lane = lane(base, &place, values);
    let evil = r#"x'); DROP TABLE t; -- ' \' " $1 ? :mrn"#;
    let escaped = evil.replace('\\', "\\E\\");
    let message = format!(
        "MSH|^~\\&|LAB|X|||20260301||ORU^R01|1|P|2.5.1\rPID|1||{escaped}||||19800229|\"\"\rOBX|1|NM|W||80.50\r"
    );
    let outcome = lane.send(&sample::outgoing(1, message.into())).await;
    assert_eq!(outcome, Outcome::Delivered { reply: None });
    assert_eq!(base.run(&place, "SELECT mrn FROM t").unwrap(), evil);
    assert_eq!(base.run(&place, "SELECT born FROM t").unwrap(), "1980-02-29");
    assert!(base.run(&place, "SELECT weight FROM t").unwrap().starts_with("80.5"));
    assert_eq!(base.run(&place, "SELECT count(*) FROM t WHERE sex IS NULL").unwrap(), "1");
}

async fn an_upsert_makes_a_repetition_harmless(base: &Base) {
    let place = base.make();
    base.run(&place, "CREATE TABLE t (delivery VARCHAR(40) PRIMARY KEY, name VARCHAR(40), price NUMERIC(8,2))")
        .unwrap();
    let behind = match base {
        Base::MariaDb(_) => "ON DUPLICATE KEY UPDATE name = :name",
        Base::Sqlite(_) | Base::PostgreSql(_) => "ON CONFLICT (delivery) DO UPDATE SET name = :name",
    };
    let sql = format!("INSERT INTO t VALUES (:_delivery, :name, :{{price.amount}}) {behind}");
    let mut lane = lane(base, &place, vec![statements(&[&sql])]);
    for name in ["Müller", "Meyer"] {
        let outgoing = json(5, &format!(r#"{{"name": "{name}", "price": {{"amount": 12.50}}}}"#));
        assert_eq!(lane.send(&outgoing).await, Outcome::Delivered { reply: None });
    }
    assert_eq!(base.run(&place, "SELECT name FROM t").unwrap(), "Meyer");
    assert_eq!(base.run(&place, "SELECT count(*) FROM t WHERE delivery = '5-0' AND price = 12.5").unwrap(), "1");
}

async fn each_item_in_one_transaction(base: &Base) {
    let place = base.make();
    base.run(&place, "CREATE TABLE t (visit INTEGER, n INTEGER PRIMARY KEY, code VARCHAR(3))").unwrap();
    base.run(&place, "CREATE TABLE visits (visit INTEGER PRIMARY KEY)").unwrap();
    let insert = statements(&["INSERT INTO t VALUES (:visit, :n, :code)"]);
    let mut one = lane(base, &place, vec![insert.clone(), ("each", text("lines"))]);
    let outcome = one.send(&json(1, r#"{"visit": 7, "lines": [{"n": 1, "code": "A"}, {"n": 2, "code": "B"}]}"#)).await;
    assert_eq!(outcome, Outcome::Delivered { reply: None });
    let refused = json(2, r#"{"visit": 8, "lines": [{"n": 3, "code": "C"}, {"n": 1, "code": "D"}]}"#);
    let outcome = one.send(&refused).await;
    assert!(matches!(outcome, Outcome::Permanent { .. }), "{outcome:?}");
    assert_eq!(base.run(&place, "SELECT n FROM t ORDER BY n").unwrap(), "1\n2", "all of a message or nothing");
    assert_eq!(one.send(&json(3, r#"{"visit": 9, "lines": []}"#)).await, Outcome::Delivered { reply: None });

    // Several statements, in order, and an array that is the whole message.
    let both = ["INSERT INTO visits VALUES (:visit)", "INSERT INTO t VALUES (:visit, :n, 'X')"];
    let mut two = lane(base, &place, vec![statements(&both), ("each", text("."))]);
    let outcome = two.send(&json(4, r#"[{"visit": 20, "n": 20}, {"visit": 21, "n": 21}]"#)).await;
    assert_eq!(outcome, Outcome::Delivered { reply: None });
    let outcome = two.send(&json(5, r#"[{"visit": 22, "n": 20}]"#)).await;
    assert!(matches!(outcome, Outcome::Permanent { .. }), "{outcome:?}");
    assert_eq!(base.run(&place, "SELECT visit FROM visits ORDER BY visit").unwrap(), "20\n21");
}

async fn what_errors_mean(base: &Base) {
    let place = base.make();
    base.run(&place, "CREATE TABLE t (id INTEGER PRIMARY KEY, name VARCHAR(5) NOT NULL)").unwrap();
    base.run(&place, "INSERT INTO t VALUES (1, 'one')").unwrap();
    let check = async |sql: &str, content: &str, expect: &str| {
        let mut lane = lane(base, &place, vec![statements(&[sql])]);
        let outcome = lane.send(&json(1, content)).await;
        let reason = reason_of(&outcome).unwrap_or_else(|| panic!("{sql}: {outcome:?}"));
        assert_eq!(reason.code, expect, "{sql}: {reason}");
        assert!(!reason.text.contains(sample::SECRET), "{reason}");
        let is_parked = matches!(outcome, Outcome::Permanent { .. });
        assert_eq!(is_parked, matches!(expect, "E6622" | "E6627"), "{sql}: {outcome:?}");
        // The connection is good for the next one.
        let outcome = lane.send(&json(1, content)).await;
        assert_eq!(reason_of(&outcome).unwrap().code, expect, "again: {sql}");
    };
    let insert = "INSERT INTO t VALUES (:id, :name)";
    let secret = sample::SECRET;
    check(insert, &format!(r#"{{"id": 1, "name": "{}"}}"#, &secret[..5]), "E6622").await;
    check(insert, r#"{"id": 2}"#, "E6622").await;
    if base.is_server() {
        check(insert, &format!(r#"{{"id": 2, "name": "{secret}"}}"#), "E6622").await;
        check(insert, &format!(r#"{{"id": "{secret}", "name": "a"}}"#), "E6622").await;
    }
    check("INSERT INTO missing VALUES (:id)", r#"{"id": 2}"#, "E6621").await;
    check("INSERT INTO t (id, other) VALUES (:id, 1)", r#"{"id": 2}"#, "E6621").await;
    check("INSERT INTO INTO t", r#"{"id": 2}"#, "E6621").await;
    check(insert, secret, "E6627").await;
    check("INSERT INTO t VALUES (:{PID-3}, 'x')", r#"{"id": 2}"#, "E6627").await;
    assert_eq!(base.run(&place, "SELECT count(*) FROM t").unwrap(), "1");
}

async fn nothing_changed_is_told(base: &Base) {
    let place = base.make();
    base.run(&place, "CREATE TABLE t (id INTEGER PRIMARY KEY, name VARCHAR(9))").unwrap();
    base.run(&place, "INSERT INTO t VALUES (1, 'one')").unwrap();
    let update = statements(&["UPDATE t SET name = :name WHERE id = :id"]);
    let mut lane = lane(base, &place, vec![update, ("must-change", Value::Flag(true))]);
    assert_eq!(lane.send(&json(1, r#"{"id": 1, "name": "one"}"#)).await, Outcome::Delivered { reply: None });
    let outcome = lane.send(&json(2, r#"{"id": 2, "name": "two"}"#)).await;
    assert_eq!(reason_of(&outcome).unwrap().code, "E6628");
}

/// Procedures, functions and RETURNING.
async fn statements_that_give_rows(base: &Base) {
    let place = base.make_inbox();
    let (make, call) = match base {
        Base::Sqlite(_) => ("", "INSERT INTO inbox (delivery, body) VALUES (:_delivery, :_message) RETURNING id"),
        Base::PostgreSql(_) => (
            "CREATE PROCEDURE take(d text, b bytea) LANGUAGE sql AS 'INSERT INTO inbox (delivery, body) VALUES (d, b)'",
            "CALL take(:_delivery, :_message)",
        ),
        Base::MariaDb(_) => (
            "CREATE PROCEDURE take(d varchar(40), b longblob) INSERT INTO inbox (delivery, body) VALUES (d, b)",
            "CALL take(:_delivery, :_message)",
        ),
    };
    if !make.is_empty() {
        base.run(&place, make).unwrap();
    }
    let mut lane = lane(base, &place, vec![statements(&[call])]);
    for number in 1..=2 {
        assert_eq!(lane.send(&sample::outgoing(number, sample::adt("1"))).await, Outcome::Delivered { reply: None });
    }
    assert_eq!(base.bodies(&place), [sample::adt("1"), sample::adt("1")]);
}

async fn a_commit_that_is_not_answered_is_doubtful(base: &Base) {
    let Base::PostgreSql(_) = base else { return };
    let place = base.make_inbox();
    let slow = "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(3); RETURN NULL; END'; \
                CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON inbox DEFERRABLE INITIALLY DEFERRED \
                FOR EACH ROW EXECUTE FUNCTION slow()";
    base.run(&place, slow).unwrap();
    let values = vec![base.insert(), ("timeout", Value::Duration(Duration::from_millis(300)))];
    let outcome = lane(base, &place, values).send(&sample::outgoing(1, sample::adt("1"))).await;
    assert!(matches!(&outcome, Outcome::Ambiguous { reason } if reason.code == "E6624"), "{outcome:?}");

    // Before the commit nothing has happened.
    base.run(&place, "DROP TRIGGER slow ON inbox").unwrap();
    let statement = statements(&["INSERT INTO inbox (delivery) SELECT :_delivery FROM pg_sleep(3)"]);
    let values = vec![statement, ("timeout", Value::Duration(Duration::from_millis(300)))];
    let outcome = lane(base, &place, values).send(&sample::outgoing(2, sample::adt("2"))).await;
    assert!(matches!(outcome, Outcome::Transient { .. }), "{outcome:?}");
}

/// The server dies under an idle connection, and while nobody is there; nothing is lost and nothing comes twice.
pub(super) async fn outlives(base: &Base) {
    let place = base.make_inbox();
    let mut lane = lane(base, &place, vec![base.insert()]);
    let all: Vec<Bytes> = (0..30).map(|number| sample::adt(&number.to_string())).collect();
    for (number, message) in all.iter().enumerate() {
        let outgoing = sample::outgoing(number as u64, message.clone());
        if base.is_server() && number % 10 == 5 {
            base.kill();
            let outcome = lane.send(&outgoing).await;
            assert!(matches!(outcome, Outcome::Transient { .. }), "nothing was committed: {outcome:?}");
            base.begin();
        }
        if base.is_server() && number == 12 {
            // The connection ends while it is idle.
            base.kill();
            base.begin();
        }
        assert_eq!(lane.send(&outgoing).await, Outcome::Delivered { reply: None }, "{number}");
    }
    assert_eq!(base.bodies(&place), all, "each once, in order");
}
