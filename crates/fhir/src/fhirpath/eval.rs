//! Evaluation: each expression adds its items to a collection. Collections are taken from a pool and given back.

use super::environment::Environment;
use super::item::{Item, is_bare, member};
use super::parse::Parsed;
use super::syntax::{Expr, ExprId, Operator, Step, System, TypeName};
use super::{Position, functions, item, operators};
use crate::definitions::{self, Kind as TypeKind, Type};
use crate::tree::{Kind, Node};
use crate::{Error, codes};
use std::borrow::Cow;

/// What `$this`, `$index` and `$total` are.
#[derive(Clone, Copy)]
pub(super) struct Frame<'f, 't> {
    pub(super) this: &'f [Item<'t>],
    pub(super) index: i64,
    pub(super) total: &'f [Item<'t>],
}

/// One evaluation.
pub(super) struct Machine<'t, 'e> {
    pub(super) parsed: &'t Parsed,
    pub(super) environment: &'e Environment<'t>,
    pub(super) fuel: u64,
    /// `as` chooses from several items, instead of refusing them.
    is_rule: bool,
    spare: Vec<Vec<Item<'t>>>,
    /// Operators that wait for their left side, of all chains under way.
    pub(super) chain: Vec<(ExprId, Operator, ExprId, ExprId)>,
    /// What `defineVariable` defined, innermost last.
    pub(super) defined: Vec<(String, Vec<Item<'t>>)>,
}

pub(super) fn run<'t>(
    parsed: &'t Parsed,
    environment: &Environment<'t>,
    is_rule: bool,
    out: &mut Vec<Item<'t>>,
) -> Result<(), Error> {
    let mut machine = Machine {
        parsed,
        environment,
        fuel: environment.fuel,
        is_rule,
        spare: Vec::new(),
        chain: Vec::new(),
        defined: Vec::new(),
    };
    let context = environment.context.as_slice();
    machine.eval(parsed.root, context, Frame { this: context, index: 0, total: &[] }, out)
}

