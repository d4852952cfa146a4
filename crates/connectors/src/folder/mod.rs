//! Folders of files, wherever they are: what `file` and the connectors for distant folders share.
//!
//! Owns: which names are wanted, when a file is whole, cutting a file into messages, the order of giving and putting
//! away, names of written files. A [`Place`] is the folder itself, and knows nothing of messages.
//! Promises: a file is put away only after the engine has answered for each of its messages; the next file does not
//! overtake one that has to wait.
//! Never: looks at what is in a message beyond its bounds.

#[cfg(any(feature = "ftp", feature = "sftp"))]
pub(crate) mod distant;
pub(crate) mod glob;
pub(crate) mod name;
pub(crate) mod reader;
pub(crate) mod scan;
#[cfg(test)]
pub(crate) mod testing;

use crate::{
    codes,
    settings::{duration, setting, size},
};
use interface::{
    catalogue::{Setting, SettingKind, Settings},
    contract::Boxed,
};
use message::Reason;
use scan::Found;
use std::time::Duration;

const EVERY_TEXT: &str = "How often to look into the folder.";
const STABLE_TEXT: &str = "How long size and time of change must stay the same before a file is read. 0s reads at once: only for programs that rename finished files into the folder.";

/// How often to look, in a folder that is near.
pub(crate) const EVERY: Setting = setting("every", SettingKind::Duration, "1s", EVERY_TEXT);
/// How often to look, where each look crosses the network.
#[cfg(any(feature = "ftp", feature = "sftp"))]
pub(crate) const EVERY_FAR: Setting = setting("every", SettingKind::Duration, "10s", EVERY_TEXT);
/// How long a file must stay the same.
pub(crate) const STABLE: Setting = setting("stable", SettingKind::Duration, "2s", STABLE_TEXT);
/// The same, where it is seen less often.
#[cfg(any(feature = "ftp", feature = "sftp"))]
pub(crate) const STABLE_FAR: Setting = setting("stable", SettingKind::Duration, "10s", STABLE_TEXT);
/// Which file first.
pub(crate) const SORT: Setting =
    setting("sort", SettingKind::Word(&["name", "time"]), "name", "Which file first: by name, or by time of change.");
/// Largest file.
pub(crate) const LIMIT: Setting =
    setting("limit", SettingKind::Size, "64MiB", "Largest file. A larger one goes to the errors folder unread.");
/// Whether a file is cut into messages.
pub(crate) const SPLIT: Setting = setting(
    "split",
    SettingKind::Word(&["messages", "whole"]),
    "messages",
    "Cut batches and files with several messages, or take the whole file as one.",
);
/// What happens to a file that is done.
pub(crate) const AFTER: Setting = setting(
    "after",
    SettingKind::Word(&["move", "delete", "keep"]),
    "move",
    "What happens to a file whose messages were all accepted. `keep` leaves it; it is read again when it changes or the \
     engine starts, and duplicate detection recognises its messages.",
);
/// The folder for finished files.
pub(crate) const DONE: Setting = setting(
    "done",
    SettingKind::Path,
    "done",
    "Where `after move` puts files. Relative to the folder, on the same drive.",
);
/// The folder for refused files.
pub(crate) const ERRORS: Setting = setting(
    "errors",
    SettingKind::Path,
    "errors",
    "Where refused files go. Relative to the folder, on the same drive.",
);
/// Names of written files.
pub(crate) const NAME: Setting = setting(
    "name",
    SettingKind::Text,
    "{delivery}.hl7",
    "The file's name: `{delivery}` (message and number), `{message}`, `{number}`, `{time}` (when the message was \
     accepted, UTC), `{interface}`. Nothing of the message itself, because names are seen by everybody.",
);
/// Files of one name in a folder for finished files; a sender that reuses names more often should be looked at.
pub(crate) const SAME_NAME_MAX: u32 = 100_000;

/// How a folder is read, wherever it is.
#[derive(Clone, Debug)]
pub(crate) struct Habits {
    /// Which names; `*` for all.
    pub(crate) pattern: String,
    pub(crate) pause: Duration,
    pub(crate) stable: Duration,
    pub(crate) is_sorted_by_time: bool,
    pub(crate) bytes_max: usize,
    pub(crate) is_split: bool,
    pub(crate) after: After,
}

