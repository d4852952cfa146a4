//! The `interface` block: one function a kind of line, in the order of the file.

use super::{
    alert, collect,
    language::{self, Home},
    line::{Line, Site},
    lookup,
    reader::Reader,
    receive, route, send, topic, unreachable, validate, version,
};
use crate::{
    codes,
    definition::{
        Acknowledge, Alert, Definition, DestinationDefinition, Join, LookupDefinition, Owner, Publication, Receive,
        Step,
    },
    keywords::{self, Within},
};
use lang::{Locus, lookup::Lookups, syntax::Tree};
use message::Name;
use std::sync::Arc;

/// Blocks that may bring in one another with `use`.
const USE_DEPTH_MAX: usize = 4;

/// An interface as far as it could be read: what the lint over several interfaces and the tests look at.
pub(crate) struct Outline {
    pub(crate) name: Name,
    pub(crate) home: Home,
    pub(crate) site: Site,
    /// `None` when there are errors.
    pub(crate) definition: Option<Definition>,
    /// Its destinations by name and place, also those with errors.
    pub(crate) sends: Vec<(Arc<str>, Site)>,
    pub(crate) drops: Vec<Site>,
    /// Lines of routes that lead nowhere.
    pub(crate) nowhere: Vec<Site>,
    /// Where its receive address stands.
    pub(crate) address: Option<Site>,
    /// The topics that it publishes, and the one that it receives: also of an interface with errors.
    pub(crate) publishes: Vec<(Name, Site)>,
    pub(crate) receives: Option<(Name, Site)>,
    /// What its lines may ask, by name: also those with errors.
    pub(crate) lookups: Vec<Name>,
}

/// What was read so far.
#[derive(Default)]
struct Draft {
    title: Option<Arc<str>>,
    owner: Option<Owner>,
    critical: Option<u8>,
    description: Option<Arc<str>>,
    receive: Option<Option<Receive>>,
    address: Option<Site>,
    index: Vec<(Name, Locus)>,
    steps: Vec<Step>,
    lookups: Vec<Arc<LookupDefinition>>,
    asked: Vec<Name>,
    join: Option<Option<Arc<Join>>>,
    routed: route::Named,
    publications: Vec<Publication>,
    publishes: Vec<(Name, Site)>,
    destinations: Vec<DestinationDefinition>,
    sends: Vec<(Arc<str>, Site)>,
    drops: Vec<Site>,
    alerts: Vec<Alert>,
}

/// Reads an `interface` statement.
pub(crate) fn read(reader: &mut Reader<'_>, line: Line<'_>) -> Option<Outline> {
    let before = reader.findings.len();
    let mut cursor = line.after_word();
    let name = reader.name(&mut cursor, "the name of the interface")?;
    let site = Site::new(line.tree, name.span);
    let name: Name = name.text;
    let home = Home::new(reader, line, &name);
    let mut draft = Draft::default();
    if !cursor.is_done() {
        draft.title = reader.value(&mut cursor, "a title").map(|title| title.text);
        reader.end(&cursor);
    }
    if line.statement.block.is_none() {
        let message = format!("the interface `{name}` has no block `{{ … }}`");
        reader.error(codes::E3116, line.tree, line.word_span(), message, None);
    }
    foresee(reader, line, &home);
    for inner in line.lines() {
        draft.line(reader, inner, &home, 0);
    }
    draft.lint(reader, &site);
    reader.findings.extend(unreachable::check(line));
    let (sends, drops, address) =
        (std::mem::take(&mut draft.sends), std::mem::take(&mut draft.drops), draft.address.take());
    let nowhere = std::mem::take(&mut draft.routed.nowhere);
    let publishes = std::mem::take(&mut draft.publishes);
    let receives = topic::received(line);
    let lookups = std::mem::take(&mut draft.asked);
    let is_broken = reader.failed_since(before) || line.tree.has_errors;
    let mut definition = if is_broken { None } else { draft.finish(name.clone(), line) };
    if let Some(definition) = &mut definition {
        definition.routed = home.routed.borrow().clone();
        settle_lanes(reader, definition, &sends);
        alert::lint(reader, definition, &site);
        definition.version = version::of(reader, &home, definition, line);
    }
    Some(Outline { name, home, site, definition, sends, drops, nowhere, address, publishes, receives, lookups })
}

