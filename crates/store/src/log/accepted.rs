//! The body of an accepted message (docs/spec/store-format.md §4): a fixed part, an open part, a sealed part.
//!
//! Owns the encoding of [`Accept`]. Promises: nothing that may identify a patient is outside the sealed part, and
//! recovery needs nothing of the sealed part.

use crate::{
    Accept, Content, Disposition, Error, Facts, Planned, Stored,
    hash::{self, Key},
    pack,
    wire::{Put, Take},
};
use bytes::Bytes;
use message::{Envelope, Format, MessageId, Name, Origin, Phi, Reason, Timestamp, limits};
use std::{borrow::Cow, sync::Arc};

/// Bytes of the fixed part.
pub(crate) const FIXED_BYTES: usize = 44;

/// The fixed part, whose first three fields the log thread fills in or reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fixed {
    /// Latest earlier message with the same control id; 0 if none.
    pub(crate) prior: u64,
    /// Keyed hash of (interface, MSH-3, MSH-4, MSH-10); 0 if duplicates are not looked for.
    pub(crate) key: u64,
    /// Keyed hash of the raw bytes.
    pub(crate) content: u128,
    /// Where in the body the sealed part begins.
    pub(crate) seal_at: u32,
    /// Bytes of the sealed part once opened and unpacked.
    pub(crate) plain: u32,
    /// How the sealed part is packed: [`pack::Packed::codec`].
    pub(crate) codec: u16,
}

impl Fixed {
    pub(crate) fn encode(&self) -> [u8; FIXED_BYTES] {
        let mut bytes = [0; FIXED_BYTES];
        bytes[..8].copy_from_slice(&self.prior.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.key.to_le_bytes());
        bytes[16..32].copy_from_slice(&self.content.to_le_bytes());
        bytes[32..36].copy_from_slice(&self.seal_at.to_le_bytes());
        bytes[36..40].copy_from_slice(&self.plain.to_le_bytes());
        bytes[40..42].copy_from_slice(&self.codec.to_le_bytes());
        bytes
    }
    pub(crate) fn decode(body: &[u8]) -> Option<Fixed> {
        let mut take = Take(body);
        Some(Fixed {
            prior: take.u64()?,
            key: take.u64()?,
            content: u128::from_le_bytes(take.array()?),
            seal_at: take.u32()?,
            plain: take.u32()?,
            codec: take.u16()?,
        })
    }
}

/// What the fold reads: names, keys and numbers without patient data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Open<'a> {
    pub(crate) interface: &'a str,
    /// 0 routed, 1 filtered, 2 parked as a whole.
    pub(crate) disposition: u8,
    pub(crate) deliveries: Vec<OpenPlanned<'a>>,
}

/// One delivery of the plan, as the fold sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OpenPlanned<'a> {
    pub(crate) destination: &'a str,
    pub(crate) order_key: u64,
    pub(crate) priority: u8,
}

/// Splits a body into fixed part, open part and sealed bytes.
pub(crate) fn split(body: &[u8]) -> Option<(Fixed, Open<'_>, &[u8])> {
    let fixed = Fixed::decode(body)?;
    let seal_at = fixed.seal_at as usize;
    let mut take = Take(body.get(FIXED_BYTES..seal_at)?);
    let interface = take.text()?;
    let disposition = take.u8()?;
    let count = take.count()?;
    let mut deliveries = Vec::with_capacity(count);
    for _ in 0..count {
        deliveries.push(OpenPlanned { destination: take.text()?, order_key: take.u64()?, priority: take.u8()? });
    }
    Some((fixed, Open { interface, disposition, deliveries }, body.get(seal_at..)?))
}

/// A message encoded by its caller, ready for the log thread.
pub(crate) struct Encoded {
    /// With the key that it is looked up by; see [`Encoded::settle`].
    pub(crate) fixed: Fixed,
    is_remembered: bool,
    /// The open part.
    pub(crate) open: Vec<u8>,
    /// The packed part, still to be sealed.
    pub(crate) packed: Vec<u8>,
}

