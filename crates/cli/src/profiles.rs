//! Conformance profiles in a folder: which of its files belong together.
//!
//! A folder of a guide holds a profile, its constraints and value sets, and often test cases with constraints of their own.
//! The profile file is the one with the root element `ConformanceProfile`. Of each other kind those files belong to it that
//! stand beside it, else those below the nearest folder around it that has any.

use crate::outcome::{Exit, Failure, Result};
use hl7v2::{
    codes,
    profile::{FileKind, Profile, Source},
};
use message::Diagnostic;
use std::{
    collections::BTreeSet,
    io::Read,
    path::{Path, PathBuf},
};

/// Most files that are looked at below a folder.
const FILES_MAX: usize = 20_000;
/// How much of a file says what it is.
const HEAD_BYTES: u64 = 16 * 1024;

/// A profile that was read.
pub struct Loaded {
    /// The profile.
    pub profile: Profile,
    /// The message that was named, by its place.
    pub named: Option<usize>,
    /// What is wrong with it.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads `DIR[#MESSAGE-ID]`.
pub fn load(text: &str) -> Result<Loaded> {
    let (folder, id) = match text.rsplit_once('#') {
        // A folder may have the sign in its name.
        Some((folder, id)) if !Path::new(text).exists() => (folder, Some(id)),
        Some(_) | None => (text, None),
    };
    let folder = Path::new(folder);
    let mut sources = Vec::new();
    for path in choose(&find(folder)?) {
        let mut bytes = Vec::new();
        let limit = xml::BYTES_MAX as u64 + 1;
        std::fs::File::open(&path)
            .and_then(|file| file.take(limit).read_to_end(&mut bytes))
            .map_err(|error| unread(&path, &error))?;
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        sources.push((name, bytes));
    }
    let sources: Vec<Source<'_>> = sources.iter().map(|(name, bytes)| Source { name, bytes }).collect();
    let (profile, diagnostics) = Profile::read(&sources);
    let Some(profile) = profile else {
        let first = diagnostics.into_iter().rfind(Diagnostic::is_error);
        let failure = Failure::usage(format!("{}: there is no conformance profile in this folder", folder.display()));
        return Err(match first {
            Some(diagnostic) => failure.code(diagnostic.code).hint(diagnostic.hint.unwrap_or(diagnostic.message)),
            None => failure.code(codes::E1073),
        });
    };
    let named = id.map(|id| profile.find(id).ok_or_else(|| unknown(&profile, id))).transpose()?;
    Ok(Loaded { profile, named, diagnostics })
}

fn unread(path: &Path, error: &std::io::Error) -> Failure {
    Failure::unreachable(format!("{}: {error}", path.display()))
}

fn unknown(profile: &Profile, id: &str) -> Failure {
    const SHOWN: usize = 12;
    let ids: Vec<&str> = profile.messages().map(|message| message.id).collect();
    let more = if ids.len() > SHOWN { ", …" } else { "" };
    let list = ids.iter().take(SHOWN).copied().collect::<Vec<_>>().join(", ");
    Failure::new(Exit::Usage, format!("the profile has no message `{id}`")).hint(format!("it has {list}{more}"))
}

/// The files of profiles below a folder; a file that is named itself stands for its folder.
fn find(folder: &Path) -> Result<Vec<(FileKind, PathBuf)>> {
    let root = if folder.is_file() { folder.parent().unwrap_or(folder) } else { folder };
    let mut found = Vec::new();
    let mut folders = vec![root.to_path_buf()];
    let mut looked = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).map_err(|error| unread(&folder, &error))?.flatten() {
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
            if kind.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("xml"))
                && let Some(kind) = kind_of(&path)
            {
                found.push((kind, path));
            }
        }
    }
    found.sort();
    if folder.is_file() {
        // Of several profiles in one folder the named one is meant.
        found.retain(|(kind, path)| *kind != FileKind::Profile || path == folder);
    }
    Ok(found)
}

fn kind_of(path: &Path) -> Option<FileKind> {
    let mut head = Vec::new();
    std::fs::File::open(path).and_then(|file| file.take(HEAD_BYTES).read_to_end(&mut head)).ok()?;
    FileKind::detect(&head)
}

/// The profile, and what belongs to it.
fn choose(found: &[(FileKind, PathBuf)]) -> Vec<PathBuf> {
    let Some((_, profile)) = found.iter().find(|(kind, _)| *kind == FileKind::Profile) else { return Vec::new() };
    let mut chosen = vec![profile.clone()];
    let kinds: BTreeSet<FileKind> =
        found.iter().map(|(kind, _)| *kind).filter(|kind| *kind != FileKind::Profile).collect();
    for kind in kinds {
        let all = || found.iter().filter(|(own, _)| *own == kind).map(|(_, path)| path);
        let beside: Vec<PathBuf> = all().filter(|path| path.parent() == profile.parent()).cloned().collect();
        if !beside.is_empty() {
            chosen.extend(beside);
            continue;
        }
        let around = profile.ancestors().skip(1);
        let nearest = around.map(|folder| all().filter(|path| path.starts_with(folder)).cloned().collect::<Vec<_>>());
        chosen.extend(nearest.into_iter().find(|paths| !paths.is_empty()).unwrap_or_default());
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_beside_the_profile_belong_to_it() {
        let found = |paths: &[(FileKind, &str)]| -> Vec<(FileKind, PathBuf)> {
            paths.iter().map(|(kind, path)| (*kind, PathBuf::from(path))).collect()
        };
        let check = |paths: &[(FileKind, &str)], expect: &[&str]| {
            let expect: Vec<PathBuf> = expect.iter().map(PathBuf::from).collect();
            assert_eq!(choose(&found(paths)), expect);
        };
        use FileKind::{Constraints, Profile, ValueSets};
        check(
            &[(Constraints, "g/Global/c/c.xml"), (Constraints, "g/Cases/1/c.xml"), (Profile, "g/Global/p/p.xml")],
            &["g/Global/p/p.xml", "g/Global/c/c.xml"],
        );
        check(&[(Constraints, "g/c.xml"), (Constraints, "g/x/c.xml"), (Profile, "g/p.xml")], &["g/p.xml", "g/c.xml"]);
        check(
            &[(Profile, "g/p.xml"), (ValueSets, "g/v/a.xml"), (ValueSets, "g/v/b.xml")],
            &["g/p.xml", "g/v/a.xml", "g/v/b.xml"],
        );
        check(&[(ValueSets, "g/v/a.xml")], &[]);
    }
}
