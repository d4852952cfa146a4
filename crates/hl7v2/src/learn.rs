//! What a feed sends, counted: of every message type its segments and groups, its fields and components, how often they
//! come, how long their values are, which forms they have, and their codes.
//!
//! | what | where |
//! |---|---|
//! | count messages | [`Learner::add`], [`Learner::finish`] |
//! | what was counted | [`Learned`], [`Kind`] |
//! | which values may be told | [`Values::codes`] |
//! | the same as an outline, to be compared | [`Kind::outline`] |
//!
//! Promises: memory is bounded by the limits below, whatever comes; the order of messages does not matter to any count,
//! unless a limit is reached, which is told ([`Learned::is_cut`]).
//! No value of a person is told: values are kept only of places that the dictionary has as coded, or that look like codes
//! where no person is described, and each only when enough patients have it; the rules are in the module `listing`.

mod count;
mod listing;
mod outline;
#[cfg(test)]
mod tests;
mod values;

pub use listing::{FEW_MAX, FEW_VALUES_MIN};
pub use values::{Codes, Form, Listed, Values};

use crate::dictionary::{self, Dictionary, Version};
use crate::structure::{self, Structure};
use crate::{Message, Path, validate};
use message::Diagnostic;
use std::collections::BTreeMap;

/// Most message types (version and structure) that are counted apart.
pub const KINDS_MAX: usize = 100;
/// Most kinds of segments of one message type.
pub const SEGMENTS_MAX: usize = 200;
/// Most trigger events of one message type.
pub const EVENTS_MAX: usize = 100;
/// Greatest number of a field that is counted.
pub const FIELDS_MAX: usize = 255;
/// Greatest number of a component or subcomponent that is counted.
pub const PARTS_MAX: usize = 60;
/// Most fields, components and subcomponents counted in all.
pub const PLACES_MAX: usize = 200_000;
/// Most different values of one place; when there are more, none is told.
pub const DISTINCT_MAX: usize = 200;
/// Most different values kept in all.
pub const VALUES_MAX: usize = 200_000;
/// Longest value that can be a code, in bytes.
pub const CODE_BYTES_MAX: usize = 40;
/// Most patients that a code can be asked to have.
pub const PATIENTS_MAX: u32 = 50;

/// How to count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// A code that no table of the standard has is told when messages of this many patients have it.
    pub patients_min: u32,
}

impl Default for Options {
    fn default() -> Options {
        Options { patients_min: 3 }
    }
}

/// Counts messages.
#[derive(Debug)]
pub struct Learner {
    options: Options,
    kinds: Vec<Kind>,
    left_out: BTreeMap<LeftOut, u64>,
    room: Room,
    messages: u64,
}

/// Why a message was not counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LeftOut {
    /// It has no header.
    NoHeader,
    /// No version of the standard knows its type.
    NoStructure,
    /// There are more message types than are counted.
    TooManyKinds,
}

impl LeftOut {
    /// In words, behind a number of messages.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            LeftOut::NoHeader => "without a header (MSH)",
            LeftOut::NoStructure => "of a type that no version of the standard has",
            LeftOut::TooManyKinds => "of further message types than are counted",
        }
    }
}

/// What is left of the limits that all places share.
#[derive(Debug)]
struct Room {
    places: usize,
    values: usize,
    is_cut: bool,
}

/// What was counted.
#[derive(Debug)]
pub struct Learned {
    /// How it was counted.
    pub options: Options,
    /// Messages that were counted.
    pub messages: u64,
    /// Those that were not, and why.
    pub left_out: BTreeMap<LeftOut, u64>,
    /// Message types, in order of version and structure.
    pub kinds: Vec<Kind>,
    /// A limit was reached: some places or values are not counted.
    pub is_cut: bool,
}

/// Messages of one version and structure.
#[derive(Debug)]
pub struct Kind {
    /// MSH-12, or the nearest version that has the message type.
    pub version: Version,
    /// MSH-9.3, or what the standard says for MSH-9.1 and MSH-9.2.
    pub structure: &'static str,
    /// How many.
    pub messages: u64,
    /// Trigger events, with how many messages have each.
    pub events: BTreeMap<String, u64>,
    /// Messages that the standard, read leniently, finds an error in.
    pub invalid: u64,
    /// Messages with a segment that stands where the structure does not have it.
    pub misplaced: u64,
    /// The structure's nodes, each with its count.
    pub nodes: Vec<Count>,
    /// Segments that the structure has no place for.
    pub loose: BTreeMap<[u8; 3], Count>,
    /// What is in the segments of each kind.
    pub segments: BTreeMap<[u8; 3], Segment>,
    compiled: &'static Structure,
}

/// How often a segment or group comes where it may.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// How many messages or groups it could have come in.
    pub of: u64,
    /// How many of those it came in.
    pub present: u64,
    /// How often it came in all.
    pub total: u64,
    /// The least often that it came in one.
    pub least: u32,
    /// The most often that it came in one.
    pub most: u32,
}

