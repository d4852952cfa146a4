//! Settings of the file connector, read once.

use crate::folder::{self, Habits, name::Template};
use interface::catalogue::Settings;
use message::Reason;
use std::path::{Path, PathBuf};

/// How a folder is read.
#[derive(Clone, Debug)]
pub(crate) struct Reading {
    pub(crate) folder: PathBuf,
    pub(crate) habits: Habits,
    /// Where files go whose messages were all accepted.
    pub(crate) done: PathBuf,
    pub(crate) errors: PathBuf,
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
        let (folder, pattern) = folder::separate(&settings.address)?;
        let folder = workspace.join(folder);
        let inside = |name: &str| folder.join(settings.text(name));
        Ok(Reading { habits: Habits::read(settings, pattern)?, done: inside("done"), errors: inside("errors"), folder })
    }
}

impl Writing {
    pub(crate) fn read(settings: &Settings, workspace: &Path) -> Result<Writing, Reason> {
        folder::check_target(&settings.address)?;
        let template = Template::read(settings.text("name"))?;
        let is_of_workspace = Path::new(&*settings.address).is_relative();
        Ok(Writing { folder: workspace.join(&*settings.address), is_of_workspace, template })
    }
}
