//! Changes of one place of a document: every other byte stays as it was.
//!
//! Promises: the result is a document of the same format and encoding; what cannot be written is refused, never cut.

use crate::{
    codes, json,
    layout::{Columns, Layout},
    markup,
    path::{Hop, Name, Path, Pick},
    rows,
    tree::{Document, Kind, Node},
};
use message::{Code, Format};
use std::ops::Range;

/// What is written to a place.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Value<'v> {
    /// A text; where a JSON number or truth stands, one that reads as such stays of that kind.
    Text(&'v str),
    /// A number as it is written.
    Number(&'v str),
    /// `true`, `false`.
    Truth(bool),
    /// Nothing: an empty text, `null` in JSON.
    Nothing,
}

impl Value<'_> {
    fn text(&self) -> &str {
        match self {
            Value::Text(text) | Value::Number(text) => text,
            Value::Truth(true) => "true",
            Value::Truth(false) => "false",
            Value::Nothing => "",
        }
    }
}

/// Why a place was not changed. Without content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Its code.
    pub code: Code,
    /// One sentence.
    pub text: String,
}

fn refuse<T>(code: Code, text: impl Into<String>) -> Result<T, Refused> {
    Err(Refused { code, text: text.into() })
}

/// A range of the text and what stands there instead.
type Splice = (Range<usize>, String);

impl Document {
    /// With another value at a place, which is made where it is not there.
    ///
    /// # Errors
    /// The place cannot be in a document of this form, or the value cannot be written there.
    pub fn set(&self, path: &Path, value: Value<'_>) -> Result<Document, Refused> {
        let found = if path.is_new() { None } else { path.first(self.root()) };
        let splice = match found {
            Some(node) => self.replace(node, value)?,
            None => self.create(path, value)?,
        };
        self.spliced(vec![splice])
    }

    /// Without the places that the path leads to.
    ///
    /// # Errors
    /// What is there cannot be taken out.
    pub fn remove(&self, path: &Path) -> Result<Document, Refused> {
        let mut splices = Vec::new();
        for node in self.named_nodes(path) {
            splices.push(self.removal(node)?);
        }
        self.spliced(splices)
    }

