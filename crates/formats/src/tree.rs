//! One tree for all formats: nodes with a name, a text and children, over one text.
//!
//! | format | a node is | its name | its text |
//! |---|---|---|---|
//! | JSON | a value | its property | of a string, number, `true`, `false` |
//! | XML | an element, an attribute | its name; `@id` | the characters directly inside |
//! | rows | the rows, a row, a column | `row`; the column's | of a column |
//! | X12 | an envelope, a segment, an element, a component | `NM1`; `03`; `1` | of an element without components |
//!
//! Promises: no node holds a copy of what stands in the text as it is; what is nested, and how many nodes there are, is
//! bounded ([`crate::limits`]); [`Document::write`] gives the bytes that were read.
//! Never: prints content.

use crate::{charset::Charset, layout::Layout};
use bytes::Bytes;
use message::{Diagnostic, Format};
use std::{fmt, ops::Range, sync::Arc};

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A JSON object.
    Object,
    /// A JSON array.
    Array,
    /// A JSON string.
    Text,
    /// A JSON number, as it is written.
    Number,
    /// `true` or `false`.
    Truth,
    /// `null`: nothing there.
    Null,
    /// An XML element; also the document around the outermost one.
    Element,
    /// An XML attribute.
    Attribute,
    /// All rows.
    Rows,
    /// One row.
    Row,
    /// One column of a row.
    Cell,
    /// An interchange, a functional group, a transaction set of X12.
    Envelope,
    /// A segment of X12.
    Segment,
    /// An element or a component of X12.
    Part,
}

impl Kind {
    /// It has a text of its own, and no parts.
    #[must_use]
    pub fn is_simple(self) -> bool {
        matches!(self, Kind::Text | Kind::Number | Kind::Truth | Kind::Null | Kind::Attribute | Kind::Cell)
    }
}

/// A run of characters: of the text, or with [`IN_EXTRA`] of the texts that stand there otherwise (escapes, entities).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Slice {
    start: u32,
    end: u32,
}

/// Marks a slice of [`Document::extra`].
const IN_EXTRA: u32 = 1 << 31;
/// No node.
const NONE: u32 = u32::MAX;

#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) kind: Kind,
    pub(crate) name: Slice,
    pub(crate) text: Slice,
    /// All of it: with quotes, tags, and of a property its name.
    pub(crate) span: Range<u32>,
    /// What a new value takes the place of: between the tags, with the quotes.
    pub(crate) value: Range<u32>,
    /// Number of its namespace in [`Document::spaces`], from 1.
    pub(crate) space: u16,
    parent: u32,
    first: u32,
    last: u32,
    next: u32,
}

/// A message that was read.
#[derive(Clone)]
pub struct Document {
    pub(crate) format: Format,
    pub(crate) raw: Bytes,
    pub(crate) text: Bytes,
    pub(crate) extra: String,
    pub(crate) charset: Charset,
    pub(crate) nodes: Vec<Record>,
    pub(crate) spaces: Vec<Box<str>>,
    pub(crate) layout: Arc<Layout>,
    /// Separators of X12: element, component, repetition, segment.
    pub(crate) marks: [u8; 4],
    pub(crate) found: Vec<Diagnostic>,
}

/// Without content.
impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Document({:?}, {} bytes, {} nodes)", self.format, self.raw.len(), self.nodes.len())
    }
}

/// A node of a document.
#[derive(Clone, Copy)]
pub struct Node<'d> {
    pub(crate) document: &'d Document,
    pub(crate) id: u32,
}

/// Without content.
impl fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Node({:?} {})", self.kind(), self.id)
    }
}

impl PartialEq for Node<'_> {
    fn eq(&self, other: &Node<'_>) -> bool {
        self.id == other.id && std::ptr::eq(self.document, other.document)
    }
}

