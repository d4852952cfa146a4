//! Files of other formats than HL7 v2 for `parse`, `show`, `get`, `set` and `convert`: JSON, XML, rows of columns, X12.
//!
//! Promises: which format it is, the command line says, else the end of the file's name; an edit changes its own bytes only;
//! values are masked on a terminal, all of them, because nobody can know which is about a patient.

pub mod recast;

use crate::{
    commands::map::standard,
    mask, messages,
    outcome::{Exit, Failure, Result},
    screen::{Screen, plain},
};
use bytes::Bytes;
use formats::{Document, Node, Path, detect, edit::Value};
use lang::Form;
use serde_json::json;
use std::path::Path as FilePath;

/// A file of another format, read; `None` where it holds HL7 v2.
///
/// # Errors
/// A format that is not known, a file that cannot be opened, or a content that cannot be read to its end.
pub fn open(file: &FilePath, format: Option<&str>) -> Result<Option<Document>> {
    let Some(document) = read(file, format)? else { return Ok(None) };
    let name = file.display();
    match document.findings().iter().find(|finding| finding.is_error()) {
        Some(finding) => Err(Failure::new(Exit::Problems, format!("{name}: {}", finding.message)).code(finding.code)),
        None => Ok(Some(document)),
    }
}

/// As [`open`], with whatever could be read of it.
///
/// # Errors
/// A format that is not known, or a file that cannot be opened.
pub fn read(file: &FilePath, format: Option<&str>) -> Result<Option<Document>> {
    let name = file.display().to_string();
    let form = match format {
        Some(word) => {
            let forms = standard::forms();
            forms.get(word).ok_or_else(|| {
                let known = forms.names().collect::<Vec<_>>().join(", ");
                Failure::usage(format!("there is no format `{word}`")).hint(format!("known here: {known}"))
            })?
        }
        None => match detect::by_name(&name) {
            Some(found) => Form::of(found),
            None => return Ok(None),
        },
    };
    if !form.has_places() {
        return Ok(None);
    }
    let bytes = messages::read(file)?.bytes;
    let form = guessed(form, format.is_some(), &bytes);
    Ok(Some(Document::read(form.format, bytes, &form.layout)))
}

/// `sinew parse`: what is in it, and what is odd. False where it could not be read to its end.
pub fn parse(screen: &Screen, name: &str, document: &Document, is_json: bool) -> bool {
    let values = (0..document.len()).filter(|number| !document.node(*number).text().is_empty()).count();
    let bytes = document.write().len();
    let (format, findings) = (detect::name_of(document.format()), document.findings());
    let is_readable = document.is_whole() && !findings.iter().any(message::Diagnostic::is_error);
    if is_json {
        let told = json!({"file": name, "index": 1, "format": format, "values": values, "bytes": bytes,
            "whole": document.is_whole(), "diagnostics": findings});
        screen.line(told.to_string());
        return is_readable;
    }
    screen.line(format!("{} {name}  {format:<10} {values:>6} values  {bytes:>7} bytes", screen.mark(is_readable)));
    for finding in findings {
        let place = if finding.path().is_empty() { String::new() } else { format!(" {}:", finding.path()) };
        screen.line(format!("    {}{place} {}", finding.code, finding.message));
    }
    is_readable
}

/// Rows whose separator nobody said: the one that gives every row the same number of columns.
fn guessed(form: Form, is_said: bool, bytes: &Bytes) -> Form {
    let is_tabs = || detect::separator_of(bytes) == Some(b'\t');
    if !is_said && form.format == message::Format::Delimited && is_tabs() {
        return Form::named("tsv").unwrap_or(form);
    }
    form
}

fn path_of(document: &Document, text: &str) -> Result<Path> {
    let mut path = Path::parse(text).map_err(|wrong| {
        let failure = Failure::usage(format!("`{text}`: {}", wrong.text));
        match wrong.hint {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    })?;
    path.resolve_prefixes(&document.layout().namespaces);
    Ok(path)
}

/// What stands at a place: its text, or its source where it has parts.
fn text_of(node: Node<'_>) -> String {
    if node.text().is_empty() && node.has_children() {
        return node.document().source().get(node.span()).unwrap_or_default().replace(['\r', '\n'], " ");
    }
    node.text().replace('\r', "\\r").replace('\n', "\\n")
}

/// `sinew get`.
///
/// # Errors
/// A path that cannot be read.
pub fn get(screen: &Screen, document: &Document, path: &str, is_masked: bool) -> Result {
    let found = path_of(document, path)?.all(document.root());
    for node in &found {
        screen.line(shown(screen, &text_of(*node), is_masked));
    }
    Ok(if found.is_empty() { Exit::Problems } else { Exit::Ok })
}

fn shown(screen: &Screen, text: &str, is_masked: bool) -> String {
    match (is_masked, screen.is_terminal) {
        (true, _) => plain(&mask::masked(text)),
        (false, true) => plain(text),
        (false, false) => text.to_owned(),
    }
}

/// `sinew set`: the bytes with another value at a place.
///
/// # Errors
/// A path that cannot be read, or a place that cannot be written.
pub fn set(document: &Document, path: &str, value: &str) -> Result<Bytes> {
    let path = path_of(document, path)?;
    let value = if value.is_empty() { Value::Nothing } else { Value::Text(value) };
    let changed = document
        .set(&path, value)
        .map_err(|refused| Failure::new(Exit::Problems, refused.text.clone()).code(refused.code))?;
    Ok(changed.write().clone())
}

/// `sinew show`: every value with its path.
pub fn show(screen: &Screen, document: &Document, is_masked: bool, is_json: bool) -> Exit {
    let leaves = (0..document.len()).map(|number| document.node(number)).filter(|node| !node.has_children());
    let leaves: Vec<Node<'_>> = leaves.filter(|node| !node.text().is_empty()).collect();
    if is_json {
        let values: Vec<_> = leaves.iter().map(|node| json!({"path": node.path(), "value": node.text()})).collect();
        screen.line(json!({"format": detect::name_of(document.format()), "values": values}).to_string());
        return Exit::Ok;
    }
    for node in &leaves {
        let place = screen.paint("1;36", &format!("{:<32}", node.path()));
        screen.line(format!("{place} {}", shown(screen, &text_of(*node), is_masked)));
    }
    if leaves.is_empty() { Exit::Problems } else { Exit::Ok }
}
