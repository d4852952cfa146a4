//! The operators: logic with "nothing", comparison, membership, arithmetic.

use super::decimal::Decimal;
use super::equality::{self, compare, contains, decimal, equal_all, equivalent_all, quantity};
use super::eval::{Frame, Machine, has_no_value};
use super::item::Item;
use super::quantity::{Calendar, Quantity};
use super::syntax::{Expr, ExprId, Operator};
use super::temporal::{Precision, Temporal, TemporalKind};
use crate::Error;
use std::cmp::Ordering;

/// An operator with its operands evaluated one after the other. A chain (`a + b + c`) is worked from its left end, so that
/// a long one takes no deep stack.
pub(super) fn binary<'t>(
    machine: &mut Machine<'t, '_>,
    id: ExprId,
    focus: &[Item<'t>],
    frame: Frame<'_, 't>,
    out: &mut Vec<Item<'t>>,
) -> Result<(), Error> {
    let parsed = machine.parsed;
    let start = machine.chain.len();
    let mut at = id;
    while let Some(Expr::Binary { operator, left, right }) = parsed.exprs.get(at as usize) {
        machine.chain.push((at, *operator, *left, *right));
        at = *left;
    }
    let mut mine = machine.part(at, focus, frame)?;
    while machine.chain.len() > start
        && let Some((id, operator, left, right)) = machine.chain.pop()
    {
        let mut found = machine.take();
        if !settle(machine, operator, left, &mine, &mut found)? {
            let its = machine.part(right, focus, frame)?;
            combine(machine, id, (operator, left, right), &mine, &its, &mut found)?;
            machine.give(its);
        }
        machine.give(std::mem::replace(&mut mine, found));
    }
    out.append(&mut mine);
    machine.give(mine);
    Ok(())
}

/// What the left side settles, the right side cannot change, and is not evaluated for.
fn settle<'t>(
    machine: &Machine<'t, '_>,
    operator: Operator,
    left: ExprId,
    mine: &[Item<'t>],
    out: &mut Vec<Item<'t>>,
) -> Result<bool, Error> {
    if !matches!(operator, Operator::And | Operator::Or | Operator::Implies) {
        return Ok(false);
    }
    let settled = match (operator, truth(machine, left, mine)?) {
        (Operator::And, Some(false)) => Some(false),
        (Operator::Or, Some(true)) | (Operator::Implies, Some(false)) => Some(true),
        _ => None,
    };
    out.extend(settled.map(Item::Boolean));
    Ok(settled.is_some())
}

