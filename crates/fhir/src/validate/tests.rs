//! Every kind of rule, by a small resource that breaks it.

mod bundles;
mod corpus;
mod package;
mod profiles;
mod structure;

use super::{Options, Profiles, Report, Validator};
use crate::Tree;

fn report_of(text: &str) -> Report {
    Validator::default().validate(&Tree::read(text.as_bytes()).expect("JSON"))
}

/// `error E1263 Patient.link[0].other` of every issue but dom-6 and notes about unknown extensions.
fn told(report: &Report) -> Vec<String> {
    let issues = report.issues.iter().filter(|issue| issue.code != "dom-6");
    issues.map(|issue| format!("{:?} {} {}", issue.severity, issue.code, issue.path).to_lowercase()).collect()
}

/// Checks a resource: its type and properties, and what must be told, each `severity code path`.
#[track_caller]
fn check(properties: &str, expect: &[&str]) {
    let report = report_of(&format!("{{{properties}}}"));
    let expect: Vec<String> = expect.iter().map(|line| line.to_lowercase()).collect();
    assert_eq!(told(&report), expect, "{properties}\n{:#?}", report.issues);
}

#[track_caller]
fn check_with(profiles: &[&str], options: Options, properties: &str, expect: &[&str]) {
    let mut loaded = Profiles::default();
    profiles.iter().for_each(|text| assert_eq!(loaded.add(text.as_bytes()), Ok(true)));
    let tree = Tree::read(format!("{{{properties}}}").as_bytes()).expect("JSON");
    let report = Validator::new(loaded, options).validate(&tree);
    let expect: Vec<String> = expect.iter().map(|line| line.to_lowercase()).collect();
    assert_eq!(told(&report), expect, "{properties}\n{:#?}", report.issues);
}
