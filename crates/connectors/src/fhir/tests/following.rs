//! The source's conformance suite. It hands over HL7 v2, so the server has each message in a Binary.

use super::Fhir;
use crate::{
    fhir::bookmark::{Bookmark, mark},
    testing::{Pages, context, settings},
    web::testing::{Heed, Heeded, Mischiefs},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use interface::{
    catalogue::{Connector, Context, Notebook, Value},
    contract::{Boxed, Source},
};
use serde_json::json;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};
use testkit::{
    fhir::FhirServer,
    source::{self, Heard, Mischief, SILENCE_MAX, SIZE_MAX},
};
use tokio::time::{Instant, sleep};

/// Of a page: room for a message of [`SIZE_MAX`] as the server writes it.
const PAGE_MAX: usize = SIZE_MAX * 2;

/// A server, and what the search of it keeps and reports.
struct Desk {
    server: FhirServer,
    notebook: Arc<dyn Notebook>,
    mischiefs: Arc<Mischiefs>,
    heed: Heed,
}

/// A desk for each search, by its address.
#[derive(Default)]
struct Subject(Mutex<HashMap<String, Arc<Desk>>>);

impl Subject {
    fn desk(&self, address: &str) -> Arc<Desk> {
        self.0.lock().unwrap()[address].clone()
    }
}

/// The message in a Binary.
fn unpack(resource: Bytes) -> Bytes {
    let resource: serde_json::Value = serde_json::from_slice(&resource).unwrap();
    STANDARD.decode(resource["data"].as_str().unwrap()).unwrap().into()
}

impl Desk {
    async fn open() -> (Desk, Box<dyn Source>) {
        let mischiefs = Arc::new(Mischiefs::default());
        let due = mischiefs.clone();
        let server = FhirServer::start(Box::new(move |_| due.next())).await;
        let notebook: Arc<dyn Notebook> = Arc::new(Pages::default());
        let values = [
            ("every", Value::Duration(Duration::from_millis(20))),
            ("timeout", Value::Duration(SILENCE_MAX)),
            ("limit", Value::Count(PAGE_MAX as u64)),
            ("from", Value::Text("beginning".into())),
            ("bookmark", Value::Text("b".into())),
        ];
        let settings = settings(&Fhir, true, &format!("{}/Binary", server.base), &values);
        let context = Context { notebook: notebook.clone(), ..context() };
        let heed = Heed::new("E6538", unpack);
        let source = Heeded { source: Fhir.source(&settings, &context).await.unwrap(), heed: heed.clone() };
        (Desk { server, notebook, mischiefs, heed }, Box::new(source))
    }

    /// The server changes something; the search has it when that is on disk.
    async fn hand_over(&self, message: &[u8], patience: Duration) -> Heard {
        let refusals = self.heed.refusals();
        let id = self.server.with(|shelf| {
            shelf.second += 1;
            shelf.put(json!({ "resourceType": "Binary", "data": STANDARD.encode(message) }), None)
        });
        let end = Instant::now() + patience;
        while Instant::now() < end {
            let kept = Bookmark::read(&self.notebook, "fhir search b").await.unwrap();
            if kept.is_some_and(|kept| kept.has(&mark("Binary", &id, "1"))) {
                let is_refused = self.heed.refusals() > refusals;
                return if is_refused { Heard::Failure(Vec::new()) } else { Heard::Success(Vec::new()) };
            }
            sleep(Duration::from_millis(5)).await;
        }
        Heard::Nothing
    }
}

impl source::Subject for Subject {
    fn open(&self) -> Boxed<'_, Box<dyn Source>> {
        Box::pin(async {
            let (desk, source) = Desk::open().await;
            self.0.lock().unwrap().insert(source.address(), Arc::new(desk));
            source
        })
    }
    fn hand_over<'a>(&'a self, address: &'a str, message: Bytes, patience: Duration) -> Boxed<'a, Heard> {
        Box::pin(async move { self.desk(address).hand_over(&message, patience).await })
    }
    fn misbehave<'a>(&'a self, address: &'a str, mischief: Mischief) -> Boxed<'a, bool> {
        Box::pin(async move { self.desk(address).mischiefs.play(mischief, PAGE_MAX).await })
    }
    fn returns_acknowledgments(&self) -> bool {
        false
    }
}

#[tokio::test]
async fn source_keeps_its_contract() {
    source::suite(&Subject::default()).await;
}
