//! From the tree to JSON.

use super::{BARE, SCHEMA};
use crate::syntax::{Statement, Token, TokenKind, Tree};
use serde_json::{Map, Value, json};

/// The file as JSON (module documentation). Of a file with errors it holds what could be read.
#[must_use]
pub fn to_json(tree: &Tree) -> Value {
    let mut writer = Writer { tree, at: 0 };
    let statements = writer.statements(&tree.statements);
    let mut out = Map::new();
    out.insert("schema".to_owned(), json!(SCHEMA));
    out.insert("statements".to_owned(), Value::Array(statements));
    let rest = writer.comments_until(tree.tokens.len());
    insert_some(&mut out, "comments_at_end", rest);
    Value::Object(out)
}

/// Adds an array that is not empty.
fn insert_some(out: &mut Map<String, Value>, name: &str, values: Vec<Value>) {
    if !values.is_empty() {
        out.insert(name.to_owned(), Value::Array(values));
    }
}

struct Writer<'t> {
    tree: &'t Tree,
    /// The first token whose comments are not written yet.
    at: usize,
}

impl Writer<'_> {
    fn statements(&mut self, statements: &[Statement]) -> Vec<Value> {
        statements.iter().map(|statement| self.statement(statement)).collect()
    }

    fn statement(&mut self, statement: &Statement) -> Value {
        let mut out = Map::new();
        let first = statement.header.first().map_or(self.at, |index| *index as usize);
        let last = statement.header.last().map_or(self.at, |index| *index as usize);
        let mut above = self.comments_until(first);
        above.extend(self.comments_until(last));
        insert_some(&mut out, "comments", above);
        let tokens: Vec<Token> = statement.header.iter().filter_map(|index| self.tree.token(*index)).collect();
        let has_word = tokens.first().is_some_and(|token| token.kind.is_bare());
        if has_word {
            out.insert("word".to_owned(), json!(self.tree.slice(tokens[0])));
        }
        let values = Values { tree: self.tree, tokens: &tokens[usize::from(has_word)..] }.all();
        insert_some(&mut out, "values", values);
        let end = match &statement.block {
            Some(block) => self.index_at(block.span.start) + 1,
            None => last + 1,
        };
        self.comment_behind(&mut out, "comment", end);
        if let Some(block) = &statement.block {
            let inner = self.statements(&block.statements);
            out.insert("block".to_owned(), Value::Array(inner));
            let end = self.index_at(block.span.end);
            let rest = self.comments_until(end);
            insert_some(&mut out, "comments_at_end", rest);
            self.comment_behind(&mut out, "comment_at_end", end);
        }
        Value::Object(out)
    }

    fn index_at(&self, offset: usize) -> usize {
        self.tree.tokens.partition_point(|token| (token.start as usize) < offset)
    }

    /// The comments between what is written and the token at `end`.
    fn comments_until(&mut self, end: usize) -> Vec<Value> {
        let tokens = self.tree.tokens.get(self.at..end).unwrap_or(&[]);
        self.at = self.at.max(end);
        let comments = tokens.iter().filter(|token| token.kind == TokenKind::Comment);
        comments.map(|token| json!(self.tree.slice(*token).trim_end())).collect()
    }

    /// The comment on the line of the token before `from`.
    fn comment_behind(&mut self, out: &mut Map<String, Value>, name: &str, from: usize) {
        self.at = self.at.max(from);
        let rest = self.tree.tokens.get(self.at..).unwrap_or(&[]);
        let blanks = rest.iter().take_while(|token| token.kind == TokenKind::Space).count();
        if let Some(token) = rest.get(blanks).filter(|token| token.kind == TokenKind::Comment) {
            out.insert(name.to_owned(), json!(self.tree.slice(*token).trim_end()));
            self.at += blanks + 1;
        }
    }
}

/// Takes values off the front of a row of tokens. Nesting is bounded by the parser.
struct Values<'t> {
    tree: &'t Tree,
    tokens: &'t [Token],
}

impl Values<'_> {
    fn take(&mut self) -> Option<Token> {
        let (first, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        Some(*first)
    }

    fn all(&mut self) -> Vec<Value> {
        std::iter::from_fn(|| self.take().map(|token| self.value(token))).collect()
    }

    fn value(&mut self, token: Token) -> Value {
        match token.kind {
            TokenKind::OpenBracket => json!({"kind": "list", "items": self.items()}),
            TokenKind::OpenParen => json!({"kind": "group", "values": self.group()}),
            TokenKind::Text => json!({"kind": "text", "value": self.tree.value(token)}),
            TokenKind::BlockText => json!({"kind": "block-text", "value": self.tree.value(token)}),
            kind => {
                let bare = BARE.iter().find(|(bare, _)| *bare == kind);
                json!({"kind": bare.map_or("symbol", |(_, name)| name), "value": self.tree.slice(token)})
            }
        }
    }

    /// The rows between commas, up to the closing bracket. `[]` has none, `[a,]` has two, the second empty.
    fn items(&mut self) -> Vec<Vec<Value>> {
        let mut items = vec![Vec::new()];
        while let Some(token) = self.take() {
            match token.kind {
                TokenKind::CloseBracket => break,
                TokenKind::Comma => items.push(Vec::new()),
                _ => {
                    let value = self.value(token);
                    items.last_mut().unwrap_or(&mut Vec::new()).push(value);
                }
            }
        }
        let is_empty = items.len() == 1 && items[0].is_empty();
        if is_empty { Vec::new() } else { items }
    }

    fn group(&mut self) -> Vec<Value> {
        let mut values = Vec::new();
        while let Some(token) = self.take() {
            if token.kind == TokenKind::CloseParen {
                break;
            }
            let value = self.value(token);
            values.push(value);
        }
        values
    }
}
