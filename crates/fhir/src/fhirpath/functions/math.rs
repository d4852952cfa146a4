//! Numbers: exact where the result is exact, to fifteen digits where it is not.

use super::super::decimal::Decimal;
use super::super::equality::{self, compare};
use super::super::eval::{Machine, has_no_value};
use super::super::item::Item;
use super::super::quantity::Quantity;
use super::{Call, Function};
use crate::Error;
use std::cmp::Ordering;

/// Digits that `round` takes.
const ROUND_DIGITS_MAX: i64 = 31;
/// Exponents up to which a power is multiplied out.
const POWER_MAX: i64 = 1024;

pub(super) fn run<'t>(machine: &mut Machine<'t, '_>, call: Call<'_, 't>, out: &mut Vec<Item<'t>>) -> Result<(), Error> {
    if let Function::Sum | Function::Min | Function::Max | Function::Avg = call.function {
        return over_all(machine, call, out);
    }
    let Some(value) = call.one(machine)? else { return Ok(()) };
    if has_no_value(&value) {
        return Ok(());
    }
    if let (Function::Abs, Item::Quantity(value)) = (call.function, &value) {
        out.push(Item::Quantity(Box::new(Quantity { value: value.value.abs(), unit: value.unit.clone() })));
        return Ok(());
    }
    let Some(number) = equality::decimal(&value) else {
        return Err(
            machine.misfit(call.id, format!("`{}` works on a number, not on {}", call.name(), value.type_name()))
        );
    };
    let is_integer = matches!(value, Item::Integer(_));
    let whole = |value: Decimal| value.to_integer().map(Item::Integer);
    let near = |value: f64| Decimal::from_f64(value).map(Item::Decimal);
    out.extend(match call.function {
        Function::Abs if is_integer => whole(number.abs()),
        Function::Abs => Some(Item::Decimal(number.abs())),
        Function::Ceiling => whole(number.ceiling()),
        Function::Floor => whole(number.floor()),
        Function::Truncate => whole(number.cut(0)),
        Function::Exp => near(number.to_f64().exp()),
        Function::Ln => near(number.to_f64().ln()),
        Function::Sqrt if number.is_negative() => None,
        Function::Sqrt => near(number.to_f64().sqrt()),
        Function::Log => match self::number(machine, call)? {
            Some(base) => near(number.to_f64().ln() / base.to_f64().ln()),
            None => None,
        },
        Function::Power => match self::number(machine, call)? {
            Some(exponent) => power(number, exponent, is_integer),
            None => None,
        },
        Function::Round => match call.integer(machine, 0)? {
            Some(digits) if !(0..=ROUND_DIGITS_MAX).contains(&digits) => {
                return Err(machine.misfit(call.id, "`round` takes a number of digits from 0 to 31"));
            }
            Some(digits) if digits > 0 => Some(Item::Decimal(number.round(digits as u32))),
            _ if is_integer => Some(value),
            _ => Some(Item::Decimal(number.round(0))),
        },
        _ => return Err(call.misplaced(machine)),
    });
    Ok(())
}

fn number<'t>(machine: &mut Machine<'t, '_>, call: Call<'_, 't>) -> Result<Option<Decimal>, Error> {
    match call.value(machine, 0)? {
        None => Ok(None),
        Some(value) => match equality::decimal(&value) {
            Some(number) => Ok(Some(number)),
            None => Err(machine.misfit(call.id, format!("`{}` takes a number", call.name()))),
        },
    }
}

fn power<'t>(number: Decimal, exponent: Decimal, is_integer: bool) -> Option<Item<'t>> {
    match exponent.to_integer() {
        Some(times @ 0..=POWER_MAX) => {
            let out = number.power(times as u32)?;
            Some(if is_integer && exponent.scale() == 0 {
                Item::Integer(out.to_integer()?)
            } else {
                Item::Decimal(out)
            })
        }
        _ => Decimal::from_f64(number.to_f64().powf(exponent.to_f64())).map(Item::Decimal),
    }
}

fn over_all<'t>(machine: &Machine<'t, '_>, call: Call<'_, 't>, out: &mut Vec<Item<'t>>) -> Result<(), Error> {
    let values: Vec<Item<'t>> = call.input.iter().map(Item::value).filter(|value| !has_no_value(value)).collect();
    let misfit = || machine.misfit(call.id, format!("`{}` works on values of one kind", call.name()));
    let Some(first) = values.first() else { return Ok(()) };
    if let Function::Min | Function::Max = call.function {
        let wanted = if call.function == Function::Min { Ordering::Less } else { Ordering::Greater };
        let mut best = first.clone();
        for value in &values[1..] {
            if compare(value, &best).map_err(|()| misfit())? == Some(wanted) {
                best = value.clone();
            }
        }
        out.push(best);
        return Ok(());
    }
    let mut sum = equality::quantity(first).ok_or_else(misfit)?;
    for value in &values[1..] {
        match sum.add(&equality::quantity(value).ok_or_else(misfit)?, false) {
            Some(next) => sum = next,
            None => return Ok(()),
        }
    }
    let is_average = call.function == Function::Avg;
    if is_average {
        let Some(value) = sum.value.divide(Decimal::from(values.len() as i64)) else { return Ok(()) };
        sum.value = value;
    }
    let are_integers = values.iter().all(|value| matches!(value, Item::Integer(_)));
    out.extend(match first {
        Item::Quantity(_) => Some(Item::Quantity(Box::new(sum))),
        _ if are_integers && !is_average => sum.value.to_integer().map(Item::Integer),
        _ => Some(Item::Decimal(sum.value)),
    });
    Ok(())
}
