//! What may stand at a place: words of the line, elements, fields, components, steps, tables, shared maps, files.

use super::{position, project::Project, spot};
use fhir::definitions::{Kind, Member, Type};
use hl7v2::dictionary::Dictionary;
use interface::keywords::{KEYWORDS, Within};
use lang::{
    facts,
    keyword::{self, Place},
    steps,
    syntax::{Statement, Tree},
};
use serde_json::{Value, json};

/// Most that is offered at a time.
const OFFERED_MAX: usize = 1_000;

/// Words of maps that mean something in one to FHIR too.
const FHIR_WORDS: [&str; 4] = ["each", "when", "use", "ignore"];

/// Kinds (LSP 3.17, `CompletionItemKind`).
const FUNCTION: u32 = 3;
const FIELD: u32 = 5;
const VARIABLE: u32 = 6;
const CLASS: u32 = 7;
const KEYWORD: u32 = 14;
const FILE: u32 = 17;
const VALUE: u32 = 12;

/// What is offered: the text, its kind, and what it is.
struct Offer {
    text: String,
    kind: u32,
    about: String,
}

fn offer(text: impl Into<String>, kind: u32, about: impl Into<String>) -> Offer {
    Offer { text: text.into(), kind, about: about.into() }
}

/// The answer to `textDocument/completion`.
pub(crate) fn completion(project: &mut Project<'_>, uri: &str, position: &Value) -> Option<Value> {
    let tree = project.tree(uri)?;
    let offset = position::offset_of(&tree.text, position)?;
    let start = tree.text[..offset].rfind('\n').map_or(0, |at| at + 1);
    let line = &tree.text[start..offset];
    if is_no_place(line) {
        return None;
    }
    let begun = line.rfind([' ', '\t', '|', ',', '(', '=', '{', '"']).map_or(0, |at| at + 1);
    let (before, fragment) = line.split_at(begun);
    let around = spot::around(&tree, offset);
    let offers = offers(project, uri, (&tree, &around), before, fragment);
    let range = position::range(&tree.text, &(start + begun..offset));
    let items: Vec<Value> = offers
        .into_iter()
        .take(OFFERED_MAX)
        .map(|one| {
            json!({"label": one.text, "kind": one.kind, "detail": one.about, "filterText": one.text,
                "textEdit": {"range": range, "newText": one.text}})
        })
        .collect();
    Some(json!({"isIncomplete": false, "items": items}))
}

/// In a comment or in a text.
fn is_no_place(line: &str) -> bool {
    let (mut is_text, mut is_escaped) = (false, false);
    for letter in line.chars() {
        match letter {
            _ if is_escaped => is_escaped = false,
            '\\' if is_text => is_escaped = true,
            '"' => is_text = !is_text,
            '#' if !is_text => return true,
            _ => {}
        }
    }
    is_text
}

fn offers(
    project: &mut Project<'_>,
    uri: &str,
    (tree, around): (&Tree, &[&Statement]),
    before: &str,
    fragment: &str,
) -> Vec<Offer> {
    // A block may begin on the line: `each NK1 as kin { …`.
    let own = before.rsplit('{').next().unwrap_or(before).trim();
    let words: Vec<&str> = own.split_whitespace().collect();
    let (first, last) = (words.first().copied().unwrap_or(""), words.last().copied().unwrap_or(""));
    let is_map = spot::is_map(tree, around);
    let before_last = words.len().checked_sub(2).and_then(|at| words.get(at)).copied().unwrap_or("");
    match last {
        "" | "else" | "set" if words.len() <= 1 => starters(project, tree, around, fragment, last),
        _ if own.ends_with('|') => {
            let all = steps::catalogue().map(|step| offer(step.name, FUNCTION, step.syntax));
            all.chain([offer("use", FUNCTION, "use NAME: through a shared map")]).collect()
        }
        "code" | "lookup" | "display" | "concept" if before_last.ends_with('|') => tables(project, uri),
        "with" if first == "translate" => tables(project, uri),
        "use" if is_map => {
            let names = project.standard().library().part_names().map(|name| offer(name, FUNCTION, "shared map"));
            names.collect()
        }
        "map" | "given" | "matches" if !is_map => files(project, uri, last == "map"),
        _ => values(tree, around, fragment),
    }
}

fn tables(project: &mut Project<'_>, uri: &str) -> Vec<Offer> {
    let beside = project.tables_beside(uri);
    let mut names: Vec<String> = beside.iter().map(|table| table.name().to_string()).collect();
    names.extend(project.standard().tables().names().map(str::to_owned));
    names.sort();
    names.dedup();
    names.into_iter().map(|name| offer(name, VALUE, "code table")).collect()
}

fn files(project: &Project<'_>, uri: &str, is_map: bool) -> Vec<Offer> {
    let Some(files) = project.files() else { return Vec::new() };
    let name = project.name(uri);
    let home = name.split("/tests/").next().unwrap_or(&name).trim_end_matches("/interface.flow").to_owned();
    let below =
        files.list(&home).0.into_iter().filter_map(|path| path.strip_prefix(&format!("{home}/")).map(str::to_owned));
    let shared = files.list("shared").0.into_iter();
    let is_wanted = |path: &String| match is_map {
        true => path.ends_with(".map"),
        false => !path.ends_with(".map") && !path.ends_with(".flow") && !path.ends_with(".csv"),
    };
    below.chain(shared).filter(is_wanted).map(|path| offer(path, FILE, "")).collect()
}

