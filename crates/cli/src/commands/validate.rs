//! `sinew validate`: checks messages against rules and says what is wrong, a sentence an issue.
//!
//! The rules are those of the standard, or come from a conformance profile. Where they come from is decided in [`Rules`];
//! how issues are shown does not depend on it.

mod counts;

use crate::{
    messages,
    outcome::{Exit, Result},
    profiles::{self, Loaded},
    screen::{Screen, plain},
    table,
};
use clap::Args;
use counts::Counts;
use hl7v2::{
    Message, codes,
    dictionary::Version,
    profile::Options,
    validate::{self, Issue, Level, Report},
};
use message::{Diagnostic, Severity};
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
  sinew validate admit.hl7 --level strict --values
  sinew validate order.hl7 --profile guide/Global
  sinew validate feed/ --profile guide/Global#OML_O21:LOI_GU
  sinew validate feed.hl7 --profile guide --json | jq 'select(.valid | not)'

Without --profile the rules are those of the version that MSH-12 names. lenient: errors are what
receivers in practice cannot do without; strict: the standard as it is written. Of many messages
the issues are counted by rule and place; --all shows each message.

The folder of a profile holds XML files as NIST and IGAMT export them: profile, constraints,
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
    /// The folder of a conformance profile, and which of its messages
    #[arg(long, value_name = "DIR[#MESSAGE-ID]")]
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

/// Where the rules come from.
enum Rules {
    Standard(Level),
    Profile(Box<Loaded>),
}

fn level(text: &str) -> std::result::Result<Level, String> {
    Level::parse(text).ok_or_else(|| "write strict or lenient".to_owned())
}

impl Rules {
    fn of(command: &Validate, screen: &Screen) -> Result<Rules> {
        let Some(text) = &command.profile else {
            return Ok(Rules::Standard(command.level));
        };
        let loaded = profiles::load(text)?;
        for diagnostic in &loaded.diagnostics {
            screen.say(format!("profile: {} {}", diagnostic.code, diagnostic.message));
        }
        Ok(Rules::Profile(Box::new(loaded)))
    }

    /// The report about a message, and the name of what it was checked against.
    fn check(&self, message: &Message, findings: &[Diagnostic], options: &Options) -> (Report, String) {
        let loaded = match self {
            Rules::Profile(loaded) => loaded,
            Rules::Standard(level) => {
                let options = validate::Options { level: *level, values: options.values };
                let version = Version::of(message).map_or("version unknown", Version::as_str);
                let name = format!("{version} {}", level.as_str());
                return (validate::validate(message, findings, options), name);
            }
        };
        let mut out = Report::default();
        // What makes a message unreadable is an issue of every check.
        findings.iter().filter(|finding| finding.is_error()).for_each(|finding| out.push(unreadable(finding)));
        let Some((profile, at)) = loaded.choose(message) else {
            out.push(issue(codes::E1074, "MSH-9", "The profile describes no message of this type."));
            return (out, String::new());
        };
        let name = profile.messages().nth(at).map(|message| message.id.to_owned()).unwrap_or_default();
        let report = profile.validate(message, at, options).unwrap_or_default();
        let left_out = report.left_out;
        report.issues.into_iter().for_each(|issue| out.push(issue));
        out.left_out += left_out;
        out.is_error_left_out |= report.is_error_left_out;
        (out, name)
    }
}

impl Rules {
    /// The key of the JSON that names the rules.
    fn kind(&self) -> &'static str {
        match self {
            Rules::Standard(_) => "rules",
            Rules::Profile(_) => "profile",
        }
    }
}

fn unreadable(finding: &Diagnostic) -> Issue {
    Issue { severity: finding.severity, ..issue(finding.code, finding.path(), &finding.message) }
}

fn issue(code: message::Code, path: &str, text: &str) -> Issue {
    Issue {
        code: Cow::Borrowed(code.id),
        severity: Severity::Error,
        path: path.to_owned(),
        group: String::new(),
        message: text.to_owned(),
        found: None,
        condition: None,
    }
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
        let mut valid = 0;
        for (place, found) in file.messages.iter().enumerate() {
            let (message, findings) = Message::parse(found.bytes.clone());
            let (report, checked) = rules.check(&message, &findings, &Options { values: self.values });
            valid += usize::from(report.is_valid());
            let title = format!("{name}#{}", place + 1);
            match rules {
                _ if self.json => {
                    screen.line(as_json(&name, place + 1, (rules.kind(), &checked), &report).to_string());
                }
                Rules::Standard(_) if !self.all => {
                    told.counts.add(&title, &report);
                    told.first.get_or_insert((title, checked, report));
                }
                Rules::Standard(_) | Rules::Profile(_) => self.print(screen, &title, &checked, &report),
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
