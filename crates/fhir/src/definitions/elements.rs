//! Elements of types, and what a name below one of them stands for.

use super::file::{self, NONE, Section};
use super::profiles::Profile;
use super::terminology::ValueSet;
use super::types::Type;
use std::fmt;

/// An element of a type, as R4 defines it. Copies are free.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Element(pub(super) u16);

impl Element {
    #[inline]
    fn at(self) -> usize {
        file::row(Section::Elements, usize::from(self.0))
    }

    /// The last part of its path, without `[x]`: `value`. Of the root of a type, the name of the type.
    #[must_use]
    #[inline]
    pub fn name(self) -> &'static str {
        file::text(self.at())
    }

    /// One line about it: `A name associated with the patient`.
    #[must_use]
    pub fn short(self) -> &'static str {
        file::text(self.at() + 4)
    }

    /// The number of this element among all of R4, below [`Element::count`]: a place in a table of the caller.
    #[must_use]
    pub fn index(self) -> usize {
        usize::from(self.0)
    }

    /// How many elements there are.
    #[must_use]
    pub fn count() -> usize {
        file::count(Section::Elements)
    }

    /// All of them, by type, each type depth first.
    pub fn all() -> impl Iterator<Item = Element> + Clone {
        file::all(Section::Elements).map(Element)
    }

    /// It stands for a whole type.
    #[must_use]
    #[inline]
    pub fn is_root(self) -> bool {
        file::u16_at(self.at() + 8) == self.0
    }

    /// The element above it; `None` for a root.
    #[must_use]
    pub fn parent(self) -> Option<Element> {
        Some(Element(file::u16_at(self.at() + 8))).filter(|parent| *parent != self)
    }

    /// The type whose definition it is in.
    #[must_use]
    pub fn owner(self) -> Type {
        Type(file::u16_at(self.at() + 32))
    }

    /// Rows of it and everything inside.
    #[inline]
    fn size(self) -> u16 {
        file::u16_at(self.at() + 10)
    }

    /// The least number of times that it stands.
    #[must_use]
    #[inline]
    pub fn min(self) -> u16 {
        file::u16_at(self.at() + 12)
    }

    /// The greatest number of times; `None` for no limit.
    #[must_use]
    #[inline]
    pub fn max(self) -> Option<u16> {
        file::row_at(self.at() + 14)
    }

    /// It may stand more than once: in JSON it is an array.
    #[must_use]
    #[inline]
    pub fn is_repeating(self) -> bool {
        file::u16_at(self.at() + 14) > 1
    }

    #[inline]
    fn flag(self, bit: u16) -> bool {
        file::u16_at(self.at() + 16) & bit != 0
    }

    /// One of several types is chosen by its name: `value[x]`.
    #[must_use]
    #[inline]
    pub fn is_choice(self) -> bool {
        self.flag(1)
    }

    /// It may change what the rest means; who does not know it must not go on.
    #[must_use]
    pub fn is_modifier(self) -> bool {
        self.flag(2)
    }

    /// It is part of a summary.
    #[must_use]
    pub fn is_summary(self) -> bool {
        self.flag(4)
    }

    /// In XML it is an attribute: `id`, and `url` of an extension.
    #[must_use]
    pub fn is_attribute(self) -> bool {
        self.flag(8)
    }

    /// Its types, in order. Empty where another element says them: see [`Element::content`].
    #[inline]
    pub fn types(self) -> impl ExactSizeIterator<Item = TypeReference> + Clone {
        let first = file::u16_at(self.at() + 18);
        (0..u16::from(file::u8_at(self.at() + 20))).map(move |number| TypeReference(first + number))
    }

    /// The element that it repeats: `Questionnaire.item.item` is another `Questionnaire.item`.
    #[must_use]
    #[inline]
    pub fn content(self) -> Option<Element> {
        file::row_at(self.at() + 30).map(Element)
    }

    /// The value set that its codes come from.
    #[must_use]
    pub fn binding(self) -> Option<Binding> {
        let strength = match file::u8_at(self.at() + 21) {
            1 => Strength::Example,
            2 => Strength::Preferred,
            3 => Strength::Extensible,
            4 => Strength::Required,
            _ => return None,
        };
        let value_set = file::row_at(self.at() + 22).map(ValueSet);
        Some(Binding { strength, value_set, greatest: file::row_at(self.at() + 24).map(ValueSet) })
    }

    /// The rules that FHIRPath states, those of its type not counted.
    pub fn constraints(self) -> impl ExactSizeIterator<Item = Constraint> + Clone {
        let first = usize::from(file::u16_at(self.at() + 26));
        let count = usize::from(file::u8_at(self.at() + 28));
        (first..first + count).map(|index| Constraint(file::u16_at(file::row(Section::Lists, index))))
    }

    /// The elements that its own definition has right below it, in order: none for `Patient.name`, whose type has them.
    pub fn own_children(self) -> impl Iterator<Item = Element> + Clone {
        let end = self.0 + self.size();
        let first = self.0 + 1;
        let next = move |element: &Element| Some(Element(element.0 + element.size())).filter(|next| next.0 < end);
        std::iter::successors(Some(Element(first)).filter(|_| first < end), next)
    }

    /// A child by its name in a path, among [`Element::own_children`].
    #[must_use]
    #[inline]
    pub fn own_child(self, name: &str) -> Option<Member> {
        self.look(name, |kind| kind == PLAIN || kind == CHOICE)
    }

    /// A child by its name in JSON, among [`Element::own_children`].
    #[must_use]
    #[inline]
    pub fn own_property(self, name: &str) -> Option<Member> {
        self.look(name, |kind| kind != CHOICE)
    }

    #[inline]
    fn look(self, name: &str, is_wanted: impl Fn(u8) -> bool) -> Option<Member> {
        let mask = file::count(Section::Members) - 1;
        let mut place = hash(self.0, name) as usize & mask;
        loop {
            let at = file::row(Section::Members, place);
            let row = file::u16_at(at);
            if row == NONE {
                return None;
            }
            let found = Member { element: Element(row), kind: file::u8_at(at + 2) };
            if is_wanted(found.kind) && file::u16_at(found.element.at() + 8) == self.0 && found.is_named(name) {
                return Some(found);
            }
            place = (place + 1) & mask;
        }
    }

    /// The element with one of its types chosen; `None` where it has no such type, or is no choice.
    #[must_use]
    pub fn choose(self, wanted: Type) -> Option<Member> {
        let number = self.types().position(|found| found.ty() == wanted).filter(|_| self.is_choice())?;
        Some(Member { element: self, kind: u8::try_from(number).ok()? })
    }

    /// The element as a place in a resource, no type of a choice chosen.
    #[must_use]
    pub fn member(self) -> Member {
        Member { element: self, kind: if self.is_choice() { CHOICE } else { PLAIN } }
    }
}

