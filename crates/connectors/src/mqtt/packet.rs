//! The packets of MQTT 3.1.1 and 5 that are spoken here. No I/O.

use bytes::Bytes;

/// Which MQTT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    V3,
    V5,
}

/// What a fixed header says (MQTT 5.0 §2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) first: u8,
    /// Bytes of the header itself, and of what follows.
    pub(crate) header: usize,
    pub(crate) rest: usize,
}

/// A packet that the broker sent.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Packet {
    Connected {
        has_session: bool,
        code: u8,
        limits: Limits,
    },
    Published(Published),
    /// PUBACK: which packet, and a code (0 in version 3.1.1).
    Acknowledged(u16, u8),
    /// SUBACK: which packet, and a code for each filter.
    Subscribed(u16, Vec<u8>),
    Pong,
    /// DISCONNECT of version 5, with its code.
    Ended(u8),
    /// One that means nothing here.
    Other,
}

/// What a broker of version 5 says of itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Limits {
    pub(crate) packet_bytes_max: Option<u32>,
    pub(crate) keep_alive_s: Option<u16>,
    pub(crate) session_s: Option<u32>,
}

/// A message.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Published {
    /// `None` with QoS 0.
    pub(crate) id: Option<u16>,
    pub(crate) is_retained: bool,
    pub(crate) body: Bytes,
}

/// Reads a fixed header. `Ok(None)`: not there yet; an error: this is no MQTT.
pub(crate) fn head(bytes: &[u8]) -> Result<Option<Head>, ()> {
    let Some(first) = bytes.first() else { return Ok(None) };
    let mut rest = 0;
    for at in 0..4 {
        let Some(byte) = bytes.get(1 + at) else { return Ok(None) };
        rest |= usize::from(byte & 0x7F) << (7 * at);
        if byte & 0x80 == 0 {
            return Ok(Some(Head { first: *first, header: 2 + at, rest }));
        }
    }
    Err(())
}

impl Head {
    pub(crate) fn is_published(self) -> bool {
        self.first >> 4 == 3
    }
}

/// Reads what stands behind the fixed header. `None`: this is no MQTT.
pub(crate) fn read(version: Version, first: u8, body: Bytes) -> Option<Packet> {
    let mut reader = Reader { body, at: 0 };
    Some(match first >> 4 {
        2 => {
            let (flags, code) = (reader.byte()?, reader.byte()?);
            let limits = if version == Version::V5 && reader.left() > 0 { reader.limits()? } else { Limits::default() };
            Packet::Connected { has_session: flags & 1 == 1, code, limits }
        }
        3 => Packet::Published(reader.published(version, first)?),
        4 => {
            let id = reader.short()?;
            Packet::Acknowledged(id, if reader.left() > 0 { reader.byte()? } else { 0 })
        }
        9 => {
            let id = reader.short()?;
            if version == Version::V5 {
                reader.properties()?;
            }
            Packet::Subscribed(id, reader.rest().to_vec())
        }
        13 => Packet::Pong,
        14 => Packet::Ended(if reader.left() > 0 { reader.byte()? } else { 0 }),
        _ => Packet::Other,
    })
}

/// The packet id of a message whose beginning has come: `None` where it has none, an error where more is needed.
pub(crate) fn id_of(first: u8, begin: &[u8]) -> Result<Option<u16>, ()> {
    if first >> 1 & 3 == 0 {
        return Ok(None);
    }
    let [high, low, ..] = begin else { return Err(()) };
    let at = 2 + usize::from(u16::from_be_bytes([*high, *low]));
    match begin.get(at..at + 2) {
        Some([high, low]) => Ok(Some(u16::from_be_bytes([*high, *low]))),
        _ => Err(()),
    }
}

struct Reader {
    body: Bytes,
    at: usize,
}

