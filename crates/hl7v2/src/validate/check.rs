//! One check of one message: what the rules share, and how an issue comes to its words.
//!
//! Promises: a rule that holds allocates nothing; paths and sentences are built for issues only.

use super::levels::{Rule, Weight};
use super::lines::{self, Judge, Lines};
use super::spot::Spot;
use super::{Issue, Options, Report, header, placing, segments};
use crate::dictionary::{self, Dictionary};
use crate::structure::{Placement, Structure};
use crate::tree::Element;
use crate::{Message, codes};
use message::{Diagnostic, Phi, Severity};
use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::BTreeMap;

pub(super) struct Check<'m> {
    pub(super) message: &'m Message,
    pub(super) dictionary: Dictionary,
    pub(super) options: Options,
    pub(super) segments: Vec<Element<'m>>,
    pub(super) placed: Option<Placed>,
    /// The last codes that had nothing to be said about: a table and a short code.
    good: [(u16, u64); GOOD_CODES],
    next_good: usize,
    report: Report,
    labels: OnceCell<Vec<(u32, bool)>>,
    groups: OnceCell<Vec<u32>>,
}

/// How many codes are remembered: segments that repeat have the same few.
const GOOD_CODES: usize = 8;

/// A code of up to eight bytes as a number that no other has; `None` for what is longer.
pub(super) fn short_code(raw: &[u8]) -> Option<u64> {
    let is_short = raw.len() <= 8 && raw.first() != Some(&0);
    is_short.then(|| raw.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

impl Check<'_> {
    /// Nothing was to be said about this code of a table before.
    pub(super) fn is_known_good(&self, table: u16, code: u64) -> bool {
        self.good.contains(&(table, code))
    }

    /// Nothing is to be said about this code of a table.
    pub(super) fn keep_good(&mut self, table: u16, code: u64) {
        self.good[self.next_good % GOOD_CODES] = (table, code);
        self.next_good += 1;
    }
}

/// The segments in the groups of the message's structure.
pub(super) struct Placed {
    pub(super) of: dictionary::Structure,
    pub(super) structure: &'static Structure,
    pub(super) placement: Placement,
}

/// Checks a message by the dictionary of its version, and by the lines of a profile.
pub(super) fn check(
    message: &Message,
    findings: &[Diagnostic],
    options: Options,
    profile: Option<(&Lines, &mut dyn Judge)>,
) -> Report {
    let base = profile.as_ref().map(|(lines, _)| lines.base());
    let level = base.map_or(Some(options.level), |base| base.level);
    let mut check = Check {
        message,
        dictionary: header::dictionary(message, base),
        options: Options { level: level.unwrap_or_default(), ..options },
        segments: message.segments().collect(),
        placed: None,
        good: [(0, 0); GOOD_CODES],
        next_good: 0,
        report: Report::default(),
        labels: OnceCell::new(),
        groups: OnceCell::new(),
    };
    findings.iter().for_each(|finding| check.keep(finding));
    if message.header().is_some() {
        match level {
            Some(_) => {
                header::check(&mut check);
                placing::check(&mut check);
                segments::check(&mut check);
            }
            None => header::place_segments(&mut check),
        }
        if let Some((lines, judge)) = profile {
            check.report.issues.retain(|issue| !lines.answers(issue));
            lines::check(&mut check, lines, judge);
        }
    } else if findings.iter().all(|finding| finding.code != codes::E1001) {
        let text = "The message has no header segment (MSH): nothing says what it is.".to_owned();
        check.put(codes::E1001.id, Severity::Error, "MSH".to_owned(), String::new(), text, None);
    }
    check.report
}

pub(super) fn id_of(segment: &Element<'_>) -> [u8; 3] {
    segment.raw().get(..3).and_then(|id| id.try_into().ok()).unwrap_or(*b"???")
}

impl<'m> Check<'m> {
    /// What the reader of the bytes found: notes are about the file, not about the message, and count in strict only.
    fn keep(&mut self, finding: &Diagnostic) {
        let is_kept = finding.severity != Severity::Note || self.options.level == super::Level::Strict;
        if is_kept {
            let (path, text) = (finding.path().to_owned(), finding.message.clone());
            self.put(finding.code.id, finding.severity, path, String::new(), text, None);
        }
    }

    /// Tells of a broken rule at a place; `element` is what stands there.
    pub(super) fn tell(
        &mut self,
        rule: Rule,
        weight: Weight,
        spot: Spot,
        element: Option<Element<'m>>,
        words: impl FnOnce(&str) -> String,
    ) {
        let Some(severity) = rule.severity(self.options.level, weight) else { return };
        let path = self.path(spot);
        let found = element.filter(|_| self.options.values).map(|element| Phi::new(element.text().into_owned()));
        let text = words(&path);
        self.put(rule.code().id, severity, path, self.group(spot.segment), text, found);
    }

    /// Tells of something that is not in the message: a segment or a group.
    pub(super) fn tell_absent(&mut self, weight: Weight, path: String, group: String, text: String) {
        if let Some(severity) = Rule::Missing.severity(self.options.level, weight) {
            self.put(Rule::Missing.code().id, severity, path, group, text, None);
        }
    }

    fn put(
        &mut self,
        code: &'static str,
        severity: Severity,
        path: String,
        group: String,
        message: String,
        found: Option<Phi<String>>,
    ) {
        let issue = Issue { code: Cow::Borrowed(code), severity, path, group, message, found, condition: None };
        self.report.push(issue);
    }

    /// Tells of a broken line of a profile: its condition of table 0357, and what stands there.
    pub(super) fn put_line(
        &mut self,
        code: String,
        severity: Severity,
        spot: Spot,
        message: String,
        (condition, element): (u16, Option<Element<'_>>),
    ) {
        let (path, group) = (self.path(spot), self.group(spot.segment));
        let found = element.filter(|_| self.options.values).map(|element| Phi::new(element.text().into_owned()));
        let code = Cow::Owned(code);
        self.report.push(Issue { code, severity, path, group, message, found, condition: Some(condition) });
    }

    /// The same at a place that the message does not have.
    pub(super) fn put_at(
        &mut self,
        code: String,
        severity: Severity,
        path: String,
        group: String,
        message: String,
        condition: u16,
    ) {
        let code = Cow::Owned(code);
        self.report.push(Issue { code, severity, path, group, message, found: None, condition: Some(condition) });
    }

    pub(super) fn path(&self, spot: Spot) -> String {
        let at = spot.segment as usize;
        let id = self.segments.get(at).map(|segment| segment.id()).unwrap_or_default();
        spot.path(id, self.label(at))
    }

    /// Which of its kind a segment is, from 1, and whether there are several.
    pub(super) fn label(&self, segment: usize) -> (u32, bool) {
        let labels = self.labels.get_or_init(|| labels(&self.segments));
        labels.get(segment).copied().unwrap_or((1, false))
    }

    /// The item of the placement that a segment is; the message without a placement.
    pub(super) fn item(&self, segment: usize) -> u32 {
        let Some(placed) = &self.placed else { return 0 };
        let items = self.groups.get_or_init(|| {
            let mut of = vec![0; self.segments.len()];
            for (at, item) in placed.placement.items.iter().enumerate() {
                if let Some(slot) = item.segment.and_then(|segment| of.get_mut(segment as usize)) {
                    *slot = at as u32;
                }
            }
            of
        });
        items.get(segment).copied().unwrap_or(0)
    }

    /// The groups around a segment: `PATIENT_RESULT.ORDER_OBSERVATION[2]`.
    pub(super) fn group(&self, segment: u32) -> String {
        let Some(placed) = &self.placed else { return String::new() };
        placed.group_of(self.item(segment as usize))
    }
}

impl Placed {
    /// A group instance with those around it; empty for the message.
    pub(super) fn path_of(&self, item: u32) -> String {
        let Some(own) = self.placement.items.get(item as usize).filter(|_| item != 0) else { return String::new() };
        let around = self.group_of(item);
        let name = &self.structure.node(own.node).name;
        let name = if own.occurrence > 1 { format!("{name}[{}]", own.occurrence) } else { name.to_string() };
        if around.is_empty() { name } else { format!("{around}.{name}") }
    }

    /// The groups around an item.
    pub(super) fn group_of(&self, item: u32) -> String {
        let names = self.placement.items.get(item as usize).map(|item| self.placement.groups(item)).unwrap_or_default();
        let named = names.into_iter().map(|(node, occurrence)| {
            let name = &self.structure.node(node).name;
            if occurrence > 1 { format!("{name}[{occurrence}]") } else { name.to_string() }
        });
        named.collect::<Vec<_>>().join(".")
    }
}

/// Which of its kind each segment is, and whether there are several.
fn labels(segments: &[Element<'_>]) -> Vec<(u32, bool)> {
    let mut counts: BTreeMap<[u8; 3], u32> = BTreeMap::new();
    let numbers: Vec<u32> = segments
        .iter()
        .map(|segment| {
            let count = counts.entry(id_of(segment)).or_default();
            *count += 1;
            *count
        })
        .collect();
    let is_one_of_many = |segment: &Element<'_>| counts.get(&id_of(segment)).is_some_and(|count| *count > 1);
    segments.iter().zip(numbers).map(|(segment, number)| (number, is_one_of_many(segment))).collect()
}
