//! What a word means: fields and codes of HL7 v2, elements of FHIR, steps, words of the language, tables, shared maps.

use super::{
    position,
    project::Project,
    spot::{self, Spot, What},
};
use fhir::definitions::{Member, Type};
use lang::{Table, facts, keyword, steps};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// Codes and rows that are shown.
const ROWS_MAX: usize = 15;

/// The answer to `textDocument/hover`.
pub(crate) fn hover(project: &mut Project<'_>, uri: &str, position: &Value) -> Option<Value> {
    let tree = project.tree(uri)?;
    let offset = position::offset_of(&tree.text, position)?;
    let spot = Spot::at(&tree, offset)?;
    let text = text(project, uri, &spot)?;
    let span = spot.token.start as usize..spot.token.end as usize;
    Some(json!({"contents": {"kind": "markdown", "value": text}, "range": position::range(&tree.text, &span)}))
}

fn text(project: &mut Project<'_>, uri: &str, spot: &Spot<'_>) -> Option<String> {
    let word = spot.word();
    match spot.what {
        What::Step => step(word),
        What::Table => table(project, uri, word),
        What::Part => part(project, word),
        What::File => None,
        What::Target => element(spot, word).or_else(|| field(spot, word)),
        What::First => {
            let resource =
                || Type::named(word).filter(|kind| kind.is_resource()).map(|kind| about(kind.root().member()));
            keyword_of(spot, word).or_else(resource).or_else(|| element(spot, word))
        }
        What::Value => field(spot, word).or_else(|| named(spot, word)),
    }
}

fn step(word: &str) -> Option<String> {
    let step = steps::find(word).or_else(|| (word == "concept").then(|| steps::find("code")).flatten());
    let Some(step) = step else {
        return (word == "use").then(|| "`| use NAME`\n\nThe value through a shared map.".to_owned());
    };
    let mut out = format!("`| {}`\n\n{}\n", step.syntax, step.description);
    for example in step.examples {
        let gives: Vec<String> = example.gives.iter().map(|text| format!("`{text}`")).collect();
        let gives = if gives.is_empty() { "nothing".to_owned() } else { gives.join(", ") };
        let _ = write!(out, "\n- `{}` gives {gives}", example.value);
    }
    Some(out)
}

fn keyword_of(spot: &Spot<'_>, word: &str) -> Option<String> {
    let shown = |syntax: &str, description: &str| format!("`{syntax}`\n\n{description}");
    let own = interface::keywords::KEYWORDS.iter().filter(|one| one.word == word);
    let within = super::completion::within(spot.tree, &spot.around);
    let here = own.clone().find(|one| Some(one.within) == within);
    if let Some(found) = here.filter(|_| !spot::is_map(spot.tree, &spot.around)) {
        return Some(shown(found.syntax, found.description));
    }
    let is_fhir = spot::context(spot.tree, &spot.around).is_some();
    let places = match is_fhir {
        true => [keyword::Place::Fhir, keyword::Place::Map, keyword::Place::Edit, keyword::Place::File],
        false => [keyword::Place::Map, keyword::Place::Edit, keyword::Place::Profile, keyword::Place::File],
    };
    let of = |place: &keyword::Place| keyword::KEYWORDS.iter().find(|one| one.word == word && one.place == *place);
    places.iter().find_map(of).map(|found| shown(found.syntax, found.description))
}

/// A place of HL7 v2, with the codes of its table.
fn field(spot: &Spot<'_>, word: &str) -> Option<String> {
    let place = spot::meant(&spot::bindings(spot.tree, &spot.around), word);
    let version = spot::version(spot.tree, &spot.around);
    let Some(found) = facts::field(&place, version) else {
        let name = facts::segment(&place, version)?;
        return Some(format!("**{place}** {name}"));
    };
    let mut out = format!("**{place}** {}\n\n{}", found.name, found.datatype);
    let Some(table) = found.table else { return Some(out) };
    let _ = writeln!(out, ", table {:04} {}", table.number(), table.name());
    for code in table.codes().take(ROWS_MAX) {
        let _ = write!(out, "\n- `{}` {}", code.code, code.display);
    }
    if table.codes().count() > ROWS_MAX {
        out.push_str("\n- …");
    }
    Some(out)
}

fn named(spot: &Spot<'_>, word: &str) -> Option<String> {
    let kind = spot::resource_named(spot.tree, word)?;
    Some(format!("The {kind} that this file calls `{word}`."))
}

fn element(spot: &Spot<'_>, word: &str) -> Option<String> {
    spot::element(spot.tree, &spot.around, word).map(about)
}

/// An element of FHIR: what it is, its type, how often, its codes.
pub(crate) fn about(member: Member) -> String {
    let element = member.element();
    let types: Vec<&str> = element.types().map(|found| found.ty().name()).collect();
    let most = element.max().map_or("*".to_owned(), |most| most.to_string());
    if element.is_root() {
        return format!("**{}**\n\n{}", element.owner().name(), element.short());
    }
    let mut out = format!("**{element}** {}..{most}\n\n{}\n\n{}", element.min(), element.short(), types.join(" | "));
    if let Some(binding) = element.binding() {
        let set = binding.value_set();
        let _ = write!(out, "\n\nCodes ({}): {}\n", binding.strength().as_str(), set.map_or("", |set| set.url()));
        for code in set.into_iter().flat_map(|set| set.codes()).take(ROWS_MAX) {
            let _ = write!(out, "\n- `{}` {}", code.code, code.display);
        }
    }
    out
}

fn table(project: &mut Project<'_>, uri: &str, word: &str) -> Option<String> {
    let beside = project.tables_beside(uri);
    let own = beside.iter().find(|table| **table.name() == *word);
    let table: &Table = match own {
        Some(table) => table,
        None => project.standard().tables().get(word)?,
    };
    let cell = |row: lang::Row<'_>, column: &str| {
        table.column(column).map(|column| row.cell(column).replace('|', "\\|")).unwrap_or_default()
    };
    let mut out = format!("**table {word}**, {} rows\n\n| from | to | name |\n| --- | --- | --- |", table.len());
    for row in table.rows().take(ROWS_MAX) {
        let _ =
            write!(out, "\n| {} | {} | {} |", cell(row, "from"), row.to().replace('|', "\\|"), cell(row, "to_name"));
    }
    Some(out)
}

fn part(project: &mut Project<'_>, word: &str) -> Option<String> {
    let (tree, span) = project.standard().library().part(word)?;
    let head = tree.text.get(span)?.lines().next()?.trim_end_matches(['{', ' ']).to_owned();
    Some(format!("`{head}`\n\n{}", tree.file))
}
