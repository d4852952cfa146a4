//! Exact decimal numbers: what laboratories write, without the rounding of binary fractions.
//!
//! Promises: what is read is written back with the same digits; no operation panics, too many digits are `None`.

use std::{cmp::Ordering, fmt};

/// Digits that a number may have: enough for any result, and products of two such numbers stay exact.
const DIGITS_MAX: usize = 18;
/// Places after the point that a division keeps.
const DIVISION_PLACES: u32 = 9;

/// `digits / 10^places`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Decimal {
    digits: i128,
    places: u32,
}

impl Decimal {
    /// Reads `-12.50`, `+3`, `.5`; blanks around it are allowed, a thousands mark or an exponent is not.
    #[must_use]
    pub(crate) fn parse(text: &str) -> Option<Decimal> {
        let text = text.trim();
        let (negative, body) = match text.as_bytes().first()? {
            b'-' => (true, &text[1..]),
            b'+' => (false, &text[1..]),
            _ => (false, text),
        };
        let (whole, fraction) = body.split_once('.').unwrap_or((body, ""));
        if whole.len() + fraction.len() == 0 || whole.len() > DIGITS_MAX || fraction.len() > DIGITS_MAX {
            return None;
        }
        let mut digits: i128 = 0;
        for byte in whole.bytes().chain(fraction.bytes()) {
            if !byte.is_ascii_digit() {
                return None;
            }
            digits = digits * 10 + i128::from(byte - b'0');
        }
        let places = u32::try_from(fraction.len()).ok()?;
        Some(Decimal { digits: if negative { -digits } else { digits }, places })
    }

    /// A whole number.
    #[must_use]
    pub(crate) fn whole(value: i64) -> Decimal {
        Decimal { digits: i128::from(value), places: 0 }
    }

    /// The exact product, or `None` when it has too many digits.
    #[must_use]
    pub(crate) fn times(self, other: Decimal) -> Option<Decimal> {
        let digits = self.digits.checked_mul(other.digits)?;
        Some(Decimal { digits, places: self.places.checked_add(other.places)? }.shortened())
    }

    /// The quotient to nine places, half away from zero; `None` when dividing by zero.
    #[must_use]
    pub(crate) fn over(self, other: Decimal) -> Option<Decimal> {
        if other.digits == 0 {
            return None;
        }
        let scale = pow10(DIVISION_PLACES.checked_add(other.places)?)?;
        let numerator = self.digits.checked_mul(scale)?;
        let denominator = other.digits.checked_mul(pow10(self.places)?)?;
        Some(Decimal { digits: divide_half_away(numerator, denominator)?, places: DIVISION_PLACES }.shortened())
    }

    /// The sum, or `None` when it has too many digits.
    #[must_use]
    pub(crate) fn plus(self, other: Decimal) -> Option<Decimal> {
        let places = self.places.max(other.places);
        let digits = self.at_places(places)?.checked_add(other.at_places(places)?)?;
        Some(Decimal { digits, places })
    }

    /// Exactly `places` digits after the point, half away from zero, as laboratories round.
    #[must_use]
    pub(crate) fn round(self, places: u32) -> Option<Decimal> {
        if places >= self.places {
            return Some(Decimal { digits: self.at_places(places)?, places });
        }
        Some(Decimal { digits: divide_half_away(self.digits, pow10(self.places - places)?)?, places })
    }

    /// Without zeros at the end of the fraction.
    #[must_use]
    pub(crate) fn shortened(mut self) -> Decimal {
        while self.places > 0 && self.digits % 10 == 0 {
            self.digits /= 10;
            self.places -= 1;
        }
        self
    }

    /// Which is greater; equal values with different digits (`1.0`, `1`) are equal.
    #[must_use]
    pub(crate) fn compare(self, other: Decimal) -> Ordering {
        let places = self.places.max(other.places);
        match (self.at_places(places), other.at_places(places)) {
            (Some(left), Some(right)) => left.cmp(&right),
            _ => (self.digits.signum(), self.places).cmp(&(other.digits.signum(), other.places)),
        }
    }

    fn at_places(self, places: u32) -> Option<i128> {
        self.digits.checked_mul(pow10(places.checked_sub(self.places)?)?)
    }
}

fn pow10(exponent: u32) -> Option<i128> {
    10_i128.checked_pow(exponent)
}

fn divide_half_away(numerator: i128, denominator: i128) -> Option<i128> {
    let quotient = numerator.checked_div(denominator)?;
    let rest = numerator.checked_rem(denominator)?;
    let is_half = rest.unsigned_abs() >= denominator.unsigned_abs().div_ceil(2) && rest != 0;
    let step = if (numerator < 0) == (denominator < 0) { 1 } else { -1 };
    if is_half { quotient.checked_add(step) } else { Some(quotient) }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.digits < 0 { "-" } else { "" };
        let digits = self.digits.unsigned_abs();
        if self.places == 0 {
            return write!(f, "{sign}{digits}");
        }
        let width = self.places as usize + 1;
        let text = format!("{digits:0width$}");
        let (whole, fraction) = text.split_at(text.len() - self.places as usize);
        write!(f, "{sign}{whole}.{fraction}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Decimal {
        Decimal::parse(text).unwrap()
    }

    #[test]
    fn keeps_digits() {
        for text in ["0", "1.50", "-0.05", "123456789012345678", "7.0"] {
            assert_eq!(number(text).to_string(), text);
        }
        for text in ["", "-", ".", "1e5", "1,5", "12a", "1.2.3", "1234567890123456789"] {
            assert!(Decimal::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn arithmetic() {
        assert_eq!(number("0.1").times(number("3")).unwrap().to_string(), "0.3");
        assert_eq!(number("150").times(number("0.45359237")).unwrap().to_string(), "68.0388555");
        assert_eq!(number("1").over(number("3")).unwrap().to_string(), "0.333333333");
        assert_eq!(number("2").over(number("-3")).unwrap().to_string(), "-0.666666667");
        assert_eq!(number("2.5").round(0).unwrap().to_string(), "3");
        assert_eq!(number("-2.5").round(0).unwrap().to_string(), "-3");
        assert_eq!(number("2").round(2).unwrap().to_string(), "2.00");
        assert_eq!(number("98.6").plus(number("-32")).unwrap().to_string(), "66.6");
        assert!(number("1").over(number("0")).is_none());
    }

    #[test]
    fn order() {
        let check = |left: &str, right: &str, expect| assert_eq!(number(left).compare(number(right)), expect);
        check("1.0", "1", Ordering::Equal);
        check("10", "9", Ordering::Greater);
        check("-1", "0.5", Ordering::Less);
    }
}
