//! `sinew validate`: checks messages against rules and says what is wrong, a sentence an issue.
//!
//! The rules are those of the standard, or come from a conformance profile. Where they come from is decided in [`Rules`];
//! how issues are shown does not depend on it.

mod counts;

use crate::{
    messages,
    outcome::{Exit, Result},
    rulebook,
    screen::{Screen, plain},
    table,
};
use clap::Args;
use counts::Counts;
use hl7v2::{
    Message, codes,
    dictionary::Version,
    validate::{Issue, Level, Report},
};
use lang::{Fault, Ruleset, Run, profile::by_guide};
use message::{Clock, Diagnostic, Severity, clock::System};
use serde_json::{Value, json};
use std::{
    borrow::Cow,
    path::{Path, PathBuf},
};

/// Check messages against the standard or a conformance profile
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sinew validate feed/
  sinew validate feed/ --profile patient-feed
  sinew validate admit.hl7 --level strict --values
  sinew validate order.hl7 --profile guide/Global
  sinew validate feed/ --profile guide/Global#OML_O21:LOI_GU
  sinew validate feed.hl7 --profile guide --json | jq 'select(.valid | not)'

Without --profile the rules are those of the version that MSH-12 names. lenient: errors are what
receivers in practice cannot do without; strict: the standard as it is written. Of many messages
the issues are counted by rule and place; --all shows each message.

A profile NAME is one of the workspace (shared/profiles/NAME.flow, or a folder of a guide there), or
ships with Sinew: `sinew profile list`. Its issues are called NAME:LINE: `sinew profile show NAME`.

The folder of a guide holds XML files as NIST and IGAMT export them: profile, constraints,
value sets, bindings, co-constraints, slicings. Subfolders are searched. Without #MESSAGE-ID the
message of the profile is chosen by MSH-9 and MSH-21.

A message is valid when no issue is an error. The code of an issue is the id of the broken
statement, predicate or value set, or an error code. No issue shows what is in the message;
--values does. --json prints one object a message; index counts from 1:
  {\"file\",\"index\",\"valid\",\"profile\",\"issues\":[{\"code\",\"severity\",\"path\",\"group\",\"message\"}]}
Exit: 0 all are valid, 1 some are not, 2 the profile is not one, 3 a file cannot be opened.")]
pub struct Validate {
    /// Files, folders, or - for standard input
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// A profile by name, a file FILE.flow[#NAME], or the folder of a guide and which of its messages
    #[arg(long, value_name = "NAME|FILE|DIR[#ID]")]
    profile: Option<String>,
    /// How strictly the standard is read
    #[arg(long, value_name = "LEVEL", value_parser = level, default_value = "lenient", conflicts_with = "profile")]
    level: Level,
    /// Show what stands at the place of an issue: patient data
    #[arg(long)]
    values: bool,
    /// Show each of many messages, and every empty element that may be empty
    #[arg(long)]
    all: bool,
    /// A JSON object a message
    #[arg(long)]
    json: bool,
}

/// What messages are checked against.
struct Rules {
    rules: Ruleset,
}

fn level(text: &str) -> std::result::Result<Level, String> {
    Level::parse(text).ok_or_else(|| "write strict or lenient".to_owned())
}

impl Rules {
    fn of(command: &Validate, screen: &Screen) -> Result<Rules> {
        let Some(text) = &command.profile else {
            return Ok(Rules { rules: Ruleset::Standard(command.level) });
        };
        let book = rulebook::find(text)?;
        for diagnostic in &book.diagnostics {
            screen.say(format!("profile: {} {}", diagnostic.code, diagnostic.message));
        }
        Ok(Rules { rules: book.rules })
    }

    /// The report about a message, and the name of what it was checked against.
    fn check(&self, message: &Message, findings: &[Diagnostic], values: bool) -> (Report, String) {
        let name = match &self.rules {
            Ruleset::Guide { guide, at, .. } => return by_guide(guide, *at, message, findings, values),
            Ruleset::Profile(profile) => profile.name.to_string(),
            Ruleset::Standard(level) => {
                let version = Version::of(message).map_or("version unknown", Version::as_str);
                format!("{version} {}", level.as_str())
            }
        };
        let mut run = Run::new(System.now(), 0);
        let report =
            self.rules.validate(message, findings, values, &mut run).unwrap_or_else(|fault| unfinished(&fault));
        (report, name)
    }

    /// The key of the JSON that names the rules.
    fn kind(&self) -> &'static str {
        match self.rules {
            Ruleset::Standard(_) => "rules",
            Ruleset::Profile(_) | Ruleset::Guide { .. } => "profile",
        }
    }

    /// Issues are shown message by message even of many; else they are counted.
    fn is_shown_apart(&self) -> bool {
        match self.rules {
            Ruleset::Standard(_) | Ruleset::Profile(_) => false,
            Ruleset::Guide { .. } => true,
        }
    }
}

/// A check that could not be ended says nothing for the message.
fn unfinished(fault: &Fault) -> Report {
    let mut report = Report::default();
    report.push(Issue {
        code: Cow::Borrowed(fault.code.id),
        severity: Severity::Error,
        path: String::new(),
        group: String::new(),
        message: fault.text.clone(),
        found: None,
        condition: None,
    });
    report
}