    /// The nodes of a path; an array as a whole where no part of it is chosen.
    fn named_nodes(&self, path: &Path) -> Vec<Node<'_>> {
        let mut nodes = path.all(self.root());
        let is_open = path.hops.last().is_some_and(|hop| hop.picks.is_empty());
        if is_open && matches!(self.format, Format::Json | Format::Fhir) {
            for node in &mut nodes {
                let list = node.parent().filter(|parent| parent.kind() == Kind::Array && parent.parent().is_some());
                *node = list.unwrap_or(*node);
            }
            nodes.dedup();
        }
        nodes
    }

    /// The text with other characters in some places, read again.
    fn spliced(&self, mut splices: Vec<Splice>) -> Result<Document, Refused> {
        if splices.is_empty() {
            return Ok(self.clone());
        }
        splices.sort_by_key(|(range, _)| std::cmp::Reverse(range.start));
        let mut text = self.source().to_owned();
        let mut before = usize::MAX;
        for (range, new) in splices {
            // What stands inside of what was taken out is gone with it.
            if range.end <= before && text.get(range.clone()).is_some() {
                before = range.start;
                text.replace_range(range, &new);
            }
        }
        let Some(bytes) = self.charset.encode(&text) else {
            return refuse(codes::E1331, format!("a character has no place in {}", self.charset.name()));
        };
        Ok(Document::read(self.format, bytes, &self.layout))
    }

    fn replace(&self, node: Node<'_>, value: Value<'_>) -> Result<Splice, Refused> {
        let record = node.record();
        let range = record.value.start as usize..record.value.end as usize;
        match node.kind() {
            Kind::Object | Kind::Array if !node.is_empty() => {
                refuse(codes::E1330, "an object or array stands here; name a place inside of it")
            }
            Kind::Object | Kind::Array | Kind::Text | Kind::Null => Ok((range, json_value(value, Kind::Text))),
            kind @ (Kind::Number | Kind::Truth) => Ok((range, json_value(value, kind))),
            Kind::Attribute => Ok((range, attribute_value(value.text())?)),
            Kind::Element if node.parent().is_none() => refuse(codes::E1330, "name an element of the document"),
            Kind::Element if node.children().any(|child| child.kind() == Kind::Element) => {
                refuse(codes::E1330, "the element has elements inside; name one of them")
            }
            Kind::Element => self.fill(node, element_text(value.text())?),
            Kind::Cell => self.cell(node, value.text()),
            Kind::Part => Ok((range, self.x12_text(value.text())?)),
            Kind::Rows | Kind::Row | Kind::Envelope | Kind::Segment => {
                refuse(codes::E1330, "a whole row or segment stands here; name a part of it")
            }
        }
    }

    /// The inside of an element that has none or only text.
    fn fill(&self, node: Node<'_>, inner: String) -> Result<Splice, Refused> {
        let record = node.record();
        let span = node.span();
        let whole = self.source().get(span.clone()).unwrap_or("");
        if record.value.is_empty() && whole.ends_with("/>") {
            let name = node.name();
            return Ok((span.end - 2..span.end, format!(">{inner}</{name}>")));
        }
        Ok((record.value.start as usize..record.value.end as usize, inner))
    }

    fn cell(&self, node: Node<'_>, text: &str) -> Result<Splice, Refused> {
        let at = node.parent().map_or(0, |row| row.children().take_while(|cell| *cell != node).count());
        let mut out = String::new();
        write_column(&self.layout, at, text, &mut out)?;
        Ok((node.span(), out))
    }

    fn x12_text(&self, text: &str) -> Result<String, Refused> {
        let is_mark = |c: char| u8::try_from(c).is_ok_and(|byte| byte != 0 && self.marks.contains(&byte));
        if text.contains(is_mark) {
            return refuse(codes::E1331, "the value holds a separator of the interchange, and X12 has no escapes");
        }
        Ok(text.to_owned())
    }

    /// A place that is not there, with what is missing on the way.
    fn create(&self, path: &Path, value: Value<'_>) -> Result<Splice, Refused> {
        let mut node = self.root();
        let mut left = path.hops.as_slice();
        while let Some((hop, rest)) = left.split_first() {
            if left.len() == 1 || hop.picks.iter().any(|pick| matches!(pick, Pick::New)) {
                break;
            }
            let way = Path { hops: vec![hop.clone()] };
            let Some(next) = way.first(node).filter(|next| next.kind() != Kind::Null) else { break };
            (node, left) = (next, rest);
        }
        match self.format {
            Format::Json | Format::Fhir => self.create_json(node, left, value),
            Format::Xml => self.create_xml(node, left, value),
            Format::Delimited => self.create_cell(node, left, value),
            Format::X12 => self.create_part(node, left, value),
            Format::Hl7v2 | Format::Text | Format::Binary => refuse(codes::E1330, "a text has no places"),
        }
    }

    fn create_json(&self, node: Node<'_>, hops: &[Hop], value: Value<'_>) -> Result<Splice, Refused> {
        let Some((hop, rest)) = hops.split_first() else { return refuse(codes::E1330, "the place has no name") };
        let number = number_of(hop)?;
        // `root[+]`: an item of the outermost array.
        let Some(name) = &hop.name else {
            return match (node.kind(), number) {
                (Kind::Array, Some(number)) => self.append(node, json_chain(rest, value)?, number),
                (Kind::Object, None) => self.create_json(node, rest, value),
                _ => refuse(codes::E1330, "the document is no array"),
            };
        };
        if node.kind() != Kind::Object {
            return refuse(codes::E1330, format!("there is no object to put `{}` into", name.text));
        }
        let there = node.children().find(|child| child.name() == &*name.text);
        if let Some(there) = there {
            return match (there.kind(), number) {
                (Kind::Array, Some(number)) => self.append(there, json_chain(rest, value)?, number),
                (Kind::Array, None) => self.append(there, json_chain(rest, value)?, 0),
                (Kind::Null, _) => {
                    let record = there.record();
                    let chain = json_chain(rest, value)?;
                    let chain = if number.is_some() { format!("[{chain}]") } else { chain };
                    Ok((record.value.start as usize..record.value.end as usize, chain))
                }
                _ => refuse(codes::E1330, format!("`{}` holds a value of another kind", name.text)),
            };
        }
        let mut property = String::new();
        json::quote(&name.text, &mut property);
        let is_list = match number {
            None => false,
            Some(0 | 1) => true,
            Some(_) => return refuse(codes::E1330, "the items in front of this one are not there"),
        };
        let chain = json_chain(rest, value)?;
        property.push_str(if self.source().contains("\": ") { ": " } else { ":" });
        property.push_str(&if is_list { format!("[{chain}]") } else { chain });
        Ok(self.put_behind(node, property))
    }

    /// Another item behind those that are there. `number` says which it is to be; 0: whichever.
    fn append(&self, array: Node<'_>, item: String, number: usize) -> Result<Splice, Refused> {
        if number > 0 && number != array.children().count() + 1 {
            return refuse(codes::E1330, "the items in front of this one are not there");
        }
        Ok(self.put_behind(array, item))
    }

    /// Behind the last part of an object or array, with the blanks that stand in front of that.
    fn put_behind(&self, node: Node<'_>, part: String) -> Splice {
        let mut before = node.record().value.start as usize + 1;
        let mut last = None;
        for child in node.children() {
            if let Some(previous) = last.replace(child) {
                let previous: Node<'_> = previous;
                before = previous.span().end;
            }
        }
        match last {
            None => (before..before, part),
            Some(last) => {
                let blanks = self.source().get(before..last.span().start).unwrap_or("").trim_start_matches([' ', ',']);
                let blanks =
                    if blanks.is_empty() && self.source().get(before..).is_some_and(|rest| rest.starts_with(", ")) {
                        " "
                    } else {
                        blanks
                    };
                let end = last.span().end;
                (end..end, format!(",{blanks}{part}"))
            }
        }
    }

    fn create_xml(&self, node: Node<'_>, hops: &[Hop], value: Value<'_>) -> Result<Splice, Refused> {
        if node.parent().is_none() {
            return refuse(codes::E1330, "a document has one outermost element, and it has another name");
        }
        let Some((hop, rest)) = hops.split_first() else { return refuse(codes::E1330, "the place has no name") };
        let Some(name) = &hop.name else { return refuse(codes::E1330, "the place has no name") };
        check_name(name)?;
        let count = node.children().filter(|child| child.name() == &*name.text).count();
        match number_of(hop)? {
            None | Some(0) => {}
            Some(number) if number == count + 1 => {}
            Some(_) => return refuse(codes::E1330, "the elements in front of this one are not there"),
        }
        if name.is_attribute {
            let at = node.span().start + 1 + node.name().len();
            let text = attribute_value(value.text())?;
            return Ok((at..at, format!(" {}=\"{text}\"", name.text)));
        }
        let prefix = node.name().split_once(':').map(|(prefix, _)| prefix);
        let inner = xml_chain(hop, rest, value, prefix)?;
        if !node.children().any(|child| child.kind() == Kind::Element) && !node.text().trim().is_empty() {
            return refuse(codes::E1330, "the element holds characters, so none can stand inside of it");
        }
        let end = node.record().value.end as usize;
        if self.source().get(node.span()).is_some_and(|whole| whole.ends_with("/>")) {
            return self.fill(node, inner);
        }
        // Blanks in front of the closing tag stay in front of it.
        let before = self.source().get(..end).unwrap_or("");
        let last = node.children().filter(|child| child.kind() == Kind::Element).last();
        let at = last.map_or(end, |last| last.span().end);
        let blanks = match last {
            Some(last) => {
                let start = self.source().get(..last.span().start).unwrap_or("");
                start[start.trim_end_matches([' ', '\t', '\r', '\n']).len()..].to_owned()
            }
            None => String::new(),
        };
        let _ = before;
        Ok((at..at, format!("{blanks}{inner}")))
    }

    fn create_cell(&self, node: Node<'_>, hops: &[Hop], value: Value<'_>) -> Result<Splice, Refused> {
        let Some(name) = hops.first().and_then(|hop| hop.name.as_ref()) else {
            return refuse(codes::E1330, "the column has no name");
        };
        let row = match node.kind() {
            Kind::Rows => node.children().next(),
            Kind::Row => Some(node),
            _ => None,
        };
        let Some(row) = row.filter(|_| hops.len() == 1) else { return refuse(codes::E1330, "there is no such row") };
        let Some(at) = self.column_of(&name.text) else {
            return refuse(codes::E1330, format!("there is no column `{}`", name.text));
        };
        let count = row.children().count();
        let end = row.span().end;
        let mut out = String::new();
        match self.layout.columns_by {
            Columns::Separator { separator, .. } => {
                (count..=at).for_each(|_| out.push(separator));
                write_column(&self.layout, at, value.text(), &mut out)?;
            }
            Columns::Position => write_column(&self.layout, at, value.text(), &mut out)?,
        }
        Ok((end..end, out))
    }

    /// The number of a column from 0, by the header or the description.
    fn column_of(&self, name: &str) -> Option<usize> {
        if let Some((at, _)) = self.layout.column(name).filter(|_| !self.layout.has_header) {
            return Some(at);
        }
        let header = Layout { has_header: false, columns: Vec::new(), ..(*self.layout).clone() };
        let document = Document::read(Format::Delimited, self.raw.clone(), &header.into());
        let first = document.root().children().next()?;
        let wanted = self.layout.column(name).map_or(name, |(_, column)| &column.header);
        first.children().position(|cell| cell.text().trim().eq_ignore_ascii_case(wanted))
    }

    fn create_part(&self, node: Node<'_>, hops: &[Hop], value: Value<'_>) -> Result<Splice, Refused> {
        let number = hops.first().and_then(|hop| hop.name.as_ref()).and_then(|name| name.number);
        let (Some(number), Kind::Segment, 1) = (number, node.kind(), hops.len()) else {
            return refuse(codes::E1330, "there is no such segment or element");
        };
        let last = node.children().filter_map(|part| part.name().parse::<u32>().ok()).max().unwrap_or(0);
        let mut out = String::new();
        (last..number).for_each(|_| out.push(char::from(self.marks[0])));
        out.push_str(&self.x12_text(value.text())?);
        let end = node.span().end;
        Ok((end..end, out))
    }

    /// What goes away with a node: its comma, the blanks in front of an attribute, the end of a row.
    fn removal(&self, node: Node<'_>) -> Result<Splice, Refused> {
        let span = node.span();
        let source = self.source();
        let gone = match node.kind() {
            _ if node.parent().is_none() => return refuse(codes::E1330, "the whole document cannot be taken out"),
            Kind::Object | Kind::Array | Kind::Text | Kind::Number | Kind::Truth | Kind::Null => {
                let behind = source[span.end..].trim_start();
                let before = source[..span.start].trim_end();
                if let Some(rest) = behind.strip_prefix(',') {
                    span.start..source.len() - rest.trim_start().len()
                } else if let Some(rest) = before.strip_suffix(',') {
                    rest.len()..span.end
                } else {
                    span
                }
            }
            Kind::Attribute => source[..span.start].trim_end().len()..span.end,
            Kind::Element => {
                let before = source[..span.start].trim_end_matches([' ', '\t', '\r', '\n']).len();
                before..span.end
            }
            Kind::Cell => return self.cell(node, ""),
            Kind::Row => {
                let rest = &source[span.end..];
                let end = if rest.starts_with("\r\n") { 2 } else { usize::from(!rest.is_empty()) };
                span.start..span.end + end
            }
            Kind::Segment => {
                let rest = source.get(span.end + 1..).unwrap_or("");
                let blanks = rest.len() - rest.trim_start_matches(['\r', '\n']).len();
                span.start..(span.end + 1 + blanks).min(source.len())
            }
            Kind::Part => return Ok((span, String::new())),
            Kind::Rows | Kind::Envelope => return refuse(codes::E1330, "an envelope cannot be taken out"),
        };
        Ok((gone, String::new()))
    }
}

