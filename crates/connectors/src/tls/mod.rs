//! TLS as the connectors use it, on both sides of a connection: rustls with ring, TLS 1.2 and 1.3 and nothing older.
//!
//! Owns: the settings about certificates that connectors share ([`CLIENT`], [`SERVER`]), reading them, the handshake and
//! what went wrong in it.
//! Promises: a partner's certificate is always verified, against its chain, its time and its name; there is no setting
//! that turns this off. Certificates and keys are read again when their files change, without a restart.
//! Never: prints a key or a certificate, falls back to an unencrypted connection.

mod client;
mod fresh;
pub(crate) mod pem;
mod server;
mod stream;

#[cfg(test)]
pub(crate) mod authority;
#[cfg(test)]
mod tests;

pub(crate) use client::{Client, check_switch, connect, refused_late};
pub(crate) use server::{Server, admit, is_peer};
pub(crate) use stream::Stream;

use crate::settings::setting;
use interface::catalogue::{Setting, SettingKind};
use rustls::crypto::{CryptoProvider, ring};
use std::sync::Arc;

/// What a destination needs that speaks TLS because its address says so (`https://`).
pub(crate) const CLIENT: &[Setting] = &[
    setting(
        "ca",
        SettingKind::Path,
        "",
        "With TLS: a PEM file of the workspace, or `secret:name`, with the certificates of further authorities that are \
         trusted, for partners whose certificate was issued in the house.",
    ),
    setting(
        "public-roots",
        SettingKind::Flag,
        "yes",
        "With TLS: whether the public authorities (those of Mozilla) are trusted too. `no` leaves only those of `ca`.",
    ),
    setting(
        "cert",
        SettingKind::Path,
        "",
        "With TLS: our own certificate, where the partner asks for one: a PEM file of the workspace or `secret:name`, with \
         the certificates between it and its authority behind it.",
    ),
    setting(
        "key",
        SettingKind::Path,
        "",
        "The private key of `cert`, in PEM (PKCS #8, PKCS #1 or SEC 1, not encrypted); best `secret:name`.",
    ),
    setting(
        "server-name",
        SettingKind::Text,
        "",
        "With TLS: the name that must stand in the partner's certificate, where it is not the host of the address.",
    ),
];

/// The word that turns TLS on where an address does not say it.
pub(crate) const SWITCH: Setting = setting(
    "tls",
    SettingKind::Flag,
    "no",
    "Whether the connection is encrypted, and the partner's certificate verified.",
);

/// What a source needs to be reached over TLS: giving `cert` turns it on.
pub(crate) const SERVER: &[Setting] = &[
    setting(
        "cert",
        SettingKind::Path,
        "",
        "Serve over TLS with this certificate: a PEM file of the workspace or `secret:name`, with the certificates between \
         it and its authority behind it. Without it the source takes unencrypted connections only.",
    ),
    setting(
        "key",
        SettingKind::Path,
        "",
        "The private key of `cert`, in PEM (PKCS #8, PKCS #1 or SEC 1, not encrypted); best `secret:name`.",
    ),
    setting(
        "ca",
        SettingKind::Path,
        "",
        "Take only clients that show a certificate of these authorities: a PEM file of the workspace or `secret:name`.",
    ),
    setting(
        "clients",
        SettingKind::List,
        "",
        "With `ca`: take only clients whose certificate is for one of these DNS names (subject alternative name).",
    ),
    setting(
        "plaintext",
        SettingKind::Flag,
        "no",
        "`yes` says that connections from the network are left unencrypted on purpose, in a network that is closed to \
         others. Without it, `sinew check` warns where a source without `cert` listens beyond this machine.",
    ),
];

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}
