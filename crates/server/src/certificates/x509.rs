//! What a certificate says of itself: whose it is, who issued it, until when (RFC 5280 §4.1).
//!
//! Reads only what people have to know; whether a certificate is to be trusted, rustls decides and nobody else.
//! Promises: bytes that are no certificate give nothing, never a panic.

use message::Timestamp;
use serde::Serialize;
use std::net::IpAddr;
use x509_parser::prelude::{ASN1Time, ExtendedKeyUsage, FromDer, GeneralName, X509Certificate, X509Name};

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

impl Certificate {
    /// Reads a certificate in DER.
    #[must_use]
    pub fn read(der: &[u8]) -> Option<Certificate> {
        let (_, found) = X509Certificate::from_der(der).ok()?;
        let alternative = found.subject_alternative_name().ok().flatten();
        let constraints = found.basic_constraints().ok().flatten();
        let usage = found.extended_key_usage().ok().flatten();
        let serial = found.raw_serial();
        Some(Certificate {
            subject: name_in(found.subject()),
            issuer: name_in(found.issuer()),
            names: alternative.iter().flat_map(|names| &names.value.general_names).filter_map(name).collect(),
            not_before: time(found.validity().not_before)?,
            not_after: time(found.validity().not_after)?,
            is_authority: constraints.is_some_and(|constraints| constraints.value.ca),
            purposes: usage.map_or_else(|| vec!["server", "client"], |usage| purposes(usage.value)),
            serial: crate::audit::hex(serial.strip_prefix(&[0]).filter(|rest| !rest.is_empty()).unwrap_or(serial)),
        })
    }

    /// Reads all certificates of a text in PEM, the first first.
    #[must_use]
    pub fn read_pem(text: &[u8]) -> Vec<Certificate> {
        use rustls::pki_types::{CertificateDer, pem::PemObject};
        CertificateDer::pem_slice_iter(text).filter_map(|der| Certificate::read(&der.ok()?)).collect()
    }

    /// Whole days until it ends; negative when it has ended.
    #[must_use]
    pub fn days_left(&self, now: Timestamp) -> i64 {
        self.not_after.0.saturating_sub(now.0).div_euclid(86_400_000_000)
    }
}

fn purposes(usage: &ExtendedKeyUsage<'_>) -> Vec<&'static str> {
    let all = [(usage.server_auth || usage.any, "server"), (usage.client_auth || usage.any, "client")];
    all.iter().filter(|(is_for, _)| *is_for).map(|(_, purpose)| *purpose).collect()
}

fn name(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(text) => Some((*text).to_owned()),
        GeneralName::IPAddress(bytes) => {
            let short = <[u8; 4]>::try_from(*bytes).map(IpAddr::from);
            let address = short.or_else(|_| <[u8; 16]>::try_from(*bytes).map(IpAddr::from));
            address.ok().map(|address| address.to_string())
        }
        _ => None,
    }
}

/// The last common name of a distinguished name.
fn name_in(name: &X509Name<'_>) -> String {
    let text = name.iter_common_name().last().map_or("".into(), |name| String::from_utf8_lossy(name.as_slice()));
    text.chars().filter(|letter| !letter.is_control()).collect()
}

fn time(at: ASN1Time) -> Option<Timestamp> {
    at.timestamp().checked_mul(1_000_000).map(Timestamp)
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
}