/// `[2]`, `[+]` as 0; none where nothing is said.
fn number_of(hop: &Hop) -> Result<Option<usize>, Refused> {
    match hop.picks.as_slice() {
        [] => Ok(None),
        [Pick::New] => Ok(Some(0)),
        [Pick::At(number)] => Ok(Some(*number)),
        _ => refuse(codes::E1330, "what is not there can be made by its number or by `[+]` only"),
    }
}

fn check_name(name: &Name) -> Result<(), Refused> {
    if markup::is_name(&name.text) {
        return Ok(());
    }
    refuse(codes::E1330, "this cannot be the name of an element or attribute")
}

/// A value with the objects around it that are not there.
fn json_chain(hops: &[Hop], value: Value<'_>) -> Result<String, Refused> {
    let Some((hop, rest)) = hops.split_first() else { return Ok(json_value(value, Kind::Text)) };
    let Some(name) = &hop.name else { return json_chain(rest, value) };
    let inner = json_chain(rest, value)?;
    let mut out = "{".to_owned();
    json::quote(&name.text, &mut out);
    out.push(':');
    out.push_str(&match number_of(hop)? {
        None => inner,
        Some(0 | 1) => format!("[{inner}]"),
        Some(_) => return refuse(codes::E1330, "the items in front of this one are not there"),
    });
    out.push('}');
    Ok(out)
}

