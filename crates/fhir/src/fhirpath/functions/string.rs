//! Texts. Positions and lengths count characters, not bytes. Regular expressions run in linear time.

use super::super::eval::{Machine, has_no_value};
use super::super::item::Item;
use super::{Call, Function};
use crate::Error;
use regex::{Regex, RegexBuilder};
use std::borrow::Cow;
use std::sync::OnceLock;

/// Memory that one compiled regular expression may take.
const REGEX_BYTES_MAX: usize = 1024 * 1024;

pub(super) fn run<'t>(machine: &mut Machine<'t, '_>, call: Call<'_, 't>, out: &mut Vec<Item<'t>>) -> Result<(), Error> {
    if call.function == Function::Join {
        return join(machine, call, out);
    }
    let text = match call.one(machine)? {
        None => return Ok(()),
        Some(value) if has_no_value(&value) => return Ok(()),
        Some(Item::Text(text)) => text,
        // Elsewhere than in FHIR's own types a number or a date is not taken for its text.
        Some(other) => {
            return Err(
                machine.misfit(call.id, format!("`{}` works on a text, not on {}", call.name(), other.type_name()))
            );
        }
    };
    match call.function {
        Function::Length => out.push(Item::Integer(text.chars().count() as i64)),
        Function::Upper => out.push(machine.text(call.id, text.to_uppercase())?),
        Function::Lower => out.push(machine.text(call.id, text.to_lowercase())?),
        Function::Trim => out.push(machine.text(call.id, text.trim().to_string())?),
        Function::ToChars => {
            machine.burn(call.id, text.len())?;
            out.extend(text.chars().map(|letter| Item::Text(Cow::Owned(letter.to_string()))));
        }
        Function::Substring => substring(machine, call, &text, out)?,
        Function::Replace => {
            if let (Some(pattern), Some(with)) = (call.text(machine, 0)?, call.text(machine, 1)?) {
                out.push(replace(machine, call, &text, &pattern, &with)?);
            }
        }
        Function::ReplaceMatches => {
            if let (Some(pattern), Some(with)) = (call.text(machine, 0)?, call.text(machine, 1)?) {
                let changed = if pattern.is_empty() {
                    text.to_string()
                } else {
                    let regex = regex(machine, call, &pattern, 2, false)?;
                    regex.replace_all(&text, named_groups(&with).as_ref()).into_owned()
                };
                out.push(machine.text(call.id, changed)?);
            }
        }
        Function::Matches | Function::MatchesFull => {
            if let Some(pattern) = call.text(machine, 0)? {
                let regex = regex(machine, call, &pattern, 1, call.function == Function::MatchesFull)?;
                out.push(Item::Boolean(regex.is_match(&text)));
            }
        }
        Function::Encode | Function::Decode | Function::Escape | Function::Unescape => {
            if let Some(format) = call.text(machine, 0)? {
                out.extend(coded(machine, call, &text, &format)?);
            }
        }
        Function::Split => {
            if let Some(separator) = call.text(machine, 0)? {
                machine.burn(call.id, text.len())?;
                let part = |part: &str| Item::Text(Cow::Owned(part.to_string()));
                if separator.is_empty() {
                    out.extend(text.chars().map(|letter| part(&letter.to_string())));
                } else {
                    out.extend(text.split(&*separator).map(part));
                }
            }
        }
        _ => {
            if let Some(part) = call.text(machine, 0)? {
                out.push(about(machine, call, &text, &part)?);
            }
        }
    }
    Ok(())
}

/// Whether and where one text is in another.
fn about<'t>(machine: &Machine<'t, '_>, call: Call<'_, 't>, text: &str, part: &str) -> Result<Item<'t>, Error> {
    let position = |at: Option<usize>| {
        Item::Integer(at.map_or(-1, |at| text.get(..at).map_or(0, |before| before.chars().count() as i64)))
    };
    Ok(match call.function {
        Function::StartsWith => Item::Boolean(text.starts_with(part)),
        Function::EndsWith => Item::Boolean(text.ends_with(part)),
        Function::Contains => Item::Boolean(text.contains(part)),
        Function::IndexOf => position(text.find(part)),
        Function::LastIndexOf => position(text.rfind(part)),
        _ => return Err(call.misplaced(machine)),
    })
}

