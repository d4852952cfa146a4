//! Settings that every connector with a server at its other end has.

use super::client::Limits;
use crate::settings::{duration, setting, size};
use interface::catalogue::{Setting, SettingKind, Settings};
use message::Reason;

/// Limits.
pub(crate) const LIMITS: &[Setting] = &[
    setting("timeout", SettingKind::Duration, "30s", "From the first byte sent to the last byte of the answer."),
    setting(
        "connect-timeout",
        SettingKind::Duration,
        "10s",
        "How long to wait for a connection, with its TLS handshake.",
    ),
    setting("limit", SettingKind::Size, "1MiB", "Largest answer that is read."),
    setting(
        "link-local",
        SettingKind::Flag,
        "no",
        "Whether the address may lead to a link-local network (169.254.0.0/16, fe80::/10): there clouds hand out the credentials \
         of the machine, so it takes this line.",
    ),
];

/// Who we are.
pub(crate) const CREDENTIALS: &[Setting] = &[
    setting("user", SettingKind::Text, "", "Basic authentication: the user. Over `https` or to this machine only."),
    setting("password", SettingKind::Text, "", "Basic authentication: the password, best as `secret:name`."),
    setting(
        "token",
        SettingKind::Text,
        "",
        "Bearer authentication: a token that does not change, best as `secret:name`.",
    ),
    setting(
        "token-url",
        SettingKind::Text,
        "",
        "OAuth 2 client credentials: where tokens are fetched. A token is kept, renewed before it expires, and once when the \
         server answers 401.",
    ),
    setting("client-id", SettingKind::Text, "", "OAuth 2: the client."),
    setting("client-secret", SettingKind::Text, "", "OAuth 2: the client's secret, best as `secret:name`."),
    setting(
        "client-auth",
        SettingKind::Word(&["basic", "body"]),
        "basic",
        "OAuth 2: whether the client's secret goes in the header `Authorization` or in the body.",
    ),
    setting(
        "private-key",
        SettingKind::Path,
        "",
        "OAuth 2 with a signed assertion in place of a secret (private_key_jwt; SMART backend services): the key in PEM, RSA \
         (signs RS384) or EC on P-384 (signs ES384), best as `secret:name`.",
    ),
    setting("key-id", SettingKind::Text, "", "OAuth 2: the `kid` under which the server knows the key."),
    setting("scope", SettingKind::Text, "", "OAuth 2: the scopes that are asked for, with spaces between them."),
    setting("audience", SettingKind::Text, "", "OAuth 2: the `audience` that some servers want to be named."),
];

/// Reads [`LIMITS`].
pub(crate) fn limits(settings: &Settings) -> Result<Limits, Reason> {
    Ok(Limits {
        connect_time_max: duration(settings, "connect-timeout")?,
        reply_time_max: duration(settings, "timeout")?,
        reply_bytes_max: size(settings, "limit")?,
    })
}
