//! An element against the rules of a profile.

use super::compile::{Profile, Rule, TypeRule};
use crate::definitions::{self, Element, Kind as TypeKind, Member, Type};
use crate::names::names;
use crate::validate::coding::Bound;
use crate::validate::reference::Literal;
use crate::validate::walk::{Scope, Stand, Walk};
use crate::validate::{Issue, Report};
use crate::{Kind, Node, codes};
use std::sync::Arc;

/// Profiles within profiles.
const DEPTH_MAX: usize = 12;

/// An element of a resource, and what it is.
#[derive(Clone, Copy)]
pub(super) struct Found<'t> {
    /// Its value; of a primitive without one, what carries its extensions.
    pub(super) node: Node<'t>,
    pub(super) member: Member,
}

/// What is checked against what.
#[derive(Clone, Copy)]
pub(super) struct Against<'p, 't> {
    pub(super) profile: &'p Profile,
    pub(super) scope: Scope<'t>,
    pub(super) depth: usize,
}

impl<'t> Walk<'_, 't> {
    /// The profiles that a resource says it follows, and those that were asked for.
    pub(in crate::validate) fn profiles(&mut self, node: Node<'t>, ty: Type, stand: Stand, scope: Scope<'t>) {
        let said = node.get(names().meta).and_then(|meta| meta.get(names().profile));
        for at in said.into_iter().flat_map(Node::items) {
            let Some(url) = at.text() else { continue };
            self.named_profile(at, url, node, ty, scope);
        }
        if stand == Stand::Top {
            let validator = self.validator;
            for url in &validator.options.profiles {
                self.named_profile(node, url, node, ty, scope);
            }
        }
    }

    fn named_profile(&mut self, at: Node<'t>, url: &str, node: Node<'t>, ty: Type, scope: Scope<'t>) {
        let of_type = Type::of_url(definitions::unversioned(url));
        let profile = self.validator.profiles.get(url);
        let wanted = of_type.or(profile.as_ref().map(|profile| profile.ty));
        match wanted {
            None => {
                let issue =
                    Issue::warning(codes::E1279, "The profile is not known here: nothing was checked against it.");
                self.tell(at, issue.hint("give the package that has it: --package FILE.tgz"));
            }
            Some(wanted) if !ty.is_a(wanted) => {
                self.tell(at, Issue::error(codes::E1279, format!("The profile is one of {}.", wanted.name())));
            }
            Some(_) => {
                let found = Found { node, member: ty.root().member() };
                profile.iter().for_each(|profile| self.against(found, profile, scope, 0));
            }
        }
    }

    /// An extension against the profile that defines it.
    pub(in crate::validate) fn extension_profile(&mut self, node: Node<'t>, profile: &Arc<Profile>) {
        let Some(ty) = Type::named("Extension") else { return };
        let found = Found { node, member: ty.root().member() };
        self.against(found, profile, Scope { container: node, full_url: None }, 0);
    }

    /// A value against the profile that R4 itself gives its type: SimpleQuantity.
    pub(in crate::validate) fn type_profile(&mut self, node: Node<'t>, member: Member, scope: Scope<'t>) {
        let Some(known) = member.reference().and_then(definitions::TypeReference::profile) else { return };
        if let Some(profile) = self.validator.profiles.get(known.url()) {
            self.against(Found { node, member }, &profile, scope, 0);
        }
    }

    pub(super) fn against(&mut self, found: Found<'t>, profile: &Arc<Profile>, scope: Scope<'t>, depth: usize) {
        if depth > DEPTH_MAX {
            return;
        }
        self.check_rule(&profile.root, found, Against { profile, scope, depth });
        let base = profile.base.as_ref().and_then(|base| self.validator.profiles.get(base));
        if let Some(base) = base {
            self.against(found, &base, scope, depth + 1);
        }
    }

    /// A node follows a profile, and what the profile is based on.
    pub(in crate::validate) fn conforms(&mut self, node: Node<'t>, profile: &Arc<Profile>) -> bool {
        let ty = node.resource_type().and_then(Type::named).unwrap_or(profile.ty);
        if !ty.is_a(profile.ty) {
            return false;
        }
        self.against(Found { node, member: ty.root().member() }, profile, Scope { container: node, full_url: None }, 0);
        self.report.is_valid()
    }

    /// Whether it would be valid: nothing is told.
    pub(super) fn would(&mut self, check: impl FnOnce(&mut Self)) -> bool {
        let (kept, told) = (std::mem::take(&mut self.report), self.unchecked.clone());
        check(self);
        self.unchecked = told;
        let report: Report = std::mem::replace(&mut self.report, kept);
        report.is_valid()
    }

    /// One element against its rule, with everything below.
    pub(super) fn check_rule(&mut self, rule: &Rule, found: Found<'t>, against: Against<'_, 't>) {
        let node = found.node;
        if !rule.types.is_empty() {
            self.check_types(rule, found, against);
        }
        let definition = &against.profile.tree;
        if let Some(fixed) = rule.fixed
            && !is_equal(definition.node(fixed), node)
        {
            self.tell_of(node, against, Issue::error(codes::E1278, "The value is not the one that the profile fixes."));
        }
        if let Some(pattern) = rule.pattern
            && !fits(definition.node(pattern), node)
        {
            self.tell_of(node, against, Issue::error(codes::E1278, "The value lacks a part that the profile fixes."));
        }
        if let (Some(most), Some(text)) = (rule.length_max, node.text())
            && text.chars().count() > most
        {
            self.tell_of(
                node,
                against,
                Issue::error(codes::E1278, format!("The value has {most} characters at most.")),
            );
        }
        if let Some((strength, url)) = &rule.binding {
            self.check_binding(found, Bound { strength: *strength, url, set: None });
        }
        rule.invariants.iter().for_each(|invariant| self.profile_rule(invariant, node));
        if node.kind() == Kind::Object {
            rule.children.iter().for_each(|child| self.check_child(child, found, against));
        }
    }

    pub(super) fn tell_of(&mut self, node: Node<'t>, against: Against<'_, 't>, issue: Issue) {
        let message = format!("{} (profile {})", issue.message, against.profile.url);
        self.tell(node, Issue { message, ..issue });
    }

    fn check_child(&mut self, rule: &Rule, above: Found<'t>, against: Against<'_, 't>) {
        let all = children(above, &rule.name);
        let count = u32::try_from(all.len()).unwrap_or(u32::MAX);
        if count < rule.min {
            let text = format!("{} must stand {} here (profile {}).", rule.name, times(rule.min), against.profile.url);
            self.tell_missing(above.node, &rule.name, Issue::error(codes::E1263, text));
        }
        if let Some(max) = rule.max.filter(|max| count > *max) {
            let text = match max {
                0 => format!("The profile does not allow {}.", rule.name),
                max => format!("{} may stand {} at most.", rule.name, times(max)),
            };
            let at = all.get(max as usize).map_or(above.node, |found| found.node);
            self.tell_of(at, against, Issue::error(codes::E1264, text));
        }
        for found in &all {
            self.check_rule(rule, *found, against);
        }
        if !rule.slices.is_empty() {
            self.check_slices(rule, above, &all, against);
        }
    }

    fn check_binding(&mut self, found: Found<'t>, bound: Bound<'_>) {
        let node = found.node;
        match found.member.type_name() {
            "CodeableConcept" => {
                let codings: Vec<Node<'t>> = node.get(names().coding).into_iter().flat_map(Node::items).collect();
                self.bound_codings(node, &codings, bound);
            }
            _ if node.kind() == Kind::Object => self.bound_codings(node, &[node], bound),
            _ => self.bound_code(node, bound),
        }
    }

    /// The type is one that the profile allows, and the value follows the profile of that type.
    fn check_types(&mut self, rule: &Rule, found: Found<'t>, against: Against<'_, 't>) {
        let ty = type_of(found);
        let allowed: Vec<&TypeRule> = rule.types.iter().filter(|rule| is_type(rule, ty)).collect();
        if allowed.is_empty() {
            let names: Vec<&str> = rule.types.iter().filter_map(|rule| Some(rule.ty?.name())).collect();
            let issue = Issue::error(codes::E1261, "The profile does not allow this type here.");
            return self.tell_of(found.node, against, issue.hint(format!("it allows: {}", names.join(", "))));
        }
        let profiles: Vec<&str> = allowed.iter().flat_map(|rule| &rule.profiles).map(|url| &**url).collect();
        // Extensions are checked against what defines them wherever they stand.
        if !profiles.is_empty() && allowed.iter().all(|rule| !rule.profiles.is_empty()) && !is_named(ty, "Extension") {
            self.check_profiles(found, &profiles, against);
        }
        if is_named(ty, "Reference") {
            self.check_targets(&allowed, found, against);
        }
    }

    fn check_profiles(&mut self, found: Found<'t>, urls: &[&str], against: Against<'_, 't>) {
        let known: Vec<Arc<Profile>> = urls.iter().filter_map(|url| self.validator.profiles.get(url)).collect();
        if known.len() < urls.len() {
            return;
        }
        let (scope, depth) = (against.scope, against.depth + 1);
        if let [profile] = known.as_slice() {
            return self.against(found, profile, scope, depth);
        }
        if !known.iter().any(|profile| self.would(|walk| walk.against(found, profile, scope, depth))) {
            let issue = Issue::error(codes::E1279, "The value follows none of the profiles that are allowed here.");
            self.tell_of(found.node, against, issue.hint(urls.join(", ")));
        }
    }

    /// A reference leads to a resource that follows one of the profiles, where the resource can be seen.
    fn check_targets(&mut self, allowed: &[&TypeRule], found: Found<'t>, against: Against<'_, 't>) {
        let targets: Vec<&str> = allowed.iter().flat_map(|rule| &rule.targets).map(|url| &**url).collect();
        let reference = found.node.get(names().reference).and_then(Node::text);
        let (Some(text), false) = (reference, targets.is_empty()) else { return };
        let resolved = self.resolve(text, against.scope);
        let ty = match Literal::of(text) {
            Literal::Restful(ty) => Some(ty),
            Literal::Contained(_) | Literal::Urn | Literal::Other | Literal::Wrong => None,
        };
        let Some(ty) = resolved.and_then(Node::resource_type).and_then(Type::named).or(ty) else { return };
        // A profile that nobody has may be of any type.
        let type_of = |url: &str| Type::of_url(url).or_else(|| Some(self.validator.profiles.get(url)?.ty));
        if targets.iter().all(|url| type_of(url).is_some_and(|target| !ty.is_a(target))) {
            let issue = Issue::error(
                codes::E1271,
                format!("The reference leads to a {}, which the profile does not allow.", ty.name()),
            );
            self.tell_of(found.node, against, issue.hint(targets.join(", ")));
        }
    }
}