impl Reader {
    fn left(&self) -> usize {
        self.body.len() - self.at
    }
    fn take(&mut self, count: usize) -> Option<Bytes> {
        let end = self.at.checked_add(count).filter(|end| *end <= self.body.len())?;
        let part = self.body.slice(self.at..end);
        self.at = end;
        Some(part)
    }
    fn rest(&mut self) -> Bytes {
        let part = self.body.slice(self.at..);
        self.at = self.body.len();
        part
    }
    fn byte(&mut self) -> Option<u8> {
        self.take(1).map(|part| part[0])
    }
    fn short(&mut self) -> Option<u16> {
        self.take(2).map(|part| u16::from_be_bytes([part[0], part[1]]))
    }
    fn long(&mut self) -> Option<u32> {
        self.take(4).map(|part| u32::from_be_bytes([part[0], part[1], part[2], part[3]]))
    }
    fn text(&mut self) -> Option<Bytes> {
        let length = self.short()?;
        self.take(usize::from(length))
    }
    fn number(&mut self) -> Option<usize> {
        let mut number = 0;
        for at in 0..4 {
            let byte = self.byte()?;
            number |= usize::from(byte & 0x7F) << (7 * at);
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }
    fn properties(&mut self) -> Option<Bytes> {
        let length = self.number()?;
        self.take(length)
    }

    /// The properties of CONNACK (MQTT 5.0 §3.2.2.3).
    fn limits(&mut self) -> Option<Limits> {
        let mut reader = Reader { body: self.properties()?, at: 0 };
        let mut limits = Limits::default();
        while reader.left() > 0 {
            match reader.byte()? {
                0x11 => limits.session_s = Some(reader.long()?),
                0x13 => limits.keep_alive_s = Some(reader.short()?),
                0x27 => limits.packet_bytes_max = Some(reader.long()?),
                0x21 | 0x22 => reader.short().map(drop)?,
                0x24 | 0x25 | 0x28 | 0x29 | 0x2A => reader.byte().map(drop)?,
                0x12 | 0x15 | 0x16 | 0x1A | 0x1C | 0x1F => reader.text().map(drop)?,
                0x26 => {
                    reader.text()?;
                    reader.text()?;
                }
                _ => return None,
            }
        }
        Some(limits)
    }

    fn published(&mut self, version: Version, first: u8) -> Option<Published> {
        self.text()?;
        let id = match first >> 1 & 3 {
            0 => None,
            1 => Some(self.short()?),
            // QoS 2 was not asked for.
            _ => return None,
        };
        if version == Version::V5 {
            self.properties()?;
        }
        Some(Published { id, is_retained: first & 1 == 1, body: self.rest() })
    }
}

/// What CONNECT says.
pub(crate) struct Hello<'a> {
    pub(crate) version: Version,
    pub(crate) client: &'a str,
    pub(crate) user: &'a str,
    pub(crate) password: &'a str,
    pub(crate) keep_alive_s: u16,
    /// A session that lasts this long, and how many messages may be sent ahead; or none that lasts.
    pub(crate) session: Option<(u32, u16)>,
}

/// CONNECT.
pub(crate) fn connect(hello: &Hello<'_>) -> Vec<u8> {
    let is_new = hello.session.is_none();
    let (has_user, has_password) = (!hello.user.is_empty(), !hello.password.is_empty());
    let flags = u8::from(is_new) << 1 | u8::from(has_password) << 6 | u8::from(has_user) << 7;
    let mut body = text("MQTT");
    body.extend([if hello.version == Version::V5 { 5 } else { 4 }, flags]);
    body.extend(hello.keep_alive_s.to_be_bytes());
    if hello.version == Version::V5 {
        let mut properties = Vec::new();
        if let Some((session_s, in_flight)) = hello.session {
            properties.push(0x11);
            properties.extend(session_s.to_be_bytes());
            properties.push(0x21);
            properties.extend(in_flight.to_be_bytes());
        }
        body.extend(length(properties.len()));
        body.extend(properties);
    }
    body.extend(text(hello.client));
    if has_user {
        body.extend(text(hello.user));
    }
    if has_password {
        body.extend(text(hello.password));
    }
    whole(0x10, body)
}

/// SUBSCRIBE with QoS 1; retained messages only where the subscription is new (version 5).
pub(crate) fn subscribe(version: Version, id: u16, filters: &[String], wants_retained: bool) -> Vec<u8> {
    let mut body = id.to_be_bytes().to_vec();
    if version == Version::V5 {
        body.push(0);
    }
    let retained = if wants_retained { 1 } else { 2 };
    for filter in filters {
        body.extend(text(filter));
        body.push(if version == Version::V5 { 1 | retained << 4 } else { 1 });
    }
    whole(0x82, body)
}

/// PUBLISH with QoS 1.
pub(crate) fn publish(
    version: Version,
    id: u16,
    topic: &str,
    is_retained: bool,
    properties: &[u8],
    body: &[u8],
) -> Vec<u8> {
    let mut out = text(topic);
    out.extend(id.to_be_bytes());
    if version == Version::V5 {
        out.extend(length(properties.len()));
        out.extend_from_slice(properties);
    }
    out.extend_from_slice(body);
    whole(0x32 | u8::from(is_retained), out)
}