impl<'t> Machine<'t, '_> {
    pub(super) fn place(&self, id: ExprId) -> Position {
        self.parsed.places.get(id as usize).copied().unwrap_or_default()
    }

    /// A value that does not fit.
    pub(super) fn misfit(&self, id: ExprId, text: impl Into<Cow<'static, str>>) -> Error {
        Error::expression(codes::E1212, self.place(id), text)
    }

    /// Takes steps; an expression that never ends ends here.
    pub(super) fn burn(&mut self, id: ExprId, steps: usize) -> Result<(), Error> {
        match self.fuel.checked_sub(steps as u64) {
            Some(rest) => {
                self.fuel = rest;
                Ok(())
            }
            None => Err(Error::expression(codes::E1214, self.place(id), "the evaluation takes too many steps")),
        }
    }

    /// A text that is not too long.
    pub(super) fn text(&self, id: ExprId, text: String) -> Result<Item<'t>, Error> {
        if text.len() > self.environment.text_bytes_max {
            return Err(Error::expression(
                codes::E1214,
                self.place(id),
                "the evaluation makes a text that is too long",
            ));
        }
        Ok(Item::Text(Cow::Owned(text)))
    }

    pub(super) fn take(&mut self) -> Vec<Item<'t>> {
        self.spare.pop().unwrap_or_default()
    }

    pub(super) fn give(&mut self, mut items: Vec<Item<'t>>) {
        items.clear();
        self.spare.push(items);
    }

    /// Evaluates a part with a collection of its own; what it defines ends with it.
    pub(super) fn part(
        &mut self,
        id: ExprId,
        focus: &[Item<'t>],
        frame: Frame<'_, 't>,
    ) -> Result<Vec<Item<'t>>, Error> {
        let mut out = self.take();
        let defined = self.defined.len();
        self.eval(id, focus, frame, &mut out)?;
        self.defined.truncate(defined);
        Ok(out)
    }

    pub(super) fn eval(
        &mut self,
        id: ExprId,
        focus: &[Item<'t>],
        frame: Frame<'_, 't>,
        out: &mut Vec<Item<'t>>,
    ) -> Result<(), Error> {
        self.burn(id, 1)?;
        let parsed = self.parsed;
        let Some(expr) = parsed.exprs.get(id as usize) else { return Ok(()) };
        match expr {
            Expr::Empty => {}
            Expr::This => out.extend_from_slice(frame.this),
            Expr::Index => out.push(Item::Integer(frame.index)),
            Expr::Total => out.extend_from_slice(frame.total),
            Expr::Literal(item) => out.push(item.clone()),
            Expr::Variable(name) => self.variable(id, name, out)?,
            Expr::Path { base: None, head, steps } => self.path(id, focus, *head, steps, out)?,
            Expr::Path { base: Some(base), steps, .. } => {
                let mut items = self.take();
                self.eval(*base, focus, frame, &mut items)?;
                self.path(id, &items, None, steps, out)?;
                self.give(items);
            }
            Expr::At { base, index } => self.at(id, *base, *index, focus, frame, out)?,
            Expr::Sign { is_minus, of } => {
                let items = self.part(*of, focus, frame)?;
                operators::sign(self, id, &items, *is_minus, out)?;
                self.give(items);
            }
            Expr::Binary { .. } => operators::binary(self, id, focus, frame, out)?,
            Expr::Is { of, ty } => {
                let item = self.single(id, *of, focus, frame, "`is` takes one item")?;
                out.extend(item.map(|item| Item::Boolean(is_type(&item, *ty))));
            }
            Expr::As { of, ty } if self.is_rule => {
                let mut items = self.part(*of, focus, frame)?;
                out.extend(items.drain(..).filter(|item| is_kind(item, *ty)));
                self.give(items);
            }
            Expr::As { of, ty } => {
                let item = self.single(id, *of, focus, frame, "`as` takes one item, `ofType` takes many")?;
                out.extend(item.filter(|item| is_kind(item, *ty)));
            }
            Expr::OfType { of, ty } => {
                let mut items = self.take();
                match of {
                    Some(of) => self.eval(*of, focus, frame, &mut items)?,
                    None => items.extend_from_slice(focus),
                }
                out.extend(items.drain(..).filter(|item| is_kind(item, *ty)));
                self.give(items);
            }
            Expr::Call { base, function, arguments } => {
                let mut input = self.take();
                match base {
                    Some(base) => self.eval(*base, focus, frame, &mut input)?,
                    None => input.extend_from_slice(focus),
                }
                let call = functions::Call { id, function: *function, input: &input, arguments, focus, frame };
                functions::run(self, call, out)?;
                self.give(input);
            }
        }
        Ok(())
    }

    /// The only item; `None` of an empty collection.
    pub(super) fn one(
        &self,
        id: ExprId,
        items: &[Item<'t>],
        expected: &'static str,
    ) -> Result<Option<Item<'t>>, Error> {
        match items {
            [] => Ok(None),
            [item] => Ok(Some(item.clone())),
            _ => Err(self.misfit(id, format!("{expected}, and there are {}", items.len()))),
        }
    }

    fn single(
        &mut self,
        id: ExprId,
        of: ExprId,
        focus: &[Item<'t>],
        frame: Frame<'_, 't>,
        expected: &'static str,
    ) -> Result<Option<Item<'t>>, Error> {
        let items = self.part(of, focus, frame)?;
        let item = self.one(id, &items, expected)?;
        self.give(items);
        Ok(item)
    }

    fn at(
        &mut self,
        id: ExprId,
        base: ExprId,
        index: ExprId,
        focus: &[Item<'t>],
        frame: Frame<'_, 't>,
        out: &mut Vec<Item<'t>>,
    ) -> Result<(), Error> {
        let mut items = self.take();
        self.eval(base, focus, frame, &mut items)?;
        let position = self.part(index, focus, frame)?;
        match self.one(index, &position, "an index is one number")?.map(|item| item.value()) {
            None => {}
            Some(Item::Integer(at)) => {
                out.extend(usize::try_from(at).ok().and_then(|at| items.get(at)).cloned());
            }
            Some(_) => return Err(self.misfit(id, "an index is a whole number")),
        }
        self.give(items);
        self.give(position);
        Ok(())
    }

    fn variable(&mut self, id: ExprId, name: &str, out: &mut Vec<Item<'t>>) -> Result<(), Error> {
        if let Some((_, items)) = self.defined.iter().rev().find(|(known, _)| known == name) {
            out.extend_from_slice(items);
            return Ok(());
        }
        let environment = self.environment;
        if let Some((_, items)) = environment.variables.iter().rev().find(|(known, _)| **known == *name) {
            out.extend_from_slice(items);
            return Ok(());
        }
        let text = |text: &'static str| Item::Text(Cow::Borrowed(text));
        match name {
            "context" => out.extend_from_slice(&environment.context),
            "resource" => out.extend(environment.resource.map(Item::Element)),
            "rootResource" => out.extend(environment.root_resource.map(Item::Element)),
            "sct" => out.push(text("http://snomed.info/sct")),
            "loinc" => out.push(text("http://loinc.org")),
            "ucum" => out.push(text("http://unitsofmeasure.org")),
            _ => {
                let url = match name.split_once('-') {
                    Some(("vs", set)) => format!("http://hl7.org/fhir/ValueSet/{set}"),
                    Some(("ext", extension)) => format!("http://hl7.org/fhir/StructureDefinition/{extension}"),
                    _ => {
                        let error =
                            Error::expression(codes::E1216, self.place(id), format!("there is no variable `%{name}`"));
                        let known = ["context", "resource", "rootResource", "sct", "loinc", "ucum"];
                        let named = environment.variables.iter().map(|(name, _)| &**name).chain(known);
                        return Err(match definitions::closest(name, named) {
                            Some(meant) => error.with_hint(format!("did you mean %{meant}?")),
                            None => error,
                        });
                    }
                };
                out.push(self.text(id, url)?);
            }
        }
        Ok(())
    }

    fn path(
        &mut self,
        id: ExprId,
        focus: &[Item<'t>],
        head: Option<Type>,
        steps: &'t [Step],
        out: &mut Vec<Item<'t>>,
    ) -> Result<(), Error> {
        let before = out.len();
        for item in focus {
            let steps = match (head, item) {
                (Some(ty), Item::Element(node)) if is_resource_of(*node, ty) => &steps[1..],
                _ => steps,
            };
            match item {
                Item::Element(node) => walk(*node, steps, out),
                Item::Type(namespace, name) => type_part(namespace, name.clone(), steps, out),
                Item::Quantity(quantity) => quantity_part(quantity, steps, out),
                Item::Boolean(_) | Item::Integer(_) | Item::Decimal(_) | Item::Text(_) | Item::Temporal(_) => {
                    if steps.is_empty() {
                        out.push(item.clone());
                    }
                }
            }
        }
        self.burn(id, out.len() - before)
    }
}

/// `Patient` at the beginning of a path is the resource itself, if it is one.
fn is_resource_of(node: Node<'_>, ty: Type) -> bool {
    match node.resource_type() {
        Some(name) if name == ty.name() => true,
        Some(name) => Type::named(name).is_some_and(|found| found.is_a(ty)),
        // A datatype as context: `Quantity.value` on the value of an observation.
        None => ty.kind() != TypeKind::Primitive && member(node).and_then(super::check::type_of) == Some(ty),
    }
}

fn type_part<'t>(namespace: &'static str, name: Cow<'t, str>, steps: &[Step], out: &mut Vec<Item<'t>>) {
    match steps {
        [] => out.push(Item::Type(namespace, name)),
        [step] if &*step.text == "namespace" => out.push(Item::Text(Cow::Borrowed(namespace))),
        [step] if &*step.text == "name" => out.push(Item::Text(name)),
        _ => {}
    }
}

fn quantity_part<'t>(quantity: &super::Quantity<'t>, steps: &[Step], out: &mut Vec<Item<'t>>) {
    match steps {
        [] => out.push(Item::Quantity(Box::new(quantity.clone()))),
        [step] if &*step.text == "value" => out.push(Item::Decimal(quantity.value)),
        [step] if matches!(&*step.text, "unit" | "code") => {
            let text = quantity.to_string();
            let unit = text.split_once(' ').map_or("", |(_, unit)| unit).trim_matches('\'').to_string();
            out.push(Item::Text(Cow::Owned(unit)));
        }
        _ => {}
    }
}

