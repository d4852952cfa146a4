//! Floor 0: the one door for XML: bytes in, a read-only tree out. Pure.
//!
//! Promises: a document type definition is refused, so nothing is fetched and nothing expands; size, number of nodes and
//! depth are bounded, so a walk that follows the depth cannot overflow the stack; an error says where, never what.
//! Never: namespaces by prefix (ask for the local name), writing, or validation against a schema.

pub use roxmltree::{Document, Node};

use encoding_rs::Encoding;
use roxmltree::ParsingOptions;
use std::{borrow::Cow, fmt};

/// Largest document that is read.
pub const BYTES_MAX: usize = 64 * 1024 * 1024;
/// Most nodes of one document: elements, texts and comments.
pub const NODES_MAX: u32 = 4_000_000;
/// Deepest nesting of elements.
pub const DEPTH_MAX: usize = 100;
/// Most attributes of one element, declarations of namespaces among them.
pub const ATTRIBUTES_MAX: usize = 512;
/// In a document that is smaller, attributes are not counted: the square of what fits in takes milliseconds.
const SMALL_BYTES: usize = 8 * 1024;

/// What is wrong with a document that was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It passes a limit.
    Limit,
    /// It is not what is read here: no XML, no characters, a document type definition.
    Shape,
}

/// Why a document was not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Whether it is too much, or no XML.
    pub reason: Reason,
    /// One sentence, without content of the document.
    pub text: String,
    /// Line and column, from 1, where known.
    pub at: Option<(u32, u32)>,
}

impl Refusal {
    fn limit(text: impl Into<String>) -> Refusal {
        Refusal { reason: Reason::Limit, text: text.into(), at: None }
    }

    fn shape(text: impl Into<String>, at: Option<(u32, u32)>) -> Refusal {
        Refusal { reason: Reason::Shape, text: text.into(), at }
    }
}

/// The sentence with its place: `the document is not well-formed XML (line 3, column 7)`.
impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)?;
        self.at.map_or(Ok(()), |(line, column)| write!(f, " (line {line}, column {column})"))
    }
}

impl std::error::Error for Refusal {}

/// The characters of a document: by its byte order mark, else as it declares in its first line, else UTF-8.
///
/// # Errors
/// Too many bytes, an encoding that is not known, or bytes that are none of it.
pub fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, Refusal> {
    if bytes.len() > BYTES_MAX {
        return Err(Refusal::limit(format!("the document has more than {} MiB", BYTES_MAX / 1024 / 1024)));
    }
    let (encoding, rest) = match Encoding::for_bom(bytes) {
        Some((encoding, mark)) => (encoding, &bytes[mark..]),
        None => (declared(bytes)?, bytes),
    };
    encoding
        .decode_without_bom_handling_and_without_replacement(rest)
        .ok_or_else(|| Refusal::shape(format!("some bytes are no characters of {}", encoding.name()), None))
}

/// What `<?xml version="1.0" encoding="…"?>` says.
fn declared(bytes: &[u8]) -> Result<&'static Encoding, Refusal> {
    const DECLARATION_BYTES_MAX: usize = 200;
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(DECLARATION_BYTES_MAX)]);
    let declaration = head.trim_start().strip_prefix("<?xml").and_then(|rest| rest.split_once("?>")).map(|cut| cut.0);
    let name = declaration.and_then(|text| text.split_once("encoding")).map(|(_, rest)| {
        rest.trim_start_matches(['=', ' ', '"', '\'']).split(['"', '\'']).next().unwrap_or_default().trim()
    });
    match name {
        None => Ok(encoding_rs::UTF_8),
        // Read byte by byte it cannot be one of the wide forms, whatever it says.
        Some(name) if name.to_ascii_uppercase().starts_with("UTF-16") => Ok(encoding_rs::UTF_8),
        Some(name) => Encoding::for_label(name.as_bytes())
            .ok_or_else(|| Refusal::shape("the document declares an encoding that is not known", Some((1, 1)))),
    }
}

