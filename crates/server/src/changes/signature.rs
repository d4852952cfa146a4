//! The signature of a version: by the installation, over everything that a version says, its texts by their hash.
//!
//! Promises: a version whose texts, reason, person, time or place were changed after it was kept is told from one that was not;
//! the key is that of the audit chain, which nobody can use but who has the key of the store.

use super::Texts;
use crate::people::{chance, record::Version};
use store::audit::{Audit, is_statement};

/// What versions are signed as.
const PURPOSE: &str = "version of a workspace";

/// What is wrong with a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    /// There is none: it was kept by a Sinew that did not sign.
    Missing,
    /// The texts are not those that were signed.
    Texts,
    /// Something else is not as it was signed, or somebody else signed it.
    Signature,
}

impl Wrong {
    /// A word for programs.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Wrong::Missing => "missing",
            Wrong::Texts | Wrong::Signature => "wrong",
        }
    }

    pub(super) fn in_words(self) -> &'static str {
        match self {
            Wrong::Missing => "it has no signature",
            Wrong::Texts => "its files are not those that were signed",
            Wrong::Signature => "its signature is not that of this installation over what it says",
        }
    }
}

/// The hash of texts.
pub(super) fn fingerprint(texts: &Texts) -> String {
    super::fingerprint(texts.iter().map(|(path, text)| (path.clone(), text.clone().into_bytes())))
}

/// What is signed: each part behind its length, so that no piece of one can pass for a piece of the next.
fn statement(version: &Version) -> Vec<u8> {
    let at = version.at.0.to_string();
    let was_in_force = if version.is_aside { "aside" } else { "in force" };
    let parts: [&str; 8] = [
        &version.id,
        &at,
        &version.by,
        &version.reason,
        &version.ticket,
        &version.environment,
        was_in_force,
        &version.fingerprint,
    ];
    let mut out = Vec::new();
    for part in parts {
        out.extend_from_slice(&(part.len() as u64).to_le_bytes());
        out.extend_from_slice(part.as_bytes());
    }
    out
}

/// The signature of a version, as it is kept.
pub(super) fn sign(version: &Version, audit: &Audit) -> String {
    chance::hex(&audit.sign_statement(PURPOSE, &statement(version)))
}

/// What is wrong with a version, by the public key of the installation.
pub(super) fn look(version: &Version, public: &[u8; 32]) -> Result<(), Wrong> {
    if version.signature.is_empty() {
        return Err(Wrong::Missing);
    }
    if fingerprint(&version.texts) != version.fingerprint {
        return Err(Wrong::Texts);
    }
    let bytes = chance::unhex(&version.signature).ok_or(Wrong::Signature)?;
    if is_statement(public, PURPOSE, &statement(version), &bytes) { Ok(()) } else { Err(Wrong::Signature) }
}
