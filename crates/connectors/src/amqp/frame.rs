//! The frames of AMQP 0-9-1 that are spoken here. No I/O.

use bytes::Bytes;

/// What a client says first.
pub(crate) const GREETING: &[u8] = b"AMQP\x00\x00\x09\x01";
/// Kinds of frames.
pub(crate) const METHOD: u8 = 1;
pub(crate) const HEADER: u8 = 2;
pub(crate) const BODY: u8 = 3;
pub(crate) const HEARTBEAT: u8 = 8;
/// Bytes around what is in a frame.
pub(crate) const AROUND: usize = 8;
const END: u8 = 0xCE;

/// Methods: class and number in one.
pub(crate) const CONNECTION_START: u32 = method(10, 10);
pub(crate) const CONNECTION_START_OK: u32 = method(10, 11);
pub(crate) const CONNECTION_TUNE: u32 = method(10, 30);
pub(crate) const CONNECTION_TUNE_OK: u32 = method(10, 31);
pub(crate) const CONNECTION_OPEN: u32 = method(10, 40);
pub(crate) const CONNECTION_OPEN_OK: u32 = method(10, 41);
pub(crate) const CONNECTION_CLOSE: u32 = method(10, 50);
pub(crate) const CONNECTION_CLOSE_OK: u32 = method(10, 51);
pub(crate) const CHANNEL_OPEN: u32 = method(20, 10);
pub(crate) const CHANNEL_OPEN_OK: u32 = method(20, 11);
pub(crate) const CHANNEL_CLOSE: u32 = method(20, 40);
pub(crate) const CHANNEL_CLOSE_OK: u32 = method(20, 41);
pub(crate) const QUEUE_DECLARE: u32 = method(50, 10);
pub(crate) const QUEUE_DECLARE_OK: u32 = method(50, 11);
pub(crate) const BASIC_QOS: u32 = method(60, 10);
pub(crate) const BASIC_QOS_OK: u32 = method(60, 11);
pub(crate) const BASIC_CONSUME: u32 = method(60, 20);
pub(crate) const BASIC_CONSUME_OK: u32 = method(60, 21);
pub(crate) const BASIC_CANCEL: u32 = method(60, 30);
pub(crate) const BASIC_PUBLISH: u32 = method(60, 40);
pub(crate) const BASIC_RETURN: u32 = method(60, 50);
pub(crate) const BASIC_DELIVER: u32 = method(60, 60);
pub(crate) const BASIC_ACK: u32 = method(60, 80);
pub(crate) const BASIC_NACK: u32 = method(60, 120);
pub(crate) const CONFIRM_SELECT: u32 = method(85, 10);
pub(crate) const CONFIRM_SELECT_OK: u32 = method(85, 11);

const fn method(class: u32, number: u32) -> u32 {
    class << 16 | number
}

/// One frame.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) kind: u8,
    pub(crate) channel: u16,
    pub(crate) content: Bytes,
}

/// Why bytes are no frame.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NoFrame;

/// How many bytes the first frame takes, and nothing while that is not known.
pub(crate) fn length(bytes: &[u8], frame_max: usize) -> Result<Option<usize>, NoFrame> {
    // A broker that wants another version of the protocol answers with its own greeting.
    if !matches!(bytes.first(), None | Some(&METHOD | &HEADER | &BODY | &HEARTBEAT)) {
        return Err(NoFrame);
    }
    let Some(size) = bytes.get(3..7) else { return Ok(None) };
    let size = u32::from_be_bytes([size[0], size[1], size[2], size[3]]);
    let whole = usize::try_from(size).unwrap_or(usize::MAX).saturating_add(AROUND);
    if whole > frame_max { Err(NoFrame) } else { Ok(Some(whole)) }
}

/// Reads a whole frame.
pub(crate) fn read(bytes: &Bytes) -> Result<Frame, NoFrame> {
    let end = bytes.len().checked_sub(1).filter(|end| bytes[*end] == END).ok_or(NoFrame)?;
    let channel = u16::from_be_bytes([bytes[1], bytes[2]]);
    Ok(Frame { kind: bytes[0], channel, content: bytes.slice(7..end) })
}

/// Writes a frame.
pub(crate) fn write(out: &mut Vec<u8>, kind: u8, channel: u16, content: &[u8]) {
    out.push(kind);
    out.extend(channel.to_be_bytes());
    out.extend(u32::try_from(content.len()).unwrap_or(u32::MAX).to_be_bytes());
    out.extend_from_slice(content);
    out.push(END);
}

/// The arguments of a method, to write.
pub(crate) struct Method(Vec<u8>);

impl Method {
    pub(crate) fn new(method: u32) -> Method {
        Method(method.to_be_bytes().to_vec())
    }
    pub(crate) fn byte(mut self, value: u8) -> Method {
        self.0.push(value);
        self
    }
    pub(crate) fn short(mut self, value: u16) -> Method {
        self.0.extend(value.to_be_bytes());
        self
    }
    pub(crate) fn long(mut self, value: u32) -> Method {
        self.0.extend(value.to_be_bytes());
        self
    }
    pub(crate) fn longlong(mut self, value: u64) -> Method {
        self.0.extend(value.to_be_bytes());
        self
    }
    pub(crate) fn name(mut self, text: &str) -> Method {
        put_name(&mut self.0, text);
        self
    }
    pub(crate) fn text(mut self, bytes: &[u8]) -> Method {
        put_text(&mut self.0, bytes);
        self
    }
    /// A table without entries.
    pub(crate) fn nothing(self) -> Method {
        self.long(0)
    }
    /// What we are and can.
    pub(crate) fn properties(mut self) -> Method {
        let mut abilities = Vec::new();
        for ability in ["publisher_confirms", "basic.nack", "consumer_cancel_notify", "authentication_failure_close"] {
            put_name(&mut abilities, ability);
            abilities.extend(b"t\x01");
        }
        let mut table = Vec::new();
        for (name, value) in [("product", "sinew"), ("version", env!("CARGO_PKG_VERSION"))] {
            put_name(&mut table, name);
            table.push(b'S');
            put_text(&mut table, value.as_bytes());
        }
        put_name(&mut table, "capabilities");
        table.push(b'F');
        put_text(&mut table, &abilities);
        put_text(&mut self.0, &table);
        self
    }
    /// As a frame.
    pub(crate) fn on(self, channel: u16) -> Vec<u8> {
        let mut out = Vec::new();
        write(&mut out, METHOD, channel, &self.0);
        out
    }
}

