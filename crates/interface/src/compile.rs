//! From trees to definitions: every word checked against the keyword table, every setting against its connector, every
//! path, condition, table and map against the language crate.
//!
//! Promises: never stops at the first finding; an interface with an error gives no definition and does not hide the
//! others; any tree is read without a panic.
//! Never: opens sockets; reads files other than those of the workspace and the secrets that it names.

mod absent;
mod address;
mod alert;
mod answers;
mod collect;
mod interface;
pub(crate) mod language;
pub(crate) mod line;
mod lint;
mod lookup;
mod quantity;
pub(crate) mod reader;
mod receive;
mod retry;
mod route;
mod script;
mod send;
mod settings;
mod test_block;
mod topic;
mod unreachable;
mod validate;
mod version;

#[cfg(test)]
pub(crate) mod tests;

pub(crate) use interface::Outline;
pub(crate) use language::SharedMaps;
pub(crate) use lint::lint;
pub(crate) use quantity::duration as read_duration;
pub(crate) use topic::subscribe;
pub(crate) use version::Hash;

use crate::{
    case::TestCase,
    catalogue::Connector,
    codes,
    keywords::{self, Within},
    workspace::{Environment, Files},
};
use lang::{Forms, Profiles, Scripts, Tables, syntax::Tree};
use line::Line;
use message::Diagnostic;
use reader::Reader;
use std::{path::Path, sync::Arc};

/// Largest secret that is read from a file, bytes.
const SECRET_BYTES_MAX: usize = 64 * 1024;

/// What an interface is compiled against.
pub(crate) struct Surroundings<'a> {
    /// The connectors that there are.
    pub(crate) connectors: &'a [&'a dyn Connector],
    /// The files of the workspace.
    pub(crate) files: &'a Files,
    /// Changed addresses, settings and secrets.
    pub(crate) environment: &'a Environment,
    /// Environment variables, for `env:NAME`.
    pub(crate) variables: &'a dyn Fn(&str) -> Option<String>,
    /// What is kept sealed, for a `secret:NAME` that the environment does not name.
    pub(crate) secrets: &'a dyn Fn(&str) -> Option<Arc<str>>,
    /// The files of `shared/*.flow`.
    pub(crate) blocks: &'a [Tree],
    /// The tables of `shared/tables`.
    pub(crate) tables: &'a Tables,
    /// The shared parts of maps in `shared/maps`.
    pub(crate) shared_maps: &'a SharedMaps,
    /// The descriptions of formats in `shared/formats`.
    pub(crate) forms: &'a Forms,
    /// The profiles of `shared/profiles`, and those that ship with Sinew.
    pub(crate) profiles: &'a Profiles,
    /// The scripts of `shared/scripts`.
    pub(crate) scripts: &'a Scripts,
}

impl Surroundings<'_> {
    /// What a value stands for: `env:NAME` and `secret:NAME` are looked up, the rest is itself. The error is a sentence
    /// and a hint; it never holds the secret.
    pub(crate) fn resolve(&self, text: &str) -> Result<Arc<str>, (String, String)> {
        if let Some(name) = text.strip_prefix("env:") {
            return match (self.variables)(name) {
                Some(value) => Ok(value.into()),
                None => Err((
                    format!("the environment variable `{name}` is not set"),
                    format!("set it where Sinew is started: {name}=…"),
                )),
            };
        }
        let Some(name) = text.strip_prefix("secret:") else { return Ok(text.into()) };
        let environment = &self.environment.name;
        match self.environment.secrets.get(name).map(String::as_str) {
            None => (self.secrets)(name).ok_or_else(|| {
                (
                    format!("the secret `{name}` is not kept, and has no place in the environment `{environment}`"),
                    format!(
                        "keep it with `sinew secret set {name}`, or add it to environments/{environment}.toml under \
                         [secrets]: {name} = \"env:NAME\""
                    ),
                )
            }),
            Some(place) => match (place.strip_prefix("file:"), place.strip_prefix("credential:")) {
                (Some(path), _) => read_secret(name, &self.files.place(path)),
                (None, Some(of)) => read_secret(name, &crate::workspace::credential(of)),
                (None, None) => self.resolve(place),
            },
        }
    }
}

fn read_secret(name: &str, path: &Path) -> Result<Arc<str>, (String, String)> {
    match std::fs::read_to_string(path) {
        Ok(text) if text.len() <= SECRET_BYTES_MAX => Ok(text.trim_end_matches(['\r', '\n']).into()),
        Ok(_) => Err((format!("the file of the secret `{name}` is too large"), "a secret is at most 64KiB".to_owned())),
        Err(error) => Err((
            format!("the file of the secret `{name}` cannot be read: {}", error.kind()),
            format!("check that {} exists and that Sinew may read it", path.display()),
        )),
    }
}

/// What one file holds.
#[derive(Default)]
pub(crate) struct Compiled {
    pub(crate) outlines: Vec<Outline>,
    pub(crate) tests: Vec<TestCase>,
}

/// Compiles one file. `owner` is the interface that its tests are for when it holds no interface itself.
pub(crate) fn compile(
    tree: &Tree,
    surroundings: &Surroundings<'_>,
    owner: Option<&Outline>,
) -> (Compiled, Vec<Diagnostic>) {
    let mut reader = Reader::new(surroundings);
    let mut compiled = Compiled::default();
    let lines = || tree.statements.iter().map(|statement| Line::new(tree, statement));
    for line in lines().filter(|line| line.word() == "interface") {
        compiled.outlines.extend(interface::read(&mut reader, line));
    }
    for line in lines() {
        let Some(keyword) = keywords::expect(&mut reader, line, Within::File) else { continue };
        match keyword.word {
            "test" => {
                let Some(owner) = compiled.outlines.last().or(owner) else {
                    let message = "the test stands in a file without an interface";
                    let hint = Some("put it into interfaces/NAME/tests/ or below the interface".to_owned());
                    reader.error(codes::E3306, tree, line.word_span(), message, hint);
                    continue;
                };
                compiled.tests.extend(test_block::read(&mut reader, line, owner));
            }
            "block" if !tree.file.starts_with("shared/") => {
                let hint = Some("put it into shared/NAME.flow and say `use shared/NAME`".to_owned());
                reader.error(codes::E3116, tree, line.word_span(), "a block is only for `shared/`", hint);
            }
            _ => {}
        }
    }
    (compiled, reader.findings)
}
