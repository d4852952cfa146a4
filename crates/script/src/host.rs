//! What a script may reach, as whoever runs it sees it.
//!
//! Promises of an implementation:
//! 1. No method does I/O or waits.
//! 2. A [`Refusal`] says nothing of the content: what was asked for stands in `about`, which is shown only where the script
//!    says it in so many words.
//! 3. What is written and logged is bounded.

use message::Code;

/// One value in the three states of HL7 v2 (v2.9 §2.5.3.2).
#[derive(Clone, PartialEq, Eq)]
pub enum Held {
    /// Nothing there: `""`.
    Empty,
    /// There to be deleted: `null`.
    Null,
    /// A text, never empty.
    Text(String),
}

impl Held {
    /// A text, or nothing for no characters.
    #[must_use]
    pub fn text(text: String) -> Held {
        if text.is_empty() { Held::Empty } else { Held::Text(text) }
    }
    /// Its characters; none for the other two states.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Held::Text(text) => text,
            Held::Empty | Held::Null => "",
        }
    }
}

/// Values are patient data (R10): only the state is printed.
impl std::fmt::Debug for Held {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Held::Empty => "Empty",
            Held::Null => "Null",
            Held::Text(_) => "Text([patient data])",
        })
    }
}

/// What a script writes to a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written {
    /// One value.
    One(Held),
    /// One for each repetition.
    Many(Vec<Held>),
}

/// Why a host did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The code, with its page.
    pub code: Code,
    /// A sentence without content.
    pub what: String,
    /// What was asked for; it may have been made of content.
    pub about: String,
}

impl Refusal {
    /// A refusal about a place or name.
    #[must_use]
    pub fn new(code: Code, what: impl Into<String>, about: impl Into<String>) -> Refusal {
        Refusal { code, what: what.into(), about: about.into() }
    }
}

/// A segment that a script holds, or the whole message.
pub type Segment = Option<u32>;

/// See the module.
pub trait Host {
    /// The first value at a path; inside a segment `5.1` is enough.
    ///
    /// # Errors
    /// What is no path, or a segment that was removed.
    fn get(&mut self, of: Segment, path: &str) -> Result<Held, Refusal>;
    /// Every value at a path.
    ///
    /// # Errors
    /// As [`Host::get`].
    fn all(&mut self, of: Segment, path: &str) -> Result<Vec<Held>, Refusal>;
    /// Writes to a path.
    ///
    /// # Errors
    /// As [`Host::get`], and for a place that cannot be changed.
    fn set(&mut self, of: Segment, path: &str, value: &Written) -> Result<(), Refusal>;
    /// Removes what stands at a path; the segment itself for an empty one.
    ///
    /// # Errors
    /// As [`Host::set`].
    fn remove(&mut self, of: Segment, path: &str) -> Result<(), Refusal>;
    /// The segments of an id, or all for an empty one, in order.
    ///
    /// # Errors
    /// What is no segment, or more segments than a script may hold.
    fn segments(&mut self, id: &str) -> Result<Vec<u32>, Refusal>;
    /// A new segment beside another, or at the end.
    ///
    /// # Errors
    /// As [`Host::set`].
    fn insert(&mut self, id: &str, beside: Segment, is_after: bool) -> Result<u32, Refusal>;
    /// The id of a segment, and which of its id it is, from 1.
    ///
    /// # Errors
    /// A segment that was removed.
    fn name(&mut self, of: u32) -> Result<(String, u32), Refusal>;
    /// The message as it came.
    ///
    /// # Errors
    /// There is no message.
    fn raw(&mut self) -> Result<String, Refusal>;
    /// There is a code table of this name.
    ///
    /// # Errors
    /// There is none.
    fn table(&mut self, name: &str) -> Result<(), Refusal>;
    /// A column of the row of a code; of the default row, where the code has none and a column is asked for. An empty
    /// column asks whether the code itself has a row.
    ///
    /// # Errors
    /// There is no such table or column.
    fn row(&mut self, table: &str, code: &str, column: &str) -> Result<Option<String>, Refusal>;
    /// Keeps a line of the script's log with the message.
    ///
    /// # Errors
    /// More than may be kept.
    fn log(&mut self, line: &str) -> Result<(), Refusal>;
    /// The moment of the message in milliseconds since 1970, where it was granted.
    fn now(&self) -> Option<f64>;
    /// The next number from 0 to 1 of this message, where chance was granted.
    fn random(&mut self) -> Option<f64>;
}
