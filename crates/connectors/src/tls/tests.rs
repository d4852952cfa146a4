//! Handshakes between the two sides, good and bad, and what is said of them.

use super::{
    Client, Server,
    authority::{Authority, Issued},
};
use crate::testing::{context, context_in};
use interface::catalogue::{Settings, Value};
use message::Reason;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

const LIMIT: Duration = Duration::from_secs(10);

fn settings(values: Vec<(&'static str, Value)>) -> Settings {
    let mut settings = Settings { address: "".into(), values: Default::default() };
    settings.values.insert("public-roots", Value::Flag(true));
    settings.values.extend(values);
    settings
}

fn text(name: &'static str, value: &str) -> (&'static str, Value) {
    (name, Value::Text(value.into()))
}

fn client(host: &str, values: Vec<(&'static str, Value)>) -> Result<Client, Reason> {
    Client::read(&settings(values), &context(), host)
}

fn server(issued: &Issued, values: Vec<(&'static str, Value)>) -> Server {
    let all = issued.shown().into_iter().chain(values).collect();
    Server::read(&settings(all), &context()).unwrap().unwrap()
}

/// What both sides say; a good handshake is proved by five bytes each way.
async fn shake(client: &Client, server: &Server) -> (Result<(), Reason>, Result<(), Reason>) {
    let (ours, theirs) = duplex(64 * 1024);
    let calling = async {
        let mut stream = client.secure(ours, "rx:1", LIMIT).await?;
        let result = async {
            // A server that refuses us may be gone before the write, but its alert is there to be read.
            let _ = stream.write_all(b"hello").await;
            let _ = stream.flush().await;
            let mut answer = [0; 5];
            stream.read_exact(&mut answer).await?;
            Ok::<_, std::io::Error>(answer)
        };
        match result.await {
            Ok(answer) => assert_eq!(&answer, b"hello"),
            Err(error) => {
                return Err(super::client::refused_late("rx:1", &error).unwrap_or_else(|| panic!("{error:?}")));
            }
        }
        Ok(())
    };
    let answering = async {
        let mut stream = server.secure(theirs, LIMIT).await?;
        let mut question = [0; 5];
        stream.read_exact(&mut question).await.unwrap();
        stream.write_all(&question).await.unwrap();
        stream.flush().await.unwrap();
        Ok(())
    };
    tokio::join!(calling, answering)
}

fn said(result: &Result<(), Reason>) -> String {
    result.as_ref().err().map_or_else(
        || "ok".to_owned(),
        |reason| {
            assert!(!reason.text.contains("BEGIN"), "a reason quotes a certificate or a key");
            reason.to_string()
        },
    )
}

async fn check(client: &Client, server: &Server, at_client: &str, at_server: &str) {
    let (ours, theirs) = shake(client, server).await;
    let (ours, theirs) = (said(&ours), said(&theirs));
    assert!(ours.contains(at_client), "client: {ours}, not {at_client}");
    assert!(theirs.contains(at_server), "server: {theirs}, not {at_server}");
}

#[tokio::test]
async fn a_server_is_verified_by_chain_name_and_time() {
    let authority = Authority::new();
    let good = server(&authority.issue(&["rx.example.org", "10.1.2.3"]), vec![]);
    let trusting = |host: &str| client(host, vec![authority.trusted()]).unwrap();
    check(&trusting("rx.example.org"), &good, "ok", "ok").await;
    check(&trusting("10.1.2.3"), &good, "ok", "ok").await;
    check(
        &trusting("other.example.org"),
        &good,
        "E6504: the certificate of rx:1 is not trusted: it is for another",
        "E6502",
    )
    .await;
    let named = client("10.9.9.9", vec![authority.trusted(), text("server-name", "rx.example.org")]).unwrap();
    check(&named, &good, "ok", "ok").await;
    let stranger = client("rx.example.org", vec![]).unwrap();
    check(&stranger, &good, "the authority that issued it is not known here", "E6502").await;
    let old = server(&authority.issue_until(&["rx.example.org"], 2001), vec![]);
    check(&trusting("rx.example.org"), &old, "it has expired", "E6502").await;
}

#[tokio::test]
async fn clients_are_asked_for_a_certificate() {
    let (authority, foreign) = (Authority::new(), Authority::new());
    let issued = authority.issue(&["rx.example.org"]);
    let asking = server(&issued, vec![authority.trusted()]);
    let with = |own: Option<&Issued>| {
        let own = own.into_iter().flat_map(Issued::shown);
        client("rx.example.org", own.chain([authority.trusted()]).collect()).unwrap()
    };
    let own = authority.issue(&["lab.example.org"]);
    check(&with(Some(&own)), &asking, "ok", "ok").await;
    check(&with(None), &asking, "it wants a client certificate: set `cert` and `key`", "E6505: the client showed no")
        .await;
    let strange = foreign.issue(&["lab.example.org"]);
    check(&with(Some(&strange)), &asking, "it does not trust the client certificate", "not issued by an authority")
        .await;

    let names = Value::List(vec!["ward.example.org".into(), "lab.example.org".into()]);
    let choosy = server(&issued, vec![authority.trusted(), ("clients", names)]);
    check(&with(Some(&own)), &choosy, "ok", "ok").await;
    let (_, theirs) = shake_unchecked(&with(Some(&authority.issue(&["x.example.org"]))), &choosy).await;
    assert!(said(&theirs).contains("E6505: the client's certificate is for none of the names"), "{}", said(&theirs));
}

/// The server closes without an alert, so the client has nothing to tell.
async fn shake_unchecked(client: &Client, server: &Server) -> (bool, Result<(), Reason>) {
    let (ours, theirs): (DuplexStream, DuplexStream) = duplex(64 * 1024);
    let (ours, theirs) = tokio::join!(client.secure(ours, "rx:1", LIMIT), server.secure(theirs, LIMIT));
    (ours.is_ok(), theirs.map(|_| ()))
}

#[tokio::test]
async fn peers_that_speak_something_else_or_nothing() {
    let authority = Authority::new();
    let server = server(&authority.issue(&["rx.example.org"]), vec![]);
    let client = client("rx.example.org", vec![authority.trusted()]).unwrap();
    let short = Duration::from_millis(100);

    let (ours, mut theirs) = duplex(4096);
    let (result, ()) = tokio::join!(client.secure(ours, "rx:1", LIMIT), async {
        theirs.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
    });
    assert_eq!(result.unwrap_err().to_string(), "E6501: rx:1 does not speak TLS on this port");
    let (ours, held) = duplex(4096);
    let silent = client.secure(ours, "rx:1", short).await.unwrap_err().to_string();
    assert_eq!(silent, "E6501: rx:1 did not finish the TLS handshake within 0.1 s");
    drop(held);
    let (ours, theirs) = duplex(4096);
    drop(theirs);
    assert_eq!(client.secure(ours, "rx:1", LIMIT).await.unwrap_err().code, "E6501");

    let (ours, mut theirs) = duplex(4096);
    theirs.write_all(b"MSH|^~\\&|LAB|SECRETNAME\r and so on and so on\r\n").await.unwrap();
    let junk = server.secure(ours, LIMIT).await.unwrap_err().to_string();
    assert_eq!(junk, "E6502: what came is not TLS; closed");
    let (ours, held) = duplex(4096);
    assert_eq!(server.secure(ours, short).await.unwrap_err().code, "E6502");
    drop(held);
}

#[test]
fn settings_that_cannot_be_used() {
    let authority = Authority::new();
    let own = authority.issue(&["lab.example.org"]);
    let other = authority.issue(&["lab.example.org"]);
    let [cert, key] = own.shown();
    let refused = |values: Vec<(&'static str, Value)>, part: &str| {
        let reason = client("rx", values).err().map_or_else(String::new, |reason| reason.to_string());
        assert!(reason.contains(part) && !reason.contains("BEGIN"), "{reason}, not {part}");
    };
    refused(vec![cert.clone()], "E6503: `cert` and `key` belong together");
    refused(vec![("public-roots", Value::Flag(false))], "leaves nobody to trust");
    refused(vec![cert.clone(), text("key", &other.key)], "E6503: `key`: the secret is not the key of the certificate");
    refused(vec![cert.clone(), text("key", &own.cert)], "holds no private key");
    refused(vec![text("ca", &own.key)], "holds no certificate");
    refused(vec![text("ca", "no/such/file.pem")], "no/such/file.pem cannot be read: entity not found");
    refused(vec![text("server-name", "a b")], "E6010");
    let locked = own.key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
    refused(vec![cert.clone(), text("key", &locked)], "is an encrypted key");

    let serve = |values: Vec<(&'static str, Value)>, part: &str| {
        let reason =
            Server::read(&settings(values), &context()).err().map_or_else(String::new, |reason| reason.to_string());
        assert!(reason.contains(part), "{reason}, not {part}");
    };
    assert!(Server::read(&settings(vec![]), &context()).unwrap().is_none());
    let clients = ("clients", Value::List(vec!["a".into()]));
    serve(vec![key.clone()], "belong together");
    serve(vec![authority.trusted()], "`ca` and `clients` need TLS");
    serve(vec![cert, key, clients], "`clients` needs `ca`");
}

#[tokio::test]
async fn changed_files_are_read_again() {
    let folder = testkit::Folder::new();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    let (before, after) = (Authority::new(), Authority::new());
    let put = |issued: &Issued| {
        write("a.pem", &issued.cert);
        write("a.key", &issued.key);
    };
    put(&before.issue(&["rx.example.org"]));
    let files = settings(vec![text("cert", "a.pem"), text("key", "a.key")]);
    let server = Server::read(&files, &context_in(folder.path())).unwrap().unwrap();
    let client = client("rx.example.org", vec![after.trusted()]).unwrap();
    check(&client, &server, "E6504", "E6502").await;
    // A half that does not fit changes nothing, and the whole is taken without a restart.
    write("a.key", "half");
    check(&client, &server, "E6504", "E6502").await;
    put(&after.issue(&["rx.example.org", "and.another.example.org"]));
    check(&client, &server, "ok", "ok").await;
}
