//! The entries of a bundle: made in order, made one where they are the same, given their ids when all is known.
//!
//! Promises: every id and `fullUrl` follows from the identity of the resource, or from the message and the place in it, so
//! a message that is converted again gives the same bytes; two resources of one type and identity are one entry.

use super::{
    machine::{known, too_large},
    plan::{By, Identity, Making},
};
use crate::{
    codes,
    run::{Fault, Site},
};
use fhir::{Kind, Name, Node, NodeId, Place, Tree, Value};
use ring::digest;
use std::{collections::BTreeMap, fmt::Write};

/// Entries of one bundle.
pub(crate) const ENTRIES_MAX: usize = 10_000;

/// The kinds of bundle that a map can make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BundleType {
    /// What a server is to do, with a request for each entry.
    Transaction,
    /// The same, each entry for itself.
    Batch,
    /// A message, with its MessageHeader first.
    Message,
    /// Resources without more.
    Collection,
}

impl BundleType {
    /// All, with their codes.
    pub const ALL: [(&'static str, BundleType); 4] = [
        ("transaction", BundleType::Transaction),
        ("batch", BundleType::Batch),
        ("message", BundleType::Message),
        ("collection", BundleType::Collection),
    ];
    /// The code of FHIR.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        BundleType::ALL.iter().find(|(_, kind)| *kind == self).map_or("transaction", |(name, _)| name)
    }
    fn has_requests(code: &str) -> bool {
        matches!(code, "transaction" | "batch")
    }
}

/// What a server is to do with an entry.
#[derive(Debug, Default)]
struct Request {
    is_post: bool,
    url: String,
    if_none_exist: Option<String>,
}

#[derive(Debug)]
struct Entry {
    kind: &'static str,
    entry: NodeId,
    full_url: NodeId,
    id: NodeId,
    root: NodeId,
    url: String,
    request: Request,
    /// It turned out to be this other one.
    same_as: Option<usize>,
    is_live: bool,
}

/// The entries of one bundle under way.
#[derive(Debug, Default)]
pub(super) struct Entries {
    is_bundle: bool,
    seed: Vec<u8>,
    list: Vec<Entry>,
    by_key: BTreeMap<String, usize>,
    /// Texts of references, and the resources that they lead to.
    references: Vec<(NodeId, usize)>,
}

impl Entries {
    /// For a bundle whose ids follow from `seed`, or for a single resource.
    pub(super) fn new(is_bundle: bool, seed: Vec<u8>) -> Entries {
        Entries { is_bundle, seed, ..Entries::default() }
    }

    /// Begins a resource: its number, and the object to fill. `None` in a map for a single resource.
    pub(super) fn open(
        &mut self,
        tree: &mut Tree,
        kind: &'static str,
        site: &Site,
    ) -> Result<Option<(usize, NodeId)>, Fault> {
        if !self.is_bundle {
            return Ok(None);
        }
        if self.list.len() >= ENTRIES_MAX {
            return Err(site.fault(codes::E2603, format!("a bundle has at most {ENTRIES_MAX} entries")));
        }
        let mut make = || -> Result<Entry, fhir::Error> {
            let bundle = tree.root().id();
            let entry = tree.append(bundle, known("entry"), Value::Object)?;
            let full_url = tree.set(entry, known("fullUrl"), Value::Text(""))?;
            let root = tree.set(entry, known("resource"), Value::Object)?;
            tree.set(root, "resourceType", Value::Text(kind))?;
            let id = tree.set(root, known("id"), Value::Text(""))?;
            let (url, request) = (String::new(), Request::default());
            Ok(Entry { kind, entry, full_url, id, root, url, request, same_as: None, is_live: true })
        };
        let entry = make().map_err(|error| too_large(site, &error))?;
        let root = entry.root;
        self.list.push(entry);
        Ok(Some((self.list.len() - 1, root)))
    }

    /// Takes a resource back that holds nothing of the message.
    pub(super) fn give_up(&mut self, tree: &mut Tree, number: usize) {
        self.drop_entry(tree, number);
    }

