//! An authority of the house, for a start: it issues certificates for servers and partners inside, until the hospital's own
//! public key infrastructure does.
//!
//! Promises: keys are ECDSA on P-256 and never leave the texts that are given back; every certificate has names, an end
//! and the purposes that were asked for, and cannot issue others. Never: touches a file or a network.

use crate::codes;
use message::{Clock as _, Reason, clock};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    PKCS_ECDSA_P256_SHA256,
};
use std::time::Duration;
use zeroize::Zeroizing;

/// What a certificate is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum For {
    /// To be connected to.
    Server,
    /// To connect.
    Client,
}

/// A certificate and its key, in PEM.
pub struct Issued {
    /// The certificate.
    pub certificate: String,
    /// The private key.
    pub key: Zeroizing<String>,
}

/// See the module.
pub struct Authority {
    /// Its certificate in PEM.
    pub certificate: String,
    /// Its private key in PEM.
    pub key: Zeroizing<String>,
    issuer: Issuer<'static, KeyPair>,
}

/// Clocks of partners may be behind ours by this much.
const BEFORE: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);

fn wrong(what: impl std::fmt::Display) -> Reason {
    Reason::new(codes::E7302, what.to_string())
}

fn params(name: &str, days: u32) -> Result<CertificateParams, Reason> {
    let mut params = CertificateParams::new(Vec::new()).map_err(wrong)?;
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    let now = Duration::from_micros(u64::try_from(clock::System.now().0).unwrap_or(0));
    let at = |since: Duration| (std::time::SystemTime::UNIX_EPOCH + since).into();
    params.not_before = at(now.saturating_sub(BEFORE));
    params.not_after = at(now + DAY * days);
    Ok(params)
}

fn of_authority(name: &str, days: u32) -> Result<CertificateParams, Reason> {
    let mut params = params(name, days)?;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    Ok(params)
}

impl Authority {
    /// A new one of this name, for so many years.
    ///
    /// # Errors
    /// [`codes::E7302`]: no key or certificate could be made.
    pub fn begin(name: &str, years: u32) -> Result<Authority, Reason> {
        let params = of_authority(name, years.saturating_mul(365))?;
        let pair = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(wrong)?;
        let certificate = params.self_signed(&pair).map_err(wrong)?.pem();
        let key = Zeroizing::new(pair.serialize_pem());
        Ok(Authority { certificate, key, issuer: Issuer::new(params, pair) })
    }

    /// One that was begun before. Only those of [`Authority::begin`] can be gone on with.
    ///
    /// # Errors
    /// [`codes::E7302`]: the texts are no authority, or the key is another one's.
    pub fn open(certificate: &str, key: &str) -> Result<Authority, Reason> {
        let found = super::Certificate::read_pem(certificate.as_bytes());
        let found =
            found.first().filter(|found| found.is_authority).ok_or_else(|| wrong("there is no authority in it"))?;
        let pair = KeyPair::from_pem(key).map_err(|_| wrong("the key of the authority cannot be read"))?;
        if !is_pair(certificate, &pair) {
            return Err(wrong("the key is not that of the authority's certificate"));
        }
        let params = of_authority(&found.subject, 1)?;
        let key = Zeroizing::new(key.to_owned());
        Ok(Authority { certificate: certificate.to_owned(), key, issuer: Issuer::new(params, pair) })
    }

    /// A certificate for these names, DNS names or network addresses, of which the first is its subject.
    ///
    /// # Errors
    /// [`codes::E7302`]: a name is none, or the certificate could not be made.
    pub fn issue(&self, names: &[String], purposes: &[For], days: u32) -> Result<Issued, Reason> {
        let first = names.first().ok_or_else(|| wrong("a certificate needs a name"))?;
        let named = CertificateParams::new(names.to_vec())
            .map_err(|_| wrong("a name is neither a DNS name nor a network address"))?;
        let mut params = params(first, days)?;
        params.subject_alt_names = named.subject_alt_names;
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.use_authority_key_identifier_extension = true;
        let purpose = |purpose: &For| match purpose {
            For::Server => ExtendedKeyUsagePurpose::ServerAuth,
            For::Client => ExtendedKeyUsagePurpose::ClientAuth,
        };
        params.extended_key_usages = purposes.iter().map(purpose).collect();
        let pair = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(wrong)?;
        let certificate = params.signed_by(&pair, &self.issuer).map_err(wrong)?.pem();
        Ok(Issued { certificate, key: Zeroizing::new(pair.serialize_pem()) })
    }
}

/// The certificate is for this key.
fn is_pair(certificate: &str, pair: &KeyPair) -> bool {
    use rcgen::PublicKeyData as _;
    use rustls::pki_types::{CertificateDer, pem::PemObject};
    let Ok(der) = CertificateDer::from_pem_slice(certificate.as_bytes()) else { return false };
    let public = pair.der_bytes();
    der.windows(public.len()).any(|part| part == public)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_authority_goes_on_and_another_ones_key_is_refused() {
        let begun = Authority::begin("North", 5).unwrap();
        let again = Authority::open(&begun.certificate, &begun.key).unwrap();
        let issued = again.issue(&["a.example".into()], &[For::Server], 30).unwrap();
        assert!(issued.key.contains("PRIVATE KEY"));
        let other = Authority::begin("South", 5).unwrap();
        let refused = |certificate: &str, key: &str| Authority::open(certificate, key).err().unwrap().code;
        assert_eq!(refused(&begun.certificate, &other.key), "E7302");
        assert_eq!(refused(&issued.certificate, &issued.key), "E7302", "what was issued issues nothing");
        assert_eq!(refused("", ""), "E7302");
        assert!(begun.issue(&[], &[For::Server], 1).is_err());
        assert!(begun.issue(&["é è".into()], &[For::Server], 1).is_err());
    }
}
