//! Another name for what a line of a map names: an `each … as NAME`, a value `as NAME`, a resource `TYPE as NAME`.
//!
//! Promises: a name is changed where it means this and nowhere else: not as an element, a step, a table, or a text that is spelled
//! like it; a name that is a word of the language, or taken within reach, is refused.

use super::{
    position,
    project::Project,
    spot::{self, Spot, What},
};
use fhir::definitions::Type;
use lang::syntax::{Statement, Token, Tree};
use serde_json::{Value, json};
use std::ops::Range;

/// Words that mean something else in conditions and values.
const RESERVED: [&str; 15] = [
    "null",
    "empty",
    "not",
    "any",
    "all",
    "count",
    "valid",
    "event",
    "type",
    "facility",
    "application",
    "version",
    "patient",
    "visit",
    "now",
];

/// What a name stands for decides where it can stand.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Meaning {
    /// A turn: `kin`, `kin-3`, `id.1`.
    Turn,
    /// A resource of the bundle: in references, and as the head of a block.
    Resource,
}

/// A name with the lines in which it means this.
struct Named<'t> {
    name: &'t str,
    meaning: Meaning,
    /// Those lines, each with what is in its block.
    reach: Vec<&'t Statement>,
}

/// The answer to `textDocument/prepareRename`: the name alone, without what stands behind it.
pub(crate) fn prepare(project: &Project<'_>, uri: &str, position: &Value) -> Option<Value> {
    let tree = project.tree(uri)?;
    let spot = Spot::at(&tree, position::offset_of(&tree.text, position)?)?;
    let named = named(&tree, &spot)?;
    let start = spot.token.start as usize;
    let span = start..start + named.name.len();
    Some(json!({"range": position::range(&tree.text, &span), "placeholder": named.name}))
}

/// The answer to `textDocument/rename`: a sentence where it cannot be.
pub(crate) fn rename(project: &Project<'_>, uri: &str, position: &Value, new: &str) -> Result<Option<Value>, String> {
    let Some(tree) = project.tree(uri) else { return Ok(None) };
    let spot = position::offset_of(&tree.text, position).and_then(|offset| Spot::at(&tree, offset));
    let Some(named) = spot.as_ref().and_then(|spot| named(&tree, spot)) else { return Ok(None) };
    let is_word = new.starts_with(|c: char| c.is_ascii_lowercase())
        && new.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    if !is_word {
        return Err("a name is small letters and digits, such as `id` or `obx`".to_owned());
    }
    if named.meaning == Meaning::Turn && RESERVED.contains(&new) {
        return Err(format!("`{new}` is a word of the language"));
    }
    let mut is_taken = false;
    let mut spans = Vec::new();
    for statement in &named.reach {
        tokens(&tree, statement, &mut |token| {
            let word = tree.slice(token);
            is_taken |= token.kind.is_bare() && head_of(word) == new;
            if token.kind.is_text() {
                in_text(word, named.name, &mut |at| spans.push(token.start as usize + at));
            } else if token.kind.is_bare() && head_of(word) == named.name && is_meant(&tree, token, &named) {
                spans.push(token.start as usize);
            }
        });
    }
    if is_taken {
        return Err(format!("`{new}` stands in these lines already"));
    }
    let edit = |start: &usize| {
        let span: Range<usize> = *start..*start + named.name.len();
        json!({"range": position::range(&tree.text, &span), "newText": new})
    };
    let edits: Vec<Value> = spans.iter().map(edit).collect();
    Ok(Some(json!({"changes": {uri: edits}})))
}

/// The characters before the first `.`, `-` or `[`.
fn head_of(word: &str) -> &str {
    word.split(['.', '-', '[']).next().unwrap_or("")
}

/// The name of a line `… as NAME`, and whether it is a resource's.
fn name_of<'t>(tree: &'t Tree, statement: &Statement) -> Option<(&'t str, Meaning)> {
    let words = spot::words(tree, statement);
    let at = words.iter().rposition(|word| *word == "as")?;
    let name = words.get(at + 1)?;
    let is_resource = at == 1 && words.first().is_some_and(|kind| Type::named(kind).is_some_and(Type::is_resource));
    Some((name, if is_resource { Meaning::Resource } else { Meaning::Turn }))
}

/// What the word at a spot names, the innermost first.
fn named<'t>(tree: &'t Tree, spot: &Spot<'t>) -> Option<Named<'t>> {
    let name = head_of(spot.word());
    let lines = tree.statements_at(spot.token.start as usize);
    for (depth, line) in lines.iter().enumerate().rev() {
        if name_of(tree, line) == Some((name, Meaning::Turn)) {
            return Some(Named { name, meaning: Meaning::Turn, reach: vec![*line] });
        }
        // A resource is seen by all lines of the block that it stands in.
        let around = depth.checked_sub(1).and_then(|above| lines.get(above)).map_or(&[][..], |above| above.children());
        if around.iter().any(|sibling| makes(tree, sibling, name)) && spot.word() == name {
            return Some(Named { name, meaning: Meaning::Resource, reach: around.iter().collect() });
        }
    }
    None
}

/// A line makes the resource of that name, by itself or in a `when`.
fn makes(tree: &Tree, statement: &Statement, name: &str) -> bool {
    name_of(tree, statement) == Some((name, Meaning::Resource))
        || statement.word(tree) == "when" && statement.children().iter().any(|inner| makes(tree, inner, name))
}

/// Every token of a line and of the lines in its block.
fn tokens(tree: &Tree, statement: &Statement, visit: &mut impl FnMut(Token)) {
    statement.header.iter().filter_map(|index| tree.token(*index)).for_each(&mut *visit);
    statement.children().iter().for_each(|inner| tokens(tree, inner, visit));
}

