//! The source's conformance suite: a server is asked each second, and has at most one message to give.

use super::{Schedule, page_says, surroundings, text, with};
use crate::{
    testing::Pages,
    web::testing::{Heed, Heeded, Mischiefs, wait},
};
use bytes::Bytes;
use interface::{
    catalogue::{Connector, Value},
    contract::{Boxed, Source},
};
use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex},
    time::Duration,
};
use testkit::{
    source::{self, Heard, Mischief, SILENCE_MAX, SIZE_MAX},
    web::{Told, WebServer},
};

/// What a server has to give. It gives the first until the run that took it is kept on disk, because it would be asked
/// for the same after a crash.
struct Desk {
    pages: Arc<Pages>,
    waiting: Mutex<Waiting>,
    mischiefs: Mischiefs,
    heed: Heed,
}

#[derive(Default)]
struct Waiting {
    messages: VecDeque<Bytes>,
    /// How far the schedule was when the first was given.
    given_at: Option<jiff::Timestamp>,
    settled: usize,
}

impl Desk {
    fn kept(&self) -> Option<jiff::Timestamp> {
        page_says(&self.pages, "b")
    }

    /// How many messages are settled.
    fn settle(&self) -> usize {
        let mut waiting = self.waiting.lock().unwrap();
        if waiting.given_at.is_some() && self.kept() > waiting.given_at {
            waiting.given_at = None;
            waiting.messages.pop_front();
            waiting.settled += 1;
        }
        waiting.settled
    }

    fn answer(&self) -> Told {
        if let Some(told) = self.mischiefs.next() {
            return told;
        }
        self.settle();
        let mut waiting = self.waiting.lock().unwrap();
        let Some(message) = waiting.messages.front().map(|message| message.to_vec()) else {
            return Told::Answer(204, Vec::new(), Vec::new());
        };
        waiting.given_at = waiting.given_at.or(self.kept());
        Told::Answer(200, Vec::new(), message)
    }
}

/// A desk for each schedule, by the place of its server, which is the address of the source.
#[derive(Default)]
struct Subject {
    desks: Mutex<HashMap<String, Arc<Desk>>>,
    servers: Mutex<Vec<WebServer>>,
}

/// A source whose address tells one schedule from another.
struct Named(Box<dyn Source>, String);

impl Source for Named {
    fn address(&self) -> String {
        self.1.clone()
    }
    fn run(
        self: Box<Self>,
        intake: Arc<dyn interface::contract::Intake>,
        phase: tokio::sync::watch::Receiver<interface::contract::Phase>,
    ) -> Boxed<'static, Result<(), message::Reason>> {
        assert_eq!(self.0.address(), "every 1s");
        self.0.run(intake, phase)
    }
}

impl Subject {
    async fn start(&self) -> Box<dyn Source> {
        let pages = Arc::new(Pages::default());
        let heed = Heed::new("E6822", |bytes| bytes);
        let desk = Arc::new(Desk {
            pages: pages.clone(),
            waiting: Mutex::default(),
            mischiefs: Mischiefs::default(),
            heed: heed.clone(),
        });
        let asked = desk.clone();
        let server = WebServer::start(move |_| asked.answer()).await;
        let values = [
            text("get", &format!("http://{}/new", server.address)),
            text("bookmark", "b"),
            // A run that has to wait stays due: no later one takes its place.
            text("missed", "all"),
            ("timeout", Value::Duration(SILENCE_MAX)),
            ("limit", Value::Count(SIZE_MAX as u64)),
        ];
        let source = Schedule.source(&with("every 1s", &values), &surroundings(&pages)).await.unwrap();
        let address = server.address.clone();
        self.desks.lock().unwrap().insert(address.clone(), desk);
        self.servers.lock().unwrap().push(server);
        Box::new(Named(Box::new(Heeded { source, heed }), address))
    }

    fn desk(&self, address: &str) -> Arc<Desk> {
        self.desks.lock().unwrap()[address].clone()
    }
}

impl source::Subject for Subject {
    fn open(&self) -> Boxed<'_, Box<dyn Source>> {
        Box::pin(self.start())
    }
    fn hand_over<'a>(&'a self, address: &'a str, message: Bytes, patience: Duration) -> Boxed<'a, Heard> {
        Box::pin(async move {
            let desk = self.desk(address);
            let (refusals, number) = (desk.heed.refusals(), desk.settle());
            desk.waiting.lock().unwrap().messages.push_back(message);
            if !wait(|| desk.settle() > number, patience).await {
                return Heard::Nothing;
            }
            if desk.heed.refusals() > refusals { Heard::Failure(Vec::new()) } else { Heard::Success(Vec::new()) }
        })
    }
    fn misbehave<'a>(&'a self, address: &'a str, mischief: Mischief) -> Boxed<'a, bool> {
        Box::pin(async move { self.desk(address).mischiefs.play(mischief, SIZE_MAX).await })
    }
    fn returns_acknowledgments(&self) -> bool {
        false
    }
}

#[tokio::test]
async fn source_keeps_its_contract() {
    source::suite(&Subject::default()).await;
}
