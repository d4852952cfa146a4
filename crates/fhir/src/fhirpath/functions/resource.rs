//! What FHIR adds: extensions, values of primitives, references, value sets, profiles, narrative.

use super::super::eval::Machine;
use super::super::item::Item;
use super::{Call, Function, html};
use crate::definitions::{Membership, Type, ValueSet, unversioned};
use crate::tree::{Kind, Node};
use crate::{Error, codes};
use std::borrow::Cow;

pub(super) fn run<'t>(machine: &mut Machine<'t, '_>, call: Call<'_, 't>, out: &mut Vec<Item<'t>>) -> Result<(), Error> {
    match call.function {
        Function::Extension => {
            if let Some(url) = call.text(machine, 0)? {
                call.input.iter().for_each(|item| extensions(item, &url, out));
            }
        }
        Function::HasValue => {
            out.push(Item::Boolean(matches!(call.input, [item] if item.has_value())));
        }
        Function::GetValue => {
            if let [item] = call.input {
                out.extend(Some(item).filter(|item| item.has_value()).map(Item::value));
            }
        }
        Function::Resolve => {
            for item in call.input {
                let found = reference(item).and_then(|reference| resolve(machine, item, &reference));
                out.extend(found.map(Item::Element));
            }
        }
        Function::ConformsTo => conforms(machine, call, out)?,
        Function::MemberOf => member_of(machine, call, out)?,
        Function::Subsumes | Function::SubsumedBy => subsumes(machine, call, out)?,
        Function::HtmlChecks | Function::HtmlChecks2 => {
            if let Some(item) = machine.one(call.id, call.input, "`htmlChecks` takes one item")? {
                out.push(Item::Boolean(item.to_text().is_some_and(|text| html::is_allowed(&text))));
            }
        }
        Function::CheckModifiers => check_modifiers(machine, call, out)?,
        Function::GetResourceKey | Function::GetReferenceKey => keys(machine, call, out)?,
        Function::ElementDefinition | Function::Slice => {
            let text = format!("`{}` needs a profile, and there is none here", call.name());
            return Err(Error::expression(codes::E1216, machine.place(call.id), text));
        }
        _ => return Err(call.misplaced(machine)),
    }
    Ok(())
}

fn extensions<'t>(item: &Item<'t>, url: &str, out: &mut Vec<Item<'t>>) {
    let Item::Element(node) = item else { return };
    let object = if node.kind() == Kind::Object { Some(*node) } else { node.extras() };
    let all = object.and_then(|object| object.get("extension")).map(Node::items).into_iter().flatten();
    out.extend(all.filter(|extension| extension.get("url").and_then(Node::text) == Some(url)).map(Item::Element));
}

/// The text of a reference: of a Reference, a canonical, a uri or a string.
fn reference<'t>(item: &Item<'t>) -> Option<Cow<'t, str>> {
    match item {
        Item::Element(node) if node.kind() == Kind::Object => {
            node.get("reference").and_then(Node::text).map(Cow::Borrowed)
        }
        other => match other.value() {
            Item::Text(text) => Some(text),
            _ => None,
        },
    }
}

/// In the resource itself, in the bundle around it, then by the host.
fn resolve<'t>(machine: &Machine<'t, '_>, item: &Item<'t>, reference: &str) -> Option<Node<'t>> {
    let environment = machine.environment;
    let start = match item {
        Item::Element(node) => Some(*node),
        _ => environment.resource,
    };
    if let Some(id) = reference.strip_prefix('#') {
        let container = start.map(outermost_of_contained).or(environment.root_resource)?;
        if id.is_empty() {
            return Some(container);
        }
        let mut contained = container.get("contained").map(Node::items).into_iter().flatten();
        return contained.find(|resource| resource.get("id").and_then(Node::text) == Some(id));
    }
    let bundle = start.and_then(|start| {
        let mut up = std::iter::successors(Some(start), |node| node.parent());
        up.find(|node| node.resource_type() == Some("Bundle"))
    });
    bundle.and_then(|bundle| entry(bundle, reference)).or_else(|| environment.host?.resolve(reference))
}