/// The type of an element; of a resource, that of the resource.
pub(super) fn type_of(found: Found<'_>) -> Option<Type> {
    let of_resource = || found.node.resource_type().and_then(Type::named);
    let ty = if found.member.element().is_root() { Some(found.member.element().owner()) } else { found.member.ty() };
    if ty.is_some_and(Type::is_resource) { of_resource().or(ty) } else { ty }
}

fn is_named(ty: Option<Type>, name: &str) -> bool {
    ty.is_some_and(|ty| ty.name() == name)
}

pub(super) fn is_type(rule: &TypeRule, ty: Option<Type>) -> bool {
    match (ty, rule.ty) {
        (Some(ty), Some(wanted)) => ty.is_a(wanted),
        (None, _) | (_, None) => true,
    }
}

fn times(count: u32) -> String {
    if count == 1 { "once".to_owned() } else { format!("{count} times") }
}

/// The elements with a name below another, in order; a choice is found by its name without the type.
pub(super) fn children<'t>(above: Found<'t>, name: &str) -> Vec<Found<'t>> {
    let body = match above.node.resource_type().and_then(Type::named) {
        Some(ty) if is_resource_place(above.member) => Some(ty.root()),
        _ => above.member.body(),
    };
    let Some(body) = body else { return Vec::new() };
    let mut out = Vec::new();
    for child in above.node.children() {
        let key = child.key().unwrap_or_default();
        let plain = key.strip_prefix('_').unwrap_or(key);
        let Some(member) = named(body, plain, name) else { continue };
        let is_extras = plain.len() != key.len();
        if is_extras && above.node.get(plain).is_some() {
            continue;
        }
        let mut extras = child.name().and_then(|name| above.node.get(name.twin())).map(Node::items);
        for node in child.items() {
            let beside = extras.as_mut().and_then(Iterator::next);
            match (node.is_null(), beside.filter(|beside| !beside.is_null())) {
                (false, _) => out.push(Found { node, member }),
                (true, Some(beside)) => out.push(Found { node: beside, member }),
                (true, None) => {}
            }
        }
    }
    out
}

