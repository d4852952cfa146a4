//! The commands, a file each: flags, help with examples, and `run`.

pub mod backup;
pub mod bench;
pub mod check;
pub mod completions;
pub mod convert;
pub mod demo;
pub mod dict;
pub mod diff;
pub mod docs;
pub mod doctor;
pub mod drill;
pub mod examples;
pub mod explain;
pub mod fhir;
pub mod fhirpath;
pub mod fmt;
pub mod generate;
pub mod get;
pub mod init;
pub mod listen;
pub mod lsp;
pub mod map;
pub mod messages;
pub mod parse;
pub mod profile;
pub mod quality;
pub mod reference;
pub mod restore;
pub mod route;
pub mod run;
pub mod send;
pub mod set;
pub mod show;
pub mod status;
pub mod steer;
pub mod test;
pub mod validate;
pub mod version;
pub mod xml;

use crate::{arguments::Command, outcome::Result, screen::Screen};

/// Runs one command.
pub fn run(command: Command, screen: &Screen) -> Result {
    match command {
        Command::Demo(command) => command.run(screen),
        Command::Init(command) => command.run(screen),
        Command::Run(command) => command.run(screen),
        Command::Dev(command) => command.run(screen),
        Command::Check(command) => command.run(screen),
        Command::Fmt(command) => command.run(screen),
        Command::Explain(command) => command.run(screen),
        Command::Test(command) => command.run(screen),
        Command::Route(command) => command.run(screen),
        Command::Validate(command) => command.run(screen),
        Command::Profile(command) => command.run(screen),
        Command::Parse(command) => command.run(screen),
        Command::Show(command) => command.run(screen),
        Command::Get(command) => command.run(screen),
        Command::Set(command) => command.run(screen),
        Command::Convert(command) => command.run(screen),
        Command::Diff(command) => command.run(screen),
        Command::Dict(command) => command.run(screen),
        Command::Xml(command) => command.run(screen),
        Command::Fhir(command) => command.run(screen),
        Command::Map(command) => command.run(screen),
        Command::Fhirpath(command) => command.run(screen),
        Command::Generate(command) => command.run(screen),
        Command::Send(command) => command.run(screen),
        Command::Listen(command) => command.run(screen),
        Command::Status(command) => command.run(screen),
        Command::Top(command) => command.run(screen),
        Command::Queues(command) => command.run(screen),
        Command::Messages(command) => command.run(screen),
        Command::Message(command) => command.run(screen),
        Command::Quality(command) => command.run(screen),
        Command::Pause(command) => command.run(screen),
        Command::Resume(command) => command.run(screen),
        Command::Release(command) => command.run(screen),
        Command::Retry(command) => command.run(screen),
        Command::Resend(command) => command.run(screen),
        Command::Delete(command) => command.run(screen),
        Command::Replay(command) => command.run(screen),
        Command::Reload(command) => command.run(screen),
        Command::Backup(command) => command.run(screen),
        Command::Restore(command) => command.run(screen),
        Command::Drill(command) => command.run(screen),
        Command::Lsp(command) => command.run(screen),
        Command::Docs(command) => command.run(screen),
        Command::Doctor(command) => command.run(screen),
        Command::Bench(command) => command.run(screen),
        Command::Completions(command) => command.run(screen),
        Command::Version(command) => command.run(screen),
        Command::Reference(command) => command.run(screen),
    }
}
