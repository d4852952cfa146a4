//! Conformance profiles in a folder: which of its files belong together.
//!
//! Which of them belong together is decided in [`hl7v2::profile::guides`].
//!
//! Never: the constraints of a test case, which are about the one message beside them.

use crate::outcome::{Exit, Failure, Result};
use hl7v2::{
    codes,
    profile::{FileKind, Profile, Source, guides, outline::Outline},
};
use message::Diagnostic;
use std::{
    io::Read,
    path::{Path, PathBuf},
};

/// Most files that are looked at below a folder.
const FILES_MAX: usize = 20_000;
/// How much of a file says what it is.
const HEAD_BYTES: u64 = 16 * 1024;
/// Files that make a folder one of a test case.
const TEST_CASE: [&str; 4] = ["teststep.json", "testobject.json", "testcase.json", "message.txt"];

/// The profiles that were read.
pub struct Loaded {
    pub profiles: Vec<Profile>,
    /// The message that was named: the number of its profile, and its place there.
    pub named: Option<(usize, usize)>,
    /// What is wrong with them.
    pub diagnostics: Vec<Diagnostic>,
}

impl Loaded {
    /// The messages of the profiles, laid out; only the one that was named.
    pub fn outlines(&self) -> Vec<Outline> {
        outlines(&self.profiles, self.named)
    }
}

/// The messages of a guide, laid out; only the one that was named.
pub fn outlines(guide: &[Profile], named: Option<(usize, usize)>) -> Vec<Outline> {
    let all = guide.iter().enumerate();
    let places = all.flat_map(|(number, own)| (0..own.messages().count()).map(move |at| (number, at)));
    let wanted = places.filter(|place| named.is_none_or(|named| named == *place));
    wanted.filter_map(|(number, at)| guide.get(number)?.outline(at)).collect()
}

/// Reads `DIR[#MESSAGE-ID]`.
pub fn load(text: &str) -> Result<Loaded> {
    let (folder, id) = match text.rsplit_once('#') {
        // A folder may have the sign in its name.
        Some((folder, id)) if !Path::new(text).exists() => (folder, Some(id)),
        Some(_) | None => (text, None),
    };
    let folder = Path::new(folder);
    let mut loaded = Loaded { profiles: Vec::new(), named: None, diagnostics: Vec::new() };
    for paths in guides(&find(folder)?) {
        let (profile, diagnostics) = read(&paths)?;
        loaded.profiles.extend(profile);
        loaded.diagnostics.extend(diagnostics);
    }
    if loaded.profiles.is_empty() {
        let first = loaded.diagnostics.into_iter().rfind(Diagnostic::is_error);
        let failure = Failure::usage(format!("{}: there is no conformance profile in this folder", folder.display()));
        return Err(match first {
            Some(diagnostic) => failure.code(diagnostic.code).hint(diagnostic.hint.unwrap_or(diagnostic.message)),
            None => failure.code(codes::E1073),
        });
    }
    if let Some(id) = id {
        let mut places = loaded.profiles.iter().enumerate();
        let place = places.find_map(|(number, profile)| profile.find(id).map(|at| (number, at)));
        loaded.named = Some(place.ok_or_else(|| unknown(&loaded.profiles, id))?);
    }
    Ok(loaded)
}

/// Reads the files of one guide.
fn read(paths: &[PathBuf]) -> Result<(Option<Profile>, Vec<Diagnostic>)> {
    let mut sources = Vec::new();
    for path in paths {
        let mut bytes = Vec::new();
        let limit = xml::BYTES_MAX as u64 + 1;
        std::fs::File::open(path)
            .and_then(|file| file.take(limit).read_to_end(&mut bytes))
            .map_err(|error| unread(path, &error))?;
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        sources.push((name, bytes));
    }
    let sources: Vec<Source<'_>> = sources.iter().map(|(name, bytes)| Source { name, bytes }).collect();
    Ok(Profile::read(&sources))
}

