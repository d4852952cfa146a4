//! Fields that a site explains: those of its Z-segments, and local meanings of others.
//!
//! Promises: the values of fields that the standard does not have are checked as it would check them: by their type and
//! table; a field that it has keeps the rules of the standard.

use super::base::Base;
use super::place;
use crate::dictionary::{Datatype, Dictionary};
use crate::tree::Element;
use crate::validate::check::Check;
use crate::validate::form::{Fit, Form};
use crate::validate::levels::{Rule, Weight};
use crate::validate::spot::Spot;

/// A segment with fields that the profile explains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentedSegment {
    /// `ZPD`.
    pub id: [u8; 3],
    /// What the segment is called; may be empty.
    pub name: Box<str>,
    /// The fields, by number.
    pub fields: Vec<Documented>,
}

/// One field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Documented {
    /// Its number.
    pub number: u16,
    /// What it is called.
    pub name: Box<str>,
    /// `ST`; empty where nobody says.
    pub type_name: Box<str>,
    /// The number of an HL7 table.
    pub table: Option<u16>,
    /// Which profile says so.
    pub profile: Box<str>,
}

impl Documented {
    /// Its type in the newest version that the profile speaks of and that has it.
    #[must_use]
    pub fn datatype(&self, base: &Base) -> Option<Datatype> {
        place::datatype(&base.dictionaries(), &self.type_name)
    }
}

/// Checks the fields of a segment that the standard does not have.
pub(super) fn check<'m>(check: &mut Check<'m>, spot: Spot, segment: Element<'m>, of: &DocumentedSegment) {
    let known = check.dictionary.segment(segment.id()).map_or(0, |known| known.field_count());
    for field in of.fields.iter().filter(|field| field.number > known) {
        let datatype = datatype(check.dictionary, &field.type_name);
        let Some(element) = segment.field(field.number).filter(|element| !element.is_empty()) else { continue };
        let spot = spot.field(field.number);
        for (at, one) in element.parts().enumerate() {
            if one.is_empty() || one.raw() == b"\"\"" {
                continue;
            }
            let spot = spot.repetition(u16::try_from(at + 1).unwrap_or(u16::MAX));
            check_value(check, spot, field, datatype, one);
        }
    }
}

fn datatype(dictionary: Dictionary, name: &str) -> Option<Datatype> {
    dictionary.datatype(name)
}

fn check_value<'m>(
    check: &mut Check<'m>,
    spot: Spot,
    field: &Documented,
    datatype: Option<Datatype>,
    element: Element<'m>,
) {
    let form = datatype.filter(|datatype| datatype.is_primitive()).map(Form::of_type);
    if let Some(form) = form
        && let Some(rule) = rule_of(form)
    {
        let weight = match form.fit(element.raw()) {
            Fit::Good => None,
            Fit::Near => Some(Weight::Light),
            Fit::Bad => Some(Weight::Heavy),
        };
        if let Some(weight) = weight {
            check.tell(rule, weight, spot, Some(element), |path| {
                format!("{path} ({}) must be {}.", field.name, form.words())
            });
        }
    }
    let Some(table) = field.table.and_then(|number| check.dictionary.table(number)).filter(|table| !table.is_empty())
    else {
        return;
    };
    let code = first_leaf(element);
    if table.code(&code.text()).is_none() {
        let number = table.number();
        check.tell(Rule::TableCode, Weight::Heavy, spot, Some(code), |path| {
            format!("{path} ({}) is not a code of table {number:04} ({}).", field.name, table.name())
        });
    }
}

/// The rule that a value of a form breaks which does not have it.
fn rule_of(form: Form) -> Option<Rule> {
    match form {
        Form::Date | Form::Time | Form::DateTime => Some(Rule::Moment),
        Form::Number | Form::Digits => Some(Rule::Number),
        Form::Sequence => Some(Rule::Sequence),
        Form::Telephone => Some(Rule::Telephone),
        Form::Code | Form::SiteCode | Form::Text | Form::Open => None,
    }
}

/// The first part of the first part: where a coded element has its code.
pub(super) fn first_leaf(element: Element<'_>) -> Element<'_> {
    let mut at = element;
    while let Some(first) = at.parts().next() {
        at = first;
    }
    at
}