impl Document {
    /// The format.
    #[must_use]
    pub fn format(&self) -> Format {
        self.format
    }
    /// The bytes as they came, or as edits made them.
    #[must_use]
    pub fn write(&self) -> &Bytes {
        &self.raw
    }
    /// What is wrong with it.
    #[must_use]
    pub fn findings(&self) -> &[Diagnostic] {
        &self.found
    }
    /// It could be read to its end.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        !self.found.iter().any(Diagnostic::is_error)
    }
    /// The outermost node: a value, a document, all rows, an interchange.
    #[must_use]
    pub fn root(&self) -> Node<'_> {
        Node { document: self, id: 0 }
    }
    /// The node of that number, in the order of reading; of a number that is too high the root.
    #[must_use]
    pub fn node(&self, number: usize) -> Node<'_> {
        let id = u32::try_from(number).ok().filter(|_| number < self.nodes.len());
        Node { document: self, id: id.unwrap_or(0) }
    }
    /// What its rows look like.
    #[must_use]
    pub fn layout(&self) -> &Arc<Layout> {
        &self.layout
    }
    /// Number of nodes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.nodes.len()
    }
    /// There is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.len() <= 1 && self.root().text().is_empty()
    }
    /// The characters that it was read from.
    #[must_use]
    pub fn source(&self) -> &str {
        std::str::from_utf8(&self.text).unwrap_or("")
    }

    fn slice(&self, slice: Slice) -> &str {
        if slice.start & IN_EXTRA != 0 {
            let range = (slice.start & !IN_EXTRA) as usize..(slice.end & !IN_EXTRA) as usize;
            return self.extra.get(range).unwrap_or("");
        }
        self.text
            .get(slice.start as usize..slice.end as usize)
            .and_then(|bytes| std::str::from_utf8(bytes).ok())
            .unwrap_or("")
    }
}

impl<'d> Node<'d> {
    pub(crate) fn record(self) -> &'d Record {
        // Every id comes from a document that has it, and a document has a root.
        &self.document.nodes[(self.id as usize).min(self.document.nodes.len() - 1)]
    }
    fn at(self, id: u32) -> Option<Node<'d>> {
        (id != NONE).then_some(Node { document: self.document, id })
    }
    /// What it is.
    #[must_use]
    pub fn kind(self) -> Kind {
        self.record().kind
    }
    /// Its name; `""` for the root and the items of an array.
    #[must_use]
    pub fn name(self) -> &'d str {
        self.document.slice(self.record().name)
    }
    /// The name without a prefix.
    #[must_use]
    pub fn local_name(self) -> &'d str {
        let name = self.name();
        match self.kind() {
            Kind::Element | Kind::Attribute => name.rsplit_once(':').map_or(name, |(_, local)| local),
            _ => name,
        }
    }
    /// The namespace of an element or attribute.
    #[must_use]
    pub fn namespace(self) -> Option<&'d str> {
        let number = usize::from(self.record().space).checked_sub(1)?;
        self.document.spaces.get(number).map(|space| &**space)
    }
    /// Its own characters; `""` for what has only parts.
    #[must_use]
    pub fn text(self) -> &'d str {
        self.document.slice(self.record().text)
    }
    /// The node around it.
    #[must_use]
    pub fn parent(self) -> Option<Node<'d>> {
        self.at(self.record().parent)
    }
    /// Its children, in order.
    pub fn children(self) -> impl Iterator<Item = Node<'d>> {
        std::iter::successors(self.at(self.record().first), |node| node.at(node.record().next))
    }
    /// It has children.
    #[must_use]
    pub fn has_children(self) -> bool {
        self.record().first != NONE
    }
    /// It holds nothing: no characters and no parts.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.kind() == Kind::Null || !self.has_children() && self.text().is_empty()
    }
    /// Where it stands in the text: bytes of [`Document::source`].
    #[must_use]
    pub fn span(self) -> Range<usize> {
        let span = &self.record().span;
        span.start as usize..span.end as usize
    }
    /// The document that it stands in.
    #[must_use]
    pub fn document(self) -> &'d Document {
        self.document
    }
    /// Its number in the document, in the order of reading.
    #[must_use]
    pub fn number(self) -> usize {
        self.id as usize
    }

    /// Where it is, as a path of the language: `patient.name[2].family`, `row[3].mrn`, `NM1[2].03`.
    #[must_use]
    pub fn path(self) -> String {
        let Some(parent) = self.parent() else { return "root".to_owned() };
        if self.kind() == Kind::Segment {
            // Segments are found in every envelope, so they are counted over all.
            let nodes = (0..self.document.len()).map(|number| self.document.node(number));
            let same: Vec<usize> = nodes
                .filter(|node| node.kind() == Kind::Segment && node.name() == self.name())
                .map(Node::number)
                .collect();
            let at = same.iter().position(|number| *number == self.number()).filter(|_| same.len() > 1);
            let name = crate::path::quoted(self.name());
            return at.map_or(name.clone(), |at| format!("{name}[{}]", at + 1));
        }
        let above =
            if parent.parent().is_none() && parent.kind() != Kind::Array { String::new() } else { parent.path() };
        let is_attribute = |node: Node<'d>| node.kind() == Kind::Attribute;
        let same = |node: &Node<'d>| node.name() == self.name() && is_attribute(*node) == is_attribute(self);
        if parent.kind() == Kind::Array {
            let number = parent.children().take_while(|node| node.id != self.id).count() + 1;
            return format!("{above}[{number}]");
        }
        let count = parent.children().filter(same).count();
        let before = parent.children().take_while(|node| node.id != self.id).filter(same).count();
        let at = if self.kind() == Kind::Attribute { "@" } else { "" };
        let name = format!("{at}{}", crate::path::quoted(self.name()));
        let dot = if above.is_empty() || name.starts_with('[') { "" } else { "." };
        let head = if above.is_empty() && name.starts_with('[') { "root" } else { "" };
        let index = if count > 1 { format!("[{}]", before + 1) } else { String::new() };
        format!("{above}{dot}{head}{name}{index}")
    }
}