/// The elements that the names lead to, in document order.
fn walk<'t>(node: Node<'t>, steps: &[Step], out: &mut Vec<Item<'t>>) {
    let Some((step, rest)) = steps.split_first() else {
        out.push(Item::Element(node));
        return;
    };
    let (value, extras) = find(node, step);
    match (value, extras) {
        (Some(value), extras) if value.kind() == Kind::Array => {
            let mut beside = extras.filter(|extras| extras.kind() == Kind::Array).map(Node::children);
            for item in value.children() {
                let extra = beside.as_mut().and_then(Iterator::next);
                if !item.is_null() || extra.is_some_and(|extra| extra.kind() == Kind::Object) {
                    walk(item, rest, out);
                }
            }
            // More extras than values: primitives that are extensions only.
            for extra in beside.into_iter().flatten().filter(|extra| extra.kind() == Kind::Object) {
                walk(extra, rest, out);
            }
        }
        (Some(value), _) if !value.is_null() => walk(value, rest, out),
        (_, Some(extras)) => {
            extras.items().filter(|extra| extra.kind() == Kind::Object).for_each(|extra| walk(extra, rest, out))
        }
        (Some(_), None) | (None, None) => {}
    }
}

/// The property of a name, and the one of its extensions.
fn find<'t>(node: Node<'t>, step: &Step) -> (Option<Node<'t>>, Option<Node<'t>>) {
    let object = if node.kind() == Kind::Object { Some(node) } else { node.extras() };
    let Some(object) = object else { return (None, None) };
    let name = step.name.or_else(|| node.tree().find_name(&step.text));
    let (mut value, mut extras, mut choice) = (None, None, None);
    for child in object.children() {
        let Some(its) = child.name() else { continue };
        if Some(its) == name {
            value = Some(child);
        } else if Some(its.twin()) == name {
            extras = Some(child);
        } else if choice.is_none() && (step.choices.contains(&its) || step.choices.contains(&its.twin())) {
            choice = Some(its);
        }
    }
    if value.is_some() || extras.is_some() {
        return if &*step.text == "resourceType" { (None, None) } else { (value, extras) };
    }
    let Some(chosen) = choice else { return (None, None) };
    // `reason` is not `reasonCode`: R4 must say that it is a choice. Where it does not know the element, the name decides.
    if member(node).is_some_and(|member| !member.child(&step.text).is_some_and(|child| child.is_open())) {
        return (None, None);
    }
    let plain = if chosen.is_extension() { chosen.twin() } else { chosen };
    (object.get(plain), object.get(plain.twin()))
}

