//! The lines of a map to FHIR that have blocks: `each`, resources, elements; and `use`.

use super::{
    assign::required_names,
    compile::{Block, Compiler, Named},
    parts::{is_kind_of, shown},
    plan::{Action, By, Identity, Kind, Making, Over},
    source,
    target::{self, is_primitive, type_name},
};
use crate::{
    codes,
    map::library,
    path::{Found, ReadPath, is_segment_shape, resolve},
    program::parse::{expect_end, parse_when, refuse_block},
    run::Site,
    scope::{Bound, is_below},
    suggest,
    syntax::{Cursor, Statement, Tree},
};
use fhir::{Name, definitions::Type};
use hl7v2::{path::Index, structure::Kind as NodeKind};
use message::Diagnostic;
use std::sync::Arc;

/// Elements by which a resource may be found, with the search parameter where it has another name.
const PARAMETERS: [(&str, &str); 2] = [("identifier", "identifier"), ("url", "url")];

impl Compiler<'_, '_> {
    pub(super) fn each(
        &mut self,
        tree: &Tree,
        statement: &Statement,
        mut cursor: Cursor<'_>,
        block: &mut Block,
    ) -> Option<Action> {
        cursor.take();
        let place = cursor.here();
        let (over, bound) = self.each_over(tree, &mut cursor)?;
        let here = cursor.here();
        if !cursor.eat("as") {
            let finding =
                Diagnostic::error(codes::E2310, "`as NAME` is missing").hint("write it like `each NK1 as kin { … }`");
            return self.fail(tree, finding, here);
        }
        let span = cursor.here();
        let turn = self.bind(tree, &mut cursor, bound)?;
        let when = parse_when(&mut cursor, &self.scope, self.found);
        let ended = when.is_some().then(|| expect_end(&cursor, self.found)).flatten();
        let body = match &statement.block {
            Some(inside) => {
                // Each turn has items of its own; what it touches, the block around touches too.
                let mut own = Block::new(block.context, block.takes_resources);
                let body = self.body(tree, &inside.statements, &mut own);
                self.check_required(tree, &own, &place, false);
                block.touched.append(&mut own.touched);
                Some(body)
            }
            None => {
                self.fail(tree, Diagnostic::error(codes::E2309, "`each` has a block `{ … }`"), statement.span.clone())
            }
        };
        self.unbind(tree, span, matches!(over, Over::Group { .. }));
        ended?;
        Some(Action::new(
            Kind::Each { over: Box::new(over), turn, body: Box::new(body?) },
            when?,
            Site::new(tree, statement.span.clone()),
        ))
    }

    /// Takes a name for what each turn stands for; gives the turn.
    pub(super) fn bind(&mut self, tree: &Tree, cursor: &mut Cursor<'_>, bound: Bound) -> Option<usize> {
        let place = cursor.here();
        match self.scope.bind(cursor, bound) {
            Ok(turn) => Some(turn),
            Err(finding) => self.fail(tree, *finding, place),
        }
    }

    /// Gives a name back; a warning when no line used it.
    pub(super) fn unbind(&mut self, tree: &Tree, span: std::ops::Range<usize>, may_be_unused: bool) {
        if let Some(finding) = self.scope.unbind().filter(|_| !may_be_unused) {
            self.fail::<()>(tree, finding, span);
        }
    }

    fn each_over(&mut self, tree: &Tree, cursor: &mut Cursor<'_>) -> Option<(Over, Bound)> {
        let place = cursor.here();
        let Some((text, _)) = cursor.text().filter(|(_, token)| token.kind.is_bare()) else {
            return self.fail(tree, Diagnostic::error(codes::E2105, "a path is missing after `each`"), place);
        };
        if self.scope.form.is_some() {
            return match crate::place::read(&text, &self.scope) {
                Ok(path) => {
                    let bound = Bound::Place(self.scope.ways.len());
                    self.scope.ways.push(path.way.clone());
                    Some((Over::Place(Arc::new(path)), bound))
                }
                Err(refused) => self.refused(tree, *refused, place.start),
            };
        }
        let bare = text.split('[').next().unwrap_or("");
        if is_segment_shape(bare) && !text.contains('-') {
            let path = match crate::path::parse_v2(&text, &self.scope) {
                Ok(path) => path,
                Err(finding) => return self.fail(tree, *finding, place),
            };
            for finding in crate::path::check_path(&path, &self.scope) {
                self.found.push(finding.at(&tree.file, place.clone(), ""));
            }
            let bound = Bound::Segment(path.segment);
            let over = self.scope.place(path);
            return Some((self.own_of_group(&over).unwrap_or(Over::Path(over)), bound));
        }
        if text.len() > 3 && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
        {
            return self.group(tree, &text, place);
        }
        let path = match resolve(&text, &self.scope) {
            Found::Path(path, odd) => {
                self.found.extend(odd.into_iter().map(|finding| finding.at(&tree.file, place.clone(), "")));
                path
            }
            Found::Wrong(finding) | Found::WrongPart(finding, _) => return self.fail(tree, finding, place),
            Found::Nothing => return self.fail(tree, crate::path::not_a_path(&text, &self.scope), place),
        };
        let found = match source::type_of(&path, &self.scope) {
            Ok(found) => found,
            Err(finding) => return self.fail(tree, *finding, place),
        };
        Some((Over::Path(path), Bound::Datatype(found.name)))
    }

