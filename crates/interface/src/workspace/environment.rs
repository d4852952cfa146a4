//! `environments/NAME.toml`: what differs between test and production: addresses, secrets and limits, nothing else.
//!
//! ```toml
//! [secrets]
//! lab-password = "env:LAB_PASSWORD"       # or "file:/etc/sinew/lab-password", or "credential:NAME" of systemd
//!
//! [adt-main]
//! receive = "0.0.0.0:2575"                # an address alone,
//! [adt-main.send.pharmacy]                # or a table with address and settings
//! address = "rx01.example.org:6661"
//! timeout = "20s"
//! ```

use crate::codes;
use message::{Code, Diagnostic};
use std::{collections::BTreeMap, sync::Arc};

/// What one environment changes.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// Its name: `prod`.
    pub name: Arc<str>,
    /// Where secrets come from: `env:NAME`, `file:PATH` or `credential:NAME`.
    pub secrets: BTreeMap<String, String>,
    /// Changes by `INTERFACE` (its source) or `INTERFACE/DESTINATION`.
    pub changes: BTreeMap<String, Change>,
    pub(crate) file: Arc<str>,
    pub(crate) text: Arc<str>,
}

/// What changes at one source or destination.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// The address to use instead.
    pub address: Option<String>,
    /// Settings by name, as they would be written in the language.
    pub settings: BTreeMap<String, String>,
}

impl Environment {
    /// Changes the address at which an interface receives.
    pub fn receive(&mut self, interface: &str, address: &str) {
        self.changes.entry(interface.to_owned()).or_default().address = Some(address.to_owned());
    }

    /// Changes the address of a destination.
    pub fn send(&mut self, interface: &str, destination: &str, address: &str) {
        self.changes.entry(format!("{interface}/{destination}")).or_default().address = Some(address.to_owned());
    }

    /// The change of a source (`None`) or destination.
    #[must_use]
    pub fn change(&self, interface: &str, destination: Option<&str>) -> Option<&Change> {
        match destination {
            None => self.changes.get(interface),
            Some(destination) => self.changes.get(&format!("{interface}/{destination}")),
        }
    }

    /// Reads an environment file.
    #[must_use]
    pub fn read(name: &str, file: &str, text: &str) -> (Environment, Vec<Diagnostic>) {
        let mut environment =
            Environment { name: name.into(), file: file.into(), text: text.into(), ..Environment::default() };
        let mut findings = Vec::new();
        let table = match text.parse::<toml::Table>() {
            Ok(table) => table,
            Err(error) => {
                let span = error.span().unwrap_or(0..0);
                let finding = Diagnostic::error(codes::E3005, first_line(error.message()));
                findings.push(finding.at(&environment.file, span, ""));
                return (environment, findings);
            }
        };
        for (key, value) in &table {
            match value {
                toml::Value::Table(secrets) if key == "secrets" => environment.read_secrets(secrets, &mut findings),
                toml::Value::Table(interface) => environment.read_interface(key, interface, &mut findings),
                _ => findings.push(environment.finding(
                    codes::E3005,
                    key,
                    format!("`{key}` is neither `[secrets]` nor the table of an interface"),
                )),
            }
        }
        (environment, findings)
    }

    /// A finding at the first place where `key` is written.
    pub(crate) fn finding(&self, code: Code, key: &str, message: String) -> Diagnostic {
        let start = self.text.find(key).unwrap_or(0);
        let end = if self.text.is_empty() { 0 } else { start + key.len() };
        Diagnostic::error(code, message).at(&self.file, start..end.min(self.text.len()), "")
    }

    fn read_secrets(&mut self, secrets: &toml::Table, findings: &mut Vec<Diagnostic>) {
        for (name, value) in secrets {
            match value.as_str() {
                Some(place) if ["env:", "file:", "credential:"].iter().any(|kind| place.starts_with(kind)) => {
                    self.secrets.insert(name.clone(), place.to_owned());
                }
                _ => {
                    let message = format!("the secret `{name}` is not `env:NAME`, `file:PATH` or `credential:NAME`");
                    let hint = "a secret itself never stands in a workspace: say where to find it";
                    findings.push(self.finding(codes::E3005, name, message).hint(hint));
                }
            }
        }
    }

