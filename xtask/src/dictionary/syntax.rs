//! Reads a structure written on one line, as `review.toml` gives those that the packages have wrong:
//! `MSH NTE* PATIENT(PID PV1?)? ORDER(ORC CHOICE<OBR|ORO>)+`. Round brackets make a group, pointed ones a choice;
//! `?`, `*` and `+` say how often, nothing means once.

use super::model::{NodeFacts, NodeKind};
use std::iter::Peekable;
use std::str::Chars;

/// Deepest nesting of groups.
const DEPTH_MAX: usize = 12;

pub(super) fn parse(text: &str) -> Result<Vec<NodeFacts>, String> {
    let mut reader = Reader { rest: text.chars().peekable() };
    let nodes = reader.nodes(0)?;
    match reader.rest.next() {
        None if nodes.is_empty() => Err("an empty structure".to_string()),
        None => Ok(nodes),
        Some(found) => Err(format!("`{found}` is not expected")),
    }
}

struct Reader<'a> {
    rest: Peekable<Chars<'a>>,
}

impl Reader<'_> {
    fn nodes(&mut self, depth: usize) -> Result<Vec<NodeFacts>, String> {
        if depth > DEPTH_MAX {
            return Err("groups nest too deep".to_string());
        }
        let mut out = Vec::new();
        loop {
            while self.rest.next_if(|found| matches!(found, ' ' | '|')).is_some() {}
            let mut name = String::new();
            while let Some(letter) = self.rest.next_if(|found| found.is_ascii_alphanumeric() || *found == '_') {
                name.push(letter);
            }
            if name.is_empty() {
                return Ok(out);
            }
            let (kind, children) = if self.rest.next_if_eq(&'(').is_some() {
                (NodeKind::Group, self.inside(&name, ')', depth)?)
            } else if self.rest.next_if_eq(&'<').is_some() {
                (NodeKind::Choice, self.inside(&name, '>', depth)?)
            } else {
                (NodeKind::Segment, Vec::new())
            };
            let (min, max) = match self.rest.next_if(|found| matches!(found, '?' | '*' | '+')) {
                Some('?') => (0, 1),
                Some('*') => (0, 0),
                Some(_) => (1, 0),
                None => (1, 1),
            };
            out.push(NodeFacts { name, kind, min, max, children });
        }
    }

    fn inside(&mut self, name: &str, end: char, depth: usize) -> Result<Vec<NodeFacts>, String> {
        let children = self.nodes(depth + 1)?;
        match self.rest.next() {
            Some(found) if found == end && !children.is_empty() => Ok(children),
            _ => Err(format!("{name} is not closed by `{end}`, or is empty")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_choices_and_how_often() {
        let nodes = parse("MSH NTE* ORDER(ORC DETAIL(CHOICE<OBR|RXO> NTE+)? BLG?)+").unwrap();
        let said: Vec<(&str, u8, u16)> = nodes.iter().map(|node| (node.name.as_str(), node.min, node.max)).collect();
        assert_eq!(said, [("MSH", 1, 1), ("NTE", 0, 0), ("ORDER", 1, 0)]);
        let detail = &nodes[2].children[1];
        assert_eq!((detail.kind, detail.min, detail.max), (NodeKind::Group, 0, 1));
        assert_eq!((detail.children[0].kind, detail.children[0].children.len()), (NodeKind::Choice, 2));
        assert_eq!((detail.children[1].min, detail.children[1].max), (1, 0));
    }

    #[test]
    fn what_is_not_closed_is_refused() {
        for wrong in ["", "MSH (", "A(B", "A(B>", "A()", "A(B))", "A-B"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
