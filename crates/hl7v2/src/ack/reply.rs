//! Reads what a partner answered.

use crate::{Element, Message};
use bytes::Bytes;
use message::AckCode;

/// The parts of a reply that decide what happens to a delivery.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reply {
    /// MSA-1; `None` where there is no MSA or its code is not in table 0008.
    pub code: Option<AckCode>,
    /// MSA-2: the control id that is acknowledged.
    pub control_id: Option<String>,
    /// ERR-3.1 of every ERR; where it is empty ERR-1.4.1, as sent before 2.5; MSA-6.1 where neither is there.
    pub error_codes: Vec<String>,
    /// MSA-4, the expected sequence number.
    pub sequence: Option<i64>,
    /// There is an MSA segment.
    pub has_msa: bool,
}

/// Most error codes that are kept of one reply.
const ERROR_CODES_MAX: usize = 64;

impl Reply {
    /// Reads a reply. Never fails; a reply without MSA is all empty.
    ///
    /// ```
    /// let reply = hl7v2::ack::Reply::read("MSH|^~\\&|HUB\rMSA|AE|M1\rERR||PID^1^3|101^missing\r");
    /// assert_eq!(reply.code, Some(::message::AckCode::AE));
    /// assert_eq!(reply.control_id.as_deref(), Some("M1"));
    /// assert_eq!(reply.error_codes, ["101"]);
    /// ```
    #[must_use]
    pub fn read(bytes: impl Into<Bytes>) -> Reply {
        Reply::of(&Message::parse(bytes).0)
    }

    /// The same of a parsed message.
    #[must_use]
    pub fn of(message: &Message) -> Reply {
        let mut out = Reply::default();
        let Some(msa) = message.segments_named(*b"MSA").next() else { return out };
        let text = |number: u16| msa.field(number).map(|field| field.text()).filter(|text| !text.is_empty());
        out.has_msa = true;
        out.code = text(1).and_then(|code| AckCode::parse(code.trim().as_bytes()));
        out.control_id = text(2).map(|id| id.into_owned());
        out.sequence = text(4).and_then(|number| number.trim().parse().ok());
        for err in message.segments_named(*b"ERR") {
            out.read_err(&err);
        }
        if out.error_codes.is_empty() {
            out.push(msa.field(6).and_then(|field| field.component(1)));
        }
        out
    }

    fn read_err(&mut self, err: &Element<'_>) {
        let coded = err.field(3).and_then(|field| field.component(1)).filter(|code| !code.is_empty());
        if coded.is_some() {
            return self.push(coded);
        }
        let Some(old) = err.field(1) else { return };
        for entry in old.parts() {
            self.push(entry.component(4).and_then(|code| code.subcomponent(1)));
        }
    }

    fn push(&mut self, code: Option<Element<'_>>) {
        let code = code.map(|code| code.text().into_owned()).filter(|code| !code.is_empty());
        if self.error_codes.len() < ERROR_CODES_MAX {
            self.error_codes.extend(code);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies() {
        let check = |text: &str, code: Option<AckCode>, id: Option<&str>, errors: &[&str], sequence: Option<i64>| {
            let reply = Reply::read(text.to_owned());
            assert_eq!((reply.code, reply.control_id.as_deref(), reply.sequence), (code, id, sequence), "{text}");
            assert_eq!(reply.error_codes, errors, "{text}");
        };
        check("MSH|^~\\&|A\rMSA|CA|7\r", Some(AckCode::CA), Some("7"), &[], None);
        check("MSH|^~\\&|A\nMSA|AR|7||12\n", Some(AckCode::AR), Some("7"), &[], Some(12));
        check("MSH|^~\\&|A\rMSA|AE|7\rERR|PID^1^3^101&x~^^^207\r", Some(AckCode::AE), Some("7"), &["101", "207"], None);
        check("MSH|^~\\&|A\rMSA|AE|7|||203^x\r", Some(AckCode::AE), Some("7"), &[], None);
        check("MSH|^~\\&|A\rMSA|AE|7||||203^x\r", Some(AckCode::AE), Some("7"), &["203"], None);
        check("MSH|^~\\&|A\rMSA|OK|\r", None, None, &[], None);
        check("garbage", None, None, &[], None);
        assert!(!Reply::read("garbage").has_msa);
    }
}
