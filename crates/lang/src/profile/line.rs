//! What the lines of a profile share: places, settings, findings.

use crate::{
    codes,
    condition::Condition,
    scope::Scope,
    suggest,
    syntax::{Cursor, Tree},
};
use hl7v2::validate::lines::{Base, DocumentedSegment, Facts, Place, Unknown, When};
use message::{Diagnostic, Severity};
use std::{ops::Range, sync::Arc};

/// Words that may follow what a line says.
pub(super) const SETTINGS: [&str; 4] = ["when", "severity", "because", "code"];

/// Reads lines of one profile.
pub(super) struct Reader<'a, 's> {
    pub(super) tree: &'a Tree,
    pub(super) scope: &'a Scope<'s>,
    pub(super) found: &'a mut Vec<Diagnostic>,
}

/// What follows what a line says.
#[derive(Default)]
pub(super) struct Settings {
    pub(super) when: Option<(Condition, Arc<str>)>,
    pub(super) severity: Option<Severity>,
    pub(super) because: Option<Arc<str>>,
    pub(super) code: Option<Arc<str>>,
}

impl Settings {
    /// The condition as a line has it, kept among those of the profile.
    pub(super) fn keep_when(&mut self, conditions: &mut Vec<Arc<Condition>>) -> Option<When> {
        let (condition, words) = self.when.take()?;
        conditions.push(Arc::new(condition));
        Some(When { condition: conditions.len() - 1, is_negated: false, words })
    }
}

impl Reader<'_, '_> {
    pub(super) fn fail<T>(&mut self, finding: Diagnostic, place: Range<usize>) -> Option<T> {
        self.found.push(finding.at(&self.tree.file, place, ""));
        None
    }

    /// A place as it is written.
    pub(super) fn place(&mut self, cursor: &mut Cursor<'_>) -> Option<Place> {
        let span = cursor.here();
        let Some((text, _)) = cursor.text().filter(|(_, token)| token.kind.is_bare()) else {
            let finding = Diagnostic::error(codes::E2504, "a path is missing");
            return self.fail(finding.hint("name a field `PID-8`, a segment `NK1` or a group `INSURANCE`"), span);
        };
        match Place::parse(&text) {
            Ok(place) => Some(place),
            Err(Unknown::Text(why, meant)) => {
                let mut finding = Diagnostic::error(codes::E2101, format!("`{text}` is not a path: {why}"));
                finding.hint = meant
                    .map(|meant| if meant.contains(' ') { meant } else { format!("did you mean `{meant}`?") })
                    .or_else(|| crate::path::not_a_path(&text, self.scope).hint);
                self.fail(finding, span)
            }
            Err(_) => None,
        }
    }

    /// What is known of a place; reports one that does not exist.
    pub(super) fn facts(
        &mut self,
        place: &Place,
        span: Range<usize>,
        base: &Base,
        documented: &[DocumentedSegment],
        is_new: bool,
    ) -> Option<Facts> {
        let unknown = match place.resolve(base, documented, is_new) {
            Ok(facts) => return Some(facts),
            Err(unknown) => unknown,
        };
        let versions: Vec<&str> = base.versions.iter().map(|version| version.as_str()).collect();
        let version = if versions.is_empty() { String::new() } else { format!(" in version {}", versions.join(", ")) };
        let types: Vec<&str> = base.of.iter().map(|of| of.as_str()).collect();
        let types = types.join(", ");
        let (what, hint) = match unknown {
            Unknown::Text(why, hint) => (why, hint),
            Unknown::Segment(id) => {
                let near = self.scope.dictionary.nearest_segment(&id);
                let near = near.map_or_else(String::new, |near| format!("did you mean `{near}`? "));
                (
                    format!("the standard has no segment {id}{version}"),
                    Some(format!("{near}A segment of your own begins with Z")),
                )
            }
            Unknown::NotHere(id) => (
                format!("{id} has no place in {types}{version}"),
                Some(format!("where your site sends it all the same, write `cardinality {id} 0..1` first")),
            ),
            Unknown::Group(name) => {
                let known = base.groups();
                let near = suggest::did_you_mean(&name, known.iter().copied());
                let all = || (!known.is_empty()).then(|| format!("groups of {types} are {}", known.join(", ")));
                (format!("{types} has no group {name}{version}"), near.or_else(all))
            }
            Unknown::Field { segment, count } => (
                format!("{segment} has {count} fields{version}"),
                Some(format!(
                    "`sinew dict {segment}` lists them; `document {place} \"…\" ST` explains one of your own"
                )),
            ),
            Unknown::Part { datatype, count: 0 } => {
                (format!("{datatype} has no components{version}"), Some("name the field itself".to_owned()))
            }
            Unknown::Part { datatype, count } => (
                format!("{datatype} has {count} components{version}"),
                Some(format!("`sinew dict {datatype}` lists them")),
            ),
        };
        let mut finding = Diagnostic::error(codes::E2503, format!("there is no `{place}`: {what}"));
        finding.hint = hint;
        self.fail(finding, span)
    }