/// Writes the path: `Observation.value[x]`.
impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = self.parent() {
            write!(f, "{parent}.")?;
        }
        write!(f, "{}{}", self.name(), if self.is_choice() { "[x]" } else { "" })
    }
}

impl fmt::Debug for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Element({self})")
    }
}

/// In the table of members: the element by its name.
const PLAIN: u8 = 255;
/// In the table of members: a choice by its name without a type. Other numbers are those of the chosen type.
const CHOICE: u8 = 254;

/// FNV-1a of a name below a parent, as the file was made with.
#[inline]
fn hash(parent: u16, name: &str) -> u32 {
    let start = 0x811c_9dc5_u32 ^ u32::from(parent).wrapping_mul(0x9e37_79b1);
    name.bytes().fold(start, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

/// What a name below an element or type stands for: an element, and which type of a choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Member {
    element: Element,
    kind: u8,
}

impl Member {
    /// The definition.
    #[must_use]
    #[inline]
    pub fn element(self) -> Element {
        self.element
    }

    /// It is a choice, and no type is chosen.
    #[must_use]
    pub fn is_open(self) -> bool {
        self.kind == CHOICE
    }

    /// Its type with targets and profile: the chosen one, or the only one.
    #[must_use]
    #[inline]
    pub fn reference(self) -> Option<TypeReference> {
        let mut types = self.element.types();
        match self.kind {
            CHOICE => None,
            PLAIN => types.next(),
            number => types.nth(usize::from(number)),
        }
    }

    /// Its type; `None` for an open choice, and for an element that repeats another one.
    #[must_use]
    #[inline]
    pub fn ty(self) -> Option<Type> {
        self.reference().map(TypeReference::ty)
    }

    /// The name of its type; empty where [`Member::ty`] has none.
    #[must_use]
    pub fn type_name(self) -> &'static str {
        self.ty().map(Type::name).unwrap_or_default()
    }

    /// The element that has the children: itself where they are defined in place, the one that it repeats, or the root
    /// of its type.
    #[must_use]
    #[inline]
    pub fn body(self) -> Option<Element> {
        if self.element.size() > 1 {
            return Some(self.element);
        }
        self.element.content().or_else(|| self.ty().map(Type::root))
    }

    /// The elements below it, in order.
    pub fn children(self) -> impl Iterator<Item = Element> + Clone {
        self.body().into_iter().flat_map(Element::own_children)
    }

    /// A child by its name in a path: `value`.
    #[must_use]
    pub fn child(self, name: &str) -> Option<Member> {
        self.body()?.own_child(name)
    }

    /// A child by its name in JSON: `valueQuantity`.
    #[must_use]
    pub fn property(self, name: &str) -> Option<Member> {
        self.body()?.own_property(name)
    }

    /// Its name in JSON, in two parts: `("value", "Quantity")`; the second one is the name of the chosen type, whose
    /// first letter is then a capital.
    #[must_use]
    pub fn json_name(self) -> (&'static str, &'static str) {
        (self.element.name(), if self.kind == PLAIN { "" } else { self.type_name() })
    }

    #[inline]
    fn is_named(self, name: &str) -> bool {
        let Some(rest) = name.as_bytes().strip_prefix(file::bytes(self.element.at())) else { return false };
        if self.kind == PLAIN || self.kind == CHOICE {
            return rest.is_empty();
        }
        let wanted = self.type_name().as_bytes();
        rest.len() == wanted.len()
            && rest.first().copied() == wanted.first().map(u8::to_ascii_uppercase)
            && rest[1..] == wanted[1..]
    }
}

