//! Sequence numbers of a link between two applications (HL7 v2.9 §2.10.1): MSH-13 and MSA-4. Without I/O: states in,
//! verdicts out.
//!
//! Promises: a number is taken once; a gap is never taken; nothing but the other side's own words (0, -1) moves what is
//! expected otherwise than by one.
//! Never: keeps a state. Whoever asks keeps it, and must have stored a message before the next number counts.
//!
//! ```
//! use hl7v2::sequence::{Expected, Number, Verdict, judge};
//! let judged = judge(Expected::Next(7), Number::At(9));
//! assert_eq!((judged.verdict, judged.answer), (Verdict::Gap, 7));
//! ```

use crate::{Message, Path};

/// What MSH-13 says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Number {
    /// Nothing, or no number.
    Absent,
    /// 0: the sender starts the link and asks what is expected.
    Start,
    /// -1: the sender wants to begin with a number of its own.
    Reset,
    /// From 1 on.
    At(u64),
}

const SEQUENCE_NUMBER: Path = Path::field(b"MSH", 13);
const EXPECTED_NUMBER: Path = Path::field(b"MSA", 4);

impl Number {
    /// MSH-13 of a message.
    #[must_use]
    pub fn of(message: &Message) -> Number {
        Number::read(&message.text(&SEQUENCE_NUMBER))
    }

    fn read(text: &str) -> Number {
        match text.trim().parse::<i64>() {
            Ok(0) => Number::Start,
            Ok(-1) => Number::Reset,
            Ok(number) => u64::try_from(number).map_or(Number::Absent, Number::At),
            Err(_) => Number::Absent,
        }
    }
}

/// MSA-4 of an answer; `None` where it has none.
#[must_use]
pub fn expected_by(answer: &Message) -> Option<i64> {
    answer.text(&EXPECTED_NUMBER).trim().parse().ok()
}

/// What the receiver waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Nothing was taken yet, or the sender wants to begin anew: the next number is taken, whatever it is.
    Any,
    /// This number.
    Next(u64),
}

impl Expected {
    /// As MSA-4 says it: -1 for any.
    #[must_use]
    pub fn answer(self) -> i64 {
        match self {
            Expected::Any => -1,
            Expected::Next(number) => i64::try_from(number).unwrap_or(i64::MAX),
        }
    }

    /// What is expected after a message with this number was taken: how a receiver finds its state again from the last
    /// message that it stored.
    #[must_use]
    pub fn after(number: Number) -> Option<Expected> {
        match number {
            Number::Absent | Number::Start => None,
            Number::Reset => Some(Expected::Any),
            Number::At(number) => Some(Expected::Next(number.saturating_add(1))),
        }
    }
}

/// What a receiver does with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Take it.
    Take,
    /// The link starts: say what is expected.
    Start,
    /// The link begins anew: say so.
    Reset,
    /// The number was taken before: say so, and do not take it again.
    Taken,
    /// Messages before it are missing: do not take it.
    Gap,
    /// It has no number: do not take it.
    Missing,
}

/// A verdict, and what follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judged {
    /// What to do.
    pub verdict: Verdict,
    /// What is expected from then on.
    pub expected: Expected,
    /// MSA-4 of the answer: the number that was taken, else the one that is expected.
    pub answer: i64,
}

/// Judges a message by its number.
#[must_use]
pub fn judge(expected: Expected, number: Number) -> Judged {
    let stays = |verdict| Judged { verdict, expected, answer: expected.answer() };
    match (number, expected) {
        (Number::Absent, _) => stays(Verdict::Missing),
        (Number::Start, _) => stays(Verdict::Start),
        (Number::Reset, _) => Judged { verdict: Verdict::Reset, expected: Expected::Any, answer: -1 },
        (Number::At(number), Expected::Next(next)) if number < next => stays(Verdict::Taken),
        (Number::At(number), Expected::Next(next)) if number > next => stays(Verdict::Gap),
        (Number::At(number), Expected::Any | Expected::Next(_)) => Judged {
            verdict: Verdict::Take,
            expected: Expected::Next(number.saturating_add(1)),
            answer: Expected::Next(number).answer(),
        },
    }
}

/// What a sender does after the receiver has said what it expects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// The message under way was taken before, and its acknowledgment got lost.
    Taken,
    /// Send the message with this number.
    Send(u64),
    /// The two sides do not agree: a person has to look.
    Frozen,
}

