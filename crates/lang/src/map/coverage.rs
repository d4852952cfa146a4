//! What a map leaves out: places of a message that have a value and went nowhere.
//!
//! A place is covered when a line that wrote something read it, or when a line `ignore PATH reason TEXT` names it.

use super::{Ignored, fhir::lineage};
use crate::Origins;
use hl7v2::Message;

/// Places with a value that neither went anywhere nor are ignored, in order of the message.
#[must_use]
pub fn uncovered(message: &Message, origins: &Origins, ignored: &[Ignored]) -> Vec<String> {
    let places = lineage::places(message);
    let read: Vec<&str> = origins.origins.iter().flat_map(|origin| &origin.sources).map(String::as_str).collect();
    let is_leaf = |at: usize| places.get(at + 1).is_none_or(|(_, next)| next.start >= places[at].1.end);
    let mut out = Vec::new();
    for (at, (path, _)) in places.iter().enumerate().filter(|(at, _)| is_leaf(*at)) {
        let is_separator = path.ends_with("-1") || path.ends_with("-2");
        let is_header = path.starts_with("MSH-") || path.starts_with("BHS-") || path.starts_with("FHS-");
        if is_separator && is_header {
            continue;
        }
        let is_read = read.iter().any(|source| is_inside(path, source));
        let plain = without_indexes(path);
        let is_ignored = ignored.iter().any(|one| is_inside(&plain, &one.path) || is_segment(&plain, &one.path));
        if !is_read && !is_ignored {
            out.push(path.clone());
        }
        let _ = at;
    }
    out
}

/// `inner` is `outer`, or a part of it.
fn is_inside(inner: &str, outer: &str) -> bool {
    !outer.is_empty() && inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

fn is_segment(path: &str, segment: &str) -> bool {
    segment.len() == 3 && path.strip_prefix(segment).is_some_and(|rest| rest.starts_with('-'))
}

/// `OBX[2]-5[1].1` as `OBX-5.1`.
#[must_use]
pub fn without_indexes(path: &str) -> String {
    let mut depth = 0;
    path.chars()
        .filter(|c| {
            match c {
                '[' => depth += 1,
                ']' => depth -= 1,
                _ => return depth == 0,
            }
            false
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Origin;

    #[test]
    fn what_went_nowhere() {
        let (message, _) = Message::parse("MSH|^~\\&|LAB\rPID|1||7^^^N~8||Doe^Jane|||F\rZPD|x\r");
        let origin = |source: &str| Origin {
            element: String::new(),
            file: "m".into(),
            line: 1,
            sources: vec![source.to_owned()],
        };
        let origins = Origins { origins: vec![origin("PID-5"), origin("PID-3[1].1")], ..Origins::default() };
        let ignored = [
            Ignored { path: "PID-1".into(), reason: "a number".into() },
            Ignored { path: "ZPD".into(), reason: "own".into() },
        ];
        assert_eq!(uncovered(&message, &origins, &ignored), ["MSH-3", "PID-3[1].4", "PID-3[2]", "PID-8"]);
        assert_eq!(without_indexes("OBX[2]-5[1].1"), "OBX-5.1");
    }
}
