//! The ways that are measured: out of the engine and into it, one for each connector.

use super::partners;
use crate::stage::Must;
use serde_json::json;
use std::path::Path;
use testkit::{
    fhir::FhirServer,
    objects::{ACCESS_KEY, BUCKET, ObjectStore, REGION, SECRET_KEY},
    server::{Mosquitto, OpenSsh, RedisServer},
    smtp::{MailServer, Manners},
};

/// Partners that live as long as they are needed.
pub(super) type Kept = Box<dyn std::any::Any + Send>;

/// How messages come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Feed {
    /// Connections that send MLLP.
    Mllp,
    /// Connections that post to `/in`.
    Http,
    /// The same, as SOAP.
    Soap,
    /// The same, each a FHIR resource.
    Fhir,
    /// Connections that send blocks.
    Blocks,
    /// They are there before the engine starts.
    There,
}

/// One way.
pub(super) struct Way {
    /// The connector that is measured.
    pub(super) name: &'static str,
    pub(super) feed: Feed,
    /// The lines of the interface, with `PORT` where it listens, without `lanes`.
    pub(super) text: String,
    /// Interfaces beside it, each whole.
    pub(super) beside: String,
}

/// Connectors that have no rate of their own, and why.
pub(super) const WITHOUT: &[(&str, &str)] = &[
    ("schedule", "gives a message when the clock says so"),
    ("snmp", "tells alerts, not messages"),
    ("amqp", "wants a queue that is there: --also='amqp 127.0.0.1:5672/amq.default routing-key NAME'"),
    ("nats", "wants a stream that is there: --also='nats 127.0.0.1:4222/SUBJECT'"),
    ("ftps", "wants a server with a certificate: --also='ftps HOST/FOLDER user NAME password secret:NAME'"),
];

const RECEIVE: &str = "receive mllp 127.0.0.1:PORT { order by PID-3.1 }";
const BLOCK: &str = "framing block start \"0x02\" end \"0x03\"";

fn out(name: &'static str, line: &str) -> Way {
    let text = format!("  {RECEIVE}\n  send out {{\n    {line}\n    LANES\n  }}\n");
    Way { name, feed: Feed::Mllp, text, beside: String::new() }
}

/// A line of an operator: `nats 127.0.0.1:4222/bench.in`.
pub(super) fn also(line: &'static str) -> Way {
    out(line.split(' ').next().unwrap_or_default(), line)
}

/// Every way out, and its partners; the first is the one that the others are compared with.
pub(super) async fn ways_out(folder: &Path) -> (Vec<Way>, Vec<Kept>) {
    let (mllp, http) = (partners::serve(partners::mllp).await, partners::serve(partners::http).await);
    let (soap, blocks) = (partners::serve(partners::soap).await, partners::serve(partners::blocks).await);
    let drain = partners::serve(partners::drain).await;
    let (mail, store) = (MailServer::start(Manners::default()).await, ObjectStore::start().await);
    let fhir = FhirServer::start(Box::new(|_| None)).await;
    let keys = format!("access-key {ACCESS_KEY} secret-key \"{SECRET_KEY}\" region {REGION}");
    let database = database(folder, "out.db", 0);
    let hub = |receive: &str| {
        format!(
            "interface hub \"Hub\" {{\n  owner bench\n  {receive}\n  send away {{\n    http http://127.0.0.1:{http}/x\n    lanes 8\n  }}\n}}\n"
        )
    };
    let resource = format!(
        "  receive http 127.0.0.1:PORT/in {{ format fhir }}\n  send out {{\n    fhir {}\n    LANES\n  }}\n",
        fhir.base
    );
    let published = format!("  {RECEIVE}\n  publish bench-topic\n");
    let mut kept: Vec<Kept> = Vec::new();
    let mut ways = vec![
        out("mllp", &format!("mllp 127.0.0.1:{mllp}")),
        out("file", "file out"),
        out("http", &format!("http http://127.0.0.1:{http}/x")),
        out(
            "webhook",
            &format!("webhook http://127.0.0.1:{http}/x secret \"a secret of 24 letters or more\" private yes"),
        ),
        out("soap", &format!("soap http://127.0.0.1:{soap}/x action \"urn:a\" body \"<s>{{message}}</s>\"")),
        Way { name: "fhir", feed: Feed::Fhir, text: resource, beside: String::new() },
        out("tcp", &format!("tcp 127.0.0.1:{blocks} {BLOCK} reply bytes accepted \"0x06\" refused \"0x15\"")),
        out("syslog", &format!("syslog 127.0.0.1:{drain} transport tcp")),
        out("smtp", &format!("smtp {} tls none from a@example.org to [b@example.org]", mail.address)),
        out("s3", &format!("s3 http://{}/{BUCKET}/ROUND {keys}", store.address)),
        out("sql", &format!("sql sqlite:{database} statement \"INSERT INTO box (body) VALUES (:_message)\"")),
        Way { beside: hub("receive interface"), ..out("interface", "interface hub") },
        Way {
            name: "topic",
            feed: Feed::Mllp,
            text: published,
            beside: hub("receive topic bench-topic { order by PID-3.1 }"),
        },
    ];
    if let Ok(server) = RedisServer::start() {
        let line = format!("redis 127.0.0.1:{}/bench", server.daemon().port());
        ways.push(out("redis", &line));
        kept.push(Box::new(server));
    }
    if let Ok(server) = Mosquitto::start("") {
        let line = format!("mqtt 127.0.0.1:{}/bench needs-subscriber no", server.daemon().port());
        ways.push(out("mqtt", &line));
        kept.push(Box::new(server));
    }
    if let Ok(server) = OpenSsh::start() {
        let place = folder.join("sftp");
        std::fs::create_dir_all(&place).must("a folder");
        let login =
            format!("user {} key \"\"\"{}\"\"\" host-key [\"{}\"]", server.user, server.key, server.fingerprint);
        // The first slash ends the port; the path begins with its own.
        let (port, place) = (server.daemon().port(), place.display());
        let line = format!("sftp 127.0.0.1:{port}/{place} {login} connect-timeout 30s");
        ways.push(out("sftp", &line));
        kept.push(Box::new(server));
    }
    kept.extend([Box::new(mail) as Kept, Box::new(store), Box::new(fhir)]);
    (ways, kept)
}