/// The word stands there for what is named, and not for itself.
fn is_meant(tree: &Tree, token: Token, named: &Named<'_>) -> bool {
    let Some(spot) = Spot::at(tree, token.start as usize) else { return false };
    let before = tree.text.get(..token.start as usize).unwrap_or("").trim_end();
    let is_definition = before.ends_with(" as");
    match (named.meaning, spot.what) {
        (_, What::Value) if is_definition => true,
        (Meaning::Turn, What::Value) => {
            let is_bare = tree.slice(token) == named.name;
            // A word alone in a list is a text.
            !(is_bare && before.ends_with(['[', ',']))
        }
        (Meaning::Resource, What::Value) => tree.slice(token) == named.name && is_reference(tree, &spot),
        // `report { … }` adds to a resource; an element of that name has a context of its own.
        (Meaning::Resource, What::First) => {
            let is_top = spot.around.iter().skip(1).all(|line| matches!(line.word(tree), "each" | "when"));
            tree.slice(token) == named.name && is_top
        }
        (Meaning::Turn | Meaning::Resource, _) => false,
    }
}

/// The line writes a reference.
fn is_reference(tree: &Tree, spot: &Spot<'_>) -> bool {
    let lines = tree.statements_at(spot.token.start as usize);
    let Some(line) = lines.last() else { return false };
    let words = spot::words(tree, line);
    let Some(equal) = words.iter().position(|word| *word == "=") else { return false };
    let is_value = words.get(equal + 1) == Some(&spot.word());
    let target = equal.checked_sub(1).and_then(|at| words.get(at)).copied().unwrap_or_default();
    let plain: String = target.split('[').next().unwrap_or(target).to_owned();
    let found = spot::element(tree, &spot.around, &plain);
    let is_reference = found.and_then(|member| member.ty()).is_some_and(|kind| kind.name() == "Reference");
    is_value && (is_reference || target.ends_with("valueReference"))
}

/// `{kin-2}` inside of a text.
fn in_text(written: &str, name: &str, visit: &mut impl FnMut(usize)) {
    let mut from = 0;
    while let Some(at) = written.get(from..).and_then(|rest| rest.find('{')).map(|at| from + at + 1) {
        let inside = written.get(at..).unwrap_or("");
        let blanks = inside.len() - inside.trim_start().len();
        let word = inside.trim_start();
        let ends = |rest: &str| rest.starts_with(['.', '-', '[', '}', ' ', '|']);
        if word.strip_prefix(name).is_some_and(ends) {
            visit(at + blanks);
        }
        from = at;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAP: &str = r#"map m from hl7v2 ADT_A01 to fhir r4 Bundle {
  type = collection
  Patient as who update by identifier {
    each PID-3 as id {
      identifier {
        id    = "{id.1} of {id.4}"
        value = id.1 when id.5 in [MR, id]
      }
    }
    contact { name { text = who } }
  }
  each NK1 as kin when kin-3.1 exists {
    RelatedPerson as other {
      patient = who
      name { family = kin-2.1.1 }
    }
  }
  who { active = true }
}
"#;

    /// The text after a renaming at the first place of `at` in it.
    fn renamed(at: &str, new: &str) -> Result<String, String> {
        let mut project = Project::new(&[]);
        let uri = "untitled:m.map";
        project.put(uri, MAP.to_owned());
        let offset = MAP.find(at).expect("the words");
        let place = position::position(MAP, offset);
        let found = rename(&project, uri, &place, new)?.ok_or("nothing")?;
        let mut text = MAP.to_owned();
        let edits = found["changes"][uri].as_array().expect("edits").clone();
        let mut spans: Vec<(usize, usize)> = edits
            .iter()
            .map(|edit| {
                let of = |end: &str| position::offset_of(MAP, &edit["range"][end]).expect("a place");
                (of("start"), of("end"))
            })
            .collect();
        spans.sort_unstable_by_key(|span| std::cmp::Reverse(*span));
        spans.iter().for_each(|(start, end)| text.replace_range(*start..*end, new));
        Ok(text)
    }

    #[test]
    fn turns() {
        let text = renamed("kin when", "relative").unwrap();
        assert!(
            text.contains("each NK1 as relative when relative-3.1 exists") && text.contains("family = relative-2.1.1")
        );
        assert_eq!(renamed("kin-2.1", "relative").unwrap(), text);
        // An element, and a text in a list, that are spelled like the name stay.
        let text = renamed("id.5", "number").unwrap();
        assert!(text.contains("each PID-3 as number {"), "{text}");
        assert!(text.contains(r#"id    = "{number.1} of {number.4}""#), "{text}");
        assert!(text.contains("value = number.1 when number.5 in [MR, id]"), "{text}");
    }

    #[test]
    fn resources() {
        let text = renamed("who update", "person").unwrap();
        assert!(text.contains("Patient as person update") && text.contains("patient = person"), "{text}");
        assert!(text.contains("person { active = true }") && text.contains("text = who }"), "{text}");
        assert_eq!(renamed("who { active", "person").unwrap(), text);
    }

    #[test]
    fn names_that_cannot_be() {
        for (new, why) in [("Kin", "small letters"), ("count", "a word"), ("a b", "small letters"), ("name", "already")]
        {
            assert!(renamed("kin when", new).unwrap_err().contains(why), "{new}");
        }
        assert_eq!(renamed("collection", "x"), Err("nothing".to_owned()));
    }
}