    /// Ends a resource: the one that it is, or `None` when it stayed empty.
    pub(super) fn close(
        &mut self,
        tree: &mut Tree,
        number: usize,
        making: &Making,
        site: &Site,
    ) -> Result<Option<usize>, Fault> {
        let (root, kind) = (self.list[number].root, self.list[number].kind);
        // `resourceType` and the id are there from the start.
        if tree.node(root).children().nth(2).is_none() {
            self.drop_entry(tree, number);
            return Ok(None);
        }
        let query = match &making.identity {
            Identity::Message => None,
            Identity::Update(by) | Identity::CreateIfNone(by) => query(tree.node(root), by),
        };
        let Some(query) = query else {
            let id = self.uuid(&format!("{kind} {number}"));
            self.settle(tree, number, &id, site)?;
            self.list[number].request = Request { is_post: false, url: format!("{kind}/{id}"), if_none_exist: None };
            tree.replace(self.list[number].id, Value::Text(&id)).map_err(|error| too_large(site, &error))?;
            return Ok(Some(number));
        };
        let key = format!("{kind}?{query}");
        if let Some(first) = self.by_key.get(&key).copied() {
            self.merge(tree, first, number, site)?;
            return Ok(Some(first));
        }
        let id = uuid_of(key.as_bytes());
        self.settle(tree, number, &id, site)?;
        let own = self.list[number].id;
        tree.remove(own);
        self.list[number].request = match &making.identity {
            Identity::CreateIfNone(_) => Request { is_post: true, url: kind.to_owned(), if_none_exist: Some(query) },
            Identity::Message | Identity::Update(_) => {
                Request { is_post: false, url: key.clone(), if_none_exist: None }
            }
        };
        self.by_key.insert(key, number);
        Ok(Some(number))
    }

    fn settle(&mut self, tree: &mut Tree, number: usize, id: &str, site: &Site) -> Result<(), Fault> {
        let url = format!("urn:uuid:{id}");
        tree.replace(self.list[number].full_url, Value::Text(&url)).map_err(|error| too_large(site, &error))?;
        self.list[number].url = url;
        Ok(())
    }

    fn drop_entry(&mut self, tree: &mut Tree, number: usize) {
        let entry = self.list[number].entry;
        let array = tree.node(entry).parent().map(Node::id);
        tree.remove(entry);
        self.list[number].is_live = false;
        if let Some(array) = array.filter(|array| tree.node(*array).is_empty()) {
            tree.remove(array);
        }
    }

    /// What the first lacks is taken from the second, items of what repeats too; the second is then gone.
    fn merge(&mut self, tree: &mut Tree, first: usize, second: usize, site: &Site) -> Result<(), Fault> {
        let (into, from) = (self.list[first].root, self.list[second].root);
        let more: Vec<(NodeId, Name)> = tree
            .node(from)
            .children()
            .filter_map(|child| Some((child.id(), child.name()?)))
            .filter(|(_, name)| *name != known("id") && *name != known("resourceType"))
            .collect();
        for (node, name) in more {
            if let Some(own) = tree.node(into).get(name) {
                if own.kind() == Kind::Array {
                    let own = own.id();
                    let items: Vec<NodeId> = tree.node(node).items().map(Node::id).collect();
                    for item in items {
                        if !tree.node(own).items().any(|known| self.is_same(known, tree.node(item))) {
                            tree.relocate(item, Place::Last(own)).map_err(|error| too_large(site, &error))?;
                        }
                    }
                }
                continue;
            }
            tree.relocate(node, Place::Property(into, name.into())).map_err(|error| too_large(site, &error))?;
        }
        self.drop_entry(tree, second);
        self.list[second].same_as = Some(first);
        Ok(())
    }

