//! Which files of a folder belong together.
//!
//! A folder of a guide holds one profile or several, their constraints and value sets, and often test cases with
//! constraints of their own. Profile files are those with the root element `ConformanceProfile`. Of each other kind those
//! files belong to a profile that stand beside it, else those below the nearest folder around it that has any; where
//! several guides share a folder, the first word of the file names tells them apart (`LRI_Profile.xml`,
//! `LRI_Constraints.xml`). Profiles with the same files are one guide.
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
}
