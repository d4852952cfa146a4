//! What a certificate says of itself: whose it is, who issued it, until when (RFC 5280 §4.1).
//!
//! Reads only what people have to know; whether a certificate is to be trusted, rustls decides and nobody else.
//! Promises: bytes that are no certificate give nothing, never a panic.

use message::Timestamp;
use serde::Serialize;
use std::net::IpAddr;

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Certificate {
    /// The common name of the subject; empty where there is none.
    pub subject: String,
    /// The common name of the issuer; empty where there is none.
    pub issuer: String,
    /// Names for which it is: DNS names and network addresses (subject alternative name).
    pub names: Vec<String>,
    /// When it begins to be good.
    pub not_before: Timestamp,
    /// When it ends.
    pub not_after: Timestamp,
    /// It issues others.
    pub is_authority: bool,
    /// For servers, for clients (extended key usage); both where it does not say.
    pub purposes: Vec<&'static str>,
    /// Serial number, hexadecimal.
    pub serial: String,
}

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const INTEGER: u8 = 0x02;
const OBJECT: u8 = 0x06;
const OCTETS: u8 = 0x04;
const BOOLEAN: u8 = 0x01;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
/// Context tags of the version, of the extensions, and of the names in an alternative name.
const VERSION: u8 = 0xa0;
const EXTENSIONS: u8 = 0xa3;
const DNS_NAME: u8 = 0x82;
const IP_ADDRESS: u8 = 0x87;

/// Object identifiers: common name, alternative name, basic constraints, extended key usage with its two values.
const COMMON_NAME: &[u8] = &[0x55, 4, 3];
const ALTERNATIVE_NAME: &[u8] = &[0x55, 0x1d, 0x11];
const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 0x13];
const EXTENDED_KEY_USAGE: &[u8] = &[0x55, 0x1d, 0x25];
const FOR_SERVERS: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 1];
const FOR_CLIENTS: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 2];

/// Values one behind the other (X.690 §8.1, lengths of DER).
#[derive(Clone, Copy)]
struct Values<'a>(&'a [u8]);

impl<'a> Iterator for Values<'a> {
    type Item = (u8, &'a [u8]);
    fn next(&mut self) -> Option<(u8, &'a [u8])> {
        let (&tag, rest) = self.0.split_first()?;
        let (&first, rest) = rest.split_first()?;
        let (length, rest) = match first {
            0..=0x7f => (usize::from(first), rest),
            0x81..=0x84 => {
                let (digits, rest) = rest.split_at_checked(usize::from(first - 0x80))?;
                (digits.iter().fold(0_usize, |length, digit| length << 8 | usize::from(*digit)), rest)
            }
            _ => return None,
        };
        let (value, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((tag, value))
    }
}

impl<'a> Values<'a> {
    /// The next value, which has this tag.
    fn tagged(&mut self, tag: u8) -> Option<&'a [u8]> {
        let (found, value) = self.next()?;
        (found == tag).then_some(value)
    }
}

impl Certificate {
    /// Reads a certificate in DER.
    #[must_use]
    pub fn read(der: &[u8]) -> Option<Certificate> {
        let whole = Values(der).tagged(SEQUENCE)?;
        let mut fields = Values(Values(whole).tagged(SEQUENCE)?);
        let (tag, value) = fields.next()?;
        let serial = if tag == VERSION { fields.tagged(INTEGER)? } else { (tag == INTEGER).then_some(value)? };
        fields.tagged(SEQUENCE)?;
        let issuer = name_in(fields.tagged(SEQUENCE)?);
        let mut times = Values(fields.tagged(SEQUENCE)?);
        let (not_before, not_after) = (time(times.next()?)?, time(times.next()?)?);
        let subject = name_in(fields.tagged(SEQUENCE)?);
        fields.tagged(SEQUENCE)?;
        let mut certificate = Certificate {
            subject,
            issuer,
            not_before,
            not_after,
            purposes: vec!["server", "client"],
            serial: crate::audit::hex(serial.strip_prefix(&[0]).filter(|rest| !rest.is_empty()).unwrap_or(serial)),
            ..Certificate::default()
        };
        for (_, value) in fields.filter(|(tag, _)| *tag == EXTENSIONS) {
            let all = Values(value).tagged(SEQUENCE).unwrap_or_default();
            Values(all).for_each(|(_, extension)| certificate.extend(extension));
        }
        Some(certificate)
    }

    /// Reads all certificates of a text in PEM, the first first.
    #[must_use]
    pub fn read_pem(text: &[u8]) -> Vec<Certificate> {
        use rustls::pki_types::{CertificateDer, pem::PemObject};
        CertificateDer::pem_slice_iter(text).filter_map(|der| Certificate::read(&der.ok()?)).collect()
    }