/// Encodes and packs a message in its caller's thread.
pub(crate) fn encode(accept: &Accept, secret: Key) -> Result<Encoded, Error> {
    check_limits(accept)?;
    let mut open = Vec::with_capacity(64);
    open.put_counted(accept.envelope.interface.as_bytes());
    open.put_u8(match accept.disposition {
        Disposition::Routed => 0,
        Disposition::Filtered { .. } => 1,
        Disposition::Parked { .. } => 2,
    });
    open.put_varint(accept.deliveries.len() as u64);
    for planned in &accept.deliveries {
        open.put_counted(planned.destination.as_bytes());
        open.put_u64(planned.order_key);
        open.put_u8(planned.priority);
    }
    let plain = plain(accept);
    let length = u32::try_from(plain.len()).map_err(|_| too_large("the message with its outputs", plain.len()))?;
    let packed = pack::pack(&plain)?;
    let is_watched = accept.duplicate_window.is_some()
        && !accept.facts.control_id.is_empty()
        && !matches!(accept.envelope.origin, Origin::Replay { .. });
    let (key, content) = if is_watched { duplicate_key(accept, secret) } else { (0, 0) };
    let seal_at = (FIXED_BYTES + open.len()) as u32;
    let fixed = Fixed { prior: 0, key, content, seal_at, plain: length, codec: packed.codec };
    Ok(Encoded { fixed, is_remembered: accept.is_remembered, open, packed: packed.bytes })
}

impl Encoded {
    /// What the look-up found goes into the record; the key of one that is not remembered does not.
    pub(crate) fn settle(&mut self, reused: Option<MessageId>) {
        self.fixed.prior = reused.map_or(0, |of| of.0);
        if !self.is_remembered {
            (self.fixed.key, self.fixed.content) = (0, 0);
        }
    }
}

fn too_large(what: &'static str, size: usize) -> Error {
    Error::TooLarge { what, size: size as u64, limit: super::record::BODY_BYTES_MAX }
}

fn check_limits(accept: &Accept) -> Result<(), Error> {
    if accept.envelope.raw.len() > limits::FRAME_BYTES_CEILING {
        return Err(too_large("the raw message", accept.envelope.raw.len()));
    }
    let (size, limit) = (accept.deliveries.len(), limits::DELIVERIES_PER_MESSAGE_MAX);
    if size > limit {
        return Err(Error::TooLarge { what: "deliveries of one message", size: size as u64, limit: limit as u64 });
    }
    Ok(())
}

fn duplicate_key(accept: &Accept, secret: Key) -> (u64, u128) {
    let facts = &accept.facts;
    let parts = [&*accept.envelope.interface, &facts.application, &facts.facility, &facts.control_id];
    let key = hash::hash_parts(secret, &parts.map(str::as_bytes));
    (key.max(1), hash::hash128(secret, &accept.envelope.raw))
}

/// The bytes that are packed and sealed: a directory, then raw, acknowledgment, distinct outputs, and the rest.
fn plain(accept: &Accept) -> Vec<u8> {
    let mut outputs: Vec<&Bytes> = Vec::new();
    let mut places = Vec::with_capacity(accept.deliveries.len());
    for planned in &accept.deliveries {
        places.push(match &planned.content {
            Content::Raw => 0,
            Content::Output(bytes) => match outputs.iter().position(|known| *known == bytes) {
                Some(place) => place + 1,
                None => {
                    outputs.push(bytes);
                    outputs.len()
                }
            },
        });
    }
    let acknowledgment = accept.acknowledgment.as_deref();
    let total: usize = outputs.iter().map(|bytes| bytes.len()).sum();
    let mut plain = Vec::with_capacity(accept.envelope.raw.len() + total + 512);
    plain.put_varint(accept.envelope.raw.len() as u64);
    plain.put_varint(acknowledgment.map_or(0, |bytes| bytes.len() as u64 + 1));
    plain.put_varint(outputs.len() as u64);
    outputs.iter().for_each(|bytes| plain.put_varint(bytes.len() as u64));
    plain.put_varint(places.len() as u64);
    places.iter().for_each(|place| plain.put_varint(*place as u64));
    plain.put(&accept.envelope.raw);
    plain.put(acknowledgment.unwrap_or_default());
    outputs.iter().for_each(|bytes| plain.put(bytes));
    put_rest(&mut plain, accept);
    plain
}

