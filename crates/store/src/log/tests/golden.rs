//! The bytes on disk are a promise: these tests fail when a format changes without a new version.

use crate::{
    Then,
    contract::{accept, attempt},
    log::{
        accepted,
        baseline::Baseline,
        changed,
        record::{self, Header, Kind},
    },
};
use message::{Counts, DeliveryId, MessageId};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_record() {
    let header = Header { kind: Kind::Change, flags: 0, epoch: 3, length: 5, lsn: 4136, time: 1_772_348_889_000_000 };
    let mut bytes = header.encode().to_vec();
    bytes.extend(b"hello\0\0\0");
    record::seal_checksum(&mut bytes);
    let expect = "534e5201 02 00 0300 05000000 CRC 2810000000000000 4068f221f14b0600 68656c6c6f000000";
    let crc = hex(&bytes[12..16]);
    assert_eq!(hex(&bytes), expect.replace(' ', "").replace("CRC", &crc));
    assert_eq!(crc, "9b370a3d");
}

#[test]
fn the_open_part_of_a_message() {
    let mut accept = accept("adt", 1, &["rx"]);
    accept.deliveries[0].order_key = 0x0102_0304_0506_0708;
    accept.deliveries[0].priority = 9;
    accept.duplicate_window = None;
    let encoded = accepted::encode(&accept, crate::hash::Key(1, 2)).unwrap();
    assert_eq!(hex(&encoded.open), "03616474 00 01 027278 0807060504030201 09".replace(' ', ""));
    let fixed = encoded.fixed.encode();
    assert_eq!(fixed[32..36], (44u32 + 18).to_le_bytes(), "where the sealed part begins");
    assert_eq!(hex(&fixed[40..44]), "01000000", "the first dictionary");
}

#[test]
fn a_change() {
    let delivery = DeliveryId { message: MessageId(4136), number: 2 };
    let encoded = changed::encode(&attempt(delivery, 1, Then::Done), &[]);
    let expect = "0000000000000000 2810000000000000 25000000 ff 01 0200";
    assert_eq!(hex(&encoded.fixed.encode()), expect.replace(' ', ""));
    assert_eq!(hex(&encoded.open), "00 00 01 80aa8da0a4fca506 c03e".replace(' ', ""));
}

#[test]
fn a_baseline() {
    let counts = Counts { accepted: 300, delivered: 1, filtered: 2, parked: 3, expired: 4, deleted: 5, in_flight: 6 };
    let baseline = Baseline { cut: 65_536, counts: vec![("adt".into(), counts)] };
    assert_eq!(hex(&baseline.encode()), "0000010000000000 01 03616474 ac02 01 02 03 04 05 06".replace(' ', ""));
    assert_eq!(Baseline::decode(&baseline.encode()), Some(baseline));
}
