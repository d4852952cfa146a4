//! Choosing, turning, joining and folding collections; going down a tree.

use super::super::equality::{compare, contains};
use super::super::eval::{Frame, Machine, children};
use super::super::item::Item;
use super::super::operators::truth;
use super::super::syntax::Expr;
use super::{Call, Function};
use crate::{Error, codes};
use std::cmp::Ordering;

pub(super) fn run<'t>(machine: &mut Machine<'t, '_>, call: Call<'_, 't>, out: &mut Vec<Item<'t>>) -> Result<(), Error> {
    let input = call.input;
    match call.function {
        Function::Where => chosen(machine, call, out)?,
        Function::Select => {
            for (index, item) in input.iter().enumerate() {
                let found = call.on(machine, 0, item, index)?;
                out.extend_from_slice(&found);
                machine.burn(call.id, found.len())?;
                machine.give(found);
            }
        }
        Function::Repeat => repeat(machine, call, true, out)?,
        Function::RepeatAll => repeat(machine, call, false, out)?,
        Function::Single => out.extend(machine.one(call.id, input, "`single` takes one item")?),
        Function::First => out.extend(input.first().cloned()),
        Function::Last => out.extend(input.last().cloned()),
        Function::Tail => out.extend(input.iter().skip(1).cloned()),
        Function::Skip => {
            if let Some(count) = call.integer(machine, 0)? {
                out.extend(input.iter().skip(usize::try_from(count).unwrap_or(0)).cloned());
            }
        }
        Function::Take => {
            if let Some(count) = call.integer(machine, 0)? {
                out.extend(input.iter().take(usize::try_from(count).unwrap_or(0)).cloned());
            }
        }
        Function::Intersect | Function::Exclude | Function::Union | Function::Combine => {
            with_other(machine, call, out)?
        }
        Function::Coalesce => {
            for at in 0..call.arguments.len() {
                let found = call.argument(machine, at)?;
                if !found.is_empty() {
                    out.extend(found);
                    break;
                }
            }
        }
        Function::Sort => sort(machine, call, out)?,
        Function::Aggregate => aggregate(machine, call, out)?,
        Function::Iif => iif(machine, call, out)?,
        Function::Trace => trace(machine, call, out)?,
        Function::DefineVariable => define(machine, call, out)?,
        Function::Children => {
            for item in input {
                if let Item::Element(node) = item {
                    children(*node, out);
                }
            }
            machine.burn(call.id, out.len())?;
        }
        Function::Descendants => descendants(machine, call, out)?,
        _ => return Err(call.misplaced(machine)),
    }
    Ok(())
}

fn chosen<'t>(machine: &mut Machine<'t, '_>, call: Call<'_, 't>, out: &mut Vec<Item<'t>>) -> Result<(), Error> {
    for (index, item) in call.input.iter().enumerate() {
        let found = call.on(machine, 0, item, index)?;
        if truth(machine, call.id, &found)? == Some(true) {
            out.push(item.clone());
        }
        machine.give(found);
    }
    Ok(())
}

/// What the argument gives, on it again what it gives, until nothing new comes.
fn repeat<'t>(
    machine: &mut Machine<'t, '_>,
    call: Call<'_, 't>,
    is_distinct: bool,
    out: &mut Vec<Item<'t>>,
) -> Result<(), Error> {
    let start = out.len();
    let mut open: std::collections::VecDeque<Item<'t>> = call.input.iter().cloned().collect();
    while let Some(item) = open.pop_front() {
        let found = call.on(machine, 0, &item, 0)?;
        for item in &found {
            machine.burn(call.id, 1 + if is_distinct { out.len() - start } else { 0 })?;
            if !is_distinct || !contains(&out[start..], item) {
                out.push(item.clone());
                open.push_back(item.clone());
            }
        }
        machine.give(found);
    }
    Ok(())
}

fn with_other<'t>(machine: &mut Machine<'t, '_>, call: Call<'_, 't>, out: &mut Vec<Item<'t>>) -> Result<(), Error> {
    let other = call.argument(machine, 0)?;
    machine.burn(call.id, (call.input.len() + 1) * (other.len() + 1))?;
    let start = out.len();
    match call.function {
        Function::Exclude => out.extend(call.input.iter().filter(|item| !contains(&other, item)).cloned()),
        Function::Combine => out.extend(call.input.iter().chain(&other).cloned()),
        Function::Union => {
            for item in call.input.iter().chain(&other) {
                machine.burn(call.id, out.len() - start)?;
                if !contains(&out[start..], item) {
                    out.push(item.clone());
                }
            }
        }
        _ => {
            for item in call.input.iter().filter(|item| contains(&other, item)) {
                if !contains(&out[start..], item) {
                    out.push(item.clone());
                }
            }
        }
    }
    machine.give(other);
    Ok(())
}

