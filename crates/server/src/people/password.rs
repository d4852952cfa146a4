//! Passwords: Argon2id with the parameters that OWASP names (19 MiB, 2 passes, 1 lane).
//!
//! Promises: as many are computed at once as half of the processors, and a bounded number waits, so that sign-ins cannot
//! take the machine from the messages; a name that nobody has costs the same time as one that somebody has.
//! Never: keeps, prints or logs a password.

use super::chance;
use crate::{codes, problem::Problem};
use argon2::{Algorithm, Argon2, Params, Version};
use axum::http::StatusCode;
use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use serde::{Deserialize, Serialize};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
const HASH_BYTES: usize = 32;
/// Sign-ins that wait for their turn.
const WAITING_MAX: usize = 64;
/// Lengths in characters.
const CHARS_MIN: usize = 12;
const CHARS_MAX: usize = 256;

/// What is kept of a password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Password {
    salt: String,
    hash: String,
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

impl Password {
    /// It was computed with other parameters than those that are used now.
    pub(super) fn is_outdated(&self) -> bool {
        (self.memory_kib, self.passes, self.lanes) != (MEMORY_KIB, PASSES, LANES)
    }

    /// Stands in where nobody has the name.
    fn nobodys() -> Password {
        let hash = STANDARD_NO_PAD.encode([0; HASH_BYTES]);
        let salt = STANDARD_NO_PAD.encode([0; 16]);
        Password { salt, hash, memory_kib: MEMORY_KIB, passes: PASSES, lanes: LANES }
    }
}

/// The words that are tried first, wherever passwords are guessed.
const TRIED_FIRST: &[&str] = &[
    "password",
    "passwort",
    "qwerty",
    "qwertz",
    "letmein",
    "welcome",
    "administrator",
    "sinew",
    "hospital",
    "iloveyou",
    "changeme",
    "trustno1",
    "sunshine",
    "princess",
    "football",
    "monkey",
    "dragon",
    "1234567890",
    "0987654321",
    "abcdefghij",
];

/// Refuses what would be guessed. `words` are those of this site and this person: their name, the name of the workspace.
pub(crate) fn check_new(password: &str, words: &[&str]) -> Result<(), Problem> {
    let weak = |text: &str| Err(Problem::new(StatusCode::BAD_REQUEST, codes::E7071, text));
    let count = password.chars().count();
    if count < CHARS_MIN {
        return weak("a password has at least 12 characters: four unrelated words are good");
    }
    if count > CHARS_MAX {
        return weak("a password has at most 256 characters");
    }
    let lower = password.to_lowercase();
    let kinds = lower.chars().collect::<std::collections::BTreeSet<char>>().len();
    let rest = TRIED_FIRST.iter().fold(lower.clone(), |rest, word| rest.replace(word, ""));
    if kinds < 5 || rest.chars().filter(|letter| letter.is_alphabetic()).count() < 4 && rest.chars().count() < CHARS_MIN
    {
        return weak("this password is one of those that are tried first");
    }
    let own = words.iter().filter(|word| word.chars().count() > 3);
    let rest = own.fold(lower.clone(), |rest, word| rest.replace(&word.to_lowercase(), ""));
    if rest != lower && rest.chars().count() < CHARS_MIN {
        return weak("the password is little more than a name that everybody here knows");
    }
    Ok(())
}

/// The desk where passwords are computed.
pub(crate) struct Desk {
    room: Arc<Semaphore>,
    waiting: AtomicUsize,
}

impl Default for Desk {
    fn default() -> Desk {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Desk { room: Arc::new(Semaphore::new((processors / 2).max(1))), waiting: AtomicUsize::new(0) }
    }
}

struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Desk {
    async fn compute(
        &self,
        password: Zeroizing<String>,
        salt: Vec<u8>,
        params: Params,
    ) -> Result<[u8; HASH_BYTES], Problem> {
        let busy = || {
            let text = "too many sign-ins at once: try again in a moment";
            Problem::new(StatusCode::TOO_MANY_REQUESTS, codes::E7064, text).after(2)
        };
        let before = self.waiting.fetch_add(1, Ordering::AcqRel);
        let waiting = Waiting(&self.waiting);
        if before >= WAITING_MAX {
            return Err(busy());
        }
        let permit = self.room.clone().acquire_owned().await.map_err(|_| busy())?;
        let work = move || {
            let _permit = permit;
            let mut hash = [0; HASH_BYTES];
            let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
            argon.hash_password_into(password.as_bytes(), &salt, &mut hash).map(|()| hash)
        };
        let computed = tokio::task::spawn_blocking(work).await;
        drop(waiting);
        computed.map_err(|_| busy())?.map_err(|_| busy())
    }

    /// What is to be kept of a password.
    pub(crate) async fn make(&self, password: Zeroizing<String>) -> Result<Password, Problem> {
        self.make_with(password, MEMORY_KIB, PASSES).await
    }

    /// The same, with these parameters.
    pub(super) async fn make_with(
        &self,
        password: Zeroizing<String>,
        memory_kib: u32,
        passes: u32,
    ) -> Result<Password, Problem> {
        let salt = chance::bytes::<16>()?;
        let kept = Password { salt: STANDARD_NO_PAD.encode(salt), memory_kib, passes, ..Password::nobodys() };
        let hash = self.compute(password, salt.to_vec(), params(&kept)?).await?;
        Ok(Password { hash: STANDARD_NO_PAD.encode(hash), ..kept })
    }

    /// The password is the one that was kept. Without one the answer is no, after the same work.
    pub(crate) async fn check(&self, password: Zeroizing<String>, kept: Option<Password>) -> Result<bool, Problem> {
        let is_anyones = kept.is_some();
        let kept = kept.unwrap_or_else(Password::nobodys);
        let wrong =
            |_| Problem::new(StatusCode::SERVICE_UNAVAILABLE, store::codes::E4090, "a kept password is damaged");
        let salt = STANDARD_NO_PAD.decode(&kept.salt).map_err(wrong)?;
        let expected = STANDARD_NO_PAD.decode(&kept.hash).map_err(wrong)?;
        let is_short_enough = password.chars().count() <= CHARS_MAX;
        let password = if is_short_enough { password } else { Zeroizing::new(String::new()) };
        let hash = self.compute(password, salt, params(&kept)?).await?;
        Ok(chance::is_same(&hash, &expected) && is_anyones && is_short_enough)
    }
}

fn params(kept: &Password) -> Result<Params, Problem> {
    let wrong = |_| Problem::new(StatusCode::SERVICE_UNAVAILABLE, store::codes::E4090, "a kept password is damaged");
    Params::new(kept.memory_kib, kept.passes, kept.lanes, Some(HASH_BYTES)).map_err(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> Zeroizing<String> {
        Zeroizing::new(text.to_owned())
    }

    #[tokio::test]
    async fn a_password_is_known_again_and_nothing_else_is() {
        let desk = Desk::default();
        let kept = desk.make(secret("correct horse battery")).await.unwrap();
        assert!(!format!("{kept:?}").contains("horse"));
        assert!(desk.check(secret("correct horse battery"), Some(kept.clone())).await.unwrap());
        assert!(!desk.check(secret("correct horse batterz"), Some(kept)).await.unwrap());
        assert!(!desk.check(secret("correct horse battery"), None).await.unwrap());
        assert!(!desk.check(secret(""), None).await.unwrap());
    }

    #[test]
    fn weak_passwords() {
        let check = |text: &str, is_good: bool| {
            assert_eq!(check_new(text, &["annabel", "North Hospital", "er"]).is_ok(), is_good, "{text}")
        };
        check("correct horse battery", true);
        check("kaputt-mond-9", true);
        check("short", false);
        check("aaaaaaaaaaaaaaaa", false);
        check("password1234", false);
        check("Password1234567890", false);
        check("annabelannabel", false);
        check("Annabel-2026!", false);
        check("north hospital 26", false);
        check("hospital2026", false);
        check("mother under water", true);
        check(&"kaputt-mond-9 ".repeat(5), true);
        check("ñandú 鴨 🦆 wüste …", true);
        check(&"ab3 e".repeat(60), false);
    }
}