    fn read_interface(&mut self, name: &str, table: &toml::Table, findings: &mut Vec<Diagnostic>) {
        for (key, value) in table {
            match (key.as_str(), value) {
                ("receive", value) => self.read_change(name.to_owned(), key, value, findings),
                ("send", toml::Value::Table(sends)) => {
                    for (destination, value) in sends {
                        self.read_change(format!("{name}/{destination}"), destination, value, findings);
                    }
                }
                _ => {
                    let message = format!("`{key}` is not `receive` or `send`");
                    let hint = "an environment changes addresses, secrets and limits only";
                    findings.push(self.finding(codes::E3005, key, message).hint(hint));
                }
            }
        }
    }

    fn read_change(&mut self, of: String, key: &str, value: &toml::Value, findings: &mut Vec<Diagnostic>) {
        let mut change = Change::default();
        match value {
            toml::Value::String(address) => change.address = Some(address.clone()),
            toml::Value::Table(settings) => {
                for (name, value) in settings {
                    match (name.as_str(), written(value)) {
                        ("address", Some(text)) => change.address = Some(text),
                        (_, Some(text)) => {
                            change.settings.insert(name.clone(), text);
                        }
                        (_, None) => {
                            findings.push(self.finding(codes::E3005, name, format!("`{name}` is not a single value")));
                        }
                    }
                }
            }
            _ => {
                let message = format!("`{key}` is neither an address nor a table of settings");
                findings.push(self.finding(codes::E3005, key, message));
            }
        }
        self.changes.insert(of, change);
    }
}

/// The value as the language would write it.
fn written(value: &toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Boolean(flag) => Some(if *flag { "yes" } else { "no" }.to_owned()),
        toml::Value::Float(_) | toml::Value::Datetime(_) | toml::Value::Array(_) | toml::Value::Table(_) => None,
    }
}

/// The parser's message without its drawing of the text: ours shows the place.
pub(crate) fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or("not TOML").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Environment, Vec<&'static str>) {
        let (environment, findings) = Environment::read("test", "environments/test.toml", text);
        (environment, findings.iter().map(|finding| finding.code.id).collect())
    }

    #[test]
    fn addresses_settings_and_secrets() {
        let (environment, findings) = read(
            "[secrets]\nlab = \"env:LAB\"\n[adt]\nreceive = \"0.0.0.0:2575\"\n[adt.send.rx]\naddress = \"a:1\"\n\
             timeout = \"5s\"\nconnections = 4\nkeep = true\n[adt.send]\nfile = \"out\"\n",
        );
        assert_eq!(findings, Vec::<&str>::new());
        assert_eq!(environment.secrets["lab"], "env:LAB");
        assert_eq!(environment.change("adt", None).unwrap().address.as_deref(), Some("0.0.0.0:2575"));
        let change = environment.change("adt", Some("rx")).unwrap();
        assert_eq!(change.address.as_deref(), Some("a:1"));
        assert_eq!(change.settings["connections"], "4");
        assert_eq!(change.settings["keep"], "yes");
        assert_eq!(environment.change("adt", Some("file")).unwrap().address.as_deref(), Some("out"));
    }

    #[test]
    fn what_an_environment_may_not_do() {
        let check = |text: &str| assert_eq!(read(text).1, ["E3005"], "{text}");
        check("[adt");
        check("adt = 1");
        check("[secrets]\nlab = \"hunter2\"");
        check("[adt]\nkeep = \"x\"");
        check("[adt]\nreceive = 7");
        check("[adt.send]\nrx = [1]");
        check("[adt.send.rx]\ntimeout = [1]");
    }
}
