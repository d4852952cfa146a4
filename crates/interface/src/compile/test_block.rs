//! The `test` block.

use super::{
    interface::Outline,
    language,
    line::Line,
    reader::{Reader, Written, span_of},
};
use crate::{
    case::{Expectation, Expected, Given, TestCase, Told, With},
    codes,
    definition::Edit,
    keywords::{self, Within},
};
use fhir::definitions::Type;
use lang::{
    Claim, Form, Locus,
    syntax::{Cursor, TokenKind},
};
use message::{AckCode, Format, Name};
use std::sync::Arc;

/// Messages that one test may give.
const GIVEN_MAX: usize = 10_000;

/// Reads a `test` statement for `owner`.
pub(super) fn read(reader: &mut Reader<'_>, line: Line<'_>, owner: &Outline) -> Option<TestCase> {
    let before = reader.findings.len();
    let mut cursor = line.after_word();
    let name = reader.value(&mut cursor, "a sentence about behaviour")?;
    reader.end(&cursor);
    let mut case = TestCase {
        name: name.text,
        interface: owner.name.clone(),
        place: line.place(),
        span: name.span.clone(),
        given: Vec::new(),
        with: Vec::new(),
        at: None,
        expectations: Vec::new(),
    };
    for inner in line.lines() {
        let Some(keyword) = keywords::expect(reader, inner, Within::Test) else { continue };
        reader.no_block(inner);
        let mut cursor = inner.after_word();
        match keyword.word {
            "given" => {
                let _reported = given(reader, inner, &mut cursor, owner, &mut case.given);
            }
            "with" => case.with.extend(with(reader, &mut cursor, owner)),
            "at" => {
                let text = inner.text().trim_start_matches("at").trim().into();
                case.at = (!cursor.is_done()).then_some(text);
            }
            _ => case.expectations.extend(expectation(reader, inner, cursor, owner)),
        }
    }
    if reader.failed_since(before) {
        return None;
    }
    if case.given.is_empty() || case.expectations.is_empty() {
        let message = "the test cannot fail: it needs at least one `given` and one `expect` line";
        reader.error(codes::E3304, line.tree, name.span, message, None);
        return None;
    }
    Some(case)
}

/// `given FILE [set PATH = VALUE, …] [, FILE …]`, `given """…"""`
fn given(
    reader: &mut Reader<'_>,
    line: Line<'_>,
    cursor: &mut Cursor<'_>,
    owner: &Outline,
    given: &mut Vec<Given>,
) -> Option<()> {
    loop {
        let is_block_text = cursor.peek().is_some_and(|token| token.kind == TokenKind::BlockText);
        let what = reader.value(cursor, "a file, or a message in three quotes")?;
        let form = owner.home.received.borrow().clone();
        let (label, bytes) =
            if is_block_text { inline(line, &what, &form) } else { sample(reader, cursor, owner, &what)? };
        let edits = edits(reader, line, cursor, owner)?;
        if given.len() >= GIVEN_MAX {
            reader.error(codes::E3105, line.tree, what.span, "the test gives too many messages", None);
            return None;
        }
        given.push(Given { label, bytes, edits });
        if cursor.eat_kind(TokenKind::Comma).is_none() {
            reader.end(cursor);
            return Some(());
        }
    }
}

/// A message in the test itself: one segment a line, blanks in front of a segment are layout.
fn inline(line: Line<'_>, what: &Written, form: &Form) -> (Arc<str>, bytes::Bytes) {
    let number = super::line::line_number(&line.tree.text, what.span.start);
    if form.format != Format::Hl7v2 {
        return (format!("line {number}").into(), dedented(&what.text).into());
    }
    let mut message = String::new();
    for segment in what.text.lines().map(str::trim).filter(|segment| !segment.is_empty()) {
        message.push_str(segment);
        message.push('\r');
    }
    (format!("line {number}").into(), message.into())
}

/// The lines of a text without the blanks that all of them begin with.
fn dedented(text: &str) -> String {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let blanks = lines.iter().skip(1).map(|line| line.len() - line.trim_start().len()).min().unwrap_or(0);
    let cut = |line: &&str| {
        line.get(blanks..)
            .filter(|_| line[..blanks.min(line.len())].trim().is_empty())
            .unwrap_or(line.trim_start())
            .to_owned()
            + "\n"
    };
    lines.iter().map(cut).collect()
}

