//! The folder of the repository, and cargo as a program.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The root of the repository: one above this crate.
pub(crate) fn folder() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// `cargo` in the root, the same toolchain that runs this program.
pub(crate) fn cargo(words: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(words).current_dir(folder());
    // What `cargo run` told xtask of itself is not for its children: build scripts that look at it (ring's does) would run anew.
    for (name, _) in std::env::vars_os() {
        let is_own =
            name.to_str().is_some_and(|name| name.starts_with("CARGO_MANIFEST_") || name.starts_with("CARGO_PKG_"));
        if is_own {
            command.env_remove(name);
        }
    }
    command
}

/// The subcommand of cargo is installed.
pub(crate) fn has_cargo(subcommand: &str) -> bool {
    cargo(&[subcommand, "--version"]).output().is_ok_and(|output| output.status.success())
}