/// What is told when all messages are checked: counts of many, the whole of a single one.
#[derive(Default)]
struct Told {
    counts: Counts,
    first: Option<(String, String, Report)>,
}

impl Validate {
    pub fn run(self, screen: &Screen) -> Result {
        let rules = Rules::of(&self, screen)?;
        let (mut is_good, mut unopened) = (true, None);
        let (mut valid, mut all) = (0, 0);
        let mut told = Told::default();
        for path in messages::expand(&self.files)? {
            match self.check_file(screen, &rules, &path, &mut told) {
                Ok((good, count)) => {
                    valid += good;
                    all += count;
                    is_good &= good == count;
                }
                Err(failure) => {
                    // The other files are checked all the same; the last failure is told at the end.
                    if let Some(before) = unopened.replace(failure) {
                        screen.fail(&before);
                    }
                }
            }
        }
        if let Some((name, rules, report)) = told.first.filter(|_| all == 1) {
            self.print(screen, &name, &rules, &report);
        } else {
            told.counts.print(screen);
        }
        if !self.json && all > 1 {
            screen.line(format!("{valid} of {} are valid", table::count(all as u64, "message")));
        }
        match unopened {
            Some(failure) => Err(failure),
            // A folder may hold other files; a call that finds no message at all has found a problem.
            None => Ok(if is_good && all > 0 { Exit::Ok } else { Exit::Problems }),
        }
    }

    /// How many messages of a file are valid, and how many there are.
    fn check_file(&self, screen: &Screen, rules: &Rules, path: &Path, told: &mut Told) -> Result<(usize, usize)> {
        let file = messages::read(path)?;
        let name = path.display().to_string();
        if file.messages.is_empty() {
            screen.say(format!("{name}: no HL7 v2 message in it"));
        }
        for finding in &file.diagnostics {
            screen.say(format!("{name}: {} {}", finding.code, finding.message));
        }
        let mut valid = 0;
        for (place, found) in file.messages.iter().enumerate() {
            let (message, findings) = Message::parse(found.bytes.clone());
            let (report, checked) = rules.check(&message, &findings, self.values);
            valid += usize::from(report.is_valid());
            let title = format!("{name}#{}", place + 1);
            if self.json {
                screen.line(as_json(&name, place + 1, (rules.kind(), &checked), &report).to_string());
            } else if self.all || rules.is_shown_apart() {
                self.print(screen, &title, &checked, &report);
            } else {
                told.counts.add(&title, &report);
                told.first.get_or_insert((title, checked, report));
            }
        }
        Ok((valid, file.messages.len()))
    }

    fn print(&self, screen: &Screen, name: &str, rules: &str, report: &Report) {
        let (errors, warnings) = (report.count(Severity::Error), report.count(Severity::Warning));
        screen.line(format!(
            "{} {}  {}  {}, {}",
            screen.mark(report.is_valid()),
            screen.paint("1", name),
            if rules.is_empty() { "no message of the profile" } else { rules },
            table::count(errors as u64, "error"),
            table::count(warnings as u64, "warning"),
        ));
        let is_shown = |issue: &&Issue| self.all || issue.code != codes::E1081.id;
        for issue in report.issues.iter().filter(is_shown) {
            let level = match issue.severity {
                Severity::Error => screen.paint("31", "error  "),
                Severity::Warning => screen.paint("33", "warning"),
                Severity::Note => screen.paint("36", "note   "),
            };
            let group = if issue.group.is_empty() || issue.group == issue.path {
                String::new()
            } else {
                format!("  in {}", issue.group)
            };
            screen.line(format!("    {level} {}  {}{group}", screen.paint("1", &issue.code), issue.path));
            screen.line(format!("            {}", plain(&issue.message)));
            if let Some(found) = &issue.found {
                screen.line(format!("            it is: {}", plain(found.reveal())));
            }
        }
        let hidden = report.issues.iter().filter(|issue| !is_shown(issue)).count();
        if hidden > 0 {
            let count = table::count(hidden as u64, "element");
            screen.line(format!("    {count} that may be empty: nothing is there (--all lists them)"));
        }
        if report.left_out > 0 {
            screen.line(format!("    {} more issues are left out", report.left_out));
        }
    }
}

fn as_json(file: &str, index: usize, (kind, rules): (&str, &str), report: &Report) -> Value {
    let issues: Vec<Value> = report.issues.iter().map(issue_as_json).collect();
    let mut out = json!({"file": file, "index": index, "valid": report.is_valid(), "issues": issues});
    out[kind] = json!(rules);
    if report.left_out > 0 {
        out["left_out"] = json!(report.left_out);
    }
    out
}

fn issue_as_json(issue: &Issue) -> Value {
    let mut out = json!({"code": issue.code, "severity": issue.severity, "path": issue.path, "group": issue.group,
        "message": issue.message});
    if let Some(found) = &issue.found {
        out["value"] = json!(found.reveal());
    }
    out
}
