//! `route first|every { set NAME to NAME, NAME   case COND to NAME, NAME   default NAME }`.
//!
//! Several cases may stand on one line, as rows of `replies` do. Names are looked up when all destinations are known.

use super::{
    language::{self, Home},
    line::{Line, Site, line_number},
    reader::Reader,
};
use crate::{
    codes,
    definition::{Case, Choice, DestinationDefinition, Place, Route, Rule, Step, Targets},
    keywords::{self, Within},
};
use lang::syntax::{Cursor, TokenKind};
use message::Name;
use std::sync::Arc;

/// Cases of one route; more belong into a table that a map or `translate` asks.
const CASES_MAX: usize = 2_000;

/// The word for no destination.
const NOTHING: &str = "nothing";

/// What the lint looks at when the interface is read.
#[derive(Default)]
pub(super) struct Named {
    /// Every destination that a route names, with its place.
    pub(super) names: Vec<(Name, Site)>,
    /// Sets of destinations by their names, and what is in them.
    sets: Vec<(Name, Site)>,
    in_sets: Vec<(Name, Site)>,
    /// A route could not be read, so it is not known what it names.
    pub(super) is_partial: bool,
    /// Lines that lead nowhere.
    pub(super) nowhere: Vec<Site>,
}

/// Reads a `route` block.
pub(super) fn read(reader: &mut Reader<'_>, line: Line<'_>, home: &Home, named: &mut Named) -> Option<Route> {
    let before = reader.findings.len();
    let mut cursor = line.after_word();
    let choice = reader.choice(&mut cursor, "how cases count", &[("first", Choice::First), ("every", Choice::Every)]);
    if choice.is_some() {
        reader.end(&cursor);
    }
    let mut draft =
        Draft { choice: choice.unwrap_or(Choice::First), sets: Vec::new(), cases: Vec::new(), default: None };
    for inner in line.lines() {
        if keywords::expect(reader, inner, Within::Route).is_some() {
            reader.no_block(inner);
            draft.entries(reader, inner, home, named);
        }
    }
    // A block with a line that could not be read may have meant a default.
    if draft.default.is_none() && !reader.failed_since(before) {
        let hint = "write `default NAME`, or `default nothing reason \"…\"` where other messages are to go nowhere";
        let message = "the route has no `default`: it does not say where other messages go";
        reader.error(codes::E3320, line.tree, line.word_span(), message, Some(hint.to_owned()));
    }
    named.is_partial |= reader.failed_since(before);
    choice?;
    Some(Route { choice: draft.choice, cases: draft.cases, default: draft.default? })
}

struct Draft {
    choice: Choice,
    /// Names that stand for several destinations, in the lines below.
    sets: Vec<(Name, Vec<Name>)>,
    cases: Vec<Case>,
    default: Option<Targets>,
}

impl Draft {
    /// The entries of one line; ends at the first that cannot be read.
    fn entries(&mut self, reader: &mut Reader<'_>, line: Line<'_>, home: &Home, named: &mut Named) -> Option<()> {
        let mut cursor = line.cursor();
        while !cursor.is_done() {
            let start = cursor.here().start;
            if let Some(first) = &self.default {
                let message =
                    format!("this stands behind `{}`, which takes every message that is left", first.rule.text);
                let hint =
                    Some("put `default` at the end of the block, and leave the others in front of it".to_owned());
                reader.error(codes::E3323, line.tree, cursor.here(), message, hint);
                return None;
            }
            if cursor.eat("case") {
                let condition = language::condition_before(reader, &mut cursor, home)?;
                reader.expect(&mut cursor, "to")?;
                let targets = self.targets(reader, line, &mut cursor, start, named)?;
                if self.cases.len() >= CASES_MAX {
                    let message = format!("a route has at most {CASES_MAX} cases");
                    reader.error(codes::E3323, line.tree, start..cursor.here().start, message, None);
                    return None;
                }
                self.cases.push(Case { condition, targets });
            } else if cursor.eat("set") {
                self.set(reader, line, &mut cursor, named)?;
            } else if cursor.eat("default") {
                self.default = Some(self.targets(reader, line, &mut cursor, start, named)?);
            } else {
                let known = ["set", "case", "default"];
                reader.unknown(codes::E3323, line.tree, cursor.here(), "a line of a route", cursor.peek_str(), known);
                return None;
            }
        }
        Some(())
    }

    /// `set NAME to NAME, NAME`.
    fn set(
        &mut self,
        reader: &mut Reader<'_>,
        line: Line<'_>,
        cursor: &mut Cursor<'_>,
        named: &mut Named,
    ) -> Option<()> {
        let set = reader.name(cursor, "a name for the set")?;
        reader.expect(cursor, "to")?;
        let mut names = Vec::new();
        loop {
            let name = reader.name(cursor, "the name of a destination")?;
            named.in_sets.push((name.text.clone(), Site::new(line.tree, name.span)));
            names.push(name.text);
            if cursor.eat_kind(TokenKind::Comma).is_none() {
                break;
            }
        }
        if self.sets.iter().any(|(known, _)| *known == set.text) {
            let message = format!("there is another set `{}` in this route", set.text);
            reader.error(codes::E3323, line.tree, set.span, message, Some("give one of them another name".to_owned()));
            return None;
        }
        named.sets.push((set.text.clone(), Site::new(line.tree, set.span)));
        self.sets.push((set.text, names));
        Some(())
    }