/// Every way in, each to the same web server, and its partners; the first is the one that the others are compared with.
pub(super) async fn ways_in(folder: &Path, count: u64) -> (Vec<Way>, Vec<Kept>) {
    let http = partners::serve(partners::http).await;
    let way = |name, feed, receive: &str| Way {
        name,
        feed,
        text: format!("  {receive}\n  send out {{\n    http http://127.0.0.1:{http}/x\n    LANES\n  }}\n"),
        beside: String::new(),
    };
    let (store, fhir) = (ObjectStore::start().await, FhirServer::start(Box::new(|_| None)).await);
    let inbox = folder.join("in");
    std::fs::create_dir_all(&inbox).must("a folder");
    for number in 0..count {
        let message = super::message(0, 0, number);
        std::fs::write(inbox.join(format!("{number:06}.hl7")), &message).must("a file");
        store.put(&format!("in/{number:06}.hl7"), message.as_bytes());
        fhir.with(|shelf| {
            shelf.second = number / 50;
            shelf.put(json!({"resourceType": "Basic", "author": number.to_string()}), None)
        });
    }
    let keys = format!("access-key {ACCESS_KEY} secret-key \"{SECRET_KEY}\" region {REGION}");
    let database = database(folder, "in.db", count);
    let rows = format!(
        "receive sql sqlite:{database} {{\n    query \"SELECT id, body FROM box WHERE id > :id ORDER BY id LIMIT 500\"\n    \
         watermark id\n    start 0\n    message body\n    format hl7v2\n  }}"
    );
    let base = fhir.base.clone();
    let objects = format!("receive s3 http://{}/{BUCKET}/in/*.hl7 {{ {keys} every 50ms }}", store.address);
    let ways = vec![
        way("mllp", Feed::Mllp, RECEIVE),
        way("http", Feed::Http, "receive http 127.0.0.1:PORT/in"),
        way("soap", Feed::Soap, "receive soap 127.0.0.1:PORT/in { message hl7 }"),
        way(
            "tcp",
            Feed::Blocks,
            &format!("receive tcp 127.0.0.1:PORT {{ {BLOCK} answer bytes accepted \"0x06\" refused \"0x15\" }}"),
        ),
        way("file", Feed::There, &format!("receive file {}/*.hl7 {{ every 50ms stable 0s }}", inbox.display())),
        way("s3", Feed::There, &objects),
        way("sql", Feed::There, &rows),
        way(
            "fhir",
            Feed::There,
            &format!("receive fhir {base}/Basic {{ from beginning count 500 every 1s format fhir }}"),
        ),
    ];
    (ways, vec![Box::new(store) as Kept, Box::new(fhir)])
}

/// A database with as many messages; its path.
fn database(folder: &Path, name: &str, count: u64) -> String {
    let path = folder.join(name);
    let mut connection = rusqlite::Connection::open(&path).must("a database");
    connection
        .execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE box (id INTEGER PRIMARY KEY, body TEXT)")
        .must("a table");
    let all = connection.transaction().must("a transaction");
    for number in 0..count {
        all.execute("INSERT INTO box (body) VALUES (?)", [super::message(0, 0, number)]).must("a row");
    }
    all.commit().must("a commit");
    path.display().to_string()
}
