//! The outline of a message of a compiled profile. Bindings and predicates stand at datatypes, segments, groups and the
//! message; each is carried down to the element that it is about.

mod special;

use super::{Codes, Condition, Node, NodeKind, Outline, PARTS_MAX, Part, Statement, StatementKind, Usage};
use crate::profile::expression::{Path, Step};
use crate::profile::model::{
    Binding, CodeUsage, Dynamic, Message, Model, Predicate, SetRef, SingleCode, Slot, Statements, Strength,
};
use crate::structure::{Kind, NodeId, model::UNBOUNDED};
use message::Severity;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

/// Fields, components, subcomponents.
const DEPTH: u8 = 3;

pub(in crate::profile) fn outline(model: &Model, message: &Message) -> Outline {
    let mut walk =
        Walk { model, message, left: PARTS_MAX, sets: HashMap::new(), told: HashSet::new(), statements: Vec::new() };
    let nodes = walk.children(0, &[]);
    walk.tell_tables();
    Outline {
        name: message.id.to_string(),
        kind: message.kind.to_string(),
        trigger_event: message.event.to_string(),
        structure: message.structure_id.to_string(),
        version: None,
        nodes,
        is_cut: walk.left == 0,
        is_observed: false,
        is_silent_on_parts: false,
        statements: walk.statements,
    }
}

struct Walk<'p> {
    model: &'p Model,
    message: &'p Message,
    left: usize,
    sets: HashMap<(Vec<u32>, Strength), Arc<Codes>>,
    /// Segments and datatypes whose statements are told.
    told: HashSet<(bool, u32)>,
    statements: Vec<Statement>,
}

/// A rule on its way down to its element.
#[derive(Clone)]
struct Carried<'p> {
    steps: Vec<Step>,
    rule: Rule<'p>,
}

#[derive(Clone, Copy)]
enum Rule<'p> {
    Codes(&'p Binding),
    Single(&'p SingleCode),
    When(&'p Predicate),
}

/// The rules of an owner, each with the way to its element.
fn carried<'p>(statements: &'p Statements, out: &mut Vec<Carried<'p>>) {
    let joined = |first: &Path, second: &Path| first.0.iter().chain(second.0.iter()).copied().collect::<Vec<Step>>();
    for binding in &statements.bindings {
        for location in &binding.locations {
            out.push(Carried { steps: joined(&binding.target, &location.code), rule: Rule::Codes(binding) });
        }
    }
    for single in &statements.single_codes {
        for location in &single.locations {
            out.push(Carried { steps: joined(&single.target, &location.code), rule: Rule::Single(single) });
        }
    }
    for predicate in &statements.predicates {
        out.push(Carried { steps: predicate.target.0.to_vec(), rule: Rule::When(predicate) });
    }
}

/// Those that go to a child, without the step to it.
fn below<'p>(carried: &[Carried<'p>], position: u16) -> Vec<Carried<'p>> {
    let goes = |own: &&Carried<'p>| own.steps.first().is_some_and(|step| step.position == position);
    carried.iter().filter(goes).map(|own| Carried { steps: own.steps[1..].to_vec(), rule: own.rule }).collect()
}