    fn extend(&mut self, extension: &[u8]) {
        let mut parts = Values(extension);
        let Some(id) = parts.tagged(OBJECT) else { return };
        let Some(value) = parts.find(|(tag, _)| *tag == OCTETS).map(|(_, value)| value) else { return };
        let Some(inner) = Values(value).tagged(SEQUENCE) else { return };
        match id {
            ALTERNATIVE_NAME => self.names = Values(inner).filter_map(name).collect(),
            BASIC_CONSTRAINTS => self.is_authority = Values(inner).tagged(BOOLEAN).is_some_and(|value| value != [0]),
            EXTENDED_KEY_USAGE => {
                let purpose = |(_, value): (u8, &[u8])| match value {
                    FOR_SERVERS => Some("server"),
                    FOR_CLIENTS => Some("client"),
                    _ => None,
                };
                self.purposes = Values(inner).filter_map(purpose).collect();
            }
            _ => {}
        }
    }

    /// Whole days until it ends; negative when it has ended.
    #[must_use]
    pub fn days_left(&self, now: Timestamp) -> i64 {
        self.not_after.0.saturating_sub(now.0).div_euclid(86_400_000_000)
    }
}

fn name((tag, value): (u8, &[u8])) -> Option<String> {
    match tag {
        DNS_NAME => Some(String::from_utf8_lossy(value).into_owned()),
        IP_ADDRESS => match value.len() {
            4 => Some(IpAddr::from(<[u8; 4]>::try_from(value).ok()?).to_string()),
            16 => Some(IpAddr::from(<[u8; 16]>::try_from(value).ok()?).to_string()),
            _ => None,
        },
        _ => None,
    }
}

/// The last common name of a distinguished name.
fn name_in(name: &[u8]) -> String {
    let mut found = String::new();
    for (_, set) in Values(name).filter(|(tag, _)| *tag == SET) {
        for (_, pair) in Values(set) {
            let mut parts = Values(pair);
            if parts.tagged(OBJECT) == Some(COMMON_NAME)
                && let Some((_, text)) = parts.next()
            {
                found = String::from_utf8_lossy(text).chars().filter(|letter| !letter.is_control()).collect();
            }
        }
    }
    found
}

/// RFC 5280 §4.1.2.5: two digits of a year are 1950 to 2049.
fn time((tag, value): (u8, &[u8])) -> Option<Timestamp> {
    let text = std::str::from_utf8(value).ok()?.strip_suffix('Z')?;
    let (year, rest) = match tag {
        UTC_TIME => {
            let (year, rest) = text.split_at_checked(2)?;
            let year: i16 = year.parse().ok()?;
            (if year < 50 { 2000 + year } else { 1900 + year }, rest)
        }
        GENERALIZED_TIME => {
            let (year, rest) = text.split_at_checked(4)?;
            (year.parse().ok()?, rest)
        }
        _ => return None,
    };
    let part = |at: usize| rest.get(at..at + 2)?.parse::<i8>().ok();
    let at = jiff::civil::DateTime::new(year, part(0)?, part(2)?, part(4)?, part(6)?, part(8)?, 0).ok()?;
    let at = at.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(Timestamp(at.timestamp().as_microsecond()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certificates::authority::{Authority, For};

    #[test]
    fn what_was_issued_is_read_and_no_prefix_or_flip_panics() {
        let authority = Authority::begin("North Authority", 10).unwrap();
        let names = ["lab.north.example".to_owned(), "10.1.2.3".to_owned()];
        let issued = authority.issue(&names, &[For::Client], 90).unwrap();
        let all = Certificate::read_pem(format!("{}{}", issued.certificate, authority.certificate).as_bytes());
        let [own, root] = all.as_slice() else { panic!("{all:?}") };
        assert_eq!((&*own.subject, &*own.issuer), ("lab.north.example", "North Authority"));
        assert_eq!(own.names, names);
        assert_eq!((own.is_authority, &*own.purposes), (false, &["client"][..]));
        let now = message::Clock::now(&message::clock::System);
        assert!((88..=90).contains(&own.days_left(now)), "{}", own.days_left(now));
        assert!(root.is_authority && root.days_left(now) > 3_600, "{root:?}");
        use rustls::pki_types::{CertificateDer, pem::PemObject};
        let der = CertificateDer::from_pem_slice(issued.certificate.as_bytes()).unwrap();
        for end in 0..der.len() {
            let _ = Certificate::read(&der[..end]);
            let mut bytes = der.to_vec();
            bytes[end] ^= 0xff;
            let _ = Certificate::read(&bytes);
        }
    }

    #[test]
    fn times() {
        let check = |tag, text: &str, expect: Option<&str>| {
            let read = time((tag, text.as_bytes())).map(Timestamp::to_rfc3339);
            assert_eq!(read.as_deref().map(|text| &text[..10]), expect, "{text}");
        };
        check(UTC_TIME, "261129225300Z", Some("2026-11-29"));
        check(UTC_TIME, "991129225300Z", Some("1999-11-29"));
        check(GENERALIZED_TIME, "20501129225300Z", Some("2050-11-29"));
        check(GENERALIZED_TIME, "40960101000000Z", Some("4096-01-01"));
        check(UTC_TIME, "261329225300Z", None);
        check(UTC_TIME, "é", None);
        check(0x04, "261129225300Z", None);
    }
}
