//! `sinew cert`: certificates of a workspace: an authority for a start, what it issues, and until when all are good.

use crate::{
    host::api_settings,
    outcome::{Exit, Failure, Result},
    place::Place,
    screen::Screen,
    table::Table,
};
use clap::{Args, Subcommand, ValueEnum};
use message::{Clock as _, Reason, Timestamp, clock};
use serde_json::{Value, json};
use server::{
    certificates::{
        self, Certificate, URGENT_DAYS, Used,
        authority::{Authority, For},
    },
    codes,
};
use std::{
    fs::{self, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};
use zeroize::Zeroizing;

/// Make certificates for a start, and see until when those in use are good
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sinew cert init                                      an authority of the house, in certs/
  sinew cert issue sinew.north.example 10.1.2.3        for a listener: certs/sinew.north.example.pem and .key
  sinew cert issue lab.north.example --for client      for a partner that connects
  sinew cert list                                      what is in use, by whom, until when
  sinew cert check                                     exit 1 where one ends within 7 days

Keys are written for their owner only (0600), and certs/.gitignore keeps them out of git. What is issued is good for 397 days
unless --days says otherwise. A certificate that is replaced in its file is taken within seconds, without a restart.
Exit: 0, 1 a certificate ends soon, ended or cannot be read, 2 not understood, 3 no workspace, 5 a file is there already.")]
pub struct Cert {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Make an authority of the house
    #[command(after_help = "Examples:\n  sinew cert init\n  sinew cert init --name \"North Hospital\" --years 10")]
    Init(Init),
    /// Issue a certificate
    #[command(
        after_help = "Examples:\n  sinew cert issue sinew.north.example 10.1.2.3\n  sinew cert issue lab.north.example --for client --days 90"
    )]
    Issue(Issue),
    /// List the certificates in use
    #[command(after_help = "Examples:\n  sinew cert list\n  sinew cert list --json")]
    List(List),
    /// Check that none ends soon
    #[command(after_help = "Examples:\n  sinew cert check\n  sinew cert check --days 30")]
    Check(Check),
}

#[derive(Args, Debug)]
struct Init {
    /// What the authority is called
    #[arg(long, value_name = "NAME", default_value = "Sinew internal authority")]
    name: String,
    /// How long it is good
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=30))]
    years: u32,
    /// The folder, relative to the workspace
    #[arg(long, value_name = "DIR", default_value = "certs")]
    folder: PathBuf,
    #[command(flatten)]
    place: Place,
}

/// What a certificate is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Purpose {
    /// To be connected to
    Server,
    /// To connect
    Client,
    /// Either
    Both,
}

#[derive(Args, Debug)]
struct Issue {
    /// DNS names and network addresses; the first names the files
    #[arg(required = true, value_name = "NAME")]
    names: Vec<String>,
    /// What it is good for
    #[arg(long = "for", value_enum, default_value_t = Purpose::Server, value_name = "SIDE")]
    purpose: Purpose,
    /// How long it is good
    #[arg(long, value_name = "N", default_value_t = 397, value_parser = clap::value_parser!(u32).range(1..=3650))]
    days: u32,
    /// Write over the files that are there: a renewal
    #[arg(long)]
    renew: bool,
    /// The folder of the authority, relative to the workspace
    #[arg(long, value_name = "DIR", default_value = "certs")]
    folder: PathBuf,
    #[command(flatten)]
    place: Place,
}

#[derive(Args, Debug)]
struct List {
    #[command(flatten)]
    place: Place,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Args, Debug)]
