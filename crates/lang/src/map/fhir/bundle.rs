//! The entries of a bundle: made in order, made one where they are the same, given their ids when all is known.
//!
//! Promises: every id and `fullUrl` follows from the identity of the resource, or from the message and the place in it, so
//! a message that is converted again gives the same bytes; two resources of one type and identity are one entry.

use super::{
    machine::too_large,
    plan::{By, Identity, Making},
};
use crate::{
    codes,
    run::{Fault, Site},
};
use fhir::definitions::{Member, Type};
use fhir::names::names;
use fhir::{Kind, Known, Name, Node, NodeId, Place, Tree, Value};
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

#[derive(Debug)]
struct Entry {
    kind: &'static str,
    entry: NodeId,
    full_url: NodeId,
    id: NodeId,
    root: NodeId,
    /// What a server is to do with it.
    request: Request,
    /// It turned out to be this other one.
    same_as: Option<usize>,
    is_live: bool,
}

/// What a server is to do with an entry. The text of the last two is `Patient?identifier=…`.
#[derive(Debug)]
enum Request {
    /// Put it under its own id.
    Put,
    /// Put it in the place of the one that the query finds.
    Update(String),
    /// Make it where the query finds none.
    CreateIfNone(String),
}

/// The entries of one bundle under way.
#[derive(Default)]
pub(super) struct Entries {
    is_bundle: bool,
    /// A hash of what makes the ids of this message differ from those of another.
    seed: [u64; 2],
    list: Vec<Entry>,
    /// Those with an identity, by the id that follows from it.
    by_id: BTreeMap<Id, usize>,
    /// Texts of references, and the resources that they lead to.
    references: Vec<(NodeId, usize)>,
}

impl Entries {
    /// For a bundle whose ids follow from `seed`, or for a single resource.
    pub(super) fn new(is_bundle: bool, seed: impl FnOnce(&mut dyn FnMut(&[u8]))) -> Entries {
        let make = || {
            let mut hash = digest::Context::new(&digest::SHA256);
            seed(&mut |bytes| hash.update(bytes));
            hash.update(&[0]);
            let number = u128::from_be_bytes(Id::first(&hash.finish()));
            [(number >> 64) as u64, number as u64]
        };
        Entries { is_bundle, seed: if is_bundle { make() } else { [0; 2] }, ..Entries::default() }
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
            let (bundle, names) = (tree.root().id(), names());
            let entry = tree.append(bundle, names.entry, Value::Object)?;
            let full_url = tree.add(entry, names.full_url, known(""))?;
            let root = tree.add(entry, names.resource, Value::Object)?;
            tree.add(root, names.resource_type, known(kind))?;
            let id = tree.add(root, names.id, known(""))?;
            Ok(Entry { kind, entry, full_url, id, root, request: Request::Put, same_as: None, is_live: true })
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
        let full = |error: fhir::Error| too_large(site, &error);
        let query = match &making.identity {
            Identity::Message => None,
            Identity::Update(by) | Identity::CreateIfNone(by) => query(kind, tree.node(root), by),
        };
        let Some(query) = query else {
            let id = self.id_of_place(kind, number);
            self.settle(tree, number, id).map_err(full)?;
            let entry = &self.list[number];
            tree.share(entry.id, entry.full_url, URN.len()).map_err(full)?;
            return Ok(Some(number));
        };
        let id = Id::of(digest::digest(&digest::SHA256, query.as_bytes()));
        if let Some(first) = self.by_id.get(&id).copied() {
            self.merge(tree, first, number, site)?;
            return Ok(Some(first));
        }
        self.settle(tree, number, id).map_err(full)?;
        tree.remove(self.list[number].id);
        self.list[number].request = match &making.identity {
            Identity::CreateIfNone(_) => Request::CreateIfNone(query),
            Identity::Message | Identity::Update(_) => Request::Update(query),
        };
        self.by_id.insert(id, number);
        Ok(Some(number))
    }

    fn settle(&self, tree: &mut Tree, number: usize, id: Id) -> Result<(), fhir::Error> {
        let url = id.url();
        tree.replace(self.list[number].full_url, known(std::str::from_utf8(&url).unwrap_or_default()))
    }

    /// The id of a resource of this message alone: by its type and its number.
    fn id_of_place(&self, kind: &str, number: usize) -> Id {
        let [high, low] = self.seed;
        let place = kind.bytes().fold(number as u64, |hash, byte| mixed(hash ^ u64::from(byte)));
        let number = u128::from(mixed(high ^ place)) << 64 | u128::from(mixed(low ^ mixed(place)));
        Id::version_8(number.to_be_bytes())
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
        let (into, from, kind) = (self.list[first].root, self.list[second].root, self.list[first].kind);
        let more: Vec<(NodeId, Name)> = tree
            .node(from)
            .children()
            .filter_map(|child| Some((child.id(), child.name()?)))
            .filter(|(_, name)| *name != names().id && *name != names().resource_type)
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
            // Of a choice one type may be there: the first one's stays.
            if is_chosen(kind, tree.node(into), tree.spell(name)) {
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
                tree.share(*text, entry.full_url, 0)?;
            }
        }
        if !self.is_bundle {
            return Ok(());
        }
        let bundle = tree.root().id();
        let written = tree.root().get(names().kind).and_then(Node::text);
        let has_requests = match wanted {
            Some(wanted) if written != Some(wanted.as_str()) => {
                tree.set(bundle, names().kind, Value::Text(wanted.as_str()))?;
                BundleType::has_requests(wanted.as_str())
            }
            Some(wanted) => BundleType::has_requests(wanted.as_str()),
            None => match written {
                Some(written) => BundleType::has_requests(written),
                None => {
                    tree.add(bundle, names().kind, Value::Text(BundleType::Transaction.as_str()))?;
                    true
                }
            },
        };
        for entry in self.list.iter().filter(|entry| entry.is_live && has_requests) {
            entry.write_request(tree)?;
        }
        Ok(())
    }
}

