//! Time, precision, boundaries, parts of dates, types of values.

use super::super::decimal::Decimal;
use super::super::eval::{Machine, has_no_value, type_of};
use super::super::item::Item;
use super::super::quantity::Quantity;
use super::super::temporal::{Precision, Temporal, TemporalKind};
use super::conversion::as_date;
use super::{Call, Function};
use crate::{Error, codes};

/// Digits behind the point that a boundary is given to where nobody says.
const BOUNDARY_DIGITS: i64 = 8;
/// And at most.
const BOUNDARY_DIGITS_MAX: i64 = 31;

pub(super) fn run<'t>(machine: &mut Machine<'t, '_>, call: Call<'_, 't>, out: &mut Vec<Item<'t>>) -> Result<(), Error> {
    match call.function {
        Function::Now | Function::Today | Function::TimeOfDay => {
            let Some(now) = machine.environment.now else {
                let text = "this is evaluated without a clock, so there is no time";
                return Err(Error::expression(codes::E1216, machine.place(call.id), text));
            };
            out.push(Item::Temporal(match call.function {
                Function::Today => as_date(now),
                Function::TimeOfDay => as_time(now),
                _ => now,
            }));
            return Ok(());
        }
        Function::Type => {
            out.extend(call.input.iter().map(type_of));
            return Ok(());
        }
        _ => {}
    }
    let Some(value) = call.one(machine)? else { return Ok(()) };
    if has_no_value(&value) {
        return Ok(());
    }
    match call.function {
        Function::LowBoundary | Function::HighBoundary => {
            let digits = call.integer(machine, 0)?;
            out.extend(boundary(machine, call, &value, digits)?);
        }
        Function::Precision => out.extend(
            match &value {
                Item::Decimal(value) => Some(i64::from(value.scale())),
                Item::Integer(_) => Some(0),
                Item::Temporal(value) => Some(i64::from(value.digit_count())),
                _ => None,
            }
            .map(Item::Integer),
        ),
        Function::Comparable => {
            let other = call.value(machine, 0)?;
            if let (Item::Quantity(mine), Some(Item::Quantity(its))) = (&value, &other) {
                out.push(Item::Boolean(mine.is_comparable(its)));
            }
        }
        _ => match value {
            Item::Temporal(value) => out.extend(part(call.function, value)),
            other => {
                let text = format!("`{}` works on a date or a time, not on {}", call.name(), other.type_name());
                return Err(machine.misfit(call.id, text));
            }
        },
    }
    Ok(())
}

fn as_time(moment: Temporal) -> Temporal {
    Temporal { kind: TemporalKind::Time, year: 0, month: 1, day: 1, offset: None, ..moment }
}

/// One part of a moment; nothing where it is not known.
fn part<'t>(function: Function, value: Temporal) -> Option<Item<'t>> {
    let has = |precision: Precision| value.precision >= precision;
    let is_dated = value.kind != TemporalKind::Time;
    let (is_known, found) = match function {
        Function::YearOf => (is_dated, i64::from(value.year)),
        Function::MonthOf => (is_dated && has(Precision::Month), i64::from(value.month)),
        Function::DayOf => (is_dated && has(Precision::Day), i64::from(value.day)),
        Function::HourOf => (has(Precision::Hour), i64::from(value.hour)),
        Function::MinuteOf => (has(Precision::Minute), i64::from(value.minute)),
        Function::SecondOf => (has(Precision::Second), i64::from(value.second)),
        Function::MillisecondOf => {
            (has(Precision::Second) && value.fraction_digits > 0, i64::from(value.nanos / 1_000_000))
        }
        Function::TimezoneOffsetOf => {
            let hours = Decimal::from(i64::from(value.offset?)).divide(Decimal::from(60))?;
            return Some(Item::Decimal(hours.at_scale(1).unwrap_or(hours)));
        }
        Function::DateOf => return is_dated.then(|| Item::Temporal(as_date(value))),
        _ => return has(Precision::Hour).then(|| Item::Temporal(as_time(value))),
    };
    is_known.then_some(Item::Integer(found))
}

fn boundary<'t>(
    machine: &Machine<'t, '_>,
    call: Call<'_, 't>,
    value: &Item<'t>,
    digits: Option<i64>,
) -> Result<Option<Item<'t>>, Error> {
    let is_high = call.function == Function::HighBoundary;
    let scale = digits.unwrap_or(BOUNDARY_DIGITS);
    let of_number = |value: Decimal| {
        let scale = u32::try_from(scale).ok().filter(|scale| i64::from(*scale) <= BOUNDARY_DIGITS_MAX)?;
        number_boundary(value, scale, is_high)
    };
    Ok(match value {
        Item::Integer(value) => of_number(Decimal::from(*value)).map(Item::Decimal),
        Item::Decimal(value) => of_number(*value).map(Item::Decimal),
        Item::Quantity(quantity) => of_number(quantity.value)
            .map(|value| Item::Quantity(Box::new(Quantity { value, unit: quantity.unit.clone() }))),
        Item::Temporal(value) => {
            let most = match value.kind {
                TemporalKind::Date => 8,
                TemporalKind::DateTime => 17,
                TemporalKind::Time => 9,
            };
            let digits = digits.unwrap_or(most);
            u32::try_from(digits).ok().and_then(|digits| value.boundary(digits, is_high)).map(Item::Temporal)
        }
        other => {
            let text = format!("`{}` works on a number, a date or a time, not on {}", call.name(), other.type_name());
            return Err(machine.misfit(call.id, text));
        }
    })
}

/// Half of the last digit that is there is added or taken. Away from zero the result is rounded, towards it cut (suite
/// of R4).
fn number_boundary(value: Decimal, scale: u32, is_high: bool) -> Option<Decimal> {
    let half = Decimal::new(5, value.scale() + 1);
    let end = if is_high { value.plus(half)? } else { value.minus(half)? };
    let is_outward = is_high != value.is_negative();
    let out = if is_outward { end.round(scale) } else { end.cut(scale) };
    out.at_scale(scale)
}