/// The resource around a node that is not contained in another one.
fn outermost_of_contained(node: Node<'_>) -> Node<'_> {
    let mut at = node;
    let mut found = node;
    loop {
        if at.resource_type().is_some() {
            found = at;
            let holder =
                at.parent().and_then(|parent| if parent.kind() == Kind::Array { parent.key() } else { at.key() });
            if holder != Some("contained") {
                return found;
            }
        }
        match at.parent() {
            Some(parent) => at = parent,
            None => return found,
        }
    }
}

/// The entry of a bundle by its full URL, whole or ending in `Type/id`.
fn entry<'t>(bundle: Node<'t>, reference: &str) -> Option<Node<'t>> {
    let reference = reference.split('#').next().unwrap_or(reference);
    let entries = bundle.get("entry").map(Node::items).into_iter().flatten();
    let mut relative = None;
    for entry in entries {
        let Some(resource) = entry.get("resource") else { continue };
        let url = entry.get("fullUrl").and_then(Node::text).unwrap_or_default();
        if url == reference {
            return Some(resource);
        }
        let is_named = || {
            let (ty, id) = reference.split_once('/')?;
            Some(resource.resource_type() == Some(ty) && resource.get("id").and_then(Node::text) == Some(id))
        };
        let ends_so = url.strip_suffix(reference).is_some_and(|rest| rest.ends_with('/'));
        if relative.is_none() && (ends_so || is_named() == Some(true)) {
            relative = Some(resource);
        }
    }
    relative
}

fn conforms<'t>(machine: &mut Machine<'t, '_>, call: Call<'_, 't>, out: &mut Vec<Item<'t>>) -> Result<(), Error> {
    let Some(profile) = call.text(machine, 0)? else { return Ok(()) };
    let Some(item) = machine.one(call.id, call.input, "`conformsTo` takes one item")? else { return Ok(()) };
    let answer = match (&item, Type::of_url(unversioned(&profile))) {
        (Item::Element(_), Some(wanted)) => item.fhir().map(|found| found.is_a(wanted)),
        (Item::Element(node), None) => machine.environment.host.and_then(|host| host.conforms(*node, &profile)),
        _ => Some(false),
    };
    match answer {
        Some(answer) => out.push(Item::Boolean(answer)),
        None => {
            let text = "this profile is not known here";
            return Err(Error::expression(codes::E1216, machine.place(call.id), text));
        }
    }
    Ok(())
}

/// System and code of a code, a Coding, or each of a CodeableConcept.
fn codings<'t>(item: &Item<'t>) -> Vec<(Option<&'t str>, Cow<'t, str>)> {
    let coding = |node: Node<'t>| {
        let code = node.get("code").and_then(Node::text)?;
        Some((node.get("system").and_then(Node::text), Cow::Borrowed(code)))
    };
    match item {
        Item::Element(node) if node.kind() == Kind::Object => match node.get("coding") {
            Some(all) => all.items().filter_map(coding).collect(),
            None => coding(*node).into_iter().collect(),
        },
        other => match other.value() {
            Item::Text(text) => vec![(None, text)],
            _ => Vec::new(),
        },
    }
}

fn member_of<'t>(machine: &mut Machine<'t, '_>, call: Call<'_, 't>, out: &mut Vec<Item<'t>>) -> Result<(), Error> {
    let Some(url) = call.text(machine, 0)? else { return Ok(()) };
    let Some(item) = machine.one(call.id, call.input, "`memberOf` takes one item")? else { return Ok(()) };
    let mut answer = Some(false);
    for (system, code) in codings(&item) {
        let by_r4 = ValueSet::of_url(unversioned(&url)).map(|set| match system {
            Some(system) => set.contains(system, &code),
            None => set.contains_code(&code),
        });
        let found = match by_r4 {
            Some(Membership::In) => Some(true),
            Some(Membership::Out) => Some(false),
            Some(Membership::Unknown) | None => {
                machine.environment.host.and_then(|host| host.is_member(system, &code, &url))
            }
        };
        match found {
            Some(true) => {
                out.push(Item::Boolean(true));
                return Ok(());
            }
            Some(false) => {}
            None => answer = None,
        }
    }
    // What nobody knows is nothing, not false.
    out.extend(answer.map(Item::Boolean));
    Ok(())
}

