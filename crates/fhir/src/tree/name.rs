//! Property names as numbers. The names of FHIR R4 have fixed numbers; a tree numbers the others as it meets them.
//!
//! A name and its `_` form, which carries the id and the extensions of a primitive, differ in one bit.

use std::collections::BTreeMap;
use std::sync::OnceLock;

/// Every element name of FHIR R4, choices spelled out (`valueQuantity`), in order of their bytes.
const NAMES: &str = include_str!("names.txt");

/// What JSON has behind a name.
const END: &str = "\":";

/// Slots of the table of known names: a power of two, over four for each name.
const SLOTS: usize = 8192;

/// A property name. Names of FHIR are the same in every tree; others belong to the tree that made them.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name(pub(super) u32);

impl Name {
    /// The name of a FHIR element such as `birthDate`, `valueQuantity` or `_birthDate`.
    #[must_use]
    pub fn known(text: &str) -> Option<Name> {
        known().find(text)
    }

    /// How a known name is spelled; `None` for a name that only its tree knows.
    #[must_use]
    pub fn spell(self) -> Option<&'static str> {
        known().spell(self)
    }

    /// `_birthDate` for `birthDate` and the other way round.
    #[must_use]
    pub fn twin(self) -> Name {
        Name(self.0 ^ 1)
    }

    /// One of 64 bits, the same for a name and its `_` form: an object without this bit has no property of the name.
    #[inline]
    pub(super) fn bit(self) -> u64 {
        1 << (self.0 >> 1 & 63)
    }

    /// The name begins with `_`: it holds the id and the extensions of a primitive.
    #[must_use]
    pub fn is_extension(self) -> bool {
        self.0 & 1 == 1
    }

    /// A small number for known names, the same for a name and its `_` form: an index for tables of one entry a name.
    #[must_use]
    pub fn index(self) -> usize {
        (self.0 >> 1) as usize
    }

    /// One more than the largest [`index`](Name::index) of a known name.
    #[must_use]
    pub fn known_count() -> usize {
        known().ends.len()
    }
}

/// Names of which an object may have any: those of a choice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameSet {
    names: Box<[Name]>,
    /// The bits of all, see [`Name::bit`].
    bits: u64,
}

impl NameSet {
    /// A set of these names.
    #[must_use]
    pub fn new(names: impl IntoIterator<Item = Name>) -> NameSet {
        let names: Box<[Name]> = names.into_iter().collect();
        let bits = names.iter().fold(0, |bits, name| bits | name.bit());
        NameSet { names, bits }
    }

    /// The name is one of them.
    #[inline]
    #[must_use]
    pub fn contains(&self, name: Name) -> bool {
        self.bits & name.bit() != 0 && self.names.contains(&name)
    }

    #[inline]
    pub(super) fn bits(&self) -> u64 {
        self.bits
    }
}

impl std::fmt::Debug for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.spell() {
            Some(text) => write!(f, "Name({text})"),
            None => write!(f, "Name(#{})", self.0),
        }
    }
}

/// What finds a property: a name, or its text.
#[derive(Clone, Copy, Debug)]
pub enum Key<'a> {
    /// The name.
    Name(Name),
    /// Its text.
    Text(&'a str),
}

impl From<Name> for Key<'_> {
    fn from(name: Name) -> Self {
        Key::Name(name)
    }
}

impl<'a> From<&'a str> for Key<'a> {
    fn from(text: &'a str) -> Self {
        Key::Text(text)
    }
}

/// The known names.
pub(super) struct Known {
    /// Every name with a `_` before it and [`END`] behind it, one after the other.
    text: String,
    /// Where each ends.
    ends: Vec<u32>,
    /// Number of the name plus one, by hash, with linear probing.
    slots: Vec<u16>,
}

pub(super) fn known() -> &'static Known {
    static KNOWN: OnceLock<Known> = OnceLock::new();
    KNOWN.get_or_init(Known::build)
}

impl Known {
    fn build() -> Known {
        let mut out = Known { text: String::new(), ends: Vec::new(), slots: vec![0; SLOTS] };
        for name in NAMES.lines() {
            out.text.push('_');
            out.text.push_str(name);
            out.text.push_str(END);
            out.ends.push(out.text.len() as u32);
            let mut slot = hash(name.as_bytes());
            while out.slots[slot] != 0 {
                slot = (slot + 1) % SLOTS;
            }
            out.slots[slot] = out.ends.len() as u16;
        }
        out
    }

