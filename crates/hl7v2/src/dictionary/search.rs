//! What is called so: everything of a version whose name has all the words.

use super::Dictionary;

/// What kind of thing was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HitKind {
    /// `PID`.
    Segment,
    /// `PID-6`.
    Field,
    /// `XPN`.
    Datatype,
    /// `XPN.1`.
    Component,
    /// `table 0001`.
    Table,
    /// `ADT_A01`.
    Structure,
    /// `ADT^A01`.
    Event,
    /// A code of a table, found at the table.
    Code,
}

/// Something whose name has all the words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// What it is.
    pub kind: HitKind,
    /// What to ask for to see it: `PID-6`, `XPN.1`, `table 0001`.
    pub place: String,
    /// Its name.
    pub name: String,
}

impl Dictionary {
    /// Everything whose name has all the words: segments with their fields first, then types, tables, structures, events,
    /// codes. Case and apostrophes do not matter: `mothers maiden` finds `Mother's Maiden Name`. No word finds nothing.
    #[must_use]
    pub fn search(self, words: &str) -> Vec<Hit> {
        let words: Vec<String> = words.split_whitespace().map(folded).collect();
        let mut hits = Vec::new();
        let mut offer = |kind, place: String, name: &str| {
            let text = folded(name);
            if !words.is_empty() && words.iter().all(|word| text.contains(word)) {
                hits.push(Hit { kind, place, name: name.to_owned() });
            }
        };
        for segment in self.segments() {
            let id = segment.id();
            offer(HitKind::Segment, id.to_owned(), segment.name());
            segment.fields().for_each(|of| offer(HitKind::Field, format!("{id}-{}", of.number()), of.name()));
        }
        for kind in self.datatypes() {
            let id = kind.id();
            offer(HitKind::Datatype, id.to_owned(), kind.name());
            kind.components().for_each(|of| offer(HitKind::Component, format!("{id}.{}", of.number()), of.name()));
        }
        self.tables().for_each(|table| offer(HitKind::Table, format!("table {:04}", table.number()), table.name()));
        self.structures().for_each(|of| offer(HitKind::Structure, of.id().to_owned(), of.name()));
        for trigger in self.trigger_events().flat_map(|event| event.triggers().collect::<Vec<_>>()) {
            offer(HitKind::Event, format!("{}^{}", trigger.message_type, trigger.event), trigger.name);
        }
        for table in self.tables() {
            let place = format!("table {:04}", table.number());
            let code = |code: super::Code| format!("{}  {}", code.code, code.display);
            table.codes().for_each(|of| offer(HitKind::Code, place.clone(), &code(of)));
        }
        hits
    }
}

/// Small letters, apostrophes away.
fn folded(text: &str) -> String {
    text.chars().filter(|letter| !matches!(letter, '\'' | '’')).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dictionary::Version;

    #[test]
    fn words() {
        let find = |words: &str| Dictionary::of(Version::V2_5_1).search(words);
        let check = |words: &str, kind: HitKind, place: &str| {
            let found = find(words);
            assert!(found.iter().any(|hit| hit.kind == kind && hit.place == place), "{words}: {found:?}");
        };
        check("mother maiden", HitKind::Field, "PID-6");
        check("MOTHERS  maiden", HitKind::Field, "PID-6");
        check("ambiguous", HitKind::Code, "table 0001");
        check("administrative sex", HitKind::Table, "table 0001");
        check("family name", HitKind::Component, "XPN.1");
        assert_eq!(find("nothing like it"), []);
        assert_eq!(find(" "), []);
    }
}
