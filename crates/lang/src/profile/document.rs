//! `document ZPD-1 "Debug token" ST table 0001`: fields that the site explains.

use super::line::Reader;
use crate::{codes, suggest, syntax::Cursor};
use hl7v2::validate::lines::{Base, Documented, DocumentedSegment, Place};
use message::Diagnostic;
use std::sync::Arc;

/// Reads what follows `document`; the place is read again by a `bind` to a table of the site.
pub(super) fn read(
    reader: &mut Reader<'_, '_>,
    cursor: &mut Cursor<'_>,
    base: &Base,
    profile: &Arc<str>,
    documented: &mut Vec<DocumentedSegment>,
) -> Option<(Place, String)> {
    let span = cursor.here();
    let place = reader.place(cursor)?;
    let Place::Path(path) = &place else {
        let finding = Diagnostic::error(codes::E2509, "a segment or field is documented, not a group");
        return reader.fail(finding.hint("write it like `document ZPD-1 \"Debug token\" ST`"), span);
    };
    let here = cursor.here();
    let Some((name, _)) = cursor.text() else {
        let finding = Diagnostic::error(codes::E2504, "what the field is called is missing");
        return reader.fail(finding.hint("write it like `document ZPD-1 \"Debug token\" ST`"), here);
    };
    let at = documented.iter().position(|segment| segment.id == path.segment).unwrap_or_else(|| {
        documented.push(DocumentedSegment { id: path.segment, name: "".into(), fields: Vec::new() });
        documented.len() - 1
    });
    let Some((number, _)) = path.member.field else {
        documented[at].name = (*name).into();
        return Some((place, name.into_owned()));
    };
    let is_deep = path.member.component.is_some() || !path.groups.is_empty();
    if is_deep {
        let finding = Diagnostic::error(codes::E2509, "a whole field is documented, not a part of it");
        return reader.fail(finding, span);
    }
    let mut field =
        Documented { number, name: (*name).into(), type_name: "".into(), table: None, profile: (**profile).into() };
    let here = cursor.here();
    if !cursor.is_done() && !cursor.is_at("table") && !super::line::SETTINGS.contains(&cursor.peek_str()) {
        let text = cursor.text().map(|(text, _)| text.into_owned()).unwrap_or_default();
        field.type_name = (*text).into();
        if field.datatype(base).is_none() {
            let mut finding = Diagnostic::error(codes::E2503, format!("there is no data type `{text}`"));
            let all = base.dictionaries();
            let known = all.iter().flat_map(|dictionary| dictionary.datatypes().map(|datatype| datatype.id()));
            finding.hint = suggest::did_you_mean(&text, known.collect::<Vec<_>>())
                .or_else(|| Some("data types are ST, NM, DT, CWE and others: `sinew dict` lists them".to_owned()));
            return reader.fail(finding, here);
        }
    } else if path.segment.starts_with(b"Z") {
        let finding = Diagnostic::error(codes::E2504, "the data type of the field is missing");
        return reader.fail(finding.hint("write it like `document ZPD-1 \"Debug token\" ST`"), here);
    }
    if cursor.eat("table") {
        field.table = Some(reader.table_number(cursor)?);
    }
    let fields = &mut documented[at].fields;
    match fields.iter_mut().find(|known| known.number == number) {
        Some(known) => *known = field,
        None => fields.push(field),
    }
    Some((place, name.into_owned()))
}