    /// The same values, and references to the same resources: their texts are still empty.
    fn is_same(&self, one: Node<'_>, other: Node<'_>) -> bool {
        let targets = |item: Node<'_>| -> Vec<Option<NodeId>> {
            let is_inside = |text: NodeId| {
                std::iter::successors(Some(item.tree().node(text)), |node| node.parent()).any(|at| at.id() == item.id())
            };
            let inside = self.references.iter().filter(|(text, _)| is_inside(*text));
            inside.map(|(_, resource)| self.root_of(*resource)).collect()
        };
        one.is_same(other) && targets(one) == targets(other)
    }

    /// The object of a resource, of the one that it turned out to be.
    pub(super) fn root_of(&self, resource: usize) -> Option<NodeId> {
        let mut at = resource;
        while let Some(same) = self.list.get(at)?.same_as {
            at = same;
        }
        self.list.get(at).map(|entry| entry.root)
    }

    /// A reference whose text is filled in at the end.
    pub(super) fn refer(&mut self, text: NodeId, resource: usize) {
        self.references.push((text, resource));
    }

    /// Fills in references and requests. `wanted` overrides the type of bundle that the map wrote.
    pub(super) fn finish(&self, tree: &mut Tree, wanted: Option<BundleType>, site: &Site) -> Result<(), Fault> {
        self.finish_inside(tree, wanted).map_err(|error| too_large(site, &error))
    }

    fn finish_inside(&self, tree: &mut Tree, wanted: Option<BundleType>) -> Result<(), fhir::Error> {
        for (text, resource) in &self.references {
            let mut at = *resource;
            while let Some(same) = self.list.get(at).and_then(|entry| entry.same_as) {
                at = same;
            }
            if let Some(entry) = self.list.get(at) {
                tree.replace(*text, Value::Text(&entry.url))?;
            }
        }
        if !self.is_bundle {
            return Ok(());
        }
        let bundle = tree.root().id();
        let written = tree.root().get(known("type")).and_then(Node::text).map(str::to_owned);
        let code = wanted.map(|wanted| wanted.as_str().to_owned()).or_else(|| written.clone());
        let code = code.unwrap_or_else(|| BundleType::Transaction.as_str().to_owned());
        if written.as_deref() != Some(&code) {
            tree.set(bundle, known("type"), Value::Text(&code))?;
        }
        if BundleType::has_requests(&code) {
            for entry in self.list.iter().filter(|entry| entry.is_live) {
                let request = tree.set(entry.entry, known("request"), Value::Object)?;
                tree.set(request, known("method"), Value::Text(if entry.request.is_post { "POST" } else { "PUT" }))?;
                tree.set(request, known("url"), Value::Text(&entry.request.url))?;
                if let Some(query) = &entry.request.if_none_exist {
                    tree.set(request, known("ifNoneExist"), Value::Text(query))?;
                }
            }
        }
        Ok(())
    }

    fn uuid(&self, place: &str) -> String {
        let mut text = self.seed.clone();
        text.push(0);
        text.extend_from_slice(place.as_bytes());
        uuid_of(&text)
    }
}

/// `identifier=system|value`: the first identifier that has both, else the first that has a value.
fn query(root: Node<'_>, by: &By) -> Option<String> {
    let found = root.get(by.name)?;
    let mut out = format!("{}=", by.parameter);
    if !by.is_identifier {
        escape(found.items().next()?.scalar()?, &mut out);
        return Some(out);
    }
    let (system, value) = (known("system"), known("value"));
    let has_value = |item: &Node<'_>| item.get(value).and_then(Node::text).is_some();
    let has_both = |item: &Node<'_>| has_value(item) && item.get(system).and_then(Node::text).is_some();
    let chosen = found.items().find(has_both).or_else(|| found.items().find(has_value))?;
    escape(chosen.get(system).and_then(Node::text).unwrap_or(""), &mut out);
    // A system that is empty means "has none": without the bar it would mean any (R4 §3.1.1.4.10, token).
    out.push('|');
    escape(chosen.get(value).and_then(Node::text)?, &mut out);
    Some(out)
}

/// Characters with a meaning in a search are escaped, those with a meaning in a URL are encoded.
fn escape(text: &str, out: &mut String) {
    for byte in text.bytes() {
        match byte {
            b',' | b'$' | b'|' | b'\\' => {
                let _ = write!(out, "%5C%{byte:02X}");
            }
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b':' | b'/' | b'@' => {
                out.push(char::from(byte))
            }
            _ => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
}

/// A UUID of version 8 (RFC 9562 §5.8) from a hash of `bytes`.
fn uuid_of(bytes: &[u8]) -> String {
    let digest = digest::digest(&digest::SHA256, bytes);
    let mut id: [u8; 16] = digest.as_ref()[..16].try_into().unwrap_or_default();
    id[6] = id[6] & 0x0f | 0x80;
    id[8] = id[8] & 0x3f | 0x80;
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let mut out = String::with_capacity(36);
    for (at, byte) in id.iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            out.push('-');
        }
        out.push(char::from(HEX[usize::from(byte >> 4)]));
        out.push(char::from(HEX[usize::from(byte & 15)]));
    }
    out
}
