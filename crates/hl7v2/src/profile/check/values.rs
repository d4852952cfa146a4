//! Value sets: codes where the profile binds them.

use super::Checker;
use crate::codes;
use crate::profile::expression::{Path, Verdict};
use crate::profile::model::{Binding, CodeUsage, Location, SetRef, SingleCode, Strength, ValueSet};
use crate::profile::tree::{Tree, What};
use ::message::Severity;
use std::borrow::Cow;

/// What a code is to the sets of a binding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Coding {
    Listed,
    Excluded,
    /// The code is listed with another code system.
    OtherSystem,
    /// The code is listed, and the message does not say its code system.
    NoSystem,
    Unlisted,
}

/// A code of a message.
struct Holder<'m> {
    node: u32,
    code: Cow<'m, str>,
    /// `None` where the binding does not ask for it; empty where the message does not say it.
    system: Option<Cow<'m, str>>,
}

impl<'m, 'p> Tree<'m, 'p> {
    /// An element against a binding, for assertions.
    pub(in crate::profile) fn is_bound(&self, at: u32, binding: &Binding) -> Verdict {
        let sets = self.sets(binding);
        let mut holders = self.holders(at, &binding.locations);
        if sets.is_empty() || holders.is_empty() {
            return Verdict::Unknown;
        }
        // A code alone, or the name of an authority, has no code system beside it.
        if !self.is_coded(at) {
            holders.iter_mut().for_each(|holder| holder.system = None);
        }
        let is_listed = holders.iter().any(|holder| coding(holder, &sets) == Coding::Listed);
        if is_listed || sets.len() == binding.sets.len() { is_listed.into() } else { Verdict::Unknown }
    }

    /// Of a type that says the code system beside the code.
    fn is_coded(&self, at: u32) -> bool {
        match self.nodes[at as usize].what {
            What::Value(datatype) => {
                self.datatype(datatype).is_some_and(|rules| matches!(&*rules.name, "CE" | "CWE" | "CNE" | "CF"))
            }
            What::Group(_) | What::Segment(_) => false,
        }
    }

    /// The sets of a binding that can be checked.
    fn sets(&self, binding: &Binding) -> Vec<&'p ValueSet> {
        let model = self.model;
        let set = |set: &SetRef| match set {
            SetRef::Set(at) => model.sets.get(*at as usize),
            SetRef::Unchecked => None,
        };
        binding.sets.iter().filter_map(set).collect()
    }

    /// The codes at the locations of a binding.
    fn holders(&self, at: u32, locations: &[Location]) -> Vec<Holder<'m>> {
        locations.iter().filter_map(|location| self.holder(at, location)).collect()
    }

    fn holder(&self, at: u32, location: &Location) -> Option<Holder<'m>> {
        let one = |path: &Path| match (self.only(at, &path.0), path.0.as_ref()) {
            (Some(node), _) if self.is_leaf(node) => Some(node),
            // A value without parts is its own first part.
            (_, [step]) if step.position == 1 && self.is_leaf(at) => Some(at),
            _ => None,
        };
        let node = one(&location.code)?;
        let code = self.text(node);
        let system = |path| one(path).map(|node| self.text(node)).unwrap_or_default();
        (code != "\"\"").then(|| Holder { node, code, system: location.system.as_ref().map(system) })
    }
}

impl Holder<'_> {
    /// The message says the code system.
    fn has_system(&self) -> bool {
        self.system.as_ref().is_some_and(|system| !system.is_empty())
    }
}

