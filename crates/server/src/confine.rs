//! What the process of an engine gives up at its start, for good: running other programs and making devices.
//!
//! Promises: a hole in a parser or a script does not become a shell, where the kernel has Landlock (Linux 5.13); no
//! privileges come by a file. Never: keeps an engine from starting on a kernel that cannot do this; it says so instead.

use landlock::{AccessFs, Ruleset, RulesetAttr, RulesetStatus};

/// What the kernel took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confined {
    /// Everything that was asked for.
    Fully,
    /// Some of it.
    Partly,
    /// Nothing: the kernel has no Landlock, or it is off.
    Not,
}

/// Gives it up for this thread and every thread that it starts from now on: to be called before any other.
#[must_use]
pub fn confine() -> Confined {
    let denied = AccessFs::Execute | AccessFs::MakeChar | AccessFs::MakeBlock;
    // No rule allows any of it again.
    let status = Ruleset::default()
        .handle_access(denied)
        .and_then(Ruleset::create)
        .and_then(landlock::RulesetCreated::restrict_self);
    match status.map(|status| status.ruleset) {
        Ok(RulesetStatus::FullyEnforced) => Confined::Fully,
        Ok(RulesetStatus::PartiallyEnforced) => Confined::Partly,
        Ok(RulesetStatus::NotEnforced) | Err(_) => Confined::Not,
    }
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
            let taken = confine();
            let file = std::env::temp_dir().join(format!("sinew-confine-{}", std::process::id()));
            let written = fs::write(&file, b"x").and_then(|()| fs::remove_file(&file)).is_ok();
            (taken, run(), written)
        };
        let (taken, ran, written) = thread::spawn(confined).join().unwrap();
        assert!(written, "files are as before");
        match taken {
            Confined::Fully | Confined::Partly => assert_eq!(ran, Err(std::io::ErrorKind::PermissionDenied)),
            Confined::Not => println!("skipped: this kernel has no Landlock"),
        }
    }
}