/// A folder or file has, or is, a conformance profile in XML.
pub fn is_profile(path: &Path) -> bool {
    if path.is_file() {
        return kind_of(path) == Some(FileKind::Profile);
    }
    find(path).is_ok_and(|found| found.iter().any(|(kind, _)| *kind == FileKind::Profile))
}

fn unread(path: &Path, error: &std::io::Error) -> Failure {
    Failure::unreachable(format!("{}: {error}", path.display()))
}

fn unknown(profiles: &[Profile], id: &str) -> Failure {
    const SHOWN: usize = 12;
    let ids: Vec<&str> = profiles.iter().flat_map(Profile::messages).map(|message| message.id).collect();
    let more = if ids.len() > SHOWN { ", …" } else { "" };
    let list = ids.iter().take(SHOWN).copied().collect::<Vec<_>>().join(", ");
    Failure::new(Exit::Usage, format!("the profile has no message `{id}`")).hint(format!("it has {list}{more}"))
}

/// The files of profiles below a folder, the outermost first; a file that is named itself stands for its folder.
fn find(folder: &Path) -> Result<Vec<(FileKind, PathBuf)>> {
    let root = if folder.is_file() { folder.parent().unwrap_or(folder) } else { folder };
    let root = if root.as_os_str().is_empty() { Path::new(".") } else { root };
    let mut found = Vec::new();
    let mut folders = vec![root.to_path_buf()];
    let mut looked = 0;
    while let Some(open) = folders.pop() {
        let mut here = Vec::new();
        let mut is_test_case = false;
        for entry in std::fs::read_dir(&open).map_err(|error| unread(&open, &error))?.flatten() {
            looked += 1;
            if looked > FILES_MAX {
                return Err(Failure::usage(format!(
                    "there are over {FILES_MAX} files below the folder of the profile"
                ))
                .hint("name the folder of the profile itself"));
            }
            // Links are not followed: a circle of them would never end.
            let Ok(kind) = entry.file_type() else { continue };
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().to_ascii_lowercase();
            is_test_case |= TEST_CASE.contains(&name.as_str());
            if kind.is_dir() {
                folders.push(path);
            } else if name.ends_with(".xml")
                && let Some(kind) = kind_of(&path)
            {
                here.push((kind, path));
            }
        }
        // A profile beside makes the folder a guide of its own, whatever else is in it.
        is_test_case &= !here.iter().any(|(kind, _)| *kind == FileKind::Profile);
        found.extend(here.into_iter().filter(|_| !is_test_case));
    }
    found.sort_by_key(|(kind, path)| (*kind, path.components().count(), path.clone()));
    if folder.is_file() {
        // Of several profiles in one folder the named one is meant.
        found.retain(|(kind, path)| *kind != FileKind::Profile || path.file_name() == folder.file_name());
    }
    Ok(found)
}

fn kind_of(path: &Path) -> Option<FileKind> {
    let mut head = Vec::new();
    std::fs::File::open(path).and_then(|file| file.take(HEAD_BYTES).read_to_end(&mut head)).ok()?;
    FileKind::detect(&head)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constraints_of_test_cases_are_left_alone() {
        let folder = testkit::Folder::new();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            std::fs::write(path, text).expect("written");
        };
        write("my guide/Profile.xml", "<ConformanceProfile ID='P'/>");
        write("my guide/notes.xml", "<Notes/>");
        write("cases/1/Constraints.xml", "<ConformanceContext/>");
        write("cases/1/TestStep.json", "{}");
        write("other/Constraints.xml", "<!-- c --><ConformanceContext/>");
        let found = find(folder.path()).expect("found");
        let names: Vec<String> = found
            .iter()
            .map(|(_, path)| path.strip_prefix(folder.path()).expect("below").display().to_string())
            .collect();
        assert_eq!(names, ["my guide/Profile.xml", "other/Constraints.xml"]);
    }
}