    fn get(&self, index: usize) -> Option<&str> {
        let text = self.with_end(index)?;
        text.get(..text.len() - END.len())
    }

    #[inline]
    fn with_end(&self, index: usize) -> Option<&str> {
        let start = if index == 0 { 0 } else { *self.ends.get(index - 1)? as usize };
        self.text.get(start..*self.ends.get(index)? as usize)
    }

    #[inline]
    fn base(&self, text: &[u8]) -> Option<u32> {
        let mut slot = hash(text);
        loop {
            let index = (*self.slots.get(slot)?).checked_sub(1)?;
            if self.get(index as usize).is_some_and(|name| &name.as_bytes()[1..] == text) {
                return Some(u32::from(index));
            }
            slot = (slot + 1) % SLOTS;
        }
    }

    #[inline]
    pub(super) fn find(&self, text: &str) -> Option<Name> {
        let (base, bit) = split(text);
        self.base(base.as_bytes()).map(|index| Name(index << 1 | bit))
    }

    pub(super) fn spell(&self, name: Name) -> Option<&str> {
        let text = self.get(name.index())?;
        Some(if name.is_extension() { text } else { &text[1..] })
    }

    /// The name as JSON has it behind the first quotation mark: `birthDate":`.
    #[inline]
    pub(super) fn written(&self, name: Name) -> Option<&str> {
        let text = self.with_end(name.index())?;
        Some(if name.is_extension() { text } else { &text[1..] })
    }
}

/// The names of one tree that are not FHIR's.
#[derive(Clone, Default)]
pub(super) struct Names {
    /// With `_` before each.
    texts: Vec<Box<str>>,
    numbers: BTreeMap<Box<str>, u32>,
}

impl Names {
    pub(super) fn clear(&mut self) {
        self.texts.clear();
        self.numbers.clear();
    }

    pub(super) fn find(&self, text: &str) -> Option<Name> {
        let (base, bit) = split(text);
        self.numbers.get(base).map(|index| Name(index << 1 | bit))
    }

    /// The name, new or not. Trees are bounded in nodes, so the numbers are too.
    pub(super) fn intern(&mut self, text: &str) -> Name {
        if let Some(name) = self.find(text) {
            return name;
        }
        let (base, bit) = split(text);
        let index = (Name::known_count() + self.texts.len()) as u32;
        self.texts.push(format!("_{base}").into());
        self.numbers.insert(base.into(), index);
        Name(index << 1 | bit)
    }

    pub(super) fn spell(&self, name: Name) -> &str {
        if let Some(text) = name.spell() {
            return text;
        }
        let text = self.texts.get(name.index() - Name::known_count()).map_or("_", |text| &**text);
        if name.is_extension() { text } else { &text[1..] }
    }
}

#[inline]
fn split(text: &str) -> (&str, u32) {
    text.strip_prefix('_').map_or((text, 0), |base| (base, 1))
}

/// First and last eight bytes and the length: enough to spread the names of FHIR.
#[inline]
fn hash(text: &[u8]) -> usize {
    let (first, last) = match (text.first_chunk::<8>(), text.last_chunk::<8>()) {
        (Some(first), Some(last)) => (u64::from_le_bytes(*first), u64::from_le_bytes(*last)),
        _ => (text.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)), 0),
    };
    let mixed = (first ^ last.rotate_left(23) ^ (text.len() as u64) << 56).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed >> 51) as usize % SLOTS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_name_is_found_and_spelled() {
        let mut seen = std::collections::BTreeSet::new();
        for text in NAMES.lines() {
            let name = Name::known(text).unwrap();
            assert_eq!(name.spell(), Some(text));
            assert_eq!(name.twin().spell(), Some(&*format!("_{text}")));
            assert_eq!(Name::known(&format!("_{text}")), Some(name.twin()));
            assert!(!name.is_extension() && name.twin().is_extension() && name.twin().twin() == name);
            assert!(seen.insert(name.index()) && name.index() < Name::known_count());
        }
        assert!(seen.len() > 1700);
    }

    #[test]
    fn other_names_are_the_trees_own() {
        let mut names = Names::default();
        for text in ["", "_", "__", "zebra", "_zebra", "__zebra", "na\u{ef}ve", "valueNonsense"] {
            assert_eq!(Name::known(text), None);
            let name = names.intern(text);
            assert_eq!((names.spell(name), names.find(text), name.spell()), (text, Some(name), None));
        }
        assert_eq!(names.find("_zebra"), names.find("zebra").map(Name::twin));
        assert_eq!(names.find("giraffe"), None);
    }
}
