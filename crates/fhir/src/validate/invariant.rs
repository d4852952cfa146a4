//! Rules in FHIRPath: which are checked by hand, which need not run, and the running of the others.
//!
//! A rule that reads only children which are not there gives what it gives on nothing at all; where that is true, it
//! need not run. Which children a rule reads is taken from its text, and where that is not certain it runs.

use super::plan::{Bits, Plan};
use super::walk::Walk;
use super::{Issue, Validator, outcome};
use crate::definitions::{Constraint, Element, Membership};
use crate::fhirpath::{Environment, Host, Presence, Present, Program};
use crate::names::names;
use crate::{Kind, Name, Node, Tree, codes};
use message::Severity;
use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::OnceLock;

/// A rule as the plan has it.
pub(super) struct Rule {
    pub(super) constraint: Constraint,
    pub(super) native: Option<Native>,
    /// The children that it can look at.
    pub(super) reads: Bits,
    /// Whose children they are.
    pub(super) body: Element,
    /// What the presence of children decides, read when it is first needed.
    pub(super) presence: OnceLock<Presence>,
}

/// Rules that are checked without FHIRPath, because they stand at every element or look at much more than it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Native {
    /// The walk, or what it knows of contained resources and references, decides it.
    Never,
    /// ext-1: extensions or a value.
    Extension,
    /// dom-6: a narrative should be there.
    Narrative,
    /// bdl-3: entries have a request in these kinds of bundles and in no other.
    Requests,
    /// bdl-4: the same of responses.
    Responses,
    /// bdl-7: no address twice but in a history.
    Addresses,
}

impl Native {
    pub(super) fn of(constraint: Constraint) -> Option<Native> {
        match constraint.key() {
            // txt-2 has the expression of txt-1.
            "ele-1" | "ref-1" | "dom-2" | "dom-3" | "dom-4" | "dom-5" | "txt-2" => Some(Native::Never),
            "ext-1" => Some(Native::Extension),
            "dom-6" => Some(Native::Narrative),
            "bdl-3" => Some(Native::Requests),
            "bdl-4" => Some(Native::Responses),
            "bdl-7" => Some(Native::Addresses),
            _ => None,
        }
    }
}

/// Rules that go over all entries of a bundle; `None` where only FHIRPath knows.
fn of_entries(native: Native, bundle: Node<'_>) -> Option<bool> {
    let kind = bundle.get(names().kind)?.text()?;
    let entries = bundle.get(names().entry)?;
    let is_plain = entries.kind() == Kind::Array && entries.children().all(|entry| entry.kind() == Kind::Object);
    if !is_plain {
        return None;
    }
    let all_have = |name: Name, kinds: [&str; 3]| {
        let wanted = kinds.contains(&kind);
        entries.children().try_fold(true, |all, entry| match (entry.get(name), entry.get(name.twin())) {
            (Some(found), None) if found.kind() == Kind::Object => Some(all && wanted),
            (None, None) => Some(all && !wanted),
            (_, _) => None,
        })
    };
    match native {
        Native::Requests => all_have(names().request, ["batch", "transaction", "history"]),
        Native::Responses => all_have(names().response, ["batch-response", "transaction-response", "history"]),
        Native::Addresses if kind == "history" => Some(true),
        Native::Addresses => {
            let mut seen = HashSet::with_hasher(foldhash::quality::RandomState::default());
            entries.children().try_fold(true, |all, entry| {
                let meta = entry.get(names().resource).and_then(|resource| resource.get(names().meta));
                let has_version =
                    meta.is_some_and(|meta| meta.kind() != Kind::Object || meta.get(names().version_id).is_some());
                if has_version || entry.get(names().full_url.twin()).is_some() {
                    return None;
                }
                match entry.get(names().full_url) {
                    Some(url) => Some(seen.insert(url.text()?) && all),
                    None => Some(all),
                }
            })
        }
        Native::Never | Native::Extension | Native::Narrative => None,
    }
}

/// Words that are no names.
const WORDS: [&str; 12] = ["and", "or", "xor", "implies", "in", "contains", "is", "as", "true", "false", "div", "mod"];

/// The names that an expression can read from what it is evaluated on; `None` where it may look at more than names.
pub(super) fn heads(expression: &str) -> Option<Vec<&str>> {
    let mut out = Vec::new();
    let mut rest = expression;
    let (mut before, mut word) = (' ', "");
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '\'' | '"' | '`' => quoted(rest, first)?,
            letter if letter.is_ascii_alphabetic() || letter == '_' => {
                rest.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').unwrap_or(rest.len())
            }
            digit if digit.is_ascii_digit() => rest.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(rest.len()),
            '%' => {
                let end =
                    rest[1..].find(|letter: char| !letter.is_ascii_alphanumeric()).map_or(rest.len(), |at| at + 1);
                if !matches!(&rest[..end], "%ucum" | "%sct" | "%loinc") {
                    return None;
                }
                end
            }
            '$' => return None,
            other => other.len_utf8(),
        };
        let (token, after) = rest.split_at(length);
        let name = token.trim_matches('`');
        if first == '`' || first.is_ascii_alphabetic() {
            let is_head = before != '.' && (first == '`' || !WORDS.contains(&name));
            let is_call = after.trim_start().starts_with('(') && first != '`';
            let is_type = matches!(word, "is" | "as" | "ofType");
            if is_head && is_call && name != "iif" {
                return None;
            }
            if is_head && !is_call && !is_type {
                if name.starts_with(|letter: char| letter.is_ascii_uppercase()) {
                    return None;
                }
                out.push(name);
            }
            word = name;
        } else if !matches!(first, ' ' | '(' | '\n' | '\t') {
            word = "";
        }
        if !first.is_whitespace() {
            before = first;
        }
        rest = after;
    }
    Some(out)
}