fn json_value(value: Value<'_>, before: Kind) -> String {
    match value {
        Value::Nothing => "null".to_owned(),
        Value::Truth(_) => value.text().to_owned(),
        Value::Number(text) if json::is_number(text) => text.to_owned(),
        Value::Text(text) if before == Kind::Number && json::is_number(text) => text.to_owned(),
        Value::Text(text) if before == Kind::Truth && matches!(text, "true" | "false") => text.to_owned(),
        Value::Text(text) | Value::Number(text) => {
            let mut out = String::new();
            json::quote(text, &mut out);
            out
        }
    }
}

fn xml_chain(hop: &Hop, rest: &[Hop], value: Value<'_>, prefix: Option<&str>) -> Result<String, Refused> {
    let Some(name) = &hop.name else { return refuse(codes::E1330, "the place has no name") };
    check_name(name)?;
    let tag = match prefix.filter(|_| !name.text.contains(':')) {
        Some(prefix) => format!("{prefix}:{}", name.text),
        None => name.text.to_string(),
    };
    match rest.split_first() {
        None => Ok(format!("<{tag}>{}</{tag}>", element_text(value.text())?)),
        Some((inner, more)) if inner.name.as_ref().is_some_and(|name| name.is_attribute) && more.is_empty() => {
            let name = inner.name.as_ref().map_or("", |name| &*name.text);
            Ok(format!("<{tag} {name}=\"{}\"/>", attribute_value(value.text())?))
        }
        Some((inner, more)) => Ok(format!("<{tag}>{}</{tag}>", xml_chain(inner, more, value, prefix)?)),
    }
}