fn condition(carried: &[Carried<'_>]) -> Option<Condition> {
    carried.iter().filter(|own| own.steps.is_empty()).find_map(|own| match own.rule {
        Rule::When(predicate) => Some(Condition {
            text: predicate.description.to_string(),
            when_true: predicate.when_true,
            when_false: predicate.when_false,
        }),
        Rule::Codes(_) | Rule::Single(_) => None,
    })
}

impl<'p> Walk<'p> {
    fn children(&mut self, group: NodeId, above: &[Carried<'p>]) -> Vec<Node> {
        let message = self.message;
        let mut all = above.to_vec();
        if let Some(at) = message.places[group as usize].statements.or((group == 0).then_some(0))
            && let Some(statements) = message.statements.get(at as usize)
        {
            carried(statements, &mut all);
            let label = self.node_path(group);
            self.tell(statements, &label, Base::Group(group));
        }
        let children = message.structure.children(group);
        children.iter().map(|child| self.node(*child, &all)).collect()
    }

    fn node(&mut self, at: NodeId, above: &[Carried<'p>]) -> Node {
        let node = self.message.structure.node(at);
        let place = &self.message.places[at as usize];
        let rules = below(above, node.position);
        let usage = place.usage.unwrap_or(Usage::Optional);
        let kind = match node.kind {
            Kind::Segment(_) => NodeKind::Segment,
            Kind::Group => NodeKind::Group,
            Kind::Choice => NodeKind::Choice,
        };
        let is_unbounded = place.max == u32::MAX || place.max >= u32::from(UNBOUNDED);
        let mut out = Node {
            kind,
            name: node.name.to_string(),
            title: String::new(),
            usage,
            condition: condition(&rules),
            min: place.min,
            max: (!is_unbounded).then_some(place.max),
            seen: None,
            nodes: Vec::new(),
            parts: Vec::new(),
        };
        if kind == NodeKind::Segment {
            self.segment(&mut out, place.segment, rules);
            if let Some(slicing) = &place.slicing {
                self.tell_slices(slicing, &self.node_path(at), true);
            }
        } else {
            out.nodes = self.children(at, &rules);
        }
        out
    }

    fn segment(&mut self, out: &mut Node, at: u32, mut rules: Vec<Carried<'p>>) {
        let Some(segment) = self.model.segments.get(at as usize) else { return };
        segment.name.as_ref().clone_into(&mut out.name);
        segment.description.as_ref().clone_into(&mut out.title);
        carried(&segment.statements, &mut rules);
        if self.told.insert((true, at)) {
            self.tell(&segment.statements, &segment.name, Base::Segment);
            for slicing in &segment.slicings {
                self.tell_slices(slicing, &format!("{}-{}", segment.name, slicing.position), false);
            }
        }
        out.parts = self.parts(&segment.fields, &segment.dynamic, &rules, DEPTH);
    }

    fn parts(&mut self, slots: &'p [Slot], dynamic: &[Dynamic], above: &[Carried<'p>], depth: u8) -> Vec<Part> {
        let mut out = Vec::new();
        for (index, slot) in slots.iter().enumerate() {
            if self.left == 0 {
                break;
            }
            self.left -= 1;
            let number = index as u16 + 1;
            let varied = dynamic.iter().find(|own| own.position == number);
            out.push(self.part(slot, number, varied, below(above, number), depth));
        }
        out
    }

    fn part(
        &mut self,
        slot: &'p Slot,
        number: u16,
        varied: Option<&Dynamic>,
        mut rules: Vec<Carried<'p>>,
        depth: u8,
    ) -> Part {
        let model = self.model;
        let datatype = model.datatypes.get(slot.datatype as usize);
        let condition = condition(&rules);
        if let Some(datatype) = datatype {
            carried(&datatype.statements, &mut rules);
            if self.told.insert((false, slot.datatype)) {
                self.tell(&datatype.statements, &datatype.id, Base::Value);
            }
        }
        let components = datatype.map(|datatype| &datatype.components[..]).unwrap_or_default();
        let codes = self.codes(&rules, components.is_empty());
        let name = |at: u32| model.datatypes.get(at as usize).map(|datatype| datatype.name.to_string());
        let mut types: Vec<String> =
            varied.into_iter().flat_map(|own| &own.cases).filter_map(|case| name(case.datatype)).collect();
        types.sort();
        types.dedup();
        Part {
            number,
            name: slot.name.to_string(),
            usage: slot.usage,
            condition,
            // A component comes once or not at all.
            min: if depth == DEPTH { slot.min } else { u32::from(slot.usage == Usage::Required) },
            max: if depth == DEPTH { (slot.max != u32::MAX).then_some(slot.max) } else { Some(1) },
            length: slot.length.map(|(min, max)| (min, (max != u32::MAX).then_some(max))),
            datatype: if varied.is_some() { "varies".to_owned() } else { name(slot.datatype).unwrap_or_default() },
            types,
            constant: slot.constant.as_deref().map(str::to_owned),
            codes,
            seen: None,
            parts: if depth > 1 { self.parts(components, &[], &rules, depth - 1) } else { Vec::new() },
        }
    }

    /// The codes of the rules that end here; of a value without parts also of those that end at its first part.
    fn codes(&mut self, rules: &[Carried<'p>], is_leaf: bool) -> Option<Arc<Codes>> {
        let is_first = |steps: &[Step]| matches!(steps, [step] if step.position == 1);
        let mut here = rules.iter().filter(|own| own.steps.is_empty() || (is_leaf && is_first(&own.steps)));
        here.find_map(|own| match own.rule {
            Rule::Codes(binding) => self.bound(binding),
            Rule::Single(single) => Some(Arc::new(Codes {
                name: single.system.to_string(),
                codes: vec![single.code.to_string()],
                severity: Some(Severity::Error),
                ..Codes::default()
            })),
            Rule::When(_) => None,
        })
    }

    fn bound(&mut self, binding: &Binding) -> Option<Arc<Codes>> {
        let number = |set: &SetRef| match set {
            SetRef::Set(at) => Some(*at),
            SetRef::Unchecked => None,
        };
        let numbers: Vec<u32> = binding.sets.iter().filter_map(number).collect();
        if numbers.is_empty() || numbers.len() < binding.sets.len() {
            return None;
        }
        let model = self.model;
        let key = (numbers, binding.strength);
        if let Some(known) = self.sets.get(&key) {
            return Some(known.clone());
        }
        let sets: Vec<_> = key.0.iter().filter_map(|at| model.sets.get(*at as usize)).collect();
        let is_in = |usage: CodeUsage| usage != CodeUsage::Excluded;
        let codes: BTreeSet<&str> = sets
            .iter()
            .flat_map(|set| &set.codes)
            .filter(|(_, coded)| coded.iter().any(|own| is_in(own.usage)))
            .map(|(code, _)| &**code)
            .collect();
        let join = |texts: Vec<&str>| texts.join(":");
        let made = Arc::new(Codes {
            name: join(sets.iter().map(|set| &*set.id).collect()),
            title: join(sets.iter().map(|set| &*set.name).collect()),
            codes: codes.into_iter().map(str::to_owned).collect(),
            is_open: sets.iter().all(|set| set.is_open),
            has_patterns: sets.iter().any(|set| !set.shapes.is_empty()),
            severity: match binding.strength {
                Strength::Required => Some(Severity::Error),
                Strength::Suggested => Some(Severity::Warning),
                Strength::Undetermined => None,
            },
        });
        self.sets.insert(key, made.clone());
        Some(made)
    }

    fn tell(&mut self, statements: &Statements, label: &str, base: Base) {
        for own in &statements.constraints {
            let path = own.target.as_ref().or_else(|| own.assertion.first_path());
            let path = path.map_or_else(|| label.to_owned(), |path| self.path(label, base, &path.0));
            self.statements.push(Statement {
                kind: StatementKind::Rule,
                id: own.id.to_string(),
                path,
                severity: own.severity,
                text: own.description.to_string(),
            });
        }
    }

    /// `ORDER.OBX`; empty for the message.
    fn node_path(&self, mut at: NodeId) -> String {
        let mut names = Vec::new();
        while at != 0 {
            let node = self.message.structure.node(at);
            names.push(&*node.name);
            at = node.parent;
        }
        names.reverse();
        names.join(".")
    }

    /// The place at the end of a way, in words of the message.
    fn path(&self, label: &str, base: Base, steps: &[Step]) -> String {
        let (mut path, mut base) = (label.to_owned(), base);
        for step in steps {
            match base {
                Base::Group(group) => {
                    let children = self.message.structure.children(group);
                    let child = usize::from(step.position).checked_sub(1).and_then(|at| children.get(at));
                    let Some(child) = child else { break };
                    let node = self.message.structure.node(*child);
                    let joint = if path.is_empty() { "" } else { "." };
                    path = format!("{path}{joint}{}", node.name);
                    base = if matches!(node.kind, Kind::Segment(_)) { Base::Segment } else { Base::Group(*child) };
                }
                Base::Segment => {
                    path = format!("{path}-{}", step.position);
                    base = Base::Value;
                }
                Base::Value => path = format!("{path}.{}", step.position),
            }
        }
        path
    }
}

/// What a way begins at.
#[derive(Clone, Copy)]
enum Base {
    Group(NodeId),
    Segment,
    Value,
}
