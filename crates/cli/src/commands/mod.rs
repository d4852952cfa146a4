//! The commands, a file each: flags, help with examples, and `run`.

pub mod version;

use crate::{arguments::Command, outcome::Result, screen::Screen};

/// Runs one command.
pub fn run(command: Command, screen: &Screen) -> Result {
    match command {
        Command::Version(command) => command.run(screen),
    }
}