struct Check {
    /// Days before its end from which a certificate is a failure
    #[arg(long, value_name = "N", default_value_t = URGENT_DAYS)]
    days: i64,
    #[command(flatten)]
    place: Place,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

impl Cert {
    pub fn run(self, screen: &Screen) -> Result {
        match self.action {
            Action::Init(init) => init.run(screen),
            Action::Issue(issue) => issue.run(screen),
            Action::List(list) => {
                let used = in_use(&list.place)?;
                show(screen, &used, list.json);
                Ok(Exit::Ok)
            }
            Action::Check(check) => check.run(screen),
        }
    }
}

fn failed(reason: Reason) -> Failure {
    Failure::new(Exit::Problems, reason.text).code(codes::E7302)
}

/// Writes a file that must not be there, or is renewed: first beside it, so that nobody reads half of it.
fn write(path: &Path, text: &str, mode: u32, may_replace: bool) -> Result<()> {
    let refused = |error: io::Error| Failure::unreachable(format!("{}: {error}", path.display()));
    if !may_replace && path.exists() {
        return Err(Failure::new(Exit::Refused, format!("{} is there already; nothing was changed", path.display()))
            .hint("--renew writes over it; another --folder keeps both"));
    }
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let mut file =
        OpenOptions::new().write(true).create(true).truncate(true).mode(mode).open(&beside).map_err(refused)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(refused)?;
    fs::rename(&beside, path).map_err(refused)
}

impl Init {
    fn run(&self, screen: &Screen) -> Result {
        let folder = self.place.folder()?.join(&self.folder);
        fs::create_dir_all(&folder).map_err(|error| Failure::unreachable(format!("{}: {error}", folder.display())))?;
        let authority = Authority::begin(&self.name, self.years).map_err(failed)?;
        // The key first: a certificate without a key would look like an authority that can be gone on with.
        write(&folder.join("ca.key"), &authority.key, 0o600, false)?;
        write(&folder.join("ca.pem"), &authority.certificate, 0o644, false)?;
        let _ = write(&folder.join(".gitignore"), "*.key\n*.new\n", 0o644, false);
        screen.line(folder.join("ca.pem").display().to_string());
        screen.say(format!("`{}` is an authority now. Give ca.pem to partners that shall trust it;", self.name));
        screen.say("keep ca.key where nobody else reads it: who has it can be anybody to them");
        Ok(Exit::Ok)
    }
}

impl Issue {
    fn run(&self, screen: &Screen) -> Result {
        let folder = self.place.folder()?.join(&self.folder);
        let read = |name: &str| {
            let path = folder.join(name);
            fs::read_to_string(&path).map(Zeroizing::new).map_err(|error| {
                Failure::unreachable(format!("{}: {error}", path.display()))
                    .code(codes::E7302)
                    .hint("`sinew cert init` makes an authority")
            })
        };
        let authority = Authority::open(&read("ca.pem")?, &read("ca.key")?).map_err(failed)?;
        let purposes: &[For] = match self.purpose {
            Purpose::Server => &[For::Server],
            Purpose::Client => &[For::Client],
            Purpose::Both => &[For::Server, For::Client],
        };
        let issued = authority.issue(&self.names, purposes, self.days).map_err(failed)?;
        let name: String =
            self.names[0].chars().map(|letter| if letter == '*' || letter == ':' { '_' } else { letter }).collect();
        let path = |end: &str| folder.join(format!("{name}.{end}"));
        write(&path("key"), &issued.key, 0o600, self.renew)?;
        // With its authority behind it, as listeners want it.
        write(&path("pem"), &(issued.certificate + &authority.certificate), 0o644, self.renew)?;
        for end in ["pem", "key"] {
            screen.line(path(end).display().to_string());
        }
        Ok(Exit::Ok)
    }
}

impl Check {
    fn run(&self, screen: &Screen) -> Result {
        let (used, now) = (in_use(&self.place)?, clock::System.now());
        let bad: Vec<&Used> = used
            .iter()
            .filter(|one| one.certificate.as_ref().is_none_or(|found| found.days_left(now) < self.days))
            .collect();
        show(screen, &used, self.json);
        if bad.is_empty() {
            return Ok(Exit::Ok);
        }
        if !self.json {
            for one in bad {
                screen.say(format!(
                    "{}: {} `{}`: {}",
                    codes::E7303,
                    one.by,
                    one.role,
                    state(one.certificate.as_ref(), now)
                ));
            }
        }
        Ok(Exit::Problems)
    }
}

/// What the workspace uses, its folder of certificates included.
fn in_use(place: &Place) -> Result<Vec<Used>> {
    let (workspace, _) = place.load()?;
    let api = api_settings(&workspace.server.api, &workspace.folder);
    let mut used = certificates::used(&workspace.definitions, &workspace.folder, api.certificate.as_ref());
    let folder = workspace.folder.join("certs");
    let mut files: Vec<PathBuf> =
        fs::read_dir(&folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    files.retain(|path| path.extension().is_some_and(|end| end == "pem"));
    files.sort();
    for path in files {
        let place = path.display().to_string();
        if used.iter().all(|one| one.place != place) {
            let certificate = Certificate::read_pem(&fs::read(&path).unwrap_or_default()).into_iter().next();
            used.push(Used { by: "nobody".to_owned(), role: "cert", place, certificate });
        }
    }
    Ok(used)
}

fn state(certificate: Option<&Certificate>, now: Timestamp) -> String {
    match certificate.map(|found| found.days_left(now)) {
        None => "cannot be read".to_owned(),
        Some(days) if days < 0 => format!("ended {} days ago", -days),
        Some(days) => format!("{days} days"),
    }
}

fn show(screen: &Screen, used: &[Used], is_json: bool) {
    let now = clock::System.now();
    if is_json {
        let row = |one: &Used| {
            json!({"by": one.by, "role": one.role, "place": one.place, "notice": one.notice(now),
                "days_left": one.certificate.as_ref().map(|found| found.days_left(now)), "certificate": one.certificate})
        };
        let rows: Vec<Value> = used.iter().map(row).collect();
        screen.line(json!({"schema": "sinew.certificates/1", "certificates": rows}).to_string());
        return;
    }
    if used.is_empty() {
        screen.say("no certificate is in use: `sinew cert init` makes an authority for a start");
        return;
    }
    let mut table = Table::new(&["USED BY", "AS", "FOR", "ISSUED BY", "UNTIL (UTC)", "LEFT", "FILE"]);
    for one in used {
        let of = |text: fn(&Certificate) -> String| one.certificate.as_ref().map(text).unwrap_or_default();
        let names = |found: &Certificate| match found.names.is_empty() {
            true => found.subject.clone(),
            false => found.names.join(", "),
        };
        table.row(vec![
            one.by.as_str().into(),
            one.role.into(),
            of(names).into(),
            of(|found| found.issuer.clone()).into(),
            of(|found| found.not_after.to_rfc3339().get(..10).unwrap_or_default().to_owned()).into(),
            state(one.certificate.as_ref(), now).into(),
            one.place.as_str().into(),
        ]);
    }
    table.print(screen);
}
