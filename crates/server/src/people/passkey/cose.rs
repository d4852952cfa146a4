//! Public keys of authenticators (RFC 9053) and their signatures: ES256, EdDSA and RS256.

use super::cbor::{self, Value};
use ring::signature::{
    ECDSA_P256_SHA256_ASN1, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};

/// The algorithms that are taken, the best first, by their numbers in the registry of COSE.
pub(in crate::people) const ALGORITHMS: [i64; 3] = [ES256, EDDSA, RS256];
const ES256: i64 = -7;
const EDDSA: i64 = -8;
const RS256: i64 = -257;

/// The algorithm of a key, if it is a whole key of one that is taken.
pub(super) fn algorithm(key: &[u8]) -> Option<i64> {
    let (key, rest) = cbor::read(key)?;
    let algorithm = rest.is_empty().then(|| key.numbered(3)?.integer())??;
    let is_whole = match algorithm {
        ES256 => point(&key).is_some(),
        EDDSA => okp(&key).is_some(),
        RS256 => rsa(&key).is_some(),
        _ => false,
    };
    is_whole.then_some(algorithm)
}

/// The signature is one of this key over these bytes.
pub(super) fn is_signed(key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let Some((key, _)) = cbor::read(key) else { return false };
    match key.numbered(3).and_then(Value::integer) {
        Some(ES256) => point(&key).is_some_and(|point| {
            UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point).verify(message, signature).is_ok()
        }),
        Some(EDDSA) => {
            okp(&key).is_some_and(|key| UnparsedPublicKey::new(&ED25519, key).verify(message, signature).is_ok())
        }
        Some(RS256) => rsa(&key).is_some_and(|(n, e)| {
            RsaPublicKeyComponents { n, e }.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature).is_ok()
        }),
        Some(_) | None => false,
    }
}

fn is_kind(key: &Value, kind: i64, curve: Option<i64>) -> bool {
    let number = |place: i64| key.numbered(place).and_then(Value::integer);
    number(1) == Some(kind) && curve.is_none_or(|curve| number(-1) == Some(curve))
}

/// Kind 2 on P-256, as an uncompressed point (SEC 1 §2.3.3).
fn point(key: &Value) -> Option<Vec<u8>> {
    let coordinate = |place: i64| key.numbered(place)?.bytes().filter(|bytes| bytes.len() == 32);
    is_kind(key, 2, Some(1)).then(|| Some([&[4], coordinate(-2)?, coordinate(-3)?].concat()))?
}

/// Kind 1 on Ed25519.
fn okp(key: &Value) -> Option<&[u8]> {
    is_kind(key, 1, Some(6)).then(|| key.numbered(-2)?.bytes().filter(|bytes| bytes.len() == 32))?
}

/// Kind 3: modulus and exponent, without leading zeros.
fn rsa(key: &Value) -> Option<(&[u8], &[u8])> {
    let number = |place: i64| {
        let bytes = key.numbered(place)?.bytes()?;
        let start = bytes.iter().position(|byte| *byte != 0)?;
        bytes.get(start..)
    };
    is_kind(key, 3, None).then(|| Some((number(-1)?, number(-2)?)))?
}
