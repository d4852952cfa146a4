//! `sinew.toml`: what the server needs to know besides the interfaces.
//!
//! ```toml
//! name = "north-hospital"
//! data = "data"                 # where messages are kept, relative to this folder
//!
//! [store]
//! key       = "env:SINEW_KEY"   # or "file:/etc/sinew/key"; without it the key lies beside the messages it seals
//! retention = "30d"             # or "forever"
//! engine    = "postgres"        # or "embedded", which is the default: files in the data folder
//! url       = "env:SINEW_DB"    # or "file:…"; or the address itself where it holds no password
//! schema    = "sinew"           # in which schema of the database
//!
//! [backup]
//! to        = "/mnt/backup/north"   # another disk; a folder of its own for each workspace
//! recipient = "age1…"               # from `sinew backup key`; several with blanks between them
//!
//! [quality]
//! count     = "off"                 # or "on", which is the default: what senders send is counted over time
//! span      = "1h"                  # how long a span of the counts is, 1s to 1h
//! day       = "1d"                  # what counts as a day: a whole number of spans; shorter in trials only
//! pause     = "30s"                 # pause between writings of the counts
//!
//! [api]
//! listen        = "127.0.0.1:8620"  # HTTP; without it the API is served on the control socket only
//! certificate   = "api.pem"         # TLS, needed off this machine
//! key           = "api.key"
//! plaintext     = "no"              # or "yes": HTTP in the open where others can reach it
//! names         = "sinew.example.org"   # by which names browsers reach it, besides localhost
//! second-factor = "all"             # or "administrators": who needs one
//! four-eyes     = "off"             # or "on": a change of the workspace needs a second person
//!
//! [sso]                             # signing in by OpenID Connect, besides passwords
//! issuer        = "https://id.example.org/realms/north"
//! client        = "sinew"           # we, as the provider calls us
//! secret        = "env:SINEW_SSO"   # or "file:…", "credential:NAME"
//! title         = "North Hospital"  # what the button says
//! claim         = "groups"          # which claim holds the groups
//! roles         = "it=administrator, nurses=viewer"
//! second-factor = "here"            # or "provider": it asks everyone for one
//! ca            = "certs/ca.pem"    # authorities besides the public ones
//!
//! [audit]                           # records are kept here in any case, and sent on
//! syslog        = "repository.example.org:6514"   # IHE ATNA: RFC 5425, always over TLS
//! fhir          = "https://fhir.example.org/r4"   # AuditEvent resources
//! ca            = "certs/ca.pem"
//! certificate   = "certs/sinew.pem"
//! key           = "certs/sinew.key"
//!
//! [telemetry]                       # OpenTelemetry: OTLP over HTTP, in JSON
//! otlp          = "https://otel.example.org:4318"
//! every         = "30s"             # pause between two looks at the metrics
//! traces        = "0.01"            # the share of messages whose journey is told; 0 is the default
//! conventions   = "sinew"           # or "messaging": the names of its conventions too
//! header        = "authorization"   # the header that holds the secret
//! secret        = "env:OTEL_KEY"    # its whole value, as "Bearer …"; or "file:…", "credential:NAME"
//! ca            = "certs/ca.pem"
//! certificate   = "certs/sinew.pem"
//! key           = "certs/sinew.key"
//! ```
//!
//! The part `[alerts]` says who is told of what goes wrong: see [`AlertLines`].

use super::{
    alerts::AlertLines, api, api::ApiLines, audit, audit::AuditLines, environment::first_line, sso, sso::SsoLines,
    telemetry, telemetry::TelemetryLines,
};
use crate::{codes, compile::read_duration};
use lang::syntax::closest;
use message::Diagnostic;
use std::{path::PathBuf, sync::Arc, time::Duration};

/// How long messages are kept unless the workspace says otherwise.
pub(super) const RETENTION_DEFAULT: Duration = Duration::from_secs(30 * 24 * 3600);

const KEYS: [&str; 14] = [
    "name",
    "data",
    "store.key",
    "store.retention",
    "store.engine",
    "store.url",
    "store.schema",
    "backup.to",
    "backup.recipient",
    "quality.count",
    "quality.span",
    "quality.day",
    "quality.pause",
    "description",
];

