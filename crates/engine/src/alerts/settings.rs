//! Who is told of what: the part `[alerts]` of `sinew.toml`, compiled.

use interface::{
    definition::DestinationDefinition,
    workspace::{AlertLines, Files, Options, WORKSPACE_FILE, Workspace},
};
use message::Diagnostic;
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use watch::{Calendar, Rota, Window, book, shapes::Shape, words::Links};

/// A way to tell people.
#[derive(Clone, Debug)]
pub struct Channel {
    /// What it is called.
    pub name: Arc<str>,
    /// Where to, by a connector as interfaces use them.
    pub destination: DestinationDefinition,
    /// In which shape.
    pub shape: Shape,
    /// What names us there; empty for most.
    pub key: Arc<str>,
}

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Who is told, and when.
    pub book: book::Settings,
    /// The ways to tell them.
    pub channels: Vec<Channel>,
    /// Holidays.
    pub holidays: Calendar,
    /// Where texts point to.
    pub links: Links,
    /// The channel that is told that we live, and how often.
    pub heartbeat: Option<(Channel, Duration)>,
}

/// Compiles the part, with the connectors, variables and kept secrets of `options`. What is wrong is told, and the rest is of use all the same.
#[must_use]
pub fn read(lines: &AlertLines, engine: &str, console: &str, options: &Options) -> (Settings, Vec<Diagnostic>) {
    let mut findings = Findings(Vec::new());
    let mut channels = Vec::new();
    for (name, text) in &lines.channels {
        match channel(name, text, options) {
            Ok(channel) => channels.push(channel),
            Err(why) => findings.add(
                format!("channels.{name}"),
                why,
                "write a connector with its settings, then a shape: \"webhook https://hooks.example.org/x as slack\"",
            ),
        }
    }
    let heartbeat = lines.heartbeat.as_ref().and_then(|text| match channel("heartbeat", text, options) {
        Ok(channel) => Some((channel, lines.heartbeat_every)),
        Err(why) => {
            findings.add("heartbeat".to_owned(), why, "write a connector with its settings: \"webhook https://…\"");
            None
        }
    });
    for name in lines.tell.iter().chain(&lines.page).chain(&lines.escalate).chain(lines.people.values().flatten()) {
        if !lines.channels.contains_key(&**name) {
            findings.add(name.to_string(), "no such channel".to_owned(), "name a channel of [alerts.channels]");
        }
    }
    let (rotas, windows) = (rotas(lines, &mut findings), windows(lines, &mut findings));
    let holidays = Calendar::parse(&lines.holidays).unwrap_or_else(|word| {
        findings.add("holidays".to_owned(), format!("`{word}` is no date"), "write dates such as 2026-12-25");
        Calendar::default()
    });
    let people = lines.people.iter().map(|(name, of)| (Arc::from(name.as_str()), of.clone())).collect();
    let book = book::Settings {
        tell: lines.tell.clone(),
        page: lines.page.clone(),
        escalate: lines.escalate.clone(),
        alarm_after: lines.alarm_after,
        escalate_after: lines.escalate_after,
        again: lines.again,
        catch_all: lines.catch_all.clone(),
        rotas,
        people,
        windows,
    };
    let links = Links { console: console.to_owned(), runbook: lines.runbook.to_string(), engine: engine.to_owned() };
    (Settings { book, channels, holidays, links, heartbeat }, findings.0)
}

/// What is wrong, by its place below `[alerts]`.
struct Findings(Vec<Diagnostic>);

impl Findings {
    fn add(&mut self, place: String, message: String, hint: &str) {
        let finding = Diagnostic::error(interface::codes::E3003, format!("`alerts.{place}`: {message}"));
        self.0.push(finding.at(&Arc::from(WORKSPACE_FILE), 0..0, "").hint(hint.to_owned()));
    }
}

fn rotas(lines: &AlertLines, findings: &mut Findings) -> BTreeMap<Arc<str>, Rota> {
    let mut rotas = BTreeMap::new();
    for (team, text) in &lines.rotas {
        match Rota::parse(text) {
            Ok(rota) => {
                for person in rota.people().filter(|person| !lines.people.contains_key(&***person)) {
                    let why = format!("nobody is called `{person}`");
                    findings.add(format!("rotas.{team}"), why, "name the person's channels in [alerts.people]");
                }
                rotas.insert(Arc::from(team.as_str()), rota);
            }
            Err(why) => findings.add(format!("rotas.{team}"), why, "write \"anna, bela every 7d from 2026-01-05\""),
        }
    }
    rotas
}

fn windows(lines: &AlertLines, findings: &mut Findings) -> Vec<Window> {
    let mut windows = Vec::new();
    for (name, text) in &lines.maintenance {
        match Window::parse(name, text) {
            Ok(window) => windows.push(window),
            Err(why) => {
                findings.add(format!("maintenance.{name}"), why, "write \"Sun 02:00-04:00 partner rx01.example.org\"");
            }
        }
    }
    windows
}

/// `smtp mail.example.org:587 from … to …`, perhaps with ` as SHAPE` and ` key env:NAME` behind it.
fn channel(name: &str, text: &str, options: &Options) -> Result<Channel, String> {
    let (line, shape) = text.rsplit_once(" as ").map_or((text, None), |(line, shape)| (line, Some(shape.trim())));
    let (shape, key) = match shape.and_then(|shape| shape.split_once(" key ")) {
        Some((shape, key)) => (Some(shape.trim()), Some(key.trim())),
        None => (shape, None),
    };
    let destination = compile(name, line, options)?;
    let usual = match destination.connector {
        "smtp" => Shape::Text,
        "syslog" => Shape::Line,
        _ => Shape::Json,
    };
    let shape = match shape {
        None => usual,
        Some(word) => Shape::parse(word).ok_or_else(|| format!("`{word}` is no shape: {}", Shape::WORDS.join(", ")))?,
    };
    let key = match key.map(|key| key.strip_prefix("env:").ok_or(key)) {
        None => String::new(),
        Some(Ok(variable)) => {
            (options.variables)(variable).ok_or_else(|| format!("the environment variable `{variable}` is not set"))?
        }
        Some(Err(_)) => return Err("a key never stands in a workspace: write `key env:NAME`".to_owned()),
    };
    Ok(Channel { name: name.into(), destination, shape, key: key.into() })
}

/// The line as an interface would have it, compiled as one.
fn compile(name: &str, line: &str, options: &Options) -> Result<DestinationDefinition, String> {
    let flow = format!("interface {name} \"alerts\" {{\n  receive interface\n  send {name} {{\n    {line}\n  }}\n}}\n");
    let files = Files::memory([(WORKSPACE_FILE, ""), ("interfaces/alerts/interface.flow", flow.as_str())]);
    // What an environment changes is of interfaces, and a channel may have the name of one.
    let Options { connectors, variables, secrets, .. } = *options;
    let options = Options { variables, secrets, ..Options::new(connectors) };
    let (workspace, found) = Workspace::of(files, &options);
    let destination = workspace.definitions.first().and_then(|definition| definition.destinations.first());
    destination.cloned().ok_or_else(|| {
        let error = found.into_iter().find(|finding| finding.severity == message::Severity::Error);
        error.map_or_else(|| "it cannot be read".to_owned(), |finding| finding.message)
    })
}
