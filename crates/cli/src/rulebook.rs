//! What messages are checked against, by the name that a person gives: a profile of the workspace, one that ships with
//! Sinew, a file of the language, or the folder of a guide.
//!
//! In this order: `FILE.flow[#NAME]`; a profile of the nearest workspace, of one of its interfaces, or a shipped one; the
//! profile of a guide in the workspace; a folder or file of a guide.

use crate::{
    outcome::{Exit, Failure, Result},
    profiles,
};
use hl7v2::validate::lines::{Documented, DocumentedSegment};
use interface::{
    profiles::{Found, load, of_file, shipped},
    workspace::{Files, Workspace},
};
use lang::{Profile, Profiles, Ruleset};
use message::Diagnostic;
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

/// Rules, and what there is to say about them.
pub struct Rulebook {
    pub rules: Ruleset,
    pub diagnostics: Vec<Diagnostic>,
}

/// The profiles at hand: those of the workspace around a folder, else the shipped ones.
pub fn around(from: &Path) -> Found {
    match Workspace::find(from) {
        Some(folder) => load(&Files::Folder(folder)),
        None => Found { shared: shipped().clone(), of_interfaces: Vec::new(), findings: Vec::new() },
    }
}

/// The current folder.
pub fn here() -> Result<PathBuf> {
    std::env::current_dir().map_err(|error| Failure::unreachable(format!("the current folder: {error}")))
}

/// The fields that profiles of the workspace around here explain; each once.
pub fn documented() -> Vec<DocumentedSegment> {
    let Some(folder) = std::env::current_dir().ok().and_then(|folder| Workspace::find(&folder)) else {
        return Vec::new();
    };
    let found = load(&Files::Folder(folder));
    let mut out: Vec<DocumentedSegment> = Vec::new();
    let all = std::iter::once(&found.shared).chain(found.of_interfaces.iter().map(|(_, own)| own));
    for segment in all.flat_map(Profiles::iter).flat_map(|profile| profile.lines().documented()) {
        let Some(known) = out.iter_mut().find(|known| known.id == segment.id) else {
            out.push(segment.clone());
            continue;
        };
        if known.name.is_empty() {
            known.name.clone_from(&segment.name);
        }
        for field in &segment.fields {
            if known.fields.iter().all(|own| own.number != field.number) {
                known.fields.push(field.clone());
            }
        }
    }
    out
}

/// What is said of a field.
pub fn field<'d>(all: &'d [DocumentedSegment], segment: &str, number: u16) -> Option<&'d Documented> {
    let own = all.iter().find(|own| own.id == segment.as_bytes())?;
    own.fields.iter().find(|field| field.number == number)
}

/// Finds what `--profile` names.
pub fn find(text: &str) -> Result<Rulebook> {
    let (file, name) = split(text);
    if file.ends_with(".flow") {
        return flow(Path::new(file), name);
    }
    let found = around(&here()?);
    if let Some(rules) = named(&found, text) {
        return Ok(Rulebook { rules, diagnostics: Vec::new() });
    }
    if is_path(text) {
        return guide(text);
    }
    Err(unknown(&found.shared, &found.findings, text))
}

/// The profile or guide of this name among those at hand.
pub fn named(found: &Found, name: &str) -> Option<Ruleset> {
    let mut all = std::iter::once(&found.shared).chain(found.of_interfaces.iter().map(|(_, own)| own));
    all.find_map(|profiles| profiles.ruleset(name).ok())
}

/// A text names a file or folder, with `#` and a part of it or without.
pub fn is_path(text: &str) -> bool {
    Path::new(split(text).0).exists() || Path::new(text).exists() || text.contains(['/', '\\'])
}

/// What is told when there is no profile of a name: what was meant, or why it is not there.
pub fn unknown(profiles: &Profiles, findings: &[Diagnostic], name: &str) -> Failure {
    let missing = profiles.ruleset(name).err();
    let failure = Failure::new(Exit::Usage, format!("there is no profile `{name}`")).code(lang::codes::E2511);
    let broken = findings.iter().find(|finding| finding.is_error());
    match (missing.and_then(|finding| finding.hint), broken) {
        (_, Some(finding)) => failure.hint(format!("`sinew check` says: {} {}", finding.code, finding.message)),
        (Some(hint), None) => failure.hint(hint),
        (None, None) => failure,
    }
}

/// `FILE#NAME`.
pub fn split(text: &str) -> (&str, Option<&str>) {
    match text.rsplit_once('#') {
        Some((file, name)) if !Path::new(text).exists() => (file, Some(name)),
        Some(_) | None => (text, None),
    }
}

/// The profiles of a file, compiled among those of its workspace and with its code tables.
pub fn of_flow(path: &Path) -> Result<(Vec<Arc<Profile>>, Vec<Diagnostic>)> {
    let unread = |error: std::io::Error| Failure::unreachable(format!("{}: {error}", path.display()));
    let whole = path.canonicalize().map_err(unread)?;
    let folder = whole.parent().unwrap_or(Path::new("/"));
    let root = Workspace::find(folder).unwrap_or_else(|| folder.to_path_buf());
    let relative = whole.strip_prefix(&root).unwrap_or(&whole).to_string_lossy().replace('\\', "/");
    let known = around(folder).shared;
    let (own, findings) = of_file(&Files::Folder(root), &relative, &known);
    if let Some(finding) = findings.iter().find(|finding| finding.is_error() && finding.code != interface::codes::E3119)
    {
        let text = std::fs::read_to_string(&whole).unwrap_or_default();
        let failure =
            Failure::usage(format!("{}: {}", place(path, &text, finding), finding.message)).code(finding.code);
        return Err(match &finding.hint {
            Some(hint) => failure.hint(hint.clone()),
            None => failure,
        });
    }
    Ok((own, findings))
}

/// A file of profiles: the only one in it, the one that is named, or the one that is named like the file.
fn flow(path: &Path, name: Option<&str>) -> Result<Rulebook> {
    let (own, findings) = of_flow(path)?;
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let names: Vec<&str> = own.iter().map(|profile| &*profile.name).collect();
    let chosen = match (name, own.as_slice()) {
        (Some(name), all) => all.iter().find(|profile| *profile.name == *name),
        (None, [only]) => Some(only),
        (None, all) => all.iter().find(|profile| *profile.name == *stem),
    };
    match chosen {
        Some(profile) => Ok(Rulebook { rules: Ruleset::Profile(profile.clone()), diagnostics: findings }),
        None if own.is_empty() => Err(Failure::usage(format!("{}: there is no profile in this file", path.display()))),
        None => Err(Failure::usage(format!("{}: which of its profiles?", path.display())).hint(format!(
            "write {}#NAME with one of {}",
            path.display(),
            names.join(", ")
        ))),
    }
}

/// `FILE:LINE`.
fn place(path: &Path, text: &str, finding: &Diagnostic) -> String {
    let start = finding.locations.iter().find_map(|location| match location {
        message::Location::Text { span, .. } => Some(span.start),
        _ => None,
    });
    let before = text.get(..start.unwrap_or(0)).unwrap_or_default();
    format!("{}:{}", path.display(), before.matches('\n').count() + 1)
}

fn guide(text: &str) -> Result<Rulebook> {
    let loaded = profiles::load(text)?;
    let rules = Ruleset::Guide { name: text.into(), guide: Arc::new(loaded.profiles), at: loaded.named };
    Ok(Rulebook { rules, diagnostics: loaded.diagnostics })
}
