//! Files on a server that speaks FTP over TLS.
//!
//! Source: RFC 959 (FTP), RFC 4217 (FTP over TLS, explicit), RFC 3659 (MLST, SIZE), RFC 2428 (EPSV).
//!
//! Owns: the connection, with TLS on control and data; distant folders as [`crate::folder::distant`] has them.
//! Promises: `Source` 1–8 and `Destination` 1–7 of `interface::contract`; a server that is not trusted gets neither a
//! password nor a file; nothing is ever sent unencrypted; data connections go to the server's own address only.
//! Never: follows a symbolic link, shows half a file under its final name, puts anything of a message into a file's name.

mod config;
mod destination;
mod session;
mod source;

#[cfg(test)]
mod tests;

use crate::{
    folder,
    settings::{join, setting},
    tls,
};
use interface::{
    catalogue::{Address, AddressKind, Connector, Context, Setting, SettingKind, Settings, Side, Spec},
    contract::{Boxed, Destination, Source},
};
use message::Reason;

/// The connector.
pub(crate) struct Ftps;

impl Connector for Ftps {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn check(&self, settings: &Settings, is_source: bool) -> Result<(), Reason> {
        if is_source {
            config::reading(settings, None).map(|_| ())
        } else {
            config::writing(settings, None).map(|_| ())
        }
    }

    fn source(&self, settings: &Settings, context: &Context) -> Boxed<'static, Result<Box<dyn Source>, Reason>> {
        let config = config::reading(settings, Some(context));
        let clock = context.clock.clone();
        Box::pin(async move { Ok(Box::new(source::Distant::new(config?, clock)) as Box<dyn Source>) })
    }

    fn destination(&self, settings: &Settings, context: &Context) -> Result<Box<dyn Destination>, Reason> {
        Ok(Box::new(destination::Lane::new(config::writing(settings, Some(context))?)))
    }
}

static SPEC: Spec = Spec {
    name: "ftps",
    title: "Files on an FTP server, over TLS",
    description: "\
Reads files from a folder of an FTP server, and writes files there, over TLS as RFC 4217 has it (explicit, `AUTH TLS`; data \
connections are encrypted too, `PROT P`), or with `mode implicit` from the first byte on. There is no plain FTP: it sends the password and every message readably. For \
partners who have no TLS, [`sftp`](#sftp) or a VPN with a [`file`](#file) share is the way.

The server's certificate is verified as with `https` ([E6504](../errors/E6504.md)). Data connections are made by us \
(passive), to the address of the server only, whatever its answer says.

**As a source** it does what [`sftp`](#sftp) does: looks into the folder at a fixed pace, takes a file once its size and time \
of change have stayed the same for `stable`, and puts it away only after each of its messages was answered by the engine. \
Times of change are as exact as the server tells them: to the second with MLSD, to the minute without.

**As a destination** it writes each message to a file of its own: under a hidden name first, its size compared, then \
renamed. FTP has no flush to disk, so the proof is the server's word (`226`) and the size. Everything before the rename may \
be tried again safely; a connection that breaks while the server renames is *ambiguous*.",
    source: Some(Side {
        address: Address {
            kind: AddressKind::Remote,
            description: "`host:port/folder` or `host:port/folder/*.hl7`; without a port, 21 (990 where TLS is implicit). The folder begins where the \
                          user's login leads; `host//folder` begins at the root of the server.",
        },
        options: &join::<{ COMMON.len() + SOURCE_OPTIONS.len() + tls::CLIENT.len() }>(&[
            COMMON,
            SOURCE_OPTIONS,
            tls::CLIENT,
        ]),
        example: "receive ftps files.example.org/outbox/*.hl7 {\n    user sinew\n    password \"an example\"\n    \
                  every 30s\n  }",
    }),
    destination: Some(Side {
        address: Address {
            kind: AddressKind::Remote,
            description: "`host:port/folder`; as for a source. The folder must exist.",
        },
        options: &join::<{ COMMON.len() + 1 + tls::CLIENT.len() }>(&[COMMON, &[folder::NAME], tls::CLIENT]),
        example: "send partner {\n  ftps files.example.org/inbox {\n    user sinew\n    password \"an example\"\n  }\n}",
    }),
};

const COMMON: &[Setting] = &[
    setting(
        "mode",
        SettingKind::Word(&["explicit", "implicit"]),
        "explicit",
        "How TLS begins: after `AUTH TLS`, or with the connection, on port 990, as some old servers want it.",
    ),
    setting("user", SettingKind::Text, "", "Who we are at the server."),
    setting("password", SettingKind::Text, "", "Our password: `secret:NAME`."),
    setting("connect-timeout", SettingKind::Duration, "10s", "How long to wait until the server has let us in."),
    setting("timeout", SettingKind::Duration, "30s", "How long to wait for each answer of the server."),
];

const SOURCE_OPTIONS: &[Setting] = &[
    folder::EVERY_FAR,
    folder::STABLE_FAR,
    folder::SORT,
    folder::LIMIT,
    folder::SPLIT,
    folder::AFTER,
    folder::DONE,
    folder::ERRORS,
];
