//! Writes drafts: as JSON, XML, rows, X12.
//!
//! Promises: the same draft and layout give the same bytes; a value that the format cannot hold is refused.

use crate::{
    codes,
    draft::{Draft, PlaceId, ROOT, Simple},
    edit::{Refused, write_column},
    json,
    layout::{Column, Columns, Layout, Simple as Declared},
    markup,
};
use message::Format;
use std::sync::Arc;

fn refuse<T>(code: message::Code, text: impl Into<String>) -> Result<T, Refused> {
    Err(Refused { code, text: text.into() })
}

/// Characters of the elements of ISA.
const ISA_WIDTHS: [usize; 16] = [2, 10, 2, 10, 2, 15, 2, 15, 6, 4, 1, 5, 9, 1, 1, 1];

impl Draft {
    /// The message in this format.
    ///
    /// # Errors
    /// A value or a name that the format has no place for.
    pub fn write(&self, format: Format, layout: &Layout) -> Result<Vec<u8>, Refused> {
        let mut out = String::new();
        match format {
            Format::Json | Format::Fhir => {
                let mut writer = Json { draft: self, layout, out: &mut out, way: Vec::new() };
                writer.value(ROOT, 0);
                if layout.is_indented {
                    out.push('\n');
                }
            }
            Format::Xml => self.write_xml(layout, &mut out)?,
            Format::Delimited => self.write_rows(layout, &mut out)?,
            Format::X12 => self.write_x12(&mut out)?,
            Format::Text | Format::Binary | Format::Hl7v2 => {
                if let Some((_, text)) = &self.place(ROOT).value {
                    out.push_str(text);
                }
            }
        }
        let charset = layout.charset.unwrap_or_default();
        match charset.encode(&out) {
            Some(bytes) => Ok(bytes),
            None => refuse(codes::E1331, format!("a character has no place in {}", charset.name())),
        }
    }

    fn write_xml(&self, layout: &Layout, out: &mut String) -> Result<(), Refused> {
        let outermost: Vec<PlaceId> = self.children(ROOT).filter(|child| self.is_filled(*child)).collect();
        let [root] = outermost.as_slice() else {
            let what = format!("a document has one outermost element, and the map makes {}", outermost.len());
            return refuse(codes::E1330, what);
        };
        let charset = layout.charset.unwrap_or_default();
        out.push_str("<?xml version=\"1.0\" encoding=\"");
        out.push_str(charset.name());
        out.push_str("\"?>\n");
        let mut writer = Markup { draft: self, layout, out };
        let name = self.place(*root).name.clone();
        writer.element(*root, &name, 0, true)?;
        out.push('\n');
        Ok(())
    }

    /// The rows: the items of the whole or of `row`, or the whole as one row.
    fn rows(&self) -> Vec<PlaceId> {
        let holder = self.find(ROOT, "row").unwrap_or(ROOT);
        if self.is_list(holder) {
            return self.children(holder).filter(|row| self.is_filled(*row)).collect();
        }
        self.is_filled(holder).then_some(holder).into_iter().collect()
    }

