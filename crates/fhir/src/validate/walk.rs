//! The walk over a resource by the definitions of R4: which elements there are, how often, of which type, in which form.

use super::bundle::Index;
use super::location::{Places, is_name, location};
use super::plan::{Bits, Child, OWN, Plan, What};
use super::primitive::{self, Wrong};
use super::{ISSUES_MAX, Issue, Report, Validator};
use crate::definitions::{self, Element, Member, Primitive, Type};
use crate::fhirpath::Present;
use crate::names::names;
use crate::{Kind, Node, codes};
use message::Phi;
use std::collections::BTreeSet;

/// One check of one tree.
pub(super) struct Walk<'v, 't> {
    pub(super) validator: &'v Validator,
    pub(super) report: Report,
    /// Bundles that are open, the innermost last.
    pub(super) bundles: Vec<Index<'t>>,
    /// Rules that were told not to be checked, so that each is told once.
    pub(super) unchecked: BTreeSet<Box<str>>,
    /// Checks around this one: a rule may ask whether something conforms to a profile.
    pub(super) depth: usize,
    plan: &'static Plan,
    places: Places<'t>,
}

/// What is around an element.
#[derive(Clone, Copy)]
pub(super) struct Scope<'t> {
    /// The resource that contained resources are looked for in.
    pub(super) container: Node<'t>,
    /// `fullUrl` of the entry that the resource stands in.
    pub(super) full_url: Option<&'t str>,
}

/// Where a resource stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stand {
    /// The outermost one.
    Top,
    /// An entry of a bundle, or a parameter.
    Entry,
    /// Inside `contained`.
    Contained,
}

pub(super) fn check(validator: &Validator, node: Node<'_>) -> Report {
    let mut walk = Walk::new(validator, 0);
    walk.resource(node, Stand::Top, Scope { container: node, full_url: None });
    walk.report
}

impl<'v> Walk<'v, '_> {
    pub(super) fn new(validator: &'v Validator, depth: usize) -> Self {
        Walk {
            validator,
            report: Report::default(),
            bundles: Vec::new(),
            unchecked: BTreeSet::new(),
            depth,
            plan: Plan::get(),
            places: Places::default(),
        }
    }
}

