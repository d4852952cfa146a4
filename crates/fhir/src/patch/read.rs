//! Parameters to operations.

use super::{Change, Given, OPERATIONS_MAX, Operation, Patch, in_operation};
use crate::fhirpath::Program;
use crate::tree::{Node, Tree};
use crate::{Error, codes};

/// Nesting of the parts of a value.
const PARTS_DEPTH_MAX: usize = 32;

fn refuse(text: &'static str) -> Error {
    Error::refused(codes::E1220, "", text)
}

pub(super) fn read(parameters: &Tree) -> Result<Patch, Error> {
    let root = parameters.root();
    if root.resource_type() != Some("Parameters") {
        return Err(refuse("a patch is a Parameters resource"));
    }
    let all = root.get("parameter").map(Node::items).into_iter().flatten();
    let operations: Vec<Operation> = all
        .enumerate()
        .map(|(at, parameter)| operation(parameter).map_err(|error| in_operation(error, at)))
        .collect::<Result<_, _>>()?;
    if operations.len() > OPERATIONS_MAX {
        return Err(refuse("a patch has at most 10,000 operations"));
    }
    Ok(Patch { source: parameters.clone(), operations })
}

fn operation(parameter: Node<'_>) -> Result<Operation, Error> {
    if name(parameter) != Some("operation") {
        return Err(refuse("every parameter of a patch has the name `operation`"));
    }
    let ty = text(parameter, "type").ok_or_else(|| refuse("the part `type` is missing"))?;
    let path = text(parameter, "path").ok_or_else(|| refuse("the part `path` is missing"))?;
    let value = || {
        let part = part(parameter, "value").ok_or_else(|| refuse("the part `value` is missing"))?;
        given(part, 0)
    };
    let change = match ty {
        "add" => {
            let name = text(parameter, "name").ok_or_else(|| refuse("the part `name` is missing"))?;
            Change::Add { name: name.trim_end_matches("[x]").to_string(), value: value()? }
        }
        "insert" => Change::Insert { index: index(parameter, "index")?, value: value()? },
        "delete" => Change::Delete,
        "replace" => Change::Replace { value: value()? },
        "move" => Change::Move { source: index(parameter, "source")?, destination: index(parameter, "destination")? },
        _ => return Err(refuse("the type of an operation is add, insert, delete, replace or move")),
    };
    Ok(Operation { path: Program::parse(path)?, change })
}

fn name<'t>(part: Node<'t>) -> Option<&'t str> {
    part.get("name").and_then(Node::text)
}

fn part<'t>(of: Node<'t>, wanted: &str) -> Option<Node<'t>> {
    of.get("part")?.items().find(|part| name(*part) == Some(wanted))
}

/// The only `valueX` of a part, with the X.
fn value<'t>(part: Node<'t>) -> Option<(Node<'t>, &'t str)> {
    part.children().find_map(|child| Some((child, child.key()?.strip_prefix("value").filter(|rest| !rest.is_empty())?)))
}

fn text<'t>(parameter: Node<'t>, wanted: &str) -> Option<&'t str> {
    value(part(parameter, wanted)?)?.0.text()
}

fn index(parameter: Node<'_>, wanted: &'static str) -> Result<usize, Error> {
    let number = part(parameter, wanted).and_then(value).and_then(|(node, _)| node.number()?.parse().ok());
    number.ok_or_else(|| {
        refuse(match wanted {
            "index" => "the part `index` is missing, or no position from 0",
            "source" => "the part `source` is missing, or no position from 0",
            _ => "the part `destination` is missing, or no position from 0",
        })
    })
}

fn given(part: Node<'_>, depth: usize) -> Result<Given, Error> {
    if depth > PARTS_DEPTH_MAX {
        return Err(refuse("the parts of a value are nested too deep"));
    }
    if let Some((node, suffix)) = value(part) {
        return Ok(Given::Value { node: node.id(), extras: node.extras().map(Node::id), suffix: suffix.to_string() });
    }
    if let Some(resource) = part.get("resource") {
        return Ok(Given::Resource(resource.id()));
    }
    // A primitive that has extensions and no value.
    if let Some(extras) = part.children().find(|child| child.key().is_some_and(|key| key.starts_with("_value"))) {
        let suffix = extras.key().unwrap_or_default().trim_start_matches("_value").to_string();
        return Ok(Given::Value { node: extras.id(), extras: Some(extras.id()), suffix });
    }
    let parts = part.get("part").ok_or_else(|| refuse("a value is a `valueX`, a `resource`, or parts"))?;
    let inner = |part: Node<'_>| {
        let name = name(part).ok_or_else(|| refuse("a part of a value has no name"))?;
        Ok((name.trim_end_matches("[x]").to_string(), given(part, depth + 1)?))
    };
    parts.items().map(inner).collect::<Result<_, Error>>().map(Given::Parts)
}
