//! Messages for tests: invented people, and a mark that must never appear in anything that is printed.

use bytes::Bytes;
use interface::contract::Outgoing;
use message::{DeliveryId, Format, MessageId, Timestamp};

/// Stands where a patient's name would: found in a reason or report, it proves a leak (R10).
pub const SECRET: &str = "ZZ-NAME-OF-A-PATIENT";

/// An ADT with this control id.
#[must_use]
pub fn adt(control_id: &str) -> Bytes {
    format!(
        "MSH|^~\\&|REG|NORTH|SINEW|HUB|20260301070809||ADT^A01|{control_id}|P|2.5.1\r\
         EVN|A01|20260301070809\r\
         PID|1||10007^^^NORTH^MR||{SECRET}^ANNA||19800101|F\r\
         PV1|1|I|4WEST^12^A\r"
    )
    .into()
}

/// The same, grown to about `size` bytes by a note.
#[must_use]
pub fn long_adt(control_id: &str, size: usize) -> Bytes {
    let mut bytes = adt(control_id).to_vec();
    bytes.extend_from_slice(b"NTE|1||");
    while bytes.len() < size {
        bytes.extend_from_slice(b"a long note that says nothing at all. ");
    }
    bytes.push(b'\r');
    bytes.into()
}

/// An acknowledgment of `control_id`.
#[must_use]
pub fn acknowledgment(code: &str, control_id: &str) -> Bytes {
    format!("MSH|^~\\&|HUB|X|REG|NORTH|20260301070809||ACK|{control_id}-A|P|2.5.1\rMSA|{code}|{control_id}\r").into()
}

/// MSH-10 of a message that [`adt`] made, or `""`.
#[must_use]
pub fn control_id(message: &[u8]) -> String {
    let line = message.split(|byte| *byte == b'\r').next().unwrap_or_default();
    let field = line.split(|byte| *byte == b'|').nth(9).unwrap_or_default();
    String::from_utf8_lossy(field).into_owned()
}

/// A delivery of these bytes, number `number` of message `number`.
#[must_use]
pub fn outgoing(number: u64, bytes: Bytes) -> Outgoing {
    Outgoing {
        delivery: DeliveryId { message: MessageId(number), number: 0 },
        interface: "adt-main".into(),
        bytes,
        format: Format::Hl7v2,
        attempt: 0,
        accepted: Timestamp(1_772_348_889_123_456),
        hops: 0,
        resends: 0,
    }
}
