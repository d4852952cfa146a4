//! Running other programs and making devices, refused by Landlock.
//!
//! Promises: nothing runs from this process any more, where the kernel has Landlock of the second version (Linux 5.19); files
//! are read, written and moved as before.

use super::Taken;
use landlock::{
    AccessFs, CompatLevel, Compatible as _, PathBeneath, PathFd, Ruleset, RulesetAttr as _, RulesetCreatedAttr as _,
    RulesetStatus,
};

pub(super) fn give_up() -> Taken {
    match restrict().map(|status| status.ruleset) {
        Ok(RulesetStatus::FullyEnforced) => Taken::Fully,
        Ok(RulesetStatus::PartiallyEnforced) => Taken::Partly,
        Ok(RulesetStatus::NotEnforced) | Err(_) => Taken::Not,
    }
}

/// No rule allows any of what is denied again. Any ruleset denies moving a file to another folder, unless it handles and
/// allows that (`landlock(7)`, `LANDLOCK_ACCESS_FS_REFER`): a kernel of the first version, which cannot, is left alone.
fn restrict() -> Result<landlock::RestrictionStatus, Box<dyn std::error::Error>> {
    let denied = AccessFs::Execute | AccessFs::MakeChar | AccessFs::MakeBlock;
    let everywhere = PathBeneath::new(PathFd::new("/")?, AccessFs::Refer);
    Ok(Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(denied | AccessFs::Refer)?
        .create()?
        .add_rule(everywhere)?
        .restrict_self()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs, process::Command, thread};

    #[test]
    fn no_program_runs_any_more_and_files_are_as_before() {
        let run = || Command::new("/bin/true").status().map(|status| status.success()).map_err(|error| error.kind());
        assert_eq!(run(), Ok(true));
        // A thread of its own: what is given up is not got back.
        let confined = move || {
            let taken = give_up();
            let file = std::env::temp_dir().join(format!("sinew-confine-{}", std::process::id()));
            let folder = file.with_extension("folder");
            let moved = folder.join("file");
            let written = fs::write(&file, b"x")
                .and_then(|()| fs::create_dir(&folder))
                .and_then(|()| fs::rename(&file, &moved))
                .and_then(|()| fs::remove_dir_all(&folder))
                .is_ok();
            (taken, run(), written)
        };
        let (taken, ran, written) = thread::spawn(confined).join().unwrap();
        assert!(written, "files are as before, also where they move to another folder");
        match taken {
            Taken::Fully | Taken::Partly => assert_eq!(ran, Err(std::io::ErrorKind::PermissionDenied)),
            Taken::Not => println!("skipped: this kernel has no Landlock"),
        }
    }
}
