//! Values by their data types: composites part by part, primitives by their forms, codes by their tables.
//!
//! A message has three levels below a field. A composite type at the lowest of them cannot be told apart any further:
//! its first part is the value.

use super::check::{Check, short_code};
use super::form::{Fit, Form};
use super::levels::{Level, Rule, Weight, weight_of_table};
use super::segments::Context;
use super::spot::Spot;
use crate::dictionary::{Datatype, Dictionary, Part, Usage, Version};
use crate::escape::Token;
use crate::tree::{Element, Level as Depth};

/// Composite types inside composite types: no data type of the standard nests deeper.
const NESTING_MAX: u8 = 6;

/// Checks a value that is not empty. `part` is the field or component that it stands in.
pub(super) fn value<'m>(
    check: &mut Check<'m>,
    spot: Spot,
    context: &Context,
    part: Part,
    datatype: Datatype,
    element: Element<'m>,
) {
    let form = Form::of_type(datatype);
    if form == Form::DateTime && datatype.id() == "TS" {
        return timestamp(check, spot, context, part, element);
    }
    if datatype.is_primitive() {
        return primitive(check, spot, context, part, form, element);
    }
    match element.level() {
        Depth::Subcomponent | Depth::Verbatim => lowest(check, spot, context, datatype, element),
        Depth::Segment | Depth::Field | Depth::Repetition | Depth::Component => {
            composite(check, spot, context, part, datatype, element);
        }
    }
}

/// TS has a date with its time in its first part, which versions up to 2.4 call ST.
fn timestamp<'m>(check: &mut Check<'m>, spot: Spot, context: &Context, part: Part, element: Element<'m>) {
    let is_leaf = matches!(element.level(), Depth::Subcomponent | Depth::Verbatim);
    let first = if is_leaf { Some(element) } else { element.parts().next() };
    if let Some(first) = first.filter(|first| !first.is_empty()) {
        primitive(check, spot, context, part, Form::DateTime, first);
    }
}

fn lowest<'m>(check: &mut Check<'m>, spot: Spot, context: &Context, datatype: Datatype, element: Element<'m>) {
    let mut datatype = datatype;
    for _ in 0..NESTING_MAX {
        let Some((part, inner)) = datatype.component(1).and_then(|part| Some((part, part.datatype()?))) else { return };
        let form = Form::of_type(inner);
        // TS is a date with its time, and what stands here is its first part.
        if inner.is_primitive() || form == Form::DateTime {
            return primitive(check, spot, context, part, form, element);
        }
        datatype = inner;
    }
}

fn composite<'m>(
    check: &mut Check<'m>,
    spot: Spot,
    context: &Context,
    part: Part,
    datatype: Datatype,
    element: Element<'m>,
) {
    let mut number = 0_u16;
    for inner in element.parts() {
        number = number.saturating_add(1);
        let spot = spot.below(number);
        match datatype.component(number) {
            Some(component) if inner.is_empty() => missing(check, spot, datatype, component),
            Some(_) if inner.raw() == b"\"\"" => {}
            Some(component) if component.usage() == Usage::Withdrawn => {
                tell_withdrawn(check, spot, datatype, component, inner);
            }
            Some(component) => {
                if let Some(kind) = component.datatype() {
                    value(check, spot, context, component, kind, inner);
                }
            }
            None if inner.is_empty() => {}
            None => tell_beyond(check, spot, datatype, inner),
        }
    }
    for number in number.saturating_add(1)..=datatype.last_required() {
        if let Some(component) = datatype.component(number) {
            missing(check, spot.below(number), datatype, component);
        }
    }
    if check.options.level == Level::Strict && matches!(datatype.id(), "CNE" | "CWE" | "CE") {
        coded(check, spot.below(1), part, datatype, element);
    }
}

fn missing(check: &mut Check<'_>, spot: Spot, datatype: Datatype, component: Part) {
    if component.usage() != Usage::Required {
        return;
    }
    let weight = if component.number() == 1 { Weight::Heavy } else { Weight::Light };
    check.tell(Rule::RequiredComponent, weight, spot, None, |path| {
        format!("{path} ({}) is required in {} and empty.", component.name(), datatype.id())
    });
}

