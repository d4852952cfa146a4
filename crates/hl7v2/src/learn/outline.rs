//! What was counted of one message type, as an outline: what is there always is required, what never was is not sent.

use super::{Kind, Part as Counted, Segment};
use crate::dictionary::{self, Dictionary};
use crate::profile::outline::{Codes, Node, NodeKind, Outline, Part, Seen, Usage};
use crate::structure::{Kind as Placed, NodeId};
use std::sync::Arc;

impl Kind {
    /// What was counted, laid out to be compared.
    #[must_use]
    pub fn outline(&self) -> Outline {
        let dictionary = Dictionary::of(self.version);
        let mut nodes = self.children(0, dictionary);
        for (id, count) in &self.loose {
            let name = String::from_utf8_lossy(id).into_owned();
            nodes.push(self.node(name, NodeKind::Segment, count, Vec::new(), dictionary));
        }
        Outline {
            name: format!("{} messages of {} {}", self.messages, self.version, self.structure),
            kind: self.structure.split('_').next().unwrap_or_default().to_owned(),
            trigger_event: self.events.keys().cloned().collect::<Vec<_>>().join(" "),
            structure: self.structure.to_owned(),
            version: Some(self.version),
            nodes,
            is_observed: true,
            ..Outline::default()
        }
    }

    fn children(&self, group: NodeId, dictionary: Dictionary) -> Vec<Node> {
        let child = |at: &NodeId| {
            let node = self.compiled.node(*at);
            let kind = match node.kind {
                Placed::Segment(_) => NodeKind::Segment,
                Placed::Group => NodeKind::Group,
                Placed::Choice => NodeKind::Choice,
            };
            let inner = if kind == NodeKind::Segment { Vec::new() } else { self.children(*at, dictionary) };
            self.node(node.name.to_string(), kind, &self.nodes[*at as usize], inner, dictionary)
        };
        self.compiled.children(group).iter().map(child).collect()
    }

    fn node(
        &self,
        name: String,
        kind: NodeKind,
        count: &super::Count,
        nodes: Vec<Node>,
        dictionary: Dictionary,
    ) -> Node {
        let rules = dictionary.segment(&name);
        let own = <[u8; 3]>::try_from(name.as_bytes()).ok().and_then(|id| self.segments.get(&id));
        let parts = own.filter(|_| kind == NodeKind::Segment).map(|own| fields(own, rules)).unwrap_or_default();
        Node {
            kind,
            title: rules.map(|rules| rules.name().to_owned()).unwrap_or_default(),
            name,
            usage: usage(count.present, count.of),
            condition: None,
            min: count.least,
            max: Some(count.most),
            seen: Some(Seen { present: count.present, of: count.of }),
            nodes,
            parts,
        }
    }
}

fn usage(present: u64, of: u64) -> Usage {
    match present {
        0 => Usage::NotSupported,
        _ if present == of => Usage::Required,
        _ => Usage::Optional,
    }
}

fn fields(segment: &Segment, rules: Option<dictionary::Segment>) -> Vec<Part> {
    let field = |(index, counted): (usize, &Counted)| {
        let number = index as u16 + 1;
        part(number, counted, segment.count, rules.and_then(|rules| rules.field(number)))
    };
    segment.fields.iter().enumerate().map(field).collect()
}

fn part(number: u16, counted: &Counted, of: u64, rules: Option<dictionary::Part>) -> Part {
    let datatype = rules.and_then(dictionary::Part::datatype);
    let inner = |(index, own): (usize, &Counted)| {
        let number = index as u16 + 1;
        part(number, own, counted.total, datatype.and_then(|datatype| datatype.component(number)))
    };
    Part {
        number,
        name: rules.map(|rules| rules.name().to_owned()).unwrap_or_default(),
        usage: usage(counted.present, of),
        condition: None,
        min: u32::from(counted.present == of && of > 0),
        max: Some(counted.most),
        length: counted.values.as_ref().map(|values| (values.shortest, Some(values.longest))),
        datatype: rules.map(|rules| rules.type_name().to_owned()).unwrap_or_default(),
        types: Vec::new(),
        constant: None,
        codes: codes(counted),
        seen: Some(Seen { present: counted.present, of }),
        parts: counted.parts.iter().enumerate().map(inner).collect(),
    }
}

fn codes(counted: &Counted) -> Option<Arc<Codes>> {
    let codes = counted.values.as_ref()?.codes();
    (!codes.listed.is_empty()).then(|| {
        Arc::new(Codes {
            name: "seen".to_owned(),
            codes: codes.listed.iter().map(|listed| listed.code.to_owned()).collect(),
            is_open: !codes.is_whole(),
            ..Codes::default()
        })
    })
}
