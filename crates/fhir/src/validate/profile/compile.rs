//! A structure definition, as rules on top of R4.

use crate::definitions::{self, Member, Strength, Type, TypeReference};
use crate::fhirpath::Program;
use crate::{Kind, Node, NodeId, Tree};
use message::Severity;

/// Most elements of one profile.
const ELEMENTS_MAX: usize = 20_000;

/// A profile.
pub(in crate::validate) struct Profile {
    pub(in crate::validate) url: Box<str>,
    /// The type that it is for.
    pub(in crate::validate) ty: Type,
    /// The profile that it is based on, where that has rules that are not here.
    pub(super) base: Option<Box<str>>,
    pub(super) root: Rule,
    /// The definition: fixed values and patterns stand in it.
    pub(super) tree: Tree,
}

/// What a profile asks of one element, and only what R4 does not ask anyway.
#[derive(Default)]
pub(super) struct Rule {
    /// The last part of its path, without `[x]` and slice.
    pub(super) name: Box<str>,
    pub(super) min: u32,
    pub(super) max: Option<u32>,
    pub(super) types: Vec<TypeRule>,
    pub(super) fixed: Option<NodeId>,
    pub(super) pattern: Option<NodeId>,
    pub(super) binding: Option<(Strength, Box<str>)>,
    pub(super) length_max: Option<usize>,
    pub(super) invariants: Vec<Invariant>,
    pub(super) slicing: Option<Slicing>,
    pub(super) slices: Vec<(Box<str>, Rule)>,
    pub(super) children: Vec<Rule>,
}

/// One type that an element may have in the profile.
pub(super) struct TypeRule {
    pub(super) ty: Option<Type>,
    pub(super) profiles: Vec<Box<str>>,
    pub(super) targets: Vec<Box<str>>,
}

/// A rule in FHIRPath.
pub(in crate::validate) struct Invariant {
    pub(in crate::validate) key: Box<str>,
    pub(in crate::validate) severity: Severity,
    pub(in crate::validate) human: Box<str>,
    pub(in crate::validate) program: Option<Program>,
}

/// How slices are told apart.
pub(super) struct Slicing {
    pub(super) discriminators: Vec<(By, Box<str>)>,
    pub(super) rest: Rest,
    pub(super) is_ordered: bool,
}

/// What a discriminator looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// `value`, and `pattern` of old.
    Value,
    Exists,
    Type,
    Profile,
}

/// What may stand beside the slices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rest {
    Closed,
    Open,
    OpenAtEnd,
}

fn text<'t>(node: Node<'t>, name: &str) -> Option<&'t str> {
    node.get(name).and_then(Node::text)
}

fn texts(node: Node<'_>, name: &str) -> Vec<Box<str>> {
    let items = node.get(name).into_iter().flat_map(Node::items);
    items.filter_map(Node::text).map(|url| definitions::unversioned(url).into()).collect()
}

impl Profile {
    /// `None` where it is no profile of a type of R4.
    pub(super) fn compile(tree: Tree) -> Option<Profile> {
        let root = tree.root();
        let url: Box<str> = text(root, "url")?.into();
        let ty = text(root, "type").and_then(|name| Type::named(name).or_else(|| Type::of_url(name)))?;
        let elements = |name: &str| {
            let found = root.get(name).and_then(|form| form.get("element"));
            found.filter(|found| found.kind() == Kind::Array && !found.is_empty())
        };
        let (elements, is_whole) = match (elements("snapshot"), elements("differential")) {
            (Some(snapshot), _) => (Some(snapshot), true),
            (None, differential) => (differential, false),
        };
        let base = text(root, "baseDefinition").map(definitions::unversioned);
        let base = base.filter(|base| !is_whole && Type::of_url(base).is_none()).map(Box::from);
        let mut rules = Rule { name: ty.name().into(), ..Rule::default() };
        for element in elements.into_iter().flat_map(Node::items).take(ELEMENTS_MAX) {
            rules.add(element);
        }
        Some(Profile { url, ty, base, root: rules, tree })
    }
}

impl Rule {
    /// Adds what an element of the definition says, at its place below this rule.
    fn add(&mut self, element: Node<'_>) {
        let Some(path) = text(element, "path") else { return };
        let id = text(element, "id").filter(|id| id.matches('.').count() == path.matches('.').count());
        let known = definitions::element(path);
        let mut at = self;
        let mut steps = id.unwrap_or(path).split('.');
        if steps.next().is_none() {
            return;
        }
        for step in steps {
            let (name, slice) = step.split_once(':').map_or((step, None), |(name, slice)| (name, Some(slice)));
            at = at.child(name.trim_end_matches("[x]"));
            if let Some(slice) = slice {
                at = at.slice(slice);
            }
        }
        // A differential without ids names its slices apart.
        if let Some(slice) = text(element, "sliceName").filter(|_| id.is_none()) {
            at = at.slice(slice);
        }
        let is_slice = text(element, "sliceName").is_some();
        at.fill(element, known.filter(|_| !is_slice));
    }