fn tell_withdrawn<'m>(check: &mut Check<'m>, spot: Spot, datatype: Datatype, component: Part, element: Element<'m>) {
    let version = check.dictionary.version();
    check.tell(Rule::Withdrawn, Weight::Light, spot, Some(element), |path| {
        let name = component.name();
        format!("{path} ({name}) is withdrawn from {} in version {version}: a receiver may overlook it.", datatype.id())
    });
}

fn tell_beyond<'m>(check: &mut Check<'m>, spot: Spot, datatype: Datatype, element: Element<'m>) {
    let version = check.dictionary.version();
    check.tell(Rule::Beyond, Weight::Light, spot, Some(element), |path| {
        format!("{path} has a value; {} has no such component in version {version}.", datatype.id())
    });
}

fn primitive<'m>(check: &mut Check<'m>, spot: Spot, context: &Context, part: Part, form: Form, whole: Element<'m>) {
    // What has parts where its type has none is judged by its first part.
    let is_split = !matches!(whole.level(), Depth::Subcomponent | Depth::Verbatim) && has_parts(&whole);
    let mut element = whole;
    if is_split && form != Form::Open {
        tell_separators(check, spot, part, whole);
        while let Some(first) = element.parts().next() {
            element = first;
        }
        if element.is_empty() {
            return;
        }
    }
    match form {
        Form::Date | Form::Time | Form::DateTime => formed(check, spot, part, form, Rule::Moment, element),
        Form::Number | Form::Digits => formed(check, spot, part, form, Rule::Number, element),
        Form::Sequence => formed(check, spot, part, form, Rule::Sequence, element),
        Form::Telephone => formed(check, spot, part, form, Rule::Telephone, element),
        Form::Code | Form::SiteCode => code(check, spot, context, part, form, element),
        Form::Text => escapes(check, spot, context, element),
        Form::Open => {}
    }
}

fn has_parts(element: &Element<'_>) -> bool {
    let delimiters = element.message().delimiters();
    memchr::memchr2(delimiters.component, delimiters.subcomponent, element.shape()).is_some()
}

fn tell_separators<'m>(check: &mut Check<'m>, spot: Spot, part: Part, element: Element<'m>) {
    check.tell(Rule::Separators, Weight::Light, spot, Some(element), |path| {
        format!("{path} ({}) holds separators, and its data type has no parts: they must be escaped.", part.name())
    });
}

fn formed<'m>(check: &mut Check<'m>, spot: Spot, part: Part, form: Form, rule: Rule, element: Element<'m>) {
    let raw = element.raw();
    let weight = match form.fit(raw) {
        _ if raw == b"\"\"" => return,
        Fit::Good => return,
        Fit::Near => Weight::Light,
        Fit::Bad if form == Form::Digits || is_read_as_text(part) => Weight::Light,
        Fit::Bad => Weight::Heavy,
    };
    check.tell(rule, weight, spot, Some(element), |path| format!("{path} ({}) must be {}.", part.name(), form.words()));
}

/// Numbers by the standard that receivers take as text: parts of telephone numbers are written with signs and spaces,
/// and identifiers have letters and dashes (CK.1 and XON.3 are numbers up to 2.5.1).
fn is_read_as_text(part: Part) -> bool {
    matches!(
        part.name(),
        "ID Number"
            | "Check Digit"
            | "Country Code"
            | "Area/city Code"
            | "Area/City Code"
            | "Phone Number"
            | "Local Number"
            | "Extension"
    )
}

/// The table of coding systems, which is registered apart from the versions and open to sites.
const CODING_SYSTEMS: u16 = 396;

