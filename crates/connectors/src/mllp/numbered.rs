//! Sequence numbers of what one lane sends (HL7 v2.9 §2.10.1): MSH-13 out, MSA-4 back.
//!
//! Promises: a number is in the notebook, with the delivery that it belongs to, before it is on the wire, so that after
//! a crash the partner's own word tells whether that delivery was taken; a delivery that is sent again keeps its number
//! until the partner has counted it; each new connection, and each doubt, begins with the question 0; a number that was
//! counted while its answer got lost is sent once more, so that an answer that was no is heard: a partner that keeps the
//! protocol takes no number twice.
//! Never: goes on where the two sides do not agree; sends a message before the partner has said what it expects.

use super::destination::Lane;
use crate::codes;
use bytes::Bytes;
use hl7v2::{
    Message, Path, Value,
    ack::{Mode, Reply},
    sequence::{self, Next},
};
use interface::{catalogue::Notebook, contract::Outgoing};
use message::{Clock, DeliveryId, MessageId, Outcome, Reason, Scope};
use std::{collections::VecDeque, str::Split, sync::Arc};

/// Sendings that a page remembers as taken. The engine records outcomes in groups, so several may be on their way to the
/// disk; each number waits for a write of the page, which takes as long as a group does.
const TAKEN_MAX: usize = 32;

/// What is known of the link; its text is one page of the notebook.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Link {
    /// The last number that the partner is known to have counted.
    last: Option<u64>,
    /// The sendings that the partner said yes to, the latest last: they may come again, if the engine ended before it had
    /// recorded that.
    taken: VecDeque<Sending>,
    /// What the partner counted without an answer that was heard, where another delivery came next: its own turn asks again.
    unheard: VecDeque<(u64, Sending)>,
    /// What was sent, and not counted as far as is known.
    under_way: Option<UnderWay>,
}

/// One sending of a delivery: a person may ask for another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Sending {
    delivery: DeliveryId,
    resends: u32,
}

impl Sending {
    fn of(outgoing: &Outgoing) -> Sending {
        Sending { delivery: outgoing.delivery, resends: outgoing.resends }
    }

    fn read(words: &mut Split<'_, char>) -> Option<Sending> {
        let delivery = delivery(words)?;
        Some(Sending { delivery, resends: words.next()?.parse().ok()? })
    }
}

fn delivery(words: &mut Split<'_, char>) -> Option<DeliveryId> {
    Some(DeliveryId { message: words.next()?.parse::<MessageId>().ok()?, number: words.next()?.parse().ok()? })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct UnderWay {
    number: u64,
    sending: Sending,
    heard: Heard,
}

impl UnderWay {
    fn read(number: &str, words: &mut Split<'_, char>) -> Option<UnderWay> {
        let (number, delivery) = (number.parse().ok()?, delivery(words)?);
        let heard = match words.next()? {
            "open" => Heard::Nothing,
            "refused" => Heard::Refused,
            "repeated" => Heard::NothingAgain,
            _ => return None,
        };
        let resends = words.next().map_or(Some(0), |resends| resends.parse().ok())?;
        Some(UnderWay { number, sending: Sending { delivery, resends }, heard })
    }
}

/// What is known of the answer to a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Heard {
    /// Nothing.
    Nothing,
    /// It was no: if the partner has counted the number all the same, the delivery was not taken with it.
    Refused,
    /// Nothing, and the number was sent once more after the partner had counted it.
    NothingAgain,
}

/// What follows from what the partner expects.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    /// Send the delivery with this number.
    Send(u64),
    /// The number was counted, and the answer got lost: send it once more, to hear it.
    Repeat(u64),
    /// The same, and other numbers have been sent since.
    Ask(u64),
    /// The delivery was taken before, with this number, and the answer got lost.
    Taken(u64),
    /// The delivery was taken before, and its answer came: the engine ended before that was on record.
    Known,
}

impl Link {
    /// `LAST [NUMBER MESSAGE DELIVERY HOW [RESENDS]]`, then `;MESSAGE DELIVERY RESENDS` for each that was taken, with a
    /// number behind it where no answer was heard.
    fn read(text: &str) -> Option<Link> {
        let mut parts = text.split(';');
        let mut words = parts.next()?.split(' ');
        let last = match words.next()? {
            "-" => None,
            last => Some(last.parse().ok()?),
        };
        let under_way = match words.next() {
            None => None,
            Some(number) => Some(UnderWay::read(number, &mut words)?),
        };
        let mut link = Link { last, under_way, ..Link::default() };
        for part in parts {
            let mut words = part.split(' ');
            let sending = Sending::read(&mut words)?;
            match (words.next(), words.next()) {
                (None, _) => link.taken.push_back(sending),
                (Some(number), None) => link.unheard.push_back((number.parse().ok()?, sending)),
                (Some(_), Some(_)) => return None,
            }
        }
        (link.taken.len() <= TAKEN_MAX && link.unheard.len() <= TAKEN_MAX).then_some(link)
    }

