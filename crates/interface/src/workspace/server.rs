//! `sinew.toml`: what the server needs to know besides the interfaces.
//!
//! ```toml
//! name = "north-hospital"
//! data = "data"                 # where messages are kept, relative to this folder
//!
//! [store]
//! key       = "env:SINEW_KEY"   # or "file:/etc/sinew/key"; without it the key lies beside the messages it seals
//! retention = "30d"             # or "forever"
//! ```

use super::environment::first_line;
use crate::{codes, compile::read_duration};
use lang::syntax::closest;
use message::Diagnostic;
use std::{path::PathBuf, sync::Arc, time::Duration};

/// How long messages are kept unless the workspace says otherwise.
pub(super) const RETENTION_DEFAULT: Duration = Duration::from_secs(30 * 24 * 3600);

const KEYS: [&str; 5] = ["name", "data", "store.key", "store.retention", "description"];

/// What `sinew.toml` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerSettings {
    /// What the workspace is called; empty when it does not say.
    pub name: Arc<str>,
    /// Where messages are kept, relative to the workspace folder or absolute.
    pub data: PathBuf,
    /// Where the key that seals messages comes from; `None`: a file in the data folder, made at the first start.
    pub key: Option<KeyPlace>,
    /// How long messages are kept; `None`: forever.
    pub retention: Option<Duration>,
}

/// Where a key is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyPlace {
    /// An environment variable.
    Variable(Arc<str>),
    /// A file.
    File(PathBuf),
}

impl Default for ServerSettings {
    fn default() -> ServerSettings {
        ServerSettings {
            name: Arc::from(""),
            data: PathBuf::from("data"),
            key: None,
            retention: Some(RETENTION_DEFAULT),
        }
    }
}

impl ServerSettings {
    /// Reads the file.
    #[must_use]
    pub fn read(file: &str, text: &str) -> (ServerSettings, Vec<Diagnostic>) {
        let mut settings = ServerSettings::default();
        let mut findings = Vec::new();
        let file: Arc<str> = file.into();
        match text.parse::<toml::Table>() {
            Ok(table) => {
                for (key, value) in flatten(&table) {
                    if let Err((message, hint)) = settings.apply(&key, &value) {
                        let name = key.rsplit('.').next().unwrap_or_default();
                        let start = text.find(name).unwrap_or(0);
                        let end = (start + name.len()).min(text.len());
                        findings.push(Diagnostic::error(codes::E3003, message).at(&file, start..end, "").hint(hint));
                    }
                }
            }
            Err(error) => {
                let finding = Diagnostic::error(codes::E3002, first_line(error.message()));
                findings.push(finding.at(&file, error.span().unwrap_or(0..0), ""));
            }
        }
        (settings, findings)
    }

    fn apply(&mut self, key: &str, value: &toml::Value) -> Result<(), (String, String)> {
        if !KEYS.contains(&key) {
            let hint = closest(key, KEYS)
                .map_or_else(|| format!("known here: {}", KEYS.join(", ")), |found| format!("did you mean `{found}`?"));
            return Err((format!("`{key}` is not a setting of the workspace"), hint));
        }
        let Some(text) = value.as_str() else {
            return Err((format!("`{key}` is not a text"), format!("put the value in quotes: {key} = \"…\"")));
        };
        match key {
            "name" => self.name = text.into(),
            "data" if !text.is_empty() => self.data = PathBuf::from(text),
            "store.key" => self.key = Some(key_place(text)?),
            "store.retention" if text == "forever" => self.retention = None,
            "store.retention" => {
                let wrong = || (format!("`{text}` is not a time"), "write a time such as 30d, or forever".to_owned());
                self.retention = Some(read_duration(text).filter(|time| !time.is_zero()).ok_or_else(wrong)?);
            }
            "description" => {}
            _ => return Err((format!("`{key}` is empty"), "leave the line out for the default".to_owned())),
        }
        Ok(())
    }
}

fn key_place(text: &str) -> Result<KeyPlace, (String, String)> {
    if let Some(name) = text.strip_prefix("env:") {
        return Ok(KeyPlace::Variable(name.into()));
    }
    if let Some(path) = text.strip_prefix("file:") {
        return Ok(KeyPlace::File(PathBuf::from(path)));
    }
    let hint = "a key itself never stands in a workspace: write env:NAME or file:PATH".to_owned();
    Err(("the key is not `env:NAME` or `file:PATH`".to_owned(), hint))
}

/// `[store] key` as `store.key`.
fn flatten(table: &toml::Table) -> Vec<(String, toml::Value)> {
    let mut flat = Vec::new();
    for (key, value) in table {
        match value {
            toml::Value::Table(inner) => {
                flat.extend(inner.iter().map(|(name, value)| (format!("{key}.{name}"), value.clone())));
            }
            _ => flat.push((key.clone(), value.clone())),
        }
    }
    flat
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings() {
        let (settings, findings) = ServerSettings::read(
            "sinew.toml",
            "name = \"north\"\ndata = \"/var/lib/sinew\"\n[store]\nkey = \"env:K\"\nretention = \"90d\"",
        );
        assert!(findings.is_empty(), "{findings:?}");
        assert_eq!(
            settings,
            ServerSettings {
                name: "north".into(),
                data: "/var/lib/sinew".into(),
                key: Some(KeyPlace::Variable("K".into())),
                retention: Some(Duration::from_secs(90 * 86_400)),
            }
        );
        let (settings, _) = ServerSettings::read("sinew.toml", "[store]\nretention = \"forever\"\nkey = \"file:k\"");
        assert_eq!((settings.retention, settings.key), (None, Some(KeyPlace::File("k".into()))));
        assert_eq!(ServerSettings::read("sinew.toml", "").0, ServerSettings::default());
    }

    #[test]
    fn wrong_settings() {
        let check = |text: &str, code: &str, hint: &str| {
            let (_, findings) = ServerSettings::read("sinew.toml", text);
            let [finding] = findings.as_slice() else { panic!("{text}: {findings:?}") };
            assert_eq!(finding.code.id, code, "{text}");
            assert!(finding.hint.as_deref().unwrap_or_default().contains(hint), "{text}: {finding:?}");
        };
        check("name = ", "E3002", "");
        check("nmae = \"x\"", "E3003", "did you mean `name`?");
        check("[store]\nretension = \"3d\"", "E3003", "did you mean `store.retention`?");
        check("[store]\nretention = \"3\"", "E3003", "30d");
        check("[store]\nkey = \"hunter2\"", "E3003", "env:NAME");
        check("data = 7", "E3003", "quotes");
        check("data = \"\"", "E3003", "default");
    }
}