/// Every element right below, in document order.
pub(super) fn children<'t>(node: Node<'t>, out: &mut Vec<Item<'t>>) {
    let object = if node.kind() == Kind::Object { Some(node) } else { node.extras() };
    let Some(object) = object else { return };
    for child in object.children() {
        let Some(name) = child.name() else { continue };
        if name.spell() == Some("resourceType") {
            continue;
        }
        if name.is_extension() {
            // With its value, where it has one.
            let has_value = object.get(name.twin()).is_some_and(|value| !value.is_null());
            if has_value {
                continue;
            }
            out.extend(child.items().filter(|extra| extra.kind() == Kind::Object).map(Item::Element));
        } else {
            let is_there = |item: &Node<'t>| !item.is_null() || item.extras().is_some();
            out.extend(child.items().filter(is_there).map(Item::Element));
        }
    }
}

/// `is`: the type or one that it specializes.
pub(super) fn is_type(item: &Item<'_>, ty: TypeName) -> bool {
    if let Some(found) = item.system() {
        return ty.system.is_some_and(|wanted| wanted == found || wanted == System::Any);
    }
    match (item.fhir(), ty.fhir) {
        (Some(found), Some(wanted)) => found.is_a(wanted),
        (None, _) | (_, None) => false,
    }
}

/// `as` and `ofType`: as `is`, but a primitive is no other primitive: a code is not taken as a string (suite of R4).
fn is_kind(item: &Item<'_>, ty: TypeName) -> bool {
    match (item.fhir(), ty.fhir) {
        (Some(found), Some(wanted)) if found.primitive().is_some() => found == wanted,
        _ => is_type(item, ty),
    }
}

/// A primitive without a value has nothing to compute with.
pub(super) fn has_no_value(item: &Item<'_>) -> bool {
    match item {
        Item::Element(node) => {
            is_bare(*node)
                || node.is_null()
                || item.fhir().is_some_and(|ty| ty.primitive().is_some()) && !item.has_value()
        }
        Item::Boolean(_)
        | Item::Integer(_)
        | Item::Decimal(_)
        | Item::Text(_)
        | Item::Temporal(_)
        | Item::Quantity(_)
        | Item::Type(..) => false,
    }
}

/// Used by `type()`.
pub(super) fn type_of<'t>(item: &Item<'t>) -> Item<'t> {
    match item.system() {
        Some(system) => Item::Type("System", Cow::Borrowed(system.name())),
        None => Item::Type("FHIR", Cow::Borrowed(item::Item::fhir(item).map_or("Element", Type::name))),
    }
}
