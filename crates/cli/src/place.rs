//! Where a command works: the workspace, its environment, its data directory.

use crate::outcome::{Exit, Failure, Result};
use clap::Args;
use interface::workspace::{KeyPlace, Options, ServerSettings, StoreEngine, UrlPlace, Workspace};
use lang::syntax::render::Renderer;
use message::{Diagnostic, Severity};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};
use store::{Engine, KeySource, MasterKey, postgres::Database, vault::Vault};

/// The workspace flags of a command.
#[derive(Args, Clone, Debug, Default)]
pub struct Place {
    /// The workspace folder; without it, the nearest one upward from here
    #[arg(short = 'C', long, value_name = "DIR")]
    pub workspace: Option<PathBuf>,
    /// The environment whose addresses and secrets hold (environments/NAME.toml)
    #[arg(long, value_name = "NAME", env = "SINEW_ENV")]
    pub env: Option<String>,
}

impl Place {
    /// The workspace folder.
    pub fn folder(&self) -> Result<PathBuf> {
        let from = match &self.workspace {
            Some(folder) => folder.clone(),
            None => {
                std::env::current_dir().map_err(|error| Failure::unreachable(format!("the current folder: {error}")))?
            }
        };
        let from = from.canonicalize().map_err(|error| Failure::unreachable(format!("{}: {error}", from.display())))?;
        Workspace::find(&from).ok_or_else(|| {
            Failure::new(
                Exit::Unreachable,
                format!("{} is not a workspace: there is no sinew.toml here or above", from.display()),
            )
            .code(interface::codes::E3001)
            .hint("make one with `sinew init NAME`, or name one with --workspace DIR")
        })
    }

    /// Loads it, with what there is to say about it.
    pub fn load(&self) -> Result<(Workspace, Vec<Diagnostic>)> {
        Ok(load(&self.folder()?, self.env.as_deref()))
    }

    /// The data directory of the workspace.
    pub fn store_folder(&self) -> Result<PathBuf> {
        let (workspace, _) = self.load()?;
        Ok(store_folder(&workspace))
    }
}

/// Loads the workspace in a folder with the connectors of this build.
pub fn load(folder: &Path, environment: Option<&str>) -> (Workspace, Vec<Diagnostic>) {
    let secrets = kept_secrets(folder);
    let options = Options { environment, secrets: &secrets, ..Options::new(connectors::catalogue()) };
    let (workspace, mut findings) = Workspace::load(folder, &options);
    findings.extend(alerts(&workspace).1);
    (workspace, findings)
}

/// Who is told of what goes wrong, as the workspace says it.
pub fn alerts(workspace: &Workspace) -> (engine::alerts::Settings, Vec<Diagnostic>) {
    let server = &workspace.server;
    let name = if server.name.is_empty() {
        workspace.folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    } else {
        server.name.to_string()
    };
    let scheme = if server.api.certificate.is_some() { "https" } else { "http" };
    let host = server.api.names.first().map(ToString::to_string);
    let port = server.api.listen.map_or(0, |listen| listen.port());
    let console = host.map_or_else(String::new, |host| format!("{scheme}://{host}:{port}"));
    let secrets = kept_secrets(&workspace.folder);
    let options = Options { secrets: &secrets, ..Options::new(connectors::catalogue()) };
    engine::alerts::settings::read(&server.alerts, &name, &console, &options)
}

/// What `secret:NAME` stands for where the vault keeps it. It is opened when the first name is asked for.
fn kept_secrets(folder: &Path) -> impl Fn(&str) -> Option<Arc<str>> {
    let kept = std::cell::OnceCell::new();
    move |name: &str| kept.get_or_init(|| vault(folder)).as_ref()?.text(name).map(|text| Arc::from(text.as_str()))
}

