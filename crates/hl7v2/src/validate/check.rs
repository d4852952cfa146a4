//! One check of one message: what the rules share, and how an issue comes to its words.
//!
//! Promises: a rule that holds allocates nothing; paths and sentences are built for issues only.

use super::levels::{Rule, Weight};
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
    report: Report,
    labels: OnceCell<Vec<(u32, bool)>>,
    groups: OnceCell<Vec<u32>>,
}

/// The segments in the groups of the message's structure.
pub(super) struct Placed {
    pub(super) of: dictionary::Structure,
    pub(super) structure: &'static Structure,
    pub(super) placement: Placement,
}

/// Checks a message by the dictionary of its version.
pub(super) fn check(message: &Message, findings: &[Diagnostic], options: Options) -> Report {
    let mut check = Check {
        message,
        dictionary: header::dictionary(message),
        options,
        segments: message.segments().collect(),
        placed: None,
        report: Report::default(),
        labels: OnceCell::new(),
        groups: OnceCell::new(),
    };
    findings.iter().for_each(|finding| check.keep(finding));
    if message.header().is_some() {
        header::check(&mut check);
        placing::check(&mut check);
        segments::check(&mut check);
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
        self.report.push(Issue { code: Cow::Borrowed(code), severity, path, group, message, found });
    }

    pub(super) fn path(&self, spot: Spot) -> String {
        let labels = self.labels.get_or_init(|| labels(&self.segments));
        let at = spot.segment as usize;
        let id = self.segments.get(at).map(|segment| segment.id()).unwrap_or_default();
        spot.path(id, labels.get(at).copied().unwrap_or((1, false)))
    }

    /// The groups around a segment: `PATIENT_RESULT.ORDER_OBSERVATION[2]`.
    pub(super) fn group(&self, segment: u32) -> String {
        let Some(placed) = &self.placed else { return String::new() };
        let items = self.groups.get_or_init(|| {
            let mut of = vec![0; self.segments.len()];
            for (at, item) in placed.placement.items.iter().enumerate() {
                if let Some(slot) = item.segment.and_then(|segment| of.get_mut(segment as usize)) {
                    *slot = at as u32;
                }
            }
            of
        });
        items.get(segment as usize).map(|item| placed.group_of(*item)).unwrap_or_default()
    }
}

impl Placed {
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
