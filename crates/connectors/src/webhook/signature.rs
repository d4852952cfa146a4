//! The signature of a webhook, pure.

use crate::{
    codes,
    web::encode::{base64, from_base64},
};
use interface::catalogue::Settings;
use message::Reason;
use ring::hmac;

/// Fewest and most bytes of a secret (Standard Webhooks 1.0).
const SECRET_BYTES_MIN: usize = 24;
const SECRET_BYTES_MAX: usize = 64;
/// How a secret begins that is written in Base64.
const PREFIX: &str = "whsec_";

/// The keys that sign: the secret, and while it is being changed, the one before.
pub(crate) struct Keys(Vec<hmac::Key>);

impl Keys {
    pub(crate) fn read(settings: &Settings) -> Result<Keys, Reason> {
        let mut keys = vec![key("secret", settings.text("secret"))?];
        let former = settings.text("former-secret");
        if !former.is_empty() {
            keys.push(key("former-secret", former)?);
        }
        Ok(Keys(keys))
    }

    /// The header `webhook-signature`.
    pub(crate) fn sign(&self, id: &str, timestamp: i64, body: &[u8]) -> String {
        let head = format!("{id}.{timestamp}.");
        let signature = |key: &hmac::Key| {
            let mut context = hmac::Context::with_key(key);
            context.update(head.as_bytes());
            context.update(body);
            format!("v1,{}", base64(context.sign().as_ref()))
        };
        self.0.iter().map(signature).collect::<Vec<_>>().join(" ")
    }
}

fn key(name: &str, text: &str) -> Result<hmac::Key, Reason> {
    let complain = |why: &str| Reason::new(codes::E6010, format!("`{name}` {why}"));
    if text.is_empty() {
        return Err(complain("is missing: the receiver could not know who sent a message"));
    }
    let bytes = match text.strip_prefix(PREFIX) {
        Some(encoded) => from_base64(encoded).ok_or_else(|| complain("is not Base64 behind whsec_"))?,
        None => text.as_bytes().to_vec(),
    };
    if !(SECRET_BYTES_MIN..=SECRET_BYTES_MAX).contains(&bytes.len()) {
        return Err(complain("must be 24 to 64 bytes long"));
    }
    Ok(hmac::Key::new(hmac::HMAC_SHA256, &bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use interface::catalogue::Value;

    fn keys(secret: &str, former: &str) -> Result<Keys, Reason> {
        let values = [("secret", secret), ("former-secret", former)];
        let values = values.map(|(name, text)| (name, Value::Text(text.into()))).into_iter().collect();
        Keys::read(&Settings { address: "".into(), values })
    }

    #[test]
    fn the_example_of_the_specification() {
        let sign = |secret, former| {
            let body = br#"{"test": 2432232314}"#;
            keys(secret, former).unwrap().sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body)
        };
        let expect = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        assert_eq!(sign(secret, ""), expect);
        let other = sign("another secret of this length", secret);
        assert!(other.starts_with("v1,") && other.ends_with(&format!(" {expect}")), "{other}");
    }

    #[test]
    fn secrets_that_cannot_be_used() {
        for (secret, former) in [("", ""), ("short", ""), ("whsec_?", ""), ("whsec_YQ==", ""), (&*"x".repeat(65), "")] {
            assert_eq!(keys(secret, former).err().unwrap().code, "E6010");
        }
        let refused = keys(&"x".repeat(24), "hunter2").err().unwrap();
        assert!(!refused.text.contains("hunter2"), "{refused}");
    }
}