    fn write(&self) -> String {
        let mut text = self.last.map_or_else(|| "-".to_owned(), |last| last.to_string());
        if let Some(UnderWay { number, sending: Sending { delivery, resends }, heard }) = self.under_way {
            let how = match heard {
                Heard::Nothing => "open",
                Heard::Refused => "refused",
                Heard::NothingAgain => "repeated",
            };
            text.push_str(&format!(" {number} {} {} {how} {resends}", delivery.message, delivery.number));
        }
        for Sending { delivery, resends } in &self.taken {
            text.push_str(&format!(";{} {} {resends}", delivery.message, delivery.number));
        }
        for (number, Sending { delivery, resends }) in &self.unheard {
            text.push_str(&format!(";{} {} {resends} {number}", delivery.message, delivery.number));
        }
        text
    }

    /// Takes in what the partner expects; `None` where the two sides do not agree.
    fn agree(&mut self, expected: i64, sending: Sending) -> Option<Step> {
        match sequence::synchronize(expected, self.under_way.map(|sent| sent.number), self.last) {
            Next::Frozen => None,
            Next::Send(number) => Some(Step::Send(number)),
            Next::Taken => {
                let sent = self.under_way?;
                let is_this = sent.sending == sending;
                if is_this && sent.heard == Heard::Nothing {
                    return Some(Step::Repeat(sent.number));
                }
                (self.last, self.under_way) = (Some(sent.number), None);
                if !is_this && sent.heard != Heard::Refused {
                    keep(&mut self.unheard, (sent.number, sent.sending));
                }
                let is_taken = is_this && sent.heard == Heard::NothingAgain;
                Some(if is_taken { Step::Taken(sent.number) } else { Step::Send(sent.number.saturating_add(1)) })
            }
        }
    }

    fn begin(&mut self, number: u64, sending: Sending, heard: Heard) {
        self.under_way = Some(UnderWay { number, sending, heard });
    }

    /// The same, after the partner said yes to this number.
    fn counted(self, number: u64, sending: Sending) -> Link {
        Link { last: Some(number), under_way: None, ..self }.heard(sending, true)
    }

    /// The same, after it is known whether the partner took this sending.
    fn heard(mut self, sending: Sending, is_taken: bool) -> Link {
        self.unheard.retain(|(_, unheard)| *unheard != sending);
        if is_taken {
            keep(&mut self.taken, sending);
        }
        self
    }

    /// The number that the partner counted for this sending, where its answer was not heard.
    fn number_unheard(&self, sending: Sending) -> Option<u64> {
        self.unheard.iter().find(|(_, unheard)| *unheard == sending).map(|(number, _)| *number)
    }

    fn knows(&self, sending: Sending) -> bool {
        self.taken.contains(&sending) || self.number_unheard(sending).is_some()
    }
}

fn keep<T>(list: &mut VecDeque<T>, item: T) {
    list.push_back(item);
    if list.len() > TAKEN_MAX {
        list.pop_front();
    }
}

/// The page of one link in the notebook.
struct Page {
    notebook: Arc<dyn Notebook>,
    name: String,
}

impl Page {
    async fn read(&self) -> Result<Link, Outcome> {
        let (notebook, name) = (self.notebook.clone(), self.name.clone());
        let read = tokio::task::spawn_blocking(move || notebook.read(&name)).await;
        let Some(text) = read.unwrap_or_else(|_| Err(cut_off())).map_err(|reason| unkept(&reason))? else {
            return Ok(Link::default());
        };
        let unreadable = || Reason::new(codes::E6113, "what was kept of the sequence numbers cannot be read");
        Link::read(&text).ok_or_else(|| out_of_step(unreadable()))
    }

    async fn write(&self, link: &Link) -> Result<(), Outcome> {
        let (notebook, name, text) = (self.notebook.clone(), self.name.clone(), link.write());
        let written = tokio::task::spawn_blocking(move || notebook.write(&name, &text)).await;
        written.unwrap_or_else(|_| Err(cut_off())).map_err(|reason| unkept(&reason))
    }
}

