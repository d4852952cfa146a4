//! Units of measure (UCUM): what a unit is worth in base units, for comparing and converting.
//!
//! Owns the table of units and the reader of expressions such as `mmol/L` or `10*9/L`. Promises: factors are exact
//! fractions where UCUM's are; reading is bounded. Never: guesses; a unit that UCUM does not have is equal to itself only.

use super::decimal::Decimal;
use std::collections::HashMap;
use std::sync::OnceLock;

/// Code, kind, value and unit of every atom of UCUM 2.0.1, in its order.
const UNITS: &str = include_str!("units.txt");

/// Longest expression that is read.
const EXPRESSION_BYTES_MAX: usize = 256;
/// Parentheses, and definitions that lead to definitions.
const DEPTH_MAX: usize = 24;
/// Base units: metre, second, gram, radian, kelvin, coulomb, candela.
const DIMENSIONS: usize = 7;
/// Largest exponent of a unit.
const EXPONENT_MAX: i32 = 40;

const PREFIXES: &[(&str, i32)] = &[
    ("Y", 24),
    ("Z", 21),
    ("E", 18),
    ("P", 15),
    ("T", 12),
    ("G", 9),
    ("M", 6),
    ("k", 3),
    ("h", 2),
    ("da", 1),
    ("d", -1),
    ("c", -2),
    ("m", -3),
    ("u", -6),
    ("n", -9),
    ("p", -12),
    ("f", -15),
    ("a", -18),
    ("z", -21),
    ("y", -24),
];

/// What a unit is worth.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Unit {
    pub(super) dimensions: [i32; DIMENSIONS],
    pub(super) factor: Factor,
    /// Where its zero is in base units: degrees Celsius and Fahrenheit.
    pub(super) zero: Option<Zero>,
    /// Units that have no value in base units, with their exponents: `[IU]`.
    pub(super) arbitrary: Vec<(&'static str, i32)>,
}

/// Scales whose zero is not that of kelvin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Zero {
    Celsius,
    Fahrenheit,
}

/// A fraction times a power of ten, and its nearest f64 for what is no fraction of whole numbers any more.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Factor {
    exact: Option<(i128, i128, i32)>,
    near: f64,
}

impl Factor {
    const ONE: Factor = Factor { exact: Some((1, 1, 0)), near: 1.0 };

    fn from_decimal(value: Decimal) -> Factor {
        Factor { exact: Some((value.digits(), 1, -(value.scale() as i32))), near: value.to_f64() }.reduced()
    }

    fn power_of_ten(exponent: i32) -> Factor {
        Factor { exact: Some((1, 1, exponent)), near: 10_f64.powi(exponent) }
    }

    fn multiply(self, other: Factor) -> Factor {
        let exact = self
            .exact
            .zip(other.exact)
            .and_then(|(mine, its)| Some((mine.0.checked_mul(its.0)?, mine.1.checked_mul(its.1)?, mine.2 + its.2)));
        Factor { exact, near: self.near * other.near }.reduced()
    }

    fn invert(self) -> Factor {
        let exact = self.exact.filter(|exact| exact.0 != 0).map(|(top, bottom, tens)| (bottom, top, -tens));
        Factor { exact, near: 1.0 / self.near }
    }

    fn reduced(mut self) -> Factor {
        if let Some((top, bottom, tens)) = &mut self.exact {
            while *top != 0 && *top % 10 == 0 {
                (*top, *tens) = (*top / 10, *tens + 1);
            }
            let divisor = divisor(*top, *bottom);
            if divisor > 1 {
                (*top, *bottom) = (*top / divisor, *bottom / divisor);
            }
        }
        self
    }

    /// A value times this factor, exactly where it can be.
    pub(super) fn times(self, value: Decimal) -> Option<Decimal> {
        let exact = self.exact.and_then(|(top, bottom, tens)| {
            let scaled = if tens < 0 {
                Decimal::new(top, u32::try_from(-tens).ok()?)
            } else {
                Decimal::new(top.checked_mul(10_i128.checked_pow(u32::try_from(tens).ok()?)?)?, 0)
            };
            value.multiply(scaled)?.divide(Decimal::new(bottom, 0))
        });
        exact.or_else(|| Decimal::from_f64(value.to_f64() * self.near))
    }