fn combine<'t>(
    machine: &mut Machine<'t, '_>,
    id: ExprId,
    (operator, left, right): (Operator, ExprId, ExprId),
    mine: &[Item<'t>],
    its: &[Item<'t>],
    out: &mut Vec<Item<'t>>,
) -> Result<(), Error> {
    machine.burn(id, mine.len() + its.len())?;
    let boolean = |value: Option<bool>, out: &mut Vec<Item<'t>>| out.extend(value.map(Item::Boolean));
    match operator {
        Operator::And | Operator::Or | Operator::Xor | Operator::Implies => {
            let (mine, its) = (truth(machine, left, mine)?, truth(machine, right, its)?);
            boolean(logic(operator, mine, its), out);
        }
        Operator::Equal => boolean(equal_all(mine, its), out),
        Operator::NotEqual => boolean(equal_all(mine, its).map(|is_equal| !is_equal), out),
        Operator::Equivalent => boolean(Some(equivalent_all(mine, its)), out),
        Operator::NotEquivalent => boolean(Some(!equivalent_all(mine, its)), out),
        Operator::Less | Operator::LessOrEqual | Operator::Greater | Operator::GreaterOrEqual => {
            let one = "only single values can be compared";
            if let (Some(mine), Some(its)) = (machine.one(id, mine, one)?, machine.one(id, its, one)?) {
                boolean(order(machine, id, operator, &mine, &its)?, out);
            }
        }
        Operator::In => member(machine, id, mine, its, out)?,
        Operator::Contains => member(machine, id, its, mine, out)?,
        Operator::Union => unite(machine, id, mine, its, out)?,
        Operator::Join => join(machine, id, mine, its, out)?,
        Operator::Add
        | Operator::Subtract
        | Operator::Multiply
        | Operator::Divide
        | Operator::DivideWhole
        | Operator::Remainder => {
            let one = "arithmetic works on single values";
            if let (Some(mine), Some(its)) = (machine.one(id, mine, one)?, machine.one(id, its, one)?) {
                out.extend(calculate(machine, id, operator, &mine.value(), &its.value())?);
            }
        }
    }
    Ok(())
}

fn unite<'t>(
    machine: &mut Machine<'t, '_>,
    id: ExprId,
    left: &[Item<'t>],
    right: &[Item<'t>],
    out: &mut Vec<Item<'t>>,
) -> Result<(), Error> {
    let start = out.len();
    for item in left.iter().chain(right) {
        machine.burn(id, out.len() - start)?;
        if !contains(&out[start..], item) {
            out.push(item.clone());
        }
    }
    Ok(())
}

/// Texts one after the other; nothing counts as an empty one.
fn join<'t>(
    machine: &Machine<'t, '_>,
    id: ExprId,
    left: &[Item<'t>],
    right: &[Item<'t>],
    out: &mut Vec<Item<'t>>,
) -> Result<(), Error> {
    let one = "`&` joins single texts";
    let mut text = String::new();
    for item in [machine.one(id, left, one)?, machine.one(id, right, one)?].into_iter().flatten() {
        match item.value() {
            Item::Text(part) => text.push_str(&part),
            other if has_no_value(&other) => {}
            other => text.push_str(&other.to_text().ok_or_else(|| machine.misfit(id, one))?),
        }
    }
    out.push(machine.text(id, text)?);
    Ok(())
}

/// A collection as a condition: nothing, its boolean, or true for one item that is none (FHIRPath N1 §4.5).
pub(super) fn truth<'t>(machine: &Machine<'t, '_>, id: ExprId, items: &[Item<'t>]) -> Result<Option<bool>, Error> {
    match items {
        [] => Ok(None),
        [item] => match item.value() {
            Item::Boolean(value) => Ok(Some(value)),
            other if has_no_value(&other) => Ok(None),
            _ => Ok(Some(true)),
        },
        _ => Err(machine.misfit(id, format!("a condition is one value, and there are {}", items.len()))),
    }
}

/// Three-valued logic (FHIRPath N1 §6.5).
fn logic(operator: Operator, left: Option<bool>, right: Option<bool>) -> Option<bool> {
    match operator {
        Operator::And => match (left, right) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (Some(true), Some(true)) => Some(true),
            _ => None,
        },
        Operator::Or => match (left, right) {
            (Some(true), _) | (_, Some(true)) => Some(true),
            (Some(false), Some(false)) => Some(false),
            _ => None,
        },
        Operator::Implies => match (left, right) {
            (Some(false), _) | (_, Some(true)) => Some(true),
            (Some(true), right) => right,
            (None, _) => None,
        },
        _ => left.zip(right).map(|(left, right)| left != right),
    }
}

fn order<'t>(
    machine: &Machine<'t, '_>,
    id: ExprId,
    operator: Operator,
    left: &Item<'t>,
    right: &Item<'t>,
) -> Result<Option<bool>, Error> {
    if has_no_value(left) || has_no_value(right) {
        return Ok(None);
    }
    let order = compare(left, right).map_err(|()| {
        let (left, right) = (left.value().type_name(), right.value().type_name());
        machine.misfit(id, format!("{left} and {right} cannot be compared with `{}`", operator.text()))
    })?;
    Ok(order.map(|order| match operator {
        Operator::Less => order == Ordering::Less,
        Operator::LessOrEqual => order != Ordering::Greater,
        Operator::Greater => order == Ordering::Greater,
        _ => order != Ordering::Less,
    }))
}