    /// In a group that has the segment itself, `each` means those: the notes of an order are not those of its observations.
    fn own_of_group(&self, over: &ReadPath) -> Option<Over> {
        let ReadPath::Within { slot, group: None, path } = over else { return None };
        let binding = self.scope.names.iter().find(|binding| binding.slot == *slot)?;
        let (Bound::Group(node), Index::Unsaid) = (binding.bound, &path.occurrence) else { return None };
        let structure = self.scope.structure?;
        let is_own = |child: &u32| matches!(structure.node(*child).kind, NodeKind::Segment(id) if id == path.segment);
        structure.children(node).iter().any(is_own).then_some(Over::Own { node, within: *slot, segment: path.segment })
    }

    fn group(&mut self, tree: &Tree, name: &str, place: std::ops::Range<usize>) -> Option<(Over, Bound)> {
        let Some(structure) = self.scope.structure else {
            let finding =
                Diagnostic::error(codes::E2346, format!("`{name}` is a group, and the map names no structure"))
                    .hint("say it in the head: `map NAME from hl7v2 ORU_R01 to fhir r4 Bundle`");
            return self.fail(tree, finding, place);
        };
        // The message itself, for segments that stand in none of its groups.
        if *structure.node(0).name == *name {
            return Some((Over::Group { node: 0, within: None }, Bound::Group(0)));
        }
        let around = self.scope.names.iter().rev().find_map(|binding| match binding.bound {
            Bound::Group(node) => Some((node, binding.slot)),
            Bound::Segment(_) | Bound::Repetition(..) | Bound::Datatype(_) | Bound::Element(_) | Bound::Place(_) => {
                None
            }
        });
        let groups = || {
            (1u32..)
                .zip(structure.nodes().iter().skip(1))
                .filter(|(_, node)| !matches!(node.kind, NodeKind::Segment(_)))
        };
        let inner = around.and_then(|(group, slot)| {
            let found = groups().find(|(number, node)| {
                *node.name == *name && is_below(structure, *number, group) && *number != group
            })?;
            Some((found.0, Some(slot)))
        });
        let found = inner.or_else(|| groups().find(|(_, node)| *node.name == *name).map(|(number, _)| (number, None)));
        let Some((node, within)) = found else {
            let mut finding =
                Diagnostic::error(codes::E2346, format!("{} has no group `{name}`", structure.node(0).name));
            let known: Vec<String> = groups().map(|(_, node)| node.name.to_string()).collect();
            finding.hint = suggest::did_you_mean(name, known.iter().map(String::as_str))
                .or_else(|| Some(format!("its groups are {}", known.join(", "))));
            return self.fail(tree, finding, place);
        };
        Some((Over::Group { node, within }, Bound::Group(node)))
    }

    /// `TYPE [as NAME] [update by PATH | create | create-if-none by PATH] [when COND] { … }`
    pub(super) fn resource(
        &mut self,
        tree: &Tree,
        statement: &Statement,
        mut cursor: Cursor<'_>,
        block: &mut Block,
    ) -> Option<Action> {
        let place = cursor.here();
        let kind = Type::named(cursor.peek_str())?;
        cursor.take();
        if kind.is_abstract() {
            let finding =
                Diagnostic::error(codes::E2330, format!("{} is a family of resources, not one of them", kind.name()));
            return self.fail(tree, finding, place);
        }
        if !block.takes_resources || !self.has_bundle {
            let finding = Diagnostic::error(
                codes::E2351,
                "a resource stands at the top of a map to a Bundle, in `each` or in `when`",
            )
            .hint("give it a name there, and write that name where the reference is");
            return self.fail(tree, finding, place);
        }
        let mut name = None;
        if cursor.eat("as") {
            let text = cursor.peek_str();
            name = self.named.iter().rev().find(|known| *known.name == *text).map(|known| known.index);
            let is_word = text.starts_with(|c: char| c.is_ascii_lowercase());
            if !is_word {
                let finding =
                    Diagnostic::error(codes::E2310, "the name of a resource is missing, such as `as patient`");
                return self.fail(tree, finding, cursor.here());
            }
            cursor.take();
        }
        let identity = self.identity(tree, &mut cursor, kind)?;
        let when = parse_when(&mut cursor, &self.scope, self.found)?;
        expect_end(&cursor, self.found)?;
        let Some(inside) = &statement.block else {
            let finding = Diagnostic::error(codes::E2309, format!("{} has a block `{{ … }}`", kind.name()));
            return self.fail(tree, finding, place);
        };
        let mut own = Block::new(kind.root().member(), false);
        let body = self.body(tree, &inside.statements, &mut own);
        self.check_required(tree, &own, &place, true);
        let making = Making::new(kind, identity);
        let kind = Kind::Resource { making: Box::new(making), name, body: Box::new(body) };
        Some(Action::new(kind, when, Site::new(tree, place)))
    }

