//! What was found in a message and noted by its steps, in the few words that the log keeps beside it.
//!
//! Promises: codes and places, nothing of the message (R10); as short for a message with a thousand findings as for one
//! with ten.

use hl7v2::validate::Issue;
use message::{Diagnostic, Phi};
use std::{borrow::Cow, fmt::Write as _};

/// Different codes that are kept.
const CODES_MAX: usize = 16;
/// Places of one code that are named; the others are counted.
const PLACES_MAX: usize = 8;

/// One entry a code, in the order of their first findings: `E1150`, `E1150 at PID-31, NTE-4 and 3 more`.
pub(crate) fn brief<'d>(findings: impl IntoIterator<Item = &'d Diagnostic>) -> Vec<Cow<'static, str>> {
    let entries = group(findings.into_iter().map(|finding| (finding.code.id, finding.path())));
    entries.into_iter().map(|(id, places, more)| Cow::Owned(describe(id, &places, more).into_owned())).collect()
}

/// The same of what validation found: codes of rules and places.
pub(crate) fn brief_issues(issues: &[Issue]) -> Vec<Cow<'static, str>> {
    let entries = group(issues.iter().map(|issue| (&*issue.code, issue.path.as_str())));
    entries.into_iter().map(|(id, places, more)| Cow::Owned(describe(id, &places, more).into_owned())).collect()
}

/// What marks a line that a script kept: it may hold anything of the message.
const OF_SCRIPT: &str = "script: ";

/// The lines that scripts keep with a message, for the sealed record of it.
pub(crate) fn of_scripts(log: &[Phi<String>]) -> impl Iterator<Item = Cow<'static, str>> {
    log.iter().map(|line| Cow::Owned(format!("{OF_SCRIPT}{}", line.reveal())))
}

/// What was found, which may be shown, and the lines of scripts, which may not without a person's asking for it.
pub(crate) fn parted<'f>(flags: &'f [Cow<'static, str>]) -> (Vec<&'f str>, Vec<Phi<&'f str>>) {
    let (mut found, mut lines) = (Vec::new(), Vec::new());
    for flag in flags {
        match flag.strip_prefix(OF_SCRIPT) {
            Some(line) => lines.push(Phi::new(line)),
            None => found.push(&**flag),
        }
    }
    (found, lines)
}

/// A code, the places that are named, and how many more there are.
type Entry<'d> = (&'d str, Vec<&'d str>, usize);

fn group<'d>(findings: impl Iterator<Item = (&'d str, &'d str)>) -> Vec<Entry<'d>> {
    let mut entries: Vec<Entry<'d>> = Vec::new();
    for (id, path) in findings {
        let at = entries.iter().position(|(known, ..)| *known == id).unwrap_or(entries.len());
        if at == entries.len() && at < CODES_MAX {
            entries.push((id, Vec::new(), 0));
        }
        let Some(entry) = entries.get_mut(at) else { continue };
        if path.is_empty() || entry.1.contains(&path) {
            continue;
        }
        if entry.1.len() < PLACES_MAX { entry.1.push(path) } else { entry.2 += 1 }
    }
    entries
}

fn describe<'d>(id: &'d str, places: &[&str], more: usize) -> Cow<'d, str> {
    if places.is_empty() {
        return Cow::Borrowed(id);
    }
    let mut text = format!("{id} at {}", places.join(", "));
    if more > 0 {
        let _ = write!(text, " and {more} more");
    }
    Cow::Owned(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use hl7v2::codes;

    #[test]
    fn findings_in_few_words() {
        let check = |places: &[(message::Code, &str)], expect: &[&str]| {
            let findings: Vec<Diagnostic> =
                places.iter().map(|(code, path)| Diagnostic::warning(*code, "x").at_path(*path, None)).collect();
            assert_eq!(brief(&findings), expect, "{places:?}");
        };
        check(&[], &[]);
        check(&[(codes::E1002, "")], &["E1002"]);
        check(&[(codes::E1002, ""), (codes::E1002, "")], &["E1002"]);
        let three = [(codes::E1150, "PID-31"), (codes::E1002, ""), (codes::E1150, "NTE-4"), (codes::E1150, "NTE-4")];
        check(&three, &["E1150 at PID-31, NTE-4", "E1002"]);
        let places: Vec<String> = (1..=10).map(|number| format!("NTE[{number}]-4")).collect();
        let many: Vec<(message::Code, &str)> = places.iter().map(|place| (codes::E1150, &**place)).collect();
        let expect = format!("E1150 at {} and 2 more", places[..8].join(", "));
        check(&many, &[&expect]);
    }
}