/// What `sinew.toml` says.
#[derive(Clone, Debug, PartialEq)]
pub struct ServerSettings {
    /// What the workspace is called; empty when it does not say.
    pub name: Arc<str>,
    /// Where messages are kept, relative to the workspace folder or absolute.
    pub data: PathBuf,
    /// Where the key that seals messages comes from; `None`: a file in the data folder, made at the first start.
    pub key: Option<KeyPlace>,
    /// How long messages are kept; `None`: forever.
    pub retention: Option<Duration>,
    /// The repository of backups, relative to the workspace folder or absolute; `None`: not set up.
    pub backup_to: Option<PathBuf>,
    /// To whom backups are encrypted, as written.
    pub backup_recipients: Vec<Arc<str>>,
    /// How the quality of what comes is counted.
    pub quality: QualitySettings,
    /// Where the HTTP API is served, and what it asks for.
    pub api: ApiLines,
    /// Who is told of what goes wrong.
    pub alerts: AlertLines,
    /// Who vouches for people besides their passwords.
    pub sso: SsoLines,
    /// Where records of the audit chain are sent on to.
    pub audit: AuditLines,
    /// Where metrics and journeys are sent.
    pub telemetry: TelemetryLines,
    /// What keeps the messages.
    pub engine: StoreEngine,
    /// Where the address of the database is found.
    pub url: Option<UrlPlace>,
    /// The schema in the database; `None`: the default.
    pub schema: Option<Arc<str>>,
}

/// How the quality of what comes is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QualitySettings {
    /// It is counted.
    pub is_on: bool,
    /// The fine span.
    pub span: Duration,
    /// The coarse span.
    pub day: Duration,
    /// Pause between writings.
    pub pause: Duration,
}

impl Default for QualitySettings {
    fn default() -> QualitySettings {
        QualitySettings {
            is_on: true,
            span: Duration::from_secs(3_600),
            day: Duration::from_secs(86_400),
            pause: Duration::from_secs(30),
        }
    }
}

/// What keeps the messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StoreEngine {
    /// Files in the data folder.
    #[default]
    Embedded,
    /// A PostgreSQL database.
    Postgres,
}

/// Where the address of a database is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UrlPlace {
    /// An environment variable.
    Variable(Arc<str>),
    /// A file.
    File(PathBuf),
    /// The setting itself: an address without a password.
    Here(Arc<str>),
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
            quality: QualitySettings::default(),
            api: ApiLines::default(),
            alerts: AlertLines::default(),
            sso: SsoLines::default(),
            audit: AuditLines::default(),
            telemetry: TelemetryLines::default(),
            engine: StoreEngine::Embedded,
            url: None,
            schema: None,
            backup_to: None,
            backup_recipients: Vec::new(),
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
            Ok(mut table) => {
                if let Some(toml::Value::Table(alerts)) = table.remove("alerts") {
                    let (lines, wrong) = AlertLines::read(&alerts);
                    settings.alerts = lines;
                    findings.extend(wrong.into_iter().map(|(key, message, hint)| {
                        let start = text.find(&key).unwrap_or(0);
                        let end = (start + key.len()).min(text.len());
                        Diagnostic::error(codes::E3003, message).at(&file, start..end, "").hint(hint)
                    }));
                }
                for (key, value) in flatten(&table) {
                    if let Err((message, hint)) = settings.apply(&key, &value) {
                        let name = key.rsplit('.').next().unwrap_or_default();
                        let start = text.find(name).unwrap_or(0);
                        let end = (start + name.len()).min(text.len());
                        findings.push(Diagnostic::error(codes::E3003, message).at(&file, start..end, "").hint(hint));
                    }
                }
                let QualitySettings { span, day, .. } = settings.quality;
                if !day.as_secs().is_multiple_of(span.as_secs().max(1)) && findings.is_empty() {
                    let start = text.find("quality").unwrap_or(0);
                    let finding =
                        Diagnostic::error(codes::E3003, "the day of the counts is no whole number of their spans");
                    let hint = "write a span that divides the day: span = \"1h\"";
                    findings.push(finding.at(&file, start..(start + "quality".len()).min(text.len()), "").hint(hint));
                }
                if settings.engine == StoreEngine::Postgres && settings.url.is_none() && findings.is_empty() {
                    let start = text.find("engine").unwrap_or(0);
                    let finding =
                        Diagnostic::error(codes::E3003, "the store is in a database and `store.url` is not set");
                    let hint = "say where its address is: url = \"env:SINEW_DB\"";
                    findings.push(finding.at(&file, start..(start + "engine".len()).min(text.len()), "").hint(hint));
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
        let known = || KEYS.into_iter().chain(api::KEYS).chain(sso::KEYS).chain(audit::KEYS).chain(telemetry::KEYS);
        if !known().any(|one| one == key) {
            let list = || format!("known here: {}", known().collect::<Vec<_>>().join(", "));
            let hint = closest(key, known()).map_or_else(list, |found| format!("did you mean `{found}`?"));
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
            "store.engine" => {
                self.engine = match text {
                    "embedded" => StoreEngine::Embedded,
                    "postgres" => StoreEngine::Postgres,
                    _ => {
                        let hint = "write embedded (files in the data folder) or postgres (a database)".to_owned();
                        return Err((format!("`{text}` is no engine of the store"), hint));
                    }
                }
            }
            "store.url" => self.url = Some(url_place(text)?),
            "store.schema" if !text.is_empty() => self.schema = Some(text.into()),
            "backup.to" if !text.is_empty() => self.backup_to = Some(PathBuf::from(text)),
            "backup.recipient" => self.backup_recipients = recipients(text)?,
            "quality.count" => {
                self.quality.is_on = match text {
                    "on" => true,
                    "off" => false,
                    _ => return Err((format!("`{text}` is neither on nor off"), "write on or off".to_owned())),
                }
            }
            "quality.span" => self.quality.span = between(text, 1, 3_600)?,
            "quality.day" => self.quality.day = between(text, 1, 86_400)?,
            "quality.pause" => self.quality.pause = between(text, 1, 3_600)?,
            "description" => {}
            key if api::KEYS.contains(&key) && !text.is_empty() => self.api.apply(key, text)?,
            key if audit::KEYS.contains(&key) && !text.is_empty() => self.audit.apply(key, text)?,
            key if telemetry::KEYS.contains(&key) && !text.is_empty() => self.telemetry.apply(key, text)?,
            key if sso::KEYS.contains(&key) && !text.is_empty() => self.sso.apply(key, text)?,
            _ => return Err((format!("`{key}` is empty"), "leave the line out for the default".to_owned())),
        }
        Ok(())
    }
}