/// Reads the answer to a message with the number 0. `under_way` is the number that the next message was sent with
/// before, if it was; `last` the last number that the receiver acknowledged to this sender, if any.
#[must_use]
pub fn synchronize(expected: i64, under_way: Option<u64>, last: Option<u64>) -> Next {
    let first = || under_way.or(last.map(|last| last.saturating_add(1))).unwrap_or(1);
    match (u64::try_from(expected), under_way, last) {
        // -1: it takes what comes.
        (Err(_), _, _) if expected == -1 => Next::Send(first()),
        (Err(_) | Ok(0), _, _) => Next::Frozen,
        (Ok(expected), Some(sent), _) if expected == sent.saturating_add(1) => Next::Taken,
        (Ok(expected), Some(sent), _) if expected == sent => Next::Send(sent),
        (Ok(expected), None, Some(last)) if expected == last.saturating_add(1) => Next::Send(expected),
        // A sender that knows of nothing follows the receiver.
        (Ok(expected), None, None) => Next::Send(expected),
        (Ok(_), Some(_), _) | (Ok(_), None, Some(_)) => Next::Frozen,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Expected::{Any, Next as At};
    use proptest::prelude::*;

    #[test]
    fn numbers() {
        let check = |field: &str, expect: Number| {
            let text = format!("MSH|^~\\&|A||||||ADT^A01|1|P|2.5.1|{field}\r");
            assert_eq!(Number::of(&Message::parse(text).0), expect, "{field:?}");
        };
        check("", Number::Absent);
        check("\"\"", Number::Absent);
        check("x", Number::Absent);
        check("-2", Number::Absent);
        check("1.5", Number::Absent);
        check("0", Number::Start);
        check("-1", Number::Reset);
        check(" 12 ", Number::At(12));
        check("+12", Number::At(12));
        check("9223372036854775807", Number::At(i64::MAX as u64));
        check("9223372036854775808", Number::Absent);
    }

    #[test]
    fn what_a_receiver_does() {
        let check = |expected, number, verdict, then, answer| {
            let judged = Judged { verdict, expected: then, answer };
            assert_eq!(judge(expected, number), judged, "{expected:?} {number:?}");
        };
        check(Any, Number::Start, Verdict::Start, Any, -1);
        check(At(5), Number::Start, Verdict::Start, At(5), 5);
        check(Any, Number::Reset, Verdict::Reset, Any, -1);
        check(At(5), Number::Reset, Verdict::Reset, Any, -1);
        check(Any, Number::At(7), Verdict::Take, At(8), 7);
        check(At(5), Number::At(5), Verdict::Take, At(6), 5);
        check(At(5), Number::At(4), Verdict::Taken, At(5), 5);
        check(At(5), Number::At(1), Verdict::Taken, At(5), 5);
        check(At(5), Number::At(6), Verdict::Gap, At(5), 5);
        check(At(5), Number::At(500), Verdict::Gap, At(5), 5);
        check(Any, Number::Absent, Verdict::Missing, Any, -1);
        check(At(5), Number::Absent, Verdict::Missing, At(5), 5);
    }

    #[test]
    fn what_a_sender_does() {
        let check = |expected, under_way, last, next| {
            assert_eq!(synchronize(expected, under_way, last), next, "{expected} {under_way:?} {last:?}");
        };
        check(-1, None, None, Next::Send(1));
        check(-1, Some(4), Some(3), Next::Send(4));
        check(-1, None, Some(3), Next::Send(4));
        check(12, None, None, Next::Send(12));
        check(12, None, Some(11), Next::Send(12));
        check(12, None, Some(12), Next::Frozen);
        check(12, Some(11), Some(10), Next::Taken);
        check(11, Some(11), Some(10), Next::Send(11));
        check(9, Some(11), Some(10), Next::Frozen);
        check(13, Some(11), Some(10), Next::Frozen);
        check(0, None, None, Next::Frozen);
        check(-2, None, None, Next::Frozen);
    }

    proptest! {
        /// A sender that loses any of its acknowledgments, and asks after each loss, has everything taken once, in order.
        #[test]
        fn lost_acknowledgments_neither_lose_nor_double(losses in proptest::collection::vec(0..3_u8, 1..60)) {
            let mut expected = Any;
            let (mut taken, mut last, mut under_way) = (Vec::new(), None, None);
            let mut losses = losses.into_iter();
            for message in 0..20_u32 {
                loop {
                    let number = match synchronize(judge(expected, Number::Start).answer, under_way, last) {
                        Next::Taken => break,
                        Next::Send(number) => number,
                        Next::Frozen => return Err(TestCaseError::fail("frozen")),
                    };
                    under_way = Some(number);
                    let loss = losses.next().unwrap_or(0);
                    // 1: the message is lost, 2: its acknowledgment is.
                    if loss == 1 {
                        continue;
                    }
                    let judged = judge(expected, Number::At(number));
                    if judged.verdict == Verdict::Take {
                        taken.push(message);
                    }
                    expected = judged.expected;
                    if loss == 0 {
                        break;
                    }
                }
                last = under_way.take();
            }
            prop_assert_eq!(taken, (0..20).collect::<Vec<_>>());
        }
    }
}
