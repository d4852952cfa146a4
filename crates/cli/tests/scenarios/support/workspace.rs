//! A workspace in a temporary folder.

use super::{Done, Engine, command, finish};
use std::path::{Path, PathBuf};
use testkit::Folder;

/// A folder with `sinew.toml` and the interface `adt`; removed when dropped.
pub struct Workspace {
    folder: Folder,
}

impl Workspace {
    /// Only `sinew.toml`.
    pub fn empty() -> Workspace {
        let workspace = Workspace { folder: Folder::new() };
        workspace.write("sinew.toml", "name = \"scenario\"\ndata = \"data\"\n");
        workspace
    }

    /// As [`Workspace::empty`], in memory where the system has such a place: for faults that a disk has no part in.
    pub fn in_memory() -> Workspace {
        let workspace = Workspace { folder: Folder::in_memory() };
        workspace.write("sinew.toml", "name = \"scenario\"\ndata = \"data\"\n");
        workspace
    }

    /// The interface `adt` with these lines, from a free port, ordered by patient.
    pub fn with(lines: &str) -> Workspace {
        let workspace = Workspace::empty();
        workspace.interface("adt", &received(lines));
        workspace
    }

    /// Writes an interface: `lines` are what stands in its block.
    pub fn interface(&self, name: &str, lines: &str) {
        let text = format!("interface {name} \"A scenario\" {{\n  owner \"Tests\"\n{lines}\n}}\n");
        self.write(&format!("interfaces/{name}/interface.flow"), &text);
    }

    /// Writes a file, folders included.
    pub fn write(&self, path: &str, text: &str) -> PathBuf {
        let path = self.folder.join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
        std::fs::write(&path, text).expect("a file");
        path
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A place inside it, as text for a command line.
    pub fn at(&self, path: &str) -> String {
        self.folder.join(path).display().to_string()
    }

    /// Runs a command in the folder.
    pub fn sinew(&self, arguments: &[&str]) -> Done {
        let mut command = command(arguments);
        command.current_dir(self.path());
        finish(command, b"")
    }

    /// Starts the engine and waits until it answers.
    pub fn run(&self) -> Engine {
        Engine::start(self.path(), "run")
    }
}

/// The lines of an interface that receives on any free port, ordered by patient.
pub fn received(lines: &str) -> String {
    format!("  receive mllp 127.0.0.1:0 {{\n    order by PID-3.1\n  }}\n{lines}")
}
