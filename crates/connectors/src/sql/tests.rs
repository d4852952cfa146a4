//! The conformance suites over each database, and what is special about rows.

mod asking;
mod bases;
mod reading;
mod writing;

use super::Sql;
use crate::testing::{context, settings};
use bases::Base;
use interface::catalogue::{Connector, Value};
use std::time::Duration;
use testkit::{destination, source};

/// Everything that holds for each database, over one server, because servers take a while to start.
async fn suite(base: &Base) {
    reading::suite(base).await;
    writing::suite(base).await;
    source::suite(&reading::Subject(base)).await;
    destination::suite(&writing::Subject(base)).await;
    testkit::lookup::suite(&asking::Subject(base)).await;
    reading::outlives(base).await;
    writing::outlives(base).await;
}

#[tokio::test]
async fn sqlite_keeps_the_contracts() {
    suite(&Base::sqlite()).await;
}

#[tokio::test]
async fn a_database_is_asked_by_the_clock() {
    reading::by_the_clock(&Base::sqlite()).await;
}

#[tokio::test]
async fn postgresql_keeps_the_contracts() {
    let Some(base) = Base::postgresql() else { return };
    suite(&base).await;
}

#[tokio::test]
async fn mariadb_keeps_the_contracts() {
    let Some(base) = Base::mariadb() else { return };
    suite(&base).await;
}

fn text(value: &str) -> Value {
    Value::Text(value.into())
}

fn list(values: &[&str]) -> Value {
    Value::List(values.iter().map(|value| (*value).into()).collect())
}

/// Settings that make a test quick.
fn quick() -> Vec<(&'static str, Value)> {
    vec![("every", Value::Duration(Duration::from_millis(20)))]
}

#[test]
fn settings_that_do_not_go_together() {
    let check = |is_source: bool, address: &str, values: &[(&'static str, Value)], expect: &str| {
        let values = [vec![("user", text("sinew"))], values.to_vec()].concat();
        let result = Sql.check(&settings(&Sql, is_source, address, &values), is_source);
        assert_eq!(
            result.map_or_else(|reason| reason.to_string(), |()| "ok".to_owned()).split(':').next(),
            Some(expect),
            "{address} {values:?}"
        );
    };
    let base = "postgres://db.example.org/lis";
    let query = ("query", text("SELECT id FROM t WHERE id > :id"));
    let watermark = [query.clone(), ("watermark", list(&["id"])), ("start", list(&["0"]))];
    check(true, base, &watermark, "ok");
    check(true, "sqlite:lis.db", &watermark, "ok");
    check(true, "mariadb://[::1]:3307/lis", &watermark, "ok");
    check(true, "oracle://db.example.org/lis", &watermark, "E6001");
    let reason = Sql.check(&settings(&Sql, true, "sqlserver://db.example.org/lis", &watermark), true).unwrap_err();
    assert!(reason.text.contains("replica"), "{reason}");
    check(true, "postgres://me@db.example.org/lis", &watermark, "E6001");
    check(true, "postgres://db.example.org", &watermark, "E6001");
    check(true, "sqlite:", &watermark, "E6001");
    check(true, base, &[watermark.to_vec(), vec![("at", text("0 6 * * Mon-Fri"))]].concat(), "ok");
    check(true, base, &[watermark.to_vec(), vec![("at", text("at six"))]].concat(), "E6010");
    check(true, base, &[], "E6621");
    check(true, base, std::slice::from_ref(&query), "E6621");
    check(true, base, &[query.clone(), ("watermark", list(&["id"]))], "E6621");
    check(true, base, &[query.clone(), ("mark", text("UPDATE t SET x = 1 WHERE id = :id"))], "E6621");
    let plain = ("query", text("SELECT id FROM t"));
    let mark = ("mark", text("UPDATE t SET x = 1 WHERE id = :id"));
    check(true, base, &[plain.clone(), mark.clone()], "ok");
    check(true, base, &[plain.clone(), ("watermark", list(&["id"])), ("start", list(&["0"]))], "E6621");
    check(true, base, &[watermark.to_vec(), vec![mark]].concat(), "E6621");
    let statement = ("statement", list(&["INSERT INTO t VALUES (:mrn, :{PID-5.1})"]));
    let parameters = |line: &str| ("parameters", list(&[line]));
    check(false, base, &[statement.clone(), parameters("mrn = PID-3.1")], "ok");
    check(false, base, &[], "E6621");
    check(false, base, &[statement.clone(), parameters("mrn")], "E6621");
    check(false, base, &[statement.clone(), parameters("other = PID-3")], "E6621");
    check(false, base, &[statement.clone(), parameters("mrn = PID-3 as number")], "E6621");
    check(false, base, &[statement, ("each", text("PID-3"))], "E6621");
    let nobody = Sql.check(&settings(&Sql, true, base, &watermark), true);
    assert_eq!(nobody.unwrap_err().code, "E6010");
}

#[tokio::test]
async fn a_password_is_checked_by_the_database() {
    let Some(base) = Base::postgresql() else { return };
    let Base::PostgreSql(server) = &base else { return };
    let place = base.make();
    base.run(&place, "CREATE TABLE inbox (body text); GRANT INSERT ON inbox TO guest").unwrap();
    let with = |password: &str| {
        let login = vec![("user", text("guest")), ("password", text(password))];
        let statement = vec![("statement", list(&["INSERT INTO inbox VALUES (:_message)"]))];
        let address = format!("postgres://127.0.0.1:{}/{place}", server.daemon().port());
        Sql.destination(&settings(&Sql, false, &address, &[login, statement].concat()), &context()).unwrap()
    };
    let outgoing = testkit::sample::outgoing(1, testkit::sample::adt("1"));
    let outcome = with("wrong").send(&outgoing).await;
    let reason = destination::reason_of(&outcome).unwrap();
    assert!(reason.code == "E6620" && reason.text.contains("28P01"), "{reason}");
    let outcome = with(testkit::server::GUEST_PASSWORD).send(&outgoing).await;
    assert!(matches!(outcome, message::Outcome::Delivered { .. }), "{outcome:?}");
}
