//! Reads rows of columns into the tree: separated by a character (RFC 4180), or by position; and cuts them into messages.
//!
//! Promises: a row that has too few or too many columns is told with its number, and never with what stands in it; line
//! ends inside of quotes belong to the column; blank lines are no rows.

use crate::{
    charset::{Decoded, decode},
    codes,
    layout::{Column, Columns, Layout},
    limits::{COLUMNS_MAX, FINDINGS_MAX, MESSAGES_MAX},
    tree::{Builder, Full, Kind, Slice},
};
use bytes::Bytes;
use message::{Code, Diagnostic};
use std::{borrow::Cow, ops::Range};

/// One column as it stands in the text.
#[derive(Clone, Debug)]
struct Cell {
    /// With its quotes.
    span: Range<usize>,
    /// Its characters stand there as they are.
    text: Option<Range<usize>>,
}

/// One row as it stands in the text.
struct Line {
    cells: Vec<Cell>,
    /// Without its line end.
    span: Range<usize>,
    /// Behind its line end.
    next: usize,
    /// A quote was opened and not closed.
    is_open: bool,
    /// Characters stand behind a closing quote.
    has_rest: bool,
}

/// Goes through the rows of a text.
struct Lines<'t> {
    text: &'t str,
    at: usize,
    separator: char,
    quote: Option<char>,
    is_separated: bool,
}

impl<'t> Lines<'t> {
    fn new(text: &'t str, layout: &Layout) -> Lines<'t> {
        match layout.columns_by {
            Columns::Separator { separator, quote } => Lines { text, at: 0, separator, quote, is_separated: true },
            Columns::Position => Lines { text, at: 0, separator: '\0', quote: None, is_separated: false },
        }
    }

    fn end_of_line(&self, at: usize) -> usize {
        self.text[at..].find(['\r', '\n']).map_or(self.text.len(), |found| at + found)
    }

    /// Behind the line end that begins here.
    fn behind(&self, at: usize) -> usize {
        let rest = &self.text[at..];
        at + if rest.starts_with("\r\n") { 2 } else { usize::from(!rest.is_empty()) }
    }

    fn cell(&self, start: usize) -> (Cell, usize, bool, bool) {
        let rest = &self.text[start..];
        if let Some(quote) = self.quote.filter(|quote| rest.starts_with(*quote)) {
            return self.quoted(start, quote);
        }
        let length = rest.find([self.separator, '\r', '\n']).unwrap_or(rest.len());
        let span = start..start + length;
        (Cell { text: Some(span.clone()), span }, start + length, false, false)
    }

    fn quoted(&self, start: usize, quote: char) -> (Cell, usize, bool, bool) {
        let mut at = start + quote.len_utf8();
        let inner = at;
        let mut has_doubled = false;
        loop {
            let Some(found) = self.text[at..].find(quote) else {
                // The quote does not close: what follows is not swallowed, the line ends where it ends.
                let end = self.end_of_line(start);
                return (Cell { span: start..end, text: Some(inner..end.max(inner)) }, end, true, false);
            };
            let close = at + found;
            let behind = close + quote.len_utf8();
            if self.text[behind..].starts_with(quote) {
                has_doubled = true;
                at = behind + quote.len_utf8();
                continue;
            }
            let rest = &self.text[behind..];
            let length = rest.find([self.separator, '\r', '\n']).unwrap_or(rest.len());
            let has_rest = !rest[..length].trim().is_empty();
            let text = (!has_doubled && !has_rest).then_some(inner..close);
            return (Cell { span: start..behind + length, text }, behind + length, false, has_rest);
        }
    }
}

impl Iterator for Lines<'_> {
    type Item = Line;

