//! Profiles: those that ship inside the binary, those of a workspace, and the examples that show what they ask for.
//!
//! A workspace has profiles of the language in `shared/profiles/*.flow`, those of one interface in
//! `interfaces/NAME/profiles/*.flow` or beside it in its file, and the profiles of guides, in XML, in a folder each:
//! `shared/profiles/GUIDE/…`. An own profile goes over a shipped one of its name, that of an interface over a shared one.
//!
//! Promises: every shipped profile compiles, is laid out as `sinew fmt` would, and its examples are as it says.
//! Never: the meaning of a line, which is the language's.

mod files;
#[cfg(test)]
mod tests;

pub use files::FILES;

use crate::{
    codes,
    compile::Hash,
    workspace::{Files, Unreadable, read_tables},
};
use hl7v2::{
    Message,
    profile::{self, FileKind, Profile as Guide, Source},
};
use lang::{
    Profile, Profiles, Run, Tables,
    profile::Example,
    syntax::{self, Tree},
};
use message::{Diagnostic, Severity, Timestamp};
use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, LazyLock},
};

/// Where the shared profiles of a workspace are.
pub(crate) const FOLDER: &str = "shared/profiles/";
/// Bytes of an XML file that say what it is.
const HEAD_BYTES: usize = 16 * 1024;

static SHIPPED: LazyLock<Profiles> = LazyLock::new(|| {
    let flows = FILES.iter().filter(|(path, _)| path.ends_with(".flow"));
    let trees: Vec<Arc<Tree>> = flows.map(|(path, text)| Arc::new(syntax::parse(*path, *text).0)).collect();
    Profiles::compile(&trees, &Tables::default(), &Profiles::default()).0
});

/// The profiles that ship inside the binary.
#[must_use]
pub fn shipped() -> &'static Profiles {
    &SHIPPED
}

/// The profiles of a workspace: the shared ones, over the shipped ones, and those of each interface by its folder.
pub struct Found {
    /// What every interface may name.
    pub shared: Profiles,
    /// What the interface in the folder of this name may name; those without profiles of their own are left out.
    pub of_interfaces: Vec<(String, Profiles)>,
    /// What is wrong with them.
    pub findings: Vec<Diagnostic>,
}

/// Loads only the profiles of a workspace, and the code tables that they name.
#[must_use]
pub fn load(files: &Files) -> Found {
    let mut findings = Vec::new();
    let (paths, _) = files.list("");
    let mut tables = Tables::default();
    read_tables(files, &paths, "shared/tables/", &mut tables, &mut findings);
    let shared = shared(files, &paths, &tables, &mut findings);
    let mut folders: Vec<&str> = Vec::new();
    for path in &paths {
        let folder = path.strip_prefix("interfaces/").and_then(|rest| rest.split('/').next()).unwrap_or_default();
        let is_profile = path.ends_with(".flow") && path.starts_with(&format!("interfaces/{folder}/profiles/"));
        if is_profile && !folders.contains(&folder) {
            folders.push(folder);
        }
    }
    let of_interfaces = folders.into_iter().map(|folder| {
        let home = format!("interfaces/{folder}");
        let mut own = tables.clone();
        read_tables(files, &paths, &format!("{home}/tables/"), &mut own, &mut findings);
        (folder.to_owned(), own_of(files, &home, None, &own, &shared, &mut findings))
    });
    let of_interfaces = of_interfaces.collect();
    Found { shared, of_interfaces, findings }
}