fn put_name(out: &mut Vec<u8>, text: &str) {
    let bytes = &text.as_bytes()[..text.len().min(255)];
    out.push(u8::try_from(bytes.len()).unwrap_or(u8::MAX));
    out.extend_from_slice(bytes);
}

fn put_text(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend(u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
    out.extend_from_slice(bytes);
}

/// Reads the arguments of a method.
pub(crate) struct Arguments<'a>(pub(crate) &'a [u8]);

impl<'a> Arguments<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (part, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(part)
    }
    pub(crate) fn byte(&mut self) -> Option<u8> {
        self.take(1).map(|part| part[0])
    }
    pub(crate) fn short(&mut self) -> Option<u16> {
        Some(u16::from_be_bytes(self.take(2)?.try_into().ok()?))
    }
    pub(crate) fn long(&mut self) -> Option<u32> {
        Some(u32::from_be_bytes(self.take(4)?.try_into().ok()?))
    }
    pub(crate) fn longlong(&mut self) -> Option<u64> {
        Some(u64::from_be_bytes(self.take(8)?.try_into().ok()?))
    }
    pub(crate) fn name(&mut self) -> Option<&'a str> {
        let length = self.byte()?;
        std::str::from_utf8(self.take(usize::from(length))?).ok()
    }
}

/// What stands around a message that is sent.
pub(crate) struct Around<'a> {
    pub(crate) exchange: &'a str,
    pub(crate) key: &'a str,
    pub(crate) media_type: &'a str,
    pub(crate) message_id: &'a str,
    /// Why it was refused.
    pub(crate) reason: Option<&'a str>,
}

/// basic.publish with `mandatory`, the header of a persistent message, and its body in frames.
pub(crate) fn publish(channel: u16, frame_max: usize, around: &Around<'_>, body: &[u8]) -> Vec<u8> {
    const CONTENT_TYPE: u16 = 1 << 15;
    const HEADERS: u16 = 1 << 13;
    const DELIVERY_MODE: u16 = 1 << 12;
    const MESSAGE_ID: u16 = 1 << 7;
    const APP_ID: u16 = 1 << 3;
    let mut out = Method::new(BASIC_PUBLISH).short(0).name(around.exchange).name(around.key).byte(1).on(channel);
    let headers = if around.reason.is_some() { HEADERS } else { 0 };
    let mut header = Vec::new();
    header.extend(60_u16.to_be_bytes());
    header.extend(0_u16.to_be_bytes());
    header.extend(u64::try_from(body.len()).unwrap_or(u64::MAX).to_be_bytes());
    header.extend((CONTENT_TYPE | headers | DELIVERY_MODE | MESSAGE_ID | APP_ID).to_be_bytes());
    put_name(&mut header, around.media_type);
    if let Some(reason) = around.reason {
        let mut table = Vec::new();
        put_name(&mut table, "reason");
        table.push(b'S');
        put_text(&mut table, reason.as_bytes());
        put_text(&mut header, &table);
    }
    header.push(2);
    put_name(&mut header, around.message_id);
    put_name(&mut header, "sinew");
    write(&mut out, HEADER, channel, &header);
    for part in body.chunks(frame_max.saturating_sub(AROUND).max(1)) {
        write(&mut out, BODY, channel, part);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames() {
        let out = Method::new(BASIC_ACK).longlong(7).byte(0).on(1);
        assert_eq!(length(&out, 4096), Ok(Some(out.len())));
        for end in 0..7 {
            assert_eq!(length(&out[..end], 4096), Ok(None));
        }
        let frame = read(&Bytes::from(out.clone())).unwrap();
        assert_eq!((frame.kind, frame.channel), (METHOD, 1));
        let mut arguments = Arguments(&frame.content);
        assert_eq!((arguments.long(), arguments.longlong(), arguments.byte()), (Some(BASIC_ACK), Some(7), Some(0)));
        assert_eq!(arguments.byte(), None);
        assert_eq!(length(&out, 10), Err(NoFrame), "longer than it may be");
        assert_eq!(length(b"AMQP\x00\x00\x09\x01", 4096), Err(NoFrame));
        let broken = [&out[..out.len() - 1], &[0]].concat();
        assert_eq!(read(&Bytes::from(broken)), Err(NoFrame));
    }

    #[test]
    fn a_body_goes_in_frames() {
        let around = Around { exchange: "x", key: "k", media_type: "text/plain", message_id: "1", reason: Some("why") };
        let out = Bytes::from(publish(1, 4096, &around, &[b'a'; 10_000]));
        let (mut at, mut kinds, mut body) = (0, Vec::new(), 0);
        while at < out.len() {
            let whole = length(&out[at..], 4096).unwrap().unwrap();
            let frame = read(&out.slice(at..at + whole)).unwrap();
            kinds.push(frame.kind);
            body += if frame.kind == BODY { frame.content.len() } else { 0 };
            at += whole;
        }
        assert_eq!((kinds, body), (vec![METHOD, HEADER, BODY, BODY, BODY], 10_000));
    }
}
