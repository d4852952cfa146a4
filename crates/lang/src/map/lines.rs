//! The lines of a map that are not assignments or blocks: `copy`, `ignore`, `use`.

use super::{
    Ignored,
    compile::{Compiler, Written},
    grammar,
    library::Over,
};
use crate::{
    codes,
    path::parse_target,
    program::{
        action::{Action, Kind},
        parse::{expect_end, finish, refuse_block, segment_id},
    },
    scope::{Binding, Bound},
    suggest,
    syntax::{Cursor, Statement, TokenKind, Tree},
};
use message::Diagnostic;
use std::{cell::Cell, sync::Arc};

impl Compiler<'_, '_> {
    pub(super) fn copy(&mut self, tree: &Tree, statement: &Statement, mut cursor: Cursor<'_>) -> Option<Action> {
        let place = cursor.here();
        cursor.take();
        let mut segments = Vec::new();
        while !cursor.is_done() && !cursor.is_at("when") {
            let here = cursor.here();
            let id = segment_id(&mut cursor, &self.scope, self.found)?;
            if &id == b"MSH" {
                let finding = Diagnostic::error(codes::E2103, "the MSH segment is there from the start");
                return self.fail(tree, finding, here);
            }
            segments.push(id);
            cursor.eat_kind(TokenKind::Comma);
        }
        if segments.is_empty() {
            let finding = Diagnostic::error(codes::E2105, "a segment is needed after `copy`")
                .hint("write it like `copy PID PV1 OBX`");
            return self.fail(tree, finding, place);
        }
        if self.starts_empty != Some(true) {
            let finding =
                Diagnostic::warning(codes::E2307, "this map starts as a copy, so `copy` doubles the segments");
            self.found.push(finding.at(&tree.file, place, "").hint("add the line `start empty`"));
        }
        refuse_block(tree, statement, self.found)?;
        finish(Kind::Copy { segments }, &mut cursor, statement, &self.scope, self.found)
    }

    /// `ignore PATH, PATH reason TEXT`: a word to the reader and to the report of what a map covers.
    pub(super) fn ignore(&mut self, tree: &Tree, statement: &Statement, mut cursor: Cursor<'_>) {
        cursor.take();
        let place = cursor.here();
        let mut paths = Vec::new();
        loop {
            let Some(path) = parse_target(&mut cursor, &self.scope, true, self.found) else { return };
            paths.push(path.to_string());
            if cursor.eat_kind(TokenKind::Comma).is_none() {
                break;
            }
        }
        let path = paths.join(", ");
        let reason = grammar::reason(&mut cursor);
        if reason.is_empty() && cursor.is_done() {
            let finding = Diagnostic::warning(codes::E2310, "why is it left out?");
            self.found
                .push(finding.at(&tree.file, place.clone(), "").hint(format!("add it: `ignore {path} reason \"…\"`")));
        }
        let _ = expect_end(&cursor, self.found);
        let _ = refuse_block(tree, statement, self.found);
        if self.starts_empty != Some(true) {
            let finding =
                Diagnostic::warning(codes::E2307, format!("this map starts as a copy, so {path} stays in the result"));
            self.found.push(finding.at(&tree.file, place, "").hint(format!("to take it out write `remove {path}`")));
        }
        self.ignored.extend(paths.into_iter().map(|path| Ignored { path, reason: reason.clone() }));
    }

    /// `use NAME with BINDING`: the lines of a shared part, as if they stood here.
    pub(super) fn use_part(
        &mut self,
        tree: &Tree,
        statement: &Statement,
        mut cursor: Cursor<'_>,
        written: &mut Written,
        out: &mut Vec<Action>,
    ) {
        cursor.take();
        let place = cursor.here();
        let name = cursor.text().map(|(name, _)| name.into_owned()).unwrap_or_default();
        let parts = [Some(self.own), self.scope.library];
        let Some(part) = parts.iter().flatten().find_map(|library| library.get(&name)).cloned() else {
            let known: Vec<&str> = parts.iter().flatten().flat_map(|library| library.names()).collect();
            let mut finding = Diagnostic::error(codes::E2306, format!("there is no shared map `{name}`"));
            finding.hint = suggest::did_you_mean(&name, known)
                .or_else(|| Some("a shared map is written `map segment OBX as obx { … }`".to_owned()));
            self.fail::<()>(tree, finding, place);
            return;
        };
        let here = cursor.here();
        let with = if cursor.eat("with") { cursor.text().map(|(name, _)| name.into_owned()) } else { None };
        let binding = with.as_deref().and_then(|name| self.scope.bound(name)).cloned();
        let fits = binding.as_ref().is_some_and(|binding| match (&part.over, binding.bound) {
            (Over::Segment(id), Bound::Segment(bound)) => *id == bound,
            (Over::Datatype(_), Bound::Repetition(..)) => part.to.is_none(),
            (
                Over::Segment(_),
                Bound::Repetition(..) | Bound::Group(_) | Bound::Datatype(_) | Bound::Element(_) | Bound::Place(_),
            )
            | (
                Over::Datatype(_),
                Bound::Segment(_) | Bound::Group(_) | Bound::Datatype(_) | Bound::Element(_) | Bound::Place(_),
            ) => false,
        });
        let (Some(binding), true) = (binding, fits) else {
            let finding = Diagnostic::error(codes::E2306, format!("`{name}` needs a name that fits it"))
                .hint("write `use NAME with obx` inside `each OBX as obx { … }`");
            self.fail::<()>(tree, finding, here);
            return;
        };
        if self.used.iter().any(|used| **used == *name) {
            self.fail::<()>(tree, Diagnostic::error(codes::E2306, format!("`{name}` uses itself")), place);
            return;
        }
        let _ = expect_end(&cursor, self.found);
        let _ = refuse_block(tree, statement, self.found);
        self.used.push(Arc::from(name));
        self.scope.names.push(Binding { name: part.binding.clone(), is_used: Cell::new(true), ..binding });
        if let Some(block) = part.statement().and_then(|statement| statement.block.as_ref()) {
            self.lines(&part.tree, &block.statements, written, out);
        }
        self.scope.names.pop();
        self.used.pop();
    }
}
