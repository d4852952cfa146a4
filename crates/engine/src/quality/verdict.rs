//! What the `validate` lines of the interface said of a message, as it is counted: valid or not, and which rules it broke
//! where, each once.

use hl7v2::validate::Issue;
use std::borrow::Cow;

/// Codes are cut to this many characters: a site may write its own.
const CODE_CHARACTERS_MAX: usize = 96;
/// Groups are cut off places that are longer.
const PLACE_BYTES_MAX: usize = 64;

/// A rule and the place where it was broken, without numbers of segments and repetitions: `adt-feed:require-PID-8`, `PID-8`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Broken {
    /// A code of the catalogue, the code of a line of a profile, or the id of a statement.
    pub code: Cow<'static, str>,
    /// `PID-3.5`, `NK1`, `ORDER_OBSERVATION`; empty where the message as a whole is meant.
    pub place: String,
}

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// No `validate` line found an error.
    pub is_valid: bool,
    /// In order, none twice.
    pub broken: Vec<Broken>,
}

impl Verdict {
    /// What was found, in short.
    #[must_use]
    pub fn of(is_valid: bool, issues: Vec<Issue>) -> Verdict {
        let mut broken: Vec<Broken> = issues.into_iter().map(Broken::of).collect();
        broken.sort_unstable();
        broken.dedup();
        Verdict { is_valid, broken }
    }
}

impl Broken {
    fn of(issue: Issue) -> Broken {
        let is_odd = |letter: char| letter.is_control();
        let code = match issue.code {
            Cow::Owned(code) if code.contains(is_odd) || code.len() > CODE_CHARACTERS_MAX => {
                code.chars().filter(|letter| !is_odd(*letter)).take(CODE_CHARACTERS_MAX).collect::<String>().into()
            }
            code => code,
        };
        Broken { code, place: plain(&issue.path) }
    }
}

/// `OBX[3]-5[2].1` as `OBX-5.1`. The id of a segment is what the sender wrote there: odd letters of it become `?`.
pub(crate) fn plain(path: &str) -> String {
    let mut out = String::with_capacity(path.len().min(PLACE_BYTES_MAX));
    let mut depth = 0_u32;
    for letter in path.chars() {
        match letter {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            _ if depth > 0 => {}
            letter if letter.is_ascii_alphanumeric() || "-._".contains(letter) => out.push(letter),
            _ => out.push('?'),
        }
        if out.len() >= PLACE_BYTES_MAX {
            break;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use message::Severity;

    fn issue(code: &str, path: &str) -> Issue {
        Issue {
            code: code.to_owned().into(),
            severity: Severity::Error,
            path: path.to_owned(),
            group: String::new(),
            message: String::new(),
            found: None,
            condition: None,
        }
    }

    #[test]
    fn each_rule_and_place_once() {
        let issues = vec![
            issue("E1122", "OBX[2]-14"),
            issue("feed:require-PID-8", "PID-8"),
            issue("E1122", "OBX[3]-14[2]"),
            issue("E1122", "PID-7"),
        ];
        let found = Verdict::of(false, issues);
        let short: Vec<_> = found.broken.iter().map(|broken| (&*broken.code, &*broken.place)).collect();
        assert_eq!(short, [("E1122", "OBX-14"), ("E1122", "PID-7"), ("feed:require-PID-8", "PID-8")]);
    }

    #[test]
    fn places_are_plain_and_bounded() {
        let check = |path: &str, expect: &str| assert_eq!(plain(path), expect);
        check("ORDER[2].OBSERVATION[1].OBX[3]-5[2].1.4", "ORDER.OBSERVATION.OBX-5.1.4");
        check("A b-1", "A?b-1");
        check("", "");
        assert_eq!(plain(&"X".repeat(500)).len(), PLACE_BYTES_MAX);
        let odd = Broken::of(issue(&format!("a\nb{}", "x".repeat(300)), ""));
        assert_eq!(odd.code.len(), CODE_CHARACTERS_MAX);
        assert!(odd.code.starts_with("abx"));
    }
}