impl Count {
    fn add(&mut self, found: u32) {
        self.least = if self.of == 0 { found } else { self.least.min(found) };
        self.most = self.most.max(found);
        self.of += 1;
        self.present += u64::from(found > 0);
        self.total += u64::from(found);
    }

    /// It came in each.
    #[must_use]
    pub fn is_always(&self) -> bool {
        self.of > 0 && self.present == self.of
    }
}

/// Segments of one kind.
#[derive(Debug, Default)]
pub struct Segment {
    /// How many.
    pub count: u64,
    /// How many there are in a message, wherever they stand.
    pub in_messages: Count,
    /// By number, from 1.
    pub fields: Vec<Part>,
}

/// A field, component or subcomponent.
#[derive(Debug, Default)]
pub struct Part {
    /// How often there is something in it: of a field, in how many segments.
    pub present: u64,
    /// How many repetitions of a field have something; of a component as `present`.
    pub total: u64,
    /// The most repetitions, empty ones between others included.
    pub most: u32,
    /// How often it says `""`.
    pub nulls: u64,
    /// Values without parts.
    pub values: Option<Box<Values>>,
    /// By number, from 1.
    pub parts: Vec<Part>,
}

impl Learner {
    /// Counts nothing yet.
    #[must_use]
    pub fn new(options: Options) -> Learner {
        let options = Options { patients_min: options.patients_min.clamp(1, PATIENTS_MAX) };
        let room = Room { places: PLACES_MAX, values: VALUES_MAX, is_cut: false };
        Learner { options, kinds: Vec::new(), left_out: BTreeMap::new(), room, messages: 0 }
    }

    /// Counts a message; or says why it does not. `findings` is what [`Message::parse`] said of it.
    ///
    /// # Errors
    /// The reason, which is counted too.
    pub fn add(&mut self, message: &Message, findings: &[Diagnostic]) -> Result<(), LeftOut> {
        match self.kind_of(message) {
            Ok(at) => {
                self.messages += 1;
                let sight = count::Sight::of(message, &self.options, self.messages);
                count::add(&mut self.kinds[at], message, &sight, &mut self.room);
                let report = validate::validate(message, findings, validate::Options::default());
                self.kinds[at].invalid += u64::from(!report.is_valid());
                Ok(())
            }
            Err(why) => {
                *self.left_out.entry(why).or_default() += 1;
                Err(why)
            }
        }
    }

    fn kind_of(&mut self, message: &Message) -> Result<usize, LeftOut> {
        let (version, found) = type_of(message)?;
        let structure = found.id();
        let is_it = |kind: &Kind| kind.version == version && kind.structure == structure;
        if let Some(at) = self.kinds.iter().position(is_it) {
            return Ok(at);
        }
        if self.kinds.len() >= KINDS_MAX {
            return Err(LeftOut::TooManyKinds);
        }
        let compiled = structure::standard::compiled(found);
        self.kinds.push(Kind {
            version,
            structure,
            messages: 0,
            events: BTreeMap::new(),
            invalid: 0,
            misplaced: 0,
            nodes: vec![Count::default(); compiled.nodes().len()],
            loose: BTreeMap::new(),
            segments: BTreeMap::new(),
            compiled,
        });
        Ok(self.kinds.len() - 1)
    }

    /// What was counted.
    #[must_use]
    pub fn finish(mut self) -> Learned {
        self.kinds.sort_by_key(|kind| (kind.version, kind.structure));
        for kind in &mut self.kinds {
            let messages = kind.messages;
            let in_messages = kind.segments.values_mut().map(|segment| &mut segment.in_messages);
            for count in kind.loose.values_mut().chain(in_messages).filter(|count| count.of < messages) {
                (count.of, count.least) = (messages, 0);
            }
        }
        Learned {
            options: self.options,
            messages: self.messages,
            left_out: self.left_out,
            kinds: self.kinds,
            is_cut: self.room.is_cut,
        }
    }
}

/// The version and structure that a message counts with.
fn type_of(message: &Message) -> Result<(Version, dictionary::Structure), LeftOut> {
    if !message.has_header() {
        return Err(LeftOut::NoHeader);
    }
    let part = |number| message.text(&Path::component(b"MSH", 9, number));
    let (kind, event, named) = (part(1), part(2), part(3));
    let own = Version::of(message).unwrap_or(Version::V2_5_1);
    // As the structure of a message is found: a newer version first, then an older one.
    let (older, newer) = Version::ALL.split_at(own.index());
    let find = |version: &Version| Some((*version, Dictionary::of(*version).structure_named(&kind, &event, &named)?));
    newer.iter().chain(older.iter().rev()).find_map(find).ok_or(LeftOut::NoStructure)
}

impl Learned {
    /// The message type that a message counts with; `None` where none like it was counted.
    #[must_use]
    pub fn kind_of(&self, message: &Message) -> Option<usize> {
        let (version, found) = type_of(message).ok()?;
        self.kinds.iter().position(|kind| kind.version == version && kind.structure == found.id())
    }
}

impl Kind {
    /// The structure that the messages were placed in.
    #[must_use]
    pub fn compiled(&self) -> &'static Structure {
        self.compiled
    }
}
