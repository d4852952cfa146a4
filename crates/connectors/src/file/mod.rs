//! Files: one message or a batch in each, in a folder that programs share.
//!
//! Owns: finding complete files, cutting batches, putting files away, writing files that are whole or not there.
//! Promises: `Source` 1–8 and `Destination` 1–7 of `interface::contract`; a file is put away only after the engine has
//! answered for each of its messages.
//! Never: follows a symbolic link, reads a hidden or half-written file, puts anything of a message into a file's name.

mod batches;
mod config;
mod destination;
mod draft;
mod record;
mod source;
mod storage;

#[cfg(test)]
mod batch_tests;
#[cfg(test)]
mod tests;

use crate::{folder, settings::setting};
use interface::{
    catalogue::{Address, AddressKind, Connector, Context, Setting, SettingKind, Settings, Side, Spec},
    contract::{Boxed, Destination, Source},
};
use message::Reason;

/// The connector.
pub(crate) struct File;

impl Connector for File {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn source(&self, settings: &Settings, context: &Context) -> Boxed<'static, Result<Box<dyn Source>, Reason>> {
        let config = config::Reading::read(settings, &context.workspace);
        let clock = context.clock.clone();
        Box::pin(async move { Ok(Box::new(source::Folder::open(config?, clock).await?) as Box<dyn Source>) })
    }

    fn destination(&self, settings: &Settings, context: &Context) -> Result<Box<dyn Destination>, Reason> {
        Ok(Box::new(destination::Lane::new(config::Writing::read(settings, &context.workspace)?, context)))
    }

    fn is_tended(&self) -> bool {
        true
    }
}

static SPEC: Spec = Spec {
    name: "file",
    title: "Files in a folder",
    description: "\
Reads files that other programs put into a folder, and writes files for other programs.

**As a source** it looks into the folder at a fixed pace and takes a file once its size and time of change have stayed \
the same for `stable`. A batch (FHS, BHS, MSH …, BTS, FTS) or several messages in a row are cut into messages. The file \
is moved, deleted or remembered only after each of its messages was answered by the engine. After a crash in between, \
the file is read again, and the messages that were accepted are recognised as duplicates. A file with a message that \
can never be accepted goes to the errors folder, with a `.reason` file beside it. Hidden files, `*.tmp`, `*.part` and \
symbolic links are left alone.

**As a destination** it writes each message to a file of its own: under a hidden name first, flushed to disk, then \
renamed, so that nobody sees half a file. The name depends only on the delivery: a repeated delivery replaces the file \
with the same content. With `batch` it gathers messages in one file with counts, which appears when it is closed. A \
message is delivered once it is flushed into the open batch, a hidden file in the same folder. An open batch survives a \
crash: it is gone on with, or closed if it is due, when the interface starts; a delivery that comes again because its \
end was not recorded is recognised.",
    source: Some(Side {
        address: Address {
            kind: AddressKind::Folder,
            description: "A folder, or a folder and a pattern with `*` and `?`: `in/*.hl7`. Relative to the workspace.",
        },
        options: SOURCE_OPTIONS,
        example: "receive file in/*.hl7 { every 5s }",
    }),
    destination: Some(Side {
        address: Address { kind: AddressKind::Folder, description: "A folder, relative to the workspace and made there if it is missing; a folder elsewhere must exist, \
                          because a missing one may be a drive that is not mounted." },
        options: DESTINATION_OPTIONS,
        example: "send archive {\n  file out name \"{interface}-{delivery}.hl7\" {\n    batch file\n    batch-count 500\n    \
                  batch-at [06:00, 18:00]\n  }\n}",
    }),
};

const SOURCE_OPTIONS: &[Setting] = &[
    folder::EVERY,
    folder::STABLE,
    folder::SORT,
    folder::LIMIT,
    folder::SPLIT,
    folder::AFTER,
    folder::DONE,
    folder::ERRORS,
    setting(
        "answers",
        SettingKind::Path,
        "",
        "Where the acknowledgments of a file's messages are written, as `NAME.ack`, in the form that `batch acknowledgment` \
         says; a later file of the same name replaces it. Relative to the folder. Where nothing is said, none are written.",
    ),
];

const DESTINATION_OPTIONS: &[Setting] = &[
    folder::NAME,
    setting(
        "batch",
        SettingKind::Word(&["off", "file", "bare"]),
        "off",
        "Gathers messages in batches, each named by its first message, with a number behind it where the name is taken: `file` \
         writes FHS, BHS, the messages, BTS with their count, FTS; `bare` leaves out FHS \
         and FTS. Sender and receiver in FHS and BHS are those of the first message.",
    ),
    setting("batch-count", SettingKind::Count(1, 100_000), "1000", "A batch is closed with this many messages."),
    setting(
        "batch-size",
        SettingKind::Size,
        "16MiB",
        "A batch is closed before it would be larger. A message that is larger by itself makes a batch of its own.",
    ),
    setting(
        "batch-time",
        SettingKind::Duration,
        "1h",
        "A batch is closed this long after its first message. 0s: not by its age.",
    ),
    setting(
        "batch-at",
        SettingKind::List,
        "",
        "Times of day at which a batch is closed, by the clock of the machine: `[06:00, 18:00]`.",
    ),
];
