//! The outline of a file: interfaces, destinations, tests, maps, resources.

use super::{position, project::Project, spot};
use lang::syntax::{Statement, Tree};
use serde_json::{Value, json};

/// Kinds of symbols (LSP 3.17, `SymbolKind`).
const MODULE: u32 = 2;
const CLASS: u32 = 5;
const FUNCTION: u32 = 12;
const EVENT: u32 = 24;

/// The answer to `textDocument/documentSymbol`.
pub(crate) fn symbols(project: &Project<'_>, uri: &str) -> Option<Value> {
    let tree = project.tree(uri)?;
    Some(below(&tree, &tree.statements).into())
}

fn below(tree: &Tree, statements: &[Statement]) -> Vec<Value> {
    let mut out = Vec::new();
    for statement in statements {
        let words = spot::words(tree, statement);
        let bare =
            |at: usize| words.get(at).map(|word| word.trim_matches('"').to_owned()).filter(|word| !word.is_empty());
        let first = words.first().copied().unwrap_or_default();
        let is_resource = first.starts_with(|letter: char| letter.is_ascii_uppercase()) && statement.block.is_some();
        let named = match first {
            "interface" | "block" | "profile" => bare(1).map(|name| (name, MODULE)),
            "map" if words.get(1).is_some_and(|word| ["segment", "datatype"].contains(word)) => {
                let to = words.iter().position(|word| *word == "to").and_then(|at| words.get(at + 1));
                let named = if words.get(3) == Some(&"to") || words.get(3) == Some(&"as") { None } else { bare(3) };
                let made = to.map(|to| format!("{}-{to}", words.get(2).copied().unwrap_or_default()));
                named.or(made).or_else(|| bare(2)).map(|name| (name, FUNCTION))
            }
            "map" if statement.block.is_some() => bare(1).map(|name| (name, MODULE)),
            "send" => bare(1).map(|name| (format!("send {name}"), EVENT)),
            "receive" => bare(1).map(|name| (format!("receive {name}"), EVENT)),
            "test" => bare(1).map(|name| (name, FUNCTION)),
            kind if is_resource => {
                let name = if words.get(1) == Some(&"as") { bare(2) } else { None };
                Some((name.map_or_else(|| kind.to_owned(), |name| format!("{kind} {name}")), CLASS))
            }
            _ => None,
        };
        let inside = below(tree, statement.children());
        match named {
            Some((name, kind)) => {
                let last = statement.header.last().and_then(|index| tree.token(*index));
                let head = statement.span.start..last.map_or(statement.span.end, |token| token.end as usize);
                out.push(json!({"name": name, "kind": kind, "range": position::range(&tree.text, &statement.span),
                    "selectionRange": position::range(&tree.text, &head), "children": inside}));
            }
            None => out.extend(inside),
        }
    }
    out
}
