//! `alert quality drift`, `alert quality PID-3.5 completeness below 95%`, `alert quality duplicates over 2%`.
//!
//! Promises: a line that compiles can be evaluated: its place exists in some version of the standard or in a Z-segment,
//! and what it asks can be asked there.

use super::super::{line::Site, reader::Reader};
use crate::{
    codes,
    definition::{AlertCondition, Definition, QualityClaim, QualityFault, QualityMeasure, QualityWatch, Step},
};
use hl7v2::{
    dictionary::{Dictionary, Part, Version},
    validate::Form,
};
use lang::syntax::Cursor;
use std::{ops::Range, time::Duration};

/// How far back is looked unless the line says otherwise.
const WITHIN: Duration = Duration::from_secs(3_600);
/// How many cases it takes unless the line says otherwise.
const CASES_MIN: u64 = 20;
/// How far back may be looked: what is counted by the hour.
const WITHIN_MAX: Duration = Duration::from_secs(14 * 86_400);

const FAULTS: [(&str, QualityFault); 5] = [
    ("duplicates", QualityFault::Duplicates),
    ("reused-ids", QualityFault::ReusedIds),
    ("implausible", QualityFault::Implausible),
    ("ahead", QualityFault::Ahead),
    ("invalid", QualityFault::Invalid),
];

const MEASURES: [(&str, QualityMeasure); 4] = [
    ("completeness", QualityMeasure::Completeness),
    ("form", QualityMeasure::Form),
    ("codes", QualityMeasure::Codes),
    ("coverage", QualityMeasure::Coverage),
];

