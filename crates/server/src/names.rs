//! What the standard calls the places of a message: names by path, for those who look at one.
//!
//! Promises: an unknown version is answered by the newest one that is near; an unknown segment has no names.
//! Never: values, or anything about a message.

use hl7v2::dictionary::{Dictionary, Segment, Version};
use std::collections::BTreeMap;

/// Segments that one question may name.
pub(crate) const SEGMENTS_MAX: usize = 200;

/// `PID`, `PID-3`, `PID-3.1` and their names, for these segments of a version.
pub(crate) fn names<'s>(version: &str, segments: impl Iterator<Item = &'s str>) -> BTreeMap<String, &'static str> {
    let dictionary = Dictionary::of(Version::nearest(version).unwrap_or(Version::V2_5_1));
    let mut out = BTreeMap::new();
    for id in segments.take(SEGMENTS_MAX) {
        if let Some(segment) = dictionary.segment(id) {
            put(&mut out, segment);
        }
    }
    out
}

fn put(out: &mut BTreeMap<String, &'static str>, segment: Segment) {
    let id = segment.id();
    out.insert(id.to_owned(), segment.name());
    for field in segment.fields() {
        let path = format!("{id}-{}", field.number());
        for part in field.datatype().into_iter().flat_map(|of| of.components()) {
            let below = format!("{path}.{}", part.number());
            for small in part.datatype().into_iter().flat_map(|of| of.components()) {
                out.insert(format!("{below}.{}", small.number()), small.name());
            }
            out.insert(below, part.name());
        }
        out.insert(path, field.name());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_by_path() {
        let found = names("2.5.1", ["PID", "ZZZ"].into_iter());
        let check = |path: &str, expect: Option<&str>| assert_eq!(found.get(path).copied(), expect, "{path}");
        check("PID-5", Some("Patient Name"));
        check("PID-5.2", Some("Given Name"));
        check("PID-3.4.1", Some("Namespace ID"));
        check("PID-99", None);
        check("ZZZ", None);
        assert!(names("9.9", ["PID"].into_iter()).contains_key("PID"));
    }
}
