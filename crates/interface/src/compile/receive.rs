//! The `receive` block: the connector, and the words of the engine that stand among its settings.

use super::{
    language::{self, Home},
    line::Line,
    quantity,
    reader::{Reader, Written},
    settings::{self, Connected, Direction, Subject, Words},
    topic::TOPIC,
};
use crate::{
    catalogue::Value,
    codes,
    definition::{Acknowledge, BatchAnswer, BatchCounts, Identity, Order, Receive, Subscription},
};
use formats::Messages;
use lang::{Condition, Form, Forms, Locus, syntax::Cursor};
use message::{Format, limits};
use std::{ops::Range, sync::Arc, time::Duration};

/// Longest time that control ids may be remembered: they are kept in memory by their hash.
const DUPLICATE_WINDOW_MAX: Duration = Duration::from_secs(90 * 24 * 3600);

/// Longest time that a sender may be left waiting for the deliveries.
const ACKNOWLEDGE_WITHIN_MAX: Duration = Duration::from_secs(24 * 3600);

/// How far apart the parts of a message may come where the interface does not say.
const JOIN_WITHIN: Duration = Duration::from_secs(3600);
/// Pointers are unique for a while only: parts of a day before belong to another message.
const JOIN_WITHIN_MAX: Duration = Duration::from_secs(24 * 3600);

/// Connectors that do not bring HL7 v2 where no line says what they bring.
const USUAL: [(&str, Format); 2] = [("sql", Format::Json), ("fhir", Format::Fhir)];

/// The words of `receive` besides the connector's settings.
#[derive(Default)]
struct ReceiveWords<'h> {
    home: Option<&'h Home>,
    when: Option<(Option<Arc<Condition>>, Range<usize>)>,
    acknowledge: Option<(Acknowledge, Option<Duration>)>,
    order: Option<Order>,
    size_max: Option<usize>,
    duplicate_window: Option<Option<Duration>>,
    format: Option<(Form, Range<usize>)>,
    messages: Option<Messages>,
    id: Option<Locus>,
    /// What the interface receives.
    form: Form,
    batch_counts: Option<BatchCounts>,
    batch_answer: Option<BatchAnswer>,
    join_within: Option<Option<Duration>>,
    has_sequence_numbers: bool,
    sequence: Option<Range<usize>>,
}

/// Sources that read the same content again after a crash.
const FILES: [&str; 5] = ["file", "sftp", "ftps", "smb", "s3"];

/// Sources without an answer to the sender.
const SILENT: [&str; 3] = ["file", "interface", TOPIC];

/// Reads a `receive` line; gives the place of its address too, for findings over several interfaces.
pub(super) fn read(reader: &mut Reader<'_>, line: Line<'_>, home: &Home) -> Option<(Receive, Range<usize>)> {
    let form = home.received.borrow().clone();
    let mut words = ReceiveWords { home: Some(home), form: form.clone(), ..ReceiveWords::default() };
    let subject = Subject { interface: &home.interface, destination: None };
    let connected = settings::read(reader, line, line.after_word(), Direction::Receive, subject, &mut words)?;
    // The environment may change the connector's own limit, so that one counts.
    let own_limit = connected.settings.values.get("limit").map(|_| connected.settings.count("limit"));
    let own_limit = own_limit.and_then(|size| usize::try_from(size).ok());
    if let Some(span) = words.sequence.clone().filter(|_| SILENT.contains(&connected.spec.name)) {
        let message = format!("`{}` gives no answer, so no sender hears which number is expected", connected.spec.name);
        let hint = "a file behind a gap would be refused for good: leave `sequence numbers` to mllp and http";
        reader.warning(codes::E3142, line.tree, span, message, hint);
    }
    let (acknowledge, acknowledge_within) = words.acknowledge.unwrap_or_default();
    let format = form.format;
    lint_format(reader, line, &connected, &words, (&form, acknowledge));
    let is_of_files = FILES.contains(&connected.spec.name) && format != Format::Hl7v2;
    let usual_messages = if format == Format::Delimited { Messages::Rows } else { Messages::Whole };
    let is_topic = connected.spec.name == TOPIC;
    if let (false, Some((_, span))) = (is_topic, &words.when) {
        let hint = "to leave messages out, write `keep when …` as a line of the interface".to_owned();
        let message = "`when` belongs to `receive topic`: it says which messages of the topic are wanted";
        reader.error(codes::E3332, line.tree, span.clone(), message, Some(hint));
        return None;
    }
    let wanted = words.when.and_then(|(when, _)| when);
    let receive = Receive {
        subscription: is_topic.then(|| Subscription { when: wanted, rule: line.rule() }),
        connector: connected.spec.name,
        settings: connected.settings,
        acknowledge,
        acknowledge_within,
        order: words.order.unwrap_or_default(),
        size_max: own_limit.or(words.size_max).unwrap_or(limits::FRAME_BYTES_MAX),
        duplicate_window: words.duplicate_window.unwrap_or(Some(limits::DUPLICATE_WINDOW)),
        format,
        form: form.clone(),
        messages: words.messages.unwrap_or(usual_messages),
        identity: match words.id.take() {
            Some(by) => Identity::By(by),
            None if is_of_files => Identity::Content,
            None => Identity::None,
        },
        batch_counts: words.batch_counts.unwrap_or_default(),
        batch_answer: words.batch_answer.unwrap_or_default(),
        join_within: if format == Format::Hl7v2 { words.join_within.unwrap_or(Some(JOIN_WITHIN)) } else { None },
        has_sequence_numbers: words.has_sequence_numbers,
    };
    Some((receive, connected.span))
}