    fn write_rows(&self, layout: &Layout, out: &mut String) -> Result<(), Refused> {
        let rows = self.rows();
        let made: Vec<Column>;
        let columns = if layout.columns.is_empty() {
            let mut names: Vec<Arc<str>> = Vec::new();
            for child in rows.iter().flat_map(|row| self.children(*row)) {
                let name = &self.place(child).name;
                if !names.contains(name) {
                    names.push(name.clone());
                }
            }
            made = names.iter().map(|name| Column::named(name)).collect();
            &made
        } else {
            &layout.columns
        };
        let layout = Layout { columns: columns.clone(), ..layout.clone() };
        let mut line = |cells: &dyn Fn(usize) -> Option<String>| -> Result<(), Refused> {
            let mut place = 0;
            for (at, column) in columns.iter().enumerate() {
                match layout.columns_by {
                    Columns::Separator { separator, .. } if at > 0 => out.push(separator),
                    Columns::Separator { .. } => {}
                    Columns::Position => {
                        let (first, last) = column.at.unwrap_or((1, 1));
                        (place + 1..first).for_each(|_| out.push(' '));
                        place = last;
                    }
                }
                write_column(&layout, at, &cells(at).unwrap_or_default(), out)?;
            }
            out.push_str(layout.line_end.as_str());
            Ok(())
        };
        if layout.has_header && !columns.is_empty() {
            line(&|at| Some(columns[at].header.to_string()))?;
        }
        for row in rows {
            for child in self.children(row) {
                let place = self.place(child);
                if place.value.is_none() && self.is_filled(child) {
                    return refuse(codes::E1330, format!("column `{}` of a row holds parts, not a value", place.name));
                }
                if place.value.is_some() && !columns.iter().any(|column| column.name == place.name) {
                    return refuse(codes::E1330, format!("the format has no column `{}`", place.name));
                }
            }
            line(&|at| {
                let cell = self.find(row, &columns[at].name)?;
                self.place(cell).value.as_ref().map(|(_, text)| text.clone())
            })?;
        }
        Ok(())
    }

    /// Segments in their order, with the counts of their envelopes filled in.
    fn write_x12(&self, out: &mut String) -> Result<(), Refused> {
        let isa = self.find(ROOT, "ISA");
        let of_isa = |name: &str, usual: char| {
            let found = isa.and_then(|isa| self.find(isa, name)).and_then(|part| self.place(part).value.as_ref());
            found.and_then(|(_, text)| text.chars().next()).unwrap_or(usual)
        };
        let repetition = of_isa("11", '^');
        let marks = ['*', of_isa("16", ':'), if repetition.is_alphanumeric() { '\0' } else { repetition }, '~'];
        let (mut groups, mut sets, mut segments) = (0usize, 0usize, 0usize);
        for segment in self.segments() {
            let id = self.place(segment).name.clone();
            match &*id {
                "GS" => (groups, sets) = (groups + 1, 0),
                "ST" => (sets, segments) = (sets + 1, 0),
                _ => {}
            }
            segments += 1;
            let counted = match &*id {
                "SE" => Some(segments),
                "GE" => Some(sets),
                "IEA" => Some(groups),
                _ => None,
            };
            out.push_str(&id);
            let last = self.children(segment).filter_map(|part| self.place(part).name.parse::<usize>().ok()).max();
            let least = if &*id == "ISA" { ISA_WIDTHS.len() } else { usize::from(counted.is_some()) };
            for number in 1..=last.unwrap_or(0).max(least) {
                out.push('*');
                if let Some(counted) = counted.filter(|_| number == 1) {
                    out.push_str(&counted.to_string());
                    continue;
                }
                let is_it = |part: &PlaceId| self.place(*part).name.parse() == Ok(number);
                let part = self.children(segment).find(is_it);
                if &*id == "ISA" {
                    out.push_str(&self.isa_text(part, number, marks));
                } else if let Some(part) = part {
                    out.push_str(&self.part_text(part, marks)?);
                }
            }
            out.push('~');
        }
        Ok(())
    }

    /// Every segment in order; lists of them as they stand.
    fn segments(&self) -> Vec<PlaceId> {
        let mut out = Vec::new();
        for child in self.children(ROOT) {
            if !self.is_list(child) {
                out.push(child);
            }
        }
        out
    }

    /// Elements of ISA have a fixed length, and all of them are there.
    fn isa_text(&self, part: Option<PlaceId>, number: usize, marks: [char; 4]) -> String {
        let text = part.and_then(|part| self.place(part).value.as_ref()).map_or("", |(_, text)| text);
        let width = ISA_WIDTHS.get(number - 1).copied().unwrap_or(1);
        match number {
            11 if text.is_empty() && marks[2] != '\0' => marks[2].to_string(),
            13 => format!("{text:0>width$}"),
            16 => marks[1].to_string(),
            _ => format!("{text:<width$}"),
        }
    }

