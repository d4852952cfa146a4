//! Texts with paths in braces: `"{PID-5.2} {PID-5.1}"`. `{{` and `}}` are braces themselves.

use crate::{
    codes,
    item::Atom,
    path::{Found, ReadPath, resolve},
    run::{Fault, Run, Site},
    scope::Scope,
    view::View,
};
use message::Diagnostic;
use std::sync::Arc;

#[derive(Debug)]
pub(super) struct Template {
    pieces: Vec<Piece>,
}

#[derive(Debug)]
enum Piece {
    Literal(Arc<str>),
    Read(ReadPath),
}

impl Template {
    pub(super) fn parse(text: &str, scope: &Scope<'_>) -> Result<Template, Box<Diagnostic>> {
        let mut pieces = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            literal.push_str(&rest[..at]);
            let brace = &rest[at..=at];
            rest = &rest[at + 1..];
            if let Some(after) = rest.strip_prefix(brace) {
                literal.push_str(brace);
                rest = after;
                continue;
            }
            let end = if brace == "{" { rest.find('}') } else { None };
            let Some(end) = end else {
                let what = "a brace in this text has no partner";
                let hint = "`{PID-5.1}` puts a value in, `{{` is a brace";
                return Err(Diagnostic::error(codes::E2109, what).hint(hint).into());
            };
            let path = read(rest[..end].trim(), scope)?;
            if !literal.is_empty() {
                pieces.push(Piece::Literal(Arc::from(std::mem::take(&mut literal))));
            }
            pieces.push(Piece::Read(path));
            rest = &rest[end + 1..];
        }
        literal.push_str(rest);
        if !literal.is_empty() || pieces.is_empty() {
            pieces.push(Piece::Literal(Arc::from(literal)));
        }
        Ok(Template { pieces })
    }

    /// The text, when there is no path in it.
    pub(super) fn literal(&self) -> Option<Arc<str>> {
        match self.pieces.as_slice() {
            [Piece::Literal(text)] => Some(text.clone()),
            _ => None,
        }
    }

    /// The paths in it.
    pub(super) fn reads(&self) -> impl Iterator<Item = &ReadPath> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Read(path) => Some(path),
            Piece::Literal(_) => None,
        })
    }

    pub(super) fn evaluate<'v>(&self, site: &Site, view: &View<'_>, run: &mut Run) -> Result<Atom<'v>, Fault> {
        let mut out = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Literal(text) => out.push_str(text),
                Piece::Read(path) => out.push_str(path.value(view, run).into_first().as_str()),
            }
            site.burn(run, 1 + (out.len() / 64) as u64)?;
        }
        Ok(Atom::text(out))
    }
}

fn read(text: &str, scope: &Scope<'_>) -> Result<ReadPath, Box<Diagnostic>> {
    match resolve(text, scope) {
        Found::Path(path, _) if !path.is_segment() => Ok(path),
        Found::Wrong(finding) | Found::WrongPart(finding, _) => Err(finding.into()),
        Found::Path(..) | Found::Nothing => {
            let what = if text.contains('|') {
                "steps do not fit inside a text".to_owned()
            } else {
                format!("`{{{text}}}` holds no path")
            };
            Err(Diagnostic::error(codes::E2109, what)
                .hint("a path such as `{PID-5.1}` stands between braces; `{{` is a brace itself")
                .into())
        }
    }
}