    fn next(&mut self) -> Option<Line> {
        while self.text[self.at..].starts_with(['\r', '\n']) {
            self.at = self.behind(self.at);
        }
        let start = self.at;
        if start >= self.text.len() {
            return None;
        }
        let mut line = Line { cells: Vec::new(), span: start..start, next: start, is_open: false, has_rest: false };
        let mut at = start;
        if !self.is_separated {
            at = self.end_of_line(start);
        }
        loop {
            if !self.is_separated {
                break;
            }
            let (cell, end, is_open, has_rest) = self.cell(at);
            line.is_open |= is_open;
            line.has_rest |= has_rest;
            if line.cells.len() < COLUMNS_MAX {
                line.cells.push(cell);
            }
            at = end;
            match self.text[at..].strip_prefix(self.separator) {
                Some(_) => at += self.separator.len_utf8(),
                None => break,
            }
        }
        line.span = start..at;
        line.next = self.behind(at);
        self.at = line.next;
        Some(line)
    }
}

/// The characters of a column.
fn text_of<'t>(text: &'t str, cell: &Cell, quote: Option<char>) -> Cow<'t, str> {
    let written = text.get(cell.span.clone()).unwrap_or("");
    match (&cell.text, quote) {
        (Some(range), _) => Cow::Borrowed(text.get(range.clone()).unwrap_or("")),
        (None, None) => Cow::Borrowed(written),
        (None, Some(quote)) => {
            // Quotes stand at both ends of a part, and twice for one.
            let mut out = String::with_capacity(written.len());
            let mut is_inside = false;
            let mut chars = written.chars().peekable();
            while let Some(c) = chars.next() {
                if c != quote {
                    out.push(c);
                } else if is_inside && chars.peek() == Some(&quote) {
                    out.push(quote);
                    chars.next();
                } else {
                    is_inside = !is_inside;
                }
            }
            Cow::Owned(out)
        }
    }
}

/// Reads a text.
pub(crate) fn read(decoded: &Decoded, layout: &Layout, found: &mut Vec<Diagnostic>) -> Builder {
    let text = decoded.as_str();
    let mut builder = Builder::new(Kind::Rows, text.len());
    let mut reading = Reading { text, layout, found, names: Vec::new(), more: 0 };
    if reading.rows(&mut builder).is_err() {
        let what = format!("there are more than {} columns in all", crate::limits::NODES_MAX);
        reading.found.push(Diagnostic::error(codes::E1305, what));
    }
    if reading.more > 0 {
        let what = format!("{} more rows have something wrong", reading.more);
        reading.found.push(Diagnostic::warning(codes::E1310, what));
    }
    builder
}

struct Reading<'t, 'f> {
    text: &'t str,
    layout: &'t Layout,
    found: &'f mut Vec<Diagnostic>,
    /// What the columns are called, in their order.
    names: Vec<Slice>,
    /// Findings that were not kept.
    more: usize,
}

impl Reading<'_, '_> {
    fn tell(&mut self, code: Code, what: String, row: usize) {
        if self.found.len() >= FINDINGS_MAX {
            self.more += 1;
            return;
        }
        self.found.push(Diagnostic::warning(code, what).at_path(format!("row[{row}]"), None));
    }

    fn quote(&self) -> Option<char> {
        match self.layout.columns_by {
            Columns::Separator { quote, .. } => quote,
            Columns::Position => None,
        }
    }

    fn rows(&mut self, builder: &mut Builder) -> Result<(), Full> {
        let mut lines = Lines::new(self.text, self.layout);
        if self.layout.has_header {
            let header = lines.next();
            self.header(header.as_ref(), builder);
        } else {
            self.names = self.layout.columns.iter().map(|column| builder.kept(&column.name)).collect();
        }
        let row_name = builder.kept("row");
        for (at, line) in lines.enumerate() {
            let row = at + 1;
            let id = builder.add(0, Kind::Row, row_name, line.span.start)?;
            let narrow = |at: usize| u32::try_from(at).unwrap_or(0);
            let record = builder.node(id);
            record.span = narrow(line.span.start)..narrow(line.span.end);
            record.value = record.span.clone();
            if self.layout.columns_by == Columns::Position {
                self.positions(&line, id, row, builder)?;
            } else {
                self.separated(&line, id, row, builder)?;
            }
        }
        Ok(())
    }