/// What comes in and what is routed, by the `receive` line and the maps of the interface, wherever they stand.
fn foresee(reader: &Reader<'_>, line: Line<'_>, home: &Home) {
    let blocks = reader.surroundings.blocks;
    let brought = |line: Line<'_>| {
        let name = line.after_word().peek_str().rsplit('/').next().unwrap_or_default().to_owned();
        let lines = blocks.iter().flat_map(|tree| tree.statements.iter().map(move |found| Line::new(tree, found)));
        let block = lines.into_iter().find(|line| line.word() == "block" && line.after_word().peek_str() == name);
        block.into_iter().flat_map(|block| block.lines().collect::<Vec<_>>()).collect::<Vec<_>>()
    };
    let (mut maps, mut lookups) = (Vec::new(), Lookups::default());
    for inner in line.lines() {
        let all = if inner.word() == "use" { brought(inner) } else { vec![inner] };
        for line in all {
            match line.word() {
                "receive" => {
                    let form = receive::form_of(line, reader.surroundings.forms);
                    *home.received.borrow_mut() = form.clone();
                    home.set_form(form);
                }
                "map" => maps.push(line.after_word().peek_str().to_owned()),
                "lookup" => lookups.add(line.after_word().peek_str().into()),
                _ => {}
            }
        }
    }
    // Nothing else sets it.
    let _ = home.lookups.set(lookups);
    let made = maps.iter().rev().find_map(|file| language::made_by(reader, home, file));
    *home.routed.borrow_mut() = made.unwrap_or_else(|| home.form());
}

impl Draft {
    fn line(&mut self, reader: &mut Reader<'_>, line: Line<'_>, home: &Home, depth: usize) {
        let Some(keyword) = keywords::expect(reader, line, Within::Interface) else { return };
        if !keyword.has_block {
            reader.no_block(line);
        }
        match keyword.word {
            "owner" => self.owner(reader, line),
            "critical" => self.critical(reader, line),
            "description" if reader.once(line, self.description.as_ref()) => {
                let mut cursor = line.after_word();
                self.description = reader.value(&mut cursor, "a text").map(|text| text.text);
                reader.end(&cursor);
            }
            "receive" => self.receive(reader, line, home),
            "index" => self.index(reader, line, home),
            "keep" | "drop" => self.filter(reader, line, home),
            "lookup" => self.lookup(reader, line, home),
            "set" | "remove" | "insert" | "translate" | "enrich" | "map" | "script" => {
                let edit = language::edit(reader, line, home);
                if edit.as_ref().is_some_and(|edit| edit.is_last()) {
                    let message =
                        "a map to FHIR stands in a `send` block: what follows here needs a v2 message".to_owned();
                    reader.error(lang::codes::E2351, line.tree, line.cursor().here(), message, None);
                    return;
                }
                self.steps.extend(edit.map(Step::Edit));
            }
            "route" => {
                let route = route::read(reader, line, home, &mut self.routed);
                self.steps.extend(route.map(Step::Route));
            }
            "split" => self.split(reader, line, home),
            "join" => self.join(reader, line, home),
            "validate" => self.steps.extend(validate::read(reader, line, home)),
            "publish" => self.publish(reader, line, home),
            "send" => self.send(reader, line, home),
            "alert" => self.alerts.extend(alert::read(reader, line)),
            "use" => self.bring_in(reader, line, home, depth),
            _ => {}
        }
    }

    /// `owner TEXT contact TEXT oncall TEXT`
    fn owner(&mut self, reader: &mut Reader<'_>, line: Line<'_>) {
        if !reader.once(line, self.owner.as_ref()) {
            return;
        }
        let mut cursor = line.after_word();
        let Some(team) = reader.value(&mut cursor, "the name of a team or person") else { return };
        let mut owner = Owner { team: team.text, ..Owner::default() };
        while !cursor.is_done() {
            let place = if cursor.eat("contact") {
                &mut owner.contact
            } else if cursor.eat("oncall") {
                &mut owner.oncall
            } else {
                reader.unknown(
                    codes::E3101,
                    line.tree,
                    cursor.here(),
                    "a word of `owner`",
                    cursor.peek_str(),
                    ["contact", "oncall"],
                );
                break;
            };
            let Some(text) = reader.value(&mut cursor, "a text") else { break };
            *place = text.text;
        }
        self.owner = Some(owner);
    }

    fn critical(&mut self, reader: &mut Reader<'_>, line: Line<'_>) {
        if reader.once(line, self.critical.as_ref()) {
            let mut cursor = line.after_word();
            self.critical = reader.count(&mut cursor, 1, 3).and_then(|level| u8::try_from(level).ok());
            reader.end(&cursor);
        }
    }

    fn receive(&mut self, reader: &mut Reader<'_>, line: Line<'_>, home: &Home) {
        if reader.once(line, self.receive.as_ref()) {
            let read = receive::read(reader, line, home);
            self.address = read.as_ref().map(|(_, span)| Site::new(line.tree, span.clone()));
            self.receive = Some(read.map(|(receive, _)| receive));
        }
    }