/// The table does not list it, and the standard lets it be: what a site names itself, and what has a rule of its own.
fn is_own(table: u16, code: &str) -> bool {
    match table {
        3 | 76 => code.starts_with('Z'),
        // HL7 v2.9 table 0396: L, 99 and a name, HL7 and the number of a table.
        CODING_SYSTEMS => code == "L" || code.starts_with("99") || code.strip_prefix("HL7").is_some_and(is_digits),
        // MSH-12 and the structure in MSH-9.
        104 | 354 => true,
        _ => false,
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A code of a table. Lenient takes a code that any version has.
fn code<'m>(check: &mut Check<'m>, spot: Spot, context: &Context, part: Part, form: Form, element: Element<'m>) {
    let Some(number) = part.table_number() else { return escapes(check, spot, context, element) };
    let is_lenient = check.options.level == Level::Lenient;
    if is_lenient && form == Form::SiteCode {
        return;
    }
    let short = short_code(element.raw()).filter(|code| *code > 0);
    if short.is_some_and(|code| check.is_known_good(number, code)) {
        return;
    }
    let Some(table) = part.table() else { return };
    let text = element.text();
    let is_site = form == Form::SiteCode || table.is_user_defined();
    let is_known = || {
        let mut tables = Version::ALL.into_iter().filter_map(|version| Dictionary::of(version).table(number));
        tables.any(|table| table.code(&text).is_some())
    };
    // A table without codes is the site's to fill.
    let is_good = table.code(&text).is_some()
        || table.is_empty()
        || is_own(number, &text)
        || (is_lenient && (is_site || number == CODING_SYSTEMS || is_known()));
    if is_good {
        return short.into_iter().for_each(|code| check.keep_good(number, code));
    }
    let is_known = is_known();
    let rule = if is_site { Rule::SiteCode } else { Rule::TableCode };
    let weight = weight_of_table(number);
    let version = check.dictionary.version();
    check.tell(rule, weight, spot, Some(element), |path| {
        let name = part.name();
        let other = if is_known { "; another version has it" } else { "" };
        format!("{path} ({name}) is not a code of table {number:04} ({}) in version {version}{other}.", table.name())
    });
}

/// Strict: a coded element whose table is HL7's own.
fn coded<'m>(check: &mut Check<'m>, spot: Spot, part: Part, datatype: Datatype, element: Element<'m>) {
    let Some(table) = part.table().filter(|table| !table.is_user_defined() && !table.is_empty()) else { return };
    let depth = |number: u16| element.parts().nth(usize::from(number) - 1).filter(|part| !part.is_empty());
    let Some(code) = depth(1).filter(|code| code.raw() != b"\"\"") else { return };
    // Another code system than HL7's is named: CE and CWE may hold any.
    let is_foreign = depth(3).is_some_and(|system| !system.raw().starts_with(b"HL7"));
    if table.code(&code.text()).is_some() || is_foreign {
        return;
    }
    let rule = if datatype.id() == "CNE" { Rule::TableCode } else { Rule::SiteCode };
    let number = table.number();
    check.tell(rule, Weight::Light, spot, Some(code), |path| {
        format!("{path} ({}) is not a code of table {number:04} ({}).", part.name(), table.name())
    });
}

fn escapes<'m>(check: &mut Check<'m>, spot: Spot, context: &Context, element: Element<'m>) {
    if !context.has_escape {
        return;
    }
    let escape = check.message.delimiters().escape;
    let is_odd = |token: Token<'_>| match token {
        Token::Unknown(_) => true,
        Token::Text(text) => text.first() == Some(&escape),
        Token::Delimiter(_) | Token::Hex(_) | Token::Local(_) | Token::Charset(_) => false,
        Token::HighlightOn | Token::HighlightOff | Token::Format(..) => false,
    };
    if memchr::memchr(escape, element.shape()).is_some() && element.tokens().any(is_odd) {
        check.tell(Rule::Escape, Weight::Light, spot, Some(element), |path| {
            format!("{path} holds an escape character that begins no escape sequence of HL7: write it as \\E\\.")
        });
    }
}

/// Strict: the greatest length, in characters, separators included.
pub(super) fn length<'m>(check: &mut Check<'m>, spot: Spot, part: Part, element: Element<'m>) {
    let Some(most) = part.length_max().filter(|most| element.raw().len() > *most as usize) else { return };
    let count = element.text().chars().count();
    if count > most as usize {
        check.tell(Rule::Length, Weight::Light, spot, Some(element), |path| {
            format!("{path} ({}) has {count} characters; the standard has at most {most}.", part.name())
        });
    }
}