    /// `NAME [when COND] { … }`
    pub(super) fn reopen(&mut self, tree: &Tree, statement: &Statement, mut cursor: Cursor<'_>) -> Option<Action> {
        let place = cursor.here();
        let named = self.resource_named(cursor.peek_str())?.clone();
        cursor.take();
        let when = parse_when(&mut cursor, &self.scope, self.found)?;
        expect_end(&cursor, self.found)?;
        let inside = statement.block.as_ref()?;
        let mut own = Block::new(named.kind.root().member(), false);
        let body = self.body(tree, &inside.statements, &mut own);
        self.check_required(tree, &own, &place, false);
        Some(Action::new(Kind::Reopen { name: named.index, body: Box::new(body) }, when, Site::new(tree, place)))
    }

    /// What makes a resource one and the same.
    pub(super) fn identity(&mut self, tree: &Tree, cursor: &mut Cursor<'_>, kind: Type) -> Option<Identity> {
        if cursor.eat("create") {
            return Some(Identity::Message);
        }
        let is_update = cursor.eat("update");
        if !is_update && !cursor.eat("create-if-none") {
            return Some(Identity::Message);
        }
        let place = cursor.here();
        if !cursor.eat("by") {
            let finding =
                Diagnostic::error(codes::E2344, "`by ELEMENT` is missing").hint("write `update by identifier`");
            return self.fail(tree, finding, place);
        }
        let place = cursor.here();
        let text = cursor.text().map(|(text, _)| text.into_owned()).unwrap_or_default();
        let member = kind.child(&text);
        let is_identifier = member.is_some_and(|member| member.type_name() == "Identifier");
        let is_plain = member.is_some_and(is_primitive) && PARAMETERS.iter().any(|(name, _)| *name == text);
        let Some(name) = Name::known(&text).filter(|_| is_identifier || is_plain) else {
            let finding = Diagnostic::error(codes::E2344, format!("a {} cannot be found by `{text}`", kind.name()));
            let has = kind.child("identifier").is_some();
            let hint = if has { "write `update by identifier`" } else { "write `create`: it has no identifier" };
            return self.fail(tree, finding.hint(hint), place);
        };
        let by = By { name, parameter: Arc::from(text), is_identifier };
        Some(if is_update { Identity::Update(by) } else { Identity::CreateIfNone(by) })
    }

    /// `ELEMENT [when COND] { … }`
    pub(super) fn element(
        &mut self,
        tree: &Tree,
        statement: &Statement,
        mut cursor: Cursor<'_>,
        block: &mut Block,
    ) -> Option<Action> {
        let place = cursor.here();
        let text = cursor.peek_str();
        cursor.take();
        let read = target::read_block(text, block.context, &mut block.slots, &mut self.slot_count);
        let (mut found, url) = match read {
            Ok(found) => found,
            Err(refused) => return self.refused(tree, *refused, place.start),
        };
        if is_primitive(found.member) {
            let finding = Diagnostic::error(
                codes::E2347,
                format!("{} is a simple value and has no block", found.member.element()),
            );
            return self.fail(tree, finding.hint(format!("write `{text} = VALUE`")), place);
        }
        let when = parse_when(&mut cursor, &self.scope, self.found)?;
        expect_end(&cursor, self.found)?;
        self.note_written(tree, block, &found, &place, when.is_none())?;
        let inside = statement.block.as_ref()?;
        let mut own = Block::new(found.member, false);
        if url.is_some() {
            own.touched.insert("url".to_owned());
        }
        let mut body = self.body(tree, &inside.statements, &mut own);
        self.check_required(tree, &own, &place, true);
        body.required = required_names(found.member);
        found.target.url = url.map(fhir::Fixed::new);
        let kind = Kind::Element { target: Box::new(found.target), body: Box::new(body) };
        Some(Action::new(kind, when, Site::new(tree, place)))
    }

