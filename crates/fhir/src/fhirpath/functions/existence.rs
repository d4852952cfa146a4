//! Is there something, how many, are they all, one of another.

use super::super::equality::contains;
use super::super::eval::Machine;
use super::super::item::Item;
use super::super::operators::truth;
use super::{Call, Function};
use crate::Error;

pub(super) fn run<'t>(machine: &mut Machine<'t, '_>, call: Call<'_, 't>, out: &mut Vec<Item<'t>>) -> Result<(), Error> {
    let answer = match call.function {
        Function::Empty => call.input.is_empty(),
        Function::Exists => exists(machine, call)?,
        Function::All => all(machine, call)?,
        Function::AllTrue => booleans(machine, call)?.iter().all(|value| *value),
        Function::AnyTrue => booleans(machine, call)?.iter().any(|value| *value),
        Function::AllFalse => booleans(machine, call)?.iter().all(|value| !*value),
        Function::AnyFalse => booleans(machine, call)?.iter().any(|value| !*value),
        Function::SubsetOf => {
            let other = call.argument(machine, 0)?;
            is_subset(machine, call, call.input, &other)?
        }
        Function::SupersetOf => {
            let other = call.argument(machine, 0)?;
            is_subset(machine, call, &other, call.input)?
        }
        Function::Count => {
            out.push(Item::Integer(call.input.len() as i64));
            return Ok(());
        }
        Function::Distinct => return distinct(machine, call, out),
        Function::IsDistinct => {
            let mut seen = Vec::new();
            distinct(machine, call, &mut seen)?;
            seen.len() == call.input.len()
        }
        Function::Not => match truth(machine, call.id, call.input)? {
            Some(value) => !value,
            None => return Ok(()),
        },
        _ => return Err(call.misplaced(machine)),
    };
    out.push(Item::Boolean(answer));
    Ok(())
}

fn exists<'t>(machine: &mut Machine<'t, '_>, call: Call<'_, 't>) -> Result<bool, Error> {
    if call.arguments.is_empty() {
        return Ok(!call.input.is_empty());
    }
    for (index, item) in call.input.iter().enumerate() {
        let found = call.on(machine, 0, item, index)?;
        if truth(machine, call.id, &found)? == Some(true) {
            return Ok(true);
        }
        machine.give(found);
    }
    Ok(false)
}

fn all<'t>(machine: &mut Machine<'t, '_>, call: Call<'_, 't>) -> Result<bool, Error> {
    for (index, item) in call.input.iter().enumerate() {
        let found = call.on(machine, 0, item, index)?;
        if truth(machine, call.id, &found)? != Some(true) {
            return Ok(false);
        }
        machine.give(found);
    }
    Ok(true)
}

fn booleans<'t>(machine: &Machine<'t, '_>, call: Call<'_, 't>) -> Result<Vec<bool>, Error> {
    let boolean = |item: &Item<'t>| match item.value() {
        Item::Boolean(value) => Ok(value),
        other => Err(machine.misfit(call.id, format!("`{}` takes booleans, not {}", call.name(), other.type_name()))),
    };
    call.input.iter().map(boolean).collect()
}

fn is_subset<'t>(
    machine: &mut Machine<'t, '_>,
    call: Call<'_, 't>,
    part: &[Item<'t>],
    whole: &[Item<'t>],
) -> Result<bool, Error> {
    machine.burn(call.id, part.len() * whole.len())?;
    Ok(part.iter().all(|item| contains(whole, item)))
}

fn distinct<'t>(machine: &mut Machine<'t, '_>, call: Call<'_, 't>, out: &mut Vec<Item<'t>>) -> Result<(), Error> {
    let start = out.len();
    for item in call.input {
        machine.burn(call.id, out.len() - start)?;
        if !contains(&out[start..], item) {
            out.push(item.clone());
        }
    }
    Ok(())
}