    fn part_text(&self, part: PlaceId, marks: [char; 4]) -> Result<String, Refused> {
        let place = self.place(part);
        if let Some((_, text)) = &place.value {
            if text.contains(marks) {
                let what = "the value holds a separator of the interchange, and X12 has no escapes";
                return refuse(codes::E1331, what);
            }
            return Ok(text.clone());
        }
        if place.is_list {
            let items: Result<Vec<String>, Refused> =
                self.children(part).map(|item| self.part_text(item, marks)).collect();
            return Ok(items?.join(&marks[2].to_string()));
        }
        let last = self.children(part).filter_map(|part| self.place(part).name.parse::<usize>().ok()).max();
        let mut out = String::new();
        for number in 1..=last.unwrap_or(0) {
            if number > 1 {
                out.push(marks[1]);
            }
            if let Some(inner) = self.children(part).find(|inner| self.place(*inner).name.parse() == Ok(number)) {
                out.push_str(&self.part_text(inner, marks)?);
            }
        }
        Ok(out)
    }
}

struct Json<'d, 'o> {
    draft: &'d Draft,
    layout: &'d Layout,
    out: &'o mut String,
    /// Names on the way, for the kinds that the description declares.
    way: Vec<Arc<str>>,
}

impl Json<'_, '_> {
    fn declared(&self) -> Option<Declared> {
        self.layout.places.iter().find(|place| place.names == self.way).and_then(|place| place.kind)
    }

    fn line(&mut self, depth: usize) {
        if self.layout.is_indented {
            self.out.push('\n');
            (0..depth).for_each(|_| self.out.push_str("  "));
        }
    }

    fn value(&mut self, at: PlaceId, depth: usize) {
        let place = self.draft.place(at);
        let parts: Vec<PlaceId> = self.draft.children(at).filter(|child| self.draft.is_filled(*child)).collect();
        if place.is_list {
            return self.list(&parts, depth);
        }
        if let (Some((kind, text)), true) = (&place.value, parts.is_empty()) {
            return self.simple(*kind, text);
        }
        self.out.push('{');
        let mut is_first = true;
        if let Some((kind, text)) = &place.value {
            // Characters beside parts, as XML has them.
            self.line(depth + 1);
            self.out.push_str(if self.layout.is_indented { "\"#text\": " } else { "\"#text\":" });
            self.simple(*kind, text);
            is_first = false;
        }
        let mut done: Vec<Arc<str>> = Vec::new();
        for part in &parts {
            let name = self.draft.place(*part).name.clone();
            if done.contains(&name) {
                continue;
            }
            if !std::mem::take(&mut is_first) {
                self.out.push(',');
            }
            self.line(depth + 1);
            json::quote(&name, self.out);
            self.out.push_str(if self.layout.is_indented { ": " } else { ":" });
            self.way.push(name.clone());
            // Parts of one name side by side are a list.
            let same: Vec<PlaceId> =
                parts.iter().copied().filter(|other| self.draft.place(*other).name == name).collect();
            if same.len() > 1 {
                self.list(&same, depth + 1);
            } else {
                self.value(*part, depth + 1);
            }
            self.way.pop();
            done.push(name);
        }
        if !is_first {
            self.line(depth);
        }
        self.out.push('}');
    }

    fn list(&mut self, items: &[PlaceId], depth: usize) {
        self.out.push('[');
        for (at, item) in items.iter().enumerate() {
            if at > 0 {
                self.out.push(',');
            }
            self.line(depth + 1);
            self.value(*item, depth + 1);
        }
        if !items.is_empty() {
            self.line(depth);
        }
        self.out.push(']');
    }

