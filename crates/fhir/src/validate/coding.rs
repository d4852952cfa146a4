//! Codes: whether they are of the value sets that elements are bound to, and of their own systems.

use super::walk::Walk;
use super::{Issue, Profiles};
use crate::definitions::{Binding, CodeSystem, Member, Membership, Strength, ValueSet};
use crate::names::names;
use crate::{Name, Node, codes};

/// Most codes of a set that a hint lists.
const LISTED_MAX: usize = 8;
/// Systems of R4 itself: an unknown code of them is wrong. Others (v2, v3) grow with each edition.
const OWN: &str = "http://hl7.org/fhir/";

/// A value set, of R4 or of a package.
#[derive(Clone, Copy)]
pub(super) struct Bound<'v> {
    pub(super) strength: Strength,
    pub(super) url: &'v str,
    /// The set, where it is known to be one of R4.
    pub(super) set: Option<ValueSet>,
}

/// Whether a code, or a coding, is in a set.
pub(super) fn membership(profiles: &Profiles, url: &str, system: Option<&str>, code: &str) -> Membership {
    if let Some(found) = profiles.value_set(url) {
        return found.contains(system, code);
    }
    ValueSet::of_url(url).map_or(Membership::Unknown, |set| membership_of(set, system, code))
}

fn membership_of(set: ValueSet, system: Option<&str>, code: &str) -> Membership {
    match system {
        Some(system) => set.contains(system, code),
        None => set.contains_code(code),
    }
}

impl Bound<'_> {
    /// As [`membership`]. A package may have a set of R4 anew.
    fn membership(self, profiles: &Profiles, system: Option<&str>, code: &str) -> Membership {
        match self.set.filter(|_| !profiles.has_value_sets()) {
            Some(set) => membership_of(set, system, code),
            None => membership(profiles, self.url, system, code),
        }
    }
}

fn refusal(bound: Bound<'_>, is_required: bool) -> Issue {
    let url = bound.url;
    let hint = ValueSet::of_url(url).filter(|set| set.is_complete()).and_then(|set| {
        let codes: Vec<&str> = set.codes().take(LISTED_MAX + 1).map(|code| code.code).collect();
        (codes.len() <= LISTED_MAX).then(|| format!("one of: {}", codes.join(", ")))
    });
    let issue = match is_required {
        true => Issue::error(codes::E1266, format!("The code is not of the value set {url}, which is required.")),
        false => Issue::warning(
            codes::E1267,
            format!("No code is of the value set {url}, which should be used where it has one that fits (extensible)."),
        ),
    };
    Issue { hint, ..issue }
}

/// The binding of an element of R4.
fn bound(binding: Binding) -> Option<Bound<'static>> {
    let strength = binding.strength();
    match (strength, binding.value_set(), binding.greatest()) {
        (Strength::Required | Strength::Extensible, Some(set), _) => {
            Some(Bound { strength, url: set.url(), set: Some(set) })
        }
        (_, _, Some(set)) => Some(Bound { strength: Strength::Required, url: set.url(), set: Some(set) }),
        (Strength::Required | Strength::Extensible | Strength::Preferred | Strength::Example, _, None) => None,
    }
}

