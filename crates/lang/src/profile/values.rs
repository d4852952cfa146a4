//! What values must be: codes of tables and lists, or what a comparison says.

use super::line::Reader;
use crate::{
    codes,
    condition::Comparing,
    syntax::{Cursor, TokenKind},
};
use hl7v2::validate::lines::{Base, Demand, Facts};
use message::Diagnostic;
use std::{collections::BTreeSet, sync::Arc};

/// Codes of one list; of tables, those that are shown and compared.
const LIST_MAX: usize = 10_000;

/// `to table:NAME`, `to table 0001`, `to [A, B]`, several with commas, `except [C]`.
pub(super) fn bind(reader: &mut Reader<'_, '_>, cursor: &mut Cursor<'_>, base: &Base, facts: &Facts) -> Option<Demand> {
    let place = cursor.here();
    if !cursor.eat("to") {
        let hint = match facts.table {
            Some(number) => format!("write `to table {number:04}`, `to table:NAME` or `to [A, B]`"),
            None => "write `to table 0001`, `to table:NAME` or `to [A, B]`".to_owned(),
        };
        return reader.fail(Diagnostic::error(codes::E2504, "`to` is missing").hint(hint), place);
    }
    let mut allowed: BTreeSet<Box<str>> = BTreeSet::new();
    let mut tables = Vec::new();
    let mut names = Vec::new();
    loop {
        let place = cursor.here();
        if let Some(token) = cursor.peek().filter(|token| token.kind == TokenKind::Reference) {
            let name = cursor.tree().slice(token).to_owned();
            cursor.take();
            let table = match reader.scope.table(&name) {
                Ok(table) if name.starts_with("table:") => table,
                Ok(_) => {
                    let finding = Diagnostic::error(codes::E2507, format!("`{name}` is no code table"));
                    return reader.fail(finding.hint("write `to table:NAME`"), place);
                }
                Err(finding) => return reader.fail(*finding, place),
            };
            names.push(format!("the code table {}", table.name()));
            tables.push(table);
        } else if cursor.eat("table") {
            let number = reader.table_number(cursor)?;
            names.push(hl7_table(reader, base, number, place, &mut allowed)?);
        } else {
            let list = list(reader, cursor)?;
            const SHOWN: usize = 8;
            let shown: Vec<&str> = list.iter().take(SHOWN).map(|code| &**code).collect();
            let more = if list.len() > SHOWN { ", …" } else { "" };
            names.push(format!("[{}{more}]", shown.join(", ")));
            allowed.extend(list);
        }
        if cursor.eat_kind(TokenKind::Comma).is_none() {
            break;
        }
    }
    let excluded: BTreeSet<Box<str>> =
        if cursor.eat("except") { list(reader, cursor)?.into_iter().collect() } else { BTreeSet::new() };
    let fails = format!("is not a code of {}", names.join(" or "));
    let of_tables = tables.iter().flat_map(|table| table.codes());
    let listed: BTreeSet<&str> = allowed.iter().map(|code| &**code).chain(of_tables).take(LIST_MAX + 1).collect();
    let codes = (listed.len() <= LIST_MAX).then(|| {
        let kept = listed.into_iter().filter(|code| !excluded.contains(*code));
        Arc::new(kept.map(str::to_owned).collect::<Vec<String>>())
    });
    let test = move |text: &str| {
        !excluded.contains(text) && (allowed.contains(text) || tables.iter().any(|table| table.find(text).is_some()))
    };
    Some(Demand::Value { test: Arc::new(test), fails: fails.into(), is_coded: true, codes })
}

/// The codes of a table of the standard, of all the versions that the profile is for.
fn hl7_table(
    reader: &mut Reader<'_, '_>,
    base: &Base,
    number: u16,
    place: std::ops::Range<usize>,
    allowed: &mut BTreeSet<Box<str>>,
) -> Option<String> {
    let tables: Vec<_> = base.dictionaries().into_iter().filter_map(|one| one.table(number)).collect();
    let Some(first) = tables.first() else {
        let finding = Diagnostic::error(codes::E2507, format!("the standard has no table {number:04}"));
        return reader.fail(finding.hint("`sinew dict table 0001` shows a table, `sinew dict WORDS` finds one"), place);
    };
    let before = allowed.len();
    allowed.extend(tables.iter().flat_map(|table| table.codes().map(|code| Box::from(code.code)).collect::<Vec<_>>()));
    if allowed.len() == before && tables.iter().all(|table| table.is_empty()) {
        let finding = Diagnostic::error(codes::E2507, format!("the standard lists no codes for table {number:04}"));
        let hint = "the site fills it: put its codes into a code table and write `to table:NAME`, or `to [A, B]`";
        return reader.fail(finding.hint(hint), place);
    }
    Some(format!("table {number:04} ({})", first.name()))
}

/// `[A, B]`.
fn list(reader: &mut Reader<'_, '_>, cursor: &mut Cursor<'_>) -> Option<Vec<Box<str>>> {
    let place = cursor.here();
    if cursor.eat_kind(TokenKind::OpenBracket).is_none() {
        let finding = Diagnostic::error(codes::E2504, "codes are missing");
        return reader.fail(finding.hint("write `table 0001`, `table:NAME` or a list such as `[A, B]`"), place);
    }
    let mut list: Vec<Box<str>> = Vec::new();
    while cursor.eat_kind(TokenKind::CloseBracket).is_none() {
        let here = cursor.here();
        let Some((text, _)) = cursor.text() else {
            return reader.fail(Diagnostic::error(codes::E2504, "`]` is missing"), here);
        };
        if list.len() >= LIST_MAX {
            let finding = Diagnostic::error(codes::E2308, format!("a list has at most {LIST_MAX} codes"));
            return reader.fail(finding.hint("put them into a code table and write `to table:NAME`"), here);
        }
        list.push(Box::from(&*text));
        cursor.eat_kind(TokenKind::Comma);
    }
    if list.is_empty() {
        let finding = Diagnostic::error(codes::E2507, "the list is empty: no value could be right");
        return reader
            .fail(finding.hint("put the codes between the brackets; `forbid` says that nothing may be there"), place);
    }
    Some(list)
}

/// A comparison with texts, for every value at the place: `matches "^V[0-9]+$"`, `= 2.5.1`, `in [A, B]`.
pub(super) fn constrain(reader: &mut Reader<'_, '_>, cursor: &mut Cursor<'_>) -> Option<Demand> {
    let start = cursor.here().start;
    let comparing = Comparing::parse(cursor, reader.scope, reader.found)?;
    let end = cursor.before();
    let written = cursor.tree().text.get(start..end).unwrap_or_default();
    let written = written.split_whitespace().collect::<Vec<_>>().join(" ");
    let is_coded = comparing.is_of_codes();
    let test = move |text: &str| comparing.passes(text);
    Some(Demand::Value {
        test: Arc::new(test),
        fails: format!("is not what the profile asks: {written}").into(),
        is_coded,
        codes: None,
    })
}
