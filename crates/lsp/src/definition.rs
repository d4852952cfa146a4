//! Where a word was written down: shared maps, tables, files, shared blocks, resources of the file.

use super::{
    position,
    project::{Project, path_of, uri_of},
    spot::{self, Spot, What},
};
use lang::syntax::{self, Statement, Tree};
use serde_json::{Value, json};
use std::{ops::Range, path::PathBuf};

/// The answer to `textDocument/definition`; `None` where there is none, or where it comes with Sinew and is no file.
pub(crate) fn definition(project: &mut Project<'_>, uri: &str, position: &Value) -> Option<Value> {
    let tree = project.tree(uri)?;
    let spot = Spot::at(&tree, position::offset_of(&tree.text, position)?)?;
    let word = tree.value(spot.token).into_owned();
    match spot.what {
        What::Table => {
            let file = table(project, uri, &word)?;
            Some(location(&uri_of(&file), "", &(0..0)))
        }
        What::File => {
            let beside = path_of(uri)?.parent()?.join(&word);
            // Tests stand in a folder of their own; their files are beside the interface.
            let above = path_of(uri)?.parent()?.parent()?.join(&word);
            let shared = project.root.as_ref().map(|root| root.join(&word));
            let file = [Some(beside), Some(above), shared].into_iter().flatten().find(|path| path.is_file())?;
            Some(location(&uri_of(&file), "", &(0..0)))
        }
        What::Part if !spot::is_map(&tree, &spot.around) => block(project, &word),
        What::Part => {
            let here = part_in(&tree, &word).map(|span| (uri.to_owned(), tree.text.to_string(), span));
            let (uri, text, span) = here.or_else(|| part(project, &word))?;
            Some(location(&uri, &text, &span))
        }
        What::Value | What::First | What::Target => {
            let span = resource(&tree, &tree.statements, &word)?;
            Some(location(uri, &tree.text, &span))
        }
        What::Step => None,
    }
}

fn location(uri: &str, text: &str, span: &Range<usize>) -> Value {
    json!({"uri": uri, "range": position::range(text, span)})
}

fn table(project: &Project<'_>, uri: &str, name: &str) -> Option<PathBuf> {
    let path = path_of(uri)?;
    let folders =
        [path.parent().map(PathBuf::from), path.parent().and_then(|folder| folder.parent()).map(PathBuf::from)];
    let beside = folders.into_iter().flatten().map(|folder| folder.join(format!("tables/{name}.csv")));
    let shared = project.root.as_ref().map(|root| root.join(format!("shared/tables/{name}.csv")));
    beside.chain(shared).find(|path| path.is_file())
}

fn head(tree: &Tree, statement: &Statement) -> Range<usize> {
    let last = statement.header.last().and_then(|index| tree.token(*index));
    statement.span.start..last.map_or(statement.span.end, |token| token.end as usize)
}

/// A shared map of the file itself.
fn part_in(tree: &Tree, name: &str) -> Option<Range<usize>> {
    let mut library = lang::Library::default();
    let _ = library.add(&std::sync::Arc::new(tree.clone()));
    let (_, span) = library.part(name)?;
    let statement = tree.statements.iter().find(|statement| statement.span == span)?;
    Some(head(tree, statement))
}

fn part(project: &mut Project<'_>, name: &str) -> Option<(String, String, Range<usize>)> {
    let (tree, span) = project.standard().library().part(name)?;
    let uri = project.uri(&tree.file).filter(|uri| path_of(uri).is_some_and(|path| path.is_file()))?;
    let statement = tree.statements.iter().find(|statement| statement.span == span)?;
    let span = head(&tree, statement);
    Some((uri, tree.text.to_string(), span))
}

/// `use shared/NAME`: a block of the workspace.
fn block(project: &Project<'_>, word: &str) -> Option<Value> {
    let name = word.rsplit('/').next()?;
    let files = project.files()?;
    files.list("shared").0.iter().filter(|path| path.ends_with(".flow")).find_map(|path| {
        let (tree, _) = syntax::parse(path.as_str(), files.text(path).ok()?);
        let is_it = |statement: &&Statement| {
            let words = spot::words(&tree, statement);
            words.first() == Some(&"block") && words.get(1) == Some(&name)
        };
        let span = head(&tree, tree.statements.iter().find(is_it)?);
        Some(location(&project.uri(path)?, &tree.text, &span))
    })
}

/// `Patient as patient`.
fn resource(tree: &Tree, statements: &[Statement], name: &str) -> Option<Range<usize>> {
    statements.iter().find_map(|statement| match spot::words(tree, statement).as_slice() {
        [kind, "as", own, ..] if *own == name && kind.starts_with(|c: char| c.is_ascii_uppercase()) => {
            Some(head(tree, statement))
        }
        _ => resource(tree, statement.children(), name),
    })
}
