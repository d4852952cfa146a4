//! Streams in every kind of disorder, and in every kind of pieces.

use super::*;
use proptest::prelude::*;

fn items(pieces: &[&[u8]], limit: usize) -> Vec<Item> {
    let mut deframer = Deframer::new(limit);
    let mut out = Vec::new();
    for piece in pieces {
        deframer.push(piece);
        out.extend(std::iter::from_fn(|| deframer.next_item()));
    }
    out.extend(std::iter::from_fn(|| deframer.finish()));
    out
}

fn frame(content: &[u8]) -> Item {
    Item::Frame(Bytes::copy_from_slice(content))
}

#[test]
fn streams() {
    let check = |bytes: &[u8], expect: &[Item]| assert_eq!(items(&[bytes], 20), expect, "{}", bytes.escape_ascii());
    let odd = Item::Anomaly;
    check(b"\x0BMSH|a\r\x1C\r", &[frame(b"MSH|a\r")]);
    check(b"\x0Ba\x1C\r\x0Bb\x1C\r", &[frame(b"a"), frame(b"b")]);
    check(b"\x0Ba\x1C\r\r\n\x0Bb\x1C\r\n", &[frame(b"a"), frame(b"b")]);
    check(b"junk\x0Ba\x1C\r", &[odd(Anomaly::Junk { bytes: 4 }), frame(b"a")]);
    check(b"\x0Ba\x1C\x0Bb\x1C\r", &[odd(Anomaly::MissingLastByte), frame(b"a"), frame(b"b")]);
    check(b"\x0Ba\x1C\n", &[odd(Anomaly::MissingLastByte), frame(b"a")]);
    check(b"\x0Ba\x1C", &[odd(Anomaly::MissingLastByte), frame(b"a")]);
    check(b"\x0BMSH|a\x0BMSH|b\x1C\r", &[odd(Anomaly::Unterminated { bytes: 5 }), frame(b"MSH|b")]);
    check(b"\x0Ba\x0Bb\x1C\r", &[odd(Anomaly::StartInside), frame(b"a\x0Bb")]);
    check(b"\x0Ba\x1Cb\x1C\r", &[odd(Anomaly::EndInside), frame(b"a\x1Cb")]);
    check(b"\x0Babc", &[odd(Anomaly::CutOff { bytes: 3 })]);
    check(
        b"\x0B\x06\x1C\r\x0B\x15\x1C\r",
        &[Item::Commit(Commit::Acknowledged), Item::Commit(Commit::NotAcknowledged)],
    );
    check(b"\x0B\x1C\r", &[frame(b"")]);
    check(b"\x0B0123456789012345678901\x1C\r\x0Bb\x1C\r", &[odd(Anomaly::TooLarge { limit_bytes: 20 }), frame(b"b")]);
    check(b"\x0B01234567890123456789\x1C\r", &[frame(b"01234567890123456789")]);
    check(b"\x0B012345678901234567890\x0BMSH|b\x1C\r", &[odd(Anomaly::TooLarge { limit_bytes: 20 }), frame(b"MSH|b")]);
}

#[test]
fn a_peer_that_keeps_the_last_byte_back() {
    let mut deframer = Deframer::new(100);
    deframer.push(b"\x0Ba\x1C");
    assert_eq!(deframer.next_item(), None);
    assert_eq!(deframer.take_pending(), Some(Item::Anomaly(Anomaly::MissingLastByte)));
    assert_eq!(deframer.next_item(), Some(frame(b"a")));
    deframer.push(b"\r\x0Bb\x1C\r");
    assert_eq!(deframer.next_item(), Some(frame(b"b")));
    assert_eq!(deframer.next_item(), None);
    assert_eq!(deframer.counts(), Counts { frames: 2, anomalies: 1, ..Counts::default() });
}

#[test]
fn memory_stays_below_the_limit() {
    let mut deframer = Deframer::new(10_000);
    deframer.push(b"\x0B");
    for _ in 0..10_000 {
        deframer.push(&[b'x'; 1_000]);
        while deframer.next_item().is_some() {}
        assert!(deframer.buffer_mut().len() <= 11_000);
    }
}

/// 64 MiB in pieces of 4 KB: looking at every byte again for every piece would take 2^39 steps, hours instead of a
/// moment, so that it ends at all is the test.
#[test]
fn a_large_frame_in_small_pieces() {
    const SIZE: usize = 64 * 1024 * 1024;
    let mut deframer = Deframer::new(SIZE);
    let piece = [b'x'; 4096];
    deframer.push(&[START]);
    for _ in 0..SIZE / piece.len() {
        deframer.push(&piece);
        assert_eq!(deframer.next_item(), None);
    }
    deframer.push(&[END, END_SECOND]);
    assert!(matches!(deframer.next_item(), Some(Item::Frame(frame)) if frame.len() == SIZE));
}

#[test]
fn writing() {
    assert_eq!(encode_frame(b"a"), b"\x0Ba\x1C\r");
    assert_eq!(items(&[&encode_commit(Commit::Acknowledged)], 9), [Item::Commit(Commit::Acknowledged)]);
    assert!(can_frame(b"a\x1Cb") && !can_frame(b"a\x1C\rb") && !can_frame(b"a\x1C"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]
    #[test]
    fn chunks_do_not_matter(
        parts in proptest::collection::vec(prop_oneof![
            Just("\x0B"), Just("\x1C\r"), Just("\x1C"), Just("\r"), Just("MSH|"), Just("M"), Just("0123456789"), Just("\x06"), Just("\n"),
        ], 0..30),
        cuts in proptest::collection::vec(1usize..8, 1..60),
    ) {
        let bytes = parts.concat().into_bytes();
        let whole = items(&[&bytes], 25);
        let mut pieces = Vec::new();
        let mut rest = &bytes[..];
        for cut in cuts {
            let (head, tail) = rest.split_at(cut.min(rest.len()));
            pieces.push(head);
            rest = tail;
        }
        pieces.push(rest);
        prop_assert_eq!(items(&pieces, 25), whole);
    }

    #[test]
    fn what_is_framed_comes_back(content in proptest::collection::vec(any::<u8>(), 0..40)) {
        let is_plain = can_frame(&content) && !content.contains(&START) && content != [6] && content != [0x15];
        if is_plain {
            let found: Vec<Item> =
                items(&[&encode_frame(&content)], 40).into_iter().filter(|item| matches!(item, Item::Frame(_))).collect();
            prop_assert_eq!(found, vec![frame(&content)]);
        }
    }
}
