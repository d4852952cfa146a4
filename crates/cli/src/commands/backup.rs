//! `sinew backup` and `sinew backup key`; what looks at a repository stands in `repository`.

mod repository;

use crate::{
    backing::{self, Target, failure, size},
    outcome::{Exit, Failure, Result},
    place::{self, Place},
    reach,
    run::block_on,
    screen::Screen,
    table::count,
};
use clap::{Args, Subcommand};
use interface::workspace::Workspace;
use serde_json::{Value, json};
use server::client::{Client, Error};
use std::{
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};
use store::{
    age::Identity,
    backup::{Progress, Repository},
};

/// Back up messages, keys, audit chain and workspace, encrypted, while the engine runs
#[derive(Args, Debug)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
Examples:
  sinew backup                                       as [backup] in sinew.toml says
  sinew backup --to /mnt/usb/north --recipient age1v3a43k37tkcvknqe42l4gsepj4rvte564jlex00x67r2hcsj4aq3gvw9w

Only what is new is stored. A running engine makes the backup itself and goes on with its work meanwhile.
Nobody can open a backup without the private key: `sinew backup key FILE` makes one. Keep it on another machine.
Exit: 0 made, 2 a setting is missing or wrong, 3 a folder cannot be written, 5 another backup is being made."
)]
pub struct Backup {
    #[command(subcommand)]
    verb: Option<Verb>,
    /// The repository: a folder on another disk
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
    /// To whom it is encrypted: age1…; may be given several times
    #[arg(long, value_name = "AGE1", value_delimiter = ',')]
    recipient: Vec<String>,
    /// Why: kept in the audit chain
    #[arg(long, value_name = "TEXT", default_value = "asked for on the command line")]
    reason: String,
    #[command(flatten)]
    place: Place,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Key(Key),
    List(repository::List),
    Verify(repository::Verify),
    Prune(repository::Prune),
}

/// Make the key that opens backups
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sinew backup key /media/stick/sinew-backup.key

Prints the recipient, which goes into sinew.toml. The file is the private half: without it no backup can be opened, so
keep it in two places, and on no machine that makes backups. `age-keygen` makes the same kind of file.
Exit: 0, 3 the file cannot be written, 5 there is such a file already.")]
struct Key {
    /// The file to make
    file: PathBuf,
}

/// A repository on the command line.
#[derive(Args, Debug)]
pub struct Which {
    /// The repository; without it, the one in sinew.toml
    #[arg(value_name = "REPOSITORY")]
    repository: Option<PathBuf>,
    #[command(flatten)]
    pub place: Place,
}

impl Which {
    /// The repository that is meant.
    pub fn repository(&self) -> Result<Repository> {
        let workspace = match &self.repository {
            Some(_) => None,
            None => Some(self.place.load()?.0),
        };
        Ok(Repository::at(&backing::repository(workspace.as_ref(), self.repository.clone())?))
    }
}

/// Pause between looks at a backup under way.
const LOOK_PAUSE: Duration = Duration::from_millis(100);

impl Backup {
    pub fn run(self, screen: &Screen) -> Result {
        match self.verb {
            Some(Verb::Key(key)) => key.run(screen),
            Some(Verb::List(list)) => list.run(screen),
            Some(Verb::Verify(verify)) => verify.run(screen),
            Some(Verb::Prune(prune)) => prune.run(screen),
            None => self.make(screen),
        }
    }

    fn make(self, screen: &Screen) -> Result {
        let started = Instant::now();
        let (workspace, _) = self.place.load()?;
        let target = backing::target(&workspace, self.to.clone(), self.recipient.clone())?;
        let client = Client::new(&place::store_folder(&workspace));
        let body =
            json!({"to": target.to.display().to_string(), "recipients": target.recipients, "reason": self.reason});
        let made = match block_on(client.post("/api/v1/backup", &body))? {
            Ok(_) => wait(screen, &client)?,
            Err(Error::NotRunning(_)) => self.alone(screen, &workspace, &target)?,
            Err(refused) => return Err(reach::failure(refused)),
        };
        screen.end_progress();
        if self.json {
            screen.line(made.to_string());
            return Ok(Exit::Ok);
        }
        let number = |value: &Value| value.as_u64().unwrap_or(0);
        screen.line(format!(
            "{} backup {} of {}: {} in it, {} new ({:.1} s)",
            screen.mark(true),
            made["number"],
            made["made"].as_str().unwrap_or_default(),
            count(number(&made["messages"]), "message"),
            size(number(&made["added"]["bytes"])),
            started.elapsed().as_secs_f64()
        ));
        screen.say(format!("  in {}; `sinew drill` shows that it can be restored", target.to.display()));
        Ok(Exit::Ok)
    }