    /// `index NAME PATH`
    fn index(&mut self, reader: &mut Reader<'_>, line: Line<'_>, home: &Home) {
        let mut cursor = line.after_word();
        let Some(name) = reader.name(&mut cursor, "a name for the field") else { return };
        let Some(path) = language::locus(reader, &mut cursor, "the path of the field", &home.received.borrow()) else {
            return;
        };
        reader.end(&cursor);
        if self.index.iter().any(|(known, _)| *known == name.text) {
            let message = format!("the field `{}` is indexed twice", name.text);
            reader.error(codes::E3103, line.tree, name.span, message, None);
            return;
        }
        self.index.push((name.text, path));
    }

    /// `keep when COND`, `drop when COND`
    fn filter(&mut self, reader: &mut Reader<'_>, line: Line<'_>, home: &Home) {
        let is_drop = line.word() == "drop";
        if is_drop {
            self.drops.push(Site::new(line.tree, line.word_span()));
        }
        let mut cursor = line.after_word();
        if reader.expect(&mut cursor, "when").is_none() {
            return;
        }
        let Some(condition) = language::condition(reader, &mut cursor, home) else { return };
        let rule = line.rule();
        self.steps.push(if is_drop { Step::Drop { condition, rule } } else { Step::Keep { condition, rule } });
    }

    fn send(&mut self, reader: &mut Reader<'_>, line: Line<'_>, home: &Home) {
        let mut cursor = line.after_word();
        let Some(name) = reader.name(&mut cursor, "the name of the destination") else { return };
        reader.end(&cursor);
        if self.sends.iter().any(|(known, _)| *known == name.text) {
            let message = format!("`{}` is the name of two destinations", name.text);
            reader.error(codes::E3113, line.tree, name.span, message, Some("give each its own name".to_owned()));
            return;
        }
        self.sends.push((name.text.clone(), Site::new(line.tree, name.span)));
        let before = home.form();
        home.set_form(home.routed.borrow().clone());
        self.destinations.extend(send::read(reader, line, name.text, home));
        home.set_form(before);
    }

    /// `join by PATH …`
    fn join(&mut self, reader: &mut Reader<'_>, line: Line<'_>, home: &Home) {
        if !reader.once(line, self.join.as_ref()) {
            return;
        }
        if !self.steps.is_empty() {
            let message = "messages are joined as they come, so `join` stands in front of all other steps".to_owned();
            let hint = "move the line up; `when` on it says which messages are collected";
            reader.error(codes::E3414, line.tree, line.word_span(), message, Some(hint.to_owned()));
            return;
        }
        self.join = Some(collect::read(reader, line, home));
    }

    /// `split by OBR`
    fn split(&mut self, reader: &mut Reader<'_>, line: Line<'_>, home: &Home) {
        if self.steps.iter().any(|step| matches!(step, Step::Split(_) | Step::Route(_))) {
            let message = "an interface splits once, in front of its routes".to_owned();
            let hint = "put the line above the routes; to split parts again, send them to an interface of its own";
            reader.error(codes::E3413, line.tree, line.word_span(), message, Some(hint.to_owned()));
            return;
        }
        self.steps.extend(language::split(reader, line, home).map(Step::Split));
    }

    /// `lookup NAME CONNECTOR ADDRESS { … }`
    fn lookup(&mut self, reader: &mut Reader<'_>, line: Line<'_>, home: &Home) {
        let name: Name = line.after_word().peek_str().into();
        if self.asked.contains(&name) {
            let message = format!("`{name}` is the name of two lookups");
            let hint = Some("give each its own name".to_owned());
            reader.error(codes::E3410, line.tree, line.after_word().here(), message, hint);
            return;
        }
        self.asked.push(name);
        self.lookups.extend(lookup::read(reader, line, home));
    }

    /// `publish TOPIC [when CONDITION]`
    fn publish(&mut self, reader: &mut Reader<'_>, line: Line<'_>, home: &Home) {
        let Some(((topic, site), publication)) = topic::read(reader, line, home) else { return };
        if self.publishes.iter().any(|(known, _)| *known == topic) {
            let message = format!("`{topic}` is published by a line above already");
            let hint = "a message is published once: join the conditions with `or`";
            reader.findings.push(site.error(codes::E3330, message).hint(hint));
            return;
        }
        self.publishes.push((topic, site));
        self.publications.extend(publication);
    }