/// Bytes of what stands in quotes, quotes included.
fn quoted(text: &str, quote: char) -> Option<usize> {
    let mut is_escaped = false;
    for (at, letter) in text.char_indices().skip(1) {
        match letter {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            letter if letter == quote => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// Rules of R4, compiled when they are first needed.
struct Compiled {
    program: Option<Program>,
    is_true_on_nothing: bool,
}

fn compiled(constraint: Constraint) -> &'static Compiled {
    static ALL: OnceLock<Box<[OnceLock<Compiled>]>> = OnceLock::new();
    let all = ALL.get_or_init(|| (0..Constraint::count()).map(|_| OnceLock::new()).collect());
    all[constraint.index()].get_or_init(|| {
        let program = Program::parse(constraint.expression()).ok();
        let nothing = Tree::new();
        let is_true = |program: &Program| program.test(&Environment::new(nothing.root())) == Ok(Some(true));
        Compiled { is_true_on_nothing: program.as_ref().is_some_and(is_true), program }
    })
}

impl<'t> Walk<'_, 't> {
    /// Checks the rules of one element; `present` says which of its children are there.
    pub(super) fn rules(&mut self, rules: &[Rule], node: Node<'t>, present: Present) {
        for rule in rules {
            let is_kept = match rule.native {
                Some(Native::Never) => true,
                Some(Native::Extension) => {
                    let has_value = node.children().any(|child| {
                        let key = child.key().unwrap_or_default();
                        key.starts_with("value") || key.starts_with("_value")
                    });
                    has_value != node.get(names().extension).is_some()
                }
                Some(Native::Narrative) => node.get(names().text).is_some_and(|text| text.get(names().div).is_some()),
                Some(native @ (Native::Requests | Native::Responses | Native::Addresses)) => {
                    of_entries(native, node).unwrap_or_else(|| self.is_kept(rule, node, present))
                }
                None => self.is_kept(rule, node, present),
            };
            if !is_kept {
                let severity = if rule.constraint.is_error() { Severity::Error } else { Severity::Warning };
                self.tell(node, broken(rule.constraint.key(), severity, rule.constraint.human()));
            }
        }
    }

    /// Only `false` breaks a rule: an expression that gives nothing, or cannot be evaluated, says nothing.
    fn is_kept(&mut self, rule: &Rule, node: Node<'t>, present: Present) -> bool {
        let compiled = compiled(rule.constraint);
        if rule.reads & present.perhaps == 0 && compiled.is_true_on_nothing {
            return true;
        }
        let Some(program) = &compiled.program else { return true };
        let presence = rule.presence.get_or_init(|| {
            let plan = Plan::get();
            program.presence(&|name| rule.body.own_child(name).map(|member| plan.bit(member.element())))
        });
        // What breaks a rule is told by a run alone.
        presence.truth(node, present) == Some(true) || self.holds(program, rule.constraint.key(), node, Severity::Note)
    }

    /// Evaluates a rule. One that cannot be evaluated counts as kept, and is told once.
    fn holds(&mut self, program: &Program, key: &str, node: Node<'t>, severity: Severity) -> bool {
        let surroundings = Surroundings { validator: self.validator, depth: self.depth };
        let error = match program.test(&Environment::new(node).host(&surroundings)) {
            Ok(found) => return found != Some(false),
            Err(error) => error,
        };
        let text = format!("The rule {key} could not be evaluated here, so it was not checked ({}).", error.code().id);
        let hint = if error.code() == codes::E1216 {
            "it asks for a profile or resource that is not known here: --package FILE.tgz"
        } else {
            "see the page of the code in brackets"
        };
        self.tell_unchecked(key, node, Issue::new(codes::E1283, severity, text).hint(hint));
        true
    }

    fn tell_unchecked(&mut self, key: &str, node: Node<'t>, issue: Issue) {
        if self.unchecked.insert(key.into()) {
            self.tell(node, issue);
        }
    }

    /// Checks a rule of a profile.
    pub(super) fn profile_rule(&mut self, rule: &super::profile::Invariant, node: Node<'t>) {
        match &rule.program {
            Some(program) if self.holds(program, &rule.key, node, Severity::Warning) => {}
            Some(_) => self.tell(node, broken(&rule.key, rule.severity, &rule.human)),
            None => {
                let text = format!(
                    "The rule {} is not written in FHIRPath that can be read, so it was not checked.",
                    rule.key
                );
                let issue = Issue::warning(codes::E1284, text);
                self.tell_unchecked(&rule.key, node, issue.hint(format!("check it by hand: {}", rule.human)));
            }
        }
    }
}

/// Checks in checks that `conformsTo` may begin: a profile whose rule asks for itself comes to an end.
const DEPTH_MAX: usize = 4;

/// What rules may ask beyond the resource: the profiles and value sets of the packages.
struct Surroundings<'v> {
    validator: &'v Validator,
    depth: usize,
}