/// Reads a document.
///
/// # Errors
/// It is no XML, has a document type definition, or passes a limit.
pub fn read(text: &str) -> Result<Document<'_>, Refusal> {
    if text.len() > BYTES_MAX {
        return Err(Refusal::limit(format!("the document has more than {} MiB", BYTES_MAX / 1024 / 1024)));
    }
    if text.len() > SMALL_BYTES && has_many_attributes(text) {
        return Err(Refusal::limit(format!("an element has more than {ATTRIBUTES_MAX} attributes")));
    }
    let options = ParsingOptions { allow_dtd: false, nodes_limit: NODES_MAX, ..ParsingOptions::default() };
    let document = Document::parse_with_options(text, options).map_err(|error| {
        let at = (error.pos().row, error.pos().col);
        match error {
            roxmltree::Error::DtdDetected => {
                Refusal::shape("the document has a document type definition, which is refused", Some(at))
            }
            roxmltree::Error::NodesLimitReached => Refusal::limit(format!("the document has over {NODES_MAX} nodes")),
            _ => Refusal::shape("the document is not well-formed XML", Some(at)),
        }
    })?;
    if is_deeper(&document) {
        return Err(Refusal::limit(format!("elements are nested more than {DEPTH_MAX} deep")));
    }
    Ok(document)
}

/// Whether an element has more attributes than are read. The parser compares each with all before it, so that many of them would
/// take the square of their number.
fn has_many_attributes(text: &str) -> bool {
    let bytes = text.as_bytes();
    let past =
        |at: usize, end: &str| text.get(at..).and_then(|rest| rest.find(end)).map(|found| at + found + end.len());
    let mut at = 0;
    while let Some(found) = bytes[at..].iter().position(|byte| *byte == b'<') {
        at += found + 1;
        // In comments, sections and instructions nothing is an attribute.
        let skipped = match bytes.get(at..).unwrap_or_default() {
            [b'!', b'-', b'-', ..] => past(at + 3, "-->"),
            [b'!', b'[', ..] => past(at, "]]>"),
            [b'?', ..] => past(at, "?>"),
            _ => Some(at),
        };
        // What has no end is no XML, and the parser says so.
        let Some(start) = skipped else { return false };
        if start > at {
            at = start;
            continue;
        }
        let (mut count, mut quote) = (0_usize, None);
        while let Some(byte) = bytes.get(at) {
            match (quote, *byte) {
                (None, b'>') => break,
                (None, b'"' | b'\'') => quote = Some(*byte),
                (None, b'=') => count += 1,
                (Some(open), byte) if byte == open => quote = None,
                (None | Some(_), _) => {}
            }
            at += 1;
        }
        if count > ATTRIBUTES_MAX {
            return true;
        }
    }
    false
}

fn is_deeper(document: &Document<'_>) -> bool {
    let mut node = document.root();
    let mut depth = 0_usize;
    loop {
        if let Some(child) = node.first_child() {
            depth += 1;
            if depth > DEPTH_MAX {
                return true;
            }
            node = child;
            continue;
        }
        loop {
            if let Some(next) = node.next_sibling() {
                node = next;
                break;
            }
            let Some(parent) = node.parent() else { return false };
            depth -= 1;
            node = parent;
        }
    }
}

/// The child elements, in order.
pub fn children<'a, 'i: 'a>(node: Node<'a, 'i>) -> impl Iterator<Item = Node<'a, 'i>> {
    node.children().filter(Node::is_element)
}

/// The child elements with this local name, in order.
pub fn named<'a, 'i: 'a>(node: Node<'a, 'i>, name: &'static str) -> impl Iterator<Item = Node<'a, 'i>> {
    children(node).filter(move |child| child.tag_name().name() == name)
}

/// The first child element with this local name.
pub fn child<'a, 'i: 'a>(node: Node<'a, 'i>, name: &'static str) -> Option<Node<'a, 'i>> {
    named(node, name).next()
}