    /// `NAME, NAME` or `nothing [reason TEXT]`; a name may be that of a set.
    fn targets(
        &self,
        reader: &mut Reader<'_>,
        line: Line<'_>,
        cursor: &mut Cursor<'_>,
        start: usize,
        named: &mut Named,
    ) -> Option<Targets> {
        let mut names: Vec<Name> = Vec::new();
        if cursor.is_at(NOTHING) {
            let span = cursor.here();
            cursor.take();
            self.nowhere(reader, line, cursor, Site::new(line.tree, span), named)?;
        } else {
            loop {
                let name = reader.name(cursor, "the name of a destination, or `nothing`")?;
                let site = Site::new(line.tree, name.span.clone());
                if let Some((_, inside)) = self.sets.iter().find(|(set, _)| *set == name.text) {
                    for one in inside.iter().filter(|one| !names.contains(one)).cloned().collect::<Vec<_>>() {
                        named.names.push((one.clone(), site.clone()));
                        names.push(one);
                    }
                } else if names.contains(&name.text) {
                    let message = format!("`{}` stands in this line twice", name.text);
                    reader.error(codes::E3323, line.tree, name.span, message, Some("leave one out".to_owned()));
                } else {
                    names.push(name.text.clone());
                    named.names.push((name.text, site));
                }
                if cursor.eat_kind(TokenKind::Comma).is_none() {
                    break;
                }
            }
        }
        let end = cursor.here().start;
        let written = line.tree.text.get(start..end).unwrap_or("").split_whitespace().collect::<Vec<_>>().join(" ");
        let text: Arc<str> = format!("route {}: {written}", self.choice.as_str()).into();
        let place = Place { file: line.tree.file.clone(), line: line_number(&line.tree.text, start) };
        Some(Targets { names, places: Vec::new(), rule: Rule { text, place } })
    }

    fn nowhere(
        &self,
        reader: &mut Reader<'_>,
        line: Line<'_>,
        cursor: &mut Cursor<'_>,
        site: Site,
        named: &mut Named,
    ) -> Option<()> {
        if cursor.eat("reason") {
            reader.value(cursor, "a text that says why")?;
        } else {
            let message = "messages go nowhere here, and the line does not say why";
            let hint = "write `nothing reason \"test wards go nowhere\"`: it is shown with each message that ends here";
            reader.warning(codes::E3325, line.tree, site.span.clone(), message, hint);
        }
        named.nowhere.push(site);
        Some(())
    }
}

/// The names against the destinations that there are, and the destinations against the names.
pub(super) fn lint(
    reader: &mut Reader<'_>,
    named: &Named,
    sends: &[(Arc<str>, Site)],
    destinations: &[DestinationDefinition],
) {
    let is_set = |name: &Name| named.sets.iter().any(|(set, _)| set == name);
    for (name, site) in named.sets.iter().filter(|(name, _)| sends.iter().any(|(known, _)| known == name)) {
        let finding = site.error(codes::E3323, format!("`{name}` is the name of a destination too"));
        reader.findings.push(finding.hint("give the set another name"));
    }
    // What is in a set is looked at where the set is made, once.
    let alone = named.names.iter().filter(|(name, _)| !named.in_sets.iter().any(|(inside, _)| inside == name));
    for (name, site) in named.in_sets.iter().chain(alone) {
        if is_set(name) && !sends.iter().any(|(known, _)| known == name) {
            let finding = site.error(codes::E3321, format!("`{name}` is a set that this line does not know"));
            let hint = "a set counts in its own route, below its line, and holds destinations only";
            reader.findings.push(finding.hint(hint));
            continue;
        }
        if !sends.iter().any(|(known, _)| known == name) {
            let known: Vec<&str> = sends.iter().map(|(known, _)| &**known).collect();
            let mut finding = site.error(codes::E3321, format!("there is no destination `{name}`"));
            finding.hint = super::reader::did_you_mean(name, known.iter().copied())
                .or_else(|| Some(format!("add a block `send {name} {{ … }}`; known here: {}", known.join(", "))));
            reader.findings.push(finding);
        }
    }
    if named.names.is_empty() || named.is_partial {
        return;
    }
    for destination in destinations.iter().filter(|destination| destination.when.is_none()) {
        let is_named = named.names.iter().any(|(name, _)| *name == destination.name);
        let site = sends.iter().find(|(name, _)| *name == destination.name).map(|(_, site)| site);
        if let (false, Some(site)) = (is_named, site) {
            let name = &destination.name;
            let message = format!("no route names `{name}`, and it has no `when`: it gets every message");
            let hint =
                format!("name it in a `case`; if every message is meant, add `route every {{ default {name} }}`");
            reader.findings.push(site.warning(codes::E3324, message).hint(hint));
        }
    }
}

/// Fills in the places of the destinations, which may stand below the routes.
pub(super) fn settle(steps: &mut [Step], destinations: &mut [DestinationDefinition]) {
    for step in steps {
        let Step::Route(route) = step else { continue };
        for targets in route.targets_mut() {
            targets.places = targets
                .names
                .iter()
                .filter_map(|name| destinations.iter().position(|destination| destination.name == *name))
                .collect();
            for place in &targets.places {
                if let Some(destination) = destinations.get_mut(*place) {
                    destination.is_routed = true;
                }
            }
        }
    }
}
