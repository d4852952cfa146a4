//! A value with its unit: comparing, adding, multiplying across units.

use super::decimal::Decimal;
use super::ucum::Unit;
use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;

/// Units of a calendar: a month is no number of days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Calendar {
    /// `year`.
    Year,
    /// `month`.
    Month,
    /// `week`.
    Week,
    /// `day`.
    Day,
    /// `hour`.
    Hour,
    /// `minute`.
    Minute,
    /// `second`.
    Second,
    /// `millisecond`.
    Millisecond,
}

const CALENDAR: &[(Calendar, &str, &str)] = &[
    (Calendar::Year, "year", "a"),
    (Calendar::Month, "month", "mo"),
    (Calendar::Week, "week", "wk"),
    (Calendar::Day, "day", "d"),
    (Calendar::Hour, "hour", "h"),
    (Calendar::Minute, "minute", "min"),
    (Calendar::Second, "second", "s"),
    (Calendar::Millisecond, "millisecond", "ms"),
];

impl Calendar {
    /// `week` or `weeks`.
    #[must_use]
    pub fn parse(word: &str) -> Option<Calendar> {
        let is_this = |name: &str| word == name || word.strip_suffix('s') == Some(name);
        CALENDAR.iter().find(|(_, name, _)| is_this(name)).map(|(unit, ..)| *unit)
    }

    fn of_ucum(code: &str) -> Option<Calendar> {
        CALENDAR.iter().find(|(.., ucum)| *ucum == code).map(|(unit, ..)| *unit)
    }

    fn names(self) -> (&'static str, &'static str) {
        CALENDAR.iter().find(|(unit, ..)| *unit == self).map_or(("", ""), |(_, name, ucum)| (name, ucum))
    }

    /// How many of them make a longer unit; what is definite is in milliseconds.
    #[must_use]
    pub fn ms(self) -> Option<i64> {
        match self {
            Calendar::Year | Calendar::Month => None,
            Calendar::Week => Some(604_800_000),
            Calendar::Day => Some(86_400_000),
            Calendar::Hour => Some(3_600_000),
            Calendar::Minute => Some(60_000),
            Calendar::Second => Some(1000),
            Calendar::Millisecond => Some(1),
        }
    }
}

/// A unit as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QuantityUnit<'t> {
    /// `4 days`.
    Calendar(Calendar),
    /// `4 'mg'`.
    Ucum(Cow<'t, str>),
}

/// A value with its unit.
#[derive(Clone, Debug)]
pub struct Quantity<'t> {
    /// How much.
    pub value: Decimal,
    /// Of what.
    pub unit: QuantityUnit<'t>,
}

