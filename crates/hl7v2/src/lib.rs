//! Floor 1: HL7 v2 messages in ER7 ("vertical bar") encoding. Pure: no I/O, clock, randomness or async.
//!
//! | what | where |
//! |---|---|
//! | read any bytes, read values, edit, write | [`Message`], [`Element`], [`Value`], [`Place`] |
//! | name a place once, use it for many messages | [`Path`], [`path::Member`] |
//! | escape sequences as they were written | [`Element::tokens`], [`escape::Token`] |
//! | split a file into messages | [`Batch`] |
//! | who, what, when, about whom | [`Facts`] |
//! | acknowledge, read an acknowledgment | [`ack::build`], [`ack::Reply`], [`ack::Mode`] |
//! | cut frames out of a stream | [`mllp::Deframer`], [`mllp::encode_frame`] |
//! | what the standard says of segments, types, tables, structures | [`dictionary`] |
//! | the XML encoding, both ways | [`v2xml`] |
//! | a message of one version as another has it | [`bridge`] |
//! | what a feed sends, counted | [`learn`] |
//! | find delimiters fast | [`scan`] |
//! | every place that has a value, in one pass | [`walk`] |
//!
//! ```
//! use hl7v2::{Message, Path, State, Value};
//!
//! let (mut message, diagnostics) = Message::parse("MSH|^~\\&|ADT\rPID|1||77^^^NORTH^MR~99^^^SOUTH^PI||Doe^Jane\r");
//! assert!(diagnostics.is_empty());
//!
//! let family = Path::parse("PID-5.1")?;                       // once
//! assert_eq!(message.text(&family), "Doe");                   // decoded, borrowed where possible
//! assert_eq!(message.raw(&Path::parse("PID-5")?), b"Doe^Jane");
//! assert_eq!(message.text(&Path::parse("PID-3[.5=PI].1")?), "99");
//! assert_eq!(message.state(&Path::parse("PID-8")?), State::Empty);
//!
//! let every: Vec<_> = message.every(&Path::parse("PID-3.1")?).map(|id| id.text()).collect();
//! assert_eq!(every, ["77", "99"]);
//!
//! message.set(&family, Value::Text("O'Hara & Doe"))?;          // touches these bytes only
//! assert!(message.write().ends_with(b"||O'Hara \\T\\ Doe^Jane\r"));
//! # Ok::<(), hl7v2::Error>(())
//! ```
//!
//! Promises (R9): raw bytes are the truth; parse then write is the identity for any bytes; no function here panics on
//! any input; no diagnostic or `Debug` holds content (R10).

pub mod ack;
pub mod batch;
pub mod bridge;
mod charset;
pub mod codes;
pub mod continuation;
mod delimiters;
pub mod dictionary;
mod error;
pub mod escape;
mod facts;
pub mod learn;
mod lines;
pub mod mllp;
pub mod path;
pub mod profile;
pub mod scan;
pub mod sequence;
pub mod structure;
mod text;
mod tree;
pub mod v2xml;
pub mod validate;

pub use batch::{Batch, Enclosed, Piece, PieceKind};
pub use charset::Charset;
pub use delimiters::Delimiters;
pub use error::Error;
pub use facts::{Facts, PatientId, PatientName};
pub use path::Path;
pub use tree::walk;
pub use tree::{Element, Elements, Filled, Level, Message, Only, Place, Selection, State, Value};

/// A text as the bytes of a value in UTF-8: the delimiters that the standard recommends escaped, LF as `\.br\`, CR as
/// `\X0D\` (HL7 v2.9 §2.7).
#[must_use]
pub fn encode(text: &str) -> std::borrow::Cow<'_, [u8]> {
    text::encode(text, Delimiters::default(), Charset::Utf8).unwrap_or_default()
}