fn member<'t>(
    machine: &Machine<'t, '_>,
    id: ExprId,
    item: &[Item<'t>],
    items: &[Item<'t>],
    out: &mut Vec<Item<'t>>,
) -> Result<(), Error> {
    if let Some(item) = machine.one(id, item, "only a single value is in a collection or not")? {
        out.push(Item::Boolean(contains(items, &item)));
    }
    Ok(())
}

pub(super) fn sign<'t>(
    machine: &Machine<'t, '_>,
    id: ExprId,
    items: &[Item<'t>],
    is_minus: bool,
    out: &mut Vec<Item<'t>>,
) -> Result<(), Error> {
    let Some(item) = machine.one(id, items, "a sign stands before one number")? else { return Ok(()) };
    let value = match item.value() {
        value if !is_minus && equality::quantity(&value).is_some() => value,
        Item::Integer(value) => Item::Integer(value.saturating_neg()),
        Item::Decimal(value) => Item::Decimal(value.negate()),
        Item::Quantity(value) => {
            Item::Quantity(Box::new(Quantity { value: value.value.negate(), unit: value.unit.clone() }))
        }
        other => return Err(machine.misfit(id, format!("a sign stands before a number, not {}", other.type_name()))),
    };
    out.push(value);
    Ok(())
}

/// One operation; nothing past what can be kept exactly and for a division by zero.
fn calculate<'t>(
    machine: &Machine<'t, '_>,
    id: ExprId,
    operator: Operator,
    left: &Item<'t>,
    right: &Item<'t>,
) -> Result<Option<Item<'t>>, Error> {
    if has_no_value(left) || has_no_value(right) {
        return Ok(None);
    }
    let misfit = || {
        let (left, right) = (left.type_name(), right.type_name());
        machine.misfit(id, format!("{left} and {right} cannot be calculated with `{}`", operator.text()))
    };
    match (left, right) {
        (Item::Integer(mine), Item::Integer(its)) => Ok(whole(operator, *mine, *its)),
        (Item::Text(mine), Item::Text(its)) if operator == Operator::Add => {
            machine.text(id, format!("{mine}{its}")).map(Some)
        }
        (Item::Temporal(moment), Item::Quantity(by)) if matches!(operator, Operator::Add | Operator::Subtract) => {
            let unit = by.calendar().ok_or_else(misfit)?;
            let sign = if operator == Operator::Subtract { -1 } else { 1 };
            // A part of a unit is left out (FHIRPath N1 §6.6.5).
            let count = by.value.cut(0).to_integer().and_then(|count| count.checked_mul(sign));
            Ok(count.and_then(|count| shift(*moment, unit, count)).map(Item::Temporal))
        }
        _ => match (decimal(left), decimal(right), quantity(left), quantity(right)) {
            (Some(mine), Some(its), ..) => Ok(exact(operator, mine, its)),
            (_, _, Some(mine), Some(its)) => {
                let out = match operator {
                    Operator::Add => mine.add(&its, false),
                    Operator::Subtract => mine.add(&its, true),
                    Operator::Multiply => mine.multiply(&its, false),
                    Operator::Divide => mine.multiply(&its, true),
                    _ => return Err(misfit()),
                };
                Ok(out.map(|out| Item::Quantity(Box::new(out))))
            }
            _ => Err(misfit()),
        },
    }
}

fn whole<'t>(operator: Operator, left: i64, right: i64) -> Option<Item<'t>> {
    let out = match operator {
        Operator::Add => left.checked_add(right),
        Operator::Subtract => left.checked_sub(right),
        Operator::Multiply => left.checked_mul(right),
        Operator::DivideWhole => left.checked_div(right),
        Operator::Remainder => left.checked_rem(right),
        _ => return exact(operator, left.into(), right.into()),
    };
    out.map(Item::Integer)
}

fn exact<'t>(operator: Operator, left: Decimal, right: Decimal) -> Option<Item<'t>> {
    let out = match operator {
        Operator::Add => left.plus(right),
        Operator::Subtract => left.minus(right),
        Operator::Multiply => left.multiply(right),
        Operator::Divide => left.divide(right),
        Operator::Remainder => left.remainder(right),
        _ => return left.divide_whole(right)?.to_integer().map(Item::Integer),
    };
    out.map(Item::Decimal)
}

/// A moment moved by whole units. A unit finer than what is known is turned into the finest that is (§6.6.5).
fn shift(moment: Temporal, unit: Calendar, count: i64) -> Option<Temporal> {
    const DAY_MS: i64 = 86_400_000;
    let months = match unit {
        Calendar::Year => Some(count.checked_mul(12)?),
        Calendar::Month => Some(count),
        _ => None,
    };
    let is_time = moment.kind == TemporalKind::Time;
    match months {
        Some(_) if is_time => None,
        Some(months) if moment.precision == Precision::Year => moment.add_months(months / 12 * 12),
        Some(months) => moment.add_months(months),
        None => {
            let ms = unit.ms()?.checked_mul(count)?;
            match moment.precision {
                Precision::Year => moment.add_months(ms / DAY_MS / 365 * 12),
                Precision::Month => moment.add_months(ms / DAY_MS / 30),
                Precision::Day => moment.add_ms(ms / DAY_MS * DAY_MS),
                Precision::Hour => moment.add_ms(ms / 3_600_000 * 3_600_000),
                Precision::Minute => moment.add_ms(ms / 60_000 * 60_000),
                Precision::Second => moment.add_ms(ms),
            }
        }
    }
}
