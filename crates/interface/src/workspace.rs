//! The workspace: a folder of interfaces, maps, tables and tests, kept in git.
//!
//! ```text
//! sinew.toml                      name, data folder, store, log
//! interfaces/NAME/interface.flow  one interface; beside it maps/ tables/ lists/ scripts/ samples/ tests/*.flow README.md
//! shared/                         NAME.flow blocks, tables/, lists/, maps/, profiles/, scripts/
//! environments/NAME.toml          addresses, secrets and limits that differ
//! ```
//!
//! Promises: loading never stops at the first finding; a broken interface does not hide the others.
//! Never: writes, or opens anything but files below the folder.

mod alerts;
mod api;
mod around;
mod audit;
mod environment;
mod files;
mod secrets;
mod secure;
mod server;
mod sso;
mod telemetry;

pub use alerts::AlertLines;
pub use api::ApiLines;
pub use around::{Around, TestAnswers, Used, standard};
pub use audit::AuditLines;
pub use environment::{Change, Environment};
pub use files::{Files, Unreadable};
pub use secrets::Named;
pub use server::{KeyPlace, QualitySettings, ServerSettings, StoreEngine, UrlPlace};
pub use sso::{GroupRole, SsoLines};
pub use telemetry::TelemetryLines;

use crate::{
    case::TestCase,
    catalogue::Connector,
    codes,
    compile::{self, Outline, SharedMaps, Surroundings},
    definition::Definition,
    profiles,
};
use lang::{
    Forms, Library, Profiles, Scripts, Tables,
    syntax::{self, Tree},
};
use message::{Diagnostic, Name};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

/// The file that makes a folder a workspace.
pub const WORKSPACE_FILE: &str = "sinew.toml";
/// The environment that is used when none is named.
pub const ENVIRONMENT_DEFAULT: &str = "dev";

/// How a workspace is loaded.
#[derive(Clone, Copy)]
pub struct Options<'a> {
    /// The connectors that there are: `connectors::catalogue()`.
    pub connectors: &'a [&'a dyn Connector],
    /// The environment's name; `None` takes `dev`, and no changes when there is no such file.
    pub environment: Option<&'a str>,
    /// Addresses that go over those of the environment; tests and the demo choose free ports with it.
    pub overrides: Option<&'a Environment>,
    /// Environment variables for `env:NAME`.
    pub variables: &'a dyn Fn(&str) -> Option<String>,
    /// What is kept sealed, for a `secret:NAME` that no environment file names.
    pub secrets: &'a dyn Fn(&str) -> Option<Arc<str>>,
}

impl<'a> Options<'a> {
    /// The default environment and the variables of this process.
    #[must_use]
    pub fn new(connectors: &'a [&'a dyn Connector]) -> Options<'a> {
        let variables = &|name: &str| std::env::var(name).ok();
        Options { connectors, environment: None, overrides: None, variables, secrets: &|_| None }
    }
}

/// A loaded workspace.
#[derive(Clone, Debug)]
pub struct Workspace {
    /// The folder; empty for files in memory.
    pub folder: PathBuf,
    /// The environment in force.
    pub environment: Name,
    /// What `sinew.toml` says.
    pub server: ServerSettings,
    /// The interfaces without errors, by name.
    pub definitions: Vec<Arc<Definition>>,
    /// Interfaces with errors: what runs under these names goes on as it is.
    pub broken: Vec<Name>,
    /// Every test without errors.
    pub tests: Vec<TestCase>,
    /// The code tables of `shared/tables`.
    pub tables: Tables,
    /// The profiles of `shared/profiles`, over those that ship with Sinew.
    pub profiles: Profiles,
    /// The descriptions of formats in `shared/formats`.
    pub forms: Forms,
    files: Files,
    paths: Vec<String>,
}

impl Workspace {
    /// The nearest folder with a `sinew.toml`, from `from` upward.
    #[must_use]
    pub fn find(from: &Path) -> Option<PathBuf> {
        from.ancestors().find(|folder| folder.join(WORKSPACE_FILE).is_file()).map(Path::to_path_buf)
    }

    /// Loads the workspace in `folder`.
    #[must_use]
    pub fn load(folder: &Path, options: &Options<'_>) -> (Workspace, Vec<Diagnostic>) {
        Workspace::of(Files::Folder(folder.to_path_buf()), options)
    }

