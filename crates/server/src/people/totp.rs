//! One-time codes by time: RFC 6238 with HMAC-SHA-1, 30 seconds and 6 digits, as every authenticator app has it.
//!
//! Promises: a code is taken once (RFC 6238 §5.2); one step before and one behind are allowed for clocks that differ.

use super::chance;
use crate::problem::Problem;
use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use message::Timestamp;
use ring::hmac;
use serde::{Deserialize, Serialize};
use std::fmt::Write;

const STEP_S: u64 = 30;
const DIGITS: usize = 6;
/// Bytes of a secret (RFC 4226 §4: 160 bits).
const SECRET_BYTES: usize = 20;

/// A secret that an app shares with us.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Totp {
    secret: String,
    /// The last step whose code was taken.
    last: u64,
}

impl Totp {
    /// A new secret.
    pub(crate) fn make() -> Result<Totp, Problem> {
        Ok(Totp { secret: STANDARD_NO_PAD.encode(chance::bytes::<SECRET_BYTES>()?), last: 0 })
    }

    fn bytes(&self) -> Vec<u8> {
        STANDARD_NO_PAD.decode(&self.secret).unwrap_or_default()
    }

    /// The secret as people type it.
    pub(crate) fn to_text(&self) -> String {
        chance::base32(&self.bytes())
    }

    /// The address that apps read from a picture.
    pub(crate) fn address(&self, name: &str) -> String {
        let secret = self.to_text();
        format!("otpauth://totp/Sinew:{}?secret={secret}&issuer=Sinew&digits=6&period=30", crate::client::encode(name))
    }

    /// Takes a code; from then on, neither it nor an older one is taken again.
    pub(crate) fn take(&mut self, code: &str, now: Timestamp) -> bool {
        let step = u64::try_from(now.0 / 1_000_000).unwrap_or(0) / STEP_S;
        let secret = self.bytes();
        let mut found = None;
        // Every step is looked at, found or not: the time says nothing.
        for candidate in [step.saturating_sub(1), step, step + 1] {
            let is_right = chance::is_same(code_at(&secret, candidate).as_bytes(), code.as_bytes());
            if is_right && candidate > self.last {
                found = Some(candidate);
            }
        }
        if let Some(step) = found {
            self.last = step;
        }
        found.is_some()
    }

    /// The code at a time.
    #[cfg(test)]
    pub(crate) fn code(&self, at: Timestamp) -> String {
        code_at(&self.bytes(), (at.0 / 1_000_000) as u64 / STEP_S)
    }
}

/// RFC 4226 §5.3.
fn code_at(secret: &[u8], step: u64) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let bytes = tag.as_ref();
    let start = usize::from(bytes.last().copied().unwrap_or(0) & 15);
    let cut = bytes.get(start..start + 4).unwrap_or(&[0; 4]);
    let number = cut.iter().fold(0u32, |all, byte| all << 8 | u32::from(*byte)) & 0x7fff_ffff;
    format!("{:0width$}", number % 1_000_000, width = DIGITS)
}

/// A picture of an address, as SVG.
pub(crate) fn picture(address: &str) -> String {
    let Ok(code) = qrcodegen::QrCode::encode_text(address, qrcodegen::QrCodeEcc::Medium) else { return String::new() };
    let size = code.size();
    let mut path = String::new();
    for y in 0..size {
        for x in (0..size).filter(|x| code.get_module(*x, y)) {
            let _ = write!(path, "M{} {}h1v1h-1z", x + 4, y + 4);
        }
    }
    let side = size + 8;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" shape-rendering=\"crispEdges\">\
         <path fill=\"#fff\" d=\"M0 0h{side}v{side}H0z\"/><path d=\"{path}\"/></svg>"
    )
}

/// Recovery codes of a person.
pub(crate) const RECOVERY_CODES: usize = 10;

/// Groups of a recovery code, and letters or digits of each: 5 random bits a letter.
const GROUPS: usize = 5;
const LETTERS: usize = 5;

/// A recovery code: 125 random bits, as groups of letters and digits.
pub(crate) fn recovery_code() -> Result<String, Problem> {
    let text = chance::base32(&chance::bytes::<16>()?);
    let groups: Vec<&str> = (0..GROUPS).filter_map(|at| text.get(at * LETTERS..(at + 1) * LETTERS)).collect();
    Ok(groups.join("-"))
}

/// A recovery code as it is kept, however it was typed. It has more than 112 random bits, so nothing slow is needed.
pub(crate) fn recovery_hash(code: &str) -> String {
    let plain: String = code.chars().filter(char::is_ascii_alphanumeric).collect();
    chance::hashed(&plain.to_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238 appendix B, cut to six digits.
    #[test]
    fn codes_of_the_standard() {
        let secret = b"12345678901234567890";
        for (at, code) in
            [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924"), (20_000_000_000, "353130")]
        {
            assert_eq!(code_at(secret, at / STEP_S), code, "{at}");
        }
    }

    #[test]
    fn a_code_is_taken_once_and_near_its_time() {
        let at = |seconds: i64| Timestamp(seconds * 1_000_000);
        let mut totp = Totp::make().unwrap();
        let code = totp.code(at(3000));
        let early = totp.code(at(2970));
        assert!(!totp.take("", at(3000)) && !totp.take("12345", at(3000)));
        assert!(!totp.clone().take(&code, at(3070)), "too late");
        assert!(!totp.clone().take(&code, at(2930)), "too early");
        assert!(totp.clone().take(&code, at(2975)) && totp.clone().take(&code, at(3055)), "one step around");
        assert!(totp.take(&code, at(3000)));
        assert!(!totp.take(&code, at(3001)), "never twice");
        assert!(!totp.take(&early, at(3001)), "none from before one that was taken");
    }

    #[test]
    fn recovery_codes_however_typed() {
        let code = recovery_code().unwrap();
        const { assert!(GROUPS * LETTERS * 5 >= 112, "a plain hash would not do for fewer bits") };
        let groups: Vec<usize> = code.split('-').map(str::len).collect();
        assert_eq!(groups, [LETTERS; GROUPS], "{code}");
        assert_ne!(code, recovery_code().unwrap());
        assert_eq!(recovery_hash(&code), recovery_hash(&code.to_lowercase().replace('-', " ")));
        assert!(picture("otpauth://totp/x").starts_with("<svg"));
    }
}
