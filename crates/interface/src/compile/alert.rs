//! `alert silent 20m during "Mon-Fri 06:00-20:00"`, `alert backlog pharmacy over 500 or-older-than 5m page`.

mod quality;

pub(super) use quality::lint;

use super::{line::Line, reader::Reader};
use crate::{
    codes,
    definition::{Alert, AlertCondition, Hours},
};
use lang::syntax::Cursor;

/// Reads an `alert` line.
pub(super) fn read(reader: &mut Reader<'_>, line: Line<'_>) -> Option<Alert> {
    let mut cursor = line.after_word();
    reader.no_block(line);
    let kind = reader.value(&mut cursor, "what to watch: silent, down, backlog, errors or another")?;
    let condition = match &*kind.text {
        "silent" if cursor.eat("learned") => AlertCondition::SilentLearned,
        "silent" if cursor.eat("never") => AlertCondition::SilentNever,
        "silent" => AlertCondition::Silent(reader.duration(&mut cursor)?),
        "down" => {
            reader.expect(&mut cursor, "after")?;
            AlertCondition::Down(reader.duration(&mut cursor)?)
        }
        "backlog" => backlog(reader, &mut cursor)?,
        "errors" => {
            reader.expect(&mut cursor, "over")?;
            AlertCondition::Errors { over: reader.count(&mut cursor, 0, u64::from(u32::MAX))? }
        }
        "parked" => {
            reader.expect(&mut cursor, "over")?;
            AlertCondition::Parked { over: reader.count(&mut cursor, 0, u64::from(u32::MAX))? }
        }
        "slow" | "acknowledgment" | "skew" => {
            reader.expect(&mut cursor, "over")?;
            let over = reader.duration(&mut cursor)?;
            match &*kind.text {
                "slow" => AlertCondition::Slow { over },
                "skew" => AlertCondition::Skew { over },
                _ => AlertCondition::Acknowledgment { over },
            }
        }
        "quality" => AlertCondition::Quality(quality::read(reader, &mut cursor)?),
        other => {
            let known = ["silent", "down", "backlog", "errors", "parked", "slow", "acknowledgment", "skew", "quality"];
            reader.unknown(codes::E3101, line.tree, kind.span, "something to watch", other, known);
            return None;
        }
    };
    let mut alert = Alert { condition, during: Hours::default(), is_page: false, place: line.place() };
    while !cursor.is_done() {
        if cursor.eat("page") {
            alert.is_page = true;
        } else if cursor.eat("during") {
            alert.during = hours(reader, &mut cursor)?;
        } else {
            reader.end(&cursor);
            return None;
        }
    }
    Some(alert)
}

/// `"Mon-Fri 06:00-20:00"`.
fn hours(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Option<Hours> {
    let written = reader.value(cursor, "hours such as \"Mon-Fri 06:00-20:00\"")?;
    match Hours::parse(&written.text) {
        Ok(hours) => Some(hours),
        Err(why) => {
            let message = format!("`{}` names no hours: {why}", written.text);
            let hint = Some("write days, times of day, or both: \"Mon-Fri 06:00-20:00, Sat 08:00-12:00\"".to_owned());
            reader.error(codes::E3109, cursor.tree(), written.span, message, hint);
            None
        }
    }
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
