//! `cargo xtask tidy`: the house rules that a machine can read, one module a check.
//!
//! Each check is a function from the [`Tree`] to findings; [`CHECKS`] is the list, and adding a check adds a file and a
//! line to it. A finding that carries a [`Measure`] may be excused in `xtask/ratchet.toml`, which only shrinks.
//! Promises: reads files only, no cargo, no network; under two seconds. Never: changes a file, except the ratchet when
//! asked to, and then only downwards.

mod asvs;
mod catalogue;
mod clock;
mod commands;
mod comments;
mod connector_folders;
mod floors;
mod lengths;
mod links;
mod machine;
mod manifests;
mod merges;
mod module_docs;
mod names;
mod pages;
mod panics;
mod printing;
mod promises;
mod ratchet;
mod unsafe_code;
mod wildcards;

use crate::root;
use crate::tree::Tree;
use std::fmt;
use std::time::Instant;

/// One thing that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    /// The check that found it.
    check: &'static str,
    /// From the root.
    file: String,
    /// From 1.
    line: usize,
    /// One sentence: what is wrong and what to do.
    message: String,
    /// For checks that the ratchet may excuse.
    measure: Option<Measure>,
}

/// How much of an exception a finding uses up.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Measure {
    /// What is excused: a file, or `file::function`.
    key: String,
    /// Lines for sizes; 1 for each occurrence.
    amount: usize,
    /// Amounts of one key add up (occurrences) instead of the largest counting (sizes).
    adds: bool,
}

impl Finding {
    fn new(check: &'static str, file: &str, line: usize, message: impl Into<String>) -> Finding {
        Finding { check, file: file.to_string(), line, message: message.into(), measure: None }
    }

    /// The ratchet may excuse a number of these for the whole file.
    fn counted(self) -> Finding {
        let measure = Measure { key: self.file.clone(), amount: 1, adds: true };
        Finding { measure: Some(measure), ..self }
    }

    /// The ratchet may excuse this size of `key`.
    fn sized(self, key: String, amount: usize) -> Finding {
        Finding { measure: Some(Measure { key, amount, adds: false }), ..self }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: [{}] {}", self.file, self.line, self.check, self.message)
    }
}

type Check = fn(&Tree) -> Vec<Finding>;

/// Every check, in the order in which their findings are printed.
const CHECKS: &[Check] = &[
    floors::check,
    manifests::check,
    module_docs::check,
    lengths::check_files,
    lengths::check_functions,
    names::check,
    panics::check,
    unsafe_code::check,
    clock::check,
    printing::check,
    comments::check,
    machine::check,
    merges::check,
    catalogue::check,
    pages::check,
    links::check,
    promises::check,
    asvs::check,
    commands::check,
    connector_folders::check,
];

/// Runs every check and prints what it found; true when nothing is wrong.
pub(crate) fn run(flags: &[&str]) -> Result<bool, String> {
    let started = Instant::now();
    let tree = Tree::read(&root::folder())?;
    let found: Vec<Finding> = CHECKS.iter().flat_map(|check| check(&tree)).collect();
    let mut allowed = ratchet::Ratchet::read(&tree)?;
    if flags.contains(&"--update-ratchet") {
        let shrunk = allowed.shrink(&found);
        ratchet::write(&tree, &allowed)?;
        println!("ratchet: {shrunk} exceptions shrunk or removed");
    }
    let remaining = allowed.apply(found);
    for finding in &remaining {
        println!("{finding}");
    }
    let advice = [lengths::advice(&tree), wildcards::advice(&tree)].concat();
    if flags.contains(&"--advice") {
        advice.iter().for_each(|line| println!("{line}"));
    }
    println!(
        "tidy: {} problems in {} files ({} checks, {} ms; {} lines of --advice)",
        remaining.len(),
        tree.files.len(),
        CHECKS.len(),
        started.elapsed().as_millis(),
        advice.len(),
    );
    Ok(remaining.is_empty())
}

/// Runs a check on files in memory and returns `file:line message-start`, for the tests of the checks.
#[cfg(test)]
fn lines(check: Check, files: &[(&str, &str)]) -> Vec<String> {
    check(&Tree::of(files)).iter().map(|finding| format!("{}:{}", finding.file, finding.line)).collect()
}
