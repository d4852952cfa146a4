//! `join by PATH [when COND] [until COND] within DURATION at-most N [with [SEGMENT, …]]`

use super::{
    language::{self, Home},
    line::Line,
    reader::Reader,
};
use crate::{codes, definition::Join};
use lang::syntax::{Cursor, TokenKind};
use message::Format;
use std::{sync::Arc, time::Duration};

/// Messages that wait belong to nobody's queue: whoever wants longer wants a database.
const WITHIN_MAX: Duration = Duration::from_secs(7 * 24 * 3600);
/// Messages of one whole.
const AT_MOST: u64 = 1_000;

/// Reads the line; `None` when it has errors.
pub(super) fn read(reader: &mut Reader<'_>, line: Line<'_>, home: &Home) -> Option<Arc<Join>> {
    let form = home.received.borrow().clone();
    let is_v2 = form.format == Format::Hl7v2;
    if !is_v2 && !matches!(form.format, Format::Json | Format::Delimited) {
        let message = format!("messages that are {} are not joined", form.name());
        let hint = "HL7 v2, JSON and rows are; put this behind a map in an interface of its own".to_owned();
        reader.error(codes::E3414, line.tree, line.word_span(), message, Some(hint));
        return None;
    }
    let mut cursor = line.after_word();
    reader.expect(&mut cursor, "by")?;
    let by = language::locus(reader, &mut cursor, "a path", &form)?;
    let (mut when, mut until, mut within, mut at_most, mut with) = (None, None, None, None, Vec::new());
    while !cursor.is_done() {
        let place = cursor.here();
        if cursor.eat("when") {
            when = Some(language::condition_before(reader, &mut cursor, home)?);
        } else if cursor.eat("until") {
            until = Some(language::condition_before(reader, &mut cursor, home)?);
        } else if cursor.eat("within") {
            within = Some(reader.duration(&mut cursor)?);
        } else if cursor.eat("at-most") {
            at_most = Some(usize::try_from(reader.count(&mut cursor, 2, AT_MOST)?).unwrap_or(usize::MAX));
        } else if is_v2 && cursor.eat("with") {
            with = segments(reader, &mut cursor)?;
        } else {
            let known = ["when", "until", "within", "at-most", "with"];
            reader.unknown(codes::E3414, line.tree, place, "a word of `join`", cursor.peek_str(), known);
            return None;
        }
    }
    let complain = |reader: &mut Reader<'_>, message: &str| {
        let hint = "write it like `join by OBR-2.1 until OBR-25 = F within 10m at-most 50 with [OBX, NTE]`".to_owned();
        reader.error(codes::E3414, line.tree, line.word_span(), message, Some(hint));
    };
    let (Some(within), Some(at_most)) = (within, at_most) else {
        complain(reader, "say how long and for how many messages it waits: `within` and `at-most`");
        return None;
    };
    if within.is_zero() || within > WITHIN_MAX {
        complain(reader, "`within` is at most 7d, and longer than nothing");
        return None;
    }
    if is_v2 && with.is_empty() {
        complain(reader, "say which segments of the others go into the first message: `with [OBX, NTE]`");
        return None;
    }
    Some(Arc::new(Join { by, when, until, within, at_most, with }))
}

/// `[OBX, NTE]`
fn segments(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Option<Vec<[u8; 3]>> {
    let mut found = Vec::new();
    let has_list = cursor.eat_kind(TokenKind::OpenBracket).is_some();
    loop {
        let written = reader.value(cursor, "a segment such as `OBX`")?;
        let is_id = |text: &str| text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
        let id = <[u8; 3]>::try_from(written.text.as_bytes()).ok().filter(|_| is_id(&written.text));
        let Some(id) = id.filter(|id| id != b"MSH") else {
            let message = format!("`{}` is no segment that can be added to a message", written.text);
            reader.error(codes::E3414, cursor.tree(), written.span, message, None);
            return None;
        };
        found.push(id);
        if !has_list || cursor.eat_kind(TokenKind::CloseBracket).is_some() {
            return Some(found);
        }
        cursor.eat_kind(TokenKind::Comma)?;
    }
}