/// The block that a line of a flow file stands in; `None` in a map.
pub(crate) fn within(tree: &Tree, around: &[&Statement]) -> Option<Within> {
    match around.last().map(|last| last.word(tree)) {
        None => Some(Within::File),
        Some("interface" | "block") => Some(Within::Interface),
        Some("receive") => Some(Within::Receive),
        Some("route") => Some(Within::Route),
        Some("send") => Some(Within::Send),
        Some("test") => Some(Within::Test),
        Some(_) => None,
    }
}

/// Words that begin a line there, and targets.
fn starters(project: &Project<'_>, tree: &Tree, around: &[&Statement], fragment: &str, last: &str) -> Vec<Offer> {
    let mut out = Vec::new();
    let of = |place: Place| {
        let all = keyword::KEYWORDS.iter().filter(move |one| one.place == place);
        all.map(|one| offer(one.word, KEYWORD, one.syntax))
    };
    if let Some((root, inside)) = spot::context(tree, around) {
        if last.is_empty() && !fragment.contains('.') {
            out.extend(of(Place::Fhir));
            out.extend(of(Place::Map).filter(|one| FHIR_WORDS.contains(&one.text.as_str())));
            if root == "Bundle" && inside.is_empty() {
                let resources = Type::all().filter(|kind| kind.kind() == Kind::Resource && !kind.is_abstract());
                out.extend(resources.map(|kind| offer(kind.name(), CLASS, kind.root().short())));
            }
        }
        out.extend(elements(tree, around, fragment));
    } else if spot::is_map(tree, around) {
        if last.is_empty() {
            out.extend(of(Place::Map).chain(of(Place::Edit)));
        }
        out.extend(values(tree, around, fragment));
    } else if let Some(within) = within(tree, around) {
        let all = KEYWORDS.iter().filter(|one| one.within == within && !one.is_later);
        out.extend(all.map(|one| offer(one.word, KEYWORD, one.syntax)));
        if within == Within::File {
            out.extend(of(Place::File));
        }
        if within == Within::Send {
            out.extend(project.connectors().iter().map(|one| offer(one.spec().name, KEYWORD, "connector")));
        }
    } else if around.last().is_some_and(|last| last.word(tree) == "profile") {
        out.extend(of(Place::Profile));
    }
    out
}

/// The elements of what a map fills there, or of what `fragment` names: `name.`
fn elements(tree: &Tree, around: &[&Statement], fragment: &str) -> Vec<Offer> {
    let path = fragment.rsplit_once('.').map_or("", |(path, _)| path);
    let Some(member) = spot::element(tree, around, path) else { return Vec::new() };
    let prefix = if path.is_empty() { String::new() } else { format!("{path}.") };
    let one = |element: fhir::definitions::Element| {
        let choices: Vec<Member> = match element.is_choice() {
            true => element.types().filter_map(|kind| element.choose(kind.ty())).collect(),
            false => Vec::new(),
        };
        if choices.is_empty() {
            return vec![offer(format!("{prefix}{}", element.name()), FIELD, element.short())];
        }
        let named = |choice: &Member| format!("{prefix}{}[{}]", element.name(), choice.type_name());
        choices.iter().map(|choice| offer(named(choice), FIELD, element.short())).collect()
    };
    member.children().flat_map(one).collect()
}

/// Names, fields and components.
fn values(tree: &Tree, around: &[&Statement], fragment: &str) -> Vec<Offer> {
    let bindings = spot::bindings(tree, around);
    let version = spot::version(tree, around);
    let dictionary = Dictionary::of(version);
    let mut out = Vec::new();
    // `PID-5.`, `kin-`, `id.`: what is in front of the last sign decides.
    if let Some(at) = fragment.rfind(['-', '.']) {
        let (head, sign) = (&fragment[..at], &fragment[at..=at]);
        let place = spot::meant(&bindings, head);
        if sign == "-" {
            let fields = dictionary.segment(&place).into_iter().flat_map(|segment| segment.fields());
            out.extend(fields.map(|field| offer(format!("{head}-{}", field.number()), FIELD, field.name())));
        } else if let Some(kind) = facts::datatype(&place, version) {
            let parts = kind.components();
            out.extend(parts.map(|part| offer(format!("{head}.{}", part.number()), FIELD, part.name())));
        }
        return out;
    }
    out.extend(bindings.iter().rev().map(|(name, over)| offer(name.clone(), VARIABLE, over.clone())));
    out.extend(dictionary.segments().map(|segment| offer(segment.id(), CLASS, segment.name())));
    let words =
        keyword::KEYWORDS.iter().filter(|one| matches!(one.place, Place::Condition | Place::Comparison | Place::Value));
    out.extend(words.map(|one| offer(one.word, KEYWORD, one.syntax)));
    out
}
