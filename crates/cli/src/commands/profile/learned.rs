//! What was learned, as JSON: every count.

use hl7v2::{
    dictionary::{self, Dictionary},
    learn::{Count, Kind, Learned, Part, Values},
    structure::{Kind as Placed, NodeId},
};
use serde_json::{Map, Value, json};

/// Everything that was counted.
pub fn json(learned: &Learned) -> Value {
    let left_out: Vec<Value> =
        learned.left_out.iter().map(|(why, count)| json!({"messages": count, "why": why.words()})).collect();
    json!({
        "messages": learned.messages,
        "left_out": left_out,
        "is_cut": learned.is_cut,
        "min_patients": learned.options.patients_min,
        "types": learned.kinds.iter().map(kind).collect::<Vec<_>>(),
    })
}

fn kind(kind: &Kind) -> Value {
    let dictionary = Dictionary::of(kind.version);
    let mut segments = Vec::new();
    nodes(kind, 0, "", dictionary, &mut segments);
    for (id, count) in &kind.loose {
        let id = String::from_utf8_lossy(id);
        segments.push(place(&id, "", count));
    }
    let mut fields = Vec::new();
    for (id, segment) in &kind.segments {
        let id = String::from_utf8_lossy(id);
        let rules = dictionary.segment(&id);
        for (index, part) in segment.fields.iter().enumerate() {
            let number = index as u16 + 1;
            let rule = rules.and_then(|rules| rules.field(number));
            parts(part, &format!("{id}-{number}"), (rule, table_of(rule)), segment.count, &mut fields);
        }
    }
    json!({
        "version": kind.version.as_str(),
        "structure": kind.structure,
        "messages": kind.messages,
        "events": kind.events,
        "invalid": kind.invalid,
        "misplaced": kind.misplaced,
        "segments": segments,
        "fields": fields,
    })
}

fn nodes(kind: &Kind, group: NodeId, above: &str, dictionary: Dictionary, out: &mut Vec<Value>) {
    let structure = kind.compiled();
    for child in structure.children(group) {
        let (node, Some(count)) = (structure.node(*child), kind.nodes.get(*child as usize)) else { continue };
        if count.present == 0 {
            continue;
        }
        let path = if above.is_empty() { node.name.to_string() } else { format!("{above}.{}", node.name) };
        let is_segment = matches!(node.kind, Placed::Segment(_));
        let rules = dictionary.segment(&node.name).filter(|_| is_segment);
        out.push(place(&path, rules.map_or("", dictionary::Segment::name), count));
        if !is_segment {
            nodes(kind, *child, &path, dictionary, out);
        }
    }
}

fn place(path: &str, name: &str, count: &Count) -> Value {
    json!({"path": path, "name": name, "of": count.of, "present": count.present, "total": count.total,
        "least": count.least, "most": count.most})
}

/// The table of a place; the code of a coded element has that of its field.
fn table_of(rule: Option<dictionary::Part>) -> Option<dictionary::Table> {
    rule.and_then(dictionary::Part::table)
}

type Rules = (Option<dictionary::Part>, Option<dictionary::Table>);

fn parts(part: &Part, path: &str, (rule, table): Rules, of: u64, out: &mut Vec<Value>) {
    if part.present == 0 {
        return;
    }
    let mut own = Map::new();
    own.insert("path".into(), path.into());
    own.insert("name".into(), rule.map_or("", dictionary::Part::name).into());
    own.insert("type".into(), rule.map_or("", dictionary::Part::type_name).into());
    if let Some(table) = table {
        own.insert("table".into(), format!("{:04}", table.number()).into());
    }
    own.insert("of".into(), of.into());
    own.insert("present".into(), part.present.into());
    own.insert("values".into(), part.total.into());
    own.insert("most".into(), part.most.into());
    own.insert("nulls".into(), part.nulls.into());
    if let Some(values) = &part.values {
        add_values(&mut own, values, table);
    }
    out.push(Value::Object(own));
    let datatype = rule.and_then(dictionary::Part::datatype);
    for (index, inner) in part.parts.iter().enumerate() {
        let number = index as u16 + 1;
        let rule = datatype.and_then(|datatype| datatype.component(number));
        let table = table_of(rule).or(table.filter(|_| number == 1));
        parts(inner, &format!("{path}.{number}"), (rule, table), part.total, out);
    }
}

fn add_values(own: &mut Map<String, Value>, values: &Values, table: Option<dictionary::Table>) {
    own.insert("shortest".into(), values.shortest.into());
    own.insert("longest".into(), values.longest.into());
    let forms: Map<String, Value> =
        values.forms().map(|(form, count)| (form.as_str().to_owned(), count.into())).collect();
    own.insert("forms".into(), forms.into());
    if values.with_offset > 0 {
        own.insert("with_offset".into(), values.with_offset.into());
    }
    let codes = values.codes();
    if codes.listed.is_empty() && codes.kept_back == 0 {
        return;
    }
    let listed: Vec<Value> = codes
        .listed
        .iter()
        .map(|listed| {
            let mut code = json!({"code": listed.code, "count": listed.count});
            if let Some(display) = table.and_then(|table| table.display(listed.code)).filter(|text| !text.is_empty()) {
                code["display"] = display.into();
            }
            code
        })
        .collect();
    own.insert("codes".into(), listed.into());
    own.insert("kept_back".into(), codes.kept_back.into());
}
