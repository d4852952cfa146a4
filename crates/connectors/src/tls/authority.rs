//! An authority for tests: it issues certificates for invented names.

use interface::catalogue::Value;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, PKCS_ECDSA_P256_SHA256,
};
use std::sync::atomic::{AtomicUsize, Ordering};

static NUMBER: AtomicUsize = AtomicUsize::new(1);

/// The authority.
pub(crate) struct Authority {
    /// Its certificate in PEM.
    pub(crate) pem: String,
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate and its key, both in PEM.
pub(crate) struct Issued {
    pub(crate) cert: String,
    pub(crate) key: String,
}

impl Authority {
    /// A new one that nobody knows yet.
    pub(crate) fn new() -> Authority {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        // Each its own name: authorities are looked up by it.
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        params.distinguished_name.push(DnType::CommonName, format!("Authority {number}"));
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Authority { pem, issuer: Issuer::new(params, key) }
    }

    /// A certificate for these names, as server and client.
    pub(crate) fn issue(&self, names: &[&str]) -> Issued {
        self.issue_until(names, 4096)
    }

    /// The same, until this year.
    pub(crate) fn issue_until(&self, names: &[&str], year: i32) -> Issued {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        params.not_after = rcgen::date_time_ymd(year, 1, 1);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
        let cert = params.signed_by(&key, &self.issuer).unwrap().pem();
        Issued { cert, key: key.serialize_pem() }
    }

    /// The setting that trusts it.
    pub(crate) fn trusted(&self) -> (&'static str, Value) {
        ("ca", Value::Text(self.pem.as_str().into()))
    }
}

impl Issued {
    /// The settings that show it.
    pub(crate) fn shown(&self) -> [(&'static str, Value); 2] {
        [("cert", Value::Text(self.cert.as_str().into())), ("key", Value::Text(self.key.as_str().into()))]
    }
}