/// A name of FHIR, or what [`escape`] made: no sign of it needs an escape in JSON.
fn known(text: &str) -> Value<'_> {
    Value::Known(Known::of_plain(text))
}

impl Entry {
    fn write_request(&self, tree: &mut Tree) -> Result<(), fhir::Error> {
        let names = names();
        let request = tree.add(self.entry, names.request, Value::Object)?;
        let method = if matches!(self.request, Request::CreateIfNone(_)) { "POST" } else { "PUT" };
        tree.add(request, names.method, known(method))?;
        match &self.request {
            Request::Put => {
                let uuid = tree.node(self.full_url).text().and_then(|url| url.strip_prefix(URN)).unwrap_or_default();
                let url = [self.kind, "/", uuid].concat();
                tree.add(request, names.url, known(&url))?;
            }
            Request::Update(query) => {
                tree.add(request, names.url, known(query))?;
            }
            Request::CreateIfNone(query) => {
                tree.add(request, names.url, known(self.kind))?;
                let query = query.get(self.kind.len() + 1..).unwrap_or_default();
                tree.add(request, names.if_none_exist, known(query))?;
            }
        }
        Ok(())
    }
}

/// The resource has the choice that a property is of, with another type.
fn is_chosen(kind: &str, root: Node<'_>, property: &str) -> bool {
    let Some(kind) = Type::named(kind) else { return false };
    let of = |property: &str| kind.property(property.trim_start_matches('_')).map(Member::element);
    let Some(choice) = of(property).filter(|element| element.is_choice()) else { return false };
    root.children().filter_map(Node::key).any(|own| of(own) == Some(choice))
}

/// `Patient?identifier=system|value`: the first identifier that has both, else the first that has a value.
fn query(kind: &str, root: Node<'_>, by: &By) -> Option<String> {
    let found = root.get(by.name)?;
    let mut out = String::with_capacity(QUERY_BYTES);
    [kind, "?", &by.parameter, "="].iter().for_each(|part| out.push_str(part));
    if !by.is_identifier {
        escape(found.items().next()?.scalar()?, &mut out);
        return Some(out);
    }
    let (system, value) = (names().system, names().value);
    let has_value = |item: &Node<'_>| item.get(value).and_then(Node::text).is_some();
    let has_both = |item: &Node<'_>| has_value(item) && item.get(system).and_then(Node::text).is_some();
    let chosen = found.items().find(has_both).or_else(|| found.items().find(has_value))?;
    escape(chosen.get(system).and_then(Node::text).unwrap_or(""), &mut out);
    // A system that is empty means "has none": without the bar it would mean any (R4 §3.1.1.4.10, token).
    out.push('|');
    escape(chosen.get(value).and_then(Node::text)?, &mut out);
    Some(out)
}

/// The bytes that stand for themselves in a query.
const PLAIN: [bool; 256] = {
    let mut plain = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        let letter = byte as u8;
        let is_mark = matches!(letter, b'-' | b'.' | b'_' | b'~' | b':' | b'/' | b'@');
        plain[byte] = letter.is_ascii_alphanumeric() || is_mark;
        byte += 1;
    }
    plain
};

/// Characters with a meaning in a search are escaped, those with a meaning in a URL are encoded.
fn escape(text: &str, out: &mut String) {
    let is_plain = |byte: u8| PLAIN[usize::from(byte)];
    if text.bytes().all(is_plain) {
        return out.push_str(text);
    }
    for byte in text.bytes() {
        match byte {
            b',' | b'$' | b'|' | b'\\' => {
                let _ = write!(out, "%5C%{byte:02X}");
            }
            byte if is_plain(byte) => out.push(char::from(byte)),
            _ => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
}

/// Spreads what differs over all bits, each number to another one: the finalizer of SplitMix64.
fn mixed(number: u64) -> u64 {
    let number = (number ^ number >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ number >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ number >> 31
}

/// What the `fullUrl` of a resource without a place on a server begins with (R4 §2.36.4).
const URN: &str = "urn:uuid:";
/// Room for the query of most resources.
const QUERY_BYTES: usize = 128;

/// A UUID of version 8 (RFC 9562 §5.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Id([u8; 16]);

impl Id {
    /// From a hash.
    fn of(hash: digest::Digest) -> Id {
        Id::version_8(Id::first(&hash))
    }

    fn first(hash: &digest::Digest) -> [u8; 16] {
        hash.as_ref().first_chunk::<16>().copied().unwrap_or_default()
    }

    fn version_8(mut id: [u8; 16]) -> Id {
        id[6] = id[6] & 0x0f | 0x80;
        id[8] = id[8] & 0x3f | 0x80;
        Id(id)
    }

    /// What the `fullUrl` of its resource is, in ASCII.
    fn url(self) -> [u8; 45] {
        const HEX: &[u8; 16] = b"0123456789abcdef";
        let mut digits = [0; 32];
        for (pair, byte) in digits.as_chunks_mut::<2>().0.iter_mut().zip(self.0) {
            *pair = [HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]];
        }
        let mut out = *b"urn:uuid:00000000-0000-0000-0000-000000000000";
        for (from, to) in [(0..8, 9..17), (8..12, 18..22), (12..16, 23..27), (16..20, 28..32), (20..32, 33..45)] {
            out[to].copy_from_slice(&digits[from]);
        }
        out
    }
}