    /// No engine runs: the command opens the store itself.
    fn alone(&self, screen: &Screen, workspace: &Workspace, target: &Target) -> Result<Value> {
        let store = backing::open_store(workspace)?;
        let by = format!("local uid {}", uid());
        let mut show = |progress| show(screen, progress);
        let made = backing::make(&store, workspace, target, (&by, &self.reason), &mut show);
        let closed = block_on(store.close())?;
        let made = made.map_err(|error| failure(&error))?;
        closed.map_err(|error| crate::host::store_failure(&error))?;
        Ok(backing::told(&made, &target.to))
    }
}

/// Who runs this command.
pub fn uid() -> u32 {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata("/proc/self").map_or(0, |about| about.uid())
}

/// Asks the engine until its backup is done.
fn wait(screen: &Screen, client: &Client) -> Result<Value> {
    loop {
        let state = block_on(client.get("/api/v1/backup"))?.map_err(reach::failure)?;
        if let Some(made) = state.get("made").filter(|made| !made.is_null()) {
            return Ok(made.clone());
        }
        if let Some(failed) = state.get("failed").filter(|failed| !failed.is_null()) {
            screen.end_progress();
            return Err(refused(failed));
        }
        let progress = &state["progress"];
        let number = |name: &str| progress[name].as_u64().unwrap_or(0);
        show(
            screen,
            Progress {
                pieces: number("pieces"),
                pieces_all: number("pieces_all"),
                bytes: number("bytes"),
                bytes_all: number("bytes_all"),
            },
        );
        std::thread::sleep(LOOK_PAUSE);
    }
}

/// What the engine's backup ended with.
fn refused(reason: &Value) -> Failure {
    let text = |name: &str| reason[name].as_str().unwrap_or_default().to_owned();
    let exit = match text("code").as_str() {
        "E4041" | "E4042" | "E4048" | "E4050" => Exit::Problems,
        "E4043" | "E4044" => Exit::Usage,
        "E4045" | "E4047" | "E4049" => Exit::Refused,
        _ => Exit::Unreachable,
    };
    let failure = Failure::new(exit, text("text"));
    match reach::known(&text("code")) {
        Some(code) => failure.code(code),
        None => failure,
    }
}

/// Draws how far it is.
pub fn show(screen: &Screen, progress: Progress) {
    screen.progress(&format!(
        "piece {} of {}, {} of {}",
        progress.pieces,
        progress.pieces_all,
        size(progress.bytes),
        size(progress.bytes_all)
    ));
}

impl Key {
    fn run(self, screen: &Screen) -> Result {
        let identity = Identity::generate().map_err(|error| crate::host::store_failure(&error))?;
        let recipient = identity.recipient();
        let text = format!(
            "# the private key of Sinew backups; keep it apart from them\n# public key: {recipient}\n{}\n",
            identity.to_text()
        );
        write_new(&self.file, text.as_bytes())?;
        screen.line(recipient.to_string());
        screen.say(format!(
            "{} holds the private key: without it no backup can be opened. Keep it in two places,\nand on no machine \
             that makes backups. In sinew.toml:\n\n  [backup]\n  to        = \"/mnt/backup/NAME\"\n  recipient = \"{recipient}\"",
            self.file.display()
        ));
        Ok(Exit::Ok)
    }
}

fn write_new(path: &Path, bytes: &[u8]) -> Result<()> {
    let opened = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let written = opened.and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    written.map_err(|error| {
        let exit = match error.kind() {
            std::io::ErrorKind::AlreadyExists => Exit::Refused,
            _ => Exit::Unreachable,
        };
        Failure::new(exit, format!("{}: {error}", path.display())).hint("name a file that does not exist yet")
    })
}