/// Stable; a key with a minus before it counts down; what has no key comes first
/// either way.
fn sort<'t>(machine: &mut Machine<'t, '_>, call: Call<'_, 't>, out: &mut Vec<Item<'t>>) -> Result<(), Error> {
    let parsed = machine.parsed;
    let keys: Vec<(u32, bool)> = call
        .arguments
        .iter()
        .map(|id| match parsed.exprs.get(*id as usize) {
            Some(Expr::Sign { is_minus: true, of }) => (*of, true),
            _ => (*id, false),
        })
        .collect();
    let mut rows = Vec::new();
    for (index, item) in call.input.iter().enumerate() {
        let this = std::slice::from_ref(item);
        let mut row = Vec::new();
        for (id, _) in &keys {
            let found = machine.part(*id, this, Frame { this, index: index as i64, total: call.frame.total })?;
            row.push(machine.one(*id, &found, "a sort key is one value")?);
        }
        if keys.is_empty() {
            row.push(Some(item.clone()));
        }
        rows.push((row, item));
    }
    // About n log n comparisons.
    machine.burn(call.id, rows.len() * (usize::BITS - rows.len().leading_zeros()) as usize)?;
    let mut is_misfit = false;
    rows.sort_by(|(left, _), (right, _)| {
        for (at, (left, right)) in left.iter().zip(right).enumerate() {
            let order = match (left, right) {
                (None, None) => Ordering::Equal,
                (None, Some(_)) => return Ordering::Less,
                (Some(_), None) => return Ordering::Greater,
                (Some(left), Some(right)) => match compare(left, right) {
                    Ok(order) => order.unwrap_or(Ordering::Equal),
                    Err(()) => {
                        is_misfit = true;
                        Ordering::Equal
                    }
                },
            };
            let is_down = keys.get(at).is_some_and(|(_, is_down)| *is_down);
            if order.is_ne() {
                return if is_down { order.reverse() } else { order };
            }
        }
        Ordering::Equal
    });
    if is_misfit {
        return Err(machine.misfit(call.id, "the keys of a sort are of kinds that cannot be compared"));
    }
    out.extend(rows.into_iter().map(|(_, item)| item.clone()));
    Ok(())
}

fn aggregate<'t>(machine: &mut Machine<'t, '_>, call: Call<'_, 't>, out: &mut Vec<Item<'t>>) -> Result<(), Error> {
    let mut total = call.argument(machine, 1)?;
    let Some(step) = call.arguments.first() else { return Ok(()) };
    for (index, item) in call.input.iter().enumerate() {
        let this = std::slice::from_ref(item);
        let next = machine.part(*step, this, Frame { this, index: index as i64, total: &total })?;
        machine.give(std::mem::replace(&mut total, next));
    }
    out.append(&mut total);
    Ok(())
}

fn iif<'t>(machine: &mut Machine<'t, '_>, call: Call<'_, 't>, out: &mut Vec<Item<'t>>) -> Result<(), Error> {
    machine.one(call.id, call.input, "`iif` takes at most one item")?;
    let this = if call.input.is_empty() { call.frame.this } else { call.input };
    let frame = Frame { this, ..call.frame };
    let Some(condition) = call.arguments.first() else { return Ok(()) };
    let found = machine.part(*condition, call.input, frame)?;
    let is_true =
        match machine.one(*condition, &found, "the condition of `iif` is one boolean")?.map(|item| item.value()) {
            None => false,
            Some(Item::Boolean(value)) => value,
            Some(_) => return Err(machine.misfit(*condition, "the condition of `iif` is a boolean")),
        };
    machine.give(found);
    if let Some(branch) = call.arguments.get(if is_true { 1 } else { 2 }) {
        let found = machine.part(*branch, call.input, frame)?;
        out.extend_from_slice(&found);
        machine.give(found);
    }
    Ok(())
}

fn trace<'t>(machine: &mut Machine<'t, '_>, call: Call<'_, 't>, out: &mut Vec<Item<'t>>) -> Result<(), Error> {
    let name = call.text(machine, 0)?.unwrap_or_default();
    if let Some(host) = machine.environment.host {
        if call.arguments.len() > 1 {
            let mut seen = Vec::new();
            for (index, item) in call.input.iter().enumerate() {
                seen.extend(call.on(machine, 1, item, index)?);
            }
            host.trace(&name, &seen);
        } else {
            host.trace(&name, call.input);
        }
    }
    out.extend_from_slice(call.input);
    Ok(())
}

fn define<'t>(machine: &mut Machine<'t, '_>, call: Call<'_, 't>, out: &mut Vec<Item<'t>>) -> Result<(), Error> {
    let name = call.text(machine, 0)?.unwrap_or_default().into_owned();
    let is_taken = matches!(name.as_str(), "context" | "resource" | "rootResource" | "sct" | "loinc" | "ucum")
        || machine.defined.iter().any(|(known, _)| *known == name);
    if is_taken {
        let text = "the variable is there already, and cannot be defined again";
        return Err(Error::expression(codes::E1212, machine.place(call.id), text));
    }
    let items = match call.arguments.get(1) {
        Some(value) => {
            let frame = Frame { this: call.input, ..call.frame };
            machine.part(*value, call.input, frame)?
        }
        None => call.input.to_vec(),
    };
    machine.defined.push((name, items));
    out.extend_from_slice(call.input);
    Ok(())
}

fn descendants<'t>(machine: &mut Machine<'t, '_>, call: Call<'_, 't>, out: &mut Vec<Item<'t>>) -> Result<(), Error> {
    let mut open = Vec::new();
    for item in call.input {
        if let Item::Element(node) = item {
            let start = open.len();
            children(*node, &mut open);
            open[start..].reverse();
        }
        // Depth first, each before what is below it.
        while let Some(item) = open.pop() {
            machine.burn(call.id, 1)?;
            if let Item::Element(node) = &item {
                let start = open.len();
                children(*node, &mut open);
                open[start..].reverse();
            }
            out.push(item);
        }
    }
    Ok(())
}