impl Words for ReceiveWords<'_> {
    fn known(&self) -> &'static [&'static str] {
        &[
            "ack",
            "order",
            "limit",
            "duplicates",
            "format",
            "messages",
            "id",
            "batch",
            "continuation",
            "sequence",
            "when",
        ]
    }

    fn shared(&self) -> Option<(&'static str, Value)> {
        self.size_max.map(|size| ("limit", Value::Count(size as u64)))
    }

    fn take(&mut self, reader: &mut Reader<'_>, word: &Written, cursor: &mut Cursor<'_>) -> Option<()> {
        match &*word.text {
            "ack" => self.acknowledge = Some(acknowledge(reader, cursor)?),
            "order" => self.order = Some(order(reader, cursor, &self.form)?),
            "messages" => self.messages = Some(messages(reader, cursor, &self.form)?),
            "id" => {
                reader.expect(cursor, "by")?;
                self.id = Some(language::locus(reader, cursor, "a path", &self.form)?);
            }
            "limit" => self.size_max = Some(limit(reader, cursor)?),
            "batch" => self.batch(reader, cursor)?,
            "continuation" => self.join_within = Some(continuation(reader, cursor)?),
            "sequence" => {
                reader.expect(cursor, "numbers")?;
                self.has_sequence_numbers = true;
                self.sequence = Some(word.span.clone());
            }
            "when" => {
                let condition = language::condition_before(reader, cursor, self.home?)?;
                self.when = Some((Some(condition), word.span.clone()));
            }
            "duplicates" => self.duplicate_window = Some(duplicates(reader, cursor)?),
            _ => {
                let span = cursor.here();
                self.format = Some((form_named(reader, cursor)?, span));
            }
        }
        Some(())
    }
}

