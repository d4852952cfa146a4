//! `lookup NAME CONNECTOR ADDRESS { …options of the connector…; within 2s; fresh 60s; remember 10000 }`

use super::{
    language::Home,
    line::Line,
    reader::{Reader, Written},
    settings::{self, Direction, Subject, Words},
};
use crate::{codes, definition::LookupDefinition};
use lang::syntax::Cursor;
use std::{sync::Arc, time::Duration};

/// How long a message waits for an answer, where the line does not say.
const WITHIN: Duration = Duration::from_secs(5);
/// A sender waits meanwhile.
const WITHIN_MAX: Duration = Duration::from_secs(60);
/// How long an answer is used again, where the line does not say.
const FRESH: Duration = Duration::from_secs(60);
/// Whoever wants more wants a table.
const FRESH_MAX: Duration = Duration::from_secs(24 * 3600);
/// Answers that are remembered, where the line does not say.
const REMEMBER: usize = 10_000;
const REMEMBER_MAX: u64 = 1_000_000;

struct LookupWords {
    within: Duration,
    fresh: Duration,
    remember: usize,
}

/// Reads the line; `None` when it has errors.
pub(super) fn read(reader: &mut Reader<'_>, line: Line<'_>, home: &Home) -> Option<Arc<LookupDefinition>> {
    let mut cursor = line.after_word();
    let name = reader.name(&mut cursor, "a name for the lookup")?;
    if home.tables().get(&name.text).is_some() {
        let message = format!("`{}` is the name of a code table too", name.text);
        reader.error(codes::E3411, line.tree, name.span, message, Some("give one of them another name".to_owned()));
        return None;
    }
    let mut words = LookupWords { within: WITHIN, fresh: FRESH, remember: REMEMBER };
    let subject = Subject { interface: &home.interface, destination: Some(&name.text) };
    let connected = settings::read(reader, line, cursor, Direction::Lookup, subject, &mut words)?;
    Some(Arc::new(LookupDefinition {
        name: name.text,
        connector: connected.spec.name,
        settings: connected.settings,
        within: words.within,
        fresh: words.fresh,
        remember: words.remember,
    }))
}

impl Words for LookupWords {
    fn known(&self) -> &'static [&'static str] {
        &["within", "fresh", "remember"]
    }

    fn take(&mut self, reader: &mut Reader<'_>, word: &Written, cursor: &mut Cursor<'_>) -> Option<()> {
        let place = cursor.here();
        let mut duration = |reader: &mut Reader<'_>, low: Duration, high: Duration| {
            let written = reader.duration(cursor)?;
            if (low..=high).contains(&written) {
                return Some(written);
            }
            let message = format!("`{}` is at most {} s", word.text, high.as_secs());
            reader.error(codes::E3412, cursor.tree(), place.clone(), message, None);
            None
        };
        match &*word.text {
            "within" => self.within = duration(reader, Duration::from_millis(1), WITHIN_MAX)?,
            "fresh" => self.fresh = duration(reader, Duration::ZERO, FRESH_MAX)?,
            _ => {
                let count = reader.count(cursor, 1, REMEMBER_MAX)?;
                self.remember = usize::try_from(count).unwrap_or(REMEMBER);
            }
        }
        Some(())
    }
}
