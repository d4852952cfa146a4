//! The history of a workspace that is kept in git: what was applied, by whom, why, and the way back.
//!
//! Promises: only files that make up the workspace are ever added, so that messages never come into a repository; what was
//! edited and not applied is put aside before a way back, never thrown away.
//! Never: pushes, pulls, rewrites.

use crate::{
    outcome::{Exit, Failure, Result},
    watch::files,
};
use message::Code;
use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// The line of a commit that says that its files were applied, with their fingerprint.
const APPLIED: &str = "Sinew-Applied";

/// A workspace in a git repository.
pub struct Ledger {
    folder: PathBuf,
    /// Who commits, where git does not know: `-c` and a setting, twice.
    who: Vec<String>,
}

/// One commit whose files were applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// The commit.
    pub commit: String,
    /// When and by whom, and the first line.
    pub title: String,
}

impl Ledger {
    /// The history of this workspace; `None` where it is in no repository.
    pub fn of(folder: &Path) -> Option<Ledger> {
        let mut ledger = Ledger { folder: folder.to_path_buf(), who: Vec::new() };
        if ledger.git(&["rev-parse", "--is-inside-work-tree"]).ok()? != "true" {
            return None;
        }
        if ledger.git(&["config", "user.email"]).is_err() {
            let who = std::env::var("USER").unwrap_or_else(|_| "sinew".to_owned());
            let set = |setting: String| ["-c".to_owned(), setting];
            ledger.who = [set(format!("user.name={who}")), set(format!("user.email={who}@localhost"))].concat();
        }
        Some(ledger)
    }

    /// Commits the files of the workspace as they are. Gives the commit; `None` where nothing differs.
    pub fn record(&self, title: &str, trailers: &[(&str, &str)], fingerprint: &str) -> Result<Option<String>> {
        let paths = files(&self.folder).into_keys();
        let paths: Vec<String> = paths.map(|path| path.to_string_lossy().into_owned()).collect();
        // What is no longer there is taken out, what is new comes in; nothing else of the folder is looked at.
        let is_first = self.git(&["ls-files", "--", "."])?.is_empty();
        if !is_first {
            self.git(&["add", "--update", "--", "."])?;
        }
        for some in paths.chunks(200) {
            let words: Vec<&str> = ["add", "--"].into_iter().chain(some.iter().map(String::as_str)).collect();
            self.git(&words)?;
        }
        if self.git(&["diff", "--cached", "--quiet", "--", "."]).is_ok() && self.last()?.is_some() {
            return Ok(None);
        }
        let mut text = format!("{title}\n\n");
        for (name, value) in trailers.iter().filter(|(_, value)| !value.is_empty()) {
            text.push_str(&format!("{name}: {}\n", value.replace(['\n', '\r'], " ")));
        }
        text.push_str(&format!("{APPLIED}: {fingerprint}\n"));
        self.git(&["commit", "--quiet", "--allow-empty", "--no-verify", "-m", &text, "--", "."])?;
        self.git(&["rev-parse", "HEAD"]).map(Some)
    }

    /// The commits that were applied, the newest first.
    pub fn applied(&self, count: usize) -> Result<Vec<Applied>> {
        let count = format!("-n{count}");
        let grep = format!("--grep=^{APPLIED}: ");
        let log = self.git(&["log", &count, &grep, "--date=short", "--format=%H%x09%ad %an: %s", "--", "."])?;
        let row = |line: &str| {
            line.split_once('\t').map(|(commit, title)| Applied { commit: commit.to_owned(), title: title.to_owned() })
        };
        Ok(log.lines().filter_map(row).collect())
    }

    fn last(&self) -> Result<Option<Applied>> {
        if self.git(&["rev-parse", "--verify", "--quiet", "HEAD"]).is_err() {
            return Ok(None);
        }
        Ok(self.applied(1)?.pop())
    }

    /// The commit to go back to: this one, or the one applied before the last; before the last edit where there is one.
    pub fn before(&self, wanted: Option<&str>) -> Result<Applied> {
        if let Some(wanted) = wanted {
            let commit = self.git(&["rev-parse", "--verify", &format!("{wanted}^{{commit}}")])?;
            let title = self.git(&["log", "-n1", "--date=short", "--format=%ad %an: %s", &commit])?;
            return Ok(Applied { commit, title });
        }
        let mut applied = self.applied(2)?;
        let is_edited =
            applied.first().is_some_and(|last| self.git(&["diff", "--quiet", &last.commit, "--", "."]).is_err());
        let at = usize::from(!is_edited);
        if applied.len() <= at {
            return Err(Failure::new(Exit::Problems, "no earlier version of this workspace was applied")
                .code(code("E7431"))
                .hint("only what `sinew apply` recorded can be gone back to; name a commit with --to"));
        }
        Ok(applied.swap_remove(at))
    }