/// The connector's own words for what the notebook could not do.
fn unkept(reason: &Reason) -> Outcome {
    out_of_step(Reason::new(codes::E6113, format!("the sequence number cannot be kept: {}", reason.text)))
}

fn unnumbered() -> Outcome {
    let reason = Reason::new(codes::E6114, "only an HL7 v2 message can have a sequence number");
    Outcome::Permanent { reason, reply: None }
}

fn cut_off() -> Reason {
    Reason::new(codes::E6113, "it was cut off")
}

/// The message did not leave, and none behind it would fare better.
fn out_of_step(reason: Reason) -> Outcome {
    Outcome::Transient { scope: Scope::Destination, reason, retry_after: None }
}

impl Lane {
    /// Sends with a number. Whatever goes wrong on the way leaves `self.agreed` empty, so the next one asks first.
    pub(super) async fn deliver_numbered(&mut self, outgoing: &Outgoing) -> Result<Outcome, Outcome> {
        let name = format!("sequence/{}/{}", outgoing.interface, self.config.address);
        let page = Page { notebook: self.notebook.clone(), name };
        let is_connected = self.is_connected().await;
        let sending = Sending::of(outgoing);
        let is_plain = |link: &Link| is_connected && link.under_way.is_none() && !link.knows(sending);
        let agreed = self.agreed.take().filter(is_plain);
        let (mut link, step) = match agreed {
            Some(link) => {
                let number = link.last.map_or(1, |last| last.saturating_add(1));
                (link, Step::Send(number))
            }
            None => self.agree(&page, outgoing).await?,
        };
        let (number, heard) = match step {
            Step::Send(number) => (number, Heard::Nothing),
            Step::Repeat(number) => (number, Heard::NothingAgain),
            Step::Ask(number) => return self.ask_again(&page, link, number, outgoing).await,
            Step::Taken(number) => {
                page.write(&link.counted(number, sending)).await?;
                return Ok(Outcome::Delivered { reply: None });
            }
            Step::Known => return Ok(Outcome::Delivered { reply: None }),
        };
        let Some(bytes) = with_number(&outgoing.bytes, number) else {
            return Err(unnumbered());
        };
        link.begin(number, sending, heard);
        page.write(&link).await?;
        let outcome = self.transfer(&bytes).await;
        self.hear(&page, link, number, outcome).await
    }

    /// Asks the partner what it expects.
    async fn agree(&mut self, page: &Page, outgoing: &Outgoing) -> Result<(Link, Step), Outcome> {
        let mut link = page.read().await?;
        if link.taken.contains(&Sending::of(outgoing)) {
            return Ok((link, Step::Known));
        }
        let Some(question) = question(&outgoing.bytes, &*self.clock) else {
            return Err(unnumbered());
        };
        let reply = match self.transfer(&question).await {
            Outcome::Delivered { reply } => reply,
            // Of the message itself nothing was sent.
            Outcome::Transient { reason, .. } | Outcome::Ambiguous { reason } | Outcome::Permanent { reason, .. } => {
                return Err(out_of_step(reason));
            }
        };
        let address = &self.config.address;
        let Some(expected) = reply.and_then(|reply| Reply::read(reply).sequence) else {
            let text = format!("{address} was asked with sequence number 0 and did not say in MSA-4 what it expects");
            return Err(out_of_step(Reason::new(codes::E6115, text)));
        };
        let known = link.clone();
        match link.agree(expected, Sending::of(outgoing)) {
            Some(Step::Send(next)) => {
                let step = link.number_unheard(Sending::of(outgoing)).map_or(Step::Send(next), Step::Ask);
                Ok((link, step))
            }
            Some(step) => Ok((link, step)),
            None => {
                let said = |number: Option<u64>| number.map_or_else(|| "none".to_owned(), |number| number.to_string());
                let (last, sent) = (said(known.last), said(known.under_way.map(|sent| sent.number)));
                let text = format!(
                    "{address} expects sequence number {expected}; last counted is {last}, sent without an answer is {sent}"
                );
                Err(out_of_step(Reason::new(codes::E6116, text)))
            }
        }
    }