    /// `0001`.
    pub(super) fn table_number(&mut self, cursor: &mut Cursor<'_>) -> Option<u16> {
        let span = cursor.here();
        let text = cursor.text().map(|(text, _)| text.into_owned()).unwrap_or_default();
        let digits = text.strip_prefix("HL7").unwrap_or(&text);
        match digits.parse::<u16>() {
            Ok(number) if digits.len() <= 4 => Some(number),
            _ => {
                let finding = Diagnostic::error(codes::E2507, format!("`{text}` is not the number of an HL7 table"));
                self.fail(finding.hint("write `table 0001` for one of HL7, `table:NAME` for one of the site"), span)
            }
        }
    }

    /// `when COND`, `severity warning`, `because "…"`, `code NAME`, in any order, to the end of the line.
    pub(super) fn settings(&mut self, cursor: &mut Cursor<'_>) -> Option<Settings> {
        let mut settings = Settings::default();
        while !cursor.is_done() {
            let span = cursor.here();
            match cursor.peek_str() {
                "when" if settings.when.is_none() => {
                    cursor.take();
                    let start = cursor.here().start;
                    let condition = Condition::parse(cursor, self.scope, self.found)?;
                    let written = self.tree.text.get(start..cursor.before()).unwrap_or_default();
                    settings.when = Some((condition, one_line(written).into()));
                }
                "severity" if settings.severity.is_none() => {
                    cursor.take();
                    settings.severity = Some(self.severity(cursor)?);
                }
                "because" if settings.because.is_none() => {
                    cursor.take();
                    settings.because = Some(sentence(&self.text(cursor, "a text")?).into());
                }
                "code" if settings.code.is_none() => {
                    cursor.take();
                    settings.code = Some(self.text(cursor, "a name for the line")?.into());
                }
                word => {
                    let mut finding = Diagnostic::error(codes::E2504, format!("`{word}` is more than this line takes"));
                    finding.hint = suggest::did_you_mean(word, SETTINGS)
                        .or_else(|| Some("a line may end with when, severity, because and code, each once".to_owned()));
                    return self.fail(finding, span);
                }
            }
        }
        Some(settings)
    }

    fn severity(&mut self, cursor: &mut Cursor<'_>) -> Option<Severity> {
        let span = cursor.here();
        let word = cursor.peek_str().to_owned();
        cursor.take();
        match &*word {
            "error" => Some(Severity::Error),
            "warning" => Some(Severity::Warning),
            "note" => Some(Severity::Note),
            _ => {
                let mut finding = Diagnostic::error(codes::E2504, format!("`{word}` is no severity"));
                finding.hint = suggest::did_you_mean(&word, ["error", "warning", "note"])
                    .or_else(|| Some("write error, warning or note".to_owned()));
                self.fail(finding, span)
            }
        }
    }

    /// A text or a word.
    pub(super) fn text(&mut self, cursor: &mut Cursor<'_>, what: &str) -> Option<String> {
        let span = cursor.here();
        match cursor.text() {
            Some((text, _)) => Some(text.into_owned()),
            None => self.fail(Diagnostic::error(codes::E2504, format!("{what} is missing")), span),
        }
    }
}

/// Blanks and line ends as one blank.
pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// With a full stop.
fn sentence(text: &str) -> String {
    if text.ends_with(['.', '!', '?']) { text.to_owned() } else { format!("{text}.") }
}
