//! Lines that a map could have: what the maps that come along do with places that this one leaves out. A person accepts each.

use hl7v2::Message;
use interface::workspace;
use lang::{coverage::without_indexes, drawing, outline};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Lines that are proposed at once.
const LINES_MAX: usize = 40;

/// For places with a value that went nowhere: the line of the map that comes along for this message, for a resource that the map
/// makes and an element that it does not fill.
pub(super) fn lines(message: &Message, uncovered: &[String], own: &[outline::Section]) -> Value {
    let standard = workspace::standard();
    let wanted = standard.map_for(message).and_then(|(file, _)| file.main()).map(|main| &main.name);
    let Some(known) = standard.messages().iter().rev().find(|map| wanted.is_some_and(|name| *name == map.name)) else {
        return json!([]);
    };
    let tree = known.tree();
    let sections = drawing::main(tree).map(|main| outline::of_map(tree, main, standard.library())).unwrap_or_default();
    let places: BTreeSet<String> = uncovered.iter().map(|place| without_indexes(place)).collect();
    let titles: BTreeSet<&str> = own.iter().map(|section| &*section.title).collect();
    let filled: BTreeSet<(&str, &str)> =
        own.iter().flat_map(|section| section.rows.iter().map(|row| (&*section.title, &*row.target))).collect();
    let mut out = Vec::new();
    let mut told = BTreeSet::new();
    for section in sections.iter().filter(|section| titles.contains(&*section.title)) {
        for row in &section.rows {
            let named: Vec<String> = row.places().iter().map(|place| without_indexes(place)).collect();
            let is_wanted = named
                .iter()
                .any(|place| places.iter().any(|left| left == place || left.starts_with(&format!("{place}."))));
            let is_new = !row.target.is_empty() && !filled.contains(&(&*section.title, &*row.target));
            let is_plain = row.part().is_none() && !row.source.contains("as it came");
            if is_wanted
                && is_new
                && is_plain
                && told.insert((section.title.clone(), row.target.clone()))
                && out.len() < LINES_MAX
            {
                out.push(
                    json!({"resource": section.title, "target": row.target, "source": row.source, "steps": row.steps,
                    "places": named, "from": format!("{}:{}", row.file, row.line)}),
                );
            }
        }
    }
    Value::Array(out)
}