fn is_resource_place(member: Member) -> bool {
    member.element().is_root() || member.ty().is_some_and(|ty| ty.kind() == TypeKind::Resource)
}

fn named(body: Element, key: &str, name: &str) -> Option<Member> {
    if key != name && !key.starts_with(name) {
        return None;
    }
    body.own_property(key).filter(|member| key == name || member.element().name() == name)
}

/// The same values, whatever the order of properties.
pub(super) fn is_equal(left: Node<'_>, right: Node<'_>) -> bool {
    left.len() == right.len() && fits_with(left, right, is_equal)
}

/// Everything that the pattern has is there (R4 ElementDefinition.pattern).
pub(super) fn fits(pattern: Node<'_>, node: Node<'_>) -> bool {
    fits_with(pattern, node, fits)
}

fn fits_with(left: Node<'_>, right: Node<'_>, inner: fn(Node<'_>, Node<'_>) -> bool) -> bool {
    if left.kind() != right.kind() {
        return false;
    }
    match left.kind() {
        Kind::Object => left.children().all(|child| {
            let key = child.key().unwrap_or_default();
            right.get(key).is_some_and(|found| inner(child, found))
        }),
        Kind::Array => left.children().all(|item| right.children().any(|found| inner(item, found))),
        Kind::Null | Kind::Bool | Kind::Number | Kind::Text => left.scalar() == right.scalar(),
    }
}
