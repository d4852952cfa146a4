//! What an expression gives: elements of a resource, and values of FHIRPath's own types.

use super::check::type_of;
use super::decimal::Decimal;
use super::quantity::{Quantity, QuantityUnit};
use super::syntax::System;
use super::temporal::{Temporal, TemporalKind};
use crate::definitions::{Member, Primitive, Type};
use crate::tree::{Kind, Node};
use std::borrow::Cow;

/// One item of a collection.
///
/// `Debug` prints what it is, never its value.
#[derive(Clone)]
pub enum Item<'t> {
    /// An element of a resource. Where a primitive has extensions and no value, the node is that of `_name`.
    Element(Node<'t>),
    /// `true`
    Boolean(bool),
    /// `42`
    Integer(i64),
    /// `1.50`
    Decimal(Decimal),
    /// `'text'`
    Text(Cow<'t, str>),
    /// `@2024-02-29`, `@2024-02-29T14:30Z`, `@T14:30`
    Temporal(Temporal),
    /// `4 'mg'`
    Quantity(Box<Quantity<'t>>),
    /// What `type()` gives: namespace and name.
    Type(&'static str, Cow<'t, str>),
}

impl std::fmt::Debug for Item<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Item(")?;
        f.write_str(&self.type_name())?;
        f.write_str(")")
    }
}

impl<'t> Item<'t> {
    /// Text of the item's own.
    #[must_use]
    pub fn text(value: impl Into<Cow<'t, str>>) -> Item<'t> {
        Item::Text(value.into())
    }

    /// The System type of a value; `None` for an element and for a type.
    #[must_use]
    pub fn system(&self) -> Option<System> {
        Some(match self {
            Item::Boolean(_) => System::Boolean,
            Item::Integer(_) => System::Integer,
            Item::Decimal(_) => System::Decimal,
            Item::Text(_) => System::String,
            Item::Temporal(value) => match value.kind {
                TemporalKind::Date => System::Date,
                TemporalKind::DateTime => System::DateTime,
                TemporalKind::Time => System::Time,
            },
            Item::Quantity(_) => System::Quantity,
            Item::Element(_) | Item::Type(..) => return None,
        })
    }

    /// The FHIR type of an element.
    #[must_use]
    pub fn fhir(&self) -> Option<Type> {
        match self {
            Item::Element(node) => member(*node).and_then(type_of),
            Item::Boolean(_)
            | Item::Integer(_)
            | Item::Decimal(_)
            | Item::Text(_)
            | Item::Temporal(_)
            | Item::Quantity(_)
            | Item::Type(..) => None,
        }
    }

    /// `FHIR.Patient`, `System.Boolean`.
    #[must_use]
    pub fn type_name(&self) -> String {
        match (self.system(), self.fhir()) {
            (Some(system), _) => format!("System.{}", system.name()),
            (None, Some(ty)) => format!("FHIR.{}", ty.name()),
            (None, None) => "FHIR.Element".to_string(),
        }
    }

    /// The value that operators work on: of a primitive its own, of a FHIR Quantity the quantity. Everything else, and
    /// a primitive without a value, stays an element.
    #[must_use]
    pub fn value(&self) -> Item<'t> {
        match self {
            Item::Element(node) => element_value(*node).unwrap_or_else(|| self.clone()),
            Item::Boolean(_)
            | Item::Integer(_)
            | Item::Decimal(_)
            | Item::Text(_)
            | Item::Temporal(_)
            | Item::Quantity(_)
            | Item::Type(..) => self.clone(),
        }
    }

    /// It is a primitive with a value, or a value of FHIRPath's own.
    #[must_use]
    pub fn has_value(&self) -> bool {
        match self {
            Item::Element(node) => node.scalar().is_some(),
            Item::Boolean(_)
            | Item::Integer(_)
            | Item::Decimal(_)
            | Item::Text(_)
            | Item::Temporal(_)
            | Item::Quantity(_)
            | Item::Type(..) => true,
        }
    }

    /// As text, as `toString()` gives it; `None` for what has no text, such as a name with its parts.
    #[must_use]
    pub fn to_text(&self) -> Option<Cow<'t, str>> {
        Some(match self {
            Item::Element(node) => match node.scalar() {
                Some(text) => Cow::Borrowed(text),
                None => match self.value() {
                    Item::Element(_) => return None,
                    value => return value.to_text(),
                },
            },
            Item::Boolean(value) => Cow::Borrowed(if *value { "true" } else { "false" }),
            Item::Integer(value) => Cow::Owned(value.to_string()),
            Item::Decimal(value) => Cow::Owned(value.to_string()),
            Item::Text(text) => text.clone(),
            Item::Temporal(value) => Cow::Owned(value.to_string()),
            Item::Quantity(value) => Cow::Owned(value.to_string()),
            Item::Type(..) => return None,
        })
    }
}

