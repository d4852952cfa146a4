//! `sinew rollback`: back to an earlier version of the workspace: by its history in git, or by the versions that the engine
//! keeps.

use crate::{
    commands::{
        plan::{has_errors, planned, record, text},
        steer::needs,
        version::tell_troubles,
    },
    ledger::Ledger,
    outcome::{Exit, Failure, Result},
    reach::Reach,
    screen::{Screen, plain},
    table::Table,
};
use clap::Args;
use message::Timestamp;
use serde_json::{Value, json};

/// Go back to an earlier version of the workspace
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sinew rollback                                      what would change, and nothing is done
  sinew rollback --yes --reason \"wrong codes\"
  sinew rollback --to 4c1d9e2 --yes --reason \"before the weekend\"
  sinew rollback --list                               the versions that the engine keeps
  sinew rollback --kept --to 81fc --yes --reason \"as it was on Monday\"

Where the workspace is in git, it goes back by commits: the files become those of the commit, are put into force, and that
is a commit of its own. Edits that were never applied are put aside with git stash. Where it is not, or with --kept, it goes
back by the versions that the running engine keeps, as the console does: the newest twenty that were put into force, each
signed; one that is not as it was signed is refused, and edits that were never in force are put aside as a version. Which of the two it is, is said first. Messages that wait are sent by
the version that is in force then; none is lost.
  --json: {\"schema\":\"sinew.rollback/1\",\"by\":\"git|kept\",\"to\",\"title\",\"files\",\"is_done\",\"findings\"}
  --list --json: {\"schema\":\"sinew.versions/1\",\"versions\":[{\"id\",\"at\",\"by\",\"reason\",\"ticket\",\"environment\",\"fingerprint\",\"signature\",\"trouble\",\"is_newest\"}],\"unreadable\":[ID]}
Exit: 0, 1 there is nothing to go back to, the version has errors, or a listed one is not as it was signed, 3 no engine runs here, 4 a second person is asked for,
5 --yes or --reason is missing.")]
pub struct Rollback {
    /// The commit, or the beginning of the id of a version that the engine keeps; without it, the one before the last
    #[arg(long, value_name = "VERSION")]
    to: Option<String>,
    /// By the versions that the engine keeps, even where the workspace is in git
    #[arg(long)]
    kept: bool,
    /// Only list the versions that the engine keeps, the newest first
    #[arg(long, conflicts_with_all = ["to", "yes", "kept"])]
    list: bool,
    /// Do it
    #[arg(long)]
    yes: bool,
    /// Why: kept in the audit chain, with the version and in the commit
    #[arg(long, value_name = "TEXT", default_value = "")]
    reason: String,
    #[command(flatten)]
    reach: Reach,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

impl Rollback {
    pub fn run(self, screen: &Screen) -> Result {
        if self.list {
            return self.list(screen);
        }
        let folder = self.reach.place().folder()?;
        if self.reach.place().env.is_some() {
            planned(&self.reach)?;
        }
        match Ledger::of(&folder).filter(|_| !self.kept) {
            Some(ledger) => self.by_git(screen, &folder, &ledger),
            None => self.by_kept(screen, &folder),
        }
    }

    fn by_git(&self, screen: &Screen, folder: &std::path::Path, ledger: &Ledger) -> Result {
        let target = ledger.before(self.to.as_deref())?;
        let short = &target.commit[..target.commit.len().min(12)];
        screen.say(format!("by git: back to {short} ({})", plain(&target.title)));
        let files = ledger.differences(&target.commit)?;
        if !self.json {
            files.iter().for_each(|line| screen.line(plain(line)));
        }
        let told = |is_done: bool, findings: &Value| {
            json!({"schema": "sinew.rollback/1", "by": "git", "to": target.commit, "title": target.title,
                "files": files, "is_done": is_done, "findings": findings})
        };
        self.asked(screen, &told(false, &json!([])))?;
        if self.reach.get("/api/v1/changes")?["four_eyes"] == true {
            return Err(Failure::new(Exit::NotAllowed, "this workspace asks for a second person")
                .code(server::codes::E7075)
                .hint("git restore the files, then sinew apply proposes the change"));
        }
        if ledger.restore(&target.commit)? {
            screen.say("edits that were not applied are put aside: git stash list");
        }
        let plan = self.reach.get("/api/v1/plan")?;
        let applied = self.reach.post("/api/v1/reload", &json!({"reason": self.reason}))?;
        if self.done(screen, &told(true, &applied["findings"]), &applied)? {
            record(screen, folder, &format!("roll back to {short}"), &self.trailers(), text(&plan, "fingerprint"))?;
            return Ok(Exit::Ok);
        }
        Ok(Exit::Problems)
    }

    fn by_kept(&self, screen: &Screen, folder: &std::path::Path) -> Result {
        let to = self.to.as_deref().map(|start| self.version(start)).transpose()?;
        let plan = self.reach.post("/api/v1/rollback", &json!({"to": to}))?;
        let version = &plan["version"];
        let (id, title) = (text(version, "id").to_owned(), title(version));
        screen.say(format!("by the versions that the engine keeps: back to {id} ({})", plain(&title)));
        let files = plan["files"].as_array().cloned().unwrap_or_default();
        if !self.json {
            files.iter().for_each(|file| screen.line(changed(file)));
            if files.is_empty() {
                screen.line("the files are those of that version already");
            }
        }
        let told = |is_done: bool, findings: &Value| {
            json!({"schema": "sinew.rollback/1", "by": "kept", "to": id, "title": title,
                "files": files.iter().map(changed).collect::<Vec<_>>(), "is_done": is_done, "findings": findings})
        };
        self.asked(screen, &told(false, &json!([])))?;
        let applied =
            self.reach.post("/api/v1/rollback", &json!({"to": id, "is_confirmed": true, "reason": self.reason}))?;
        if !self.done(screen, &told(true, &applied["findings"]), &applied)? {
            return Ok(Exit::Problems);
        }
        if Ledger::of(folder).is_some() {
            let fingerprint = self.reach.get("/api/v1/plan")?;
            let title = format!("roll back to the kept version {id}");
            record(screen, folder, &title, &self.trailers(), text(&fingerprint, "fingerprint"))?;
        } else {
            screen.say(format!("in force as it was in {id}; the engine keeps it as a version of its own"));
        }
        Ok(Exit::Ok)
    }

    /// The version whose id begins so.
    fn version(&self, start: &str) -> Result<String> {
        let all = self.reach.get("/api/v1/versions")?;
        let ids: Vec<&str> = all["versions"].as_array().into_iter().flatten().map(|one| text(one, "id")).collect();
        let found: Vec<&&str> = ids.iter().filter(|id| id.starts_with(start)).collect();
        match found.as_slice() {
            [one] => Ok((**one).to_owned()),
            [] => Err(Failure::new(Exit::Problems, format!("the engine keeps no version `{start}`"))
                .code(server::codes::E7431)
                .hint("sinew rollback --list shows those that it keeps")),
            several => {
                Err(Failure::usage(format!("{} versions begin with `{start}`: write more of it", several.len())))
            }
        }
    }

    /// Whether it was asked to be done; if not, a plan for a program is all there is.
    fn asked(&self, screen: &Screen, plan: &Value) -> Result<()> {
        let needed = needs(&self.reason, self.yes);
        if needed.is_err() && self.json {
            screen.line(plan.to_string());
        }
        needed
    }

    /// Says how it went; `false` where some interfaces have errors.
    fn done(&self, screen: &Screen, told: &Value, applied: &Value) -> Result<bool> {
        if self.json {
            screen.line(told.to_string());
        }
        let is_whole = !has_errors(applied);
        if !is_whole {
            screen.say("some interfaces of that version have errors and go on as they were");
        }
        Ok(is_whole)
    }

    fn trailers(&self) -> [(&'static str, &str); 1] {
        [("Reason", &self.reason)]
    }

    fn list(&self, screen: &Screen) -> Result {
        let all = self.reach.get("/api/v1/versions")?;
        if self.json {
            screen.line(all.to_string());
            return Ok(tell_troubles(screen, &all));
        }
        let mut table = Table::new(&["VERSION", "PUT INTO FORCE (UTC)", "BY", "ENVIRONMENT", "SIGNATURE", "REASON"]);
        for version in all["versions"].as_array().into_iter().flatten() {
            let is_newest = if version["is_newest"] == true { " *" } else { "" };
            table.row(vec![
                format!("{}{is_newest}", text(version, "id")).into(),
                at(version).into(),
                text(version, "by").into(),
                text(version, "environment").into(),
                text(version, "signature").into(),
                plain(text(version, "reason")).into(),
            ]);
        }
        table.print(screen);
        Ok(tell_troubles(screen, &all))
    }
}

fn at(version: &Value) -> String {
    Timestamp(version["at"].as_i64().unwrap_or(0)).to_rfc3339()
}

/// When, by whom and why a version was put into force.
pub(super) fn title(version: &Value) -> String {
    let by = match text(version, "by") {
        "" => String::new(),
        by => format!(" by {by}"),
    };
    format!("{}{by}: {}", at(version), text(version, "reason"))
}

/// `changed  interfaces/adt/interface.flow  +2 -1`
fn changed(file: &Value) -> String {
    let number = |key: &str| file[key].as_u64().unwrap_or(0);
    let change = format!("{:<8} {}", text(file, "change"), plain(text(file, "path")));
    format!("{change}  +{} -{}", number("added"), number("removed"))
}
