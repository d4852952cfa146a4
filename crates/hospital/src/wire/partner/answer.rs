//! Builds acknowledgments from the head of a message, without parsing the rest.
//!
//! Promises: MSA-2 is the MSH-10 that came, byte for byte; the delimiters are those of the message.

use crate::wire::peek::Head;
use message::{AckCode, Timestamp};

/// Appends an acknowledgment (HL7 v2.9 §2.13.1: MSH, MSA, and ERR where there is a condition) to `out`.
pub(super) fn write_acknowledgment(
    head: &Head<'_>,
    answered_id: &[u8],
    code: AckCode,
    condition: Option<u16>,
    (number, now): (u64, Timestamp),
    out: &mut Vec<u8>,
) {
    let bar = head.separator;
    let component = head.component();
    let trigger = head.kind.split(|&byte| byte == component).nth(1).unwrap_or_default();
    let own_id = format!("ACK{number}");
    let mut field = |bytes: &[u8]| {
        out.extend_from_slice(bytes);
        out.push(bar);
    };
    field(b"MSH");
    for part in [head.encoding, head.receiving_application, head.receiving_facility, head.application, head.facility] {
        field(part);
    }
    field(now.to_dtm().as_bytes());
    field(b"");
    let mut kind = b"ACK".to_vec();
    if !trigger.is_empty() {
        kind.push(component);
        kind.extend_from_slice(trigger);
    }
    field(&kind);
    field(own_id.as_bytes());
    field(head.processing);
    out.extend_from_slice(head.version);
    out.extend_from_slice(b"\rMSA");
    out.push(bar);
    out.extend_from_slice(code.as_str().as_bytes());
    out.push(bar);
    out.extend_from_slice(answered_id);
    out.push(b'\r');
    if let Some(condition) = condition {
        write_condition(bar, component, condition, out);
    }
}

/// ERR with ERR-3 (table 0357) and ERR-4 (severity), HL7 v2.5 §2.15.5.
fn write_condition(bar: u8, component: u8, condition: u16, out: &mut Vec<u8>) {
    out.extend_from_slice(b"ERR");
    out.extend_from_slice(&[bar, bar, bar]);
    out.extend_from_slice(condition.to_string().as_bytes());
    out.extend_from_slice(&[component, component]);
    out.extend_from_slice(b"HL70357");
    out.extend_from_slice(&[bar, b'E', b'\r']);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Reply;

    #[test]
    fn turns_sender_and_receiver_around() {
        let message = b"MSH|^~\\&|EPR|NORTH|HUB|ALL|20260101||ADT^A01^ADT_A01|X17|P|2.5.1\rPID|1\r";
        let head = Head::read(message).unwrap();
        let mut out = Vec::new();
        write_acknowledgment(&head, head.control_id, AckCode::AE, Some(207), (3, Timestamp(0)), &mut out);
        let text = String::from_utf8(out.clone()).unwrap();
        assert_eq!(
            text,
            "MSH|^~\\&|HUB|ALL|EPR|NORTH|19700101000000.000+0000||ACK^A01|ACK3|P|2.5.1\rMSA|AE|X17\rERR|||207^^HL70357|E\r"
        );
        assert_eq!(Reply::read(&out).unwrap().control_id, b"X17");
    }
}