fn element_text(text: &str) -> Result<String, Refused> {
    if markup::has_forbidden(text) {
        return refuse(codes::E1331, "the value holds a character that XML has no place for");
    }
    let mut out = String::new();
    markup::escape(text, &mut out);
    Ok(out)
}

fn attribute_value(text: &str) -> Result<String, Refused> {
    element_text(text)?;
    let mut out = String::new();
    markup::escape_attribute(text, &mut out);
    Ok(out)
}

/// A text as the column of that number, from 0.
pub(crate) fn write_column(layout: &Layout, at: usize, text: &str, out: &mut String) -> Result<(), Refused> {
    match layout.columns_by {
        Columns::Separator { separator, quote } => match rows::write_cell(text, separator, quote, out) {
            true => Ok(()),
            false => refuse(codes::E1331, "the value holds the separator or a line end, and the format has no quotes"),
        },
        Columns::Position => {
            let Some(column) = layout.columns.get(at) else { return refuse(codes::E1330, "there is no such column") };
            let (first, last) = column.at.unwrap_or((1, 1));
            let (width, length) = (last + 1 - first, text.chars().count());
            if length > width {
                let what =
                    format!("the value has {length} characters, and column `{}` has place for {width}", column.name);
                return refuse(codes::E1331, what);
            }
            if text.contains(['\r', '\n']) {
                return refuse(codes::E1331, "the value holds a line end, which a column by position cannot");
            }
            let fill = || std::iter::repeat_n(column.fill, width - length);
            if column.is_right {
                out.extend(fill());
            }
            out.push_str(text);
            if !column.is_right {
                out.extend(fill());
            }
            Ok(())
        }
    }
}