    /// Loads a workspace from wherever its files are.
    #[must_use]
    pub fn of(files: Files, options: &Options<'_>) -> (Workspace, Vec<Diagnostic>) {
        let mut loading = Loading { findings: Vec::new(), files };
        let (paths, is_more) = loading.files.list("");
        if is_more {
            let message = format!("the folder holds more than {} files", files::FILES_MAX);
            let hint = "keep messages and other bulk outside the workspace folder";
            loading.findings.push(Diagnostic::error(codes::E3008, message).hint(hint));
        }
        let server = loading.server();
        let environment = loading.environment(options);
        let named: Vec<String> = environment.changes.keys().cloned().collect();
        let environment = merge(environment, options.overrides);
        let tables = loading.tables(&paths);
        let scripts = loading.scripts(&paths);
        let blocks = loading.blocks(&paths);
        let shared_maps = SharedMaps::from(loading.library(&paths));
        let profiles = profiles::shared(&loading.files, &paths, &tables, &mut loading.findings);
        let forms = loading.forms(&paths);
        let surroundings = Surroundings {
            connectors: options.connectors,
            files: &loading.files,
            environment: &environment,
            variables: options.variables,
            secrets: options.secrets,
            blocks: &blocks,
            tables: &tables,
            shared_maps: &shared_maps,
            forms: &forms,
            profiles: &profiles,
            scripts: &scripts,
        };
        let (mut outlines, tests, found) = compile_all(&paths, &surroundings);
        loading.findings.extend(found);
        loading.findings.extend(compile::subscribe(&mut outlines));
        loading.findings.extend(compile::lint(&outlines, &tests, &surroundings));
        loading.findings.extend(named.iter().filter_map(|of| unknown_change(of, &outlines, &environment)));
        let broken = outlines.iter().filter(|outline| outline.definition.is_none()).map(|outline| outline.name.clone());
        let workspace = Workspace {
            folder: match &loading.files {
                Files::Folder(folder) | Files::Edited(folder, _) => folder.clone(),
                Files::Memory(_) => PathBuf::new(),
            },
            environment: environment.name.clone(),
            server,
            broken: broken.collect(),
            definitions: outlines.into_iter().filter_map(|outline| outline.definition).map(Arc::new).collect(),
            tests,
            tables,
            profiles,
            forms,
            files: loading.files,
            paths,
        };
        (workspace, tidy(loading.findings))
    }

    /// The definition of this name.
    #[must_use]
    pub fn definition(&self, name: &str) -> Option<&Arc<Definition>> {
        self.definitions.iter().find(|definition| &*definition.name == name)
    }

    /// The text of a file that a finding points at.
    #[must_use]
    pub fn text(&self, file: &str) -> Option<String> {
        self.files.text(file).ok()
    }

    /// The files of the language: `*.flow` and `*.map`, relative to the folder.
    pub fn language_files(&self) -> impl Iterator<Item = &str> {
        self.paths.iter().map(String::as_str).filter(|path| path.ends_with(".flow") || path.ends_with(".map"))
    }
}

struct Loading {
    findings: Vec<Diagnostic>,
    files: Files,
}

impl Loading {
    fn server(&mut self) -> ServerSettings {
        match self.files.text(WORKSPACE_FILE) {
            Ok(text) => {
                let (server, findings) = ServerSettings::read(WORKSPACE_FILE, &text);
                self.findings.extend(findings);
                server
            }
            Err(Unreadable::Missing) => {
                let message = "the folder has no `sinew.toml`, so it is not a workspace";
                let hint = "go to the workspace folder, or make one with `sinew init NAME`";
                self.findings.push(Diagnostic::error(codes::E3001, message).hint(hint));
                ServerSettings::default()
            }
            Err(why) => {
                self.findings.push(Diagnostic::error(codes::E3002, format!("`sinew.toml` cannot be read: {why}")));
                ServerSettings::default()
            }
        }
    }

    fn environment(&mut self, options: &Options<'_>) -> Environment {
        let name = options.environment.unwrap_or(ENVIRONMENT_DEFAULT);
        let file = format!("environments/{name}.toml");
        match self.files.text(&file) {
            Ok(text) => {
                let (environment, findings) = Environment::read(name, &file, &text);
                self.findings.extend(findings);
                environment
            }
            Err(Unreadable::Missing) if options.environment.is_none() => {
                Environment { name: name.into(), file: file.into(), ..Environment::default() }
            }
            Err(why) => {
                let message = format!("the environment `{name}` cannot be read from `{file}`: {why}");
                self.findings.push(Diagnostic::error(codes::E3005, message));
                Environment { name: name.into(), file: file.into(), ..Environment::default() }
            }
        }
    }

    fn tables(&mut self, paths: &[String]) -> Tables {
        let mut tables = Tables::default();
        read_tables(&self.files, paths, "shared/tables/", &mut tables, &mut self.findings);
        read_lists(&self.files, paths, "shared/lists/", &mut tables, &mut self.findings);
        tables
    }

    fn scripts(&mut self, paths: &[String]) -> Scripts {
        let mut scripts = Scripts::default();
        read_scripts(&self.files, paths, "shared/scripts/", &mut scripts, &mut self.findings);
        scripts
    }

