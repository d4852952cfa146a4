//! What FHIR R4 says of a type or an element: `Patient`, `Patient.gender`, `Observation.value`.

use crate::{
    outcome::{Exit, Failure, Result},
    screen::Screen,
    table::{Cell, Table as Grid},
};
use fhir::definitions::{self, Element, Member, Type, ValueSet};
use serde_json::{Value, json};

/// Most codes that are shown with an element.
const CODES_SHOWN: usize = 24;

/// The word is a name of FHIR: a type in its spelling (`Patient`, not `PID`), or a path from one.
pub fn is_asked(words: &[String]) -> Option<&str> {
    let [word] = words else { return None };
    let head = word.split('.').next().unwrap_or_default();
    let is_spelled = head.starts_with(|letter: char| letter.is_ascii_uppercase())
        && head.bytes().any(|byte| byte.is_ascii_lowercase());
    let is_primitive = word.contains('.') || Type::named(head).is_some_and(|ty| ty.primitive().is_none());
    (is_spelled && is_primitive && Type::named(head).is_some()).then_some(word)
}

pub fn run(screen: &Screen, path: &str, is_json: bool) -> Result {
    let found = definitions::element(path).ok_or_else(|| unknown(path))?;
    if is_json {
        screen.line(as_json(path, found).to_string());
    } else {
        print(screen, path, found);
    }
    Ok(Exit::Ok)
}

/// The deepest part of the path that is there, and what is near to the next one.
fn unknown(path: &str) -> Failure {
    let mut known = path;
    while let Some((before, name)) = known.rsplit_once('.') {
        if let Some(member) = definitions::element(before) {
            let failure = Failure::new(Exit::Problems, format!("FHIR R4 has no {name} in {before}"));
            let near = member.body().and_then(|body| definitions::similar_child(body, name.trim_end_matches("[x]")));
            return match near {
                Some(near) => failure.hint(format!("did you mean {before}.{near}?")),
                None if member.is_open() => {
                    failure.hint(format!("{before} is a choice: name its type, as in {}", example(member)))
                }
                None => failure.hint(format!("sinew dict {before} lists what it has")),
            };
        }
        known = before;
    }
    Failure::new(Exit::Problems, format!("FHIR R4 has nothing called {path}"))
}

fn example(member: Member) -> String {
    let first = member.element().types().next();
    let chosen = first.and_then(|first| member.element().choose(first.ty()));
    chosen.map(json_name).unwrap_or_default()
}

fn json_name(member: Member) -> String {
    let (name, ty) = member.json_name();
    let mut letters = ty.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase().to_string()).unwrap_or_default();
    format!("{name}{first}{}", letters.as_str())
}

fn cardinality(element: Element) -> String {
    format!("{}..{}", element.min(), element.max().map_or("*".to_owned(), |max| max.to_string()))
}

/// `Quantity | string`, `Reference(Patient | Group)`, `as Questionnaire.item`.
fn types(member: Member) -> String {
    if let Some(content) = member.element().content() {
        return format!("as {content}");
    }
    let shown = |reference: definitions::TypeReference| {
        let targets: Vec<&str> = reference.targets().map(Type::name).collect();
        let name = reference.ty().name();
        if targets.is_empty() { name.to_owned() } else { format!("{name}({})", targets.join(" | ")) }
    };
    match member.reference().filter(|_| !member.is_open()) {
        Some(reference) => shown(reference),
        None => member.element().types().map(shown).collect::<Vec<_>>().join(" | "),
    }
}

fn print(screen: &Screen, path: &str, found: Member) {
    let element = found.element();
    let short = if element.is_root() { "" } else { element.short() };
    screen.line(format!("{}  {short}  {}", screen.paint("1;36", path), screen.paint("2", "FHIR R4")));
    let row = |name: &str, text: &str| screen.line(format!("  {name:<9} {text}"));
    if element.is_root() {
        row("is", element.short());
        if let Some(base) = element.owner().base() {
            row("based on", base.name());
        }
        if let Some(regex) = element.owner().regex() {
            row("form", regex);
        }
    } else {
        row("defined", &element.to_string());
        row("type", &types(found));
        row("stands", &cardinality(element));
    }
    if element.is_modifier() {
        row("note", "it can change what the rest means");
    }
    if let Some(binding) = element.binding() {
        let url = binding.value_set().map_or("a value set that R4 does not bring", ValueSet::url);
        row("codes", &format!("{}: {url}", binding.strength().as_str()));
        binding.value_set().into_iter().for_each(|set| codes(screen, set));
    }
    for rule in element.constraints().filter(|rule| rule.key() != "ele-1") {
        let level = if rule.is_error() { "" } else { " (advice)" };
        row("rule", &format!("{}{level}  {}", rule.key(), rule.human()));
    }
    children(screen, path, found);
}

fn codes(screen: &Screen, set: ValueSet) {
    let all: Vec<_> = set.codes().take(CODES_SHOWN + 1).collect();
    for code in all.iter().take(CODES_SHOWN) {
        screen.line(format!("            {:<20} {}", code.code, code.display));
    }
    if all.len() > CODES_SHOWN {
        screen.line(format!("            … {} in all", set.codes().count()));
    } else if !set.is_complete() {
        screen.line("            and codes of systems that R4 does not bring");
    }
}

fn children(screen: &Screen, path: &str, found: Member) {
    let mut grid = Grid::new(&["element", "type", "stands", "about"]);
    for child in found.children() {
        let x = if child.is_choice() { "[x]" } else { "" };
        grid.row(vec![
            format!("{path}.{}{x}", child.name()).into(),
            types(child.member()).into(),
            Cell(cardinality(child), if child.min() > 0 { "1" } else { "" }),
            child.short().into(),
        ]);
    }
    if !grid.is_empty() {
        grid.print(screen);
    }
}

fn as_json(path: &str, found: Member) -> Value {
    let mut out = facts(found);
    out["schema"] = json!("sinew.dict/1");
    out["kind"] = json!(if found.element().is_root() { "type" } else { "element" });
    out["version"] = json!("R4");
    out["path"] = json!(path);
    if let Some(set) = found.element().binding().and_then(|binding| binding.value_set()) {
        let codes =
            set.codes().map(|code| json!({"system": code.system.url(), "code": code.code, "display": code.display}));
        out["codes"] = codes.collect();
        out["codes_complete"] = json!(set.is_complete());
    }
    out["elements"] = found
        .children()
        .map(|child| {
            let mut facts = facts(child.member());
            facts["name"] = json!(child.name());
            facts
        })
        .collect();
    out
}

fn facts(found: Member) -> Value {
    let element = found.element();
    let references: Vec<definitions::TypeReference> = match found.reference().filter(|_| !found.is_open()) {
        Some(reference) => vec![reference],
        None => element.types().collect(),
    };
    let types: Vec<Value> = references
        .iter()
        .map(|reference| json!({"name": reference.ty().name(), "targets": reference.targets().map(Type::name).collect::<Vec<_>>()}))
        .collect();
    let binding = element.binding().map(
        |binding| json!({"strength": binding.strength().as_str(), "value_set": binding.value_set().map(ValueSet::url)}),
    );
    let rules: Vec<Value> = element
        .constraints()
        .map(|rule| json!({"key": rule.key(), "error": rule.is_error(), "human": rule.human(), "expression": rule.expression()}))
        .collect();
    json!({"defined": element.to_string(), "short": element.short(), "types": types, "min": element.min(), "max": element.max(),
        "choice": element.is_choice(), "modifier": element.is_modifier(), "summary": element.is_summary(), "binding": binding, "rules": rules})
}