impl<'t> Quantity<'t> {
    /// A number: its unit is `1`.
    #[must_use]
    pub fn number(value: Decimal) -> Quantity<'t> {
        Quantity { value, unit: QuantityUnit::Ucum(Cow::Borrowed("1")) }
    }

    /// Reads `4 days`, `1.5 'mg'`, `3`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Quantity<'static>> {
        let (number, unit) = text.split_once([' ', '\t']).unwrap_or((text, "'1'"));
        let value = Decimal::parse(number).filter(|_| !number.contains(['e', 'E']))?;
        let unit = unit.trim();
        let unit = match unit.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
            Some(code) if !code.contains('\'') => QuantityUnit::Ucum(Cow::Owned(code.to_string())),
            Some(_) => return None,
            None => QuantityUnit::Calendar(Calendar::parse(unit)?),
        };
        Some(Quantity { value, unit })
    }

    /// For arithmetic with dates: calendar words and the definite units of UCUM; `'month'` in quotes too.
    #[must_use]
    pub fn calendar(&self) -> Option<Calendar> {
        match &self.unit {
            QuantityUnit::Calendar(unit) => Some(*unit),
            QuantityUnit::Ucum(code) => {
                Calendar::of_ucum(code).filter(|unit| unit.ms().is_some()).or_else(|| Calendar::parse(code))
            }
        }
    }

    fn code(&self) -> &str {
        match &self.unit {
            QuantityUnit::Calendar(unit) => unit.names().1,
            QuantityUnit::Ucum(code) => code,
        }
    }

    /// One is a year or a month of a calendar, the other one a definite time.
    fn is_indefinite_beside(&self, other: &Quantity<'_>) -> bool {
        let is_calendar = |quantity: &Quantity<'_>| match &quantity.unit {
            QuantityUnit::Calendar(unit) => unit.ms().is_none(),
            QuantityUnit::Ucum(_) => false,
        };
        is_calendar(self) != is_calendar(other)
    }

    /// Both values in one unit. `None` where the units are not of one kind.
    fn aligned(&self, other: &Quantity<'_>) -> Option<(Decimal, Decimal)> {
        if self.code() == other.code() {
            return Some((self.value, other.value));
        }
        if let (QuantityUnit::Calendar(Calendar::Year), QuantityUnit::Calendar(Calendar::Month)) =
            (&self.unit, &other.unit)
        {
            return Some((self.value.multiply(Decimal::from(12))?, other.value));
        }
        if let (QuantityUnit::Calendar(Calendar::Month), QuantityUnit::Calendar(Calendar::Year)) =
            (&self.unit, &other.unit)
        {
            return Some((self.value, other.value.multiply(Decimal::from(12))?));
        }
        let (mine, its) = (Unit::parse(self.code())?, Unit::parse(other.code())?);
        if !mine.is_like(&its) {
            return None;
        }
        if mine.zero.is_some() || its.zero.is_some() {
            return Some((mine.to_base(self.value)?, its.to_base(other.value)?));
        }
        // The larger unit is expressed in the smaller one, so that the digits stay few.
        let ratio = mine.factor.over(its.factor);
        Some((ratio.times(self.value)?, other.value))
    }

    /// Which is more. `None` where they cannot be compared.
    #[must_use]
    pub fn compare(&self, other: &Quantity<'_>) -> Option<Ordering> {
        if self.is_indefinite_beside(other) {
            return None;
        }
        let (mine, its) = self.aligned(other)?;
        // Twenty digits of a quotient are exact enough to be told apart from rounding.
        Some(mine.round(16).cmp(&its.round(16)))
    }

    /// Equal as far as the less precise one goes; years and months of a calendar are like those of UCUM.
    #[must_use]
    pub fn is_equivalent(&self, other: &Quantity<'_>) -> bool {
        if self.code() == other.code() {
            return is_near(self.value, other.value);
        }
        let Some((mine, its)) = self.aligned(other) else { return false };
        // Rounded in the unit of the less precise value: 4 'g' ~ 4040 'mg'.
        is_near(mine, its) || other.aligned(self).is_some_and(|(its, mine)| is_near(its, mine))
    }

    /// The units are of one kind.
    #[must_use]
    pub fn is_comparable(&self, other: &Quantity<'_>) -> bool {
        !self.is_indefinite_beside(other) && self.aligned(other).is_some()
    }

    /// Sum (or difference) in the unit of the first.
    #[must_use]
    pub fn add(&self, other: &Quantity<'_>, is_minus: bool) -> Option<Quantity<'t>> {
        if self.is_indefinite_beside(other) {
            return None;
        }
        let its = if self.code() == other.code() { other.value } else { other.aligned(self)?.0 };
        let value = if is_minus { self.value.minus(its)? } else { self.value.plus(its)? };
        Some(Quantity { value, unit: self.unit.clone() })
    }

    /// Product or quotient. Where a unit is `1`, the other one stays; else both go to base units.
    #[must_use]
    pub fn multiply(&self, other: &Quantity<'_>, is_quotient: bool) -> Option<Quantity<'static>> {
        let work = |left: Decimal, right: Decimal| if is_quotient { left.divide(right) } else { left.multiply(right) };
        let owned = |code: &str| QuantityUnit::Ucum(Cow::Owned(code.to_string()));
        let (mine, its) = (self.code(), other.code());
        if its == "1" {
            return Some(Quantity { value: work(self.value, other.value)?, unit: owned(mine) });
        }
        if mine == its && is_quotient {
            return Some(Quantity { value: work(self.value, other.value)?, unit: owned("1") });
        }
        if mine == "1" && !is_quotient {
            return Some(Quantity { value: work(self.value, other.value)?, unit: owned(its) });
        }
        let (left, right) = (Unit::parse(mine)?, Unit::parse(its)?);
        let product = left.clone().multiply(&right, if is_quotient { -1 } else { 1 })?;
        if left.is_like(&right) && is_quotient {
            return Some(Quantity { value: product.factor.times(work(self.value, other.value)?)?, unit: owned("1") });
        }
        let joint = if is_quotient { format!("{mine}/({its})") } else { format!("({mine}).({its})") };
        Some(Quantity { value: work(self.value, other.value)?, unit: QuantityUnit::Ucum(Cow::Owned(joint)) })
    }

    /// The same amount in another unit; `None` where the units are not of one kind.
    #[must_use]
    pub fn convert(&self, unit: &str) -> Option<Quantity<'t>> {
        let wanted = match Calendar::parse(unit) {
            Some(calendar) => QuantityUnit::Calendar(calendar),
            None => QuantityUnit::Ucum(Cow::Owned(unit.to_string())),
        };
        let empty = Quantity { value: Decimal::from(0), unit: wanted };
        if self.code() == empty.code() {
            return Some(Quantity { value: self.value, ..empty });
        }
        if self.is_indefinite_beside(&empty) {
            return None;
        }
        let (mine, its) = (Unit::parse(self.code())?, Unit::parse(empty.code())?);
        let value = if mine.is_like(&its) { its.out_of_base(mine.to_base(self.value)?)? } else { return None };
        Some(Quantity { value: value.normal(), ..empty })
    }

    /// With a unit that lives as long as anything.
    #[must_use]
    pub fn into_owned(self) -> Quantity<'static> {
        let unit = match self.unit {
            QuantityUnit::Calendar(unit) => QuantityUnit::Calendar(unit),
            QuantityUnit::Ucum(code) => QuantityUnit::Ucum(Cow::Owned(code.into_owned())),
        };
        Quantity { value: self.value, unit }
    }
}

/// Equal after rounding to the digits of the less precise value.
pub(super) fn is_near(left: Decimal, right: Decimal) -> bool {
    let scale = left.normal().scale().min(right.normal().scale());
    left.round(scale) == right.round(scale)
}

impl fmt::Display for Quantity<'_> {
    /// `4 days`, `1.5 'mg'`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.unit {
            QuantityUnit::Calendar(unit) => {
                let plural = if self.value == Decimal::from(1) { "" } else { "s" };
                write!(f, "{} {}{plural}", self.value, unit.names().0)
            }
            QuantityUnit::Ucum(code) => write!(f, "{} '{code}'", self.value),
        }
    }
}