fn substring<'t>(
    machine: &mut Machine<'t, '_>,
    call: Call<'_, 't>,
    text: &str,
    out: &mut Vec<Item<'t>>,
) -> Result<(), Error> {
    let Some(start) = call.integer(machine, 0)? else { return Ok(()) };
    let length = match call.integer(machine, 1)? {
        Some(length) => usize::try_from(length).unwrap_or(0),
        None => usize::MAX,
    };
    let Ok(start) = usize::try_from(start) else { return Ok(()) };
    if start < text.chars().count() {
        out.push(machine.text(call.id, text.chars().skip(start).take(length).collect())?);
    }
    Ok(())
}

/// Every occurrence; an empty pattern stands before each character and at the end.
fn replace<'t>(
    machine: &Machine<'t, '_>,
    call: Call<'_, 't>,
    text: &str,
    pattern: &str,
    with: &str,
) -> Result<Item<'t>, Error> {
    let found = if pattern.is_empty() { text.chars().count() + 1 } else { text.matches(pattern).count() };
    if found.saturating_mul(with.len()) > machine.environment.text_bytes_max {
        // Refused before the memory is taken.
        return machine.text(call.id, " ".repeat(machine.environment.text_bytes_max + 1));
    }
    machine.text(call.id, text.replace(pattern, with))
}

/// Joins what has a text; without a separator nothing stands between.
fn join<'t>(machine: &mut Machine<'t, '_>, call: Call<'_, 't>, out: &mut Vec<Item<'t>>) -> Result<(), Error> {
    if call.input.is_empty() {
        return Ok(());
    }
    let separator = call.text(machine, 0)?.unwrap_or_default();
    let mut parts = Vec::new();
    for item in call.input {
        match item.value() {
            Item::Text(text) => parts.push(text),
            other if has_no_value(&other) => {}
            other => return Err(machine.misfit(call.id, format!("`join` joins texts, not {}", other.type_name()))),
        }
    }
    out.push(machine.text(call.id, parts.join(&*separator))?);
    Ok(())
}

/// A pattern: a point is any character, lines included (FHIRPath N1 §5.6.9). Flags: `i` without case, `m` for lines.
fn regex<'t>(
    machine: &mut Machine<'t, '_>,
    call: Call<'_, 't>,
    pattern: &str,
    flags_at: usize,
    is_whole: bool,
) -> Result<Regex, Error> {
    let parsed = machine.parsed;
    let kept = parsed.patterns.get(&call.id);
    if let Some(Some(regex)) = kept.and_then(OnceLock::get) {
        return Ok(regex.clone());
    }
    let flags = call.text(machine, flags_at)?.unwrap_or_default();
    let whole = if is_whole { format!("^(?:{pattern})$") } else { pattern.to_string() };
    machine.burn(call.id, 50 + pattern.len())?;
    let regex = RegexBuilder::new(&whole)
        .dot_matches_new_line(true)
        .case_insensitive(flags.contains('i'))
        .multi_line(flags.contains('m'))
        .size_limit(REGEX_BYTES_MAX)
        .build()
        .map_err(|_| machine.misfit(call.id, "the regular expression cannot be read, or is too large"))?;
    if let Some(kept) = kept {
        let _ = kept.set(Some(regex.clone()));
    }
    Ok(regex)
}

