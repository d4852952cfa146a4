//! Value sets and code systems of packages.

use super::Profiles;
use crate::definitions::{self, CodeSystem, Membership, ValueSet};
use crate::{Kind, Node};
use std::collections::HashSet;

/// Deepest nesting of value sets in value sets, and of codes in codes.
const DEPTH_MAX: usize = 32;

/// The codes of a code system.
pub(super) struct Codes {
    codes: HashSet<Box<str>>,
    is_complete: bool,
}

impl Codes {
    pub(super) fn read(node: Node<'_>) -> Codes {
        let is_complete = node.get("content").and_then(Node::text) == Some("complete");
        let mut out = Codes { codes: HashSet::new(), is_complete };
        out.concepts(node, 0);
        out
    }

    fn concepts(&mut self, node: Node<'_>, depth: usize) {
        let Some(concepts) = node.get("concept").filter(|_| depth < DEPTH_MAX) else { return };
        for concept in concepts.items() {
            if let Some(code) = concept.get("code").and_then(Node::text) {
                self.codes.insert(code.into());
            }
            self.concepts(concept, depth + 1);
        }
    }
}

/// What one include or exclude takes.
enum Part {
    Listed {
        system: Box<str>,
        codes: HashSet<Box<str>>,
    },
    Whole {
        system: Box<str>,
    },
    /// Behind a filter, or of an expansion that is cut.
    Open {
        system: Box<str>,
    },
    Set {
        url: Box<str>,
    },
}

/// A value set.
pub(super) struct Set {
    include: Vec<Part>,
    exclude: Vec<Part>,
}

impl Set {
    pub(super) fn read(node: Node<'_>) -> Set {
        let compose = node.get("compose");
        let parts = |name: &str| {
            let found = compose.and_then(|compose| compose.get(name));
            found.into_iter().flat_map(Node::items).flat_map(parts).collect::<Vec<_>>()
        };
        let mut out = Set { include: parts("include"), exclude: parts("exclude") };
        if out.include.is_empty()
            && let Some(expansion) = node.get("expansion")
        {
            out.expanded(expansion, 0);
        }
        out
    }

    fn expanded(&mut self, node: Node<'_>, depth: usize) {
        let Some(contains) = node.get("contains").filter(|_| depth < DEPTH_MAX) else { return };
        for found in contains.items() {
            let text = |name: &str| found.get(name).and_then(Node::text);
            if let (Some(system), Some(code)) = (text("system"), text("code")) {
                let known = self.include.iter_mut().find_map(|part| match part {
                    Part::Listed { system: known, codes } if **known == *system => Some(codes),
                    Part::Listed { .. } | Part::Whole { .. } | Part::Open { .. } | Part::Set { .. } => None,
                });
                match known {
                    Some(codes) => drop(codes.insert(code.into())),
                    None => {
                        self.include.push(Part::Listed { system: system.into(), codes: HashSet::from([code.into()]) })
                    }
                }
            }
            self.expanded(found, depth + 1);
        }
    }
}

fn parts(node: Node<'_>) -> Vec<Part> {
    let mut out = Vec::new();
    let array = |name: &str| node.get(name).filter(|found| found.kind() == Kind::Array);
    if let Some(system) = node.get("system").and_then(Node::text) {
        let system: Box<str> = system.into();
        if let Some(concepts) = array("concept") {
            let codes = concepts.items().filter_map(|concept| concept.get("code").and_then(Node::text));
            out.push(Part::Listed { system, codes: codes.map(Box::from).collect() });
        } else if array("filter").is_some() {
            out.push(Part::Open { system });
        } else {
            out.push(Part::Whole { system });
        }
    }
    for url in array("valueSet").into_iter().flat_map(Node::items).filter_map(Node::text) {
        out.push(Part::Set { url: definitions::unversioned(url).into() });
    }
    out
}

/// A set with what is around it.
#[derive(Clone, Copy)]
pub(in crate::validate) struct Known<'p> {
    pub(super) profiles: &'p Profiles,
    pub(super) set: &'p Set,
}

impl Known<'_> {
    /// Whether a code is in the set; without a system, whether any system of the set has it.
    pub(in crate::validate) fn contains(self, system: Option<&str>, code: &str) -> Membership {
        contains(self.profiles, self.set, system, code, 0)
    }
}

fn contains(profiles: &Profiles, set: &Set, system: Option<&str>, code: &str, depth: usize) -> Membership {
    let any = |parts: &[Part]| {
        let mut out = Membership::Out;
        for part in parts {
            match of_part(profiles, part, system, code, depth) {
                Membership::In => return Membership::In,
                Membership::Unknown => out = Membership::Unknown,
                Membership::Out => {}
            }
        }
        out
    };
    match any(&set.include) {
        Membership::Out => Membership::Out,
        found => match any(&set.exclude) {
            Membership::In => Membership::Out,
            Membership::Unknown => Membership::Unknown,
            Membership::Out => found,
        },
    }
}

fn of_part(profiles: &Profiles, part: &Part, system: Option<&str>, code: &str, depth: usize) -> Membership {
    let is_system =
        |own: &str| system.is_none_or(|system| definitions::unversioned(system) == definitions::unversioned(own));
    let known = |is_in: bool| if is_in { Membership::In } else { Membership::Out };
    match part {
        Part::Listed { system: own, codes } => known(is_system(own) && codes.contains(code)),
        Part::Open { system: own } => {
            if is_system(own) {
                Membership::Unknown
            } else {
                Membership::Out
            }
        }
        Part::Whole { system: own } if !is_system(own) => Membership::Out,
        Part::Whole { system: own } => match (profiles.code_systems.get(&**own), CodeSystem::of_url(own)) {
            (Some(codes), _) if codes.is_complete || codes.codes.contains(code) => known(codes.codes.contains(code)),
            (_, Some(found)) if found.is_complete() => known(found.code(code).is_some()),
            (_, _) => Membership::Unknown,
        },
        Part::Set { .. } if depth >= DEPTH_MAX => Membership::Unknown,
        Part::Set { url } => match (profiles.value_sets.get(&**url), ValueSet::of_url(url), system) {
            (Some(set), _, _) => contains(profiles, set, system, code, depth + 1),
            (None, Some(set), Some(system)) => set.contains(system, code),
            (None, Some(set), None) => set.contains_code(code),
            (None, None, _) => Membership::Unknown,
        },
    }
}
