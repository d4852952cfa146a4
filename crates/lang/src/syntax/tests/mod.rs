//! Tests of the syntax: tables of texts with what they must become, and properties over invented texts.

mod editing;
mod formatting;
mod lexing;
mod parsing;
mod recovery;
mod rendering;
mod strategy;
mod twins;

use super::*;
use message::{Diagnostic, Location};
use std::fmt::Write;

/// The tree as nested lists: `(send pharmacy {(when PV1-2 = "I")})`.
fn outline(tree: &Tree, statements: &[Statement]) -> String {
    let mut out = String::new();
    for (index, statement) in statements.iter().enumerate() {
        let words = statement.header.iter().filter_map(|index| tree.token(*index)).map(|token| tree.slice(token));
        let separator = if index == 0 { "" } else { " " };
        write!(out, "{separator}({}", words.collect::<Vec<_>>().join(" ")).unwrap();
        if let Some(block) = &statement.block {
            write!(out, " {{{}}}", outline(tree, &block.statements)).unwrap();
        }
        out.push(')');
    }
    out
}

/// Codes with the text at their first place: `E2004 "abc`.
fn brief(tree: &Tree, findings: &[Diagnostic]) -> Vec<String> {
    let place = |finding: &Diagnostic| match finding.locations.first() {
        Some(Location::Text { span, .. }) => {
            let (line, column) = tree.line_column(span.start);
            format!("{} {line}:{column} {}", finding.code, tree.text.get(span.clone()).unwrap_or("?"))
        }
        _ => finding.code.to_string(),
    };
    findings.iter().map(place).collect()
}

/// Kinds and values of the significant tokens: what a file means.
fn meaning(tree: &Tree) -> Vec<(TokenKind, String)> {
    tree.significant().map(|token| (token.kind, tree.value(token).into_owned())).collect()
}

fn read(text: &str) -> Tree {
    let (tree, findings) = parse("a.flow", text);
    assert!(!tree.has_errors, "{text}\n{:?}", brief(&tree, &findings));
    tree
}
