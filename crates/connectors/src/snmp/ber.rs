//! The few forms of BER that a notification needs, written with definite lengths. Source: X.690 §8, RFC 3417 §8, RFC 2578 §7.1.

/// SEQUENCE.
pub(super) const SEQUENCE: u8 = 0x30;
/// SNMPv2-Trap-PDU (RFC 3416 §3).
pub(super) const TRAP: u8 = 0xa7;
/// Gauge32 and Unsigned32.
pub(super) const UNSIGNED: u8 = 0x42;
/// TimeTicks, hundredths of a second.
pub(super) const TICKS: u8 = 0x43;
const INTEGER: u8 = 0x02;
const OCTETS: u8 = 0x04;
const OID: u8 = 0x06;

/// A tag, the length of what is in it, and that.
pub(super) fn wrap(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    match content.len() {
        short @ 0..=0x7f => out.push(short as u8),
        long => {
            let bytes = long.to_be_bytes();
            let significant = &bytes[long.leading_zeros() as usize / 8..];
            out.push(0x80 | significant.len() as u8);
            out.extend_from_slice(significant);
        }
    }
    out.extend_from_slice(content);
    out
}

/// Several values as one, in their order.
pub(super) fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    wrap(SEQUENCE, &parts.concat())
}

/// A whole number, in as few bytes as it needs.
pub(super) fn integer(value: i64) -> Vec<u8> {
    number(INTEGER, value)
}

/// A number that is never below zero, under its own tag.
pub(super) fn unsigned(tag: u8, value: u32) -> Vec<u8> {
    number(tag, i64::from(value))
}

fn number(tag: u8, value: i64) -> Vec<u8> {
    let bytes = value.to_be_bytes();
    // A byte is needed where it is not only the sign of the next one.
    let is_sign = |at: usize| (bytes[at] == 0 && bytes[at + 1] < 0x80) || (bytes[at] == 0xff && bytes[at + 1] >= 0x80);
    let first = (0..bytes.len() - 1).find(|at| !is_sign(*at)).unwrap_or(bytes.len() - 1);
    wrap(tag, &bytes[first..])
}

/// OCTET STRING.
pub(super) fn octets(value: &[u8]) -> Vec<u8> {
    wrap(OCTETS, value)
}

/// OBJECT IDENTIFIER: the first two arcs in one byte, the others to the base of 128. Fewer than two arcs are none.
pub(super) fn oid(arcs: &[u32]) -> Vec<u8> {
    let mut out = Vec::new();
    if let [first, second, rest @ ..] = arcs {
        push_arc(&mut out, first.saturating_mul(40).saturating_add(*second));
        rest.iter().for_each(|arc| push_arc(&mut out, *arc));
    }
    wrap(OID, &out)
}

fn push_arc(out: &mut Vec<u8>, arc: u32) {
    let digits = (1..5).take_while(|digit| arc >> (7 * digit) != 0).count();
    for digit in (1..=digits).rev() {
        out.push(0x80 | (arc >> (7 * digit)) as u8);
    }
    out.push((arc & 0x7f) as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_numbers_and_names() {
        let check = |is: Vec<u8>, expect: &[u8]| assert_eq!(is, expect);
        check(integer(0), &[2, 1, 0]);
        check(integer(127), &[2, 1, 127]);
        check(integer(128), &[2, 2, 0, 128]);
        check(integer(-1), &[2, 1, 0xff]);
        check(integer(-129), &[2, 2, 0xff, 0x7f]);
        check(unsigned(UNSIGNED, u32::MAX), &[0x42, 5, 0, 0xff, 0xff, 0xff, 0xff]);
        check(oid(&[1, 3, 6, 1, 4, 1, 32473, 1]), &[6, 9, 0x2b, 6, 1, 4, 1, 0x81, 0xfd, 0x59, 1]);
        check(oid(&[1, 3, u32::MAX]), &[6, 6, 0x2b, 0x8f, 0xff, 0xff, 0xff, 0x7f]);
        check(octets(b"abc"), b"\x04\x03abc");
        assert_eq!(&octets(&[7; 128])[..4], &[4, 0x81, 128, 7]);
        assert_eq!(&octets(&[7; 256])[..5], &[4, 0x82, 1, 0, 7]);
        assert_eq!(&octets(&[7; 70_000])[..6], &[4, 0x83, 1, 0x11, 0x70, 7]);
    }
}
