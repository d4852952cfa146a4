//! Search by words, and "did you mean".

use hl7v2::dictionary::{Dictionary, Version};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Something whose name has all the words.
pub struct Hit {
    /// What to ask for to see it: `PID-6`, `XPN.1`, `table 0001`.
    pub place: String,
    /// Its name.
    pub text: String,
}

impl Hit {
    pub fn json(&self) -> Value {
        json!({"place": self.place, "text": self.text})
    }
}

/// Everything of a version whose name has all the words: fields first, then types, tables, structures, events, codes.
pub fn search(version: Version, words: &[String]) -> Vec<Hit> {
    let dictionary = Dictionary::of(version);
    let words: Vec<String> = words.iter().flat_map(|word| word.split_whitespace()).map(folded).collect();
    let mut hits = Vec::new();
    let mut offer = |place: String, text: &str| {
        let name = folded(text);
        if words.iter().all(|word| name.contains(word)) {
            hits.push(Hit { place, text: text.to_owned() });
        }
    };
    for segment in dictionary.segments() {
        offer(segment.id().to_owned(), segment.name());
        segment.fields().for_each(|field| offer(format!("{}-{}", segment.id(), field.number()), field.name()));
    }
    for kind in dictionary.datatypes() {
        offer(kind.id().to_owned(), kind.name());
        kind.components().for_each(|part| offer(format!("{}.{}", kind.id(), part.number()), part.name()));
    }
    dictionary.tables().for_each(|table| offer(format!("table {:04}", table.number()), table.name()));
    dictionary.structures().for_each(|structure| offer(structure.id().to_owned(), structure.name()));
    for trigger in dictionary.trigger_events().flat_map(|event| event.triggers().collect::<Vec<_>>()) {
        offer(format!("{}^{}", trigger.message_type, trigger.event), trigger.name);
    }
    for table in dictionary.tables() {
        let place = format!("table {:04}", table.number());
        table.codes().for_each(|code| offer(place.clone(), &format!("{}  {}", code.code, code.display)));
    }
    hits
}

/// Small letters, apostrophes away: `mothers maiden` finds `Mother's Maiden Name`.
fn folded(text: &str) -> String {
    text.chars().filter(|letter| !matches!(letter, '\'' | '’')).flat_map(char::to_lowercase).collect()
}

/// The name that is nearest to a word that is none.
pub fn similar(text: &str) -> Option<String> {
    let (head, tail) = match text.find(['-', '.']) {
        Some(at) => text.split_at(at),
        None => (text, ""),
    };
    let wanted = head.to_ascii_uppercase();
    let mut names = BTreeSet::new();
    for version in Version::ALL {
        let dictionary = Dictionary::of(version);
        // A dash stands behind a segment only, a dot behind a data type.
        if !tail.starts_with('.') {
            names.extend(dictionary.segments().map(|found| found.id()));
        }
        if !tail.starts_with('-') {
            names.extend(dictionary.datatypes().map(|found| found.id()));
        }
        if tail.is_empty() {
            names.extend(dictionary.structures().map(|found| found.id()));
            names.extend(dictionary.trigger_events().map(|found| found.code()));
        }
    }
    let most = if wanted.len() <= 3 { 1 } else { 2 };
    let near = names.into_iter().map(|name| (distance(name, &wanted), name)).filter(|(far, _)| *far <= most).min()?;
    if near.0 == 0 {
        return None;
    }
    Some(format!("{}{tail}", near.1))
}

/// How many letters to change, add or leave out.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (at, letter) in left.chars().enumerate() {
        let mut corner = std::mem::replace(&mut row[0], at + 1);
        for (place, other) in right.iter().enumerate() {
            let cost = corner + usize::from(letter != *other);
            corner = row[place + 1];
            row[place + 1] = cost.min(corner + 1).min(row[place] + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_mistakes() {
        let find = |words: &[&str]| {
            let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
            search(Version::V2_5_1, &words).into_iter().map(|hit| hit.place).collect::<Vec<_>>()
        };
        assert!(find(&["mother", "maiden"]).contains(&"PID-6".to_owned()));
        assert!(find(&["mothers maiden"]).contains(&"PID-6".to_owned()));
        assert!(find(&["ambiguous"]).contains(&"table 0001".to_owned()));
        assert_eq!(find(&["nothing like it"]), Vec::<String>::new());
        assert_eq!(similar("PDI-5").as_deref(), Some("PD1-5"));
        assert_eq!(similar("ADT_A011").as_deref(), Some("ADT_A01"));
        assert_eq!(similar("what is this"), None);
    }
}
