//! The last message of an interface through its lines, step by step, for `sinew dev`.
//!
//! Promises: it is run as it was, by the lines as they are now; values that may say who the patient is are masked unless a
//! person asked for them.
//! Never: stores, sends, or waits for a lookup.

use crate::{commands::route, differences, host::Host, mask, screen::Screen};
use bytes::Bytes;
use engine::{acts::Person, pipeline};
use hl7v2::Message;
use interface::definition::{Definition, Step};
use message::{MessageId, Name, Timestamp};
use std::sync::Arc;
use store::Query;

/// What was shown so far.
pub(super) struct Last {
    /// The youngest message that was looked at.
    seen: Option<MessageId>,
    is_revealed: bool,
}

impl Last {
    /// From now on. Who looks is kept in the audit chain.
    pub(super) fn begin(host: &Host, is_revealed: bool) -> Last {
        let look = if is_revealed { "sinew dev --reveal" } else { "sinew dev, masked" };
        let person = Person { by: "sinew dev".into(), reason: look.into() };
        for row in host.engine.status().interfaces {
            // Without its audit chain the engine does not run long enough to show anything.
            let _ = host.engine.audit(&person, "tap", &row.name);
        }
        Last { seen: youngest(host), is_revealed }
    }

    /// The youngest message, if one came since.
    pub(super) fn arrived(&mut self, screen: &Screen, host: &Host) {
        let youngest = youngest(host);
        if youngest == self.seen {
            return;
        }
        self.seen = youngest;
        if let Some(id) = youngest {
            self.show(screen, host, id);
        }
    }

    /// The last message of each of these interfaces, by the lines that they have now.
    pub(super) fn again(&self, screen: &Screen, host: &Host, names: &[Name]) {
        for name in names {
            let query = Query { interface: Some(name.clone()), limit: 1, ..Query::default() };
            let hit = host.engine.store().search(&query).ok().and_then(|page| page.hits.into_iter().next());
            if let Some(hit) = hit {
                self.show(screen, host, hit.id);
            }
        }
    }

    fn show(&self, screen: &Screen, host: &Host, id: MessageId) {
        let Ok(stored) = host.engine.store().read(id) else { return };
        let envelope = &stored.accept.envelope;
        let Ok(flow) = host.engine.flow(&envelope.interface) else { return };
        let definition = flow.version().definition.clone();
        let title = format!("message {id} of {}, by its lines as they are now:", definition.name);
        screen.say(screen.paint_talk("1", &title));
        let lines = lines(screen, &definition, &envelope.raw, envelope.received, self.is_revealed);
        lines.iter().for_each(|line| screen.say(format!("  {line}")));
    }
}

fn youngest(host: &Host) -> Option<MessageId> {
    host.engine.store().latest(u64::MAX, 1).ok().and_then(|found| found.first().copied())
}

/// What each step changed, then what each line decided.
fn lines(
    screen: &Screen,
    definition: &Arc<Definition>,
    raw: &Bytes,
    received: Timestamp,
    is_revealed: bool,
) -> Vec<String> {
    let mut lines = Vec::new();
    let mut before = raw.clone();
    for (at, step) in definition.steps.iter().enumerate() {
        let number = at + 1;
        match pipeline::behind(definition, raw, number, received) {
            // How it ended is among what the lines decided.
            Err(_) => break,
            Ok(after) if after == before => {
                if matches!(step, Step::Edit(_)) {
                    lines.push(format!("step {number}  changes nothing"));
                }
            }
            Ok(after) => {
                lines.push(format!("step {number}  changes"));
                lines.extend(changes(screen, &before, &after, is_revealed).iter().map(|line| format!("    {line}")));
                before = after;
            }
        }
    }
    lines.extend(route::told(screen, definition, raw, received, is_revealed));
    lines
}

fn changes(screen: &Screen, before: &Bytes, after: &Bytes, is_revealed: bool) -> Vec<String> {
    let (old, new) = (Message::parse(before.clone()).0, Message::parse(after.clone()).0);
    if !old.has_header() || !new.has_header() {
        return vec![format!("{} bytes become {}", before.len(), after.len())];
    }
    let mut found = differences::of_messages(&old, &new, "");
    for one in found.iter_mut().filter(|one| one.is_hidden && !is_revealed) {
        for text in [&mut one.before, &mut one.after].into_iter().flatten() {
            *text = mask::masked(text);
        }
    }
    differences::lines(screen, &found, false)
}