/// Too much of something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Full;

/// Makes the nodes of a document in the order of its text.
pub(crate) struct Builder {
    pub(crate) nodes: Vec<Record>,
    pub(crate) extra: String,
    pub(crate) spaces: Vec<Box<str>>,
    nodes_max: usize,
}

impl Builder {
    /// With a root of this kind over the whole text.
    pub(crate) fn new(root: Kind, length: usize) -> Builder {
        let length = u32::try_from(length).unwrap_or(0);
        let mut builder = Builder {
            nodes: Vec::new(),
            extra: String::new(),
            spaces: Vec::new(),
            nodes_max: crate::limits::NODES_MAX,
        };
        builder.nodes.push(Record {
            kind: root,
            name: Slice::default(),
            text: Slice::default(),
            span: 0..length,
            value: 0..length,
            space: 0,
            parent: NONE,
            first: NONE,
            last: NONE,
            next: NONE,
        });
        builder
    }

    /// Another child of `parent`, behind those that it has.
    pub(crate) fn add(&mut self, parent: u32, kind: Kind, name: Slice, start: usize) -> Result<u32, Full> {
        if self.nodes.len() >= self.nodes_max {
            return Err(Full);
        }
        let id = u32::try_from(self.nodes.len()).map_err(|_| Full)?;
        let start = u32::try_from(start).map_err(|_| Full)?;
        self.nodes.push(Record {
            kind,
            name,
            text: Slice::default(),
            span: start..start,
            value: start..start,
            space: 0,
            parent,
            first: NONE,
            last: NONE,
            next: NONE,
        });
        let last = std::mem::replace(&mut self.nodes[parent as usize].last, id);
        match last {
            NONE => self.nodes[parent as usize].first = id,
            before => self.nodes[before as usize].next = id,
        }
        Ok(id)
    }

    pub(crate) fn node(&mut self, id: u32) -> &mut Record {
        &mut self.nodes[id as usize]
    }

    /// Characters that stand in the text as they are.
    pub(crate) fn verbatim(range: Range<usize>) -> Slice {
        let narrow = |at: usize| u32::try_from(at).unwrap_or(0);
        Slice { start: narrow(range.start), end: narrow(range.end) }
    }

    /// Characters that stand there otherwise.
    pub(crate) fn kept(&mut self, text: &str) -> Slice {
        let start = self.extra.len();
        self.extra.push_str(text);
        let narrow = |at: usize| u32::try_from(at).unwrap_or(0) | IN_EXTRA;
        Slice { start: narrow(start), end: narrow(self.extra.len()) }
    }

    /// The number of a namespace.
    pub(crate) fn space(&mut self, uri: &str) -> u16 {
        let known = self.spaces.iter().position(|known| **known == *uri);
        let at = known.unwrap_or_else(|| {
            self.spaces.push(uri.into());
            self.spaces.len() - 1
        });
        u16::try_from(at + 1).unwrap_or(0)
    }
}
