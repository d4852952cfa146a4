//! Lookups outside, asked for messages on their way: lines that are open, answers that are remembered, time limits.
//!
//! The pipeline asks nothing (it has no I/O): a run that needs an answer ends with a question, the answer is found here, and
//! the run begins again. What a message was told once it is told again until its plan is made, whatever is forgotten or
//! changes meanwhile.
//!
//! Promises: a question ends by the time limit of its line; answers remembered are bounded in number and age; failures are not
//! remembered; a question that fails decides nothing here, the line says what happens.
//! Never: logs a key or an answer.

use crate::{codes, dispatch::Dock, pipeline::Plan};
use bytes::Bytes;
use formats::Document;
use interface::{
    catalogue::Context,
    contract::Lookup,
    definition::{Definition, LookupDefinition},
};
use lang::{
    Form, Matter,
    lookup::{Answers, Known, Question},
};
use message::{Clock, Format, Reason};
use std::{
    collections::{HashMap, VecDeque},
    fmt,
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Poll,
    time::Instant,
};
use tokio::sync::Semaphore;

/// Questions of one lookup that are under way at once.
const LINES_MAX: usize = 8;
/// Different questions of one message.
const QUESTIONS_MAX: usize = 64;

/// The lookups of one version of an interface.
#[derive(Default)]
pub(crate) struct Counters(Vec<Counter>);

/// One lookup: where it is asked.
struct Counter {
    definition: Arc<LookupDefinition>,
    seats: Semaphore,
    idle: Mutex<Vec<Box<dyn Lookup>>>,
    memory: Mutex<Memory>,
}

/// Answers, the oldest in front.
#[derive(Default)]
struct Memory {
    known: HashMap<Arc<str>, (Instant, Known)>,
    order: VecDeque<(Instant, Arc<str>)>,
}

impl Memory {
    fn get(&self, key: &str, now: Instant, definition: &LookupDefinition) -> Option<Known> {
        let (at, known) = self.known.get(key)?;
        (now.saturating_duration_since(*at) < definition.fresh).then(|| known.clone())
    }

    fn put(&mut self, key: &str, now: Instant, known: Known, definition: &LookupDefinition) {
        if definition.fresh.is_zero() {
            return;
        }
        let key: Arc<str> = key.into();
        self.known.insert(key.clone(), (now, known));
        self.order.push_back((now, key));
        let is_old = |at: Instant| now.saturating_duration_since(at) >= definition.fresh;
        while self.order.front().is_some_and(|(at, _)| is_old(*at) || self.order.len() > definition.remember) {
            let Some((at, key)) = self.order.pop_front() else { break };
            // An answer that was renewed stands further behind once more.
            if self.known.get(&key).is_some_and(|(known, _)| *known == at) {
                self.known.remove(&key);
            }
        }
    }
}

impl Counters {
    pub(crate) fn of(definition: &Definition) -> Arc<Counters> {
        let counter = |definition: &Arc<LookupDefinition>| Counter {
            definition: definition.clone(),
            seats: Semaphore::new(LINES_MAX),
            idle: Mutex::default(),
            memory: Mutex::default(),
        };
        Arc::new(Counters(definition.lookups.iter().map(counter).collect()))
    }

    fn find(&self, name: &str) -> Option<&Counter> {
        self.0.iter().find(|counter| *counter.definition.name == *name)
    }

    /// Makes the plan of a message, asking what its lines ask.
    pub(crate) async fn plan(
        self: &Arc<Counters>,
        dock: &Dock,
        make: impl Fn(Option<Arc<dyn Answers>>) -> Plan,
    ) -> Plan {
        if self.0.is_empty() {
            return make(None);
        }
        let told = Arc::new(Told { counters: self.clone(), clock: dock.clock.clone(), own: Mutex::default() });
        loop {
            let mut plan = make(Some(told.clone()));
            let Some(question) = plan.asks.take() else { return plan };
            if lock(&told.own).len() >= QUESTIONS_MAX {
                let text = format!("more than {QUESTIONS_MAX} different questions for one message");
                plan.end = crate::pipeline::End::Parked(Reason::new(codes::E5052, text));
                return plan;
            }
            let known = match self.find(&question.lookup) {
                Some(counter) => counter.ask(dock, question.key.reveal()).await,
                None => Known::Failed(Reason::new(codes::E5006, "the lookup is not there; this is a bug")),
            };
            lock(&told.own).insert(question, known);
        }
    }
}

impl Counter {
    /// The answer, within the time of the line. A line that failed is not used again.
    async fn ask(&self, dock: &Dock, key: &str) -> Known {
        let definition = &self.definition;
        let asking = async {
            let Ok(_seat) = self.seats.acquire().await else { return Err(self.late()) };
            let idle = lock(&self.idle).pop();
            let mut line = match idle {
                Some(line) => line,
                None => self.open(dock)?,
            };
            let answer = guarded(&mut *line, key).await?;
            lock(&self.idle).push(line);
            answer.map(read).transpose()
        };
        let answer = tokio::time::timeout(definition.within, asking).await.unwrap_or_else(|_| Err(self.late()));
        let known = match answer {
            Ok(Some(document)) => Known::Found(Arc::new(document)),
            Ok(None) => Known::Missing,
            Err(reason) => return Known::Failed(reason),
        };
        lock(&self.memory).put(key, dock.clock.monotonic(), known.clone(), definition);
        known
    }