    /// The names by the header, and what lines call them by the description.
    fn header(&mut self, header: Option<&Line>, builder: &mut Builder) {
        let Some(header) = header else {
            if !self.layout.columns.is_empty() {
                self.found.push(Diagnostic::warning(codes::E1312, "there is no header"));
            }
            return;
        };
        let quote = self.quote();
        let mut seen: Vec<String> = Vec::new();
        for (at, cell) in header.cells.iter().enumerate() {
            let text = text_of(self.text, cell, quote);
            let written = text.trim();
            let known = self.layout.columns.iter().find(|column| column.header.eq_ignore_ascii_case(written));
            let name = known.map_or(written, |column| &column.name);
            if !name.is_empty() && seen.iter().any(|known| known == name) {
                let what = format!("column {} of the header has the name of another one", at + 1);
                self.found.push(Diagnostic::warning(codes::E1315, what));
            }
            seen.push(name.to_owned());
            let is_there = cell.text.as_ref().and_then(|range| self.text.get(range.clone())) == Some(name);
            let slice = match &cell.text {
                Some(range) if is_there => Builder::verbatim(range.clone()),
                _ => builder.kept(name),
            };
            self.names.push(slice);
        }
        for column in &self.layout.columns {
            if !seen.iter().any(|name| **name == *column.name) {
                let what = format!("the header has no column `{}`", column.header);
                self.found.push(Diagnostic::error(codes::E1312, what));
            }
        }
    }

    fn separated(&mut self, line: &Line, id: u32, row: usize, builder: &mut Builder) -> Result<(), Full> {
        let quote = self.quote();
        let narrow = |at: usize| u32::try_from(at).unwrap_or(0);
        for (at, cell) in line.cells.iter().enumerate() {
            let name = self.names.get(at).copied().unwrap_or_default();
            let node = builder.add(id, Kind::Cell, name, cell.span.start)?;
            let slice = match &cell.text {
                Some(range) => Builder::verbatim(range.clone()),
                None => builder.kept(&text_of(self.text, cell, quote)),
            };
            let record = builder.node(node);
            record.text = slice;
            record.span = narrow(cell.span.start)..narrow(cell.span.end);
            record.value = record.span.clone();
        }
        let (has, expected) = (line.cells.len(), self.names.len());
        if line.is_open {
            self.tell(codes::E1311, format!("row {row}: the quote of column {has} does not close"), row);
        } else if line.has_rest {
            self.tell(codes::E1313, format!("row {row}: characters stand behind a closing quote"), row);
        } else if expected > 0 && has != expected {
            let what = format!("row {row} has {has} {}, and {expected} are expected", columns(has));
            self.tell(codes::E1310, what, row);
        }
        Ok(())
    }

    fn positions(&mut self, line: &Line, id: u32, row: usize, builder: &mut Builder) -> Result<(), Full> {
        let text = self.text.get(line.span.clone()).unwrap_or("");
        // Places are counted in characters.
        let starts: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        let byte = |character: usize| line.span.start + starts.get(character).copied().unwrap_or(text.len());
        let narrow = |at: usize| u32::try_from(at).unwrap_or(0);
        let mut last = 0;
        for (at, column) in self.layout.columns.iter().enumerate() {
            let (first, end) = column.at.unwrap_or((1, 1));
            last = last.max(end);
            let span = byte(first - 1)..byte(end);
            let name = self.names.get(at).copied().unwrap_or_default();
            let node = builder.add(id, Kind::Cell, name, span.start)?;
            let written = self.text.get(span.clone()).unwrap_or("");
            let record = builder.node(node);
            record.text = Builder::verbatim(filled(written, column, span.start));
            record.span = narrow(span.start)..narrow(span.end);
            record.value = record.span.clone();
        }
        let has = starts.len() - 1;
        if has < last && !self.layout.columns.is_empty() {
            // Many programs cut blanks at the end of a line; what is short by more than the last column is odd.
            let last_starts = self.layout.columns.iter().filter_map(|column| column.at).map(|at| at.0).max();
            if last_starts.is_some_and(|start| has < start) {
                let what = format!("row {row} has {has} characters, and its columns reach to {last}");
                self.tell(codes::E1314, what, row);
            }
        } else if has > last && !text.chars().skip(last).all(char::is_whitespace) {
            self.tell(codes::E1314, format!("row {row} has {has} characters, and its columns end at {last}"), row);
        }
        Ok(())
    }
}