/// `$1` and `${name}` of other dialects as this library has them: `$1x` means group 1 and an x.
fn named_groups(with: &str) -> Cow<'_, str> {
    if !with.contains('$') {
        return Cow::Borrowed(with);
    }
    let mut out = String::new();
    let mut rest = with;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        if digits > 0 {
            out.push_str("${");
            out.push_str(&rest[..digits]);
            out.push('}');
            rest = &rest[digits..];
        } else if rest.starts_with('{') {
            out.push('$');
        } else {
            out.push_str("$$");
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

fn coded<'t>(
    machine: &Machine<'t, '_>,
    call: Call<'_, 't>,
    text: &str,
    format: &str,
) -> Result<Option<Item<'t>>, Error> {
    let changed = match (call.function, format) {
        (Function::Encode, "hex") => Some(text.bytes().map(|byte| format!("{byte:02x}")).collect()),
        (Function::Encode, "base64") => Some(base64(text.as_bytes(), b"+/")),
        (Function::Encode, "urlbase64") => Some(base64(text.as_bytes(), b"-_")),
        (Function::Decode, "hex") => from_hex(text),
        (Function::Decode, "base64") => from_base64(text, b"+/"),
        (Function::Decode, "urlbase64") => from_base64(text, b"-_"),
        (Function::Escape, "html") => Some(text.chars().map(html_escape).collect()),
        (Function::Unescape, "html") => Some(html_unescape(text)),
        (Function::Escape, "json") => Some(text.chars().map(json_escape).collect()),
        (Function::Unescape, "json") => json_unescape(text),
        _ => return Err(machine.misfit(call.id, format!("`{}` does not know this format", call.name()))),
    };
    changed.map(|text| machine.text(call.id, text)).transpose()
}

const BASE64: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

fn base64(bytes: &[u8], ends: &[u8; 2]) -> String {
    let letter =
        |value: u32| char::from(BASE64.get(value as usize).copied().unwrap_or_else(|| ends[value as usize - 62]));
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().fold(0, |sum, byte| sum << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for at in 0..4 {
            out.push(if at <= chunk.len() { letter(bits >> (18 - 6 * at) & 63) } else { '=' });
        }
    }
    out
}

fn from_base64(text: &str, ends: &[u8; 2]) -> Option<String> {
    let value = |byte: u8| {
        let found = BASE64.iter().position(|known| *known == byte);
        found.or_else(|| ends.iter().position(|end| *end == byte).map(|at| at + 62)).map(|value| value as u32)
    };
    let mut out = Vec::new();
    let (mut bits, mut count) = (0_u32, 0);
    for byte in text.trim_end_matches('=').bytes() {
        (bits, count) = (bits << 6 | value(byte)?, count + 6);
        if count >= 8 {
            count -= 8;
            out.push((bits >> count) as u8);
            bits &= (1 << count) - 1;
        }
    }
    String::from_utf8(out).ok()
}

fn from_hex(text: &str) -> Option<String> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let pair = |pair: &[u8]| match pair {
        [high, low] => Some((digit(*high)? << 4 | digit(*low)?) as u8),
        _ => None,
    };
    String::from_utf8(text.as_bytes().chunks(2).map(pair).collect::<Option<Vec<_>>>()?).ok()
}

fn html_escape(letter: char) -> String {
    match letter {
        '<' => "&lt;".into(),
        '>' => "&gt;".into(),
        '&' => "&amp;".into(),
        '"' => "&quot;".into(),
        '\'' => "&#39;".into(),
        _ => letter.into(),
    }
}

fn html_unescape(text: &str) -> String {
    // The ampersand last, so that an escaped escape stays one.
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
    text.replace("&#39;", "'").replace("&apos;", "'").replace("&amp;", "&")
}

fn json_escape(letter: char) -> String {
    match letter {
        '"' => "\\\"".into(),
        '\\' => "\\\\".into(),
        '\n' => "\\n".into(),
        '\r' => "\\r".into(),
        '\t' => "\\t".into(),
        '\u{8}' => "\\b".into(),
        '\u{c}' => "\\f".into(),
        '\0'..='\u{1f}' => format!("\\u{:04x}", u32::from(letter)),
        _ => letter.into(),
    }
}

fn json_unescape(text: &str) -> Option<String> {
    // Bare quotation marks are left as they are: the input is the inside of a string.
    let bare = text.replace("\\\"", "\"");
    let quoted = format!("\"{}\"", bare.replace('"', "\\\""));
    crate::Tree::read(quoted.as_bytes()).ok()?.root().text().map(str::to_string)
}