/// The sealed secrets of the workspace in a folder. What keeps them from being read shows as a secret that is missing.
fn vault(folder: &Path) -> Option<Vault> {
    let text = std::fs::read_to_string(folder.join(interface::workspace::WORKSPACE_FILE)).ok()?;
    let (settings, _) = ServerSettings::read(interface::workspace::WORKSPACE_FILE, &text);
    let options = store::Options { key: key(&settings, folder).ok()?, ..store::Options::default() };
    Vault::open(&folder.join(&settings.data), &options).ok().flatten()
}

/// Where the messages of a workspace are kept.
pub fn store_folder(workspace: &Workspace) -> PathBuf {
    workspace.folder.join(&workspace.server.data)
}

/// Where the key that seals messages comes from.
pub fn key(settings: &ServerSettings, folder: &Path) -> Result<KeySource> {
    match &settings.key {
        None => Ok(KeySource::InDirectory),
        Some(KeyPlace::File(path)) => Ok(KeySource::File(folder.join(path))),
        Some(KeyPlace::Variable(name)) => {
            let text = std::env::var(&**name).map_err(|_| {
                Failure::usage(format!("the environment variable {name} holds the store's key and is not set"))
                    .hint("64 hexadecimal digits; `openssl rand -hex 32` makes some")
            })?;
            MasterKey::from_text(&text).map(KeySource::Given).map_err(|error| Failure::usage(error.to_string()))
        }
    }
}

/// What keeps the messages of a workspace: files, or a database whose address is never shown.
pub fn engine(settings: &ServerSettings, folder: &Path) -> Result<Engine> {
    let Some(url) = settings.url.as_ref().filter(|_| settings.engine == StoreEngine::Postgres) else {
        return Ok(Engine::Embedded);
    };
    let address = match url {
        UrlPlace::Here(text) => text.to_string(),
        UrlPlace::Variable(name) => std::env::var(&**name).map_err(|_| {
            Failure::usage(format!("the environment variable {name} holds the database's address and is not set"))
                .hint("postgresql://user:password@host:5432/name")
        })?,
        UrlPlace::File(path) => {
            let path = folder.join(path);
            std::fs::read_to_string(&path)
                .map_err(|error| Failure::unreachable(format!("{}: {error}", path.display())))?
        }
    };
    let wrong = |error: store::Error| Failure::usage(error.to_string()).code(error.code());
    let database = Database::from_url(&address).map_err(wrong)?;
    match &settings.schema {
        Some(schema) => database.in_schema(schema).map_err(wrong).map(Engine::Postgres),
        None => Ok(Engine::Postgres(database)),
    }
}

/// How the store of a workspace is opened.
pub fn store_options(workspace: &Workspace) -> Result<store::Options> {
    let (settings, folder) = (&workspace.server, &workspace.folder);
    Ok(store::Options { engine: engine(settings, folder)?, key: key(settings, folder)?, ..store::Options::default() })
}

/// Renders findings with the lines they point at.
pub fn render(workspace: &Workspace, findings: &[Diagnostic], is_coloured: bool, is_unicode: bool) -> String {
    let mut renderer = Renderer::new(is_coloured, is_unicode);
    for finding in findings {
        for location in &finding.locations {
            if let message::Location::Text { file, .. } = location
                && let Some(text) = workspace.text(file)
            {
                renderer = renderer.add_source(file, &text);
            }
        }
    }
    renderer.render(findings)
}

/// A finding as JSON, with the line and column of its place where it is in a file.
pub fn as_json(workspace: &Workspace, finding: &Diagnostic) -> serde_json::Value {
    let mut value = serde_json::to_value(finding).unwrap_or_default();
    if let (Some(message::Location::Text { file, span, .. }), Some(object)) =
        (finding.locations.first(), value.as_object_mut())
        && let Some(before) = workspace.text(file).and_then(|text| text.get(..span.start).map(str::to_owned))
    {
        let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
        object.insert("line".to_owned(), (before.matches('\n').count() + 1).into());
        object.insert("column".to_owned(), column.into());
    }
    value
}

/// At least one finding is an error.
pub fn has_errors(findings: &[Diagnostic]) -> bool {
    findings.iter().any(|finding| finding.severity == Severity::Error)
}