impl<'t> Host<'t> for Surroundings<'_> {
    fn is_member(&self, system: Option<&str>, code: &str, value_set: &str) -> Option<bool> {
        match self.validator.profiles.value_set(value_set)?.contains(system, code) {
            Membership::In => Some(true),
            Membership::Out => Some(false),
            Membership::Unknown => None,
        }
    }

    fn conforms(&self, node: Node<'t>, profile: &str) -> Option<bool> {
        if self.depth >= DEPTH_MAX {
            return None;
        }
        let profile = self.validator.profiles.get(profile)?;
        let mut walk = Walk::new(self.validator, self.depth + 1);
        Some(walk.conforms(node, &profile))
    }
}

pub(super) fn broken(key: &str, severity: Severity, human: &str) -> Issue {
    Issue {
        code: Cow::Owned(key.to_owned()),
        severity,
        path: String::new(),
        message: human.to_owned(),
        hint: None,
        kind: outcome::INVARIANT,
        found: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_a_rule_reads() {
        let check = |expression: &str, expect: Option<&[&str]>| {
            assert_eq!(heads(expression).as_deref(), expect, "{expression}");
        };
        check("data.empty() or contentType.exists()", Some(&["data", "contentType"]));
        check("text.`div`.exists()", Some(&["text"]));
        check("`div`.exists()", Some(&["div"]));
        check("code = 'a or b' and (system = %ucum)", Some(&["code", "system"]));
        check("entry.first().resource.is(Composition)", Some(&["entry"]));
        check("probability is decimal implies (probability as decimal) <= 100", Some(&["probability", "probability"]));
        check("contained.where(id = '#').empty()", Some(&["contained", "id"]));
        check("min.empty() or iif(max != '*', min <= max.toInteger())", Some(&["min", "max", "min", "max"]));
        for unsure in [
            "$this = '*'",
            "empty()",
            "children().a",
            "%resource.a",
            "Appointment.a.exists()",
            "'a",
            "a.where($this = b)",
        ] {
            check(unsure, None);
        }
    }

    #[test]
    fn rules_of_entries_are_those_of_fhirpath() {
        let rules: Vec<Constraint> = crate::definitions::Type::named("Bundle").unwrap().root().constraints().collect();
        let (mut answered, mut broken) = (0, 0);
        let entries = [
            "",
            r#"{}"#,
            r#"{"fullUrl":"urn:uuid:1","request":{"method":"GET"}}"#,
            r#"{"fullUrl":"urn:uuid:1"},{"fullUrl":"urn:uuid:1"}"#,
            r#"{"fullUrl":"urn:uuid:1","request":{"method":"GET"}},{"fullUrl":"urn:uuid:2"}"#,
            r#"{"response":{"status":"200"}},{"fullUrl":"a","response":{"status":"200"}}"#,
            r#"{"fullUrl":"a","resource":{"resourceType":"Patient","meta":{"versionId":"1"}}},{"fullUrl":"a","resource":{"resourceType":"Patient","meta":{"versionId":"2"}}}"#,
            r#"{"fullUrl":"a","resource":{"resourceType":"Patient"}},{"fullUrl":"a"}"#,
            r#"{"fullUrl":7},{"_request":{"id":"a"}},3"#,
        ];
        let kinds = ["history", "transaction", "batch", "batch-response", "transaction-response", "collection"];
        for (entry, kind) in entries.iter().flat_map(|entry| kinds.map(|kind| (entry, kind))) {
            let text = format!(r#"{{"resourceType":"Bundle","type":"{kind}","entry":[{entry}]}}"#);
            let tree = Tree::read(text.as_bytes()).unwrap();
            for rule in &rules {
                let Some(native) = Native::of(*rule) else { continue };
                let Some(found) = of_entries(native, tree.root()) else { continue };
                let program = compiled(*rule).program.as_ref().unwrap();
                let expect = program.test(&Environment::new(tree.root())) != Ok(Some(false));
                assert_eq!(found, expect, "{} of {text}", rule.key());
                answered += 1;
                broken += usize::from(!found);
            }
        }
        assert!(answered > 120 && broken > 30, "{answered} {broken}");
    }

    #[test]
    fn every_rule_of_r4_is_compiled() {
        let rules = crate::definitions::Element::all().flat_map(crate::definitions::Element::constraints);
        let mut missing: Vec<&str> =
            rules.filter(|rule| compiled(*rule).program.is_none()).map(Constraint::key).collect();
        missing.sort_unstable();
        missing.dedup();
        assert!(missing.is_empty(), "{missing:?}");
    }
}
