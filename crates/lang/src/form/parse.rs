//! Reads `format NAME KIND { … }`.

use super::{Form, Forms};
use crate::{
    codes, suggest,
    syntax::{Cursor, Statement, Tree},
};
use formats::{
    Layout,
    charset::Charset,
    layout::{Column, Columns, LineEnd, Place, Simple},
    limits::COLUMNS_MAX,
    path::Pick,
};
use message::{Diagnostic, Format};
use std::{ops::Range, sync::Arc};

/// The words of a description: how they are written, and what they say.
pub const WORDS: &[(&str, &str, &str)] = &[
    (
        "separator",
        "separator TEXT",
        "Of `delimited`: what stands between columns. `,` if nothing is said; `tab` is one.",
    ),
    (
        "quote",
        "quote TEXT|none",
        "Of `delimited`: what stands around columns that hold a separator. `\"` if nothing is said.",
    ),
    ("header", "header yes|no", "Of `delimited`: the first row names the columns. `yes` if nothing is said."),
    ("line-end", "line-end crlf|lf|cr", "What is written behind each row. Read is any of them."),
    (
        "encoding",
        "encoding NAME",
        "How bytes are characters: `utf-8`, `latin-1`, `windows-1252`, `iso-8859-15` …. A byte order mark goes first. UTF-8 if nothing is said.",
    ),
    (
        "column",
        "column NAME [\"HEADER\"] [FIRST..LAST] [right] [fill TEXT]",
        "A column, and what the header calls it if that is another name. Of `fixed`: its first and last character in the line, `right` if its text stands at the right, and what fills its place.",
    ),
    (
        "place",
        "place PATH [text|number|boolean]",
        "Of `json` and `xml`: a place that messages have, `[*]` behind what stands several times. With places, paths are checked against them. In JSON that is written, `number` and `boolean` have no quotes.",
    ),
    (
        "namespace",
        "namespace PREFIX|default TEXT",
        "Of `xml`: what a prefix in paths stands for. Written XML declares it.",
    ),
    ("indent", "indent yes|no", "Of `json` and `xml`: written with line ends and blanks. `no` if nothing is said."),
];

/// Kinds of descriptions.
const KINDS: [(&str, Format); 5] = [
    ("delimited", Format::Delimited),
    ("fixed", Format::Delimited),
    ("json", Format::Json),
    ("xml", Format::Xml),
    ("x12", Format::X12),
];

/// The last character that a column by position may reach.
const WIDTH_MAX: usize = 1_000_000;

impl Forms {
    /// Takes in the `format` statements of a file. Other statements are left alone.
    pub fn add(&mut self, tree: &Tree, found: &mut Vec<Diagnostic>) {
        for statement in &tree.statements {
            let mut cursor = Cursor::new(tree, statement);
            if !cursor.eat("format") {
                continue;
            }
            let before = found.len();
            let mut reader = Reader { tree, found };
            let Some((name, place, form)) = reader.read(statement, cursor) else { continue };
            if found[before..].iter().any(Diagnostic::is_error) {
                continue;
            }
            if self.forms.contains_key(&name) {
                let finding = Diagnostic::error(codes::E2643, format!("there are two formats `{name}`"));
                found.push(finding.at(&tree.file, place, ""));
                continue;
            }
            self.forms.insert(name, form);
        }
    }
}

struct Reader<'t, 'f> {
    tree: &'t Tree,
    found: &'f mut Vec<Diagnostic>,
}

