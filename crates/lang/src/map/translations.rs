//! What a map looks up in tables, whatever the message: the codes that it asks of its senders.
//!
//! Promises: only places that every message is asked for: no line with a condition, in a turn, or of a shared map, which are
//! about some of the values.
//! Never: runs a line.

use super::{
    MapFile, Work,
    fhir::plan::{Action, CodeFrom, Kind, Source},
};
use crate::{path::ReadPath, program, table::Table};
use hl7v2::Path;
use std::sync::Arc;

impl MapFile {
    /// The places of the source whose values its main map looks up, with the tables.
    #[must_use]
    pub fn translations(&self) -> Vec<(Path, Arc<Table>)> {
        match self.main().map(|map| &map.work) {
            Some(Work::V2 { starts_empty, actions }) => {
                program::translated(actions, !starts_empty).map(|(path, table)| (path.clone(), table.clone())).collect()
            }
            Some(Work::Fhir(map)) => {
                let mut found = Vec::new();
                lines(map.actions(), &mut found);
                found
            }
            Some(Work::FromFhir(_) | Work::Tree(_)) | None => Vec::new(),
        }
    }
}

fn lines(actions: &[Action], found: &mut Vec<(Path, Arc<Table>)>) {
    for action in actions.iter().filter(|action| action.when.is_none()) {
        match &action.kind {
            Kind::Write(write) => {
                found.extend(looked_up(&write.source));
                // A block below a value is about that value.
                if let Some(body) = write.body.as_ref().filter(|_| write.turn.is_none()) {
                    lines(&body.actions, found);
                }
            }
            Kind::Element { body, .. } | Kind::Resource { body, .. } | Kind::Reopen { body, .. } => {
                lines(&body.actions, found);
            }
            Kind::Each { .. } | Kind::When { .. } | Kind::Use { .. } => {}
        }
    }
}

fn looked_up(source: &Source) -> Option<(Path, Arc<Table>)> {
    match source {
        Source::Primitive { value, .. } => {
            let (path, table) = value.looked_up()?;
            Some((message_path(path)?.clone(), table.clone()))
        }
        Source::Coded(coded) => {
            let path = match &coded.from {
                // The code is the first component of the element that the shared map reads.
                CodeFrom::Element { from, .. } => {
                    let mut path = message_path(from)?.clone();
                    path.member.component = path.member.component.or(Some(1));
                    path
                }
                CodeFrom::Value(value) => message_path(value.plain_path()?)?.clone(),
            };
            Some((path, coded.table.clone()))
        }
        Source::Text { .. }
        | Source::Constant(_)
        | Source::Part { .. }
        | Source::PartPrimitive { .. }
        | Source::Named(_)
        | Source::Made { .. } => None,
    }
}

fn message_path(path: &ReadPath) -> Option<&Path> {
    match path {
        ReadPath::Message(path) => Some(path),
        ReadPath::Within { .. }
        | ReadPath::Bound { .. }
        | ReadPath::Element(_)
        | ReadPath::Place(_)
        | ReadPath::Now => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::{MapFile, Scope, Table, Tables, syntax};
    use std::sync::Arc;

    /// The places that a map with these lines looks up, with the names of the tables.
    fn looked_up(head: &str, lines: &str) -> Vec<String> {
        let mut tables = Tables::default();
        let text = "from,to,to_system,to_display\nM,male,http://hl7.org/fhir/administrative-gender,Male\n";
        for name in ["sexes", "wards"] {
            tables.insert(Table::parse(name, &Arc::from(format!("tables/{name}.csv")), text).0);
        }
        let (tree, mut found) =
            syntax::parse("m.map", format!("map probe from hl7v2 2.5.1 ADT_A01 {head} {{\n{lines}\n}}\n"));
        let (file, more) = MapFile::compile(&tree, &Scope::new(&tables));
        found.extend(more);
        let errors: Vec<_> = found.iter().filter(|finding| finding.is_error()).collect();
        assert!(errors.is_empty(), "{errors:#?}");
        file.translations().iter().map(|(path, table)| format!("{path} {}", table.name())).collect()
    }

    #[test]
    fn maps_to_v2() {
        let lines = "PID-8 = PID-8 | code sexes\nPV1-3.1 = PV1-3.1 | trim | code wards\nPV1-2 = PV1-2 | code wards when event = A01\n\
                     PV1-6.1 = PV1-6.1 | code wards else keep\nPV1-10 = PV1-10 | code wards backwards else keep";
        assert_eq!(looked_up("to hl7v2 2.5.1 ADT_A01", lines), ["PID-8 sexes", "PV1-6.1 wards"]);
    }

    #[test]
    fn maps_to_fhir() {
        let lines = "Patient as p {\n gender = PID-8 | code sexes\n maritalStatus = PID-16 | code wards\n}\n\
                     when event = A01 {\n Patient as q { gender = PID-8 | code wards }\n}";
        let found = looked_up("to fhir r4 Bundle", lines);
        assert!(found.contains(&"PID-8.1 sexes".to_owned()), "{found:?}");
        assert!(found.iter().any(|place| place.starts_with("PID-16")), "{found:?}");
        assert!(
            !found.contains(&"PID-8.1 wards".to_owned()),
            "a line with a condition is about some messages: {found:?}"
        );
    }
}