    /// Sends with a number that the partner has counted long since, to hear what it said.
    async fn ask_again(
        &mut self,
        page: &Page,
        link: Link,
        number: u64,
        outgoing: &Outgoing,
    ) -> Result<Outcome, Outcome> {
        let Some(bytes) = with_number(&outgoing.bytes, number) else { return Err(unnumbered()) };
        let outcome = self.transfer(&bytes).await;
        let Outcome::Delivered { reply: Some(reply) } = &outcome else { return Ok(outcome) };
        let reply = Reply::read(reply.clone());
        let Some(code) = reply.code else { return Ok(outcome) };
        // A no that names a number behind this one is a no to the number, which the partner has, not to the message.
        let has_number = reply.sequence.is_some_and(|expected| expected > i64::try_from(number).unwrap_or(i64::MAX));
        let link = link.heard(Sending::of(outgoing), code.is_positive() || has_number);
        page.write(&link).await?;
        self.agreed = Some(link);
        Ok(if has_number && !code.is_positive() { Outcome::Delivered { reply: None } } else { outcome })
    }

    /// Takes in the answer to a numbered message.
    async fn hear(&mut self, page: &Page, mut link: Link, number: u64, outcome: Outcome) -> Result<Outcome, Outcome> {
        let Outcome::Delivered { reply: Some(reply) } = &outcome else { return Ok(outcome) };
        let Some(sending) = link.under_way.map(|sent| sent.sending) else { return Ok(outcome) };
        let reply = Reply::read(reply.clone());
        match reply.code {
            None => {}
            Some(code) if code.is_positive() => {
                let link = link.counted(number, sending);
                // The partner has the message: what cannot be kept now, it will say again.
                self.agreed = page.write(&link).await.is_ok().then_some(link);
            }
            Some(code) => {
                let here = i64::try_from(number).unwrap_or(i64::MAX);
                let is_repeated = link.under_way.is_some_and(|sent| sent.heard == Heard::NothingAgain);
                // "The previous acknowledgment was lost": it says no to the number, which it has, not to the message.
                if is_repeated && reply.sequence == Some(here.saturating_add(1)) {
                    let link = link.counted(number, sending);
                    page.write(&link).await?;
                    self.agreed = Some(link);
                    return Ok(Outcome::Delivered { reply: None });
                }
                if let Some(expected) = reply.sequence
                    && expected != here
                    && expected != here.saturating_add(1)
                {
                    let address = &self.config.address;
                    let text = format!("{address} answered {code} to sequence number {number}: it expects {expected}");
                    return Err(out_of_step(Reason::new(codes::E6116, text)));
                }
                if let Some(sent) = &mut link.under_way {
                    sent.heard = Heard::Refused;
                }
                // What the partner said stands, kept or not.
                let _ = page.write(&link).await;
            }
        }
        Ok(outcome)
    }
}

const SEQUENCE_NUMBER: Path = Path::field(b"MSH", 13);

/// The message with this number in MSH-13.
fn with_number(bytes: &Bytes, number: u64) -> Option<Bytes> {
    let mut message = Message::parse(bytes.clone()).0;
    message.set(&SEQUENCE_NUMBER, Value::Text(&number.to_string())).ok()?;
    Some(message.to_bytes())
}

