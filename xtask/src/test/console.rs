//! The console in a real browser, over the real demo: every screen in both themes and two widths, by mouse and by keyboard.

use super::{Outcome, output};
use crate::{console, root};
use std::process::Command;

const BROWSERS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

pub(super) fn run() -> Result<Outcome, String> {
    if !console::has("node") {
        return Ok(Outcome::skipped("Node is not installed"));
    }
    let Some(browser) = BROWSERS.into_iter().find(|name| console::has(name)) else {
        return Ok(Outcome::skipped("no Chromium is installed"));
    };
    if !console::folder().join("node_modules/playwright-core").is_dir() {
        return Ok(Outcome::skipped("its tools are not installed: `npm ci --ignore-scripts` in console/"));
    }
    let parts = node(&["--test", "tests/parts.test.mjs"], browser)?;
    if !output::stream(root::cargo(&["build", "--quiet", "--locked", "--workspace", "--bin", "sinew"]))?.is_success {
        return Ok(Outcome::of(false, "the binary does not build"));
    }
    let walk = node(&["tests/walk.mjs"], browser)?;
    Ok(Outcome::of(parts && walk, if parts && walk { "every screen was walked" } else { "see above" }))
}

fn node(words: &[&str], browser: &str) -> Result<bool, String> {
    let mut command = Command::new("node");
    command.args(words).current_dir(console::folder()).env("SINEW_BROWSER", browser);
    Ok(output::stream(command)?.is_success)
}
