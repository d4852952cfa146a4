//! `ConformanceProfile`: messages, segments and datatypes.

use super::{Names, Reader, bound};
use crate::profile::expression::Path;
use crate::profile::model::{
    Binding, Case, Datatype, Dynamic, Format, Location, Message, NO_TYPE, Place, Segment, Slot, Statements, Strength,
    Usage, wanted,
};
use crate::structure::{Builder, model::UNBOUNDED};
use xml::Node;
use xml::{attribute, child, children, named};

impl Reader {
    pub(super) fn read_profile(&mut self, root: Node<'_, '_>) {
        if self.model.id.is_empty() {
            attribute(root, "ID").unwrap_or_default().clone_into(&mut self.model.id);
        }
        self.names = Names::default();
        let (first_datatype, first_segment) = (self.model.datatypes.len(), self.model.segments.len());
        let file = self.all_names.len() as u32;
        let all = |list: &'static str, name: &'static str| {
            child(root, list).into_iter().flat_map(move |list| named(list, name))
        };
        // Numbers first: a datatype may stand before the ones that it is made of.
        for (at, node) in all("Datatypes", "Datatype").enumerate() {
            let id = attribute(node, "ID").unwrap_or_default().to_owned();
            self.names.datatypes.insert(id, (first_datatype + at) as u32);
        }
        let mut names: Vec<String> = vec![String::new(); first_datatype];
        names.extend(all("Datatypes", "Datatype").map(|node| attribute(node, "Name").unwrap_or_default().to_owned()));
        for node in all("Datatypes", "Datatype") {
            let datatype = self.read_datatype(node, &names);
            self.model.datatypes.push(datatype);
        }
        for (at, node) in all("Segments", "Segment").enumerate() {
            let id = attribute(node, "ID").unwrap_or_default().to_owned();
            self.names.segments.insert(id, (first_segment + at) as u32);
            let segment = self.read_segment(node, &names);
            self.model.segments.push(segment);
        }
        for node in all("Messages", "Message") {
            let message = self.read_message(node, file);
            self.model.messages.push(message);
        }
        self.all_names.push(self.names.clone());
    }

    fn read_datatype(&mut self, node: Node<'_, '_>, names: &[String]) -> Datatype {
        let id = attribute(node, "ID").unwrap_or_default();
        let name = attribute(node, "Name").unwrap_or(id);
        let mut statements = Statements::default();
        let mut components = Vec::new();
        for (at, component) in named(node, "Component").enumerate() {
            let slot = self.read_slot(component, id);
            self.bind(component, at + 1, names.get(slot.datatype as usize).map(String::as_str), &mut statements);
            components.push(slot);
        }
        let format = if components.is_empty() { format_of(name) } else { Format::Text };
        let wanted = wanted(&components);
        Datatype { id: id.into(), name: name.into(), components, wanted, format, statements }
    }

    fn read_slot(&mut self, node: Node<'_, '_>, owner: &str) -> Slot {
        let name = attribute(node, "Name").unwrap_or_default();
        let datatype = match attribute(node, "Datatype") {
            None => NO_TYPE,
            Some(id) => self.datatype(id).unwrap_or_else(|| {
                // IGAMT writes VARIES without defining it: the type is said by the message.
                if !id.eq_ignore_ascii_case("VARIES") && !id.starts_with("VARIES") {
                    self.problem(format!("{owner}: \"{name}\" has the datatype {id}, which is not defined"));
                }
                NO_TYPE
            }),
        };
        Slot {
            name: name.into(),
            usage: Usage::read(attribute(node, "Usage").unwrap_or("O")),
            datatype,
            min: attribute(node, "Min").and_then(|text| text.parse().ok()).unwrap_or(0),
            max: bound(attribute(node, "Max")),
            length: length(node),
            constant: attribute(node, "ConstantValue").map(Into::into),
        }
    }

    /// The binding that a field or component carries itself.
    fn bind(&mut self, node: Node<'_, '_>, position: usize, type_name: Option<&str>, statements: &mut Statements) {
        let (Some(sets), Ok(position)) = (attribute(node, "Binding"), u16::try_from(position)) else { return };
        let is_coded = matches!(type_name, Some("CE" | "CWE" | "CNE" | "CF"));
        let location = |number: u16| Location {
            code: Path::child(number, 1),
            system: is_coded.then(|| Path::child(number + 2, 1)),
        };
        let locations = match attribute(node, "BindingLocation") {
            None => vec![Location { code: Path::default(), system: None }],
            Some(text) => {
                let numbers = text.split(|letter: char| !letter.is_ascii_digit()).filter_map(|part| part.parse().ok());
                numbers.filter(|number| (1..1_000).contains(number)).map(location).collect()
            }
        };
        let sets = self.set_refs(sets);
        statements.bindings.push(Binding {
            target: Path::child(position, 0),
            sets,
            locations,
            strength: Strength::read(attribute(node, "BindingStrength")),
        });
    }

    fn read_segment(&mut self, node: Node<'_, '_>, names: &[String]) -> Segment {
        let id = attribute(node, "ID").unwrap_or_default();
        let mut statements = Statements::default();
        let mut fields = Vec::new();
        for (at, field) in named(node, "Field").enumerate() {
            let slot = self.read_slot(field, id);
            self.bind(field, at + 1, names.get(slot.datatype as usize).map(String::as_str), &mut statements);
            fields.push(slot);
        }
        let mappings = child(node, "DynamicMapping").into_iter().flat_map(|list| named(list, "Mapping"));
        let dynamic = mappings.filter_map(|mapping| self.read_mapping(mapping, id)).collect();
        Segment {
            id: id.into(),
            name: attribute(node, "Name").unwrap_or(id).into(),
            description: attribute(node, "Description").unwrap_or_default().into(),
            wanted: wanted(&fields),
            fields,
            dynamic,
            slicings: Vec::new(),
            statements,
        }
    }

