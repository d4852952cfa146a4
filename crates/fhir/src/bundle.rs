//! Bundles: their entries, what a reference in them leads to, and references rewritten.
//!
//! Promises: an entry is found by its `fullUrl` in one look; a relative reference is read from the `fullUrl` of the entry
//! that it stands in (R4 bundle §2.36.4.1).
//! Never: leads to a resource outside of the bundle.
//!
//! ```
//! use fhir::{Tree, bundle::Index};
//!
//! let tree = Tree::read(br#"{"resourceType":"Bundle","type":"collection","entry":[
//!   {"fullUrl":"http://example.org/fhir/Patient/1","resource":{"resourceType":"Patient","id":"1"}},
//!   {"fullUrl":"http://example.org/fhir/Basic/2","resource":{"resourceType":"Basic","subject":{"reference":"Patient/1"}}}]}"#)?;
//! let index = Index::of(tree.root());
//! let patient = index.find("Patient/1", Some("http://example.org/fhir/Basic/2"));
//! assert_eq!(patient.and_then(|patient| patient.resource_type()), Some("Patient"));
//! # Ok::<(), fhir::Error>(())
//! ```

use crate::definitions::Type;
use crate::names::names;
use crate::{Error, Kind, Node, NodeId, Tree, Value};
use std::collections::HashMap;

/// What a bundle is for (`Bundle.type`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "each is the code of its name")]
pub enum BundleKind {
    Document,
    Message,
    Transaction,
    TransactionResponse,
    Batch,
    BatchResponse,
    History,
    Searchset,
    Collection,
}

impl BundleKind {
    const ALL: [(BundleKind, &'static str); 9] = [
        (BundleKind::Document, "document"),
        (BundleKind::Message, "message"),
        (BundleKind::Transaction, "transaction"),
        (BundleKind::TransactionResponse, "transaction-response"),
        (BundleKind::Batch, "batch"),
        (BundleKind::BatchResponse, "batch-response"),
        (BundleKind::History, "history"),
        (BundleKind::Searchset, "searchset"),
        (BundleKind::Collection, "collection"),
    ];

    /// What a bundle says of itself.
    #[must_use]
    pub fn of(bundle: Node<'_>) -> Option<BundleKind> {
        let code = bundle.get(names().kind).and_then(Node::text)?;
        BundleKind::ALL.iter().find(|(_, known)| *known == code).map(|(kind, _)| *kind)
    }

    /// `transaction`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        BundleKind::ALL.iter().find(|(kind, _)| *kind == self).map_or("", |(_, code)| code)
    }

    /// Its entries are requests to a server.
    #[must_use]
    pub fn is_request(self) -> bool {
        matches!(self, BundleKind::Transaction | BundleKind::Batch)
    }

    /// Its entries are answers of a server.
    #[must_use]
    pub fn is_response(self) -> bool {
        matches!(self, BundleKind::TransactionResponse | BundleKind::BatchResponse)
    }
}