fn sample(
    reader: &mut Reader<'_>,
    cursor: &Cursor<'_>,
    owner: &Outline,
    what: &Written,
) -> Option<(Arc<str>, bytes::Bytes)> {
    let path = owner.home.path_of(&what.text);
    match reader.surroundings.files.read(&path) {
        Ok(bytes) => Some((path.into(), bytes)),
        Err(why) => {
            let message = format!("`{path}`: {why}");
            let near = reader.surroundings.files.list(&owner.home.folder).0;
            let inside = |file: &String| file.strip_prefix(&format!("{}/", owner.home.folder)).map(str::to_owned);
            let near: Vec<String> = near.iter().filter_map(inside).collect();
            let hint = lang::syntax::closest(&what.text, near.iter().map(String::as_str))
                .map(|found| format!("did you mean `{found}`?"));
            reader.error(codes::E3302, cursor.tree(), what.span.clone(), message, hint);
            None
        }
    }
}

/// `set PATH = VALUE, PATH = VALUE`. A comma that is not followed by `set`, or by a path and `=`, starts the next message.
fn edits(
    reader: &mut Reader<'_>,
    line: Line<'_>,
    cursor: &mut Cursor<'_>,
    owner: &Outline,
) -> Option<Option<Arc<Edit>>> {
    if !cursor.eat("set") {
        return Some(None);
    }
    let mut assignments = Vec::new();
    loop {
        let start = cursor.here().start;
        let mut end = start;
        while let Some(token) = cursor.peek().filter(|token| token.kind != TokenKind::Comma) {
            end = span_of(token).end;
            cursor.take();
        }
        assignments.push(start..end);
        let mut ahead = cursor.clone();
        let is_more = ahead.eat_kind(TokenKind::Comma).is_some()
            && (ahead.eat("set")
                || (ahead.take().is_some() && ahead.peek().is_some_and(|next| next.kind == TokenKind::Equal)));
        if !is_more {
            break;
        }
        cursor.take();
        cursor.eat("set");
    }
    owner.home.set_form(owner.home.received.borrow().clone());
    language::assignments(reader, line, &assignments, &owner.home).map(Some)
}

/// `with NAME refuses-connections | replies AE | is-slow 5s`
fn with(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>, owner: &Outline) -> Option<With> {
    if cursor.eat("lookup") {
        return with_lookup(reader, cursor, owner);
    }
    let name = destination(reader, cursor, owner)?;
    let word = reader.value(cursor, "how the destination behaves")?;
    let with = match &*word.text {
        "refuses-connections" => With::Refuses(name),
        "replies" => With::Replies(name, ack_code(reader, cursor)?),
        "is-slow" => With::Slow(name, reader.duration(cursor)?),
        other => {
            let known = ["refuses-connections", "replies", "is-slow"];
            reader.unknown(codes::E3301, cursor.tree(), word.span, "a behaviour", other, known);
            return None;
        }
    };
    reader.end(cursor);
    Some(with)
}

/// `with lookup NAME [KEY] returns """{…}""" | nothing | fails`
fn with_lookup(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>, owner: &Outline) -> Option<With> {
    let name = reader.value(cursor, "the name of a lookup")?;
    if !owner.lookups.contains(&name.text) {
        let what = format!("a lookup of `{}`", owner.name);
        let known: Vec<&str> = owner.lookups.iter().map(|known| &**known).collect();
        reader.unknown(codes::E3303, cursor.tree(), name.span, &what, &name.text, known);
        return None;
    }
    let known = ["returns", "nothing", "fails"];
    let key = if known.iter().any(|word| cursor.is_at(word)) {
        None
    } else {
        Some(reader.value(cursor, "the value that is looked up, or `returns`")?.text)
    };
    let word = reader.value(cursor, "what the lookup answers")?;
    let answer = match &*word.text {
        "returns" => {
            let written = reader.value(cursor, "a document of JSON in quotes")?;
            let form = Form::of(Format::Json);
            let (_, found) = lang::Matter::read(&form, written.text.as_bytes().to_vec());
            if found.iter().any(message::Diagnostic::is_error) {
                let hint = Some("write it like `returns \"\"\"{ \"ward\": \"4W\" }\"\"\"`".to_owned());
                reader.error(codes::E3301, cursor.tree(), written.span, "the answer is not JSON", hint);
                return None;
            }
            Told::Returns(written.text)
        }
        "nothing" => Told::Nothing,
        "fails" => Told::Fails,
        other => {
            reader.unknown(codes::E3301, cursor.tree(), word.span, "an answer", other, known);
            return None;
        }
    };
    reader.end(cursor);
    Some(With::Lookup { name: name.text, key, answer })
}

