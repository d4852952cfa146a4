//! From one type to another: `toX()` gives nothing where it cannot, `convertsToX()` says whether it could.

use super::super::decimal::Decimal;
use super::super::eval::{Machine, has_no_value};
use super::super::item::Item;
use super::super::quantity::Quantity;
use super::super::temporal::{Precision, Temporal, TemporalKind};
use super::{Call, Function};
use crate::Error;

pub(super) fn run<'t>(machine: &mut Machine<'t, '_>, call: Call<'_, 't>, out: &mut Vec<Item<'t>>) -> Result<(), Error> {
    let Some(value) = call.one(machine)? else { return Ok(()) };
    if has_no_value(&value) {
        return Ok(());
    }
    let (is_question, converted) = match call.function {
        Function::ToBoolean => (false, boolean(&value)),
        Function::ConvertsToBoolean => (true, boolean(&value)),
        Function::ToInteger => (false, integer(&value, i64::from(i32::MIN)..=i64::from(i32::MAX))),
        Function::ConvertsToInteger => (true, integer(&value, i64::from(i32::MIN)..=i64::from(i32::MAX))),
        Function::ToLong => (false, integer(&value, i64::MIN..=i64::MAX)),
        Function::ConvertsToLong => (true, integer(&value, i64::MIN..=i64::MAX)),
        Function::ToDecimal => (false, decimal(&value)),
        Function::ConvertsToDecimal => (true, decimal(&value)),
        Function::ToDate => (false, date(&value)),
        Function::ConvertsToDate => (true, date(&value)),
        Function::ToDateTime => (false, date_time(&value)),
        Function::ConvertsToDateTime => (true, date_time(&value)),
        Function::ToTime => (false, time(&value)),
        Function::ConvertsToTime => (true, time(&value)),
        Function::ToText => (false, value.to_text().map(Item::Text)),
        Function::ConvertsToText => (true, value.to_text().map(Item::Text)),
        Function::ToQuantity | Function::ConvertsToQuantity => {
            let unit = call.text(machine, 0)?;
            let converted = quantity(&value).and_then(|quantity| match &unit {
                None => Some(quantity),
                Some(unit) => quantity.convert(unit),
            });
            (call.function == Function::ConvertsToQuantity, converted.map(|out| Item::Quantity(Box::new(out))))
        }
        _ => return Err(call.misplaced(machine)),
    };
    if is_question {
        out.push(Item::Boolean(converted.is_some()));
    } else {
        out.extend(converted);
    }
    Ok(())
}

fn boolean<'t>(value: &Item<'t>) -> Option<Item<'t>> {
    let one_or_zero = |value: Decimal| {
        if value == Decimal::from(1) { Some(true) } else { value.is_zero().then_some(false) }
    };
    match value {
        Item::Boolean(value) => Some(*value),
        Item::Integer(value) => one_or_zero(Decimal::from(*value)),
        Item::Decimal(value) => one_or_zero(*value),
        Item::Text(text) => match text.to_ascii_lowercase().as_str() {
            "true" | "t" | "yes" | "y" | "1" | "1.0" => Some(true),
            "false" | "f" | "no" | "n" | "0" | "0.0" => Some(false),
            _ => None,
        },
        Item::Element(_) | Item::Temporal(_) | Item::Quantity(_) | Item::Type(..) => None,
    }
    .map(Item::Boolean)
}

fn integer<'t>(value: &Item<'t>, range: std::ops::RangeInclusive<i64>) -> Option<Item<'t>> {
    let found = match value {
        Item::Integer(value) => Some(*value),
        Item::Boolean(value) => Some(i64::from(*value)),
        Item::Text(text) => text.parse().ok(),
        Item::Element(_) | Item::Decimal(_) | Item::Temporal(_) | Item::Quantity(_) | Item::Type(..) => None,
    };
    found.filter(|found| range.contains(found)).map(Item::Integer)
}

fn decimal<'t>(value: &Item<'t>) -> Option<Item<'t>> {
    match value {
        Item::Integer(value) => Some(Decimal::from(*value)),
        Item::Decimal(value) => Some(*value),
        Item::Boolean(value) => Some(Decimal::new(if *value { 10 } else { 0 }, 1)),
        Item::Text(text) => Decimal::parse(text).filter(|_| !text.contains(['e', 'E'])),
        Item::Element(_) | Item::Temporal(_) | Item::Quantity(_) | Item::Type(..) => None,
    }
    .map(Item::Decimal)
}

fn date<'t>(value: &Item<'t>) -> Option<Item<'t>> {
    let moment = match value {
        Item::Temporal(value) if value.kind != TemporalKind::Time => Some(*value),
        Item::Text(text) => Temporal::parse_date(text).or_else(|| Temporal::parse_date_time(text)),
        _ => None,
    }?;
    Some(Item::Temporal(as_date(moment)))
}

/// The date of a moment.
pub(super) fn as_date(moment: Temporal) -> Temporal {
    Temporal {
        kind: TemporalKind::Date,
        precision: moment.precision.min(Precision::Day),
        hour: 0,
        minute: 0,
        second: 0,
        nanos: 0,
        fraction_digits: 0,
        offset: None,
        ..moment
    }
}

fn date_time<'t>(value: &Item<'t>) -> Option<Item<'t>> {
    match value {
        Item::Temporal(value) if value.kind != TemporalKind::Time => {
            Some(Temporal { kind: TemporalKind::DateTime, ..*value })
        }
        Item::Text(text) => Temporal::parse_date_time(text),
        _ => None,
    }
    .map(Item::Temporal)
}

fn time<'t>(value: &Item<'t>) -> Option<Item<'t>> {
    match value {
        Item::Temporal(value) if value.kind == TemporalKind::Time => Some(*value),
        Item::Text(text) => Temporal::parse_time(text.strip_prefix('T').unwrap_or(text)),
        _ => None,
    }
    .map(Item::Temporal)
}

fn quantity<'t>(value: &Item<'t>) -> Option<Quantity<'t>> {
    match value {
        Item::Integer(value) => Some(Quantity::number(Decimal::from(*value))),
        Item::Decimal(value) => Some(Quantity::number(*value)),
        Item::Boolean(value) => Some(Quantity::number(Decimal::new(if *value { 10 } else { 0 }, 1))),
        Item::Quantity(value) => Some((**value).clone()),
        Item::Text(text) => Quantity::parse(text),
        Item::Element(_) | Item::Temporal(_) | Item::Type(..) => None,
    }
}
