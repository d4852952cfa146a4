//! The figures as a table in a page, between two marks; what stands around them is written by people and stays.
//!
//! Owns the marks and the facts about the machine that figures need. Never: names a host, a person or a path.

use super::{figures::Figures, rig::unreachable};
use crate::outcome::{Failure, Result};
use std::{fs, path::Path};

/// The marks between which the table stands.
const BEGIN: &str = "<!-- made by: sinew bench engine --markdown -->";
const END: &str = "<!-- end of what is made -->";

/// Writes table and facts into a page that has the marks.
pub fn write(page: &Path, figures: &Figures, measured: &Path) -> Result<()> {
    let text = fs::read_to_string(page).map_err(|error| unreachable(page, &error))?;
    let made = format!("{}\n\n{}", facts(measured), figures.to_markdown());
    let text = replaced(&text, &made).ok_or_else(|| {
        Failure::usage(format!("{} does not have the marks", page.display()))
            .hint(format!("put {BEGIN} and {END} in it"))
    })?;
    fs::write(page, text).map_err(|error| unreachable(page, &error))
}

/// The page with other text between its marks.
fn replaced(text: &str, made: &str) -> Option<String> {
    let (before, rest) = text.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n\n{}\n\n{END}{after}", made.trim()))
}

/// Cores, kernel, file system and load: what a reader needs to compare.
fn facts(measured: &Path) -> String {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let release = read("/proc/sys/kernel/osrelease");
    let kernel: Vec<&str> = release.split('.').take(2).collect();
    let load = read("/proc/loadavg");
    let load = load.split_whitespace().next().unwrap_or("?");
    let system = file_system(&read("/proc/mounts"), measured).unwrap_or_else(|| "?".to_owned());
    let version = env!("CARGO_PKG_VERSION");
    format!("Sinew {version}, {cores} cores, Linux {}, {system}; load at the end {load}.", kernel.join("."))
}

/// The file system that a path is on: the longest place of `/proc/mounts` that it begins with.
fn file_system(mounts: &str, path: &Path) -> Option<String> {
    let fields = mounts.lines().filter_map(|line| {
        let mut fields = line.split_whitespace().skip(1);
        Some((Path::new(fields.next()?), fields.next()?))
    });
    let found = fields.filter(|(place, _)| path.starts_with(place)).max_by_key(|(place, _)| place.as_os_str().len());
    found.map(|(_, kind)| kind.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stands_between_the_marks_changes() {
        let page = format!("# Title\n\nwords\n\n{BEGIN}\nold\n{END}\n\nmore words\n");
        let once = replaced(&page, "| new |\n").unwrap();
        assert_eq!(once, format!("# Title\n\nwords\n\n{BEGIN}\n\n| new |\n\n{END}\n\nmore words\n"));
        assert_eq!(replaced(&once, "| new |").as_deref(), Some(&*once));
        assert_eq!(replaced("# Title\n", "x"), None);
    }

    #[test]
    fn the_file_system_is_the_one_of_the_longest_place() {
        let mounts = "/dev/a / ext4 rw 0 0\ntmpfs /tmp tmpfs rw 0 0\n/dev/b /tmpfoo xfs rw 0 0\n";
        let check =
            |path: &str, expect: &str| assert_eq!(file_system(mounts, Path::new(path)).as_deref(), Some(expect));
        check("/tmp/bench", "tmpfs");
        check("/tmpfoo/bench", "xfs");
        check("/var/tmp", "ext4");
    }
}