/// The element whose extras this node is: `_birthDate`, or an item of `_given`.
pub(super) fn is_bare(node: Node<'_>) -> bool {
    let name = match node.name() {
        Some(name) => Some(name),
        None => node.parent().filter(|parent| parent.kind() == Kind::Array).and_then(Node::name),
    };
    name.is_some_and(|name| name.is_extension())
}

/// What R4 says of the element that a node is, by the names from its resource down to it.
#[must_use]
pub fn member(node: Node<'_>) -> Option<Member> {
    if node.kind() == Kind::Object
        && let Some(name) = node.resource_type()
    {
        return Type::named(name).map(|ty| ty.root().member());
    }
    let parent = node.parent()?;
    if parent.kind() == Kind::Array {
        return member(parent);
    }
    let key = node.key()?;
    member(parent)?.property(key.strip_prefix('_').unwrap_or(key))
}

fn element_value<'t>(node: Node<'t>) -> Option<Item<'t>> {
    if let Some(text) = node.text()
        && text.starts_with(|first: char| first.is_ascii_alphabetic() && first != 'T')
    {
        // Dates, times and numbers begin otherwise, so its type does not matter: a text it is.
        return Some(Item::Text(Cow::Borrowed(text)));
    }
    let ty = member(node).and_then(type_of);
    let Some(text) = node.scalar() else {
        let ty = ty.filter(|ty| node.kind() == Kind::Object && !is_bare(node) && is_quantity(*ty))?;
        return quantity(node, ty).map(|quantity| Item::Quantity(Box::new(quantity)));
    };
    let of_json = || match node.kind() {
        Kind::Bool => node.bool().map(Item::Boolean),
        Kind::Number => number(text),
        Kind::Text => Some(Item::Text(Cow::Borrowed(text))),
        Kind::Null | Kind::Array | Kind::Object => None,
    };
    let Some(primitive) = ty.and_then(Type::primitive) else { return of_json() };
    match primitive {
        Primitive::Decimal => Decimal::parse(text).map(Item::Decimal).or_else(of_json),
        Primitive::Date => Temporal::parse_date(text).map(Item::Temporal).or_else(of_json),
        Primitive::DateTime | Primitive::Instant => {
            Temporal::parse_date_time(text).map(Item::Temporal).or_else(of_json)
        }
        Primitive::Time => Temporal::parse_time(text).map(Item::Temporal).or_else(of_json),
        Primitive::Boolean
        | Primitive::Integer
        | Primitive::PositiveInt
        | Primitive::UnsignedInt
        | Primitive::Base64Binary
        | Primitive::Canonical
        | Primitive::Code
        | Primitive::Id
        | Primitive::Markdown
        | Primitive::Oid
        | Primitive::String
        | Primitive::Uri
        | Primitive::Url
        | Primitive::Uuid
        | Primitive::Xhtml => of_json(),
    }
}

fn number<'t>(text: &str) -> Option<Item<'t>> {
    match text.parse() {
        Ok(value) => Some(Item::Integer(value)),
        Err(_) => Decimal::parse(text).map(Item::Decimal),
    }
}

/// Quantity and what specializes it; money has a currency instead of a unit.
pub(super) fn is_quantity(ty: Type) -> bool {
    Type::named("Quantity").is_some_and(|quantity| ty.is_a(quantity))
}

/// A FHIR Quantity as one of FHIRPath. A comparator makes it a range, which is none.
fn quantity<'t>(node: Node<'t>, _ty: Type) -> Option<Quantity<'t>> {
    if node.get("comparator").is_some() {
        return None;
    }
    let value = Decimal::parse(node.get("value")?.number()?)?;
    let text = |key: &str| node.get(key).and_then(Node::text);
    let code = text("code").or_else(|| text("unit")).unwrap_or("1");
    Some(Quantity { value, unit: QuantityUnit::Ucum(Cow::Borrowed(code)) })
}
