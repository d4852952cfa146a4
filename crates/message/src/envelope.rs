//! The envelope: what is known about a frame besides its bytes.

use crate::{MessageId, Name, Timestamp};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Id-less context and raw bytes of one received frame. The raw bytes are the truth (R9): never re-encoded.
#[derive(Clone, PartialEq, Eq)]
pub struct Envelope {
    /// The interface that received it.
    pub interface: Name,
    /// The version of the interface definition that processed it: a hash of its text, maps and tables.
    pub interface_version: u64,
    /// When the last byte of the frame arrived.
    pub received: Timestamp,
    /// Where it came from: `10.1.2.3:40112`, a file's name, an interface's name. Never patient data.
    pub peer: Arc<str>,
    /// How it came to be here.
    pub origin: Origin,
    /// What the bytes are.
    pub format: Format,
    /// The bytes as accepted.
    pub raw: Bytes,
}

/// How a message came to be in the store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Origin {
    /// A connector received it.
    Received,
    /// A person ran an earlier message again from its raw bytes; bypasses duplicate detection (R4).
    Replay {
        /// The message that was run again.
        of: MessageId,
        /// Who asked.
        by: Arc<str>,
        /// Why.
        reason: Arc<str>,
    },
    /// Another interface of this engine sent it here.
    Interface {
        /// The message, in the sending interface, that led to this one.
        from: MessageId,
    },
}

/// What kind of content an envelope holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// HL7 v2 in ER7 encoding (vertical bar).
    Hl7v2,
    /// A FHIR resource or bundle as JSON.
    Fhir,
    /// JSON that is not FHIR.
    Json,
    /// XML: CDA, HL7 v3, v2.xml and others.
    Xml,
    /// Characters without a structure that Sinew reads.
    Text,
    /// Bytes without a structure that Sinew reads.
    Binary,
    /// Rows of columns: CSV, TSV, other separators, fixed width. Which columns, the interface says.
    Delimited,
    /// X12 in its envelopes (ISA, GS, ST).
    X12,
}