    fn library(&mut self, paths: &[String]) -> Library {
        let mut library = Library::default();
        for path in paths.iter().filter(|path| path.starts_with("shared/maps/") && path.ends_with(".map")) {
            let Some(tree) = read_tree(&self.files, path, &mut self.findings) else { continue };
            self.findings.extend(library.add(&Arc::new(tree)));
        }
        library
    }

    fn forms(&mut self, paths: &[String]) -> Forms {
        read_forms(&self.files, paths, &mut self.findings)
    }

    fn blocks(&mut self, paths: &[String]) -> Vec<Tree> {
        let is_block = |path: &&String| {
            path.strip_prefix("shared/").is_some_and(|rest| rest.ends_with(".flow") && !rest.contains('/'))
        };
        let trees = paths.iter().filter(is_block).filter_map(|path| read_tree(&self.files, path, &mut self.findings));
        trees.collect()
    }
}

/// The descriptions of formats of a workspace: `shared/formats/*.flow`.
#[must_use]
pub fn read_forms(files: &Files, paths: &[String], findings: &mut Vec<Diagnostic>) -> Forms {
    let mut forms = Forms::default();
    for path in paths.iter().filter(|path| path.starts_with("shared/formats/") && path.ends_with(".flow")) {
        let Some(tree) = read_tree(files, path, findings) else { continue };
        forms.add(&tree, findings);
        for statement in tree.statements.iter().filter(|statement| statement.word(&tree) != "format") {
            let cursor = syntax::Cursor::new(&tree, statement);
            let message = format!("`{}` does not belong into a file of formats", cursor.peek_str());
            let finding = Diagnostic::error(codes::E3373, message).at(&tree.file, cursor.here(), "");
            findings.push(finding.hint("write `format NAME delimited { … }`"));
        }
    }
    forms
}

/// The files right below `folder` (which ends in `/`) with one of these endings: name and path.
fn right_below<'p>(
    paths: &'p [String],
    folder: &'p str,
    endings: &'p [&'p str],
) -> impl Iterator<Item = (&'p str, &'p str)> {
    paths.iter().filter_map(move |path| {
        let (name, ending) = path.strip_prefix(folder)?.rsplit_once('.')?;
        (endings.contains(&ending) && !name.contains('/')).then_some((name, path.as_str()))
    })
}

/// Reads every `*.csv` right below `folder` (which ends in `/`).
pub(crate) fn read_tables(
    files: &Files,
    paths: &[String],
    folder: &str,
    tables: &mut Tables,
    findings: &mut Vec<Diagnostic>,
) {
    for (name, path) in right_below(paths, folder, &["csv"]) {
        let Some(text) = read_text(files, path, findings) else { continue };
        let (table, found) = lang::Table::parse(name, &path.into(), &text);
        findings.extend(found);
        tables.insert(table);
    }
}

/// Reads every `*.txt` and `*.csv` right below `folder` (which ends in `/`) as a list of values.
pub(crate) fn read_lists(
    files: &Files,
    paths: &[String],
    folder: &str,
    tables: &mut Tables,
    findings: &mut Vec<Diagnostic>,
) {
    for (name, path) in right_below(paths, folder, &["txt", "csv"]) {
        let Some(text) = read_text(files, path, findings) else { continue };
        let (list, found) = lang::ValueList::parse(name, &path.into(), &text);
        findings.extend(found);
        tables.insert_list(list);
    }
}

/// Reads every `*.js` right below `folder` (which ends in `/`).
pub(crate) fn read_scripts(
    files: &Files,
    paths: &[String],
    folder: &str,
    scripts: &mut Scripts,
    findings: &mut Vec<Diagnostic>,
) {
    for (name, path) in right_below(paths, folder, &["js"]) {
        match files.text(path) {
            Ok(text) => findings.extend(scripts.add(name, path, &text)),
            Err(why) => findings.push(unreadable(path, &why)),
        }
    }
}

/// A file that may be larger than those of the language; told where it cannot be read.
fn read_text(files: &Files, path: &str, findings: &mut Vec<Diagnostic>) -> Option<String> {
    let not_utf8 = |_| Unreadable::Refused("it is not UTF-8 text".to_owned());
    let text = files.read(path).and_then(|bytes| String::from_utf8(bytes.to_vec()).map_err(not_utf8));
    text.map_err(|why| findings.push(unreadable(path, &why))).ok()
}

fn read_tree(files: &Files, path: &str, findings: &mut Vec<Diagnostic>) -> Option<Tree> {
    match files.text(path) {
        Ok(text) => {
            let (tree, found) = syntax::parse(path, text);
            findings.extend(found);
            Some(tree)
        }
        Err(why) => {
            findings.push(unreadable(path, &why));
            None
        }
    }
}

