//! Findings for the terminal: the text with carets under it, the place, the hint.
//!
//! The look is rustc's, by the crate that draws rustc's. Characters that a terminal would obey are made visible.

use annotate_snippets::{
    Annotation, AnnotationKind, Group, Level, Origin, Renderer as Drawer, Snippet, renderer::DecorStyle,
};
use message::{Diagnostic, Location, Severity};
use std::{collections::BTreeMap, ops::Range};

/// Draws findings. Give it the texts that they point into; without its text a place is named but not shown.
#[derive(Debug)]
pub struct Renderer {
    drawer: Drawer,
    sources: BTreeMap<String, String>,
    message: String,
}

impl Renderer {
    /// `colour` writes ANSI codes; without `unicode` frames are drawn in ASCII.
    #[must_use]
    pub fn new(colour: bool, unicode: bool) -> Renderer {
        let drawer = if colour { Drawer::styled() } else { Drawer::plain() };
        let decor = if unicode { DecorStyle::Unicode } else { DecorStyle::Ascii };
        Renderer { drawer: drawer.decor_style(decor), sources: BTreeMap::new(), message: String::new() }
    }

    /// Columns of the terminal; long lines are shortened around the place.
    #[must_use]
    pub fn width(mut self, columns: usize) -> Renderer {
        self.drawer = self.drawer.term_width(columns.max(20));
        self
    }

    /// Adds the text of a file.
    #[must_use]
    pub fn add_source(mut self, file: &str, text: &str) -> Renderer {
        self.sources.insert(file.to_owned(), text.to_owned());
        self
    }

    /// What places in a message are said to be in: `message 3`, a file name, an id.
    #[must_use]
    pub fn in_message(mut self, name: &str) -> Renderer {
        name.clone_into(&mut self.message);
        self
    }

    /// Every finding, in the order given, each followed by a line end.
    #[must_use]
    pub fn render(&self, findings: &[Diagnostic]) -> String {
        let mut out = String::new();
        for finding in findings {
            out.push_str(&self.render_one(finding));
            out.push('\n');
        }
        out
    }

    fn render_one(&self, finding: &Diagnostic) -> String {
        let level = match finding.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
            Severity::Note => Level::NOTE,
        };
        let title = level.primary_title(finding.message.as_str()).id(finding.code.id);
        let mut group = Group::with_title(title);
        let mut shown: Vec<&str> = Vec::new();
        for (number, place) in finding.locations.iter().enumerate() {
            match place {
                Location::Message { path, offset } => {
                    group = group.element(Origin::path(self.message_place(path, *offset)));
                }
                Location::Text { file, .. } if shown.contains(&&**file) => {}
                Location::Text { file, span, .. } => {
                    shown.push(file);
                    group = match self.sources.get(&**file) {
                        Some(text) => group.element(snippet(finding, number, file, text)),
                        None => group.element(Origin::path(format!("{file}, byte {}", span.start))),
                    };
                }
            }
        }
        if let Some(hint) = &finding.hint {
            group = group.element(Level::HELP.message(hint.as_str()));
        }
        self.drawer.render(&[group])
    }

    /// `message 3, PID-3[2].4`; the byte position where there is no path.
    fn message_place(&self, path: &str, offset: Option<usize>) -> String {
        let separator = if self.message.is_empty() || path.is_empty() { "" } else { ", " };
        let out = format!("{}{separator}{path}", self.message);
        match offset {
            Some(offset) if path.is_empty() && out.is_empty() => format!("message, byte {offset}"),
            Some(offset) if path.is_empty() => format!("{out}, byte {offset}"),
            _ if out.is_empty() => "message".to_owned(),
            _ => out,
        }
    }
}

/// The places of `finding` in `file`; the first place of the finding is the main one. Only the lines from the first to
/// the last place are handed to the drawer: it reads all that it gets, and a file may have 200 findings.
fn snippet<'a>(finding: &'a Diagnostic, first: usize, file: &'a str, text: &'a str) -> Snippet<'a, Annotation<'a>> {
    let places = finding.locations[first..].iter().filter_map(|place| match place {
        Location::Text { file: other, span, label } if **other == *file => Some((clamp(text, span), label)),
        _ => None,
    });
    let places: Vec<(Range<usize>, &String)> = places.collect();
    let start = places.iter().map(|(span, _)| span.start).min().unwrap_or(0);
    let end = places.iter().map(|(span, _)| span.end).max().unwrap_or(0);
    let start = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let end = text[end..].find('\n').map_or(text.len(), |at| end + at + 1);
    let annotations = places.into_iter().enumerate().map(|(number, (span, label))| {
        let is_main = first == 0 && number == 0;
        let kind = if is_main { AnnotationKind::Primary } else { AnnotationKind::Context };
        let annotation = kind.span(span.start - start..span.end - start);
        if label.is_empty() { annotation } else { annotation.label(label.as_str()) }
    });
    let lines_before = text.as_bytes()[..start].iter().filter(|byte| **byte == b'\n').count();
    Snippet::source(&text[start..end]).line_start(lines_before + 1).path(file).annotations(annotations)
}

/// `span` inside `text` and on character borders, whatever the text has become since.
fn clamp(text: &str, span: &Range<usize>) -> Range<usize> {
    let start = text.floor_char_boundary(span.start.min(text.len()));
    let end = text.ceil_char_boundary(span.end.min(text.len()).max(start));
    start..end
}

/// The line under a report: `1 error, 2 warnings in 41 files`. Notes do not count.
#[must_use]
pub fn summarize(findings: &[Diagnostic], files: usize) -> String {
    let count = |severity: Severity| findings.iter().filter(|finding| finding.severity == severity).count();
    let named = |number: usize, name: &str| format!("{number} {name}{}", if number == 1 { "" } else { "s" });
    let found = match (count(Severity::Error), count(Severity::Warning)) {
        (0, 0) => "no problems".to_owned(),
        (errors, 0) => named(errors, "error"),
        (0, warnings) => named(warnings, "warning"),
        (errors, warnings) => format!("{}, {}", named(errors, "error"), named(warnings, "warning")),
    };
    format!("{found} in {}", named(files, "file"))
}