/// The profiles of an interface: in its folder, and beside it in its file; the shared ones below them.
pub(crate) fn own_of(
    files: &Files,
    folder: &str,
    beside: Option<&Tree>,
    tables: &Tables,
    shared: &Profiles,
    found: &mut Vec<Diagnostic>,
) -> Profiles {
    let mut trees = Vec::new();
    if !folder.is_empty() {
        let (paths, _) = files.list(&format!("{folder}/profiles"));
        for path in paths.iter().filter(|path| path.ends_with(".flow")) {
            trees.extend(read(files, path, found));
        }
    }
    if let Some(tree) = beside.filter(|tree| tree.statements.iter().any(|line| line.word(tree) == "profile")) {
        trees.push(Arc::new(tree.clone()));
    }
    if trees.is_empty() { shared.clone() } else { compile(files, &trees, tables, shared, found) }
}

/// The profiles of one file outside of a workspace, or anywhere in it, over those that are known.
#[must_use]
pub fn of_file(files: &Files, path: &str, known: &Profiles) -> (Vec<Arc<Profile>>, Vec<Diagnostic>) {
    let mut found = Vec::new();
    let (paths, _) = files.list("");
    let mut tables = Tables::default();
    read_tables(files, &paths, "shared/tables/", &mut tables, &mut found);
    found.clear();
    let Some(tree) = read(files, path, &mut found) else { return (Vec::new(), found) };
    let profiles = compile(files, std::slice::from_ref(&tree), &tables, known, &mut found);
    let own = profiles.iter().filter(|profile| Arc::ptr_eq(profile.source().0, &tree)).cloned().collect();
    (own, found)
}

/// The shared profiles of a workspace, over the shipped ones.
pub(crate) fn shared(files: &Files, paths: &[String], tables: &Tables, found: &mut Vec<Diagnostic>) -> Profiles {
    let flows = paths
        .iter()
        .filter(|path| path.strip_prefix(FOLDER).is_some_and(|rest| rest.ends_with(".flow") && !rest.contains('/')));
    let trees = flows.filter_map(|path| read(files, path, found)).collect::<Vec<_>>();
    let mut profiles = compile(files, &trees, tables, shipped(), found);
    for (name, inside) in guides(paths) {
        if let Some((guide, digest)) = guide(files, name, &inside, found) {
            profiles.insert_guide(name, Arc::new(guide), digest);
        }
    }
    profiles
}

/// The profiles of these files over those that are known, their examples checked.
pub(crate) fn compile(
    files: &Files,
    trees: &[Arc<Tree>],
    tables: &Tables,
    known: &Profiles,
    found: &mut Vec<Diagnostic>,
) -> Profiles {
    for tree in trees {
        for statement in &tree.statements {
            let word = statement.word(tree);
            if tree.file.contains("profiles/") && word != "profile" && !word.is_empty() {
                let place = syntax::Cursor::new(tree, statement).here();
                let finding =
                    Diagnostic::error(codes::E3120, format!("`{word}` does not belong into a file of profiles"));
                found.push(finding.at(&tree.file, place, "").hint("write `profile NAME extends hl7v2 … { … }`"));
            }
        }
    }
    let (profiles, more) = Profiles::compile(trees, tables, known);
    found.extend(more);
    for profile in profiles.iter().filter(|profile| trees.iter().any(|tree| Arc::ptr_eq(tree, profile.source().0))) {
        for example in &profile.examples {
            found.extend(check_example(files, profile, example));
        }
    }
    profiles
}

/// A file of the language.
pub(crate) fn read(files: &Files, path: &str, found: &mut Vec<Diagnostic>) -> Option<Arc<Tree>> {
    match files.text(path) {
        Ok(text) => {
            let (tree, more) = syntax::parse(path, text);
            found.extend(more);
            Some(Arc::new(tree))
        }
        Err(why) => {
            found.push(unreadable(path, &why));
            None
        }
    }
}

fn unreadable(path: &str, why: &Unreadable) -> Diagnostic {
    Diagnostic::error(codes::E3004, format!("`{path}` cannot be read: {why}")).at(&path.into(), 0..0, "")
}