fn put_rest(plain: &mut Vec<u8>, accept: &Accept) {
    let envelope = &accept.envelope;
    plain.put_u64(envelope.interface_version);
    plain.put_signed(envelope.received.0);
    plain.put_u8(number_of(envelope.format));
    plain.put_counted(envelope.peer.as_bytes());
    match &envelope.origin {
        Origin::Received => plain.put_u8(0),
        Origin::Replay { of, by, reason } => {
            plain.put_u8(1);
            plain.put_varint(of.0);
            plain.put_counted(by.as_bytes());
            plain.put_counted(reason.as_bytes());
        }
        Origin::Interface { from } => {
            plain.put_u8(2);
            plain.put_varint(from.0);
        }
    }
    match &accept.disposition {
        Disposition::Routed => plain.put_u8(0),
        Disposition::Filtered { rule } => {
            plain.put_u8(1);
            plain.put_counted(rule.as_bytes());
        }
        Disposition::Parked { reason } => {
            plain.put_u8(2);
            put_reason(plain, reason);
        }
    }
    plain.put_varint(accept.duplicate_window.map_or(0, |window| window.as_secs() + 1));
    plain.put_varint(accept.flags.len() as u64);
    accept.flags.iter().for_each(|flag| plain.put_counted(flag.as_bytes()));
    put_facts(plain, &accept.facts);
}

pub(crate) fn put_reason(out: &mut Vec<u8>, reason: &Reason) {
    out.put_counted(reason.code.as_bytes());
    out.put_counted(reason.text.as_bytes());
}

pub(crate) fn take_reason(take: &mut Take<'_>) -> Option<Reason> {
    let (code, text) = (take.text()?.to_owned(), take.text()?.to_owned());
    Some(Reason::read(code, text))
}

fn put_facts(plain: &mut Vec<u8>, facts: &Facts) {
    for text in [&facts.control_id, &facts.message_type, &facts.event, &facts.application, &facts.facility] {
        plain.put_counted(text.as_bytes());
    }
    for list in [&facts.patients, &facts.visits, &facts.orders] {
        plain.put_varint(list.len() as u64);
        list.iter().for_each(|value| plain.put_counted(value.reveal().as_bytes()));
    }
    plain.put_varint(facts.extra.len() as u64);
    for (name, value) in &facts.extra {
        plain.put_counted(name.as_bytes());
        plain.put_counted(value.reveal().as_bytes());
    }
}

/// Where the parts of an opened message stand.
pub(crate) struct Directory {
    raw: std::ops::Range<usize>,
    acknowledgment: Option<std::ops::Range<usize>>,
    outputs: Vec<std::ops::Range<usize>>,
    places: Vec<usize>,
    rest: usize,
}

impl Directory {
    pub(crate) fn read(plain: &[u8]) -> Option<Directory> {
        let mut take = Take(plain);
        let raw: usize = take.number()?;
        let acknowledgment: usize = take.number()?;
        let outputs = (0..take.count()?).map(|_| take.number()).collect::<Option<Vec<usize>>>()?;
        let places = (0..take.count()?).map(|_| take.number()).collect::<Option<Vec<usize>>>()?;
        let mut at = plain.len() - take.0.len();
        let mut next = |length: usize| {
            let start = at;
            at = at.checked_add(length).filter(|end| *end <= plain.len())?;
            Some(start..at)
        };
        let raw = next(raw)?;
        let acknowledgment = match acknowledgment {
            0 => None,
            length => Some(next(length - 1)?),
        };
        let outputs = outputs.into_iter().map(&mut next).collect::<Option<Vec<_>>>()?;
        Some(Directory { raw, acknowledgment, outputs, places, rest: at })
    }