/// A time of whole seconds between two bounds.
fn between(text: &str, low_s: u64, high_s: u64) -> Result<Duration, (String, String)> {
    let is_right = |time: &Duration| (low_s..=high_s).contains(&time.as_secs()) && time.subsec_nanos() == 0;
    read_duration(text).filter(is_right).ok_or_else(|| {
        let hint = format!("write a time from {low_s}s to {high_s}s, such as 30s or 1h");
        (format!("`{text}` is not a time that fits"), hint)
    })
}

fn recipients(text: &str) -> Result<Vec<Arc<str>>, (String, String)> {
    let words: Vec<Arc<str>> = text.split([' ', ',']).filter(|word| !word.is_empty()).map(Arc::from).collect();
    if words.is_empty() || words.iter().any(|word| !word.starts_with("age1")) {
        let hint = "`sinew backup key FILE` makes a key and prints its recipient; the key itself never stands here";
        return Err(("a recipient is `age1…`".to_owned(), hint.to_owned()));
    }
    Ok(words)
}

pub(super) fn key_place(text: &str) -> Result<KeyPlace, (String, String)> {
    if let Some(name) = text.strip_prefix("credential:") {
        return Ok(KeyPlace::File(super::credential(name)));
    }
    if let Some(name) = text.strip_prefix("env:") {
        return Ok(KeyPlace::Variable(name.into()));
    }
    if let Some(path) = text.strip_prefix("file:") {
        return Ok(KeyPlace::File(PathBuf::from(path)));
    }
    let hint = "a key itself never stands in a workspace: write env:NAME or file:PATH".to_owned();
    Err(("the key is not `env:NAME` or `file:PATH`".to_owned(), hint))
}