/// One type that an element may have.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TypeReference(u16);

impl TypeReference {
    fn at(self) -> usize {
        file::row(Section::References, usize::from(self.0))
    }

    /// The type.
    #[must_use]
    #[inline]
    pub fn ty(self) -> Type {
        Type(file::u16_at(self.at()))
    }

    /// The resources that a reference or canonical may lead to. Empty, or `Resource`: to any.
    pub fn targets(self) -> impl ExactSizeIterator<Item = Type> + Clone {
        let first = usize::from(file::u16_at(self.at() + 2));
        let count = usize::from(file::u8_at(self.at() + 4));
        (first..first + count).map(|index| Type(file::u16_at(file::row(Section::Lists, index))))
    }

    /// A reference may lead to a resource of this type.
    #[must_use]
    pub fn allows(self, target: Type) -> bool {
        self.targets().len() == 0 || self.targets().any(|allowed| target.is_a(allowed))
    }

    /// The profile that its values follow: `SimpleQuantity`.
    #[must_use]
    pub fn profile(self) -> Option<Profile> {
        file::row_at(self.at() + 6).map(Profile)
    }
}

impl fmt::Debug for TypeReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TypeReference({})", self.ty().name())
    }
}

/// How firmly codes come from a value set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Strength {
    /// The set shows what is meant.
    Example,
    /// Codes should come from the set.
    Preferred,
    /// Codes come from the set where it has one that fits.
    Extensible,
    /// Codes come from the set.
    Required,
}

impl Strength {
    /// `required`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Strength::Example => "example",
            Strength::Preferred => "preferred",
            Strength::Extensible => "extensible",
            Strength::Required => "required",
        }
    }
}

/// Which codes an element takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Binding {
    strength: Strength,
    value_set: Option<ValueSet>,
    greatest: Option<ValueSet>,
}

impl Binding {
    /// How firmly.
    #[must_use]
    pub fn strength(self) -> Strength {
        self.strength
    }

    /// The set, where R4 itself has it.
    #[must_use]
    pub fn value_set(self) -> Option<ValueSet> {
        self.value_set
    }

    /// The set that holds as if it were required where the other one is only preferred (languages).
    #[must_use]
    pub fn greatest(self) -> Option<ValueSet> {
        self.greatest
    }
}

/// A rule in FHIRPath.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Constraint(u16);

impl Constraint {
    fn at(self) -> usize {
        file::row(Section::Constraints, usize::from(self.0))
    }

    /// How many there are in R4.
    #[must_use]
    pub fn count() -> usize {
        file::count(Section::Constraints)
    }

    /// The number of this rule among all: equal rules are one.
    #[must_use]
    pub fn index(self) -> usize {
        usize::from(self.0)
    }

    /// `pat-1`.
    #[must_use]
    pub fn key(self) -> &'static str {
        file::text(self.at())
    }

    /// The rule in words.
    #[must_use]
    pub fn human(self) -> &'static str {
        file::text(self.at() + 4)
    }

    /// The rule in FHIRPath.
    #[must_use]
    pub fn expression(self) -> &'static str {
        file::text(self.at() + 8)
    }

    /// Breaking it is an error, not a warning.
    #[must_use]
    pub fn is_error(self) -> bool {
        file::u8_at(self.at() + 12) & 1 != 0
    }
}

impl fmt::Debug for Constraint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Constraint({})", self.key())
    }
}