    /// The bytes that a delivery carries.
    pub(crate) fn delivery(&self, number: u16) -> Option<std::ops::Range<usize>> {
        match *self.places.get(usize::from(number))? {
            0 => Some(self.raw.clone()),
            place => self.outputs.get(place - 1).cloned(),
        }
    }
}

/// Puts a message together again from its open part and its opened, unpacked part.
pub(crate) fn decode(id: u64, at: i64, fixed: &Fixed, open: &Open<'_>, plain: &Bytes) -> Option<Stored> {
    let directory = Directory::read(plain)?;
    let mut take = Take(&plain[directory.rest..]);
    let interface_version = take.u64()?;
    let received = Timestamp(take.signed()?);
    let format = *FORMATS.get(usize::from(take.u8()?))?;
    let peer = take.text()?.into();
    let origin = take_origin(&mut take)?;
    let disposition = match take.u8()? {
        0 => Disposition::Routed,
        1 => Disposition::Filtered { rule: take.text()?.to_owned() },
        2 => Disposition::Parked { reason: take_reason(&mut take)? },
        _ => return None,
    };
    let window = take.varint()?;
    let flags = (0..take.count()?).map(|_| Some(Cow::Owned(take.text()?.to_owned()))).collect::<Option<_>>()?;
    let facts = take_facts(&mut take)?;
    let raw = plain.slice(directory.raw.clone());
    let deliveries = open.deliveries.iter().zip(&directory.places).map(|(planned, place)| {
        let content = match place {
            0 => Content::Raw,
            place => Content::Output(plain.slice(directory.outputs.get(place - 1)?.clone())),
        };
        let destination = Name::from(planned.destination);
        Some(Planned { destination, order_key: planned.order_key, content, priority: planned.priority })
    });
    let accept = Accept {
        envelope: Envelope { interface: open.interface.into(), interface_version, received, peer, origin, format, raw },
        facts,
        disposition,
        acknowledgment: directory.acknowledgment.map(|range| plain.slice(range)),
        deliveries: deliveries.collect::<Option<_>>()?,
        duplicate_window: window.checked_sub(1).map(std::time::Duration::from_secs),
        is_remembered: fixed.key != 0,
        flags,
    };
    let reused_control_id_of = (fixed.prior != 0).then_some(MessageId(fixed.prior));
    Some(Stored { id: MessageId(id), at: Timestamp(at), accept, reused_control_id_of })
}

/// By their numbers in records; new ones go to the end.
const FORMATS: [Format; 8] = [
    Format::Hl7v2,
    Format::Fhir,
    Format::Json,
    Format::Xml,
    Format::Text,
    Format::Binary,
    Format::Delimited,
    Format::X12,
];

fn number_of(format: Format) -> u8 {
    FORMATS.iter().zip(0..).find(|(known, _)| **known == format).map_or(0, |(_, number)| number)
}

fn take_origin(take: &mut Take<'_>) -> Option<Origin> {
    match take.u8()? {
        0 => Some(Origin::Received),
        1 => {
            let of = MessageId(take.varint()?);
            let (by, reason): (Arc<str>, Arc<str>) = (take.text()?.into(), take.text()?.into());
            Some(Origin::Replay { of, by, reason })
        }
        2 => Some(Origin::Interface { from: MessageId(take.varint()?) }),
        _ => None,
    }
}

fn take_facts(take: &mut Take<'_>) -> Option<Facts> {
    let mut text = || Some(take.text()?.to_owned());
    let (control_id, message_type, event) = (text()?, text()?, text()?);
    let (application, facility) = (text()?, text()?);
    let mut list = || (0..take.count()?).map(|_| Some(Phi::new(take.text()?.to_owned()))).collect::<Option<Vec<_>>>();
    let (patients, visits, orders) = (list()?, list()?, list()?);
    let extra = (0..take.count()?)
        .map(|_| Some((Name::from(take.text()?), Phi::new(take.text()?.to_owned()))))
        .collect::<Option<_>>()?;
    Some(Facts { control_id, message_type, event, application, facility, patients, visits, orders, extra })
}
