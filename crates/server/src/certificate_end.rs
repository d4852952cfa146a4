//! Until when a certificate is good, for those who have to renew it in time.

use message::Timestamp;
use rustls::pki_types::{CertificateDer, pem::PemObject};
use std::path::Path;

/// Until when the first certificate of a PEM file is good.
#[must_use]
pub fn end_of(path: &Path) -> Option<Timestamp> {
    not_after(&CertificateDer::from_pem_file(path).ok()?)
}

/// The second time of the validity of a certificate (RFC 5280 §4.1): a walk over DER, of which nothing else is read.
fn not_after(der: &[u8]) -> Option<Timestamp> {
    let (_, certificate, _) = element(der)?;
    let (_, mut body, _) = element(certificate)?;
    // The version is there in every certificate of today: [0]. Behind it: serial, algorithm, issuer, validity.
    if body.first() == Some(&0xA0) {
        body = element(body)?.2;
    }
    for _ in 0..3 {
        body = element(body)?.2;
    }
    let (_, validity, _) = element(body)?;
    let (_, _, rest) = element(validity)?;
    let (tag, time, _) = element(rest)?;
    let text = std::str::from_utf8(time).ok()?;
    // UTCTime has two digits of the year, of 1950 to 2049; GeneralizedTime four.
    let text = match tag {
        0x17 => format!("{}{text}", if text < "50" { "20" } else { "19" }),
        0x18 => text.to_owned(),
        _ => return None,
    };
    let part = |at: usize, digits: usize| text.get(at..at + digits)?.parse::<i16>().ok();
    let byte = |at: usize| part(at, 2).and_then(|of| i8::try_from(of).ok());
    let date = jiff::civil::Date::new(part(0, 4)?, byte(4)?, byte(6)?).ok()?;
    let time = jiff::civil::Time::new(byte(8)?, byte(10)?, byte(12)?, 0).ok()?;
    let zoned = date.to_datetime(time).to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(Timestamp(zoned.timestamp().as_microsecond()))
}

/// Tag, content, and what stands behind it.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7F => (usize::from(first), rest),
        0x81..=0x84 => {
            let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x0F))?;
            (bytes.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte)), rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_certificate() {
        let mut parameters = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        parameters.not_after = rcgen::date_time_ymd(2031, 2, 3);
        let key = rcgen::KeyPair::generate().unwrap();
        let made = parameters.self_signed(&key).unwrap();
        let end = not_after(made.der()).unwrap();
        assert_eq!(end.to_rfc3339(), "2031-02-03T00:00:00.000Z");
        let der: &[u8] = made.der();
        // A certificate that is cut off before its end of validity has none, and nothing panics.
        (0..60).for_each(|at| assert_eq!(not_after(&der[..at]), None));
        parameters.not_after = rcgen::date_time_ymd(2051, 2, 3);
        assert_eq!(
            not_after(parameters.self_signed(&key).unwrap().der()).unwrap().to_rfc3339(),
            "2051-02-03T00:00:00.000Z"
        );
    }
}