/// PUBACK.
pub(crate) fn acknowledge(id: u16) -> Vec<u8> {
    whole(0x40, id.to_be_bytes().to_vec())
}

/// PINGREQ.
pub(crate) const PING: [u8; 2] = [0xC0, 0];
/// DISCONNECT. The session goes on.
pub(crate) const END: [u8; 2] = [0xE0, 0];

/// Content type (MQTT 5.0 §3.3.2.3.9).
pub(crate) fn content_type(media_type: &str) -> Vec<u8> {
    [vec![0x03], text(media_type)].concat()
}

/// A property of the user's own (MQTT 5.0 §3.3.2.3.7).
pub(crate) fn user_property(name: &str, value: &str) -> Vec<u8> {
    [vec![0x26], text(name), text(value)].concat()
}

fn text(text: &str) -> Vec<u8> {
    let bytes = &text.as_bytes()[..text.len().min(usize::from(u16::MAX))];
    let length = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
    [&length.to_be_bytes()[..], bytes].concat()
}

/// A number of 7 bits a byte (MQTT 5.0 §1.5.5).
fn length(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let byte = u8::try_from(number & 0x7F).unwrap_or(0);
        number >>= 7;
        if number == 0 {
            bytes.push(byte);
            return bytes;
        }
        bytes.push(byte | 0x80);
    }
}

fn whole(first: u8, body: Vec<u8>) -> Vec<u8> {
    let mut out = vec![first];
    out.extend(length(body.len()));
    out.extend(body);
    out
}

/// The largest packet there is: what four bytes of 7 bits say.
pub(crate) const PACKET_BYTES_MAX: usize = 268_435_455;

#[cfg(test)]
mod tests {
    use super::*;

    fn again(version: Version, packet: &[u8]) -> Packet {
        let head = head(packet).unwrap().unwrap();
        assert_eq!(head.header + head.rest, packet.len());
        read(version, head.first, Bytes::copy_from_slice(&packet[head.header..])).unwrap()
    }

    #[test]
    fn lengths() {
        for number in [0, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152, PACKET_BYTES_MAX] {
            let mut packet = vec![0x30];
            packet.extend(length(number));
            let found = head(&packet).unwrap().unwrap();
            assert_eq!((found.rest, found.header), (number, packet.len()));
            for end in 0..packet.len() {
                assert_eq!(head(&packet[..end]), Ok(None), "more has to come");
            }
        }
        assert_eq!(head(&[0x30, 0xFF, 0xFF, 0xFF, 0xFF]), Err(()));
    }

    #[test]
    fn messages_in_both_versions() {
        for version in [Version::V3, Version::V5] {
            let packet = publish(version, 7, "a/b", true, &user_property("x", "y"), b"text");
            let expect = Published { id: Some(7), is_retained: true, body: Bytes::from_static(b"text") };
            assert_eq!(again(version, &packet), Packet::Published(expect));
            let head = head(&packet).unwrap().unwrap();
            assert_eq!(id_of(head.first, &packet[head.header..]), Ok(Some(7)));
            assert_eq!(id_of(head.first, &packet[head.header..head.header + 3]), Err(()));
        }
        assert_eq!(id_of(0x30, b""), Ok(None));
    }

    #[test]
    fn what_a_broker_says() {
        let connected = [0x20, 8, 1, 0, 5, 0x27, 0, 0, 1, 0];
        let limits = Limits { packet_bytes_max: Some(256), ..Limits::default() };
        assert_eq!(again(Version::V5, &connected), Packet::Connected { has_session: true, code: 0, limits });
        let old = Packet::Connected { has_session: false, code: 5, limits: Limits::default() };
        assert_eq!(again(Version::V3, &[0x20, 2, 0, 5]), old);
        assert_eq!(again(Version::V3, &[0x40, 2, 0, 9]), Packet::Acknowledged(9, 0));
        assert_eq!(again(Version::V5, &[0x40, 3, 0, 9, 0x10]), Packet::Acknowledged(9, 0x10));
        assert_eq!(again(Version::V5, &[0x90, 5, 0, 1, 0, 1, 0x87]), Packet::Subscribed(1, vec![1, 0x87]));
        assert_eq!(again(Version::V5, &[0xE0, 1, 0x8E]), Packet::Ended(0x8E));
        assert_eq!(read(Version::V5, 0x32, Bytes::from_static(b"\x00\x09a")), None, "shorter than it says");
        assert_eq!(read(Version::V5, 0x34, Bytes::from_static(b"\x00\x01a\x00\x01\x00")), None, "QoS 2");
    }
}