    /// This factor by another one.
    pub(super) fn over(self, other: Factor) -> Factor {
        self.multiply(other.invert())
    }
}

fn divisor(left: i128, right: i128) -> i128 {
    let (mut left, mut right) = (left.unsigned_abs(), right.unsigned_abs());
    while right != 0 {
        (left, right) = (right, left % right);
    }
    i128::try_from(left).unwrap_or(1)
}

impl Unit {
    pub(super) fn one() -> Unit {
        Unit { dimensions: [0; DIMENSIONS], factor: Factor::ONE, zero: None, arbitrary: Vec::new() }
    }

    /// Reads an expression; `None` where UCUM does not have it.
    pub(super) fn parse(text: &str) -> Option<Unit> {
        read(text, 0, Some(units()))
    }

    /// Values in both can be compared.
    pub(super) fn is_like(&self, other: &Unit) -> bool {
        self.dimensions == other.dimensions && self.arbitrary == other.arbitrary
    }

    pub(super) fn multiply(mut self, other: &Unit, power: i32) -> Option<Unit> {
        if power != 1 || !self.is_one() {
            // A scale with its own zero means nothing in a product (UCUM §21).
            (self.zero.is_none() && other.zero.is_none()).then_some(())?;
        }
        for (mine, its) in self.dimensions.iter_mut().zip(other.dimensions) {
            *mine += its * power;
        }
        for (code, exponent) in &other.arbitrary {
            match self.arbitrary.iter_mut().find(|(known, _)| known == code) {
                Some((_, known)) => *known += exponent * power,
                None => self.arbitrary.push((code, exponent * power)),
            }
        }
        self.arbitrary.retain(|(_, exponent)| *exponent != 0);
        self.arbitrary.sort_unstable();
        let step = if power < 0 { other.factor.invert() } else { other.factor };
        for _ in 0..power.unsigned_abs() {
            self.factor = self.factor.multiply(step);
        }
        self.zero = self.zero.or(other.zero);
        Some(self)
    }

    fn is_one(&self) -> bool {
        *self == Unit::one()
    }

    /// A value in this unit in base units, offset scales shifted to kelvin.
    pub(super) fn to_base(&self, value: Decimal) -> Option<Decimal> {
        match self.zero {
            Some(Zero::Celsius) => value.multiply(self.factor.times(Decimal::from(1))?)?.plus(Decimal::new(27_315, 2)),
            Some(Zero::Fahrenheit) => {
                value.plus(Decimal::new(45_967, 2))?.multiply(Decimal::from(5))?.divide(Decimal::from(9))
            }
            None => self.factor.times(value),
        }
    }

    /// The other way round.
    pub(super) fn out_of_base(&self, value: Decimal) -> Option<Decimal> {
        match self.zero {
            Some(Zero::Celsius) => value.minus(Decimal::new(27_315, 2))?.divide(self.factor.times(Decimal::from(1))?),
            Some(Zero::Fahrenheit) => {
                value.multiply(Decimal::from(9))?.divide(Decimal::from(5))?.minus(Decimal::new(45_967, 2))
            }
            None => self.factor.invert().times(value),
        }
    }
}

/// One line of the table.
#[derive(Clone, Copy)]
struct Atom {
    code: &'static str,
    kind: &'static str,
    value: &'static str,
    unit: &'static str,
    /// Among the base units.
    number: usize,
}

fn atoms() -> &'static HashMap<&'static str, Atom> {
    static ATOMS: OnceLock<HashMap<&'static str, Atom>> = OnceLock::new();
    ATOMS.get_or_init(|| {
        let atom = |(number, line): (usize, &'static str)| {
            let mut parts = line.split(' ');
            let mut next = || parts.next().unwrap_or_default();
            let (code, kind, value, unit) = (next(), next(), next(), next());
            (code, Atom { code, kind, value, unit, number })
        };
        UNITS.lines().enumerate().map(atom).collect()
    })
}

