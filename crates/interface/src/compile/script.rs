//! `script NAME [allow clock] [allow random] [time DURATION] [memory SIZE] [when COND]`.

use super::{
    language::{self, Home},
    line::Line,
    quantity,
    reader::Reader,
};
use crate::{codes, definition::Edit};
use lang::{
    Script,
    script::{Bounds, Grants, unknown_tables},
    syntax::Cursor,
};
use std::time::Duration;

const SETTINGS: [&str; 4] = ["allow", "time", "memory", "when"];

/// Reads the line.
pub(super) fn read(reader: &mut Reader<'_>, line: Line<'_>, home: &Home) -> Option<Edit> {
    let mut cursor = line.after_word();
    let name = reader.name(&mut cursor, "the name of a script")?;
    let program = match home.scripts().find(&name.text) {
        Ok(program) => program.clone(),
        Err(finding) => {
            reader.findings.push(finding.at(&line.tree.file, name.span, ""));
            return None;
        }
    };
    let unknown = unknown_tables(&program, home.tables());
    let is_sound = unknown.is_empty();
    reader.findings.extend(unknown);
    let (mut grants, mut bounds, mut when) = (Grants::default(), Bounds::default(), None);
    while !cursor.is_done() {
        if cursor.eat("when") {
            when = Some(language::condition(reader, &mut cursor, home)?);
        } else if cursor.eat("allow") {
            match reader.choice(&mut cursor, "what a script may be allowed", &[("clock", true), ("random", false)])? {
                true => grants.clock = true,
                false => grants.random = true,
            }
        } else if cursor.eat("time") {
            bounds.time = time(reader, &mut cursor)?;
        } else if cursor.eat("memory") {
            bounds.memory = memory(reader, &mut cursor)?;
        } else {
            let (span, word) = (cursor.here(), cursor.peek_str());
            reader.unknown(codes::E3400, line.tree, span, "a setting of `script`", word, SETTINGS);
            return None;
        }
    }
    let script = Script::new(program, home.tables(), grants, bounds);
    is_sound.then(|| Edit::Script { script, when, rule: line.rule() })
}

fn time(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Option<Duration> {
    let place = cursor.here();
    let time = reader.duration(cursor)?;
    if time.is_zero() || time > Bounds::TIME_MAX {
        let message = format!("a script has at most {} s, and at least 1 ms", Bounds::TIME_MAX.as_secs());
        reader.error(codes::E3400, cursor.tree(), place, message, Some("write it like `time 100ms`".to_owned()));
        return None;
    }
    Some(time)
}

fn memory(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Option<usize> {
    let written = reader.value(cursor, "a size such as `64MiB`")?;
    let size = quantity::size(&written.text).and_then(|size| usize::try_from(size).ok());
    let size = size.filter(|size| (Bounds::MEMORY_MIN..=Bounds::MEMORY_MAX).contains(size));
    if size.is_none() {
        let message = "a script has from 1MiB to 256MiB of memory".to_owned();
        reader.error(
            codes::E3400,
            cursor.tree(),
            written.span,
            message,
            Some("write it like `memory 64MiB`".to_owned()),
        );
    }
    size
}