/// The sets with codes of the system that the message says.
fn sets_of<'p>(holder: &Holder<'_>, sets: &[&'p ValueSet]) -> Vec<&'p ValueSet> {
    let Some(system) = holder.system.as_deref().filter(|system| !system.is_empty()) else { return Vec::new() };
    sets.iter().filter(|set| set.systems.contains(system)).copied().collect()
}

/// A code against several sets: in one of them is enough.
fn coding(holder: &Holder<'_>, sets: &[&ValueSet]) -> Coding {
    let mut best = Coding::Unlisted;
    for set in sets {
        if set.is_0396 && is_local_system(&holder.code) {
            return Coding::Listed;
        }
        let mut is_known = false;
        for coded in set.find(&holder.code) {
            is_known = true;
            // A library without code systems does not ask for them.
            let is_same =
                coded.system.is_empty() || holder.system.as_ref().is_none_or(|system| **system == *coded.system);
            match (is_same, coded.usage) {
                (true, CodeUsage::Required | CodeUsage::Permitted) => return Coding::Listed,
                (true, CodeUsage::Excluded) => best = Coding::Excluded,
                (false, _) => {}
            }
        }
        if is_known && best == Coding::Unlisted {
            best = if holder.has_system() { Coding::OtherSystem } else { Coding::NoSystem };
        }
    }
    best
}

/// Table 0396 takes `HL7nnnn` for tables of HL7, and `99zzz` for local systems.
fn is_local_system(code: &str) -> bool {
    let is_table =
        code.strip_prefix("HL7").is_some_and(|rest| rest.len() == 4 && rest.bytes().all(|b| b.is_ascii_digit()));
    let is_local =
        code.strip_prefix("99").is_some_and(|rest| rest.len() == 3 && rest.bytes().all(|b| b.is_ascii_alphanumeric()));
    is_table || is_local
}

impl Checker<'_, '_, '_> {
    pub(super) fn check_values(&mut self) {
        let tree = self.tree;
        for number in 0..self.stated.len() {
            let at = self.stated[number];
            if self.hidden[at as usize] || tree.children(at).is_empty() {
                continue;
            }
            let Some(statements) = tree.statements(at) else { continue };
            for binding in &statements.bindings {
                tree.visit(at, &binding.target.0, &mut |target| self.check_binding(target, binding));
            }
            for single in &statements.single_codes {
                for target in tree.query(at, &single.target.0).unwrap_or_default() {
                    self.check_single(target, single);
                }
            }
        }
    }

    fn check_binding(&mut self, at: u32, binding: &Binding) {
        if self.hidden[at as usize] {
            return;
        }
        let severity = match binding.strength {
            Strength::Required => Severity::Error,
            Strength::Suggested => Severity::Warning,
            Strength::Undetermined => return,
        };
        if !self.is_worth_a_look(at, binding) {
            return;
        }
        let sets = self.tree.sets(binding);
        let holders = self.tree.holders(at, &binding.locations);
        if sets.is_empty() || holders.is_empty() {
            return;
        }
        let codings: Vec<Coding> = holders.iter().map(|holder| coding(holder, &sets)).collect();
        let listed = codings.iter().filter(|coding| **coding == Coding::Listed).count();
        if listed > 1 && binding.locations.len() > 1 {
            let spot = self.tree.spot(at);
            let text = format!("{} has several codes from {}; the profile asks for one.", spot.words(), names(&sets));
            return self.put(Cow::Owned(ids(&sets)), Severity::Warning, spot, text, Some(at));
        }
        if listed > 0 {
            return;
        }
        let is_whole = sets.len() == binding.sets.len();
        for (holder, coding) in holders.iter().zip(codings) {
            let named = sets_of(holder, &sets);
            // It may be in one of the sets that are not listed, unless its system is that of one which is.
            if !is_whole && named.is_empty() {
                continue;
            }
            // A code of another system is how an open set is extended.
            let is_extension = sets.iter().all(|set| set.is_open) && holder.has_system() && named.is_empty();
            let is_mild = (is_extension && coding == Coding::Unlisted) || coding == Coding::NoSystem;
            let severity = if is_mild { Severity::Warning } else { severity };
            let sets = if named.is_empty() { &sets } else { &named };
            let spot = self.tree.spot(holder.node);
            let stand = match coding {
                Coding::Listed => continue,
                Coding::Excluded => "is a code that the profile excludes from",
                Coding::OtherSystem => "is a code whose code system is not the one that goes with it in",
                Coding::NoSystem => "is a code whose code system is not said, although it is said in",
                Coding::Unlisted => "is not a code of",
            };
            let open = if sets.iter().any(|set| set.is_open) && coding == Coding::Unlisted {
                " The value set is open: partners may have agreed on more codes."
            } else {
                ""
            };
            let text = format!("{} {stand} {}.{open}", spot.words(), names(sets));
            self.put(Cow::Owned(ids(sets)), severity, spot, text, Some(holder.node));
        }
    }

    /// The quick answer for most elements: there is no code, or one and it is listed.
    fn is_worth_a_look(&self, at: u32, binding: &Binding) -> bool {
        let [only] = binding.sets.as_slice() else { return true };
        let set = match only {
            SetRef::Set(number) => self.tree.model.sets.get(*number as usize),
            SetRef::Unchecked => None,
        };
        let Some(set) = set else { return false };
        let (mut found, mut listed) = (0, 0);
        for location in &binding.locations {
            if let Some(holder) = self.tree.holder(at, location) {
                found += 1;
                listed += usize::from(coding(&holder, &[set]) == Coding::Listed);
            }
        }
        found > 0 && listed != 1
    }

    fn check_single(&mut self, at: u32, single: &SingleCode) {
        let holders = self.tree.holders(at, &single.locations);
        let is_it = |holder: &Holder<'_>| {
            *holder.code == *single.code && holder.system.as_ref().is_none_or(|system| **system == *single.system)
        };
        if self.hidden[at as usize] || holders.is_empty() || holders.iter().any(is_it) {
            return;
        }
        let spot = self.tree.spot(at);
        let text = format!("{} has to be the code '{}' of {}.", spot.words(), single.code, single.system);
        self.issue(codes::E1094, Severity::Error, spot, text, Some(at));
    }
}

fn ids(sets: &[&ValueSet]) -> String {
    sets.iter().map(|set| &*set.id).collect::<Vec<_>>().join(":")
}

fn names(sets: &[&ValueSet]) -> String {
    let name = |set: &&ValueSet| {
        if set.name.is_empty() {
            format!("the value set {}", set.id)
        } else {
            format!("the value set {} ({})", set.id, set.name)
        }
    };
    sets.iter().map(name).collect::<Vec<_>>().join(" or ")
}