    /// Files that differ between a commit and now, a line each.
    pub fn differences(&self, commit: &str) -> Result<Vec<String>> {
        Ok(self.git(&["diff", "--stat", "--stat-width=100", commit, "--", "."])?.lines().map(str::to_owned).collect())
    }

    /// Makes the files those of a commit. Edits that were not applied are put aside; gives whether there were any.
    pub fn restore(&self, commit: &str) -> Result<bool> {
        let is_edited = self.git(&["diff", "--quiet", "HEAD", "--", "."]).is_err();
        if is_edited {
            self.git(&["stash", "push", "--quiet", "-m", "sinew rollback: edits that were not applied", "--", "."])?;
        }
        let source = format!("--source={commit}");
        self.git(&["restore", &source, "--staged", "--worktree", "--", "."])?;
        Ok(is_edited)
    }

    fn git(&self, words: &[&str]) -> Result<String> {
        let failed = |text: String| {
            Failure::new(Exit::Problems, text)
                .code(code("E7430"))
                .hint("the workspace itself is as it was; look with git")
        };
        let mut command = Command::new("git");
        command.arg("-C").arg(&self.folder).env("GIT_TERMINAL_PROMPT", "0").args(&self.who);
        let out = command.args(words).output().map_err(|error| failed(format!("git cannot be run: {error}")))?;
        if out.status.success() {
            return Ok(String::from_utf8_lossy(&out.stdout).trim_end().to_owned());
        }
        let why = String::from_utf8_lossy(&out.stderr);
        let what = words.first().copied().unwrap_or_default();
        Err(failed(format!("git {what} failed: {}", why.lines().next().unwrap_or("without a word"))))
    }
}

fn code(id: &str) -> Code {
    server::codes::ALL.iter().copied().find(|known| known.id == id).unwrap_or(server::codes::E7250)
}

#[cfg(test)]
mod tests {
    use super::*;
    use testkit::Folder;

    #[test]
    fn what_was_applied_is_recorded_and_gone_back_to() {
        let folder = Folder::new();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap_or_default();
        write("sinew.toml", "");
        assert!(Ledger::of(folder.path()).is_none());
        Command::new("git").arg("-C").arg(folder.path()).args(["init", "--quiet"]).status().unwrap();
        let ledger = Ledger::of(folder.path()).unwrap();
        write("interfaces/a/interface.flow", "one");
        write("data/log/0001.seg", "patients");
        let first = ledger.record("first", &[("Ticket", "T-1"), ("By", "")], "f1").unwrap().unwrap();
        assert_eq!(ledger.record("same", &[], "f1").unwrap(), None);
        assert!(!ledger.git(&["ls-files"]).unwrap().contains("data/"), "messages never come into a repository");
        assert!(ledger.before(None).is_err(), "there is nothing before the first");
        write("interfaces/a/interface.flow", "two");
        write("interfaces/b/interface.flow", "new");
        ledger.record("second", &[("Ticket", "T-2")], "f2").unwrap().unwrap();
        let body = ledger.git(&["log", "-n1", "--format=%B"]).unwrap();
        assert!(body.contains("Ticket: T-2") && body.contains("Sinew-Applied: f2"), "{body}");
        assert_eq!(ledger.before(None).unwrap().commit, first);
        // An edit that was never applied is what is gone back from.
        write("interfaces/a/interface.flow", "broken");
        assert!(ledger.before(None).unwrap().title.ends_with("second"));
        assert!(ledger.restore(&first).unwrap(), "edits are put aside");
        assert_eq!(
            (read("interfaces/a/interface.flow").as_str(), read("interfaces/b/interface.flow").as_str()),
            ("one", "")
        );
        assert!(ledger.git(&["stash", "list"]).unwrap().contains("not applied"));
        assert_eq!(read("data/log/0001.seg"), "patients");
        ledger.record("back", &[], "f1").unwrap().unwrap();
        assert_eq!(ledger.applied(9).unwrap().len(), 3);
    }
}