    fn child(&mut self, name: &str) -> &mut Rule {
        let place = self.children.iter().position(|child| &*child.name == name).unwrap_or_else(|| {
            self.children.push(Rule { name: name.into(), ..Rule::default() });
            self.children.len() - 1
        });
        &mut self.children[place]
    }

    fn slice(&mut self, name: &str) -> &mut Rule {
        let place = self.slices.iter().position(|(known, _)| &**known == name).unwrap_or_else(|| {
            let rule = Rule { name: self.name.clone(), ..Rule::default() };
            self.slices.push((name.into(), rule));
            self.slices.len() - 1
        });
        &mut self.slices[place].1
    }

    /// `known` is the element in R4: what it asks too is left out here.
    fn fill(&mut self, node: Node<'_>, known: Option<Member>) {
        let base = known.map(Member::element);
        let min = node.get("min").and_then(Node::number).and_then(|min| min.parse().ok()).unwrap_or(0);
        self.min = if base.is_some_and(|base| u32::from(base.min()) >= min) { 0 } else { min };
        let max = text(node, "max").filter(|max| *max != "*").and_then(|max| max.parse::<u32>().ok());
        self.max = max.filter(|max| base.is_none_or(|base| base.max().is_none_or(|known| u32::from(known) > *max)));
        self.types = types(node, known);
        for child in node.children() {
            match child.key() {
                Some(key) if key.starts_with("fixed") => self.fixed = Some(child.id()),
                Some(key) if key.starts_with("pattern") => self.pattern = Some(child.id()),
                Some(_) | None => {}
            }
        }
        self.length_max = node.get("maxLength").and_then(Node::number).and_then(|length| length.parse().ok());
        self.binding = node.get("binding").and_then(|found| binding(found, known));
        if let Some(constraints) = node.get("constraint") {
            let is_new = |found: &Node<'_>| {
                base.is_none_or(|base| {
                    let own = base
                        .constraints()
                        .chain(known.and_then(Member::ty).into_iter().flat_map(|ty| ty.root().constraints()));
                    !own.into_iter().any(|own| text(*found, "key") == Some(own.key()))
                })
            };
            self.invariants = constraints.items().filter(is_new).filter_map(invariant).collect();
        }
        self.slicing = node.get("slicing").map(slicing);
    }
}

fn types(node: Node<'_>, known: Option<Member>) -> Vec<TypeRule> {
    let rules: Vec<TypeRule> = node
        .get("type")
        .into_iter()
        .flat_map(Node::items)
        .map(|found| TypeRule {
            ty: text(found, "code").and_then(Type::named),
            profiles: texts(found, "profile"),
            targets: texts(found, "targetProfile"),
        })
        .collect();
    let Some(element) = known.map(Member::element) else { return rules };
    let is_same =
        element.types().len() == rules.len() && element.types().zip(&rules).all(|(own, rule)| is_own(own, rule));
    if is_same || rules.iter().any(|rule| rule.ty.is_none()) { Vec::new() } else { rules }
}

/// R4 itself says the same.
fn is_own(own: TypeReference, rule: &TypeRule) -> bool {
    let profile = own.profile().map(definitions::Profile::url);
    let targets = rule.targets.iter().filter_map(|url| Type::of_url(url));
    rule.ty == Some(own.ty())
        && rule.profiles.iter().all(|url| Some(&**url) == profile)
        && rule.targets.len() == own.targets().len()
        && targets.eq(own.targets())
}

fn binding(node: Node<'_>, known: Option<Member>) -> Option<(Strength, Box<str>)> {
    let strength = match text(node, "strength")? {
        "required" => Strength::Required,
        "extensible" => Strength::Extensible,
        "preferred" => Strength::Preferred,
        _ => return None,
    };
    let url = definitions::unversioned(text(node, "valueSet")?);
    let own = known.and_then(|known| known.element().binding());
    let is_own =
        own.is_some_and(|own| own.strength() == strength && own.value_set().is_some_and(|set| set.url() == url));
    (!is_own).then(|| (strength, url.into()))
}

fn invariant(node: Node<'_>) -> Option<Invariant> {
    let severity = if text(node, "severity")? == "error" { Severity::Error } else { Severity::Warning };
    let program = text(node, "expression").and_then(|expression| Program::parse(expression).ok());
    Some(Invariant {
        key: text(node, "key")?.into(),
        severity,
        human: text(node, "human").unwrap_or_default().into(),
        program,
    })
}

fn slicing(node: Node<'_>) -> Slicing {
    let discriminators = node.get("discriminator").into_iter().flat_map(Node::items).filter_map(|found| {
        let by = match text(found, "type")? {
            "value" | "pattern" => By::Value,
            "exists" => By::Exists,
            "type" => By::Type,
            "profile" => By::Profile,
            _ => return None,
        };
        Some((by, text(found, "path")?.into()))
    });
    let rest = match text(node, "rules") {
        Some("closed") => Rest::Closed,
        Some("openAtEnd") => Rest::OpenAtEnd,
        Some(_) | None => Rest::Open,
    };
    Slicing {
        discriminators: discriminators.collect(),
        rest,
        is_ordered: node.get("ordered").and_then(Node::bool) == Some(true),
    }
}