impl<'t> Reader<'t, '_> {
    fn fail<T>(&mut self, what: impl Into<String>, place: Range<usize>, hint: &str) -> Option<T> {
        let finding = Diagnostic::error(codes::E2643, what).at(&self.tree.file, place, "");
        self.found.push(if hint.is_empty() { finding } else { finding.hint(hint) });
        None
    }

    fn read(&mut self, statement: &'t Statement, mut cursor: Cursor<'t>) -> Option<(Arc<str>, Range<usize>, Form)> {
        const HINT: &str = "write it like `format lab-csv delimited { column mrn … }`";
        let place = cursor.here();
        let Some((name, _)) = cursor.text() else { return self.fail("the format has no name", place, HINT) };
        let is_name = name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        if !is_name || Form::named(&name).is_some() || name == "fixed" {
            let hint =
                "a name has letters, digits, `-` and `_`, begins with a small letter, and is no word for a format";
            return self.fail(format!("`{name}` cannot be the name of a format"), place, hint);
        }
        let here = cursor.here();
        let word = cursor.peek_str();
        cursor.take();
        let Some((_, format)) = KINDS.iter().find(|(kind, _)| *kind == word) else {
            let hint = suggest::did_you_mean(word, KINDS.map(|(kind, _)| kind)).unwrap_or_else(|| HINT.to_owned());
            return self.fail(format!("`{word}` is no kind of format"), here, &hint);
        };
        if !cursor.is_done() {
            return self.fail("the line should end here", cursor.rest_span(), HINT);
        }
        let name: Arc<str> = name.into_owned().into();
        let mut layout = match word {
            "fixed" => Layout { columns_by: Columns::Position, ..Layout::plain(&name) },
            "delimited" => Layout { name: name.clone(), ..Layout::csv() },
            _ => Layout::plain(&name),
        };
        for line in statement.block.iter().flat_map(|block| &block.statements) {
            self.line(line, word, &mut layout);
        }
        if word == "fixed" {
            self.check_positions(&layout, &here);
        }
        Some((name, place, Form { format: *format, layout: layout.into() }))
    }

    fn line(&mut self, statement: &'t Statement, kind: &str, layout: &mut Layout) -> Option<()> {
        let mut cursor = Cursor::new(self.tree, statement);
        let place = cursor.here();
        let word = cursor.peek_str();
        cursor.take();
        let is_for = |kinds: &[&str]| kinds.contains(&kind);
        let fits = match word {
            "separator" | "quote" | "header" => is_for(&["delimited"]),
            "line-end" | "column" => is_for(&["delimited", "fixed"]),
            "place" | "indent" => is_for(&["json", "xml"]),
            "namespace" => is_for(&["xml"]),
            "encoding" => true,
            _ => {
                let hint = suggest::did_you_mean(word, WORDS.iter().map(|(word, ..)| *word)).unwrap_or_else(|| {
                    format!("words are {}", WORDS.iter().map(|word| word.0).collect::<Vec<_>>().join(", "))
                });
                return self.fail(format!("`{word}` is no word of a format"), place, &hint);
            }
        };
        if !fits {
            return self.fail(format!("a format of kind `{kind}` has no `{word}`"), place, "");
        }
        match word {
            "separator" | "quote" => self.mark(&mut cursor, word, layout)?,
            "header" => layout.has_header = self.flag(&mut cursor)?,
            "indent" => layout.is_indented = self.flag(&mut cursor)?,
            "line-end" => {
                let choices = [("crlf", LineEnd::CrLf), ("lf", LineEnd::Lf), ("cr", LineEnd::Cr)];
                layout.line_end = self.choice(&mut cursor, &choices)?;
            }
            "encoding" => layout.charset = Some(self.encoding(&mut cursor)?),
            "column" => self.column(&mut cursor, kind == "fixed", layout)?,
            "namespace" => {
                let here = cursor.here();
                let (Some((prefix, _)), Some((uri, _))) = (cursor.text(), cursor.text()) else {
                    return self.fail(
                        "a prefix and its namespace are needed",
                        here,
                        "write `namespace hl7 \"urn:hl7-org:v3\"`",
                    );
                };
                let prefix = if prefix == "default" { "" } else { &*prefix };
                layout.namespaces.push((prefix.into(), uri.into()));
            }
            _ => self.place(&mut cursor, kind == "json", layout)?,
        }
        if !cursor.is_done() {
            return self.fail(format!("`{}` is more than this line takes", cursor.peek_str()), cursor.rest_span(), "");
        }
        Some(())
    }

    fn choice<T: Copy>(&mut self, cursor: &mut Cursor<'_>, choices: &[(&str, T)]) -> Option<T> {
        let place = cursor.here();
        let word = cursor.peek_str();
        cursor.take();
        if let Some((_, value)) = choices.iter().find(|(known, _)| *known == word) {
            return Some(*value);
        }
        let known: Vec<&str> = choices.iter().map(|(known, _)| *known).collect();
        self.fail(format!("`{word}` is none of {}", known.join(", ")), place, "")
    }

    fn flag(&mut self, cursor: &mut Cursor<'_>) -> Option<bool> {
        self.choice(cursor, &[("yes", true), ("no", false)])
    }

    /// One character; `tab` and `none` are words for what cannot be seen.
    fn mark(&mut self, cursor: &mut Cursor<'_>, word: &str, layout: &mut Layout) -> Option<()> {
        let place = cursor.here();
        let text = cursor.text().map(|(text, _)| text.into_owned()).unwrap_or_default();
        let Columns::Separator { separator, quote } = &mut layout.columns_by else { return None };
        let mut chars = text.chars();
        match (text.as_str(), chars.next(), chars.next()) {
            ("none", ..) if word == "quote" => *quote = None,
            ("tab", ..) if word == "separator" => *separator = '\t',
            (_, Some(mark), None) if !matches!(mark, '\r' | '\n') && !mark.is_alphanumeric() => match word {
                "quote" => *quote = Some(mark),
                _ => *separator = mark,
            },
            _ => {
                let hint = "write it between quotes, such as `separator \";\"`; a tab is `separator tab`";
                return self.fail(format!("a {word} is one character that is no letter or digit"), place, hint);
            }
        }
        if *quote == Some(*separator) {
            return self.fail("separator and quote are the same character", place, "");
        }
        Some(())
    }

    fn encoding(&mut self, cursor: &mut Cursor<'_>) -> Option<Charset> {
        let place = cursor.here();
        let name = cursor.text().map(|(name, _)| name.into_owned()).unwrap_or_default();
        match Charset::named(&name) {
            Some(charset) => Some(charset),
            None => self.fail(
                format!("the encoding `{name}` is not known"),
                place,
                "write `utf-8`, `latin-1` or `windows-1252`",
            ),
        }
    }

    fn column(&mut self, cursor: &mut Cursor<'_>, is_fixed: bool, layout: &mut Layout) -> Option<()> {
        let place = cursor.here();
        let Some((name, token)) = cursor.text() else { return self.fail("the column has no name", place, "") };
        let is_plain = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'));
        if !is_plain {
            let hint = "give it a name of letters, digits, `-` and `_`, and behind that what the header calls it";
            return self.fail(format!("`{name}` cannot be the name of a column"), place, hint);
        }
        let _ = token;
        if layout.columns.len() >= COLUMNS_MAX {
            return self.fail(format!("a format has at most {COLUMNS_MAX} columns"), place, "");
        }
        if layout.column(&name).is_some() {
            return self.fail(format!("the column `{name}` stands here twice"), place, "");
        }
        let mut column = Column::named(&name);
        if let Some(token) = cursor.peek().filter(|token| token.kind.is_text()) {
            column.header = self.tree.value(token).trim().into();
            cursor.take();
        }
        if is_fixed {
            column.at = Some(self.position(cursor)?);
            column.is_right = cursor.eat("right");
            if cursor.eat("fill") {
                let here = cursor.here();
                let fill = cursor.text().and_then(|(text, _)| text.chars().next());
                let Some(fill) = fill else { return self.fail("what fills the column?", here, "write `fill \"0\"`") };
                column.fill = fill;
            }
        }
        layout.columns.push(column);
        Some(())
    }

    /// `1..10`, `7`.
    fn position(&mut self, cursor: &mut Cursor<'_>) -> Option<(usize, usize)> {
        let place = cursor.here();
        let text = cursor.peek_str();
        cursor.take();
        let (first, last) = text.split_once("..").unwrap_or((text, text));
        let range = first.parse().ok().zip(last.parse().ok());
        match range.filter(|(first, last): &(usize, usize)| (1..=*last).contains(first) && *last <= WIDTH_MAX) {
            Some(range) => Some(range),
            None => self.fail(
                "where in the line does the column stand?",
                place,
                "write its first and last character: `column mrn 1..10`",
            ),
        }
    }

    fn check_positions(&mut self, layout: &Layout, place: &Range<usize>) {
        if layout.columns.is_empty() {
            self.fail::<()>("a format by position needs its columns", place.clone(), "add `column mrn 1..10`");
        }
        for pair in layout.columns.windows(2) {
            if let (Some((_, last)), Some((first, _))) = (pair[0].at, pair[1].at)
                && first <= last
            {
                let what = format!("column `{}` begins inside of `{}`", pair[1].name, pair[0].name);
                self.fail::<()>(what, place.clone(), "columns stand in the order of the line, and none over another");
            }
        }
    }

    fn place(&mut self, cursor: &mut Cursor<'_>, is_json: bool, layout: &mut Layout) -> Option<()> {
        let place = cursor.here();
        let text = cursor.peek_str().to_owned();
        cursor.take();
        let path = match formats::Path::parse(&text) {
            Ok(path) => path,
            Err(wrong) => {
                let span = place.start + wrong.span.start..place.start + wrong.span.end;
                return self.fail(wrong.text, span, wrong.hint.as_deref().unwrap_or(""));
            }
        };
        let mut known = Place { names: Vec::new(), repeats: Vec::new(), kind: None };
        for hop in &path.hops {
            let repeats = match hop.picks.as_slice() {
                [] => false,
                [Pick::Every] => true,
                _ => {
                    let span = place.start + hop.span.start..place.start + hop.span.end;
                    return self.fail("here `[*]` says what stands several times, and nothing else", span, "");
                }
            };
            if let Some(name) = &hop.name {
                let at = if name.is_attribute { "@" } else { "" };
                known.names.push(format!("{at}{}", name.text).into());
                known.repeats.push(repeats);
            }
        }
        if is_json && !cursor.is_done() {
            let kinds = [("text", Simple::Text), ("number", Simple::Number), ("boolean", Simple::Truth)];
            known.kind = Some(self.choice(cursor, &kinds)?);
        }
        layout.places.push(known);
        Some(())
    }
}
