//! What the profiles of the workspace document: fields of its Z-segments, and local meanings of others.

use super::question::Question;
use crate::{rulebook, screen::Screen};
use hl7v2::validate::lines::{Documented, DocumentedSegment};
use serde_json::{Value, json};

/// Tells what the workspace says about the question; `false` when it says nothing.
pub fn tell(screen: &Screen, question: &Question, is_json: bool) -> bool {
    let (id, number) = match question {
        Question::Field(id, member) => (id, member.field.as_ref().map(|(number, _)| *number)),
        Question::Name(id) => (id, None),
        Question::Component(..) | Question::Table(_) | Question::Trigger(..) | Question::Words => return false,
    };
    let all = rulebook::documented();
    let Some(own) = all.iter().find(|own| own.id == id.as_bytes()) else { return false };
    let mut fields: Vec<&Documented> =
        own.fields.iter().filter(|field| number.is_none_or(|number| field.number == number)).collect();
    fields.sort_by_key(|field| field.number);
    if fields.is_empty() && (number.is_some() || own.name.is_empty()) {
        return false;
    }
    if is_json {
        let fields: Vec<Value> = fields.iter().map(|field| as_json(id, field)).collect();
        screen.line(
            json!({"schema": "sinew.dict/1", "kind": "documented", "id": id, "name": &*own.name, "fields": fields})
                .to_string(),
        );
        return true;
    }
    print(screen, id, own, &fields);
    true
}

fn print(screen: &Screen, id: &str, own: &DocumentedSegment, fields: &[&Documented]) {
    if !own.name.is_empty() {
        screen.line(format!("{}  {}", screen.paint("1", id), own.name));
    }
    for field in fields {
        let place = screen.paint("1", &format!("{:<10}", format!("{id}-{}", field.number)));
        let table = field.table.map(|number| format!("  table {number:04}")).unwrap_or_default();
        let kind = if field.type_name.is_empty() { String::new() } else { format!("  {}", field.type_name) };
        screen.line(format!("{place}  {}{kind}{table}  (documented by the profile {})", field.name, field.profile));
    }
}

fn as_json(id: &str, field: &Documented) -> Value {
    json!({"place": format!("{id}-{}", field.number), "name": &*field.name, "type": &*field.type_name,
        "table": field.table, "profile": &*field.profile})
}
