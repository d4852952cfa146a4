//! The `send` block: one destination.

use super::{
    answers,
    language::{self, Home},
    line::Line,
    reader::Reader,
    receive::order,
    retry,
    settings::{self, Connected, Direction, NoWords, Subject},
};
use crate::{
    codes,
    definition::{DestinationDefinition, Edit, OnReply, Order, Retry},
    keywords::{self, Within},
    replies::ReplyTable,
};
use lang::{Condition, Form};
use message::{Format, Name, limits};
use std::sync::Arc;

/// Lanes of a destination whose order leaves room for more than one.
pub(crate) const LANES_DEFAULT: usize = 16;

#[derive(Default)]
struct Draft {
    when: Option<Arc<Condition>>,
    connected: Option<Option<Connected>>,
    programs: Vec<Arc<Edit>>,
    retry: Option<Retry>,
    order: Option<Order>,
    replies: Option<ReplyTable>,
    on_reply: Vec<Arc<OnReply>>,
    lanes: Option<usize>,
    priority: Option<Arc<Condition>>,
}

/// Reads a `send` block; `None` when it has errors.
pub(super) fn read(reader: &mut Reader<'_>, line: Line<'_>, name: Name, home: &Home) -> Option<DestinationDefinition> {
    let before = reader.findings.len();
    let mut draft = Draft::default();
    for inner in line.lines() {
        draft.line(reader, inner, &name, home);
    }
    let form = home.form();
    if draft.connected.is_none() {
        let message = format!("`send {name}` does not say how: it has no connector");
        let hint = Some("add a line such as `mllp rx01.example.org:6661` or `file out`".to_owned());
        reader.error(codes::E3112, line.tree, line.word_span(), message, hint);
    }
    if reader.failed_since(before) {
        return None;
    }
    draft.finish(name, line, form)
}

impl Draft {
    fn line(&mut self, reader: &mut Reader<'_>, line: Line<'_>, name: &str, home: &Home) {
        if settings::is_connector(reader, line.word()) {
            self.connector(reader, line, name, home);
            return;
        }
        if settings::is_absent(reader, line.tree, line.word_span(), line.word()) {
            return;
        }
        let Some(keyword) = keywords::expect(reader, line, Within::Send) else { return };
        if !keyword.has_block {
            reader.no_block(line);
        }
        let mut cursor = line.after_word();
        match keyword.word {
            "when" if reader.once(line, self.when.as_ref()) => {
                self.when = language::condition_routed(reader, &mut cursor, home);
            }
            "set" | "remove" | "insert" | "translate" | "enrich" | "map" | "script" => {
                self.programs.extend(language::edit(reader, line, home));
            }
            "retry" if reader.once(line, self.retry.as_ref()) => self.retry = retry::read(reader, &mut cursor),
            "order" if reader.once(line, self.order.as_ref()) => {
                self.order = order(reader, &mut cursor, &home.routed.borrow());
                reader.end(&cursor);
            }
            "replies" if reader.once(line, self.replies.as_ref()) => self.replies = answers::read(reader, line),
            "on" => self.on_reply.extend(on_reply(reader, line, home).map(Arc::new)),
            "lanes" if reader.once(line, self.lanes.as_ref()) => {
                let count = reader.count(&mut cursor, 1, limits::LANES_MAX as u64);
                self.lanes = count.and_then(|count| usize::try_from(count).ok());
                reader.end(&cursor);
            }
            "priority" => self.priority(reader, line, home),
            _ => {}
        }
    }

    fn connector(&mut self, reader: &mut Reader<'_>, line: Line<'_>, name: &str, home: &Home) {
        if reader.once(line, self.connected.as_ref()) {
            let subject = Subject { interface: &home.interface, destination: Some(name) };
            let cursor = line.cursor();
            self.connected = Some(settings::read(reader, line, cursor, Direction::Send, subject, &mut NoWords));
        }
    }