/// Where the text of a column stands in its place.
fn filled(written: &str, column: &Column, start: usize) -> Range<usize> {
    let (fill, blank) = (column.fill, char::is_whitespace);
    let (before, after) = if column.is_right {
        let rest = written.trim_start_matches(fill);
        (written.len() - rest.len(), rest.len() - rest.trim_end_matches(blank).len())
    } else {
        let rest = written.trim_end_matches(fill);
        (rest.len() - rest.trim_start_matches(blank).len(), written.len() - rest.len())
    };
    // A number of nothing but zeros is that number.
    if before + after >= written.len() {
        let end = start + written.len();
        return if fill == '0' && !written.is_empty() { end - 1..end } else { end..end };
    }
    start + before..start + written.len() - after
}

fn columns(count: usize) -> &'static str {
    if count == 1 { "column" } else { "columns" }
}

/// One message that was cut out of a content.
#[derive(Clone, Debug)]
pub struct Cut {
    /// Header and row.
    pub bytes: Bytes,
    /// What is wrong with the row, with its number in the content.
    pub found: Vec<Diagnostic>,
}

/// A message for each row, each with the header in front. Of a content with more than [`MESSAGES_MAX`] rows, one more than
/// that: whoever takes it refuses the whole (R5).
pub(crate) fn cut(bytes: &Bytes, layout: &Layout) -> Vec<Cut> {
    let decoded = decode(bytes, layout.charset);
    let text = decoded.as_str();
    let mut found = Vec::new();
    let _ = read(&decoded, layout, &mut found);
    let mut lines = Lines::new(text, layout);
    let header = if layout.has_header { lines.next() } else { None };
    let header = header.map(|line| text[line.span.start..line.next].to_owned()).unwrap_or_default();
    let header = if header.is_empty() || header.ends_with(['\r', '\n']) {
        header
    } else {
        format!("{header}{}", layout.line_end.as_str())
    };
    let mut out = Vec::new();
    for (at, line) in lines.enumerate().take(MESSAGES_MAX + 1) {
        let row = format!("{header}{}", &text[line.span.start..line.next]);
        let place = format!("row[{}]", at + 1);
        let is_here = |finding: &&Diagnostic| match finding.locations.first() {
            Some(message::Location::Message { path, .. }) => *path == place || path.is_empty(),
            Some(message::Location::Text { .. }) | None => true,
        };
        // What cannot be written back in its own encoding was decoded from it, so it can.
        let bytes = decoded.charset.encode(&row).unwrap_or_else(|| row.into_bytes());
        out.push(Cut { bytes: bytes.into(), found: found.iter().filter(is_here).cloned().collect() });
    }
    out
}

/// A text as one column.
pub(crate) fn write_cell(text: &str, separator: char, quote: Option<char>, out: &mut String) -> bool {
    let needs = text.contains(separator)
        || text.contains(['\r', '\n'])
        || quote.is_some_and(|quote| text.contains(quote))
        || text.starts_with(' ')
        || text.ends_with(' ');
    match quote {
        Some(quote) if needs => {
            out.push(quote);
            for c in text.chars() {
                if c == quote {
                    out.push(quote);
                }
                out.push(c);
            }
            out.push(quote);
            true
        }
        Some(_) => {
            out.push_str(text);
            true
        }
        None => {
            out.push_str(text);
            !text.contains(separator) && !text.contains(['\r', '\n'])
        }
    }
}