/// What happens to a file whose messages were all accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum After {
    Move,
    Delete,
    Keep,
}

/// Why a file was not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unread {
    /// It is gone, or is not the ordinary file that was found.
    Replaced,
    /// It has more bytes than the limit.
    TooLarge,
    /// The system refused: this file only.
    Failed(Reason),
    /// The whole folder is out of reach now.
    Lost(Reason),
}

/// A folder. Each call is whole: what it reports holds nothing of a file's content.
pub(crate) trait Place: Send {
    /// What people know it by.
    fn address(&self) -> String;
    /// The ordinary files whose names are wanted, in any order.
    fn list(&mut self) -> Boxed<'_, Result<Vec<Found>, Reason>>;
    /// The content of a file that was listed, of at most `bytes_max`.
    fn read<'a>(&'a mut self, file: &'a Found, bytes_max: usize) -> Boxed<'a, Result<Vec<u8>, Unread>>;
    /// Moves a file to the folder for finished ones.
    fn finish<'a>(&'a mut self, file: &'a Found) -> Boxed<'a, Result<(), Reason>>;
    /// Deletes a file.
    fn remove<'a>(&'a mut self, file: &'a Found) -> Boxed<'a, Result<(), Reason>>;
    /// There is a place for the answers to files.
    fn takes_answers(&self) -> bool {
        false
    }
    /// Writes the answer to a file there, whole or not at all, over an earlier one.
    fn answer<'a>(&'a mut self, _file: &'a Found, _answer: Vec<u8>) -> Boxed<'a, Result<(), Reason>> {
        Box::pin(async { Ok(()) })
    }
    /// Moves a file to the errors folder, with a `.reason` file beside it.
    fn put_aside<'a>(&'a mut self, file: &'a Found, why: String) -> Boxed<'a, Result<(), Reason>>;
    /// Nothing is wanted for a while, or ever again.
    fn rest(&mut self) -> Boxed<'_, ()> {
        Box::pin(async {})
    }
}

impl Habits {
    /// Reads the settings that every source of files has; `pattern` comes from its address.
    pub(crate) fn read(settings: &Settings, pattern: String) -> Result<Habits, Reason> {
        Ok(Habits {
            pattern,
            pause: duration(settings, "every")?,
            stable: settings.duration("stable"),
            is_sorted_by_time: settings.text("sort") == "time",
            bytes_max: size(settings, "limit")?,
            is_split: settings.text("split") != "whole",
            after: match settings.text("after") {
                "delete" => After::Delete,
                "keep" => After::Keep,
                _ => After::Move,
            },
        })
    }
}

/// `in/*.hl7` is the folder `in` and the pattern `*.hl7`; without a pattern the whole address is a folder.
pub(crate) fn separate(address: &str) -> Result<(String, String), Reason> {
    let (folder, last) = match address.rsplit_once('/') {
        Some(("", last)) => ("/", last),
        Some((folder, last)) => (folder, last),
        None => (".", address),
    };
    let (folder, pattern) = if glob::is_pattern(last) { (folder, last) } else { (address, "*") };
    if glob::is_pattern(folder) {
        let text = format!("`{address}`: only the last part may hold `*` or `?`");
        return Err(Reason::new(codes::E6201, text));
    }
    Ok((folder.to_owned(), pattern.to_owned()))
}

/// A folder that is written to is no pattern.
pub(crate) fn check_target(address: &str) -> Result<(), Reason> {
    if !glob::is_pattern(address) {
        return Ok(());
    }
    let text = format!("`{address}`: a folder is written to, not a pattern; `name` gives the files their names");
    Err(Reason::new(codes::E6201, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        let check = |address: &str, folder: &str, pattern: &str| {
            assert_eq!(separate(address), Ok((folder.to_owned(), pattern.to_owned())), "{address}");
        };
        check("in", "in", "*");
        check("in/", "in/", "*");
        check("in/*.hl7", "in", "*.hl7");
        check("/data/in/adt?.txt", "/data/in", "adt?.txt");
        check("*.hl7", ".", "*.hl7");
        check("/*.hl7", "/", "*.hl7");
        assert!(separate("in*/a.hl7").is_err() && separate("in?/*.hl7").is_err());
    }
}
