//! Which files of a folder belong together.
//!
//! A folder of a guide holds one profile or several, their constraints and value sets, and often test cases with
//! constraints of their own. Profile files are those with the root element `ConformanceProfile`. Of each other kind those
//! files belong to a profile that stand beside it, else those below the nearest folder around it that has any; where
//! several guides share a folder, the words that their file names begin with tell them apart: `RSP-Z32_Constraints.xml` goes
//! with `RSP-Z32_Profile.xml`, and not with `RSP-Z42_Profile.xml`. Profiles with the same files are one guide.
//!
//! Never: looks into a folder; who does names what it found.

use super::FileKind;
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

/// Most profiles that are read from one folder.
const PROFILES_MAX: usize = 200;

/// The files of each guide: its profiles first.
#[must_use]
pub fn guides(found: &[(FileKind, PathBuf)]) -> Vec<Vec<PathBuf>> {
    let profiles: Vec<&Path> =
        found.iter().filter(|(kind, _)| *kind == FileKind::Profile).map(|(_, path)| path.as_path()).collect();
    let names: BTreeSet<Vec<String>> = profiles.iter().map(|path| name(path)).collect();
    let mut guides: Vec<(Vec<PathBuf>, Vec<PathBuf>)> = Vec::new();
    for profile in profiles.into_iter().take(PROFILES_MAX) {
        let belongs = belongings(found, profile, &names);
        match guides.iter_mut().find(|(_, own)| *own == belongs) {
            Some((of_guide, _)) => of_guide.push(profile.to_path_buf()),
            None => guides.push((vec![profile.to_path_buf()], belongs)),
        }
    }
    guides.into_iter().map(|(profiles, belongs)| [profiles, belongs].concat()).collect()
}

/// What belongs to a profile; `names` are those of all profiles.
fn belongings(found: &[(FileKind, PathBuf)], profile: &Path, names: &BTreeSet<Vec<String>>) -> Vec<PathBuf> {
    let mut chosen = Vec::new();
    let kinds: BTreeSet<FileKind> =
        found.iter().map(|(kind, _)| *kind).filter(|kind| *kind != FileKind::Profile).collect();
    let own = name(profile);
    for kind in kinds {
        let all = || found.iter().filter(|(is, _)| *is == kind).map(|(_, path)| path);
        let beside: Vec<&PathBuf> = all().filter(|path| path.parent() == profile.parent()).collect();
        let around = profile.ancestors().skip(1);
        let mut levels = around.map(|folder| all().filter(|path| path.starts_with(folder)).collect::<Vec<_>>());
        let mut nearest =
            if beside.is_empty() { levels.find(|paths| !paths.is_empty()).unwrap_or_default() } else { beside };
        if names.len() > 1 {
            keep_named(&mut nearest, &own, names);
        }
        chosen.extend(nearest.into_iter().cloned());
    }
    chosen
}

/// Keeps the files that share more words with a profile than with the others; where there are none, those that share no
/// word with any.
fn keep_named(files: &mut Vec<&PathBuf>, own: &[String], names: &BTreeSet<Vec<String>>) {
    let shared = |file: &Path, with: &[String]| name(file).iter().zip(with).take_while(|(one, two)| one == two).count();
    let most = |file: &Path| names.iter().map(|with| shared(file, with)).max().unwrap_or(0);
    let is_own = |file: &Path| most(file) > 0 && shared(file, own) == most(file);
    if !files.iter().any(|file| is_own(file)) {
        return files.retain(|file| most(file) == 0);
    }
    files.retain(|file| is_own(file));
    // `Z22_CNI_Constraints.xml` is a variant beside `Z22_Constraints.xml`.
    if files.iter().any(|file| name(file) == own) {
        files.retain(|file| name(file).len() <= own.len());
    }
}

/// The words of a file's name without those that say what kind of file it is: `rsp`, `z32` of `RSP-Z32_Constraints.xml`.
fn name(path: &Path) -> Vec<String> {
    const KINDS: [&str; 10] = [
        "profile",
        "integration",
        "constraint",
        "conformance",
        "context",
        "value",
        "library",
        "binding",
        "coconstraint",
        "slicing",
    ];
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().to_lowercase();
    let words = stem.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    words.filter(|word| !KINDS.iter().any(|kind| word.starts_with(kind))).map(str::to_owned).collect()
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
        // Messages of one guide, each with files of its own; a variant; a file for all of them.
        check(
            &[
                (Profile, "g/Profiles/RSP-Z32_Profile.xml"),
                (Profile, "g/Profiles/RSP-Z42_Profile.xml"),
                (Constraints, "g/Constraints/RSP-Z32_CNI_Constraints.xml"),
                (Constraints, "g/Constraints/RSP-Z32_Constraints.xml"),
                (Constraints, "g/Constraints/RSP-Z42_Constraints.xml"),
                (ValueSets, "g/Tables/RSP_ValueSetLibrary.xml"),
            ],
            &[
                &[
                    "g/Profiles/RSP-Z32_Profile.xml",
                    "g/Constraints/RSP-Z32_Constraints.xml",
                    "g/Tables/RSP_ValueSetLibrary.xml",
                ],
                &[
                    "g/Profiles/RSP-Z42_Profile.xml",
                    "g/Constraints/RSP-Z42_Constraints.xml",
                    "g/Tables/RSP_ValueSetLibrary.xml",
                ],
            ],
        );
        // One profile a trigger event, and what all of them share.
        check(
            &[
                (Profile, "g/p/ADT-A01-Ack_Profile.xml"),
                (Profile, "g/p/ADT-A03-Ack_Profile.xml"),
                (Constraints, "g/c/Constraints.xml"),
                (ValueSets, "g/v/ValueSetLibrary_X.xml"),
            ],
            &[&[
                "g/p/ADT-A01-Ack_Profile.xml",
                "g/p/ADT-A03-Ack_Profile.xml",
                "g/c/Constraints.xml",
                "g/v/ValueSetLibrary_X.xml",
            ]],
        );
        // Two guides, a folder each.
        check(
            &[(Profile, "g/a/p.xml"), (Profile, "g/b/p.xml"), (Constraints, "g/a/c.xml"), (Constraints, "g/b/c.xml")],
            &[&["g/a/p.xml", "g/a/c.xml"], &["g/b/p.xml", "g/b/c.xml"]],
        );
    }
}
