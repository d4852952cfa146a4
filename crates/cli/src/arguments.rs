//! The command line: one explicit list of commands. Each command's flags live in its own file under `commands/`.

use crate::commands;
use clap::{Args, Parser, Subcommand, ValueEnum};

/// Receives, checks, translates, routes and delivers clinical messages, and loses none.
#[derive(Debug, Parser)]
#[command(name = "sinew", version, disable_help_subcommand = true, max_term_width = 110)]
pub struct Sinew {
    #[command(flatten)]
    pub talk: Talk,
    #[command(subcommand)]
    pub command: Command,
}

/// Flags of every command.
#[derive(Args, Clone, Debug)]
pub struct Talk {
    /// Colours: auto (a terminal), always, never
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, hide_possible_values = true, value_name = "WHEN")]
    pub color: Color,
    /// Say less on stderr
    #[arg(short, long, global = true)]
    pub quiet: bool,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    Auto,
    Always,
    Never,
}

/// Every command. Adding one adds a line here, a line in `commands/mod.rs` and a file.
#[derive(Debug, Subcommand)]
pub enum Command {
    Demo(commands::demo::Demo),
    Init(commands::init::Init),
    Run(commands::run::Run),
    Dev(commands::run::Dev),
    Check(commands::check::Check),
    Fmt(commands::fmt::Fmt),
    Explain(commands::explain::Explain),
    Test(commands::test::Test),
    Plan(commands::plan::Plan),
    Apply(commands::plan::Apply),
    Rollback(commands::rollback::Rollback),
    Route(commands::route::Route),
    Parse(commands::parse::Parse),
    Validate(commands::validate::Validate),
    Profile(commands::profile::Profile),
    Show(commands::show::Show),
    Get(commands::get::Get),
    Set(commands::set::Set),
    Convert(commands::convert::Convert),
    Diff(commands::diff::Diff),
    Dict(commands::dict::Dict),
    Xml(commands::xml::Xml),
    Fhir(commands::fhir::Fhir),
    Map(commands::map::MapCommand),
    Script(commands::script::ScriptCommand),
    Fhirpath(commands::fhirpath::Fhirpath),
    Generate(commands::generate::Generate),
    Send(commands::send::Send),
    Listen(commands::listen::Listen),
    Status(commands::status::Status),
    Top(commands::status::Top),
    Queues(commands::status::Queues),
    Messages(commands::messages::Messages),
    Message(commands::messages::Message),
    Tap(commands::tap::Tap),
    News(commands::tap::News),
    Quality(commands::quality::Quality),
    Alerts(commands::alerts::Alerts),
    Pause(commands::steer::Pause),
    Drain(commands::drain::Drain),
    Resume(commands::steer::Resume),
    Release(commands::steer::Release),
    Retry(commands::steer::Retry),
    Resend(commands::steer::Resend),
    Delete(commands::steer::Delete),
    Replay(commands::steer::Replay),
    Reload(commands::steer::Reload),
    Audit(commands::audit::Audit),
    Backup(commands::backup::Backup),
    Restore(commands::restore::Restore),
    Drill(commands::drill::Drill),
    User(commands::user::User),
    Role(commands::role::Role),
    Key(commands::key::Key),
    Cert(commands::cert::Cert),
    Secret(commands::secret::Secret),
    Compliance(commands::compliance::Compliance),
    Lsp(commands::lsp::Lsp),
    Docs(commands::docs::Docs),
    Doctor(commands::doctor::Doctor),
    Bench(commands::bench::Bench),
    Completions(commands::completions::Completions),
    Version(commands::version::Version),
    #[command(name = "__reference", hide = true)]
    Reference(commands::reference::Reference),
}
