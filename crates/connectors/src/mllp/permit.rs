//! What a peer may send, by the name in its certificate.
//!
//! Promises: where rows are given, a client without one may send nothing; of a frame with several messages each is looked
//! at. Never: says what stood in a message.

use crate::{
    codes,
    tls::{self, Stream},
};
use bytes::Bytes;
use hl7v2::{Batch, Message, Path};
use interface::catalogue::Settings;
use message::Reason;
use rustls::pki_types::ServerName;
use std::sync::Arc;
use tokio::net::TcpStream;

const APPLICATION: Path = Path::component(b"MSH", 3, 1);
const FACILITY: Path = Path::component(b"MSH", 4, 1);
const CODE: Path = Path::component(b"MSH", 9, 1);
const EVENT: Path = Path::component(b"MSH", 9, 2);
const ANY: &str = "*";

/// The rows of `senders` and of `types`.
#[derive(Clone, Debug)]
pub(crate) struct Permits {
    senders: Option<Vec<Row>>,
    types: Option<Vec<Row>>,
}

/// A name in a certificate, and two values of MSH.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Row {
    client: ServerName<'static>,
    values: [String; 2],
}

/// What one peer may send.
pub(crate) struct Permit {
    senders: Option<Vec<[String; 2]>>,
    types: Option<Vec<[String; 2]>>,
}

impl Permits {
    pub(crate) fn read(settings: &Settings) -> Result<Permits, Reason> {
        let clients = settings.list("clients");
        let rows = |name: &'static str, separator: char| -> Result<Option<Vec<Row>>, Reason> {
            let written = settings.list(name);
            let complain = |row: &str, why: &str| Reason::new(codes::E6010, format!("`{name}`: `{row}` {why}"));
            let row = |row: &Arc<str>| {
                let (client, rest) =
                    row.trim().split_once(' ').ok_or_else(|| complain(row, "needs a name and what it may send"))?;
                if !clients.iter().any(|known| **known == *client) {
                    return Err(complain(row, "begins with a name that is not in `clients`"));
                }
                let (first, second) = rest.trim().split_once(separator).unwrap_or((rest.trim(), ANY));
                let client = ServerName::try_from(client.to_owned())
                    .map_err(|_| complain(row, "begins with what cannot be a name in a certificate"))?;
                Ok(Row { client, values: [first.to_owned(), second.to_owned()] })
            };
            let rows = written.iter().map(row).collect::<Result<Vec<_>, _>>()?;
            Ok((!rows.is_empty()).then_some(rows))
        };
        Ok(Permits { senders: rows("senders", '|')?, types: rows("types", '^')? })
    }

    /// What the peer of this connection may send; `None` for anything.
    pub(crate) fn of(&self, stream: &Stream<TcpStream>) -> Option<Permit> {
        if self.senders.is_none() && self.types.is_none() {
            return None;
        }
        let own = |rows: &Vec<Row>| {
            let rows = rows.iter().filter(|row| tls::is_peer(stream, &row.client));
            rows.map(|row| row.values.clone()).collect::<Vec<_>>()
        };
        Some(Permit { senders: self.senders.as_ref().map(own), types: self.types.as_ref().map(own) })
    }
}

impl Permit {
    /// Complains about a frame that holds what the peer may not send.
    pub(crate) fn check(&self, frame: &Bytes) -> Result<(), Reason> {
        let (batch, _) = Batch::split(frame.clone());
        let mut count = 0;
        for bytes in batch.messages() {
            self.check_message(&Message::parse(bytes).0)?;
            count += 1;
        }
        // What is no message at all is for nobody.
        if count == 0 { self.check_message(&Message::parse(frame.clone()).0) } else { Ok(()) }
    }

    fn check_message(&self, message: &Message) -> Result<(), Reason> {
        let fits = |allowed: &Option<Vec<[String; 2]>>, paths: [&Path; 2]| {
            let found = paths.map(|path| message.text(path));
            let is_like = |row: &[String; 2]| row.iter().zip(&found).all(|(row, found)| row == ANY || **row == **found);
            allowed.as_ref().is_none_or(|rows| rows.iter().any(is_like))
        };
        let complain = |text: &str| Err(Reason::new(codes::E6801, text.to_owned()));
        if !fits(&self.senders, [&APPLICATION, &FACILITY]) {
            return complain("the peer's certificate does not speak for the sender in MSH-3 and MSH-4: refused");
        }
        if !fits(&self.types, [&CODE, &EVENT]) {
            return complain("the peer's certificate may not send messages of the type in MSH-9: refused");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use interface::catalogue::Value;

    fn read(clients: &[&str], senders: &[&str], types: &[&str]) -> Result<Permits, Reason> {
        let list = |texts: &[&str]| Value::List(texts.iter().map(|text| (*text).into()).collect());
        let values = [("clients", list(clients)), ("senders", list(senders)), ("types", list(types))];
        Permits::read(&Settings { address: "".into(), values: values.into() })
    }

    #[test]
    fn rows() {
        let check = |clients: &[&str], senders: &[&str], types: &[&str], expect: &str| {
            let said = read(clients, senders, types).map_or_else(|reason| reason.to_string(), |_| "ok".to_owned());
            assert!(said.contains(expect), "{said}");
        };
        check(&[], &[], &[], "ok");
        check(&["a.example"], &["a.example LAB|NORTH", "a.example WARD|*"], &["a.example ORU^R01"], "ok");
        check(&["a.example"], &["b.example LAB|NORTH"], &[], "not in `clients`");
        check(&["a.example"], &[], &["a.example"], "needs a name and what it may send");
    }

    #[test]
    fn what_is_let_through() {
        let row = |first: &str, second: &str| [first.to_owned(), second.to_owned()];
        let permit = Permit {
            senders: Some(vec![row("LAB", "NORTH"), row("WARD", ANY)]),
            types: Some(vec![row("ORU", "R01"), row("ADT", ANY)]),
        };
        let message = |sender: &str, kind: &str| format!("MSH|^~\\&|{sender}|HUB|X|20260301||{kind}|1|P|2.5\rPID|1\r");
        let check = |text: String, expect: bool| {
            let said = permit.check(&Bytes::from(text.clone()));
            assert_eq!(said.is_ok(), expect, "{text}");
            assert!(said.is_ok() || said.unwrap_err().code == "E6801");
        };
        check(message("LAB|NORTH", "ORU^R01"), true);
        check(message("LAB^1.2.3^ISO|NORTH", "ADT^A01"), true);
        check(message("WARD|SOUTH", "ADT^A01"), true);
        check(message("LAB|SOUTH", "ORU^R01"), false);
        check(message("LAB|NORTH", "ORM^O01"), false);
        check("no message".to_owned(), false);
        let both = format!("{}{}", message("LAB|NORTH", "ORU^R01"), message("OTHER|NORTH", "ORU^R01"));
        check(both, false);
        let nobody = Permit { senders: Some(Vec::new()), types: None };
        assert_eq!(nobody.check(&message("LAB|NORTH", "ORU^R01").into()).unwrap_err().code, "E6801");
    }
}
