//! Settings of the file connector, read once.

use super::{glob, name::Template};
use crate::{
    codes,
    settings::{duration, size},
};
use interface::catalogue::Settings;
use message::Reason;
use std::{
    path::{Path, PathBuf},
    time::Duration,
};

/// How a folder is read.
#[derive(Clone, Debug)]
pub(crate) struct Reading {
    pub(crate) folder: PathBuf,
    /// Which names; `*` for all.
    pub(crate) pattern: String,
    pub(crate) pause: Duration,
    pub(crate) stable: Duration,
    pub(crate) is_sorted_by_time: bool,
    pub(crate) bytes_max: usize,
    pub(crate) is_split: bool,
    pub(crate) after: After,
    pub(crate) errors: PathBuf,
}

/// What happens to a file whose messages were all accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum After {
    Move(PathBuf),
    Delete,
    Keep,
}

/// How files are written.
#[derive(Clone, Debug)]
pub(crate) struct Writing {
    pub(crate) folder: PathBuf,
    /// The folder is one of the workspace, so it is made when it is missing. A missing folder elsewhere may be a drive
    /// that is not mounted, and must not be written beside it.
    pub(crate) is_of_workspace: bool,
    pub(crate) template: Template,
}

impl Reading {
    pub(crate) fn read(settings: &Settings, workspace: &Path) -> Result<Reading, Reason> {
        let (folder, pattern) = separate(&settings.address);
        if glob::is_pattern(&folder) {
            let text = format!("`{}`: only the last part may hold `*` or `?`", settings.address);
            return Err(Reason::new(codes::E6201, text));
        }
        let folder = workspace.join(folder);
        let inside = |name: &str| folder.join(settings.text(name));
        Ok(Reading {
            pattern,
            pause: duration(settings, "every")?,
            stable: settings.duration("stable"),
            is_sorted_by_time: settings.text("sort") == "time",
            bytes_max: size(settings, "limit")?,
            is_split: settings.text("split") != "whole",
            after: match settings.text("after") {
                "delete" => After::Delete,
                "keep" => After::Keep,
                _ => After::Move(inside("done")),
            },
            errors: inside("errors"),
            folder,
        })
    }
}

impl Writing {
    pub(crate) fn read(settings: &Settings, workspace: &Path) -> Result<Writing, Reason> {
        if glob::is_pattern(&settings.address) {
            let text = format!(
                "`{}`: a folder is written to, not a pattern; `name` gives the files their names",
                settings.address
            );
            return Err(Reason::new(codes::E6201, text));
        }
        let template = Template::read(settings.text("name"))?;
        let is_of_workspace = Path::new(&*settings.address).is_relative();
        Ok(Writing { folder: workspace.join(&*settings.address), is_of_workspace, template })
    }
}

/// `in/*.hl7` is the folder `in` and the pattern `*.hl7`; without a pattern the whole address is a folder.
fn separate(address: &str) -> (String, String) {
    let (folder, last) = match address.rsplit_once('/') {
        Some(("", last)) => ("/", last),
        Some((folder, last)) => (folder, last),
        None => (".", address),
    };
    if glob::is_pattern(last) { (folder.to_owned(), last.to_owned()) } else { (address.to_owned(), "*".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        let check = |address: &str, folder: &str, pattern: &str| {
            assert_eq!(separate(address), (folder.to_owned(), pattern.to_owned()), "{address}");
        };
        check("in", "in", "*");
        check("in/", "in/", "*");
        check("in/*.hl7", "in", "*.hl7");
        check("/data/in/adt?.txt", "/data/in", "adt?.txt");
        check("*.hl7", ".", "*.hl7");
        check("/*.hl7", "/", "*.hl7");
    }
}