    fn simple(&mut self, kind: Simple, text: &str) {
        let kind = match (self.declared(), kind) {
            (_, Simple::Null) | (None, _) => kind,
            (Some(Declared::Text), _) => Simple::Text,
            (Some(Declared::Number), _) => Simple::Number,
            (Some(Declared::Truth), _) => Simple::Truth,
        };
        match kind {
            Simple::Null => self.out.push_str("null"),
            Simple::Number if json::is_number(text) => self.out.push_str(text),
            Simple::Truth if matches!(text, "true" | "false") => self.out.push_str(text),
            Simple::Text | Simple::Number | Simple::Truth => json::quote(text, self.out),
        }
    }
}

struct Markup<'d, 'o> {
    draft: &'d Draft,
    layout: &'d Layout,
    out: &'o mut String,
}

impl Markup<'_, '_> {
    fn line(&mut self, depth: usize) {
        if self.layout.is_indented {
            self.out.push('\n');
            (0..depth).for_each(|_| self.out.push_str("  "));
        }
    }

    fn element(&mut self, at: PlaceId, name: &str, depth: usize, is_outermost: bool) -> Result<(), Refused> {
        let draft = self.draft;
        if draft.is_list(at) {
            for (number, item) in draft.children(at).filter(|item| draft.is_filled(*item)).enumerate() {
                if number > 0 {
                    self.line(depth);
                }
                self.element(item, name, depth, false)?;
            }
            return Ok(());
        }
        if !markup::is_name(name) {
            return refuse(codes::E1330, format!("`{name}` cannot be the name of an element"));
        }
        self.out.push('<');
        self.out.push_str(name);
        let parts: Vec<PlaceId> = draft.children(at).filter(|child| draft.is_filled(*child)).collect();
        let is_attribute = |part: &&PlaceId| draft.place(**part).name.starts_with('@');
        if is_outermost {
            self.namespaces(&parts);
        }
        for part in parts.iter().filter(is_attribute) {
            let place = draft.place(*part);
            let name = &place.name[1..];
            if !markup::is_name(name) {
                return refuse(codes::E1330, format!("`{name}` cannot be the name of an attribute"));
            }
            let text = place.value.as_ref().map_or("", |(_, text)| text);
            allowed(text)?;
            self.out.push(' ');
            self.out.push_str(name);
            self.out.push_str("=\"");
            markup::escape_attribute(text, self.out);
            self.out.push('"');
        }
        let text = draft.place(at).value.as_ref().map_or("", |(_, text)| text.as_str());
        let mut inner = parts.iter().filter(|part| !is_attribute(part)).peekable();
        if text.is_empty() && inner.peek().is_none() {
            self.out.push_str("/>");
            return Ok(());
        }
        allowed(text)?;
        self.out.push('>');
        markup::escape(text, self.out);
        let has_parts = inner.peek().is_some();
        for part in inner {
            let name = draft.place(*part).name.clone();
            self.line(depth + 1);
            self.element(*part, &name, depth + 1, false)?;
        }
        if has_parts {
            self.line(depth);
        }
        self.out.push_str("</");
        self.out.push_str(name);
        self.out.push('>');
        Ok(())
    }

    /// The declared ones, where the map writes none itself.
    fn namespaces(&mut self, parts: &[PlaceId]) {
        for (prefix, uri) in &self.layout.namespaces {
            let name = if prefix.is_empty() { "xmlns".to_owned() } else { format!("xmlns:{prefix}") };
            if parts.iter().any(|part| self.draft.place(*part).name.strip_prefix('@') == Some(&name)) {
                continue;
            }
            self.out.push(' ');
            self.out.push_str(&name);
            self.out.push_str("=\"");
            markup::escape_attribute(uri, self.out);
            self.out.push('"');
        }
    }
}

fn allowed(text: &str) -> Result<(), Refused> {
    if markup::has_forbidden(text) {
        return refuse(codes::E1331, "the value holds a character that XML has no place for");
    }
    Ok(())
}
