//! Files on a server that speaks SFTP.
//!
//! Source: RFC 4251–4254 (SSH), draft-ietf-secsh-filexfer-02 (SFTP 3), OpenSSH's PROTOCOL (posix-rename, fsync).
//!
//! Owns: the connection, who the server is and who we are, distant folders.
//! Promises: `Source` 1–8 and `Destination` 1–7 of `interface::contract`; a server whose key is not pinned gets neither a
//! password nor a file; a distant file is put away only after the engine has answered for each of its messages.
//! Never: follows a symbolic link, shows half a file under its final name, puts anything of a message into a file's name.

mod config;
mod destination;
mod session;
mod source;

#[cfg(test)]
mod tests;

use crate::{folder, settings::setting};
use interface::{
    catalogue::{Address, AddressKind, Connector, Context, Setting, SettingKind, Settings, Side, Spec},
    contract::{Boxed, Destination, Source},
};
use message::Reason;

/// The connector.
pub(crate) struct Sftp;

impl Connector for Sftp {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn check(&self, settings: &Settings, is_source: bool) -> Result<(), Reason> {
        if is_source { config::reading(settings).map(|_| ()) } else { config::writing(settings).map(|_| ()) }
    }

    fn source(&self, settings: &Settings, context: &Context) -> Boxed<'static, Result<Box<dyn Source>, Reason>> {
        let config = config::reading(settings);
        let clock = context.clock.clone();
        Box::pin(async move { Ok(Box::new(source::Distant::new(config?, clock)) as Box<dyn Source>) })
    }

    fn destination(&self, settings: &Settings, _context: &Context) -> Result<Box<dyn Destination>, Reason> {
        Ok(Box::new(destination::Lane::new(config::writing(settings)?)))
    }
}

static SPEC: Spec = Spec {
    name: "sftp",
    title: "Files on an SFTP server",
    description: "\
Reads files from a folder of an SFTP server, and writes files there.

The server is known by its key: `host-key` holds the fingerprint that your partner told you. A server with another key, \
or one whose key is not written down yet, is refused before anything is sent to it, and the error shows the fingerprint \
that it has ([E6601](../errors/E6601.md)). We are known by `key`, a private key (OpenSSH, PKCS#8, PKCS#1 or PuTTY; \
Ed25519 is best), or by `password`, also where the server asks for it as a question (keyboard-interactive).

**As a source** it does what [`file`](#file) does: it looks into the folder at a fixed pace, takes a file once its size and \
time of change have stayed the same for `stable`, cuts batches into messages, and moves, deletes or remembers the file \
only after each of its messages was answered by the engine. After a crash in between, the file is read again, and the \
messages that were accepted are recognised as duplicates. While the server is away, it tries again at every look.

**As a destination** it writes each message to a file of its own: under a hidden name first, flushed to disk where the \
server can (fsync@openssh.com), its size compared, then renamed, so that nobody sees half a file. The name depends only on \
the delivery: a repeated delivery replaces the file with the same content. Everything before the rename may be tried again \
safely; a connection that breaks while the server renames is *ambiguous*.",
    source: Some(Side {
        address: Address {
            kind: AddressKind::Remote,
            description: "`host:port/folder` or `host:port/folder/*.hl7`; without a port, 22. The folder begins where the \
                          user's login leads; `host//folder` begins at the root of the server.",
        },
        options: SOURCE_OPTIONS,
        example: "receive sftp files.example.org:22/outbox/*.hl7 {\n    user sinew\n    password \"an example\"\n    \
                  host-key \"SHA256:uNiVztksCsDhcc0u9e8BrrJXVGDnoKvVDgDmMDNk6yk\"\n    every 30s\n  }",
    }),
    destination: Some(Side {
        address: Address {
            kind: AddressKind::Remote,
            description: "`host:port/folder`; as for a source. The folder must exist.",
        },
        options: DESTINATION_OPTIONS,
        example: "send partner {\n  sftp files.example.org/inbox {\n    user sinew\n    password \"an example\"\n    \
                  host-key \"SHA256:uNiVztksCsDhcc0u9e8BrrJXVGDnoKvVDgDmMDNk6yk\"\n  }\n}",
    }),
};

const USER: Setting = setting("user", SettingKind::Text, "", "Who we are at the server.");
const PASSWORD: Setting = setting("password", SettingKind::Text, "", "Our password: `secret:NAME`.");
const KEY: Setting = setting(
    "key",
    SettingKind::Text,
    "",
    "Our private key, the whole text: `secret:NAME`, with its file under [secrets].",
);
const PASSPHRASE: Setting =
    setting("passphrase", SettingKind::Text, "", "What the private key is locked with: `secret:NAME`.");
const HOST_KEY: Setting = setting(
    "host-key",
    SettingKind::List,
    "",
    "The fingerprint of the server's key, `\"SHA256:…\"`; two while the server changes its key.",
);
const CONNECT_TIMEOUT: Setting =
    setting("connect-timeout", SettingKind::Duration, "10s", "How long to wait until the server has let us in.");
const TIMEOUT: Setting =
    setting("timeout", SettingKind::Duration, "30s", "How long to wait for each answer of the server.");

const SOURCE_OPTIONS: &[Setting] = &[
    USER,
    PASSWORD,
    KEY,
    PASSPHRASE,
    HOST_KEY,
    folder::EVERY_FAR,
    folder::STABLE_FAR,
    folder::SORT,
    folder::LIMIT,
    folder::SPLIT,
    folder::AFTER,
    folder::DONE,
    folder::ERRORS,
    CONNECT_TIMEOUT,
    TIMEOUT,
];

const DESTINATION_OPTIONS: &[Setting] =
    &[USER, PASSWORD, KEY, PASSPHRASE, HOST_KEY, folder::NAME, CONNECT_TIMEOUT, TIMEOUT];