/// Reads what follows `alert quality`, up to `during` and `page`.
pub(super) fn read(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Option<QualityWatch> {
    let claim = claim(reader, cursor)?;
    let (mut within, mut cases_min) = (WITHIN, CASES_MIN);
    loop {
        if cursor.eat("within") {
            let span = cursor.here();
            within = reader.duration(cursor)?;
            if within.is_zero() || within > WITHIN_MAX {
                let hint = Some("write up to 14d: `within 6h`".to_owned());
                let message = format!("{} s cannot be looked back", within.as_secs());
                reader.error(codes::E3109, cursor.tree(), span, message, hint);
                return None;
            }
        } else if cursor.eat("at-least") {
            cases_min = reader.count(cursor, 1, 1_000_000)?;
        } else {
            return Some(QualityWatch { claim, within, cases_min });
        }
    }
}

fn claim(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Option<QualityClaim> {
    let what =
        reader.value(cursor, "what to watch: drift, drop, a place such as PID-3.5, duplicates, implausible or late")?;
    if let Some((_, fault)) = FAULTS.iter().find(|(word, _)| *word == &*what.text) {
        reader.expect(cursor, "over")?;
        return Some(QualityClaim::AtMost { fault: *fault, per_million: share(reader, cursor)? });
    }
    match &*what.text {
        "drift" => Some(QualityClaim::NoDrift),
        "drop" => Some(QualityClaim::NoDrop),
        "late" => {
            reader.expect(cursor, "over")?;
            Some(QualityClaim::Within(reader.duration(cursor)?))
        }
        text if text.starts_with(|first: char| first.is_ascii_uppercase()) => {
            let parts = place(reader, cursor, text, what.span)?;
            let span = cursor.here();
            let measure = reader.choice(cursor, "completeness, form, codes or coverage", &MEASURES)?;
            can_ask(reader, cursor, span, measure, &parts)?;
            reader.expect(cursor, "below")?;
            Some(QualityClaim::AtLeast { place: what.text.clone(), measure, per_million: share(reader, cursor)? })
        }
        other => {
            let known = ["drift", "drop", "late"].into_iter().chain(FAULTS.map(|(word, _)| word)).collect::<Vec<_>>();
            reader.unknown(codes::E3150, cursor.tree(), what.span, "a quality to watch", other, known);
            None
        }
    }
}

/// What an alert of an interface asks of its other lines, and these do not have.
pub(in crate::compile) fn lint(reader: &mut Reader<'_>, definition: &Definition, site: &Site) {
    let own = definition.own_codes();
    let is_own = |place: &str| own.iter().any(|codes| is_at(&codes.path, place));
    let has_validate = definition.steps.iter().any(|step| matches!(step, Step::Validate { .. }));
    for alert in &definition.alerts {
        let AlertCondition::Quality(watch) = &alert.condition else { continue };
        let (text, hint) = match &watch.claim {
            QualityClaim::AtLeast { place, measure: QualityMeasure::Coverage, .. } if !is_own(place) => (
                format!("line {}: the interface has no table of its own for {place}", alert.place.line),
                format!("write `translate {place} with TABLE`, or `bind {place} to table:NAME` in its profile"),
            ),
            QualityClaim::AtMost { fault: QualityFault::Invalid, .. } if !has_validate => (
                format!("line {}: the interface validates nothing", alert.place.line),
                "add a line such as `validate lenient errors keep`".to_owned(),
            ),
            _ => continue,
        };
        reader.findings.push(site.error(codes::E3153, text).hint(hint));
    }
}

/// The path is at the place, or in it.
fn is_at(path: &hl7v2::Path, place: &str) -> bool {
    let Some((segment, field, component)) = split(place) else { return false };
    let number = path.member.field.as_ref().map(|(number, _)| *number);
    path.segment == *segment.as_bytes() && number == field && path.member.component == component
}

/// `95%`, `99.5%`: of a million.
fn share(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Option<u32> {
    let written = reader.value(cursor, "a share such as `95%`")?;
    let share = written.text.strip_suffix('%').and_then(|text| text.parse::<f64>().ok());
    match share.filter(|share| (0.0..=100.0).contains(share)) {
        Some(share) => Some((share * 10_000.0).round() as u32),
        None => {
            let message = format!("`{}` is not a share", written.text);
            let hint = Some("write a percentage from 0% to 100%: `95%`, `99.5%`".to_owned());
            reader.error(codes::E3152, cursor.tree(), written.span, message, hint);
            None
        }
    }
}

/// What the versions say of a place; empty for a segment and in a Z-segment.
fn place(reader: &mut Reader<'_>, cursor: &Cursor<'_>, text: &str, span: Range<usize>) -> Option<Vec<Part>> {
    let mut refuse = |message: String, hint: &str| {
        reader.error(codes::E3151, cursor.tree(), span.clone(), message, Some(hint.to_owned()));
        None
    };
    let Some((segment, field, component)) = split(text) else {
        let hint = "write a segment, a field or a component without a number in brackets: PID, PID-3, PID-3.5";
        return refuse(format!("`{text}` is not a place that is counted"), hint);
    };
    if segment.starts_with('Z') {
        return Some(Vec::new());
    }
    let versions = || Version::ALL.into_iter().map(Dictionary::of);
    if versions().all(|dictionary| dictionary.segment(segment).is_none()) {
        return refuse(
            format!("no version of the standard has a segment {segment}"),
            "`sinew dict` finds segments by their words",
        );
    }
    let Some(field) = field else { return Some(Vec::new()) };
    let fields: Vec<Part> = versions().filter_map(|dictionary| dictionary.segment(segment)?.field(field)).collect();
    if fields.is_empty() {
        let hint = format!("`sinew dict {segment}` lists its fields");
        return refuse(format!("{segment} has no field {field}"), &hint);
    }
    let Some(component) = component else { return Some(fields) };
    let is_component = |field: &Part| {
        let Some(datatype) = field.datatype() else { return Some(*field) };
        datatype.component(component)
    };
    let parts: Vec<Part> = fields.iter().filter_map(is_component).collect();
    if parts.is_empty() {
        let hint = format!("`sinew dict {segment}-{field}` lists its components");
        return refuse(format!("{segment}-{field} has no component {component}"), &hint);
    }
    // The first component of a coded field has the table of the field.
    let is_coded = |field: &Part| matches!(field.type_name(), "CE" | "CWE" | "CNE");
    let coded = fields.into_iter().filter(|field| component == 1 && is_coded(field));
    Some(parts.into_iter().chain(coded).collect())
}

fn split(text: &str) -> Option<(&str, Option<u16>, Option<u16>)> {
    let (segment, rest) = text.split_once('-').map_or((text, None), |(segment, rest)| (segment, Some(rest)));
    let is_id = segment.len() == 3 && segment.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    if !is_id {
        return None;
    }
    let number = |text: &str| text.parse::<u16>().ok().filter(|number| *number > 0);
    match rest.map(|rest| rest.split_once('.').map_or((rest, None), |(field, part)| (field, Some(part)))) {
        None => Some((segment, None, None)),
        Some((field, None)) => Some((segment, Some(number(field)?), None)),
        Some((field, Some(part))) => Some((segment, Some(number(field)?), Some(number(part)?))),
    }
}

/// Whether the standard gives the place a form, or a table.
fn can_ask(
    reader: &mut Reader<'_>,
    cursor: &Cursor<'_>,
    span: Range<usize>,
    measure: QualityMeasure,
    parts: &[Part],
) -> Option<()> {
    let has_form = |part: &Part| {
        let form = part.datatype().map(|datatype| Form::of(datatype.id()));
        matches!(form, Some(Form::Date | Form::Time | Form::DateTime | Form::Number | Form::Sequence))
    };
    let has_table = |part: &Part| part.table().is_some_and(|table| !table.is_empty());
    let (can, why) = match measure {
        QualityMeasure::Completeness => (true, ""),
        QualityMeasure::Form => {
            (parts.iter().any(has_form), "the standard has dates, times and numbers elsewhere only")
        }
        // What the interface has tables for is known at its end.
        QualityMeasure::Coverage => (true, ""),
        QualityMeasure::Codes => (parts.iter().any(has_table), "the standard has no table with codes for this place"),
    };
    if can {
        return Some(());
    }
    let hint = Some("ask for its `completeness`".to_owned());
    reader.error(codes::E3153, cursor.tree(), span, why, hint);
    None
}
