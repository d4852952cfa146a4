//! Objects of an object store that speaks the protocol of Amazon S3.
//!
//! Source: Amazon S3 API reference (ListObjectsV2, GetObject, PutObject, CopyObject, DeleteObject), and its "Signature
//! Calculations for the Authorization Header" (AWS Signature Version 4).
//!
//! Owns: signing, the few requests that are needed, what an answer means.
//! Promises: `Source` 1–8 and `Destination` 1–7 of `interface::contract`; an object is put away only after the engine has
//! answered for each of its messages, and only if it is still the one that was read; a delivery never replaces an object
//! that another one wrote.
//! Never: puts a secret or anything of a message into an address, follows a redirect.

mod config;
mod destination;
mod sign;
mod source;
mod store;

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
pub(crate) struct S3;

impl Connector for S3 {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn check(&self, settings: &Settings, is_source: bool) -> Result<(), Reason> {
        if is_source {
            config::Reading::read(settings).map(|_| ())
        } else {
            config::Writing::read(settings).map(|_| ())
        }
    }

    fn source(&self, settings: &Settings, context: &Context) -> Boxed<'static, Result<Box<dyn Source>, Reason>> {
        let opened = source::Bucket::open(settings, context);
        Box::pin(async move { Ok(Box::new(opened?) as Box<dyn Source>) })
    }

    fn destination(&self, settings: &Settings, context: &Context) -> Result<Box<dyn Destination>, Reason> {
        Ok(Box::new(destination::Lane::open(settings, context)?))
    }
}

static SPEC: Spec = Spec {
    name: "s3",
    title: "Objects in an S3-compatible store",
    description: "\
Reads objects from a bucket and writes objects there: Amazon S3 and stores that speak its protocol. Requests are signed \
(Signature Version 4) with their content, over `https` or, in a closed network, `http`.

**As a source** it does what [`file`](#file) does with the objects whose keys begin with a prefix: it lists them at a fixed \
pace, takes them in the order of their keys, cuts batches into messages, and moves, deletes or remembers an object only \
after each of its messages was answered by the engine. Before it puts an object away it looks whether it is still the one \
that was read (its ETag), and reads it again if it is not. Objects deeper in the tree are left alone. After a crash an \
object is read again, and messages that were accepted are recognised as duplicates.

**As a destination** it writes each message to an object of its own. The name depends only on the delivery, and the store is \
asked to write it only if there is no such object (`If-None-Match`). If there is one, its checksum tells whether an earlier \
attempt wrote it: then the message is delivered, and nothing is sent twice. An object of other content is never replaced \
([E6813](../errors/E6813.md)). An answer that does not come is *ambiguous*.",
    source: Some(Side {
        address: Address {
            kind: AddressKind::Remote,
            description: "`https://host/bucket/prefix/` or `https://host/bucket/prefix/*.hl7`.",
        },
        options: &join::<{ COMMON.len() + SOURCE_OPTIONS.len() + tls::CLIENT.len() }>(&[
            COMMON,
            SOURCE_OPTIONS,
            tls::CLIENT,
        ]),
        example: "receive s3 https://s3.eu-central-1.example.org/lab-inbox/oru/*.hl7 {\n    region eu-central-1\n    \
                  access-key AKIDEXAMPLE\n    secret-key \"an example\"\n    every 30s\n  }",
    }),
    destination: Some(Side {
        address: Address { kind: AddressKind::Remote, description: "`https://host/bucket/prefix`; as for a source." },
        options: &join::<{ COMMON.len() + DESTINATION_OPTIONS.len() + tls::CLIENT.len() }>(&[
            COMMON,
            DESTINATION_OPTIONS,
            tls::CLIENT,
        ]),
        example: "send archive {\n  s3 https://s3.eu-central-1.example.org/archive/adt {\n    region eu-central-1\n    \
                  access-key AKIDEXAMPLE\n    secret-key \"an example\"\n  }\n}",
    }),
};

const COMMON: &[Setting] = &[
    setting("region", SettingKind::Text, "us-east-1", "The region that is signed for; many stores take any."),
    setting("access-key", SettingKind::Text, "", "Who we are: the id of an access key."),
    setting("secret-key", SettingKind::Text, "", "Its secret: `secret:NAME`. Never sent."),
    setting(
        "session-token",
        SettingKind::Text,
        "",
        "The token that belongs to an access key of limited life, `secret:NAME`.",
    ),
    setting(
        "style",
        SettingKind::Word(&["path", "virtual"]),
        "path",
        "How the bucket is named in requests: in the path, or in the host (`bucket.host`), as Amazon prefers it.",
    ),
    setting("timeout", SettingKind::Duration, "30s", "From the first byte sent to the last byte of the answer."),
    setting(
        "connect-timeout",
        SettingKind::Duration,
        "10s",
        "How long to wait for a connection, with its TLS handshake.",
    ),
];

const SOURCE_OPTIONS: &[Setting] = &[
    setting("every", SettingKind::Duration, "10s", "How often to list the objects."),
    folder::SORT,
    folder::LIMIT,
    folder::SPLIT,
    folder::AFTER,
    setting("done", SettingKind::Text, "done", "Where `after move` puts objects: a prefix below the one that is read."),
    setting("errors", SettingKind::Text, "errors", "Where refused objects go, with a `.reason` object beside each."),
];

const DESTINATION_OPTIONS: &[Setting] = &[
    folder::NAME,
    setting(
        "conditional",
        SettingKind::Flag,
        "yes",
        "`no` for stores that do not know `If-None-Match`: then the object is looked up before it is written.",
    ),
];
