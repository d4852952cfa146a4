//! Floor 6: the command `sinew`.
//!
//! Owns the words on the command line, what is printed, and the exit code. Wires the other floors together.
//! Promises: stdout is the result, stderr the talk; exit codes as in [`outcome::Exit`]; patient data is masked on a
//! terminal unless `--reveal`.
//! Never: decides anything about a message.

// A binary has no outside: `pub` marks what a module offers to its siblings.
#![allow(unreachable_pub)]

mod arguments;
mod backing;
mod behaviour;
mod commands;
mod confine;
mod desk;
mod differences;
mod drilling;
#[cfg(debug_assertions)]
mod failpoints;
mod forwarding;
mod ground;
mod groups;
mod handles;
mod host;
mod journey;
mod ledger;
mod mask;
mod messages;
mod outcome;
mod place;
mod profiles;
mod provider;
mod reach;
mod recording;
mod resources;
mod restoring;
mod rulebook;
mod run;
mod screen;
mod scripts;
mod secrets;
mod table;
mod telemetry;
mod texts;
mod traffic;
mod values;
mod watch;

use clap::{CommandFactory as _, FromArgMatches as _};
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    #[cfg(debug_assertions)]
    failpoints::arm();
    let parsed = groups::grouped(arguments::Sinew::command()).try_get_matches();
    let arguments = match parsed.and_then(|matches| arguments::Sinew::from_arg_matches(&matches)) {
        Ok(arguments) => arguments,
        Err(error) => {
            let is_help = !error.use_stderr();
            let _ = error.print();
            return ExitCode::from(if is_help { outcome::Exit::Ok } else { outcome::Exit::Usage } as u8);
        }
    };
    let screen = screen::Screen::detect(&arguments.talk);
    match commands::run(arguments.command, &screen) {
        Ok(exit) => ExitCode::from(exit as u8),
        Err(failure) => {
            screen.fail(&failure);
            ExitCode::from(failure.exit as u8)
        }
    }
}
