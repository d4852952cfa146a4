//! Conformance profiles in a folder: which of its files belong together.
//!
//! A folder of a guide holds one profile or several, their constraints and value sets, and often test cases with
//! constraints of their own. Profile files are those with the root element `ConformanceProfile`. Of each other kind those
//! files belong to a profile that stand beside it, else those below the nearest folder around it that has any; where
//! several guides share a folder, the first word of the file names tells them apart (`LRI_Profile.xml`,
//! `LRI_Constraints.xml`). Profiles with the same files are one guide.
//!
//! Never: the constraints of a test case, which are about the one message beside them.

use crate::outcome::{Exit, Failure, Result};
use hl7v2::{
    Message, codes,
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
/// Most profiles that are read from one folder.
const PROFILES_MAX: usize = 200;
/// Files that make a folder one of a test case.
const TEST_CASE: [&str; 4] = ["teststep.json", "testobject.json", "testcase.json", "message.txt"];

/// The profiles that were read.
pub struct Loaded {
    profiles: Vec<Profile>,
    /// The message that was named: the number of its profile, and its place there.
    named: Option<(usize, usize)>,
    /// What is wrong with them.
    pub diagnostics: Vec<Diagnostic>,
}

impl Loaded {
    /// The profile and the message of it that a message is checked against.
    pub fn choose(&self, message: &Message) -> Option<(&Profile, usize)> {
        let (number, at) = self.named.or_else(|| Profile::choose_among(&self.profiles, message))?;
        self.profiles.get(number).map(|profile| (profile, at))
    }
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

/// The files of each guide: its profiles first.
fn guides(found: &[(FileKind, PathBuf)]) -> Vec<Vec<PathBuf>> {
    let profiles: Vec<&Path> =
        found.iter().filter(|(kind, _)| *kind == FileKind::Profile).map(|(_, path)| path.as_path()).collect();
    let words: BTreeSet<String> = profiles.iter().map(|path| first_word(path)).collect();
    let mut guides: Vec<(Vec<PathBuf>, Vec<PathBuf>)> = Vec::new();
    for profile in profiles.into_iter().take(PROFILES_MAX) {
        let belongs = belongings(found, profile, &words);
        match guides.iter_mut().find(|(_, own)| *own == belongs) {
            Some((of_guide, _)) => of_guide.push(profile.to_path_buf()),
            None => guides.push((vec![profile.to_path_buf()], belongs)),
        }
    }
    guides.into_iter().map(|(profiles, belongs)| [profiles, belongs].concat()).collect()
}

/// What belongs to a profile; `words` are the first words of all profiles.
fn belongings(found: &[(FileKind, PathBuf)], profile: &Path, words: &BTreeSet<String>) -> Vec<PathBuf> {
    let mut chosen = Vec::new();
    let kinds: BTreeSet<FileKind> =
        found.iter().map(|(kind, _)| *kind).filter(|kind| *kind != FileKind::Profile).collect();
    let own = first_word(profile);
    for kind in kinds {
        let all = || found.iter().filter(|(is, _)| *is == kind).map(|(_, path)| path);
        let beside: Vec<&PathBuf> = all().filter(|path| path.parent() == profile.parent()).collect();
        let around = profile.ancestors().skip(1);
        let mut levels = around.map(|folder| all().filter(|path| path.starts_with(folder)).collect::<Vec<_>>());
        let mut nearest =
            if beside.is_empty() { levels.find(|paths| !paths.is_empty()).unwrap_or_default() } else { beside };
        if nearest.iter().any(|path| first_word(path) == own) && words.len() > 1 {
            nearest.retain(|path| first_word(path) == own);
        } else {
            nearest.retain(|path| first_word(path) == own || !words.contains(&first_word(path)));
        }
        chosen.extend(nearest.into_iter().cloned());
    }
    chosen
}

/// `loi` of `LOI_Constraints.xml`.
fn first_word(path: &Path) -> String {
    let name = path.file_stem().unwrap_or_default().to_string_lossy().to_lowercase();
    name.split(|letter: char| !letter.is_alphanumeric()).next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(paths: &[(FileKind, &str)], expect: &[&[&str]]) {
        let found: Vec<(FileKind, PathBuf)> = paths.iter().map(|(kind, path)| (*kind, PathBuf::from(path))).collect();
        let expect: Vec<Vec<PathBuf>> = expect.iter().map(|guide| guide.iter().map(PathBuf::from).collect()).collect();
        assert_eq!(guides(&found), expect);
    }

    #[test]
    fn files_beside_the_profile_belong_to_it() {
        use FileKind::{Constraints, Profile, ValueSets};
        check(
            &[(Constraints, "g/Global/c/c.xml"), (Constraints, "g/Cases/1/c.xml"), (Profile, "g/Global/p/p.xml")],
            &[&["g/Global/p/p.xml", "g/Global/c/c.xml"]],
        );
        check(
            &[(Constraints, "g/c.xml"), (Constraints, "g/x/c.xml"), (Profile, "g/p.xml")],
            &[&["g/p.xml", "g/c.xml"]],
        );
        check(
            &[(Profile, "g/p.xml"), (ValueSets, "g/v/a.xml"), (ValueSets, "g/v/b.xml")],
            &[&["g/p.xml", "g/v/a.xml", "g/v/b.xml"]],
        );
        check(&[(ValueSets, "g/v/a.xml")], &[]);
    }

    #[test]
    fn several_profiles_in_one_tree() {
        use FileKind::{Constraints, Profile, ValueSets};
        // The same guide, whole and message by message: taken together.
        check(
            &[(Profile, "g/p/A01.xml"), (Profile, "g/p/All.xml"), (Constraints, "g/c/Constraints.xml")],
            &[&["g/p/A01.xml", "g/p/All.xml", "g/c/Constraints.xml"]],
        );
        // Two guides: their names tell them apart.
        check(
            &[
                (Profile, "g/p/AB_profile.xml"),
                (Profile, "g/p/CD profile.xml"),
                (Constraints, "g/c/AB_constraints.xml"),
                (Constraints, "g/c/CD-constraints.xml"),
                (ValueSets, "g/v/shared.xml"),
            ],
            &[
                &["g/p/AB_profile.xml", "g/c/AB_constraints.xml", "g/v/shared.xml"],
                &["g/p/CD profile.xml", "g/c/CD-constraints.xml", "g/v/shared.xml"],
            ],
        );
        // Two guides, a folder each.
        check(
            &[(Profile, "g/a/p.xml"), (Profile, "g/b/p.xml"), (Constraints, "g/a/c.xml"), (Constraints, "g/b/c.xml")],
            &[&["g/a/p.xml", "g/a/c.xml"], &["g/b/p.xml", "g/b/c.xml"]],
        );
    }

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
