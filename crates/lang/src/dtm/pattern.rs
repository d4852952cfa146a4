//! Formats of dates that an analyst spells out: `dd.MM.yyyy HH:mm`.

use super::{Dtm, Parts, Precision, number};
use std::fmt::Write;

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
/// Longest pattern.
const PATTERN_BYTES_MAX: usize = 64;

/// A format: `hl7`, `iso`, or letters: `yyyy MM MMM dd HH mm ss SSS`, other signs stand for themselves, letters that
/// stand for themselves go between single quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// HL7 DTM.
    Hl7,
    /// ISO 8601.
    Iso,
    /// Spelled out.
    Parts(Vec<Part>),
}

/// A piece of a spelled-out format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// `yyyy`
    Year,
    /// `MM`
    Month,
    /// `MMM`: the English name's first three letters.
    MonthName,
    /// `dd`
    Day,
    /// `HH`
    Hour,
    /// `mm`
    Minute,
    /// `ss`
    Second,
    /// `SSS`
    Millisecond,
    /// Itself.
    Literal(String),
}

impl Pattern {
    /// Reads a format; the error says what is wrong with it.
    ///
    /// # Errors
    /// An unknown letter, an open quote, too long, or nothing of a date in it.
    pub fn parse(text: &str) -> Result<Pattern, String> {
        match text {
            "hl7" => return Ok(Pattern::Hl7),
            "iso" => return Ok(Pattern::Iso),
            _ => {}
        }
        if text.len() > PATTERN_BYTES_MAX {
            return Err(format!("a format has at most {PATTERN_BYTES_MAX} characters"));
        }
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let (part, length) = read_part(rest, first)?;
            rest = rest.get(length..).unwrap_or("");
            parts.push(part);
        }
        if parts.iter().all(|part| matches!(part, Part::Literal(_))) {
            return Err("a format is `hl7`, `iso` or letters such as `yyyy-MM-dd`".to_owned());
        }
        Ok(Pattern::Parts(parts))
    }

    /// Writes a time. A spelled-out format that asks for more than the time knows gives `None`: nothing is made up.
    #[must_use]
    pub fn write(&self, dtm: &Dtm) -> Option<String> {
        let parts = match self {
            Pattern::Hl7 => return Some(dtm.to_hl7()),
            Pattern::Iso => return Some(dtm.to_iso()),
            Pattern::Parts(parts) => parts,
        };
        let mut out = String::with_capacity(24);
        for part in parts {
            if dtm.precision < part.precision() {
                return None;
            }
            let at = &dtm.at;
            let _ = match part {
                Part::Year => write!(out, "{:04}", at.year()),
                Part::Month => write!(out, "{:02}", at.month()),
                Part::MonthName => write!(out, "{}", MONTHS.get(at.month() as usize - 1).unwrap_or(&"")),
                Part::Day => write!(out, "{:02}", at.day()),
                Part::Hour => write!(out, "{:02}", at.hour()),
                Part::Minute => write!(out, "{:02}", at.minute()),
                Part::Second => write!(out, "{:02}", at.second()),
                Part::Millisecond => write!(out, "{:03}", at.subsec_nanosecond() / 1_000_000),
                Part::Literal(text) => write!(out, "{text}"),
            };
        }
        Some(out)
    }

    /// Reads a time; `None` when the text does not fit the format or names no real time.
    #[must_use]
    pub fn read(&self, text: &str) -> Option<Dtm> {
        let Pattern::Parts(pieces) = self else { return Dtm::parse(text) };
        let mut parts = Parts::default();
        let mut precision = Precision::Year;
        let mut rest = text.trim();
        for piece in pieces {
            let length = match piece {
                Part::Year => 4,
                Part::MonthName | Part::Millisecond => 3,
                Part::Literal(literal) => literal.len(),
                Part::Month | Part::Day | Part::Hour | Part::Minute | Part::Second => 2,
            };
            let taken = rest.get(..length)?;
            rest = rest.get(length..)?;
            match piece {
                Part::Year => parts.year = number(taken)?,
                Part::Month => parts.month = number(taken)?,
                Part::MonthName => {
                    let index = MONTHS.iter().position(|name| name.eq_ignore_ascii_case(taken))?;
                    parts.month = u32::try_from(index).ok()? + 1;
                }
                Part::Day => parts.day = number(taken)?,
                Part::Hour => parts.hour = number(taken)?,
                Part::Minute => parts.minute = number(taken)?,
                Part::Second => parts.second = number(taken)?,
                Part::Millisecond => parts.nanosecond = number(taken)? * 1_000_000,
                Part::Literal(literal) if literal == taken => {}
                Part::Literal(_) => return None,
            }
            precision = precision.max(piece.precision());
        }
        if rest.is_empty() { Dtm::new(parts, precision, None) } else { None }
    }
}

impl Part {
    fn precision(&self) -> Precision {
        match self {
            Part::Year | Part::Literal(_) => Precision::Year,
            Part::Month | Part::MonthName => Precision::Month,
            Part::Day => Precision::Day,
            Part::Hour => Precision::Hour,
            Part::Minute => Precision::Minute,
            Part::Second => Precision::Second,
            Part::Millisecond => Precision::Fraction(3),
        }
    }
}

/// The first piece of `rest` and its length in bytes.
fn read_part(rest: &str, first: char) -> Result<(Part, usize), String> {
    const LETTERS: [(&str, Part); 8] = [
        ("yyyy", Part::Year),
        ("MMM", Part::MonthName),
        ("MM", Part::Month),
        ("dd", Part::Day),
        ("HH", Part::Hour),
        ("mm", Part::Minute),
        ("ss", Part::Second),
        ("SSS", Part::Millisecond),
    ];
    if let Some((letters, part)) = LETTERS.iter().find(|(letters, _)| rest.starts_with(letters)) {
        return Ok((part.clone(), letters.len()));
    }
    if first == '\'' {
        let end = rest[1..].find('\'').ok_or_else(|| "a single quote in the format is not closed".to_owned())?;
        return Ok((Part::Literal(rest[1..=end].to_owned()), end + 2));
    }
    if first.is_ascii_alphabetic() {
        return Err(format!("`{first}` is no letter of a format; they are yyyy MM MMM dd HH mm ss SSS"));
    }
    Ok((Part::Literal(first.to_string()), first.len_utf8()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats() {
        let check = |format: &str, text: &str, hl7: &str| {
            let pattern = Pattern::parse(format).unwrap();
            let dtm = pattern.read(text).unwrap();
            assert_eq!(dtm.to_hl7(), hl7);
            assert_eq!(pattern.write(&dtm).as_deref(), Some(text));
        };
        check("dd.MM.yyyy", "31.12.1999", "19991231");
        check("dd-MMM-yyyy HH:mm", "01-Mar-2026 07:08", "202603010708");
        check("yyyy-MM-dd'T'HH:mm:ss.SSS", "2026-03-01T07:08:09.123", "20260301070809.123");
    }

    #[test]
    fn refusals() {
        assert!(Pattern::parse("DD.MM.yyyy").is_err());
        assert!(Pattern::parse("'open").is_err());
        assert!(Pattern::parse("..").is_err());
        let day = Pattern::parse("dd.MM.yyyy").unwrap();
        assert!(
            day.read("31.02.2026").is_none() && day.read("1.2.2026").is_none() && day.read("31.12.1999 ").is_some()
        );
        assert!(day.write(&Dtm::parse("202603").unwrap()).is_none());
    }
}
