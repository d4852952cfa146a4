//! "Did you mean".

use hl7v2::dictionary::{Dictionary, Version};
use std::collections::BTreeSet;

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
    fn mistakes() {
        assert_eq!(similar("PDI-5").as_deref(), Some("PD1-5"));
        assert_eq!(similar("ADT_A011").as_deref(), Some("ADT_A01"));
        assert_eq!(similar("what is this"), None);
    }
}
