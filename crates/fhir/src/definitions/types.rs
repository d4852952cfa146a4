//! Types: primitives, data types, resources; what they come from.

use super::elements::{Element, Member};
use super::file::{self, Section};
use std::sync::LazyLock;

/// A type of R4. Copies are free.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Type(pub(super) u16);

/// What a type is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `string`, `date` …: a value, an id and extensions.
    Primitive,
    /// `HumanName`, `Quantity` …
    Complex,
    /// `Patient`, `Bundle` …
    Resource,
}

/// The primitive types of R4, in order of their names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "each is the type of its name")]
pub enum Primitive {
    Base64Binary,
    Boolean,
    Canonical,
    Code,
    Date,
    DateTime,
    Decimal,
    Id,
    Instant,
    Integer,
    Markdown,
    Oid,
    PositiveInt,
    String,
    Time,
    UnsignedInt,
    Uri,
    Url,
    Uuid,
    Xhtml,
}

/// Places of the table of names: a power of two, several times as many as there are types.
const SLOTS: usize = 1024;
const NO_ROW: u16 = u16::MAX;
/// A name longer than this is none.
const NAME_BYTES_MAX: usize = 64;

/// Types by a hash of their names, each at its place or behind it: names come with every resource and reference.
static NAMES: LazyLock<Box<[u16]>> = LazyLock::new(|| {
    let mut slots = vec![NO_ROW; SLOTS];
    for ty in Type::all() {
        let mut at = slot_of(ty.name());
        while slots[at] != NO_ROW {
            at = (at + 1) % SLOTS;
        }
        slots[at] = ty.0;
    }
    slots.into()
});

fn slot_of(name: &str) -> usize {
    let fold = |hash: u32, byte: &u8| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193);
    let hash = name.as_bytes().iter().take(NAME_BYTES_MAX).fold(0x811c_9dc5, fold);
    (hash ^ hash >> 15) as usize % SLOTS
}

impl Primitive {
    /// All of them.
    pub const ALL: [Primitive; 20] = [
        Primitive::Base64Binary,
        Primitive::Boolean,
        Primitive::Canonical,
        Primitive::Code,
        Primitive::Date,
        Primitive::DateTime,
        Primitive::Decimal,
        Primitive::Id,
        Primitive::Instant,
        Primitive::Integer,
        Primitive::Markdown,
        Primitive::Oid,
        Primitive::PositiveInt,
        Primitive::String,
        Primitive::Time,
        Primitive::UnsignedInt,
        Primitive::Uri,
        Primitive::Url,
        Primitive::Uuid,
        Primitive::Xhtml,
    ];
}

impl Type {
    /// The type with this name, case as written: `Patient`, `HumanName`, `dateTime`.
    #[must_use]
    #[inline]
    pub fn named(name: &str) -> Option<Type> {
        let mut at = slot_of(name);
        loop {
            let ty = Type(*NAMES.get(at).filter(|row| **row != NO_ROW)?);
            if file::bytes(ty.at()) == name.as_bytes() {
                return Some(ty);
            }
            at = (at + 1) % SLOTS;
        }
    }

    /// `Element`, which every data type specializes: what an id and extensions can stand in.
    #[must_use]
    pub fn element() -> Type {
        Type::named("Element").unwrap_or(Type(0))
    }

    /// All types, by name.
    pub fn all() -> impl Iterator<Item = Type> + Clone {
        file::all(Section::Types).map(Type)
    }

    fn at(self) -> usize {
        file::row(Section::Types, usize::from(self.0))
    }

    /// `Patient`.
    #[must_use]
    #[inline]
    pub fn name(self) -> &'static str {
        file::text(self.at())
    }

    /// The number of this type among all, below [`Type::count`]: a place in a table of the caller.
    #[must_use]
    #[inline]
    pub fn index(self) -> usize {
        usize::from(self.0)
    }

    /// How many types there are.
    #[must_use]
    pub fn count() -> usize {
        file::count(Section::Types)
    }

    /// Primitive, complex or resource.
    #[must_use]
    #[inline]
    pub fn kind(self) -> Kind {
        match file::u8_at(self.at() + 12) {
            0 => Kind::Primitive,
            1 => Kind::Complex,
            _ => Kind::Resource,
        }
    }

    /// A resource.
    #[must_use]
    pub fn is_resource(self) -> bool {
        self.kind() == Kind::Resource
    }

    /// Nothing has it as its own type: `Resource`, `DomainResource`, `Element`, `BackboneElement`.
    #[must_use]
    pub fn is_abstract(self) -> bool {
        file::u8_at(self.at() + 13) & 1 != 0
    }

    /// Which primitive it is.
    #[must_use]
    #[inline]
    pub fn primitive(self) -> Option<Primitive> {
        let number = usize::from(file::u8_at(self.at() + 14));
        Primitive::ALL.get(number.wrapping_sub(1)).copied()
    }

    /// The type that this one specializes: `DomainResource` of `Patient`, `string` of `code`.
    #[must_use]
    #[inline]
    pub fn base(self) -> Option<Type> {
        file::row_at(self.at() + 8).map(Type)
    }

    /// It is `other`, or specializes it.
    #[must_use]
    pub fn is_a(self, other: Type) -> bool {
        let mut next = Some(self);
        while let Some(found) = next {
            if found == other {
                return true;
            }
            next = found.base();
        }
        false
    }

    /// The regular expression that a value of this primitive matches as a whole, as R4 has it.
    #[must_use]
    pub fn regex(self) -> Option<&'static str> {
        Some(file::text(self.at() + 4)).filter(|regex| !regex.is_empty())
    }

    /// The element that stands for the whole: it has no name, the constraints of the type, and the children.
    #[must_use]
    #[inline]
    pub fn root(self) -> Element {
        Element(file::u16_at(self.at() + 10))
    }

    /// The elements right below it, in the order of R4 (and of XML).
    pub fn children(self) -> impl Iterator<Item = Element> + Clone {
        self.root().own_children()
    }

    /// The element with this name as a path has it: a choice is `value`, and no type of it is chosen.
    #[must_use]
    pub fn child(self, name: &str) -> Option<Member> {
        self.root().own_child(name)
    }

    /// The element with this name as JSON has it: a choice is `valueQuantity`, and that type is chosen.
    #[must_use]
    pub fn property(self, name: &str) -> Option<Member> {
        self.root().own_property(name)
    }

    /// The URL of its structure definition, in two parts.
    #[must_use]
    pub fn url(self) -> (&'static str, &'static str) {
        (super::CORE, self.name())
    }

    /// The type that a structure definition of R4 itself defines: `http://hl7.org/fhir/StructureDefinition/Patient`.
    #[must_use]
    pub fn of_url(url: &str) -> Option<Type> {
        Type::named(url.strip_prefix(super::CORE)?)
    }
}

impl std::fmt::Debug for Type {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Type({})", self.name())
    }
}