    /// `use shared/NAME`: the lines of the block NAME as if they stood here.
    fn bring_in(&mut self, reader: &mut Reader<'_>, line: Line<'_>, home: &Home, depth: usize) {
        let mut cursor = line.after_word();
        let Some(wanted) = reader.value(&mut cursor, "a block such as `shared/owner`") else { return };
        reader.end(&cursor);
        let blocks: &[Tree] = reader.surroundings.blocks;
        let name = wanted.text.rsplit('/').next().unwrap_or_default();
        let lines = || blocks.iter().flat_map(|tree| tree.statements.iter().map(move |found| Line::new(tree, found)));
        let named = |line: &Line<'_>| line.word() == "block" && line.after_word().peek_str() == name;
        let Some(block) = lines().find(named) else {
            let known: Vec<String> = lines()
                .filter(|line| line.word() == "block")
                .map(|line| format!("shared/{}", line.after_word().peek_str()))
                .collect();
            let known = known.iter().map(String::as_str);
            reader.unknown(codes::E3115, line.tree, wanted.span, "a shared block", &wanted.text, known);
            return;
        };
        if depth >= USE_DEPTH_MAX {
            let message = "blocks bring in one another too deeply, perhaps in a circle";
            reader.error(codes::E3116, line.tree, wanted.span, message, None);
            return;
        }
        for inner in block.lines() {
            self.line(reader, inner, home, depth + 1);
        }
    }

    /// What an interface must have, and what it should have.
    fn lint(&self, reader: &mut Reader<'_>, site: &Site) {
        if self.receive.is_none() {
            let hint = "add a line such as `receive mllp 127.0.0.1:2575`".to_owned();
            reader.findings.push(site.error(codes::E3111, "the interface receives nothing").hint(hint));
        }
        if self.sends.is_empty() && self.publishes.is_empty() {
            let hint = "add a block such as `send archive { file out }`";
            reader.findings.push(site.warning(codes::E3209, "the interface sends nothing anywhere").hint(hint));
        }
        if self.owner.is_none() {
            let hint = "add `owner \"Team\" contact mail@example.org oncall 5-0142`";
            reader.findings.push(site.warning(codes::E3204, "nobody owns the interface").hint(hint));
        }
        let answers = self.receive.as_ref().and_then(Option::as_ref).map(|receive| receive.acknowledge);
        if self.join.is_some() && answers == Some(Acknowledge::AfterDelivered) {
            let hint =
                "leave `ack after-delivered` out: a message that waits for others is delivered with the last of them";
            let message = "no sender waits until others have sent what belongs to its message";
            reader.findings.push(site.error(codes::E3414, message).hint(hint));
        }
        validate::lint(reader, &self.steps, self.receive.as_ref().and_then(Option::as_ref), site);
        route::lint(reader, &self.routed, &self.sends, &self.destinations);
        for alert in &self.alerts {
            if let crate::definition::AlertCondition::Backlog { destination: Some(name), .. } = &alert.condition
                && !self.sends.iter().any(|(known, _)| known == name)
            {
                let message = format!("an alert watches `{name}`, which is no destination of the interface");
                reader.findings.push(site.error(codes::E3303, message));
            }
        }
    }

    /// The definition without its version.
    fn finish(mut self, name: Name, line: Line<'_>) -> Option<Definition> {
        route::settle(&mut self.steps, &mut self.destinations);
        Some(Definition {
            title: self.title.unwrap_or_else(|| name.clone()),
            name,
            description: self.description.unwrap_or_default(),
            owner: self.owner.unwrap_or_default(),
            critical: self.critical.unwrap_or(2),
            version: 0,
            place: line.place(),
            receive: self.receive??,
            index: self.index,
            lookups: self.lookups,
            join: self.join.flatten(),
            routed: lang::Form::default(),
            steps: self.steps,
            destinations: self.destinations,
            publications: self.publications,
            alerts: self.alerts,
        })
    }
}

/// The `receive` line, whose order counts, may stand below the destinations.
fn settle_lanes(reader: &mut Reader<'_>, definition: &mut Definition, sends: &[(Arc<str>, Site)]) {
    for destination in &mut definition.destinations {
        let unfit = send::unfit_for_numbers(destination, &definition.receive.order);
        let is_contradiction = send::settle_lanes(destination, &definition.receive.order);
        let site = sends.iter().find(|(name, _)| *name == destination.name).map(|(_, site)| site);
        if let (Some(why), Some(site)) = (unfit, site) {
            let message = format!("`{}` has `sequence numbers` and {why}", destination.name);
            let hint =
                "each message waits for the answer to the one before: `order by source`, one lane, no `priority`";
            reader.findings.push(site.error(codes::E3140, message).hint(hint));
            continue;
        }
        if let (true, Some(site)) = (destination.is_priority_idle(&definition.receive.order), site) {
            let name = &destination.name;
            let message = format!("`{name}` keeps everything in one order, so no message goes ahead of another");
            let hint = "order by a path such as `order by PID-3.1`, or leave `priority` out";
            reader.findings.push(site.warning(codes::E3340, message).hint(hint));
        }
        if let (true, Some(site)) = (is_contradiction, site) {
            let message = format!("`{}` keeps a strict order, so it uses one lane", destination.name);
            let hint = "leave `lanes` out, or order by a path such as `order by PID-3.1`";
            reader.findings.push(site.warning(codes::E3211, message).hint(hint));
        }
    }
}