/// Every unit of the table, worked out once.
type Table = HashMap<&'static str, Unit>;

fn units() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| atoms().values().filter_map(|atom| Some((atom.code, defined(*atom, 0)?))).collect())
}

/// Without a table, as while it is made, units are worked out from their definitions.
fn read(text: &str, depth: usize, table: Option<&'static Table>) -> Option<Unit> {
    if text.len() > EXPRESSION_BYTES_MAX || depth > DEPTH_MAX || !text.is_ascii() {
        return None;
    }
    let mut reader = Reader { text, at: 0, depth, table };
    let unit = reader.product()?;
    (reader.at == text.len()).then_some(unit)
}

struct Reader<'s> {
    text: &'s str,
    at: usize,
    depth: usize,
    table: Option<&'static Table>,
}

impl<'s> Reader<'s> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn product(&mut self) -> Option<Unit> {
        let mut out = Unit::one();
        let mut sign = 1;
        if self.peek() == Some(b'/') {
            (sign, self.at) = (-1, self.at + 1);
        }
        loop {
            let (unit, exponent) = self.factor()?;
            out = out.multiply(&unit, sign * exponent)?;
            sign = match self.peek() {
                Some(b'.') => 1,
                Some(b'/') => -1,
                _ => return Some(out),
            };
            self.at += 1;
        }
    }

    fn factor(&mut self) -> Option<(Unit, i32)> {
        if self.peek() == Some(b'(') {
            self.depth += 1;
            self.at += 1;
            let inner = if self.depth > DEPTH_MAX { None } else { self.product() }?;
            (self.peek() == Some(b')')).then_some(())?;
            self.at += 1;
            self.depth -= 1;
            return Some((inner, self.exponent()?));
        }
        if self.peek() == Some(b'{') {
            self.annotation()?;
            return Some((Unit::one(), 1));
        }
        let rest = &self.text[self.at..];
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        if digits > 0 && !rest.starts_with("10*") && !rest.starts_with("10^") {
            let value = Decimal::parse(&rest[..digits])?;
            self.at += digits;
            return Some((Unit { factor: Factor::from_decimal(value), ..Unit::one() }, 1));
        }
        let code = self.code()?;
        let unit = simple(code, self.depth, self.table)?;
        let exponent = self.exponent()?;
        if self.peek() == Some(b'{') {
            self.annotation()?;
        }
        Some((unit, exponent))
    }

    fn annotation(&mut self) -> Option<()> {
        self.at += self.text[self.at..].find('}')? + 1;
        Some(())
    }

    /// The atom with its prefix: up to an operator or an exponent, brackets taken as a whole.
    fn code(&mut self) -> Option<&'s str> {
        let start = self.at;
        if self.text[start..].starts_with("10*") || self.text[start..].starts_with("10^") {
            self.at += 3;
            return Some(&self.text[start..self.at]);
        }
        while let Some(byte) = self.peek() {
            match byte {
                b'[' => self.at += self.text[self.at..].find(']')? + 1,
                b'.' | b'/' | b'(' | b')' | b'{' | b'+' | b'-' | b'0'..=b'9' => break,
                _ => self.at += 1,
            }
        }
        (self.at > start).then(|| &self.text[start..self.at])
    }

    fn exponent(&mut self) -> Option<i32> {
        let rest = &self.text[self.at..];
        let sign = usize::from(rest.starts_with(['+', '-']));
        let digits = rest[sign..].bytes().take_while(u8::is_ascii_digit).count();
        if digits == 0 {
            return (sign == 0).then_some(1);
        }
        self.at += sign + digits;
        let exponent: i32 = rest[..sign + digits].parse().ok()?;
        (exponent.abs() <= EXPONENT_MAX).then_some(exponent)
    }
}

