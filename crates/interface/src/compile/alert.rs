//! `alert silent 20m during "Mon-Fri 06:00-20:00"`, `alert backlog pharmacy over 500 or-older-than 5m page`.

mod quality;

use super::{line::Line, reader::Reader};
use crate::{
    codes,
    definition::{Alert, AlertCondition},
};
use lang::syntax::Cursor;
use std::sync::Arc;

/// Reads an `alert` line.
pub(super) fn read(reader: &mut Reader<'_>, line: Line<'_>) -> Option<Alert> {
    let mut cursor = line.after_word();
    reader.no_block(line);
    let kind = reader.value(&mut cursor, "what to watch: silent, backlog, errors, slow or quality")?;
    let condition = match &*kind.text {
        "silent" => AlertCondition::Silent(reader.duration(&mut cursor)?),
        "backlog" => backlog(reader, &mut cursor)?,
        "errors" => {
            reader.expect(&mut cursor, "over")?;
            AlertCondition::Errors { over: reader.count(&mut cursor, 0, u64::from(u32::MAX))? }
        }
        "slow" => {
            reader.expect(&mut cursor, "over")?;
            AlertCondition::Slow { over: reader.duration(&mut cursor)? }
        }
        "quality" => AlertCondition::Quality(quality::read(reader, &mut cursor)?),
        other => {
            let known = ["silent", "backlog", "errors", "slow", "quality"];
            reader.unknown(codes::E3101, line.tree, kind.span, "something to watch", other, known);
            return None;
        }
    };
    let mut alert = Alert { condition, during: Arc::from(""), is_page: false, place: line.place() };
    while !cursor.is_done() {
        if cursor.eat("page") {
            alert.is_page = true;
        } else if cursor.eat("during") {
            alert.during = reader.value(&mut cursor, "hours such as \"Mon-Fri 06:00-20:00\"")?.text;
        } else {
            reader.end(&cursor);
            return None;
        }
    }
    Some(alert)
}

fn backlog(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Option<AlertCondition> {
    let (mut destination, mut over, mut older_than) = (None, None, None);
    if !["over", "or-older-than", "older-than"].contains(&cursor.peek_str()) {
        destination = Some(reader.name(cursor, "a destination")?.text);
    }
    if cursor.eat("over") {
        over = Some(reader.count(cursor, 0, u64::MAX)?);
    }
    if cursor.eat("or-older-than") || cursor.eat("older-than") {
        older_than = Some(reader.duration(cursor)?);
    }
    if over.is_none() && older_than.is_none() {
        let message = "the alert says no limit: `over 500` or `older-than 5m`";
        reader.error(codes::E3102, cursor.tree(), cursor.here(), message, None);
        return None;
    }
    Some(AlertCondition::Backlog { destination, over, older_than })
}