    /// `priority stat when COND`; the word before `when` is for people.
    fn priority(&mut self, reader: &mut Reader<'_>, line: Line<'_>, home: &Home) {
        if !reader.once(line, self.priority.as_ref()) {
            return;
        }
        let mut cursor = line.after_word();
        if !cursor.is_at("when") {
            let _label = reader.name(&mut cursor, "a word such as `stat`");
        }
        if reader.expect(&mut cursor, "when").is_some() {
            self.priority = language::condition_routed(reader, &mut cursor, home);
        }
    }

    /// Lanes are settled with the interface's order, see [`settle_lanes`].
    fn finish(self, name: Name, line: Line<'_>, form: Form) -> Option<DestinationDefinition> {
        let connected = self.connected??;
        Some(DestinationDefinition {
            name,
            place: line.place(),
            is_routed: false,
            when: self.when,
            connector: connected.spec.name,
            settings: connected.settings,
            programs: self.programs,
            format: form.format,
            form,
            retry: self.retry.unwrap_or_default(),
            order: self.order,
            replies: self.replies.unwrap_or_default(),
            on_reply: self.on_reply,
            lanes: self.lanes.unwrap_or(0),
            priority: self.priority,
            subscriber: None,
        })
    }
}

/// `on reply [format FORM] [when COND] to INTERFACE`
fn on_reply(reader: &mut Reader<'_>, line: Line<'_>, home: &Home) -> Option<OnReply> {
    let mut cursor = line.after_word();
    reader.expect(&mut cursor, "reply")?;
    let mut form = Form::default();
    if cursor.eat("format") {
        let name = reader.value(&mut cursor, "a format such as `json`")?;
        let Some(known) = reader.surroundings.forms.get(&name.text) else {
            let forms = reader.surroundings.forms;
            reader.unknown(codes::E3109, line.tree, name.span, "a format", &name.text, forms.names());
            return None;
        };
        form = known;
    }
    let mut when = None;
    if cursor.eat("when") {
        let before = home.form();
        home.set_form(form.clone());
        when = language::condition_before(reader, &mut cursor, home);
        home.set_form(before);
        when.as_ref()?;
    }
    reader.expect(&mut cursor, "to")?;
    let to = reader.name(&mut cursor, "the name of an interface")?;
    reader.end(&cursor);
    Some(OnReply { form, when, to: to.text, rule: line.rule() })
}

/// What keeps a destination from numbering what it sends: an answer has to come before the next number goes out.
pub(super) fn unfit_for_numbers(destination: &DestinationDefinition, interface: &Order) -> Option<&'static str> {
    if !destination.is_numbered() {
        return None;
    }
    match destination.order.as_ref().unwrap_or(interface) {
        Order::By(_) | Order::None => Some("its messages may overtake one another"),
        Order::Source if destination.lanes > 1 => Some("more than one lane"),
        Order::Source if destination.priority.is_some() => Some("messages with priority overtake others"),
        Order::Source if destination.settings.text("acknowledgment") == "none" => Some("its partner never answers"),
        Order::Source if destination.part_bytes_max().is_some() => {
            Some("`max-size`: a part would need a number of its own")
        }
        Order::Source if destination.format != Format::Hl7v2 => Some("it sends no HL7 v2"),
        Order::Source => None,
    }
}

/// Fills in the lanes that no line gives, and says when lanes contradict a strict order. `interface` is the order of the
/// `receive` block, which may stand below the destination.
pub(super) fn settle_lanes(destination: &mut DestinationDefinition, interface: &Order) -> bool {
    let is_strict = matches!(destination.order.as_ref().unwrap_or(interface), Order::Source);
    let is_contradiction = is_strict && destination.lanes > 1;
    if is_strict {
        destination.lanes = 1;
    } else if destination.lanes == 0 {
        destination.lanes = LANES_DEFAULT;
    }
    is_contradiction
}