    fn open(&self, dock: &Dock) -> Result<Box<dyn Lookup>, Reason> {
        let Some(connector) = dock.connector(self.definition.connector) else {
            return Err(Reason::new(codes::E5011, "the connector is not part of this build"));
        };
        let context = Context { owner: self.definition.name.clone(), ..dock.context.clone() };
        connector.lookup(&self.definition.settings, &context)
    }

    fn late(&self) -> Reason {
        let seconds = self.definition.within.as_secs_f32();
        Reason::new(codes::E5050, format!("no answer within {seconds} s"))
    }
}

/// A panic in a connector is a bug of ours: it ends this question, not the intake (F16).
async fn guarded(line: &mut dyn Lookup, key: &str) -> Result<Option<Bytes>, Reason> {
    let mut asking = pin!(line.ask(key));
    poll_fn(move |context| match catch_unwind(AssertUnwindSafe(|| asking.as_mut().poll(context))) {
        Ok(poll) => poll,
        Err(_) => {
            let text = "the connector stopped unexpectedly; this is a bug, please report it";
            Poll::Ready(Err(Reason::new(codes::E5006, text)))
        }
    })
    .await
}

fn read(bytes: Bytes) -> Result<Document, Reason> {
    let unreadable = || Reason::new(codes::E5051, "the answer is not one document of JSON");
    let (matter, found) = Matter::read(&Form::of(Format::Json), bytes);
    match matter {
        Matter::Other(document) if !found.iter().any(message::Diagnostic::is_error) => Ok(document),
        Matter::Other(_) | Matter::V2(_) | Matter::Fhir(..) => Err(unreadable()),
    }
}

/// What one message was told.
struct Told {
    counters: Arc<Counters>,
    clock: Arc<dyn Clock>,
    own: Mutex<HashMap<Question, Known>>,
}

impl fmt::Debug for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Told")
    }
}

impl Answers for Told {
    fn known(&self, question: &Question) -> Option<Known> {
        if let Some(known) = lock(&self.own).get(question) {
            return Some(known.clone());
        }
        let counter = self.counters.find(&question.lookup)?;
        let now = self.clock.monotonic();
        let known = lock(&counter.memory).get(question.key.reveal(), now, &counter.definition)?;
        // The next run over this message has to hear the same.
        lock(&self.own).insert(question.clone(), known.clone());
        Some(known)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Answers that a test gives.
#[derive(Debug, Default)]
pub(crate) struct Given(pub(crate) Vec<interface::case::With>);

impl Answers for Given {
    fn known(&self, question: &Question) -> Option<Known> {
        use interface::case::{Told as Says, With};
        let told = |wants_key: bool| {
            self.0.iter().find_map(|with| match with {
                With::Lookup { name, key, answer } if **name == *question.lookup => match key {
                    Some(key) if wants_key && **key == **question.key.reveal() => Some(answer),
                    None if !wants_key => Some(answer),
                    Some(_) | None => None,
                },
                With::Lookup { .. } | With::Refuses(_) | With::Replies(..) | With::Slow(..) => None,
            })
        };
        Some(match told(true).or_else(|| told(false))? {
            Says::Nothing => Known::Missing,
            Says::Fails => Known::Failed(Reason::new(codes::E5050, "the test says that it fails")),
            Says::Returns(text) => match read(Bytes::from(text.to_string())) {
                Ok(document) => Known::Found(Arc::new(document)),
                Err(reason) => Known::Failed(reason),
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn definition(remember: usize) -> LookupDefinition {
        LookupDefinition {
            name: "census".into(),
            connector: "sql",
            settings: interface::catalogue::Settings { address: "".into(), values: Default::default() },
            within: Duration::from_secs(1),
            fresh: Duration::from_secs(10),
            remember,
        }
    }

    #[test]
    fn answers_are_remembered_within_their_bounds() {
        let (mut memory, definition, start) = (Memory::default(), definition(3), Instant::now());
        let at = |seconds: u64| start + Duration::from_secs(seconds);
        for (number, key) in ["a", "b", "c", "d"].iter().enumerate() {
            memory.put(key, at(number as u64), Known::Missing, &definition);
        }
        let has = |memory: &Memory, key: &str, seconds| memory.get(key, at(seconds), &definition).is_some();
        assert!(!has(&memory, "a", 4), "the oldest makes room");
        assert!(has(&memory, "b", 4) && has(&memory, "d", 4));
        assert!(!has(&memory, "b", 11), "an answer has an age");
        // A renewed answer stays when its first place in the row comes up.
        memory.put("b", at(5), Known::Missing, &definition);
        memory.put("e", at(6), Known::Missing, &definition);
        assert!(has(&memory, "b", 7));
        assert!(memory.known.len() <= 3 && memory.order.len() <= 3);
        memory.put("f", at(60), Known::Missing, &definition);
        assert_eq!((memory.known.len(), memory.order.len()), (1, 1), "what is old goes");
        let never = LookupDefinition { fresh: Duration::ZERO, ..definition };
        let mut memory = Memory::default();
        memory.put("a", at(0), Known::Missing, &never);
        assert!(memory.known.is_empty());
    }

    #[test]
    fn an_answer_is_one_document() {
        assert!(read(Bytes::from_static(b"{\"a\": 1}")).is_ok());
        for text in ["", "{", "{} {}", "no"] {
            assert_eq!(read(Bytes::from_static(text.as_bytes())).unwrap_err().code, codes::E5051.id, "{text}");
        }
    }
}
