//! `replies standard`, `replies preset NAME`, `replies { AE park  AE 207 retry  timeout retry }`.

use super::{line::Line, quantity, reader::Reader};
use crate::{
    codes,
    replies::{Action, PRESETS, ReplyTable, Row},
};
use lang::syntax::Cursor;
use message::AckCode;

const ROWS: [&str; 12] =
    ["AA", "AE", "AR", "CA", "CE", "CR", "unreadable", "wrong-id", "no-application", "timeout", "refused", "http"];

/// Reads a `replies` line with its block.
pub(super) fn read(reader: &mut Reader<'_>, line: Line<'_>) -> Option<ReplyTable> {
    let mut cursor = line.after_word();
    let mut table = ReplyTable::default();
    if cursor.eat("preset") || (!cursor.is_done() && !ROWS.contains(&cursor.peek_str())) {
        let name = reader.value(&mut cursor, "the name of a preset")?;
        let Some(preset) = ReplyTable::preset(&name.text) else {
            let known = PRESETS.iter().map(|preset| preset.name);
            reader.unknown(codes::E3118, line.tree, name.span, "a preset of replies", &name.text, known);
            return None;
        };
        table = preset;
    }
    rows(reader, &mut cursor, &mut table)?;
    for inner in line.lines() {
        rows(reader, &mut inner.cursor(), &mut table)?;
        reader.no_block(inner);
    }
    Some(table)
}

/// `AE park  AE 207 retry …`
fn rows(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>, table: &mut ReplyTable) -> Option<()> {
    while !cursor.is_done() {
        let word = reader.value(cursor, "a reply such as `AE`")?;
        let row = match (&*word.text, AckCode::parse(word.text.as_bytes())) {
            (_, Some(code)) => match quantity::count(cursor.peek_str()).and_then(|number| u16::try_from(number).ok()) {
                Some(condition) => {
                    cursor.take();
                    Row::Condition(code, condition)
                }
                None => Row::Code(code),
            },
            ("unreadable", _) => Row::Unreadable,
            ("wrong-id", _) => Row::WrongId,
            ("no-application", _) => Row::NoApplication,
            ("timeout", _) => Row::Timeout,
            ("refused", _) => Row::Refused,
            ("http", _) => Row::Http(u16::try_from(reader.count(cursor, 300, 599)?).ok()?),
            (other, _) => {
                reader.unknown(codes::E3118, cursor.tree(), word.span, "a reply", other, ROWS);
                return None;
            }
        };
        table.state(row, action(reader, cursor)?);
    }
    Some(())
}

fn action(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Option<Action> {
    let word = reader.value(cursor, "what to do: done, retry, park or hold")?;
    let action = Action::parse(&word.text);
    if action.is_none() {
        let known = Action::ALL.map(|(name, _)| name);
        reader.unknown(codes::E3118, cursor.tree(), word.span, "something to do with a reply", &word.text, known);
    }
    action
}
