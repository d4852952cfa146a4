//! What a message can be checked against by name: the standard at one of its levels, a profile, or the profile of a guide.

use super::{BYTES_PER_STEP, Profile};
use crate::{
    codes,
    run::{Fault, Run, Site},
};
use hl7v2::{
    Message,
    profile::{self as guide, Profile as Guide},
    validate::{self, Issue, Level, Report},
};
use message::{Diagnostic, Severity};
use std::{borrow::Cow, sync::Arc};

/// See the module.
#[derive(Clone, Debug)]
pub enum Ruleset {
    /// `strict`, `lenient`.
    Standard(Level),
    /// A profile of the site, or one that ships with Sinew.
    Profile(Arc<Profile>),
    /// The profile of a guide, in XML, and which of its messages; the one that fits where none is named.
    Guide {
        /// Its name in the workspace.
        name: Arc<str>,
        /// The compiled files.
        guide: Arc<Vec<Guide>>,
        /// The number of the profile, and of the message in it.
        at: Option<(usize, usize)>,
    },
}

impl Ruleset {
    /// How lines name it.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Ruleset::Standard(level) => level.as_str(),
            Ruleset::Profile(profile) => &profile.name,
            Ruleset::Guide { name, .. } => name,
        }
    }

    /// Checks a message; `findings` is what [`Message::parse`] said of it.
    ///
    /// # Errors
    /// As [`Profile::validate`].
    pub fn validate(
        &self,
        message: &Message,
        findings: &[Diagnostic],
        values: bool,
        run: &mut Run,
    ) -> Result<Report, Fault> {
        let burn = |run: &mut Run| Site::nowhere().burn(run, (message.write().len() / BYTES_PER_STEP) as u64);
        match self {
            Ruleset::Standard(level) => {
                burn(run)?;
                Ok(validate::validate(message, findings, validate::Options { level: *level, values }))
            }
            Ruleset::Profile(profile) => profile.validate(message, findings, values, run),
            Ruleset::Guide { guide, at, .. } => {
                burn(run)?;
                Ok(by_guide(guide, *at, message, findings, values).0)
            }
        }
    }
}

/// The report of a guide, and the id of the message that it was checked against.
#[must_use]
pub fn by_guide(
    guide: &[Guide],
    at: Option<(usize, usize)>,
    message: &Message,
    findings: &[Diagnostic],
    values: bool,
) -> (Report, String) {
    let mut out = Report::default();
    // What makes a message unreadable is an issue of every check.
    findings.iter().filter(|finding| finding.is_error()).for_each(|finding| {
        out.push(issue(finding.code, finding.path(), &finding.message));
    });
    let chosen = at.or_else(|| Guide::choose_among(guide, message));
    let Some((guide, at)) = chosen.and_then(|(number, at)| guide.get(number).map(|guide| (guide, at))) else {
        out.push(issue(hl7v2::codes::E1074, "MSH-9", "The profile describes no message of this type."));
        return (out, String::new());
    };
    let id = guide.messages().nth(at).map(|message| message.id.to_owned()).unwrap_or_default();
    let report = guide.validate(message, at, &guide::Options { values }).unwrap_or_default();
    report.issues.into_iter().for_each(|issue| out.push(issue));
    out.left_out += report.left_out;
    out.is_error_left_out |= report.is_error_left_out;
    (out, id)
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

impl super::Profiles {
    /// `strict`, `lenient`, the name of a profile, or `GUIDE#MESSAGE-ID`.
    ///
    /// # Errors
    /// E2511.
    pub fn ruleset(&self, name: &str) -> Result<Ruleset, Box<Diagnostic>> {
        if let Some(level) = Level::parse(name) {
            return Ok(Ruleset::Standard(level));
        }
        let (folder, id) = name.split_once('#').map_or((name, None), |(folder, id)| (folder, Some(id)));
        let Some((key, (guide, _))) = self.guides.get_key_value(folder) else {
            return self.find(name).cloned().map(Ruleset::Profile);
        };
        let find = |id| guide.iter().enumerate().find_map(|(number, one)| one.find(id).map(|at| (number, at)));
        let at = match id.map(|id| (id, find(id))) {
            None => None,
            Some((_, Some(at))) => Some(at),
            Some((id, None)) => {
                let ids: Vec<&str> =
                    guide.iter().flat_map(Guide::messages).map(|message| message.id).take(12).collect();
                let finding = Diagnostic::error(codes::E2511, format!("the guide `{folder}` has no message `{id}`"));
                return Err(Box::new(finding.hint(format!("it has {}", ids.join(", ")))));
            }
        };
        Ok(Ruleset::Guide { name: key.clone(), guide: guide.clone(), at })
    }
}