/// An atom, with a prefix or without one.
fn simple(code: &str, depth: usize, table: Option<&'static Table>) -> Option<Unit> {
    let whole = |atom: &Atom| match table {
        Some(table) => table.get(atom.code).cloned(),
        None => defined(*atom, depth),
    };
    if let Some(atom) = atoms().get(code) {
        return whole(atom);
    }
    PREFIXES.iter().find_map(|(prefix, exponent)| {
        let atom = atoms().get(code.strip_prefix(prefix)?)?;
        let is_metric = matches!(atom.kind, "base" | "metric" | "arbitrary-metric" | "cel");
        let unit = is_metric.then(|| whole(atom))??;
        Some(Unit { factor: unit.factor.multiply(Factor::power_of_ten(*exponent)), ..unit })
    })
}

fn defined(atom: Atom, depth: usize) -> Option<Unit> {
    let mut out = Unit::one();
    match atom.kind {
        "base" => *out.dimensions.get_mut(atom.number)? = 1,
        "arbitrary" | "arbitrary-metric" | "special" => out.arbitrary.push((atom.code, 1)),
        _ => {
            let unit = read(atom.unit, depth + 1, None)?;
            // Some constants of nature are smaller than a decimal can be.
            let (digits, exponent) = atom.value.split_once('e').unwrap_or((atom.value, "0"));
            let value = Factor::from_decimal(Decimal::parse(digits)?);
            let value = value.multiply(Factor::power_of_ten(exponent.parse().ok()?));
            out = Unit { factor: value.multiply(unit.factor), ..unit };
            out.zero = match atom.kind {
                "cel" => Some(Zero::Celsius),
                "degf" => Some(Zero::Fahrenheit),
                _ => None,
            };
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn convert(value: &str, from: &str, to: &str) -> Option<String> {
        let (from, to) = (Unit::parse(from)?, Unit::parse(to)?);
        let value = Decimal::parse(value)?;
        let out = if from.is_like(&to) { to.out_of_base(from.to_base(value)?)? } else { return None };
        Some(out.round(10).normal().to_string())
    }

    #[test]
    fn every_unit_of_the_table_is_read() {
        for code in atoms().keys() {
            assert!(Unit::parse(code).is_some(), "{code}");
        }
    }

    #[test]
    fn values_are_converted() {
        let check = |value: &str, from: &str, to: &str, expect: &str| {
            assert_eq!(convert(value, from, to).as_deref(), Some(expect), "{value} {from} in {to}");
        };
        check("4", "g", "mg", "4000");
        check("1", "[in_i]", "cm", "2.54");
        check("185", "[lb_av]", "kg", "83.91458845");
        check("1", "h", "min", "60");
        check("120", "mm[Hg]", "kPa", "15.99864");
        check("37", "Cel", "[degF]", "98.6");
        check("98.6", "[degF]", "Cel", "37");
        check("0", "Cel", "K", "273.15");
        check("5.5", "mmol/L", "umol/mL", "5.5");
        check("1", "10*9/L", "10*3/uL", "1");
        check("12", "g/dL", "g/L", "120");
        check("1", "m[IU]/mL", "[IU]/L", "1");
        check("1", "m/s", "km/h", "3.6");
        check("1", "N", "kg.m/s2", "1");
        check("1", "{score}", "1", "1");
        check("50", "%", "1", "0.5");
        check("7", "d", "wk", "1");
        check("1", "mL/min/{1.73_m2}", "mL/min", "1");
        check("1", "(m/s).s", "m", "1");
        check("2", "m2", "cm2", "20000");
        check("60", "/min", "Hz", "1");
    }

    #[test]
    fn what_ucum_does_not_have_is_refused() {
        for text in ["lbs", "m/", "mm[Hg", "m2.", "(m", "m)", "{x", "kh", "m--1", "m99", "na\u{ef}ve", &"(".repeat(200)]
        {
            assert!(Unit::parse(text).is_none(), "{text}");
        }
        assert!(convert("1", "cm", "s").is_none() && convert("1", "[IU]", "U").is_none());
        assert!(convert("1", "Cel/s", "K/s").is_none());
    }
}