/// A format by its word, or a description of the workspace by its name.
fn form_named(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Option<Form> {
    let written = reader.value(cursor, "a format")?;
    let forms = reader.surroundings.forms;
    if let Some(form) = forms.get(&written.text) {
        return Some(form);
    }
    reader.unknown(codes::E3109, cursor.tree(), written.span, "a format", &written.text, forms.names());
    None
}

/// What an interface receives, as its `receive` line says it; findings come when the line is read.
pub(super) fn form_of(line: Line<'_>, forms: &Forms) -> Form {
    let lines = std::iter::once(line).chain(line.lines());
    let word = lines.filter_map(|line| word_behind(line, "format")).next();
    let connector = line.after_word().peek_str();
    let usual = USUAL.iter().find(|(name, _)| *name == connector).map_or(Format::Hl7v2, |(_, usual)| *usual);
    word.and_then(|word| forms.get(&word)).unwrap_or_else(|| Form::of(usual))
}

/// The value behind a word of a line.
fn word_behind(line: Line<'_>, wanted: &str) -> Option<String> {
    let mut cursor = line.cursor();
    while !cursor.is_done() {
        if cursor.eat(wanted) {
            return cursor.text().map(|(text, _)| text.into_owned());
        }
        cursor.take();
    }
    None
}

/// `rows|items|lines|whole`.
fn messages(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>, form: &Form) -> Option<Messages> {
    let span = cursor.here();
    let choices =
        [("whole", Messages::Whole), ("rows", Messages::Rows), ("lines", Messages::Lines), ("items", Messages::Items)];
    let messages = reader.choice(cursor, "how a content becomes messages", &choices)?;
    let fits = match (messages, form.format) {
        (Messages::Whole, _) => true,
        (Messages::Rows, format) => format == Format::Delimited,
        (Messages::Lines, format) => matches!(format, Format::Json | Format::Text),
        (Messages::Items, format) => format == Format::Json,
    };
    if !fits {
        let message = format!("a content that is {} has none of these to be cut into", form.name());
        let hint =
            "`rows` are of rows of columns, `items` of a JSON array, `lines` of JSON lines and of text".to_owned();
        reader.error(codes::E3370, cursor.tree(), span, message, Some(hint));
        return None;
    }
    Some(messages)
}

/// What only HL7 v2 has, and a pattern of file names that says another format.
fn lint_format(
    reader: &mut Reader<'_>,
    line: Line<'_>,
    connected: &Connected,
    words: &ReceiveWords<'_>,
    (form, acknowledge): (&Form, Acknowledge),
) {
    let format = form.format;
    let span = words.format.as_ref().map_or_else(|| connected.span.clone(), |(_, span)| span.clone());
    let named = formats::detect::by_name(&connected.settings.address);
    if let Some(named) = named.filter(|named| words.format.is_none() && *named != format) {
        let name = formats::detect::name_of(named);
        let message = format!("the names of the files say {name}, and HL7 v2 is expected in them");
        let hint = format!("add `format {name}`, or `format hl7v2` if they hold HL7 v2 all the same");
        reader.warning(codes::E3371, line.tree, connected.span.clone(), message, &hint);
    }
    if format == Format::Hl7v2 {
        if words.messages.is_some() || words.id.is_some() {
            let message = "`messages` and `id` are for other formats than HL7 v2".to_owned();
            let hint = Some("HL7 v2 has batches, and MSH-10".to_owned());
            reader.error(codes::E3370, line.tree, connected.span.clone(), message, hint);
        }
        return;
    }
    let name = form.name();
    let mut refuse = |what: &str, hint: &str| {
        let message = format!("{what}, and the messages are {name}");
        reader.error(codes::E3370, line.tree, span.clone(), message, Some(hint.to_owned()));
    };
    if connected.spec.name == "mllp" {
        refuse("mllp brings HL7 v2", "use `http`, `tcp` or `file` for other formats");
    }
    if words.has_sequence_numbers {
        refuse("sequence numbers stand in MSH-13 of HL7 v2", "leave `sequence numbers` out");
    }
    if words.batch_counts.is_some() {
        refuse("batch counts stand in BTS and FTS of HL7 v2", "leave `batch` out");
    }
    match acknowledge {
        Acknowledge::AfterStored | Acknowledge::None => {}
        Acknowledge::AfterValidated | Acknowledge::AfterDelivered => {
            refuse("this acknowledgment is a message of HL7 v2", "write `ack after-stored`, or leave `ack` out");
        }
    }
}

/// `after-stored`, `after-validated`, `none`, `after-delivered [within 20s]`.
fn acknowledge(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Option<(Acknowledge, Option<Duration>)> {
    let choices = [
        ("after-stored", Acknowledge::AfterStored),
        ("after-validated", Acknowledge::AfterValidated),
        ("after-delivered", Acknowledge::AfterDelivered),
        ("none", Acknowledge::None),
    ];
    let acknowledge = reader.choice(cursor, "a moment to acknowledge", &choices)?;
    match acknowledge {
        Acknowledge::AfterStored | Acknowledge::AfterValidated | Acknowledge::None => Some((acknowledge, None)),
        Acknowledge::AfterDelivered if cursor.eat("within") => Some((acknowledge, Some(within(reader, cursor)?))),
        Acknowledge::AfterDelivered => Some((acknowledge, None)),
    }
}

fn within(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Option<Duration> {
    let span = cursor.here();
    let within = reader.duration(cursor)?;
    if within.is_zero() || within > ACKNOWLEDGE_WITHIN_MAX {
        let message = "a sender waits from 1ms to 1d for its acknowledgment";
        reader.error(codes::E3109, cursor.tree(), span, message, None);
        return None;
    }
    Some(within)
}

/// `by PATH`, `by source`, `none`.
pub(super) fn order(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>, form: &Form) -> Option<Order> {
    cursor.eat("by");
    if cursor.eat("source") {
        return Some(Order::Source);
    }
    if cursor.eat("none") {
        return Some(Order::None);
    }
    language::locus(reader, cursor, "a path, `source` or `none`", form).map(Order::By)
}

fn limit(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Option<usize> {
    cursor.eat("size");
    let written = reader.value(cursor, "a size such as `64MiB`")?;
    let size = quantity::size(&written.text).and_then(|size| usize::try_from(size).ok());
    let size = size.filter(|size| (1024..=limits::FRAME_BYTES_CEILING).contains(size));
    if size.is_none() {
        let message = format!("`{}` is not a size from 1KiB to 2GiB less one byte", written.text);
        reader.error(codes::E3109, cursor.tree(), written.span, message, None);
    }
    size
}

/// What stands behind `batch`.
#[derive(Clone, Copy)]
enum BatchWord {
    Counts,
    Acknowledgment,
}

impl ReceiveWords<'_> {
    /// `counts check|ignore|refuse`, `acknowledgment all|errors|single|none`.
    fn batch(&mut self, reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Option<()> {
        let words = [("counts", BatchWord::Counts), ("acknowledgment", BatchWord::Acknowledgment)];
        match reader.choice(cursor, "what is said of batches", &words)? {
            BatchWord::Counts => {
                let choices =
                    [("check", BatchCounts::Check), ("ignore", BatchCounts::Ignore), ("refuse", BatchCounts::Refuse)];
                let what = "what happens to a batch whose counts do not fit";
                self.batch_counts = Some(reader.choice(cursor, what, &choices)?);
            }
            BatchWord::Acknowledgment => {
                let choices = [
                    ("all", BatchAnswer::All),
                    ("errors", BatchAnswer::Errors),
                    ("single", BatchAnswer::Single),
                    ("none", BatchAnswer::None),
                ];
                self.batch_answer = Some(reader.choice(cursor, "how a batch is answered", &choices)?);
            }
        }
        Some(())
    }
}

/// `join [within 1h]` or `off`.
fn continuation(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Option<Option<Duration>> {
    if cursor.eat("off") {
        return Some(None);
    }
    reader.expect(cursor, "join")?;
    if !cursor.eat("within") {
        return Some(Some(JOIN_WITHIN));
    }
    let span = cursor.here();
    let within = reader.duration(cursor)?;
    if within.is_zero() || within > JOIN_WITHIN_MAX {
        let hint = Some("write `continuation off` to take each part as a message of its own".to_owned());
        reader.error(codes::E3109, cursor.tree(), span, "parts are joined within 1ms to 1d", hint);
        return None;
    }
    Some(Some(within))
}

/// `window 7d` or `off`.
fn duplicates(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Option<Option<Duration>> {
    if cursor.eat("off") {
        return Some(None);
    }
    reader.expect(cursor, "window")?;
    let span = cursor.here();
    let window = reader.duration(cursor)?;
    if window.is_zero() || window > DUPLICATE_WINDOW_MAX {
        let hint = Some("write `duplicates off` to turn the check off".to_owned());
        reader.error(codes::E3109, cursor.tree(), span, "the window is from 1ms to 90d", hint);
        return None;
    }
    Some(Some(window))
}