impl<'t> Walk<'_, 't> {
    /// A code, string or URI that is bound.
    pub(super) fn code(&mut self, node: Node<'t>, member: Member) {
        let Some(bound) = member.element().binding().and_then(bound) else { return };
        self.bound_code(node, bound);
    }

    pub(super) fn bound_code(&mut self, node: Node<'t>, bound: Bound<'_>) {
        let Some(code) = node.scalar() else { return };
        let is_required = bound.strength == Strength::Required;
        match bound.membership(&self.validator.profiles, None, code) {
            Membership::Out if is_required || bound.strength == Strength::Extensible => {
                self.tell(node, refusal(bound, is_required));
            }
            Membership::Unknown if bound.url.ends_with("/mimetypes") && !is_media_type(code) => {
                self.tell(
                    node,
                    Issue::error(codes::E1266, "A media type is two names with a / between, as in text/plain."),
                );
            }
            Membership::Unknown if bound.url.ends_with("/all-languages") && !is_language(code) => {
                self.tell(node, Issue::error(codes::E1266, "A language is a code of BCP 47, as in de or de-CH."));
            }
            Membership::Unknown if bound.url.ends_with("/currencies") && !is_currency(code) => {
                self.tell(
                    node,
                    Issue::error(codes::E1266, "A currency is three capital letters of ISO 4217, as in EUR."),
                );
            }
            Membership::In | Membership::Out | Membership::Unknown => {}
        }
    }

    /// A Coding, or a Quantity whose unit is bound.
    pub(super) fn coding(&mut self, node: Node<'t>, member: Option<Member>) {
        self.of_its_system(node);
        let Some(bound) = member.and_then(|member| member.element().binding()).and_then(bound) else { return };
        self.bound_codings(node, &[node], bound);
    }

    /// A CodeableConcept: one coding of it must do.
    pub(super) fn concept(&mut self, node: Node<'t>, member: Member) {
        let codings: Vec<Node<'t>> = node.get(names().coding).into_iter().flat_map(Node::items).collect();
        let Some(bound) = member.element().binding().and_then(bound) else { return };
        self.bound_codings(node, &codings, bound);
    }

    /// One of the codings must be in the set.
    pub(super) fn bound_codings(&mut self, node: Node<'t>, codings: &[Node<'t>], bound: Bound<'_>) {
        let is_required = bound.strength == Strength::Required;
        if !is_required && bound.strength != Strength::Extensible {
            return;
        }
        let text = |coding: Node<'t>, name: Name| coding.get(name).and_then(Node::text);
        let mut has_code = false;
        for coding in codings {
            let Some(code) = text(*coding, names().code) else { continue };
            has_code = true;
            match bound.membership(&self.validator.profiles, text(*coding, names().system), code) {
                Membership::In | Membership::Unknown => return,
                Membership::Out => {}
            }
        }
        // A text alone is what an extensible binding leaves open.
        if has_code || is_required {
            self.tell(node, refusal(bound, is_required));
        }
    }

    /// The code is one of the system that it names, where all codes of that system are known.
    fn of_its_system(&mut self, node: Node<'t>) {
        let (Some(system), Some(code)) = (node.get(names().system).and_then(Node::text), node.get(names().code)) else {
            return;
        };
        let Some(known) = CodeSystem::of_url(system).filter(|system| system.is_complete()) else { return };
        let text = code.text().unwrap_or_default();
        let is_known = known.code(text).is_some()
            || !known.is_case_sensitive() && known.codes().any(|found| found.code.eq_ignore_ascii_case(text));
        if !is_known && !text.is_empty() {
            let text = format!("The code is none of the system {}, as R4 has it.", known.url());
            let is_own = known.url().starts_with(OWN);
            let issue = if is_own { Issue::error(codes::E1268, text) } else { Issue::warning(codes::E1268, text) };
            self.tell(code, issue);
        }
    }
}

/// `json` and its like stand for the forms of FHIR (R4 CapabilityStatement.format).
fn is_media_type(code: &str) -> bool {
    if matches!(code, "json" | "xml" | "ttl") {
        return true;
    }
    let token = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte))
    };
    let name = code.split(';').next().unwrap_or_default().trim_end();
    name.split_once('/').is_some_and(|(kind, name)| token(kind) && token(name))
}

fn is_language(code: &str) -> bool {
    let is_part = |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let first = code.split('-').next().unwrap_or_default();
    code.split('-').all(is_part)
        && first.bytes().all(|byte| byte.is_ascii_alphabetic())
        && (first.len() > 1 || matches!(first, "i" | "x"))
}

fn is_currency(code: &str) -> bool {
    code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase())
}