    fn read_mapping(&mut self, node: Node<'_, '_>, segment: &str) -> Option<Dynamic> {
        let position = attribute(node, "Position").and_then(|text| text.parse().ok());
        let reference = attribute(node, "Reference").and_then(reference);
        let (Some(position), Some(reference)) = (position, reference) else {
            self.problem(format!("{segment}: a dynamic mapping does not say from which field to which"));
            return None;
        };
        let mut cases = Vec::new();
        for case in named(node, "Case") {
            let Some(datatype) = attribute(case, "Datatype").and_then(|id| self.datatype(id)) else {
                self.problem(format!("{segment}: a case of a dynamic mapping names a datatype that is not defined"));
                continue;
            };
            let value = attribute(case, "Value").map(Into::into);
            cases.push(Case { value, second: attribute(case, "SecondValue").map(Into::into), datatype });
        }
        let second = attribute(node, "SecondReference").and_then(self::reference);
        Some(Dynamic { position, reference, second, cases })
    }

    fn read_message(&mut self, node: Node<'_, '_>, file: u32) -> Message {
        let text = |name: &str| attribute(node, name).unwrap_or_default();
        let mut message = Message {
            file,
            id: text("ID").into(),
            identifier: text("Identifier").into(),
            // Guides of a message a file have the name in the description only.
            name: attribute(node, "Name").unwrap_or_else(|| text("Description")).into(),
            kind: text("Type").into(),
            event: text("Event").into(),
            structure_id: text("StructID").into(),
            structure: Builder::new(text("StructID")).finish(),
            places: vec![Place {
                usage: Some(Usage::Required),
                min: 1,
                max: 1,
                statements: Some(0),
                ..Place::default()
            }],
            group_ids: vec![text("ID").into()],
            statements: vec![Statements::default()],
            tables: Vec::new(),
        };
        let mut builder = Builder::new(text("StructID"));
        self.read_children(node, &mut builder, &mut message);
        message.structure = builder.finish();
        message
    }

    fn read_children(&mut self, parent: Node<'_, '_>, builder: &mut Builder, message: &mut Message) {
        for node in children(parent) {
            let (min, max) = (bound(attribute(node, "Min").or(Some("0"))), bound(attribute(node, "Max")));
            let usage = Usage::read(attribute(node, "Usage").unwrap_or("O"));
            // For the search only: what is required counts as missing where it does not come.
            let least = u16::from(usage == Usage::Required);
            let most = u16::try_from(max).unwrap_or(UNBOUNDED);
            match node.tag_name().name() {
                "Segment" => {
                    let Some(segment) = attribute(node, "Ref").and_then(|id| self.segment(id)) else {
                        let text = format!("{}: a segment reference leads nowhere", message.id);
                        self.problem(text);
                        // The position still counts: paths of constraints name children by their number.
                        builder.segment(*b"???", 0, 0);
                        message.places.push(Place::default());
                        message.group_ids.push("".into());
                        continue;
                    };
                    let name = &self.model.segments[segment as usize].name;
                    builder.segment(name.as_bytes().try_into().unwrap_or(*b"???"), least, most);
                    message.places.push(Place { usage: Some(usage), segment, min, max, ..Place::default() });
                    message.group_ids.push("".into());
                }
                "Group" => {
                    let at = message.statements.len() as u32;
                    message.statements.push(Statements::default());
                    builder.open(attribute(node, "Name").unwrap_or("GROUP"), least, most);
                    let place = Place { usage: Some(usage), min, max, statements: Some(at), ..Place::default() };
                    message.places.push(place);
                    message.group_ids.push(attribute(node, "ID").unwrap_or_default().into());
                    self.read_children(node, builder, message);
                    builder.close();
                }
                // The position counts, as for a reference that leads nowhere.
                "Choice" => {
                    let text =
                        format!("{}: a choice of segments is not known; what is in it is not checked", message.id);
                    self.problem(text);
                    builder.segment(*b"???", 0, 0);
                    message.places.push(Place::default());
                    message.group_ids.push("".into());
                }
                other => {
                    let text =
                        format!("{}: the part \"{other}\" of the message is not known; it is not used", message.id);
                    self.problem(text);
                }
            }
        }
    }
}

/// `2` or `3.1`: a field, component and subcomponent.
fn reference(text: &str) -> Option<[u16; 3]> {
    let mut out = [0; 3];
    let mut parts = text.split('.');
    for slot in &mut out {
        let Some(part) = parts.next() else { break };
        let digits = part.split('[').next().unwrap_or_default().trim();
        *slot = digits.parse().ok()?;
    }
    (out[0] > 0).then_some(out)
}

/// The shortest and the longest, from `MinLength` and `MaxLength`, or from a conformance length.
fn length(node: Node<'_, '_>) -> Option<(u32, u32)> {
    let min = attribute(node, "MinLength").and_then(|text| text.parse().ok());
    if let Some(min) = min
        && let Some(max) = attribute(node, "MaxLength")
        && (max == "*" || max.parse::<u32>().is_ok())
    {
        return Some((min, bound(Some(max))));
    }
    let conformance = attribute(node, "ConfLength")?.trim_end_matches(['=', '#']);
    conformance.parse().ok().map(|max| (0, max))
}

/// The form that the values of a primitive type have, by its HL7 name.
fn format_of(name: &str) -> Format {
    match name {
        "NM" => Format::Number,
        "SI" => Format::SequenceId,
        "DT" => Format::Date,
        "TM" => Format::Time,
        "DTM" | "TS" => Format::DateTime,
        _ => Format::Text,
    }
}
