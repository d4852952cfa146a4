//! What stands at a place of a file: the word, what it is, and the lines around it.

use fhir::definitions::{Member, Type};
use lang::{
    facts,
    syntax::{Statement, Token, TokenKind, Tree},
};

/// What a word is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// The word that says what a line is.
    First,
    /// What a line of a map writes.
    Target,
    /// A step behind `|`.
    Step,
    /// A code table.
    Table,
    /// A shared map, or a shared block.
    Part,
    /// A file.
    File,
    /// A value: a path, a name, a word.
    Value,
}

/// A word with its surroundings.
pub(crate) struct Spot<'t> {
    pub(crate) tree: &'t Tree,
    /// The lines around, outermost first, without its own.
    pub(crate) around: Vec<&'t Statement>,
    pub(crate) token: Token,
    pub(crate) what: What,
}

impl<'t> Spot<'t> {
    /// The word at a byte, or the one that ends there.
    pub(crate) fn at(tree: &'t Tree, offset: usize) -> Option<Spot<'t>> {
        [Some(offset), offset.checked_sub(1)].into_iter().flatten().find_map(|offset| Spot::inside(tree, offset))
    }

    fn inside(tree: &'t Tree, offset: usize) -> Option<Spot<'t>> {
        let mut around = tree.statements_at(offset);
        let statement = around.pop()?;
        let at = statement.header.iter().position(|index| {
            tree.token(*index).is_some_and(|token| (token.start as usize..token.end as usize).contains(&offset))
        })?;
        let token_at = |at: usize| statement.header.get(at).and_then(|index| tree.token(*index));
        let word_at = |at: usize| token_at(at).map_or("", |token| tree.slice(token));
        let token = token_at(at)?;
        if !token.kind.is_bare() && !token.kind.is_text() {
            return None;
        }
        let (first, before) = (word_at(0), at.checked_sub(1).map_or("", word_at));
        let before_that = at.checked_sub(2).map_or("", word_at);
        let is_assigned = token_at(at + 1).is_some_and(|next| next.kind == TokenKind::Equal);
        let is_start = at == 0 || (at == 1 && ["else", "set"].contains(&first));
        let what = match before {
            _ if is_start && is_assigned => What::Target,
            _ if is_start => What::First,
            "|" => What::Step,
            "code" | "lookup" | "display" | "concept" if before_that == "|" => What::Table,
            "use" if before_that == "|" || at == 1 => What::Part,
            "with" if first == "translate" => What::Table,
            "map" | "given" | "matches" if !is_map(tree, &around) => What::File,
            _ => What::Value,
        };
        Some(Spot { tree, around, token, what })
    }

    /// As it is written.
    pub(crate) fn word(&self) -> &'t str {
        self.tree.slice(self.token)
    }
}

/// The lines whose blocks hold a byte, outermost first.
pub(crate) fn around(tree: &Tree, offset: usize) -> Vec<&Statement> {
    let mut out = Vec::new();
    let mut level = tree.statements.as_slice();
    let is_in = |statement: &&Statement| {
        statement.block.as_ref().is_some_and(|block| block.span.start < offset && offset <= block.span.end)
    };
    while let Some(statement) = level.iter().find(is_in) {
        out.push(statement);
        level = statement.children();
    }
    out
}

/// The lines are of a map.
pub(crate) fn is_map(tree: &Tree, around: &[&Statement]) -> bool {
    around.first().is_some_and(|first| first.word(tree) == "map")
}

/// The words of a head.
pub(crate) fn words<'t>(tree: &'t Tree, statement: &Statement) -> Vec<&'t str> {
    statement.header.iter().filter_map(|index| tree.token(*index)).map(|token| tree.slice(token)).collect()
}