fn destination(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>, owner: &Outline) -> Option<Name> {
    let name = reader.value(cursor, "the name of a destination")?;
    let known = || owner.sends.iter().chain(&owner.publishes);
    if let Some((known, _)) = known().find(|(known, _)| *known == name.text) {
        return Some(known.clone());
    }
    let known = known().map(|(known, _)| &**known).collect::<Vec<_>>();
    let what = format!("a destination of `{}`", owner.name);
    reader.unknown(codes::E3303, cursor.tree(), name.span, &what, &name.text, known);
    None
}

/// `Patient.gender`
fn is_element(text: &str) -> bool {
    text.split_once('.').is_some_and(|(head, _)| Type::named(head).is_some_and(Type::is_resource))
}

/// The resource that a destination gets, if its last line is a map to FHIR.
fn makes_fhir(owner: &Outline, destination: &str) -> Option<Type> {
    let definition = owner.definition.as_ref()?;
    definition.destination(destination)?.programs.last()?.resource()
}

fn ack_code(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Option<AckCode> {
    let choices = AckCode::ALL.map(|code| (code.as_str(), code));
    reader.choice(cursor, "an acknowledgment code", &choices)
}

fn expectation(
    reader: &mut Reader<'_>,
    line: Line<'_>,
    mut cursor: Cursor<'_>,
    owner: &Outline,
) -> Option<Expectation> {
    let cursor = &mut cursor;
    let what = match cursor.peek_str() {
        "filtered" => {
            cursor.take();
            let by =
                if cursor.eat("by") { Some(reader.value(cursor, "`keep`, `drop` or `route`")?.text) } else { None };
            Expected::Filtered { by }
        }
        "rejected" => {
            cursor.take();
            reader.expect(cursor, "with")?;
            Expected::Rejected { code: reader.value(cursor, "a code such as E2104")?.text }
        }
        "parked" => {
            cursor.take();
            Expected::Parked { destination: None }
        }
        "acknowledged" => {
            cursor.take();
            Expected::Acknowledged(ack_code(reader, cursor)?)
        }
        "nothing" => {
            cursor.take();
            Expected::Nothing { destination: None }
        }
        "noted" => {
            cursor.take();
            let code = reader.value(cursor, "a code such as E1150")?.text;
            let path =
                if cursor.eat("at") { Some(reader.value(cursor, "a place such as `PID-31`")?.text) } else { None };
            Expected::Noted { code, path }
        }
        _ => at_destination(reader, cursor, owner)?,
    };
    reader.end(cursor);
    Some(Expectation { text: line.text(), place: line.place(), what })
}

/// What stands behind a destination's name.
fn at_destination(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>, owner: &Outline) -> Option<Expected> {
    let destination = destination(reader, cursor, owner)?;
    Some(match cursor.peek_str() {
        "sent" => {
            cursor.take();
            let count = if cursor.is_done() { None } else { Some(reader.count(cursor, 0, 1_000_000)?) };
            Expected::Sent { destination, count: count.and_then(|count| usize::try_from(count).ok()) }
        }
        "queued" => {
            cursor.take();
            let count = usize::try_from(reader.count(cursor, 0, 1_000_000)?).ok()?;
            Expected::Queued { destination, count }
        }
        "nothing" => {
            cursor.take();
            Expected::Nothing { destination: Some(destination) }
        }
        "parked" => {
            cursor.take();
            Expected::Parked { destination: Some(destination) }
        }
        "matches" if !cursor.clone().is_done() => {
            cursor.take();
            let what = reader.value(cursor, "a file")?;
            let (file, bytes) = sample(reader, cursor, owner, &what)?;
            Expected::Matches { destination, file, bytes }
        }
        _ if makes_fhir(owner, &destination).is_some() => {
            let root = makes_fhir(owner, &destination)?;
            let span = cursor.rest_span();
            while cursor.take().is_some() {}
            let text = cursor.tree().text.get(span.clone()).unwrap_or("");
            match Claim::parse(text, root) {
                Ok(claim) => Expected::Claims { destination, claim: Arc::new(claim) },
                Err(wrong) => {
                    reader.error(wrong.code, cursor.tree(), span, wrong.message, wrong.hint);
                    return None;
                }
            }
        }
        // What a broken interface sends cannot be told; its own findings come first.
        text if owner.definition.is_none() && is_element(text) => return None,
        text => {
            let definition = owner.definition.as_ref().and_then(|definition| definition.destination(&destination));
            let form = definition.map(|destination| destination.form.clone()).unwrap_or_default();
            let path = match form.format {
                Format::Hl7v2 => hl7v2::Path::parse(text).ok().map(Locus::V2),
                _ => Locus::parse(text, &form).ok(),
            };
            owner.home.set_form(form);
            let condition = language::condition(reader, cursor, &owner.home)?;
            Expected::Holds { destination, condition, path }
        }
    })
}