fn url_place(text: &str) -> Result<UrlPlace, (String, String)> {
    if let Some(name) = text.strip_prefix("env:") {
        return Ok(UrlPlace::Variable(name.into()));
    }
    if let Some(path) = text.strip_prefix("file:") {
        return Ok(UrlPlace::File(PathBuf::from(path)));
    }
    let person = text.split_once("://").and_then(|(_, rest)| rest.split_once('@')).map_or("", |(person, _)| person);
    let hint = "write env:NAME or file:PATH, and keep the address with its password there".to_owned();
    if person.contains(':') || text.contains("password") {
        return Err(("a password does not belong into a workspace".to_owned(), hint));
    }
    if !text.contains("://") && !text.contains('=') {
        return Err(("the address of the database cannot be read".to_owned(), hint));
    }
    Ok(UrlPlace::Here(text.into()))
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
                ..ServerSettings::default()
            }
        );
        let text = "[quality]\nspan = \"1s\"\nday = \"20s\"\npause = \"2s\"\ncount = \"off\"";
        let (settings, findings) = ServerSettings::read("sinew.toml", text);
        let QualitySettings { is_on, span, day, pause } = settings.quality;
        assert!(findings.is_empty() && !is_on, "{findings:?}");
        assert_eq!((span.as_secs(), day.as_secs(), pause.as_secs()), (1, 20, 2));
        let (settings, _) = ServerSettings::read("sinew.toml", "[store]\nretention = \"forever\"\nkey = \"file:k\"");
        assert_eq!((settings.retention, settings.key), (None, Some(KeyPlace::File("k".into()))));
        assert_eq!(ServerSettings::read("sinew.toml", "").0, ServerSettings::default());
        let url = |text: &str| {
            let text = format!("[store]\nengine = \"postgres\"\nschema = \"north\"\nurl = \"{text}\"");
            let (settings, findings) = ServerSettings::read("sinew.toml", &text);
            assert!(findings.is_empty(), "{findings:?}");
            assert_eq!((settings.engine, settings.schema.as_deref()), (StoreEngine::Postgres, Some("north")));
            settings.url
        };
        assert_eq!(url("env:DB"), Some(UrlPlace::Variable("DB".into())));
        assert_eq!(url("file:/etc/db"), Some(UrlPlace::File("/etc/db".into())));
        for here in ["postgresql://sinew@db/north", "host=/run/postgresql dbname=north"] {
            assert_eq!(url(here), Some(UrlPlace::Here(here.into())));
        }
        let text = "[backup]\nto = \"/mnt/backup\"\nrecipient = \"age1a, age1b\"";
        let (settings, findings) = ServerSettings::read("sinew.toml", text);
        assert!(findings.is_empty(), "{findings:?}");
        assert_eq!((settings.backup_to, settings.backup_recipients.len()), (Some("/mnt/backup".into()), 2));
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
        check("[store]\nengine = \"oracle\"", "E3003", "postgres");
        check("[store]\nengine = \"postgres\"", "E3003", "env:SINEW_DB");
        for secret in ["postgresql://a:hunter2@db/x", "host=db password=hunter2", "hunter2"] {
            check(&format!("[store]\nurl = \"{secret}\""), "E3003", "env:NAME");
            let (_, findings) = ServerSettings::read("sinew.toml", &format!("[store]\nurl = \"{secret}\""));
            assert!(!format!("{findings:?}").contains("hunter2"), "{findings:?}");
        }
        check("[backup]\nrecipient = \"AGE-SECRET-KEY-1X\"", "E3003", "backup key");
        check("[quality]\nspan = \"2h\"", "E3003", "3600s");
        check("[quality]\ncount = \"maybe\"", "E3003", "on or off");
        check("[quality]\nspan = \"7s\"", "E3003", "divides");
        check("[api]\nlisten = \"8620\"", "E3003", "127.0.0.1:8620");
        check("[api]\nfour-eyes = \"yes\"", "E3003", "on or off");
        check("[api]\nlisen = \"127.0.0.1:1\"", "E3003", "did you mean `api.listen`?");
        check("[audit]\nsyslog = \"repository\"", "E3003", "6514");
        check("[audit]\nfhir = \"http://fhir.example\"", "E3003", "https://");
        check("[sso]\nissuer = \"http://id.example\"", "E3003", "https://");
        // A name that only begins like this machine is another machine.
        for line in ["[audit]\nfhir", "[sso]\nissuer", "[telemetry]\notlp"] {
            check(&format!("{line} = \"http://localhost.evil\""), "E3003", "https://");
            check(&format!("{line} = \"http://127.0.0.1.evil\""), "E3003", "https://");
        }
        check("[sso]\nroles = \"nurses\"", "E3003", "group=role");
        check("[sso]\nsecret = \"hunter2\"", "E3003", "env:NAME");
        check("[sso]\nsecond-factor = \"no\"", "E3003", "here");
        check("data = 7", "E3003", "quotes");
        check("data = \"\"", "E3003", "default");
    }
}