/// What is wrong with an example: it is not there, or it is not what the profile says.
fn check_example(files: &Files, profile: &Profile, example: &Example) -> Option<Diagnostic> {
    let folder = example.at.rsplit_once('/').map_or("", |(folder, _)| folder);
    let path = if example.file.starts_with("shared/") || folder.is_empty() {
        example.file.to_string()
    } else {
        format!("{folder}/{}", example.file)
    };
    let wrong = |text: String| Diagnostic::error(codes::E3119, text).at(&example.at, example.span.clone(), "");
    let bytes = match files.read(&path) {
        Ok(bytes) => bytes,
        Err(why) => return Some(wrong(format!("the example `{path}`: {why}"))),
    };
    let (message, findings) = Message::parse(bytes);
    let report = match profile.validate(&message, &findings, false, &mut Run::new(Timestamp::default(), 0)) {
        Ok(report) => report,
        Err(fault) => return Some(wrong(format!("the example `{path}` cannot be checked: {}", fault.text))),
    };
    match (&example.invalid, report.is_valid()) {
        (None, true) | (Some(_), false) => None,
        (Some(_), true) => {
            let text = format!("the example `{path}` is valid under `{}`, and should not be", profile.name);
            Some(wrong(text).hint("check the lines that should refuse it, or take `invalid because` away"))
        }
        (None, false) => {
            let first = report.issues.iter().find(|issue| issue.severity == Severity::Error);
            let what = first.map(|issue| format!("{} {}", issue.code, issue.message)).unwrap_or_default();
            let text = format!("the example `{path}` is not valid under `{}`: {what}", profile.name);
            Some(wrong(text).hint(format!("`sinew validate {path} --profile {}` shows all of it", profile.name)))
        }
    }
}

/// The XML files of each folder right below the folder of profiles.
fn guides(paths: &[String]) -> BTreeMap<&str, Vec<&str>> {
    let mut found: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for path in paths.iter().filter(|path| path.to_ascii_lowercase().ends_with(".xml")) {
        if let Some((name, _)) = path.strip_prefix(FOLDER).and_then(|rest| rest.split_once('/')) {
            found.entry(name).or_default().push(path);
        }
    }
    found
}

/// The profiles of a guide, and a number that changes with its files.
fn guide(files: &Files, name: &str, paths: &[&str], found: &mut Vec<Diagnostic>) -> Option<(Vec<Guide>, u64)> {
    let mut kinds = Vec::new();
    for path in paths {
        let Ok(bytes) = files.read(path) else { continue };
        if let Some(kind) = FileKind::detect(bytes.get(..HEAD_BYTES).unwrap_or(&bytes)) {
            kinds.push((kind, PathBuf::from(path), bytes));
        }
    }
    kinds.sort_by(|one, other| (one.0, &one.1).cmp(&(other.0, &other.1)));
    let names: Vec<(FileKind, PathBuf)> = kinds.iter().map(|(kind, path, _)| (*kind, path.clone())).collect();
    let (mut profiles, mut digest) = (Vec::new(), Hash::new());
    for chosen in profile::guides(&names) {
        let own = chosen.iter().filter_map(|path| kinds.iter().find(|(_, known, _)| known == path));
        let texts: Vec<(&str, &[u8])> =
            own.map(|(_, path, bytes)| (path.to_str().unwrap_or(name), &bytes[..])).collect();
        texts.iter().for_each(|(_, bytes)| digest.add(bytes));
        let sources: Vec<Source<'_>> = texts.iter().map(|(name, bytes)| Source { name, bytes }).collect();
        let (guide, diagnostics) = Guide::read(&sources);
        // What a guide cannot say is its makers' concern; that it cannot be read at all is ours.
        if guide.is_none() {
            let file: Arc<str> = format!("{FOLDER}{name}").into();
            found.extend(diagnostics.into_iter().filter(Diagnostic::is_error).map(|one| one.at(&file, 0..0, "")));
        }
        profiles.extend(guide);
    }
    (!profiles.is_empty()).then(|| (profiles, digest.sum()))
}