/// The type that a map around fills: `Bundle`, `Patient`, `Patient.contact`; `None` for a map to HL7 v2, and outside maps.
fn root<'t>(tree: &'t Tree, around: &[&Statement]) -> Option<&'t str> {
    let head = around.first().filter(|first| first.word(tree) == "map")?;
    let words = words(tree, head);
    let to = words.iter().position(|word| *word == "to")?;
    match *words.get(to + 1)? {
        "fhir" => words.get(to + 3).copied(),
        "hl7v2" => None,
        part => Some(part),
    }
}

/// What lines of a map to FHIR fill there: the type, and the element in it.
pub(crate) fn context(tree: &Tree, around: &[&Statement]) -> Option<(String, String)> {
    let mut out = (root(tree, around)?.to_owned(), String::new());
    for statement in around.iter().skip(1) {
        let mut words = words(tree, statement);
        if words.first() == Some(&"else") {
            words.remove(0);
        }
        match words.first().copied().unwrap_or_default() {
            "each" | "when" | "" => {}
            name if Type::named(name).is_some_and(Type::is_resource) => out = (name.to_owned(), String::new()),
            name => match resource_named(tree, name) {
                Some(kind) if out.1.is_empty() => out = (kind.to_owned(), String::new()),
                Some(_) | None if out.1.is_empty() => out.1 = name.to_owned(),
                Some(_) | None => out.1 = format!("{}.{name}", out.1),
            },
        }
    }
    Some(out)
}

/// The element that `target` is there.
pub(crate) fn element(tree: &Tree, around: &[&Statement], target: &str) -> Option<Member> {
    let (root, inside) = context(tree, around)?;
    let path = match (inside.is_empty(), target.is_empty()) {
        (true, _) => target.to_owned(),
        (false, true) => inside,
        (false, false) => format!("{inside}.{target}"),
    };
    facts::element(&root, &path)
}

/// The type of the resource that the file calls so: `Patient as patient`.
pub(crate) fn resource_named<'t>(tree: &'t Tree, name: &str) -> Option<&'t str> {
    fn look<'t>(tree: &'t Tree, statements: &'t [Statement], name: &str) -> Option<&'t str> {
        statements.iter().find_map(|statement| {
            let words = words(tree, statement);
            match words.as_slice() {
                [kind, "as", own, ..] if *own == name && Type::named(kind).is_some() => Some(*kind),
                _ => look(tree, statement.children(), name),
            }
        })
    }
    look(tree, &tree.statements, name)
}

/// Names that lines around give, with what they stand for, the innermost last: `kin` and `NK1`.
pub(crate) fn bindings(tree: &Tree, around: &[&Statement]) -> Vec<(String, String)> {
    let mut out: Vec<(String, String)> = Vec::new();
    for statement in around {
        let words = words(tree, statement);
        let Some(at) = words.iter().rposition(|word| *word == "as") else { continue };
        let Some(name) = words.get(at + 1) else { continue };
        let over = match words.first().copied() {
            Some("map") => words.get(2).copied(),
            Some("each") => words.get(1).copied(),
            _ => words.iter().position(|word| *word == "=").and_then(|equal| words.get(equal + 1)).copied(),
        };
        if let Some(over) = over {
            let meant = meant(&out, over);
            out.push(((*name).to_owned(), meant));
        }
    }
    out
}

/// A path with the name in front replaced by what it stands for.
pub(crate) fn meant(bindings: &[(String, String)], word: &str) -> String {
    let end = word.find(['-', '.', '[']).unwrap_or(word.len());
    let (head, rest) = word.split_at(end);
    match bindings.iter().rev().find(|(name, _)| name == head) {
        Some((_, over)) => format!("{over}{rest}"),
        None => word.to_owned(),
    }
}

/// The version that the map or file is for.
pub(crate) fn version(tree: &Tree, around: &[&Statement]) -> hl7v2::dictionary::Version {
    use hl7v2::dictionary::Version;
    let head = around.first().map(|first| words(tree, first)).unwrap_or_default();
    head.iter().find_map(|word| Version::parse(word)).unwrap_or(Version::V2_5_1)
}