fn unreadable(path: &str, why: &Unreadable) -> Diagnostic {
    Diagnostic::error(codes::E3004, format!("`{path}` cannot be read: {why}")).at(&path.into(), 0..0, "")
}

/// Compiles every interface folder with its tests.
fn compile_all(paths: &[String], surroundings: &Surroundings<'_>) -> (Vec<Outline>, Vec<TestCase>, Vec<Diagnostic>) {
    let (mut outlines, mut tests, mut findings) = (Vec::new(), Vec::new(), Vec::new());
    let flows = paths.iter().filter(|path| path.starts_with("interfaces/") && path.ends_with("/interface.flow"));
    for path in flows {
        let Some(tree) = read_tree(surroundings.files, path, &mut findings) else { continue };
        let (compiled, found) = compile::compile(&tree, surroundings, None);
        findings.extend(found);
        let is_started = tree.statements.iter().any(|line| syntax::Cursor::new(&tree, line).is_at("interface"));
        if !is_started {
            let message = "the file holds no interface";
            let hint = "start it with `interface NAME \"Title\" { … }`";
            findings.push(Diagnostic::error(codes::E3010, message).at(&tree.file, 0..0, "").hint(hint));
        }
        let folder = path.trim_end_matches("/interface.flow").rsplit('/').next().unwrap_or_default();
        for outline in compiled.outlines.iter().filter(|outline| &*outline.name != folder) {
            let message = format!("the interface `{}` stands in the folder `{folder}`", outline.name);
            findings.push(outline.site.warning(codes::E3009, message).hint("give both the same name"));
        }
        tests.extend(compiled.tests);
        let beside = format!("{}tests/", path.trim_end_matches("interface.flow"));
        for path in paths.iter().filter(|path| path.starts_with(&beside) && path.ends_with(".flow")) {
            let Some(tree) = read_tree(surroundings.files, path, &mut findings) else { continue };
            let (beside, found) = compile::compile(&tree, surroundings, compiled.outlines.last());
            findings.extend(found);
            tests.extend(beside.tests);
        }
        outlines.extend(compiled.outlines);
    }
    if outlines.is_empty() && findings.is_empty() {
        let hint = "make interfaces/NAME/interface.flow";
        findings.push(Diagnostic::warning(codes::E3010, "the workspace has no interface").hint(hint));
    }
    (outlines, tests, findings)
}

/// Overrides go over the environment, place by place.
fn merge(mut environment: Environment, overrides: Option<&Environment>) -> Environment {
    for (of, change) in overrides.iter().flat_map(|overrides| &overrides.changes) {
        let merged = environment.changes.entry(of.clone()).or_default();
        merged.address = change.address.clone().or(merged.address.take());
        merged.settings.extend(change.settings.clone());
    }
    environment
}

/// A change in the environment file for an interface or destination that is not there.
fn unknown_change(of: &str, outlines: &[Outline], environment: &Environment) -> Option<Diagnostic> {
    let (interface, destination) = of.split_once('/').map_or((of, None), |(name, to)| (name, Some(to)));
    let Some(outline) = outlines.iter().find(|outline| &*outline.name == interface) else {
        let message = format!("there is no interface `{interface}`");
        let near = syntax::closest(interface, outlines.iter().map(|outline| &*outline.name));
        let finding = environment.finding(codes::E3006, interface, message);
        return Some(Diagnostic { hint: near.map(|found| format!("did you mean `{found}`?")), ..finding });
    };
    let destination = destination?;
    if outline.sends.iter().any(|(name, _)| &**name == destination)
        || outline.lookups.iter().any(|name| **name == *destination)
    {
        return None;
    }
    let message = format!("`{interface}` has no destination `{destination}`");
    let near = syntax::closest(destination, outline.sends.iter().map(|(name, _)| &**name));
    let finding = environment.finding(codes::E3006, destination, message);
    Some(Diagnostic { hint: near.map(|found| format!("did you mean `{found}`?")), ..finding })
}

/// By file and place; the same finding twice (a shared block that several interfaces bring in) is told once.
fn tidy(mut findings: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let place = |finding: &Diagnostic| match finding.locations.first() {
        Some(message::Location::Text { file, span, .. }) => (file.to_string(), span.start),
        _ => (String::new(), 0),
    };
    findings.sort_by_cached_key(place);
    findings.dedup();
    findings
}

/// The file of a credential that systemd hands to the service (`LoadCredential=`): it is in memory, and of this service only.
#[must_use]
pub fn credential(name: &str) -> std::path::PathBuf {
    let folder = std::env::var_os("CREDENTIALS_DIRECTORY").unwrap_or_else(|| "/run/credentials/sinew.service".into());
    // A name, never a path.
    std::path::PathBuf::from(folder).join(name.replace('/', "_"))
}
