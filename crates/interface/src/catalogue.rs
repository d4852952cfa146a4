//! What a connector says of itself: one table from which the checker, the documentation and the engine read.

use crate::{
    contract::{Boxed, Destination, Lookup, Source},
    handles::Handles,
};
use message::{Clock, Reason, Timestamp};
use std::{collections::BTreeMap, path::PathBuf, sync::Arc, time::Duration};

/// A kind of connector: its description and its constructors. Listed by hand in `connectors::catalogue()`.
pub trait Connector: Send + Sync {
    /// Everything that people and the checker need to know.
    fn spec(&self) -> &'static Spec;
    /// Looks at an address and settings that are each well-formed, for what only the connector knows: settings that belong
    /// together, the shape of an address. Touches no network and no disk.
    ///
    /// # Errors
    /// What to change.
    fn check(&self, _settings: &Settings, _is_source: bool) -> Result<(), Reason> {
        Ok(())
    }
    /// Opens a source: binds the port, checks the folder. Fails with a reason that says what to change.
    fn source(&self, settings: &Settings, context: &Context) -> Boxed<'static, Result<Box<dyn Source>, Reason>>;
    /// Makes one lane to a destination. Does not connect yet.
    fn destination(&self, settings: &Settings, context: &Context) -> Result<Box<dyn Destination>, Reason>;
    /// How it answers lookups (`lookup NAME CONNECTOR …`), if it does.
    fn lookup_side(&self) -> Option<&'static Side> {
        None
    }
    /// As [`Connector::check`], for a lookup.
    ///
    /// # Errors
    /// What to change.
    fn check_lookup(&self, _settings: &Settings) -> Result<(), Reason> {
        Ok(())
    }
    /// Makes one line for questions. Does not connect yet.
    ///
    /// # Errors
    /// What to change; a connector without [`Connector::lookup_side`] has none to give.
    fn lookup(&self, _settings: &Settings, _context: &Context) -> Result<Box<dyn Lookup>, Reason> {
        Err(Reason::new(crate::codes::E3107, "the connector answers no lookups"))
    }
    /// Its destinations may keep something open between deliveries, so a lane is made when the interface starts, not only
    /// for the first delivery, and [`Destination::tend`] is called.
    fn is_tended(&self) -> bool {
        false
    }
}

/// What every connector may need from the engine.
#[derive(Clone)]
pub struct Context {
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Seconds by which the clocks on the wall here are ahead of UTC at a time.
    pub offset_s: fn(Timestamp) -> i64,
    /// Whose lane is made: `interface/destination`; empty for sources.
    pub owner: Arc<str>,
    /// The workspace folder: relative file addresses start here.
    pub workspace: PathBuf,
    /// The way into other interfaces of this engine, for the `interface` connector.
    pub exchange: Arc<dyn Exchange>,
    /// The connections that peers may have at all sources together.
    pub handles: Arc<Handles>,
    /// What a connector has to know again after a restart.
    pub notebook: Arc<dyn Notebook>,
}

/// Short texts by name that survive a crash: a text is on disk when `write` returns. Calls wait for the disk.
pub trait Notebook: Send + Sync {
    /// What was written last under this name.
    ///
    /// # Errors
    /// Why the store cannot be read now.
    fn read(&self, name: &str) -> Result<Option<String>, Reason>;
    /// Writes, over what was there. Never patient data.
    ///
    /// # Errors
    /// Why the store cannot be written now.
    fn write(&self, name: &str, text: &str) -> Result<(), Reason>;
}

/// Interfaces that feed one another inside the engine.
pub trait Exchange: Send + Sync {
    /// The intake of a running interface whose source is `receive interface`; `None` if there is no such one now.
    fn intake(&self, interface: &str) -> Option<Arc<dyn crate::contract::Intake>>;
}

/// A connector's description.
#[derive(Debug)]
pub struct Spec {
    /// The word in the language: `mllp`.
    pub name: &'static str,
    /// A line.
    pub title: &'static str,
    /// What it does and what it guarantees, in Markdown.
    pub description: &'static str,
    /// `receive NAME …`, if it can.
    pub source: Option<Side>,
    /// `send … { NAME … }`, if it can.
    pub destination: Option<Side>,
}

/// One direction of a connector.
#[derive(Debug)]
pub struct Side {
    /// What the address means, and an example.
    pub address: Address,
    /// The settings it knows.
    pub options: &'static [Setting],
    /// A complete `receive` or `send` block that checks without findings.
    pub example: &'static str,
}

/// How an address is written.
#[derive(Debug)]
pub struct Address {
    /// Its shape, for the checker.
    pub kind: AddressKind,
    /// What it is, in words.
    pub description: &'static str,
}

/// Shapes of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressKind {
    /// `host:port`; a port alone listens on loopback.
    HostPort,
    /// A folder, or a folder and a glob: `in/*.hl7`.
    Folder,
    /// `http://host:port/path`; as a source `host:port/path`.
    Url,
    /// The name of an interface in this workspace.
    Interface,
    /// The name of a topic.
    Topic,
    /// A server that is connected to, in both directions: the connector's [`Connector::check`] knows its shape.
    Remote,
    /// There is none.
    Nothing,
}

/// One setting of a connector.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// The word.
    pub name: &'static str,
    /// What values it takes.
    pub kind: SettingKind,
    /// What holds when it is not given, as it would be written; `""` when there is no default.
    pub default: &'static str,
    /// A sentence.
    pub description: &'static str,
}

/// Kinds of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettingKind {
    /// `20s`.
    Duration,
    /// `64MiB`.
    Size,
    /// A whole number between two bounds.
    Count(u64, u64),
    /// One of these words.
    Word(&'static [&'static str]),
    /// Any text.
    Text,
    /// `yes` or `no`.
    Flag,
    /// A file or folder.
    Path,
    /// A list of texts.
    List,
}

/// A value that was checked against its [`SettingKind`].
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// For `Duration`.
    Duration(Duration),
    /// For `Size`, bytes; for `Count`.
    Count(u64),
    /// For `Word`, `Text`, `Path`.
    Text(Arc<str>),
    /// For `Flag`.
    Flag(bool),
    /// For `List`.
    List(Vec<Arc<str>>),
}

/// The checked settings of one `receive` or `send` line. Defaults are filled in by the checker, so a connector reads
/// every setting that its spec gives a default without a fallback of its own.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// The address as written, environment applied.
    pub address: Arc<str>,
    /// Setting by name.
    pub values: BTreeMap<&'static str, Value>,
}

impl Settings {
    /// A duration, or zero if the spec has neither value nor default.
    #[must_use]
    pub fn duration(&self, name: &str) -> Duration {
        match self.values.get(name) {
            Some(Value::Duration(value)) => *value,
            _ => Duration::ZERO,
        }
    }
    /// A count or size, or 0.
    #[must_use]
    pub fn count(&self, name: &str) -> u64 {
        match self.values.get(name) {
            Some(Value::Count(value)) => *value,
            _ => 0,
        }
    }
    /// A text or word, or `""`.
    #[must_use]
    pub fn text(&self, name: &str) -> &str {
        match self.values.get(name) {
            Some(Value::Text(value)) => value,
            _ => "",
        }
    }
    /// A flag, or `false`.
    #[must_use]
    pub fn flag(&self, name: &str) -> bool {
        matches!(self.values.get(name), Some(Value::Flag(true)))
    }
    /// A list, or nothing.
    #[must_use]
    pub fn list(&self, name: &str) -> &[Arc<str>] {
        match self.values.get(name) {
            Some(Value::List(values)) => values,
            _ => &[],
        }
    }
}
