//! The conformance suite of `interface::contract::Lookup`: one function a clause, numbered as in the contract.
//!
//! A connector's tests implement [`Subject`]: a shelf that holds [`HELD`] once, [`TWICE`] twice and nothing else, and behaves
//! as told; and a line to it. Then they call [`suite`].

use bytes::Bytes;
use interface::contract::{Boxed, Lookup};
use message::Reason;
use std::time::Duration;
use tokio::time::timeout;

/// A key under which there is one thing, whose property `name` is [`NAME`].
pub const HELD: &str = "P-1";
/// What it says.
pub const NAME: &str = "Weissenfels";
/// A key under which there are two.
pub const TWICE: &str = "P-2";
/// The limit of waiting for an answer that a subject sets.
pub const ANSWER_TIME_MAX: Duration = Duration::from_millis(400);
/// How long a well-behaved exchange may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// How a shelf behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conduct {
    /// Answers.
    Answer,
    /// Does not answer the first question, and answers the others.
    SilentFirst,
    /// Answers the first question with something that is no answer, and the others well.
    GarbageFirst,
    /// Closes the connection instead of answering the first question.
    CloseFirst,
    /// Says that it cannot.
    Broken,
    /// Is not there.
    Absent,
}

/// A connector under test.
pub trait Subject: Sync {
    /// Starts a shelf, and makes a line to it, with the limit above; `None` if this medium has no such conduct.
    fn line<'a>(&'a self, conduct: Conduct) -> Boxed<'a, Option<Box<dyn Lookup>>>;
    /// The shelf holds keys that occur twice.
    fn has_twins(&self) -> bool {
        true
    }
}

/// Runs every clause.
///
/// # Panics
/// If the subject breaks one; the message begins with `Lookup` and its number.
pub async fn suite(subject: &dyn Subject) {
    clause_1_an_answer_is_to_this_key(subject).await;
    clause_2_nothing_is_said_by_the_other_side(subject).await;
    clause_3_it_never_chooses(subject).await;
    clause_4_a_key_is_a_value(subject).await;
    clauses_5_to_7_failures(subject).await;
}

async fn ask(line: &mut dyn Lookup, key: &str) -> Result<Option<Bytes>, Reason> {
    match timeout(PATIENCE, line.ask(key)).await {
        Ok(answer) => answer,
        Err(_) => panic!("Lookup 5: it did not end within {PATIENCE:?}"),
    }
}

fn says_name(answer: &Result<Option<Bytes>, Reason>) -> bool {
    matches!(answer, Ok(Some(bytes)) if String::from_utf8_lossy(bytes).contains(NAME))
}

async fn clause_1_an_answer_is_to_this_key(subject: &dyn Subject) {
    let Some(mut line) = subject.line(Conduct::Answer).await else { return };
    for _ in 0..3 {
        let answer = ask(&mut *line, HELD).await;
        assert!(says_name(&answer), "Lookup 1: what is held is found: {:?}", answer.err());
        let document = ask(&mut *line, HELD).await.ok().flatten().unwrap_or_default();
        let is_json = serde_json::from_slice::<serde_json::Value>(&document).is_ok();
        assert!(is_json, "Lookup 1: an answer is one document of JSON");
    }
}

async fn clause_2_nothing_is_said_by_the_other_side(subject: &dyn Subject) {
    if let Some(mut line) = subject.line(Conduct::Answer).await {
        let answer = ask(&mut *line, "P-9").await;
        assert!(matches!(answer, Ok(None)), "Lookup 2: nothing is held under it: {:?}", answer.err());
    }
    for conduct in [Conduct::SilentFirst, Conduct::GarbageFirst, Conduct::CloseFirst, Conduct::Broken, Conduct::Absent]
    {
        if let Some(mut line) = subject.line(conduct).await {
            let answer = ask(&mut *line, HELD).await;
            // Something that is no answer may be told by who reads it.
            let is_garbage = conduct == Conduct::GarbageFirst && matches!(answer, Ok(Some(_)));
            assert!(answer.is_err() || is_garbage, "Lookup 2: {conduct:?} was taken for nothing");
        }
    }
}

async fn clause_3_it_never_chooses(subject: &dyn Subject) {
    if subject.has_twins()
        && let Some(mut line) = subject.line(Conduct::Answer).await
    {
        assert!(ask(&mut *line, TWICE).await.is_err(), "Lookup 3: one of two was chosen");
        assert!(says_name(&ask(&mut *line, HELD).await), "Lookup 6: a refusal leaves a usable line");
    }
}

async fn clause_4_a_key_is_a_value(subject: &dyn Subject) {
    let Some(mut line) = subject.line(Conduct::Answer).await else { return };
    let odd = [
        "P-1' OR '1'='1",
        "P-1\"",
        "P-9,P-1",
        "../P-1",
        "P-1/",
        "P-1?",
        "P-1&x=1",
        "P-1#",
        "%",
        "*",
        "",
        ".",
        "..",
        "P-9\0P-1",
    ];
    for key in odd {
        let answer = ask(&mut *line, key).await;
        assert!(!says_name(&answer), "Lookup 4: `{}` was read as something else", key.escape_debug());
    }
    assert!(says_name(&ask(&mut *line, HELD).await), "Lookup 4: odd keys changed something");
}

async fn clauses_5_to_7_failures(subject: &dyn Subject) {
    for conduct in [Conduct::SilentFirst, Conduct::GarbageFirst, Conduct::CloseFirst] {
        let Some(mut line) = subject.line(conduct).await else { continue };
        if let Err(reason) = ask(&mut *line, HELD).await {
            let text = reason.to_string();
            assert!(!text.contains(HELD) && !text.contains(NAME), "Lookup 7: {conduct:?} tells content: {text}");
        }
        let answer = ask(&mut *line, HELD).await;
        assert!(says_name(&answer), "Lookup 6: after {conduct:?} it is used again: {:?}", answer.err());
    }
    if let Some(mut line) = subject.line(Conduct::SilentFirst).await {
        // Dropped while nobody answers.
        let _ = timeout(ANSWER_TIME_MAX / 4, line.ask(HELD)).await;
        let answer = ask(&mut *line, HELD).await;
        assert!(says_name(&answer), "Lookup 6: a question that was dropped: {:?}", answer.err());
    }
}
