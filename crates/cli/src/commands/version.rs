//! `sinew version`: the version of this program, and whether the versions of a workspace that the engine keeps are as they were
//! signed.

use crate::{
    commands::{plan::text, rollback::title},
    outcome::{Exit, Result},
    reach::Reach,
    screen::{Screen, plain},
    table::count,
};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

/// Print the version; verify the kept versions of a workspace
#[derive(Args, Debug)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
Examples:
  sinew version
  sinew version --json
  sinew version verify          are the versions of the workspace that the engine keeps as they were signed?"
)]
pub struct Version {
    #[command(subcommand)]
    act: Option<Deed>,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Deed {
    Verify(Verify),
}

/// Verify every version of the workspace that the running engine keeps: its files and its signature
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sinew version verify
  sinew version verify --json | jq '.versions[] | select(.signature != \"valid\")'

Each version that was put into force is kept with its files and signed by the installation, the newest twenty. This looks at all of
them: are the files those that were signed, and is the signature that of this installation over who, when, why and where. What is not
is named with its reason; it is never put into force. The files themselves are not changed, and nothing is sent.
  --json: {\"schema\":\"sinew.version-verify/1\",\"kept\",\"valid\",\"versions\":[{\"id\",\"at\",\"by\",\"reason\",\"signature\",\"trouble\",…}],\"unreadable\":[ID]}
Exit: 0 all are as they were signed, 1 some are not or cannot be read, 3 no engine runs here.")]
struct Verify {
    #[command(flatten)]
    reach: Reach,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

impl Version {
    pub fn run(self, screen: &Screen) -> Result {
        if let Some(Deed::Verify(verify)) = self.act {
            return verify.run(screen);
        }
        let version = env!("CARGO_PKG_VERSION");
        if self.json {
            screen.line(json!({"schema": "sinew.version/1", "version": version}).to_string());
        } else {
            screen.line(format!("sinew {version}"));
        }
        Ok(Exit::Ok)
    }
}

impl Verify {
    fn run(self, screen: &Screen) -> Result {
        let all = self.reach.get("/api/v1/versions")?;
        let kept = rows(&all).len() + unreadable(&all).len();
        let valid = rows(&all).len() - rows(&all).iter().filter(|row| trouble(row).is_some()).count();
        if self.json {
            let told = json!({"schema": "sinew.version-verify/1", "kept": kept, "valid": valid,
                "versions": all["versions"], "unreadable": all["unreadable"]});
            screen.line(told.to_string());
        } else {
            let signed = if valid == 1 { "is as it was signed" } else { "are as they were signed" };
            screen.line(format!("{} kept, {valid} {signed}", count(kept as u64, "version")));
        }
        Ok(tell_troubles(screen, &all))
    }
}

fn rows(all: &Value) -> &[Value] {
    all["versions"].as_array().map_or(&[], Vec::as_slice)
}

fn unreadable(all: &Value) -> Vec<&str> {
    all["unreadable"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

fn trouble(version: &Value) -> Option<&str> {
    (text(version, "signature") != "valid").then(|| text(version, "trouble"))
}

/// Says which of the versions that an engine keeps are not as they were signed, or cannot be read; the exit code that follows.
pub(super) fn tell_troubles(screen: &Screen, all: &Value) -> Exit {
    let mut exit = Exit::Ok;
    let mut tell = |code: message::Code, what: String| {
        screen.say(format!("{} {what}", screen.paint_talk("31", &format!("error[{code}]:"))));
        exit = Exit::Problems;
    };
    for version in rows(all) {
        if let Some(why) = trouble(version) {
            tell(server::codes::E7432, format!("version {} ({}): {why}", text(version, "id"), plain(&title(version))));
        }
    }
    for id in unreadable(all) {
        tell(store::codes::E4090, format!("version {id} cannot be read: restore it from a backup"));
    }
    if exit == Exit::Problems {
        screen.say("help: what runs goes on as it is, and none of these is put into force; sinew explain E7432 says what to do");
    }
    exit
}
