//! `sinew fhir validate`: checks resources by R4 and by profiles, a line a resource and a sentence an issue.

use crate::{
    outcome::{Exit, Failure, Result},
    resources::{self, Found},
    screen::{Screen, plain},
    table::count,
};
use clap::Args;
use fhir::validate::{Issue, Options, Profiles, Report, Validator};
use message::Severity;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Check resources against FHIR R4 and profiles
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sinew fhir validate bundle.json
  sinew fhir validate export/ --json | jq 'select(.valid | not)'
  sinew fhir validate patient.json --package us-core.tgz \\
      --profile http://hl7.org/fhir/us/core/StructureDefinition/us-core-patient
  sinew convert --to fhir-r4 adt.hl7 | sinew fhir validate -

Checked are elements, types, cardinality, codes, invariants, references, extensions, contained resources and bundles as
R4 (4.0.1) has them, and the profiles that meta.profile and --profile name. R4's own profiles are known; others come
from packages: the .tgz of a guide, a folder of JSON files, or one file. Nothing is fetched.
Codes of LOINC, SNOMED CT, UCUM and other systems that R4 does not bring are not judged.

A resource is valid when no issue is an error. The code of an issue is an error code (sinew explain E1266), or the key
of the broken invariant. No issue shows what is in the resource; --values does. Notes, and the advice that a resource
has a narrative (dom-6), are counted; --all lists them. --json prints one object a resource; index counts from 1:
  {\"schema\",\"file\",\"index\",\"type\",\"valid\",\"issues\":[{\"code\",\"severity\",\"path\",\"message\",\"hint\"?,\"value\"?}]}
Exit: 0 all are valid, 1 some are not, 2 a profile or package is not one, 3 a file cannot be opened.")]
pub struct Validate {
    /// Files, folders, or - for standard input
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// A profile that each resource must follow; may be given several times
    #[arg(long, value_name = "URL")]
    profile: Vec<String>,
    /// Where profiles, extensions and value sets are: a .tgz, a folder, a JSON file
    #[arg(long, value_name = "FILE")]
    package: Vec<PathBuf>,
    /// Show what stands at the place of an issue: patient data
    #[arg(long)]
    values: bool,
    /// List notes and missing narratives too
    #[arg(long)]
    all: bool,
    /// A JSON object a resource
    #[arg(long, conflicts_with = "outcome")]
    json: bool,
    /// An OperationOutcome a resource
    #[arg(long)]
    outcome: bool,
}

/// What was checked so far.
#[derive(Default)]
struct Counts {
    all: usize,
    valid: usize,
}

impl Validate {
    pub fn run(self, screen: &Screen) -> Result {
        let profiles = self.profiles(screen)?;
        let options = Options { profiles: self.profile.clone(), values: self.values };
        let validator = Validator::new(profiles, options);
        let mut counts = Counts::default();
        let mut unopened = None;
        for path in resources::expand(&self.files)? {
            let file = path.display().to_string();
            let checked = resources::each(&path, |found| {
                self.check(screen, &validator, &file, &found, &mut counts);
                Ok(())
            });
            // The other files are checked all the same; the last failure is told at the end.
            if let Err(failure) = checked
                && let Some(before) = unopened.replace(failure)
            {
                screen.fail(&before);
            }
        }
        if !self.json && !self.outcome && counts.all != 1 {
            screen.line(format!("{} of {} are valid", counts.valid, count(counts.all as u64, "resource")));
        }
        match unopened {
            Some(failure) => Err(failure),
            None => Ok(if counts.valid == counts.all && counts.all > 0 { Exit::Ok } else { Exit::Problems }),
        }
    }

    fn profiles(&self, screen: &Screen) -> Result<Profiles> {
        let mut out = Profiles::default();
        for path in &self.package {
            add(&mut out, path, screen)?;
        }
        if let Some(url) = self.profile.iter().find(|url| !out.has(url)) {
            let known = out.urls();
            let near = fhir::definitions::closest(url, known.iter().map(|(url, _)| *url));
            let failure = Failure::usage(format!("no package has the profile {url}"));
            return Err(match near {
                Some(near) => failure.hint(format!("did you mean {near}?")),
                None => failure.hint("give the package that has it: --package FILE.tgz"),
            });
        }
        Ok(out)
    }

    fn check(&self, screen: &Screen, validator: &Validator, file: &str, found: &Found, counts: &mut Counts) {
        counts.all += 1;
        let (report, ty) = match &found.tree {
            Ok(tree) => (validator.validate(tree), type_of(tree)),
            Err(error) => (unreadable(error), String::new()),
        };
        counts.valid += usize::from(report.is_valid());
        if self.json {
            screen.line(as_json(file, found.index, &ty, &report).to_string());
        } else if self.outcome {
            let outcome = report.outcome().map(|tree| tree.write()).unwrap_or_default();
            screen.line(String::from_utf8_lossy(&outcome));
        } else {
            self.print(screen, &found.name, &ty, &report);
            found.findings.iter().for_each(|finding| screen.say(format!("    {} {}", finding.code, finding.message)));
        }
    }

    fn print(&self, screen: &Screen, name: &str, ty: &str, report: &Report) {
        let (errors, warnings) = (report.count(Severity::Error), report.count(Severity::Warning));
        screen.line(format!(
            "{} {}  {}  {}, {}",
            screen.mark(report.is_valid()),
            screen.paint("1", name),
            if ty.is_empty() { "no resource" } else { ty },
            count(errors as u64, "error"),
            count(warnings as u64, "warning"),
        ));
        let is_shown = |issue: &&Issue| self.all || issue.severity != Severity::Note && issue.code != "dom-6";
        for issue in report.issues.iter().filter(is_shown) {
            let level = match issue.severity {
                Severity::Error => screen.paint("31", "error  "),
                Severity::Warning => screen.paint("33", "warning"),
                Severity::Note => screen.paint("36", "note   "),
            };
            screen.line(format!("    {level} {}  {}", screen.paint("1", &issue.code), plain(&issue.path)));
            screen.line(format!("            {}", plain(&issue.message)));
            if let Some(hint) = &issue.hint {
                screen.line(format!("            {}", plain(hint)));
            }
            if let Some(found) = &issue.found {
                screen.line(format!("            it is: {}", plain(found.reveal())));
            }
        }
        let hidden = report.issues.iter().filter(|issue| !is_shown(issue)).count();
        if hidden > 0 {
            screen.line(format!("    {} more (--all lists them)", count(hidden as u64, "note")));
        }
        if report.left_out > 0 {
            screen.line(format!("    {} more issues are left out", report.left_out));
        }
    }
}

/// Adds a package, or the JSON files of a folder, or one of them.
fn add(profiles: &mut Profiles, path: &Path, screen: &Screen) -> Result<()> {
    let name = path.display();
    let failed = |error: fhir::Error| {
        let diagnostic = error.diagnostic();
        Failure::usage(format!("{name}: {}", diagnostic.message)).code(diagnostic.code)
    };
    let mut definitions = 0;
    if path.is_dir() {
        for file in resources::expand(&[path.to_path_buf()])? {
            // What is no definition of a folder is none of ours.
            definitions += usize::from(profiles.add(&resources::bytes(&file)?).unwrap_or(false));
        }
    } else {
        let bytes = resources::bytes(path)?;
        if bytes.starts_with(&[0x1F, 0x8B]) {
            let added = profiles.add_package(&bytes).map_err(failed)?;
            definitions = added.definitions;
            screen.say(format!("{name}: {} with {}", added.name, count(definitions as u64, "definition")));
        } else {
            definitions = usize::from(profiles.add(&bytes).map_err(failed)?);
        }
    }
    if definitions == 0 {
        return Err(Failure::usage(format!("{name}: no structure definition, value set or code system in it")));
    }
    Ok(())
}

/// The type that a resource says it has, where R4 has it.
fn type_of(tree: &fhir::Tree) -> String {
    let known = tree.root().resource_type().and_then(fhir::definitions::Type::named);
    known.map(|ty| ty.name().to_owned()).unwrap_or_default()
}

fn unreadable(error: &fhir::Error) -> Report {
    let diagnostic = error.diagnostic();
    let issue = Issue {
        code: diagnostic.code.id.into(),
        severity: Severity::Error,
        path: diagnostic.path().to_owned(),
        message: diagnostic.message.clone(),
        hint: diagnostic.hint.clone(),
        kind: "structure",
        found: None,
    };
    Report { issues: vec![issue], ..Report::default() }
}

fn as_json(file: &str, index: usize, ty: &str, report: &Report) -> Value {
    let issues: Vec<Value> = report.issues.iter().map(issue_as_json).collect();
    let mut out = json!({"schema": "sinew.fhir-validate/1", "file": file, "index": index, "type": ty,
        "valid": report.is_valid(), "issues": issues});
    if report.left_out > 0 {
        out["left_out"] = json!(report.left_out);
    }
    out
}

fn issue_as_json(issue: &Issue) -> Value {
    let mut out = json!({"code": issue.code, "severity": issue.severity, "path": issue.path, "message": issue.message});
    if let Some(hint) = &issue.hint {
        out["hint"] = json!(hint);
    }
    if let Some(found) = &issue.found {
        out["value"] = json!(found.reveal());
    }
    out
}
