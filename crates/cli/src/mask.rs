//! Writing messages where others may look: masked on a terminal, unless they are to be revealed.
//!
//! Promises: files and pipes are never masked, because programs read them.

use crate::{
    commands::show::{self, Look},
    messages,
    outcome::{Failure, Result},
    screen::Screen,
};
pub use server::mask::{is_hidden, is_hidden_item, masked, masked_resource};
use std::path::Path;

/// Writes messages to a file, or to standard output: masked on a terminal, unless they are to be revealed.
pub fn put_messages(screen: &Screen, bytes: Vec<u8>, is_revealed: bool, output: Option<&Path>) -> Result<()> {
    match output {
        None if screen.is_terminal && !is_revealed => {
            for found in messages::split(bytes.into()).messages {
                show::print(screen, &found.bytes, Look { is_masked: true, is_plain: true, documented: &[] }, None);
            }
            screen.say("masked; -o FILE writes the message, --reveal shows it");
        }
        None => screen.message(&bytes),
        Some(path) => std::fs::write(path, &bytes)
            .map_err(|error| Failure::unreachable(format!("{}: {error}", path.display())))?,
    }
    Ok(())
}