    /// `use NAME with PLACE [when COND]`
    pub(super) fn use_part(
        &mut self,
        tree: &Tree,
        statement: &Statement,
        mut cursor: Cursor<'_>,
        block: &mut Block,
    ) -> Option<Action> {
        cursor.take();
        let place = cursor.here();
        self.refuse_shared(tree, &place)?;
        let name = cursor.text().map(|(name, _)| name.into_owned()).unwrap_or_default();
        let part = self.part(&name, tree, place.clone())?;
        let facts = self.parts.facts(part)?.clone();
        let (made, wanted) = (type_name(facts.to), type_name(block.context));
        if made != wanted && !is_kind_of(&made, &wanted) {
            let what = format!("`{name}` fills a {made}, and this block is a {wanted}");
            return self.fail(tree, Diagnostic::error(codes::E2343, what), place);
        }
        let here = cursor.here();
        if !cursor.eat("with") {
            let finding =
                Diagnostic::error(codes::E2310, "`with PLACE` is missing").hint(format!("write `use {name} with PID`"));
            return self.fail(tree, finding, here);
        }
        let here = cursor.here();
        let Some((text, _)) = cursor.text() else {
            return self.fail(tree, Diagnostic::error(codes::E2105, "a segment, a path or a name is missing"), here);
        };
        let with = self.place_to_use(tree, &text, here.clone())?;
        let is_right = match (&facts.over, self.segment_of(&with)) {
            (library::Over::Segment(id), Some(found)) => *id == found,
            (library::Over::Segment(_), None) | (library::Over::Datatype(_), Some(_)) => false,
            (library::Over::Datatype(kind), None) => match source::type_of(&with, &self.scope) {
                Ok(found) => found.fits(kind),
                Err(finding) => return self.fail(tree, *finding, here),
            },
        };
        if !is_right {
            let wanted = match &facts.over {
                library::Over::Segment(id) => String::from_utf8_lossy(id).into_owned(),
                library::Over::Datatype(kind) => kind.to_string(),
            };
            let is = source::type_of(&with, &self.scope).map(shown).unwrap_or_default();
            let what = match self.segment_of(&with) {
                Some(id) => format!("`{name}` is for {wanted}, and this is {}", String::from_utf8_lossy(&id)),
                None => format!("`{name}` is for {wanted}, and this is {is}"),
            };
            return self.fail(tree, Diagnostic::error(codes::E2343, what), here);
        }
        let when = parse_when(&mut cursor, &self.scope, self.found)?;
        expect_end(&cursor, self.found)?;
        refuse_block(tree, statement, self.found)?;
        block.touched.extend(facts.touched.iter().cloned());
        let kind = Kind::Use { part, with: Box::new(with) };
        Some(Action::new(kind, when, Site::new(tree, statement.span.clone())))
    }

    /// A segment, a name, or a field with parts.
    fn place_to_use(&mut self, tree: &Tree, text: &str, here: std::ops::Range<usize>) -> Option<ReadPath> {
        if let Some(binding) = self.scope.bound(text).filter(|binding| *binding.name == *text) {
            return Some(ReadPath::Bound { slot: binding.slot, member: hl7v2::path::Member::default() });
        }
        if is_segment_shape(text.split('[').next().unwrap_or("")) && !text.contains('-') {
            return match crate::path::parse_v2(text, &self.scope) {
                Ok(path) => Some(self.scope.place(path)),
                Err(finding) => self.fail(tree, *finding, here),
            };
        }
        match resolve(text, &self.scope) {
            Found::Path(path, odd) => {
                self.found.extend(odd.into_iter().map(|finding| finding.at(&tree.file, here.clone(), "")));
                Some(path)
            }
            Found::Wrong(finding) | Found::WrongPart(finding, _) => self.fail(tree, finding, here),
            Found::Nothing => self.fail(tree, crate::path::not_a_path(text, &self.scope), here),
        }
    }

    /// The segment that a path is, if it is a whole one.
    fn segment_of(&self, path: &ReadPath) -> Option<[u8; 3]> {
        match path {
            ReadPath::Message(path) | ReadPath::Within { path, .. } => path.is_segment().then_some(path.segment),
            ReadPath::Bound { slot, member } if *member == hl7v2::path::Member::default() => {
                let binding = self.scope.names.iter().rev().find(|binding| binding.slot == *slot)?;
                match binding.bound {
                    Bound::Segment(id) => Some(id),
                    Bound::Repetition(..)
                    | Bound::Group(_)
                    | Bound::Datatype(_)
                    | Bound::Element(_)
                    | Bound::Place(_) => None,
                }
            }
            ReadPath::Bound { .. } | ReadPath::Element(_) | ReadPath::Place(_) | ReadPath::Now => None,
        }
    }

    /// A resource by its name, where lines see it.
    pub(super) fn resource_named(&self, name: &str) -> Option<&Named> {
        self.named.iter().rev().find(|known| *known.name == *name)
    }
}
