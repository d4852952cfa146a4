//! From a value of FHIR to a simple type of HL7 v2 (v2.9 §2A): what fits before anything runs, and what a text becomes.
//!
//! Promises: a date keeps its precision and its offset; what is not of the type is not written.

use crate::{
    decimal::Decimal,
    dtm::{Dtm, Precision},
};
use std::borrow::Cow;

/// The simple types of v2, by how their values are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Plain {
    /// ST, TX, FT, GTS and what nobody knows.
    Text,
    /// ID, IS
    Code,
    /// DT
    Date,
    /// DTM, and the first component of TS.
    Time,
    /// TM
    TimeOfDay,
    /// NM
    Number,
    /// SI
    Sequence,
}

impl Plain {
    /// By the name of the type; none for one with components.
    pub(crate) fn of(name: &str) -> Plain {
        match name {
            "ID" | "IS" => Plain::Code,
            "DT" => Plain::Date,
            "DTM" | "TS" | "TSComponentOne" => Plain::Time,
            "TM" => Plain::TimeOfDay,
            "NM" => Plain::Number,
            "SI" => Plain::Sequence,
            _ => Plain::Text,
        }
    }

    /// What a value has to be, for "the value is not …".
    pub(crate) fn noun(self) -> &'static str {
        match self {
            Plain::Text => "a text",
            Plain::Code => "a code",
            Plain::Date => "a date",
            Plain::Time => "a date or time",
            Plain::TimeOfDay => "a time of day",
            Plain::Number => "a number",
            Plain::Sequence => "a whole number from 0",
        }
    }

    /// A primitive of FHIR may have values of this type.
    pub(crate) fn takes(self, primitive: &str) -> bool {
        match (primitive, self) {
            ("date" | "dateTime" | "instant", plain) => {
                !matches!(plain, Plain::Number | Plain::Sequence | Plain::Code | Plain::TimeOfDay)
            }
            ("time", plain) => matches!(plain, Plain::TimeOfDay | Plain::Text),
            ("boolean", plain) => matches!(plain, Plain::Code | Plain::Text),
            ("decimal" | "integer" | "positiveInt" | "unsignedInt", plain) => {
                !matches!(plain, Plain::Date | Plain::Time | Plain::TimeOfDay)
            }
            ("base64Binary", plain) => plain == Plain::Text,
            _ => true,
        }
    }

    /// The text as the type has it; `None` where it is none.
    pub(crate) fn write(self, text: Cow<'_, str>) -> Option<Cow<'_, str>> {
        match self {
            Plain::Text => Some(text),
            Plain::Code => Some(match &*text {
                // Table 0136; FHIR has no other booleans.
                "true" => Cow::Borrowed("Y"),
                "false" => Cow::Borrowed("N"),
                _ => text,
            }),
            Plain::Date => Some(Cow::Owned(Dtm::parse(&text)?.truncated(Precision::Day).to_hl7())),
            Plain::Time => Some(Cow::Owned(Dtm::parse(&text)?.to_hl7())),
            Plain::TimeOfDay => {
                let plain = text.replace(':', "");
                let digits = plain.split(['.', '+', '-']).next().unwrap_or("");
                let is_time = matches!(digits.len(), 2 | 4 | 6) && digits.bytes().all(|byte| byte.is_ascii_digit());
                is_time.then_some(Cow::Owned(plain))
            }
            Plain::Number => Decimal::parse(&text).map(|_| text),
            Plain::Sequence => (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())).then_some(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts() {
        let check = |text: &str, name: &str, expect: Option<&str>| {
            assert_eq!(Plain::of(name).write(Cow::Borrowed(text)).as_deref(), expect, "{text} as {name}");
        };
        check("1988-07-05", "DT", Some("19880705"));
        check("1988-07", "DT", Some("198807"));
        check("1988-07-05T12:00:01.5-05:00", "DTM", Some("19880705120001.5-0500"));
        check("1988-07-05T12:00:01.5-05:00", "DT", Some("19880705"));
        check("202607011200", "TS", Some("202607011200"));
        check("soon", "DTM", None);
        check("true", "ID", Some("Y"));
        check("true", "ST", Some("true"));
        check("08:30:15", "TM", Some("083015"));
        check("eight", "TM", None);
        check("1.50", "NM", Some("1.50"));
        check("1,5", "NM", None);
        check("3", "SI", Some("3"));
        check("-3", "SI", None);
    }

    #[test]
    fn what_fits() {
        assert!(Plain::Date.takes("dateTime") && !Plain::Number.takes("date") && !Plain::Date.takes("decimal"));
        assert!(Plain::Code.takes("boolean") && !Plain::Time.takes("boolean") && Plain::Number.takes("string"));
        assert!(!Plain::Code.takes("base64Binary") && Plain::TimeOfDay.takes("time"));
    }
}
