//! `retry from 2s to 5m give-up never`, `… give-up 12h then park`.

use super::reader::Reader;
use crate::{
    codes,
    definition::{GiveUp, Retry, Then},
};
use lang::syntax::Cursor;
use std::time::Duration;

/// Longest pause between two attempts.
const DELAY_MAX: Duration = Duration::from_secs(24 * 3600);

const ENDS: [(&str, Then); 3] = [("park", Then::Park), ("hold", Then::Hold), ("drop-with-audit", Then::Expire)];

/// Reads what stands behind `retry`.
pub(super) fn read(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Option<Retry> {
    let mut retry = Retry::default();
    let span = cursor.rest_span();
    while !cursor.is_done() {
        let word = reader.value(cursor, "`from`, `to` or `give-up`")?;
        match &*word.text {
            "from" => retry.delay_min = reader.duration(cursor)?,
            "to" => retry.delay_max = reader.duration(cursor)?,
            "give-up" => retry.give_up = give_up(reader, cursor)?,
            other => {
                let known = ["from", "to", "give-up"];
                reader.unknown(codes::E3101, cursor.tree(), word.span, "a word of `retry`", other, known);
                return None;
            }
        }
    }
    if retry.delay_min.is_zero() || retry.delay_min > retry.delay_max || retry.delay_max > DELAY_MAX {
        let message = "the pauses of `retry` do not fit: the first is longer than the longest, zero, or over a day";
        let hint = Some("write the shorter one first: `retry from 2s to 5m`".to_owned());
        reader.error(codes::E3109, cursor.tree(), span, message, hint);
        return None;
    }
    Some(retry)
}

fn give_up(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Option<GiveUp> {
    if cursor.eat("never") {
        return Some(GiveUp::Never);
    }
    cursor.eat("after");
    let after = reader.duration(cursor)?;
    reader.expect(cursor, "then")?;
    Some(GiveUp::After(after, reader.choice(cursor, "an end", &ENDS)?))
}