/// An attribute that says something; blank ones count as missing.
pub fn attribute<'a>(node: Node<'a, '_>, name: &str) -> Option<&'a str> {
    node.attribute(name).filter(|value| !value.trim().is_empty())
}

/// All text inside an element, blanks at both ends cut.
pub fn text_of(node: Node<'_, '_>) -> String {
    let parts = node.descendants().filter(Node::is_text).filter_map(|part| part.text());
    parts.collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_by_mark_and_declaration() {
        let check = |bytes: &[u8], expect: &str| assert_eq!(decode(bytes).expect("characters"), expect);
        check(b"<a/>", "<a/>");
        check(b"\xEF\xBB\xBF<a/>", "<a/>");
        check(b"\xFF\xFE<\0a\0/\0>\0", "<a/>");
        check(
            b"<?xml version='1.0' encoding='ISO-8859-1'?><a>\xE9</a>",
            "<?xml version='1.0' encoding='ISO-8859-1'?><a>é</a>",
        );
        assert_eq!(decode(b"<a>\xE9</a>").expect_err("no UTF-8").reason, Reason::Shape);
        assert_eq!(decode(b"<?xml encoding=\"klingon\"?>").expect_err("unknown").reason, Reason::Shape);
    }

    #[test]
    fn hostile_documents_are_refused() {
        let bomb = "<!DOCTYPE a [<!ENTITY b \"bbbb\"><!ENTITY c \"&b;&b;\">]><a>&c;</a>";
        let refusal = read(bomb).expect_err("a definition");
        assert_eq!(refusal.reason, Reason::Shape);
        assert!(refusal.text.contains("definition"), "{}", refusal.text);
        let fetched = "<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>";
        assert_eq!(read(fetched).expect_err("a definition").reason, Reason::Shape);
        let deep = |depth: usize| "<a>".repeat(depth) + &"</a>".repeat(depth);
        assert!(read(&deep(DEPTH_MAX)).is_ok());
        assert_eq!(read(&deep(DEPTH_MAX + 1)).expect_err("too deep").reason, Reason::Limit);
        assert_eq!(read(&deep(200_000)).expect_err("too deep").reason, Reason::Limit);
        assert_eq!(read("<a><b></a>").expect_err("not closed").at.map(|at| at.0), Some(1));
        assert_eq!(decode(&vec![b' '; BYTES_MAX + 1]).expect_err("too large").reason, Reason::Limit);
    }

    #[test]
    fn attributes_are_counted_where_they_are_some() {
        let many = |count: usize, before: &str| {
            let all: String = (0..count).map(|number| format!("a{number}='=\"=                  ' ")).collect();
            format!("{before}<a {all}/>")
        };
        let beginnings =
            ["", "<!-- <b c='-->", "<![CDATA[<b c=']]>", "<?pi <b c=' ?>", "<!---->", "x > y", "é<b c='é'>", "<b/>"];
        for before in beginnings {
            assert!(!has_many_attributes(&many(ATTRIBUTES_MAX, before)), "{before}");
            assert!(has_many_attributes(&many(ATTRIBUTES_MAX + 1, before)), "{before}");
        }
        for text in ["", "<", "<!", "<!-", "<!--", "<!--x", "<![CDATA[", "<?", "<a", "<a b='", "<a b='>", "<é"] {
            assert!(!has_many_attributes(text), "{text}");
        }
        assert!(read(&many(ATTRIBUTES_MAX, "")).is_ok());
        assert_eq!(read(&many(1_000_000, "")).expect_err("too many").reason, Reason::Limit);
        let spaces: String = (0..100_000).map(|number| format!("xmlns:n{number}='urn:{number}' ")).collect();
        assert_eq!(read(&format!("<a {spaces}/>")).expect_err("too many").reason, Reason::Limit);
    }

    #[test]
    fn a_refusal_says_where_and_never_what() {
        let refusal = read("<PID>\n<Doe^Jane></PID>").expect_err("no XML");
        let text = refusal.to_string();
        assert!(text.contains("line 2") && !text.contains("Doe"), "{text}");
    }
}
