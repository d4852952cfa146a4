//! From bytes to a document.

use crate::{
    charset::{Charset, decode},
    codes, json,
    layout::Layout,
    limits::BYTES_MAX,
    markup, rows,
    tree::{Builder, Document, Kind},
    x12,
};
use bytes::Bytes;
use message::{Diagnostic, Format};
use std::{borrow::Cow, sync::Arc};

impl Document {
    /// Reads bytes as this format; never fails: what could be read is there, and what is wrong is told. Formats without
    /// parts, and HL7 v2, which has a reader of its own, give one node.
    #[must_use]
    pub fn read(format: Format, bytes: impl Into<Bytes>, layout: &Arc<Layout>) -> Document {
        let raw: Bytes = bytes.into();
        let mut found = Vec::new();
        if raw.len() > BYTES_MAX {
            let what = format!("the content has more than {} MiB", BYTES_MAX / 1024 / 1024);
            found.push(Diagnostic::error(codes::E1305, what));
            return document(format, raw.clone(), raw.slice(..0), Builder::new(Kind::Null, 0), layout, found);
        }
        if format == Format::Binary {
            let text = raw.slice(..0);
            return document(format, raw, text, Builder::new(Kind::Null, 0), layout, found);
        }
        let expected = match format {
            Format::Xml => declared(&raw),
            _ => layout.charset,
        };
        let decoded = decode(&raw, expected);
        found.extend(decoded.found.iter().cloned());
        let mut marks = [0; 4];
        let builder = match format {
            Format::Json | Format::Fhir => json::read(&decoded, &mut found),
            Format::Xml => markup::read(&decoded, &mut found),
            Format::Delimited => rows::read(&decoded, layout, &mut found),
            Format::X12 => {
                let (builder, declared) = x12::read(&decoded, &mut found);
                marks = declared;
                builder
            }
            Format::Text | Format::Hl7v2 | Format::Binary => {
                let mut builder = Builder::new(Kind::Text, decoded.text.len());
                builder.node(0).text = Builder::verbatim(0..decoded.text.len());
                builder
            }
        };
        let mut document = document(format, raw, decoded.text, builder, layout, found);
        document.charset = decoded.charset;
        document.marks = marks;
        document
    }
}

fn document(
    format: Format,
    raw: Bytes,
    text: Bytes,
    builder: Builder,
    layout: &Arc<Layout>,
    found: Vec<Diagnostic>,
) -> Document {
    Document {
        format,
        raw,
        text,
        extra: builder.extra,
        charset: Charset::default(),
        nodes: builder.nodes,
        spaces: builder.spaces,
        layout: layout.clone(),
        marks: [0; 4],
        found,
    }
}

/// What `<?xml version="1.0" encoding="…"?>` says. Read byte by byte it is none of the wide forms.
fn declared(bytes: &[u8]) -> Option<Charset> {
    const DECLARATION_BYTES_MAX: usize = 200;
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(DECLARATION_BYTES_MAX)]);
    let head: Cow<'_, str> = head;
    let declaration = head.trim_start().strip_prefix("<?xml")?.split_once("?>")?.0.to_owned();
    let (_, rest) = declaration.split_once("encoding")?;
    let name = rest.trim_start_matches(['=', ' ', '"', '\'']).split(['"', '\'']).next()?.trim();
    Charset::named(name).filter(|charset| !charset.name().starts_with("UTF-16"))
}

/// How a content becomes messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Messages {
    /// All of it is one.
    #[default]
    Whole,
    /// Each row is one, with the header in front.
    Rows,
    /// Each line is one: JSON lines, lines of text.
    Lines,
    /// Each item of the outermost JSON array is one.
    Items,
}

/// Cuts a content into messages; the content itself where there is nothing to cut.
#[must_use]
pub fn cut(format: Format, bytes: &Bytes, layout: &Arc<Layout>, by: Messages) -> Vec<rows::Cut> {
    let whole = || vec![rows::Cut { bytes: bytes.clone(), found: Vec::new() }];
    match by {
        Messages::Whole => whole(),
        Messages::Rows if format == Format::Delimited => rows::cut(bytes, layout),
        Messages::Rows => whole(),
        Messages::Lines => {
            let lines = bytes.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
            let said = lines.filter(|line| !line.trim_ascii().is_empty());
            said.map(|line| rows::Cut { bytes: bytes.slice_ref(line), found: Vec::new() }).collect()
        }
        Messages::Items => {
            let document = Document::read(format, bytes.clone(), layout);
            if document.root().kind() != Kind::Array || !document.is_whole() {
                return whole();
            }
            let item = |node: crate::Node<'_>| {
                let text = document.source().get(node.span()).unwrap_or("");
                rows::Cut { bytes: Bytes::copy_from_slice(text.as_bytes()), found: Vec::new() }
            };
            document.root().children().map(item).collect()
        }
    }
}