/// The header of the message with the number 0, an id of its own, and no more answers asked than one.
fn question(bytes: &Bytes, clock: &dyn Clock) -> Option<Bytes> {
    let end = memchr::memchr2(b'\r', b'\n', bytes).unwrap_or(bytes.len());
    let is_enhanced = matches!(Mode::of(&Message::parse(bytes.clone()).0), Mode::Enhanced { .. });
    let mut header = Message::parse([&bytes[..end], b"\r"].concat()).0;
    let now = clock.now();
    let mut set = |field: u16, text: &str| header.set(&Path::field(b"MSH", field), Value::Text(text)).ok();
    set(7, &now.to_dtm())?;
    set(10, &format!("{:X}", now.0))?;
    set(13, "0")?;
    if is_enhanced {
        set(15, "AL")?;
        set(16, "NE")?;
    }
    Some(header.to_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delivery(message: u64) -> DeliveryId {
        DeliveryId { message: MessageId(message), number: 2 }
    }

    fn sending(message: u64) -> Sending {
        Sending { delivery: delivery(message), resends: 0 }
    }

    fn link(last: Option<u64>, under_way: Option<(u64, u64, Heard)>) -> Link {
        let under_way = under_way.map(|(number, message, heard)| UnderWay { number, sending: sending(message), heard });
        Link { last, under_way, ..Link::default() }
    }

    #[test]
    fn a_page_says_what_was_written() {
        let check = |link: Link, text: &str| {
            assert_eq!(link.write(), text);
            assert_eq!(Link::read(text).as_ref(), Some(&link));
        };
        check(link(None, None), "-");
        check(link(Some(41), None), "41");
        check(link(None, Some((1, 700, Heard::Nothing))), "- 1 700 2 open 0");
        check(link(Some(41), Some((42, 700, Heard::Refused))), "41 42 700 2 refused 0");
        check(link(Some(41), Some((42, 700, Heard::NothingAgain))), "41 42 700 2 repeated 0");
        let again = Sending { delivery: delivery(700), resends: 3 };
        let taken = Link::default().counted(42, again);
        check(taken.clone(), "42;700 2 3");
        let mut both = taken.clone().counted(43, sending(701));
        both.begin(44, sending(702), Heard::Nothing);
        keep(&mut both.unheard, (41, sending(699)));
        check(both, "43 44 702 2 open 0;700 2 3;701 2 0;699 2 0 41");
        let many = (0..100).fold(taken, |link, number| link.counted(number, sending(number)));
        assert_eq!((many.taken.len(), many.taken.back()), (TAKEN_MAX, Some(&sending(99))));
        assert_eq!(Link::read(&many.write()), Some(many));
        assert_eq!(Link::read("41 42 700 2 open"), Some(link(Some(41), Some((42, 700, Heard::Nothing)))));
        for text in [
            "",
            "x",
            "41 42",
            "41 42 700",
            "41 x 700 2 open",
            "41 42 700 2",
            "41 42 700 2 x",
            "41 42 700 2 open x",
            "41;700 2",
            "41;",
            "41;1 2 3 x",
            "41;1 2 3 4 5",
        ] {
            assert_eq!(Link::read(text), None, "{text:?}");
        }
    }

    #[test]
    fn what_the_partner_expects_decides() {
        let check = |mut known: Link, expected, step, then: Link| {
            assert_eq!(known.agree(expected, sending(700)), step, "{expected}");
            assert_eq!(known, then, "{expected}");
        };
        let sent = |message, heard| link(Some(41), Some((42, message, heard)));
        let (open, refused, repeated) = (Heard::Nothing, Heard::Refused, Heard::NothingAgain);
        check(link(None, None), -1, Some(Step::Send(1)), link(None, None));
        check(link(None, None), 12, Some(Step::Send(12)), link(None, None));
        check(link(Some(41), None), 42, Some(Step::Send(42)), link(Some(41), None));
        check(link(Some(41), None), 41, None, link(Some(41), None));
        // The answer may have been no: it is asked for, once.
        check(sent(700, open), 43, Some(Step::Repeat(42)), sent(700, open));
        check(sent(700, repeated), 43, Some(Step::Taken(42)), link(Some(42), None));
        check(sent(700, open), 42, Some(Step::Send(42)), sent(700, open));
        check(sent(700, repeated), 42, Some(Step::Send(42)), sent(700, repeated));
        check(sent(700, refused), 43, Some(Step::Send(43)), link(Some(42), None));
        check(sent(700, refused), 42, Some(Step::Send(42)), sent(700, refused));
        // Another delivery comes after one that a person or a limit took out.
        // What became of the other one is asked at its turn.
        let asks = Link { unheard: [(42, sending(1))].into(), ..link(Some(42), None) };
        check(sent(1, open), 43, Some(Step::Send(43)), asks.clone());
        assert_eq!((asks.number_unheard(sending(1)), asks.number_unheard(sending(700))), (Some(42), None));
        assert_eq!(asks.clone().heard(sending(1), false), link(Some(42), None));
        assert!(asks.clone().heard(sending(1), true).knows(sending(1)));
        check(sent(1, refused), 43, Some(Step::Send(43)), link(Some(42), None));
        check(sent(1, open), 42, Some(Step::Send(42)), sent(1, open));
        check(sent(700, open), 44, None, sent(700, open));
    }

    #[test]
    fn numbers_go_into_the_header() {
        let message = Bytes::from("MSH|^~\\&|A|B|C|D|20260301||ADT^A01|7|P|2.5|||AL|AL\rPID|1\r");
        assert_eq!(
            &*with_number(&message, 42).unwrap(),
            b"MSH|^~\\&|A|B|C|D|20260301||ADT^A01|7|P|2.5|42||AL|AL\rPID|1\r"
        );
        assert_eq!(with_number(&Bytes::from("{}"), 42), None);
        let question = question(&message, &message::clock::System).unwrap();
        let text = String::from_utf8(question.to_vec()).unwrap();
        assert!(text.ends_with("|P|2.5|0||AL|NE\r") && text.starts_with("MSH|^~\\&|A|B|C|D|"), "{text}");
        assert!(!text.contains("|7|P"), "an id of its own");
    }
}
