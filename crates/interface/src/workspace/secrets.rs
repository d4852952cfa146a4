//! Which secrets a workspace names, and where: names, never texts.

use super::{Environment, Workspace};
use lang::syntax;
use std::collections::{BTreeMap, BTreeSet};

/// A secret that the workspace names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named {
    /// Where the environment in force says that it is: `env:NAME`, `file:PATH` or `credential:NAME`. `None`: in the vault.
    pub place: Option<String>,
    /// Interfaces that name it, and files that several share.
    pub used_by: BTreeSet<String>,
}

impl Workspace {
    /// The secrets that its interfaces and the environment in force name, by name.
    #[must_use]
    pub fn secrets(&self) -> BTreeMap<String, Named> {
        let mut all: BTreeMap<String, Named> = BTreeMap::new();
        let mut used = |name: &str, by: &str| {
            all.entry(name.to_owned()).or_default().used_by.insert(by.to_owned());
        };
        for path in self.paths.iter().filter(|path| path.ends_with(".flow")) {
            let Ok(text) = self.files.text(path) else { continue };
            let (tree, _) = syntax::parse(path.as_str(), text);
            for token in tree.significant() {
                if let Some(name) = tree.value(token).strip_prefix("secret:") {
                    used(name, owner(path));
                }
            }
        }
        let file = format!("environments/{}.toml", self.environment);
        let Ok(text) = self.files.text(&file) else { return all };
        let (environment, _) = Environment::read(&self.environment, &file, &text);
        for (of, change) in &environment.changes {
            for value in change.settings.values().chain(&change.address) {
                if let Some(name) = value.strip_prefix("secret:") {
                    used(name, of.split('/').next().unwrap_or(of));
                }
            }
        }
        for (name, place) in environment.secrets {
            all.entry(name).or_default().place = Some(place);
        }
        all
    }
}

/// The interface that a file belongs to, or the file itself.
fn owner(path: &str) -> &str {
    let interface = path.strip_prefix("interfaces/").and_then(|rest| rest.split_once('/'));
    interface.map_or(path, |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::{Files, Options};

    #[test]
    fn names_of_secrets_with_who_uses_them() {
        let files = [
            ("sinew.toml", "name = \"t\""),
            (
                "environments/dev.toml",
                "[secrets]\nlab = \"env:LAB\"\nidle = \"file:x\"\n[b.send.rx]\npassword = \"secret:rx\"",
            ),
            (
                "interfaces/a/interface.flow",
                "interface a \"A\" { # secret:none\n  send x {\n    http https://h/ password secret:lab token \"secret:hub\"\n  }\n}",
            ),
            (
                "interfaces/b/interface.flow",
                "interface b \"B\" {\n  send rx {\n    http https://h/ password secret:lab\n  }\n}",
            ),
            ("shared/mail.flow", "block mail {\n  smtp m password secret:mail\n}"),
        ];
        let (workspace, _) = Workspace::of(Files::memory(files), &Options::new(&[]));
        let told: Vec<String> = workspace
            .secrets()
            .into_iter()
            .map(|(name, of)| format!("{name} {:?} {}", of.place, of.used_by.into_iter().collect::<Vec<_>>().join(",")))
            .collect();
        let expect = [
            "hub None a",
            "idle Some(\"file:x\") ",
            "lab Some(\"env:LAB\") a,b",
            "mail None shared/mail.flow",
            "rx None b",
        ];
        assert_eq!(told, expect);
    }
}
