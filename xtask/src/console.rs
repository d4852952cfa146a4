//! `cargo xtask console`: makes `console/dist` anew from `console/src`. Needs Node; nobody else does, because `dist` is committed.
//!
//! Promises: installs what the lockfile names, where it is not there; the same source makes the same bytes.
//! Never: runs as part of a build.

use crate::root;
use std::{
    path::PathBuf,
    process::{Command, Stdio},
};

/// The folder of the console.
pub(crate) fn folder() -> PathBuf {
    root::folder().join("console")
}

/// The program is there and answers.
pub(crate) fn has(program: &str) -> bool {
    let quiet = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    quiet.is_ok_and(|status| status.success())
}

fn runs(program: &str, words: &[&str]) -> Result<bool, String> {
    let status = Command::new(program).args(words).current_dir(folder()).status();
    status.map(|status| status.success()).map_err(|error| format!("{program}: {error}"))
}

/// Makes it.
pub(crate) fn run() -> Result<bool, String> {
    if !has("node") {
        return Err(
            "the console is made with Node, 20 or newer, and `node` is not there; console/dist stays as it is".into()
        );
    }
    if !folder().join("node_modules").is_dir() && !runs("npm", &["ci", "--ignore-scripts"])? {
        return Err("`npm ci` failed in console/".into());
    }
    let is_made = runs("node", &["node_modules/typescript/bin/tsc", "--noEmit"])? && runs("node", &["build.mjs"])?;
    println!("console: {}", if is_made { "console/dist is made anew" } else { "failed" });
    Ok(is_made)
}
