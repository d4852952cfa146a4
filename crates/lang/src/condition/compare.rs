//! Comparing two texts as what they are: numbers, dates, or texts.

use crate::{
    decimal::Decimal,
    dtm::Dtm,
    item::Atom,
    path::ReadPath,
    run::{Fault, Run, Site},
    view::View,
};
use std::{cmp::Ordering, sync::Arc};

/// `= < <= > >=`; `!=` is a negated `=`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
}

impl Comparison {
    #[inline]
    pub(super) fn accepts(self, order: Ordering) -> bool {
        match self {
            Comparison::Equal => order == Ordering::Equal,
            Comparison::Less => order == Ordering::Less,
            Comparison::LessEqual => order != Ordering::Greater,
            Comparison::Greater => order == Ordering::Greater,
            Comparison::GreaterEqual => order != Ordering::Less,
        }
    }
}

/// A text with what else it is, found out once.
#[derive(Clone, Debug)]
pub(super) struct Typed {
    pub(super) text: Arc<str>,
    number: Option<Decimal>,
    date: Option<Dtm>,
}

/// The right side of a test.
#[derive(Debug)]
pub(super) enum Right {
    /// A text of the program.
    Literal(Typed),
    /// A path: all the values that it can name.
    Read(ReadPath),
}

impl Typed {
    pub(super) fn new(text: &str) -> Typed {
        Typed { text: Arc::from(text), number: Decimal::parse(text), date: read_date(text) }
    }

    /// It is nothing but a text.
    pub(super) fn is_text(&self) -> bool {
        self.number.is_none() && self.date.is_none()
    }
}

/// A date of a time when people lived and machines wrote: a four-digit number outside of it is a number.
fn read_date(text: &str) -> Option<Dtm> {
    Dtm::parse(text).filter(|dtm| (1800..2200).contains(&dtm.at.year()))
}

/// Two dates are compared as dates when at least one of them is exact to the day; else `1500 < 2000` would be a matter
/// of years.
fn compare_dates(left: &Dtm, left_len: usize, right: &Dtm, right_len: usize) -> Option<Ordering> {
    (left_len.max(right_len) >= 8).then(|| left.compare(right))
}

impl Right {
    /// The number that a count is compared with, where it is one in plain digits.
    pub(super) fn count(&self) -> Option<u64> {
        match self {
            Right::Literal(right) if right.date.is_none() && right.text.bytes().all(|byte| byte.is_ascii_digit()) => {
                right.text.parse().ok()
            }
            Right::Literal(_) | Right::Read(_) => None,
        }
    }

    /// The comparison holds between `left` and one of the values of the right side.
    pub(super) fn test(
        &self,
        comparison: Comparison,
        left: &str,
        view: &View<'_>,
        run: &mut Run,
        site: &Site,
    ) -> Result<bool, Fault> {
        match self {
            Right::Literal(right) => {
                // Equal texts are equal whatever they are, and most tests are for equality.
                if *right.text == *left {
                    return Ok(comparison.accepts(Ordering::Equal));
                }
                if comparison == Comparison::Equal && right.number.is_none() && right.date.is_none() {
                    return Ok(false);
                }
                Ok(order(left, &right.text, right.number, right.date).is_some_and(|order| comparison.accepts(order)))
            }
            Right::Read(_) => self.any_text(view, run, site, |right| {
                order(left, right, Decimal::parse(right), read_date(right))
                    .is_some_and(|order| comparison.accepts(order))
            }),
        }
    }

    /// One of the texts of the right side passes.
    pub(super) fn any_text(
        &self,
        view: &View<'_>,
        run: &mut Run,
        site: &Site,
        mut passes: impl FnMut(&str) -> bool,
    ) -> Result<bool, Fault> {
        match self {
            Right::Literal(right) => Ok(passes(&right.text)),
            Right::Read(ReadPath::Now) => Ok(passes(&run.now.to_dtm())),
            Right::Read(path) => {
                let mut result = Ok(false);
                path.every_atom(view, |value| {
                    result = site.burn(run, 1).map(|()| match value {
                        Atom::Text(text) => passes(&text),
                        Atom::Empty | Atom::Null => false,
                    });
                    !matches!(result, Ok(false))
                });
                result
            }
        }
    }
}

/// Which is greater; `None` when the right side is a number or date and the left is neither: "see note" is not greater
/// than 9.
fn order(left: &str, right: &str, right_number: Option<Decimal>, right_date: Option<Dtm>) -> Option<Ordering> {
    if let Some(right_date) = right_date
        && let Some(left_date) = read_date(left)
        && let Some(order) = compare_dates(&left_date, left.len(), &right_date, right.len())
    {
        return Some(order);
    }
    match (Decimal::parse(left), right_number) {
        (Some(left), Some(right)) => Some(left.compare(right)),
        (None, Some(_)) => None,
        (_, None) if right_date.is_some() => None,
        (_, None) => Some(left.cmp(right)),
    }
}
