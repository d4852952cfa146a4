//! Message structures of the dictionary, compiled for the placement of segments, each once for the life of the process.
//!
//! Promises: at most one per definition of the dictionary, which is a fixed file.

use crate::dictionary::{self, Node, NodeKind, Nodes};
use crate::structure::{Builder, Structure, model::UNBOUNDED};
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

/// A structure to place segments in.
pub(super) struct Compiled {
    pub(super) structure: Structure,
    /// A place is for any segment: none is unexpected.
    pub(super) is_open: bool,
}

static COMPILED: RwLock<BTreeMap<usize, Arc<Compiled>>> = RwLock::new(BTreeMap::new());

/// The compiled form of a structure.
pub(super) fn compiled(of: dictionary::Structure) -> Arc<Compiled> {
    let known = COMPILED.read().unwrap_or_else(PoisonError::into_inner).get(&of.identity()).cloned();
    known.unwrap_or_else(|| {
        let made = Arc::new(compile(of));
        COMPILED.write().unwrap_or_else(PoisonError::into_inner).entry(of.identity()).or_insert(made).clone()
    })
}

fn compile(of: dictionary::Structure) -> Compiled {
    let mut builder = Builder::new(of.id());
    let mut is_open = false;
    add(&mut builder, of.nodes(), &mut is_open);
    Compiled { structure: builder.finish(), is_open }
}

fn add(builder: &mut Builder, nodes: Nodes, is_open: &mut bool) {
    for node in nodes {
        let (min, max) = (node.min(), node.max().unwrap_or(UNBOUNDED));
        match node.kind() {
            NodeKind::Segment => match segment_id(node) {
                Some(id) => {
                    builder.segment(id, min, max);
                }
                None => *is_open = true,
            },
            NodeKind::Group => {
                builder.open(node.name(), min, max);
                add(builder, node.children(), is_open);
                builder.close();
            }
            NodeKind::Choice => {
                builder.open_choice(node.name(), min, max);
                add(builder, node.children(), is_open);
                builder.close();
            }
        }
    }
}

/// The id of a segment; `None` for a place that stands for any (`anyHL7Segment`, `Hxx`).
fn segment_id(node: Node) -> Option<[u8; 3]> {
    let id: [u8; 3] = node.name().as_bytes().try_into().ok()?;
    id.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit()).then_some(id).filter(|id| id != b"ANY")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dictionary::{Dictionary, Version};

    #[test]
    fn every_structure_compiles_and_once() {
        let mut count = 0;
        for version in Version::ALL {
            for structure in Dictionary::of(version).structures() {
                let first = compiled(structure);
                assert!(Arc::ptr_eq(&first, &compiled(structure)), "{version} {}", structure.id());
                assert!(first.is_open || first.structure.nodes().len() > 1, "{version} {}", structure.id());
                count += 1;
            }
        }
        assert!(count > 1_000, "{count}");
    }
}