fn subsumes<'t>(machine: &mut Machine<'t, '_>, call: Call<'_, 't>, out: &mut Vec<Item<'t>>) -> Result<(), Error> {
    let argument = call.argument(machine, 0)?;
    let one = "`subsumes` compares one code with another";
    let (Some(mine), Some(its)) = (machine.one(call.id, call.input, one)?, machine.one(call.id, &argument, one)?)
    else {
        return Ok(());
    };
    let (wider, narrower) = if call.function == Function::Subsumes { (mine, its) } else { (its, mine) };
    let mut answer = Some(false);
    for (system, wide) in codings(&wider) {
        for (other, narrow) in codings(&narrower) {
            let found = match system {
                _ if system != other => Some(false),
                _ if wide == narrow => Some(true),
                Some(system) => machine.environment.host.and_then(|host| host.subsumes(system, &wide, &narrow)),
                None => None,
            };
            match found {
                Some(true) => {
                    out.push(Item::Boolean(true));
                    return Ok(());
                }
                Some(false) => {}
                None => answer = None,
            }
        }
    }
    out.extend(answer.map(Item::Boolean));
    Ok(())
}

/// Modifier extensions that nobody named are an error: who does not know them must not go on.
fn check_modifiers<'t>(
    machine: &mut Machine<'t, '_>,
    call: Call<'_, 't>,
    out: &mut Vec<Item<'t>>,
) -> Result<(), Error> {
    let mut known = Vec::new();
    for at in 0..call.arguments.len() {
        known.extend(call.text(machine, at)?);
    }
    for item in call.input {
        let Item::Element(node) = item else { continue };
        let mut all = node.get("modifierExtension").map(Node::items).into_iter().flatten();
        let is_unknown = |extension: Node<'t>| {
            !extension.get("url").and_then(Node::text).is_some_and(|url| known.iter().any(|known| *known == url))
        };
        if all.any(is_unknown) {
            return Err(machine.misfit(call.id, "the element has a modifier extension that is not among those named"));
        }
    }
    out.extend_from_slice(call.input);
    Ok(())
}

/// `Type/id` of a resource or of what a reference leads to, for joining rows.
fn keys<'t>(machine: &mut Machine<'t, '_>, call: Call<'_, 't>, out: &mut Vec<Item<'t>>) -> Result<(), Error> {
    let mut wanted = None;
    if let (Function::GetReferenceKey, Some(id)) = (call.function, call.arguments.first()) {
        wanted = match machine.parsed.exprs.get(*id as usize) {
            Some(super::super::syntax::Expr::Path { steps, .. }) => steps.last().map(|step| step.text.to_string()),
            _ => call.text(machine, 0)?.map(Cow::into_owned),
        };
    }
    for item in call.input {
        let Item::Element(node) = item else { continue };
        let key = if call.function == Function::GetResourceKey {
            node.resource_type().zip(node.get("id").and_then(Node::text)).map(|(ty, id)| format!("{ty}/{id}"))
        } else {
            node.get("reference").and_then(Node::text).map(str::to_string)
        };
        let is_wanted = |key: &String| match &wanted {
            Some(ty) => key.rsplit('/').nth(1) == Some(ty),
            None => true,
        };
        if let Some(key) = key.filter(is_wanted) {
            out.push(machine.text(call.id, key)?);
        }
    }
    Ok(())
}