impl<'t> Walk<'_, 't> {
    /// Adds an issue at a node.
    pub(super) fn tell(&mut self, node: Node<'t>, issue: Issue) {
        let found = node.scalar().filter(|_| self.validator.options.values).map(|text| Phi::new(text.to_owned()));
        let path = self.path(node);
        self.report.push(Issue { path, found, ..issue });
    }

    /// The path of a node; a report that is full does not need it.
    fn path(&mut self, node: Node<'t>) -> String {
        if self.report.issues.len() < ISSUES_MAX { location(node, &mut self.places) } else { String::new() }
    }

    /// Adds an issue at a child that is not there.
    pub(super) fn tell_missing(&mut self, node: Node<'t>, child: &str, issue: Issue) {
        let path = format!("{}.{child}", self.path(node));
        self.report.push(Issue { path, ..issue });
    }

    pub(super) fn resource(&mut self, node: Node<'t>, stand: Stand, scope: Scope<'t>) {
        if node.kind() != Kind::Object {
            return self.tell(node, Issue::error(codes::E1261, "A resource stands here: a JSON object."));
        }
        let Some(name) = node.get(names().resource_type) else {
            return self.tell(node, Issue::error(codes::E1281, "The resource does not say its resourceType."));
        };
        let ty = name.text().and_then(Type::named).filter(|ty| ty.is_resource() && !ty.is_abstract());
        let Some(ty) = ty else {
            let meant = name.text().and_then(definitions::similar_type).filter(|ty| ty.is_resource());
            let issue = Issue::error(codes::E1281, "R4 has no resource of this type.");
            let hint = meant.map(|meant| format!("did you mean {}?", meant.name()));
            return self.tell(name, Issue { hint, ..issue });
        };
        let container = if stand == Stand::Contained { scope.container } else { node };
        let scope = Scope { container, ..scope };
        let is_bundle = ty.name() == "Bundle";
        if is_bundle {
            self.bundles.push(Index::of(node));
        }
        let root = ty.root();
        self.object(node, root.member(), root, scope, true);
        self.contained(node, stand);
        if is_bundle {
            self.bundle(node);
        }
        self.profiles(node, ty, stand, scope);
        if is_bundle {
            self.bundles.pop();
        }
    }

    /// An object with its children. `holder` is the element that it is; `body` the definition of what is inside.
    pub(super) fn object(
        &mut self,
        node: Node<'t>,
        holder: Member,
        body: Element,
        scope: Scope<'t>,
        is_resource: bool,
    ) {
        let (mut present, mut surely): (Bits, Bits) = (0, 0);
        let mut choices: Vec<(Element, Member)> = Vec::new();
        let mut has_content = false;
        for child in node.children() {
            let Some(name) = child.name() else { continue };
            if is_resource && Some(name) == self.plan.resource_type {
                has_content = true;
                continue;
            }
            has_content |= Some(name) != self.plan.id;
            let is_extras = name.is_extension();
            let plain = if is_extras { name.twin() } else { name };
            let found = self.plan.child(body, child, is_extras).filter(|found| !is_extras || found.primitive.is_some());
            let Some(found) = found else {
                let key = child.key().unwrap_or_default();
                self.unknown(child, key.strip_prefix('_').unwrap_or(key), body);
                continue;
            };
            present |= found.bit;
            let is_value = match child.kind() {
                Kind::Array => child.children().next().is_some_and(|first| !first.is_null()),
                Kind::Null => false,
                Kind::Object | Kind::Text | Kind::Number | Kind::Bool => true,
            };
            surely |= if is_value && !is_extras { found.bit & OWN } else { 0 };
            if found.is_choice {
                let (element, member) = (found.member.element(), found.member);
                match choices.iter().find(|(known, _)| *known == element) {
                    Some((_, first)) if *first != member => self.tell(child, chosen_twice(element)),
                    Some(_) => {}
                    None => choices.push((element, member)),
                }
            }
            if is_extras {
                self.extras(child, found.member, node.get(plain), scope);
            } else {
                self.property(child, found, holder, scope);
            }
        }
        if !has_content {
            return self.tell(
                node,
                Issue::error(codes::E1265, "The element is empty: it has neither a value nor elements inside."),
            );
        }
        for (child, bit) in self.plan.body(body).required.iter().filter(|(_, bit)| present & bit == 0) {
            let (name, x) = (child.name(), if child.is_choice() { "[x]" } else { "" });
            let _ = bit;
            let issue = Issue::error(
                codes::E1263,
                format!("{child} is required ({}..{}), and is not there.", child.min(), most(*child)),
            );
            self.tell_missing(node, &format!("{name}{x}"), issue);
        }
        let plan = self.plan;
        let present = Present { perhaps: present, surely };
        self.rules(&plan.body(body).rules, node, present);
        if holder.element() != body {
            self.rules(&plan.body(holder.element()).rules, node, present);
        }
    }

    fn unknown(&mut self, child: Node<'t>, name: &str, body: Element) {
        let open = body.own_child(name).map(Member::element);
        let (text, hint) = match open {
            // `value` instead of `valueQuantity`.
            Some(element) if element.is_choice() => {
                let types: Vec<String> = element.types().take(6).map(|found| json_name(element, found.ty())).collect();
                (
                    format!("In JSON the type stands in the name of {element}."),
                    Some(format!("for example {}", types.join(", "))),
                )
            }
            Some(element) => (format!("{element} is no primitive: it has no _{name}."), None),
            None => {
                let meant = definitions::similar_child(body, name).map(|meant| format!("did you mean {meant}?"));
                let shown = if is_name(name) { format!(" {name}") } else { String::new() };
                (format!("R4 has no element{shown} in {body}."), meant)
            }
        };
        let issue = Issue::error(codes::E1260, text);
        self.tell(child, Issue { hint, ..issue });
    }

    /// The value of a property: one, or an array of them.
    fn property(&mut self, node: Node<'t>, child: &'static Child, holder: Member, scope: Scope<'t>) {
        if !child.is_repeating {
            if node.kind() == Kind::Array {
                let text = format!("{} does not repeat: no array stands here.", child.member.element());
                return self.tell(node, Issue::error(codes::E1264, text));
            }
            return self.value(node, child, holder, scope);
        }
        if node.kind() != Kind::Array {
            let text = format!("{} may repeat: it is an array, even of one.", child.member.element());
            self.tell(node, Issue::error(codes::E1264, text));
            return self.value(node, child, holder, scope);
        }
        if node.is_empty() {
            return self.tell(
                node,
                Issue::error(codes::E1265, "The array is empty: an element that is not there is left out."),
            );
        }
        match child.primitive {
            Some(primitive) => {
                let extras = node.name().and_then(|name| node.parent()?.get(name.twin()));
                let mut extras = extras.map(Node::children);
                for item in node.children() {
                    let beside = extras.as_mut().and_then(Iterator::next);
                    self.primitive(item, child, primitive, beside);
                }
            }
            None => node.children().for_each(|item| self.value(item, child, holder, scope)),
        }
        if let Some(max) = child.max.filter(|max| node.len() > usize::from(*max)) {
            let text = format!("{} may stand {max} times at most.", child.member.element());
            self.tell(node, Issue::error(codes::E1264, text));
        }
    }

    fn value(&mut self, node: Node<'t>, child: &'static Child, holder: Member, scope: Scope<'t>) {
        let member = child.member;
        if let Some(primitive) = child.primitive {
            return self.primitive(node, child, primitive, None);
        }
        match child.what {
            What::Contained => return self.resource(node, Stand::Contained, scope),
            What::Resource => {
                let full_url = node.parent().and_then(|entry| entry.get(names().full_url)).and_then(Node::text);
                return self.resource(node, Stand::Entry, Scope { full_url, ..scope });
            }
            What::Extension | What::Reference | What::Coding | What::Concept | What::Other => {}
        }
        let Some(body) = member.body() else { return };
        if node.kind() != Kind::Object {
            let text = format!("{} is {}: a JSON object.", member.element(), named(member));
            return self.tell(node, Issue::error(codes::E1261, text));
        }
        self.object(node, member, body, scope, false);
        if child.has_profile {
            self.type_profile(node, member, scope);
        }
        match child.what {
            What::Extension => self.extension(node, member, holder),
            What::Reference => self.reference(node, member, scope),
            What::Coding => self.coding(node, Some(member)),
            What::Concept => self.concept(node, member),
            What::Contained | What::Resource | What::Other => {}
        }
    }

    /// `beside` is what stands at its place in the `_` array, where it is in an array.
    fn primitive(&mut self, node: Node<'t>, child: &'static Child, primitive: Primitive, beside: Option<Node<'t>>) {
        let member = child.member;
        if node.is_null() {
            if beside.is_none_or(|beside| beside.kind() != Kind::Object) {
                self.tell(
                    node,
                    Issue::error(
                        codes::E1265,
                        "null stands only in an array, where the _ array has something instead.",
                    ),
                );
            }
            return;
        }
        match primitive::check(primitive, node) {
            Ok(()) => {}
            Err(Wrong::Kind(expect)) => {
                let text = format!("{} is of the type {}: {expect}.", member.element(), member.type_name());
                return self.tell(node, Issue::error(codes::E1261, text));
            }
            Err(Wrong::Advice(expect)) => {
                let text = format!("A value of the type {} should be {expect}.", member.type_name());
                self.tell(node, Issue::warning(codes::E1262, text));
            }
            Err(Wrong::Form(expect)) => {
                let text = format!("A value of the type {} is {expect}.", member.type_name());
                return self.tell(node, Issue::error(codes::E1262, text));
            }
        }
        if child.is_bound {
            self.code(node, member);
        }
        let rules = &self.plan.body(member.element()).rules;
        if !rules.is_empty() {
            self.rules(rules, node, Present { perhaps: Bits::MAX, surely: 0 });
        }
    }

    /// The `_` form of a primitive: its id and extensions.
    fn extras(&mut self, node: Node<'t>, member: Member, value: Option<Node<'t>>, scope: Scope<'t>) {
        let element = member.element();
        if !element.is_repeating() {
            return self.one_extras(node, member, scope);
        }
        if node.kind() != Kind::Array {
            return self.tell(
                node,
                Issue::error(codes::E1264, format!("{element} may repeat: its _ form is an array, even of one.")),
            );
        }
        if value.is_some_and(|value| value.kind() == Kind::Array && value.len() != node.len()) {
            self.tell(
                node,
                Issue::error(
                    codes::E1264,
                    "The _ array has as many items as the array of the values; null stands where there is nothing.",
                ),
            );
        }
        for item in node.children().filter(|item| !item.is_null()) {
            self.one_extras(item, member, scope);
        }
    }

    fn one_extras(&mut self, node: Node<'t>, member: Member, scope: Scope<'t>) {
        if node.kind() != Kind::Object {
            return self
                .tell(node, Issue::error(codes::E1261, "Id and extensions of a primitive stand in a JSON object."));
        }
        let root = Type::element().root();
        for child in node.children() {
            match self.plan.child(root, child, false) {
                Some(inner) => self.property(child, inner, member, scope),
                None => self.unknown(child, child.key().unwrap_or_default(), root),
            }
        }
        if node.get(names().id).is_none() && node.get(names().extension).is_none() {
            self.tell(
                node,
                Issue::error(codes::E1265, "The element is empty: it has neither a value nor elements inside."),
            );
        }
    }
}

fn chosen_twice(element: Element) -> Issue {
    Issue::error(codes::E1264, format!("Of {element} only one type may be there."))
}

fn most(element: Element) -> String {
    element.max().map_or("*".to_owned(), |max| max.to_string())
}

fn json_name(element: Element, ty: Type) -> String {
    let (first, rest) = ty.name().split_at(1);
    format!("{}{}{rest}", element.name(), first.to_ascii_uppercase())
}

fn named(member: Member) -> String {
    match member.type_name() {
        "" | "BackboneElement" | "Element" => "an element with elements inside".to_owned(),
        name => format!("of the type {name}"),
    }
}
