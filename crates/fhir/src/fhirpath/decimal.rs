//! Exact decimals: a whole number and how many of its digits stand behind the point. `1.00` is not rounded to `1`.

use std::cmp::Ordering;
use std::fmt;

/// Digits behind the point that a decimal may have.
const SCALE_MAX: u32 = 32;
/// Digits behind the point of a quotient, at most.
const QUOTIENT_DIGITS: u32 = 20;

/// A decimal number. Equality and order are of the value: 1.0 equals 1.
#[derive(Clone, Copy, Debug)]
pub struct Decimal {
    digits: i128,
    scale: u32,
}

fn ten(power: u32) -> Option<i128> {
    10_i128.checked_pow(power)
}

impl Decimal {
    /// The whole number times ten to the power of minus `scale`.
    #[must_use]
    pub fn new(digits: i128, scale: u32) -> Decimal {
        Decimal { digits, scale }
    }

    /// Reads `-1.20`, also with an exponent. `None` where it is no number or has more digits than are kept exactly.
    #[must_use]
    pub fn parse(text: &str) -> Option<Decimal> {
        let (number, exponent) = match text.split_once(['e', 'E']) {
            Some((number, exponent)) => (number, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (sign, rest) = match number.as_bytes().first()? {
            b'-' => (-1, &number[1..]),
            b'+' => (1, &number[1..]),
            _ => (1, number),
        };
        let (whole, fraction) = rest.split_once('.').unwrap_or((rest, ""));
        if whole.is_empty() || (rest.contains('.') && fraction.is_empty()) {
            return None;
        }
        let mut digits: i128 = 0;
        for byte in whole.bytes().chain(fraction.bytes()) {
            let digit = i128::from(byte.is_ascii_digit().then(|| byte - b'0')?);
            digits = digits.checked_mul(10)?.checked_add(digit)?;
        }
        let scale = i64::try_from(fraction.len()).ok()? - i64::from(exponent);
        let (digits, scale) = if scale < 0 {
            (digits.checked_mul(ten(u32::try_from(-scale).ok()?)?)?, 0)
        } else {
            (digits, u32::try_from(scale).ok()?)
        };
        (scale <= SCALE_MAX).then_some(Decimal { digits: sign * digits, scale })
    }

    /// The nearest decimal of a result that is not exact. `None` where it is not finite or too large.
    #[must_use]
    pub fn from_f64(value: f64) -> Option<Decimal> {
        if !value.is_finite() || value.abs() >= 1e27 {
            return None;
        }
        // Fifteen digits are what an f64 has; more would show its rounding.
        let whole_digits = if value.abs() < 1.0 { 0 } else { value.abs().log10() as usize + 1 };
        let text = format!("{value:.*}", 15_usize.saturating_sub(whole_digits));
        Decimal::parse(&text).map(Decimal::normal)
    }

    /// The nearest f64.
    #[must_use]
    pub fn to_f64(self) -> f64 {
        self.to_string().parse().unwrap_or(f64::NAN)
    }

    /// Digits behind the point.
    #[must_use]
    pub fn scale(self) -> u32 {
        self.scale
    }

    /// All digits as a whole number.
    #[must_use]
    pub fn digits(self) -> i128 {
        self.digits
    }

    /// Without zeros at the end of the fraction.
    #[must_use]
    pub fn normal(self) -> Decimal {
        let mut out = self;
        while out.scale > 0 && out.digits % 10 == 0 {
            out = Decimal { digits: out.digits / 10, scale: out.scale - 1 };
        }
        out
    }

    /// The same value with this many digits behind the point, if they can hold it.
    #[must_use]
    pub fn at_scale(self, scale: u32) -> Option<Decimal> {
        if scale < self.scale {
            let cut = self.cut(scale);
            return (cut == self).then_some(cut);
        }
        let digits = self.digits.checked_mul(ten(scale - self.scale)?)?;
        Some(Decimal { digits, scale })
    }

    fn aligned(self, other: Decimal) -> Option<(i128, i128, u32)> {
        let scale = self.scale.max(other.scale);
        Some((self.at_scale(scale)?.digits, other.at_scale(scale)?.digits, scale))
    }

    fn with(self, other: Decimal, work: impl Fn(i128, i128) -> Option<i128>) -> Option<Decimal> {
        let (mine, its, scale) = self.aligned(other).or_else(|| self.normal().aligned(other.normal()))?;
        Some(Decimal { digits: work(mine, its)?, scale })
    }

    /// Sum; `None` past what is kept exactly.
    #[must_use]
    pub fn plus(self, other: Decimal) -> Option<Decimal> {
        self.with(other, i128::checked_add)
    }

    /// Difference; `None` past what is kept exactly.
    #[must_use]
    pub fn minus(self, other: Decimal) -> Option<Decimal> {
        self.with(other, i128::checked_sub)
    }

    /// Product; `None` past what is kept exactly.
    #[must_use]
    pub fn multiply(self, other: Decimal) -> Option<Decimal> {
        let product = |left: Decimal, right: Decimal| {
            let digits = left.digits.checked_mul(right.digits)?;
            Some(Decimal { digits, scale: left.scale + right.scale })
        };
        let out = product(self, other).or_else(|| product(self.normal(), other.normal()))?;
        Some(if out.scale > SCALE_MAX { out.round(SCALE_MAX) } else { out })
    }

    /// Quotient, rounded to twenty digits or to what can be kept; `None` for a division by zero.
    #[must_use]
    pub fn divide(self, other: Decimal) -> Option<Decimal> {
        let (mine, its) = (self.normal(), other.normal());
        if its.digits == 0 {
            return None;
        }
        let mut digits = QUOTIENT_DIGITS;
        loop {
            // One digit more than is kept, for rounding.
            let shifted = ten(digits + 1 + its.scale).and_then(|power| mine.digits.checked_mul(power));
            if let Some(shifted) = shifted {
                let quotient = Decimal { digits: shifted / its.digits, scale: digits + 1 + mine.scale };
                return Some(quotient.round((digits + mine.scale).min(SCALE_MAX)).normal());
            }
            digits = digits.checked_sub(1)?;
        }
    }

    /// Whole part of the quotient; `None` for a division by zero.
    #[must_use]
    pub fn divide_whole(self, other: Decimal) -> Option<Decimal> {
        let (mine, its, _) = self.aligned(other)?;
        Some(Decimal { digits: mine.checked_div(its)?, scale: 0 })
    }

    /// What is left of a whole division; `None` for a division by zero.
    #[must_use]
    pub fn remainder(self, other: Decimal) -> Option<Decimal> {
        self.with(other, i128::checked_rem)
    }

    /// The other sign.
    #[must_use]
    pub fn negate(self) -> Decimal {
        Decimal { digits: self.digits.saturating_neg(), ..self }
    }

    /// Without the sign.
    #[must_use]
    pub fn abs(self) -> Decimal {
        Decimal { digits: self.digits.saturating_abs(), ..self }
    }

    /// It is below zero.
    #[must_use]
    pub fn is_negative(self) -> bool {
        self.digits < 0
    }

    /// It is zero.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self.digits == 0
    }

    /// At most this many digits behind the point, cut towards zero.
    #[must_use]
    pub fn cut(self, scale: u32) -> Decimal {
        match self.scale.checked_sub(scale).and_then(ten) {
            Some(power) => Decimal { digits: self.digits / power, scale },
            None if self.scale > scale => Decimal { digits: 0, scale },
            None => self,
        }
    }

    /// At most this many digits behind the point, rounded half away from zero.
    #[must_use]
    pub fn round(self, scale: u32) -> Decimal {
        let Some(power) = self.scale.checked_sub(scale).filter(|cut| *cut > 0).and_then(ten) else {
            return self.cut(scale);
        };
        let (digits, rest) = (self.digits / power, self.digits % power);
        let more = if rest.abs() >= power / 2 { rest.signum() } else { 0 };
        Decimal { digits: digits + more, scale }
    }

    /// The greatest whole number that is not above it.
    #[must_use]
    pub fn floor(self) -> Decimal {
        let cut = self.cut(0);
        if cut > self { Decimal { digits: cut.digits - 1, scale: 0 } } else { cut }
    }

    /// The least whole number that is not below it.
    #[must_use]
    pub fn ceiling(self) -> Decimal {
        self.negate().floor().negate()
    }

    /// To the power of a whole number, exactly; `None` past what is kept exactly.
    #[must_use]
    pub fn power(self, exponent: u32) -> Option<Decimal> {
        let mut out = Decimal::from(1);
        for _ in 0..exponent {
            out = out.multiply(self)?;
        }
        Some(out)
    }

    /// The whole number that it is, if it is one.
    #[must_use]
    pub fn to_integer(self) -> Option<i64> {
        self.at_scale(0).and_then(|whole| i64::try_from(whole.digits).ok())
    }
}

impl From<i64> for Decimal {
    fn from(value: i64) -> Decimal {
        Decimal { digits: i128::from(value), scale: 0 }
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Decimal) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Decimal {}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Decimal) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Decimal) -> Ordering {
        if let Some((mine, its, _)) = self.aligned(*other) {
            return mine.cmp(&its);
        }
        // Too far apart to be aligned: whole parts first, then what is behind the point with the longer scale.
        let signs = self.digits.signum().cmp(&other.digits.signum());
        let whole = |value: &Decimal| ten(value.scale).map_or(0, |power| value.digits / power);
        signs.then(whole(self).cmp(&whole(other))).then_with(|| self.to_f64().total_cmp(&other.to_f64()))
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.digits < 0 { "-" } else { "" };
        let digits = self.digits.unsigned_abs().to_string();
        let scale = self.scale as usize;
        if scale == 0 {
            return write!(f, "{sign}{digits}");
        }
        let padded = format!("{digits:0>width$}", width = scale + 1);
        let (whole, fraction) = padded.split_at(padded.len() - scale);
        write!(f, "{sign}{whole}.{fraction}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn d(text: &str) -> Decimal {
        Decimal::parse(text).unwrap()
    }

    #[test]
    fn decimals_are_read_and_written() {
        let same = |text: &str| assert_eq!(d(text).to_string(), text);
        for text in ["0", "1", "-1", "1.00", "0.05", "-0.05", "123456789012345678901234567890.12345678"] {
            same(text);
        }
        assert_eq!(d("1.5e3").to_string(), "1500");
        assert_eq!(d("15E-4").to_string(), "0.0015");
        for text in ["", "-", ".", "1.", ".5", "1a", "1e", "1e99", "1e-99", "9".repeat(40).as_str()] {
            assert!(Decimal::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn arithmetic_is_exact() {
        assert_eq!(d("0.1").plus(d("0.2")), Some(d("0.3")));
        assert_eq!(d("1.8").minus(d("1.2")).map(|x| x.to_string()), Some("0.6".into()));
        assert_eq!(d("1.2").multiply(d("1.8")), Some(d("2.16")));
        assert_eq!(d("1").divide(d("3")).map(|x| x.to_string()), Some("0.33333333333333333333".into()));
        assert_eq!(d("2").divide(d("3")).map(|x| x.to_string()), Some("0.66666666666666666667".into()));
        assert_eq!(d("4.0").divide(d("2.0")), Some(d("2")));
        assert_eq!(d("1").divide(d("0.0")), None);
        assert_eq!(
            d("123456789012345678901234567890").divide(d("7")).map(|x| x.round(0)),
            Some(d("17636684144620811271604938270"))
        );
        assert_eq!(d("2.2").remainder(d("1.8")), Some(d("0.4")));
        assert_eq!(d("-5").remainder(d("2")), Some(d("-1")));
        assert_eq!(d("2.2").divide_whole(d("1.8")), Some(d("1")));
        assert_eq!(d("2.5").power(2), Some(d("6.25")));
        assert_eq!(Decimal::new(i128::MAX, 0).plus(d("1")), None);
    }

    #[test]
    fn rounding() {
        let check = |text: &str, scale: u32, expect: &str| assert_eq!(d(text).round(scale).to_string(), expect);
        check("3.14159", 3, "3.142");
        check("2.5", 0, "3");
        check("-2.5", 0, "-3");
        check("2.4", 0, "2");
        check("1.5", 3, "1.5");
        assert_eq!((d("-1.1").floor(), d("-1.1").ceiling(), d("1.1").ceiling()), (d("-2"), d("-1"), d("2")));
        assert_eq!((d("-1.56").cut(0), d("2.1").floor()), (d("-1"), d("2")));
    }

    #[test]
    fn order_is_of_the_value() {
        assert_eq!(d("1.10"), d("1.1"));
        assert!(d("-1") < d("0.001") && d("0.001") < d("1"));
        let (large, small) = (d("12345678901234567890123456789012345678"), d("0.00000000000000000000000000000001"));
        assert_eq!((large.cmp(&small), small.cmp(&large)), (Ordering::Greater, Ordering::Less));
        assert_eq!((large.negate().cmp(&small), large.cmp(&large)), (Ordering::Less, Ordering::Equal));
        assert_eq!(Decimal::from_f64(0.1 + 0.2), Some(d("0.3")));
        assert_eq!(Decimal::from_f64(f64::NAN), None);
    }
}