/// The entries of a bundle, in order.
pub fn entries(bundle: Node<'_>) -> impl Iterator<Item = Node<'_>> {
    let array = bundle.get(names().entry).filter(|entry| entry.kind() == Kind::Array);
    array.into_iter().flat_map(Node::children)
}

/// The resources of a bundle, in order.
pub fn resources(bundle: Node<'_>) -> impl Iterator<Item = Node<'_>> {
    entries(bundle).filter_map(|entry| entry.get(names().resource))
}

/// Addresses come from who sends the bundle: the hash is seeded.
type Hash = foldhash::quality::RandomState;

/// The entries of a bundle by their `fullUrl`.
pub struct Index<'t> {
    by_url: HashMap<&'t str, Node<'t>, Hash>,
    /// Of entries without a `fullUrl`, and where one is relative: by type and id.
    by_id: HashMap<(&'t str, &'t str), Node<'t>, Hash>,
}

impl<'t> Index<'t> {
    /// Reads a bundle.
    #[must_use]
    pub fn of(bundle: Node<'t>) -> Index<'t> {
        let mut out = Index { by_url: HashMap::default(), by_id: HashMap::default() };
        for entry in entries(bundle) {
            let Some(resource) = entry.get(names().resource) else { continue };
            if let Some(url) = entry.get(names().full_url).and_then(Node::text) {
                out.by_url.entry(url).or_insert(resource);
            }
            if let (Some(ty), Some(id)) = (resource.resource_type(), resource.get(names().id).and_then(Node::text)) {
                out.by_id.entry((ty, id)).or_insert(resource);
            }
        }
        out
    }

    /// The resource that a reference leads to; `from` is the `fullUrl` of the entry that it stands in.
    #[must_use]
    pub fn find(&self, reference: &str, from: Option<&str>) -> Option<Node<'t>> {
        let reference = reference.split_once("/_history/").map_or(reference, |(before, _)| before);
        if let Some(found) = self.by_url.get(reference) {
            return Some(*found);
        }
        let (ty, id) = reference.split_once('/').filter(|(ty, _)| Type::named(ty).is_some())?;
        if let Some(base) = from.and_then(base_of) {
            let found = self.by_url.get(format!("{base}{reference}").as_str());
            if found.is_some() {
                return found.copied();
            }
        }
        self.by_id.get(&(ty, id)).copied()
    }
}

/// The server in a `fullUrl`: `http://example.org/fhir/` of `http://example.org/fhir/Patient/1`.
#[must_use]
pub fn base_of(full_url: &str) -> Option<&str> {
    let (rest, _) = full_url.rsplit_once('/')?;
    let (base, name) = rest.rsplit_once('/')?;
    let is_server = base.contains("://") && Type::named(name).is_some_and(Type::is_resource);
    is_server.then(|| &full_url[..=base.len()])
}

/// Rewrites every reference below a node: what `change` gives for the text of a reference takes its place. Returns how
/// many were changed. Canonicals and URIs stay.
///
/// # Errors
/// E1201: the tree is full.
pub fn rewrite(tree: &mut Tree, node: NodeId, mut change: impl FnMut(&str) -> Option<String>) -> Result<usize, Error> {
    let mut found: Vec<(NodeId, String)> = Vec::new();
    collect(tree.node(node), &mut |reference| {
        if let Some(changed) = reference.text().and_then(&mut change) {
            found.push((reference.id(), changed));
        }
    });
    for (reference, text) in &found {
        tree.replace(*reference, Value::Text(text))?;
    }
    Ok(found.len())
}

/// Calls `each` with every `reference` that is a string.
fn collect<'t>(node: Node<'t>, each: &mut impl FnMut(Node<'t>)) {
    for child in node.children() {
        if child.key() == Some("reference") && child.kind() == Kind::Text {
            each(child);
        } else {
            collect(child, each);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUNDLE: &str = r#"{"resourceType":"Bundle","type":"transaction","entry":[
        {"fullUrl":"urn:uuid:c757873d-ec9a-4326-a141-556f43239520","resource":{"resourceType":"Patient"}},
        {"fullUrl":"http://x/fhir/Organization/1","resource":{"resourceType":"Organization","id":"1"}},
        {"fullUrl":"http://y/fhir/Organization/1","resource":{"resourceType":"Organization","id":"1","name":"y"}},
        {"resource":{"resourceType":"Location","id":"l","managingOrganization":{"reference":"Organization/1"}}},
        {"request":{"method":"DELETE","url":"Patient/2"}}]}"#;

    #[test]
    fn entries_are_found() {
        let tree = Tree::read(BUNDLE.as_bytes()).expect("JSON");
        let index = Index::of(tree.root());
        let check = |reference: &str, from: Option<&str>, expect: Option<&str>| {
            assert_eq!(index.find(reference, from).map(Node::path).as_deref(), expect, "{reference} from {from:?}");
        };
        check("urn:uuid:c757873d-ec9a-4326-a141-556f43239520", None, Some("Bundle.entry[0].resource"));
        check("http://x/fhir/Organization/1", None, Some("Bundle.entry[1].resource"));
        check("http://x/fhir/Organization/1/_history/3", None, Some("Bundle.entry[1].resource"));
        check("Organization/1", Some("http://y/fhir/Basic/7"), Some("Bundle.entry[2].resource"));
        check("Organization/1", None, Some("Bundle.entry[1].resource"));
        check("Location/l", Some("urn:uuid:1"), Some("Bundle.entry[3].resource"));
        check("Location/m", None, None);
        check("urn:uuid:1", None, None);
        check("", None, None);
        assert_eq!((entries(tree.root()).count(), resources(tree.root()).count()), (5, 4));
        assert_eq!(BundleKind::of(tree.root()), Some(BundleKind::Transaction));
    }

    #[test]
    fn servers() {
        assert_eq!(base_of("http://x/fhir/Patient/1"), Some("http://x/fhir/"));
        assert_eq!(base_of("http://x/Patient/1"), Some("http://x/"));
        assert_eq!((base_of("urn:uuid:1"), base_of("http://x/fhir/Zebra/1"), base_of("Patient/1")), (None, None, None));
    }

    #[test]
    fn references_are_rewritten() {
        let mut tree = Tree::read(BUNDLE.as_bytes()).expect("JSON");
        let root = tree.root().id();
        let change = |text: &str| (text == "Organization/1").then(|| "Organization/9".to_owned());
        assert_eq!(rewrite(&mut tree, root, change).expect("rewritten"), 1);
        assert_eq!(rewrite(&mut tree, root, change).expect("rewritten"), 0);
        assert!(String::from_utf8_lossy(&tree.write()).contains("{\"reference\":\"Organization/9\"}"));
    }
}
