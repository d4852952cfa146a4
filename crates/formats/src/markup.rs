//! Reads XML into the tree, through the one door for XML: no document type definitions, bounded.
//!
//! Promises: an element's text is the characters directly inside; those between its parts count where they are no blanks.

use crate::{
    charset::Decoded,
    codes,
    tree::{Builder, Full, Kind},
};
use message::Diagnostic;

/// Reads a text.
pub(crate) fn read(decoded: &Decoded, found: &mut Vec<Diagnostic>) -> Builder {
    let text = decoded.as_str();
    let mut builder = Builder::new(Kind::Element, text.len());
    match xml::read(text) {
        Ok(document) => {
            if element(&mut builder, text, 0, document.root_element()).is_err() {
                let what = format!("there are more than {} elements and attributes", crate::limits::NODES_MAX);
                found.push(Diagnostic::error(codes::E1305, what));
            }
        }
        Err(refusal) => {
            let code = match refusal.reason {
                xml::Reason::Limit => codes::E1305,
                xml::Reason::Shape => codes::E1304,
            };
            found.push(Diagnostic::error(code, refusal.to_string()));
        }
    }
    builder
}

/// An element with what is inside. Follows the depth, which the door bounds.
fn element(builder: &mut Builder, text: &str, parent: u32, node: xml::Node<'_, '_>) -> Result<(), Full> {
    let span = node.range();
    let start = span.start + 1;
    let length = text[start..].find(|c: char| c.is_whitespace() || matches!(c, '>' | '/')).unwrap_or(0);
    let name = Builder::verbatim(start..start + length);
    let id = builder.add(parent, Kind::Element, name, span.start)?;
    let space = node.tag_name().namespace().map_or(0, |uri| builder.space(uri));
    let inner = inner(text, &span);
    let narrow = |at: usize| u32::try_from(at).unwrap_or(0);
    let record = builder.node(id);
    record.span = narrow(span.start)..narrow(span.end);
    record.value = narrow(inner.start)..narrow(inner.end);
    record.space = space;
    for attribute in node.attributes() {
        let at =
            builder.add(id, Kind::Attribute, Builder::verbatim(attribute.range_qname()), attribute.range().start)?;
        let range = attribute.range_value();
        let value = match text.get(range.clone()) == Some(attribute.value()) {
            true => Builder::verbatim(range.clone()),
            false => builder.kept(attribute.value()),
        };
        let space = attribute.namespace().map_or(0, |uri| builder.space(uri));
        let record = builder.node(at);
        record.text = value;
        record.span = narrow(attribute.range().start)..narrow(attribute.range().end);
        record.value = narrow(range.start)..narrow(range.end);
        record.space = space;
    }
    let has_parts = node.children().any(|child| child.is_element());
    let texts = || node.children().filter(|child| child.is_text()).filter_map(|child| child.text());
    let is_said = |text: &&str| !has_parts || !text.trim().is_empty();
    let written = match texts().filter(is_said).count() {
        0 => None,
        1 => texts().find(is_said).map(std::borrow::Cow::Borrowed),
        _ => Some(texts().filter(is_said).collect::<String>().into()),
    };
    if let Some(written) = written {
        let slice = match text.get(inner.clone()) == Some(&*written) {
            true => Builder::verbatim(inner),
            false => builder.kept(&written),
        };
        builder.node(id).text = slice;
    }
    for child in node.children().filter(|child| child.is_element()) {
        element(builder, text, id, child)?;
    }
    Ok(())
}

/// What stands between the tags; of `<a/>` the place behind the name and attributes.
fn inner(text: &str, span: &std::ops::Range<usize>) -> std::ops::Range<usize> {
    let whole = text.get(span.clone()).unwrap_or("");
    let mut quote = None;
    let mut open = whole.len();
    for (at, byte) in whole.bytes().enumerate() {
        match (byte, quote) {
            (b'"' | b'\'', None) => quote = Some(byte),
            (byte, Some(open)) if byte == open => quote = None,
            (b'>', None) => {
                open = at + 1;
                break;
            }
            _ => {}
        }
    }
    let close = if whole[..open].ends_with("/>") { open } else { whole.rfind("</").unwrap_or(open) };
    span.start + open..span.start + close.max(open)
}

/// A text between tags.
pub(crate) fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\r' => out.push_str("&#13;"),
            c => out.push(c),
        }
    }
}

/// A text between quotes.
pub(crate) fn escape_attribute(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            '\n' => out.push_str("&#10;"),
            '\t' => out.push_str("&#9;"),
            c => escape(c.encode_utf8(&mut [0; 4]), out),
        }
    }
}

/// A character that XML 1.0 has no place for.
pub(crate) fn has_forbidden(text: &str) -> bool {
    text.chars()
        .any(|c| matches!(c, '\u{0}'..='\u{8}' | '\u{B}' | '\u{C}' | '\u{E}'..='\u{1F}' | '\u{FFFE}' | '\u{FFFF}'))
}

/// May stand as the name of an element or attribute.
pub(crate) fn is_name(text: &str) -> bool {
    let is_start = |c: char| c.is_alphabetic() || c == '_';
    let is_part = |c: char| is_start(c) || c.is_numeric() || matches!(c, '-' | '.');
    let parts: Vec<&str> = text.split(':').collect();
    parts.len() <= 2 && parts.iter().all(|part| part.starts_with(is_start) && part.chars().all(is_part))
}
