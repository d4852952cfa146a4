//! XML in, a tree out.

use super::{FHIR, Form, narrative};
use crate::definitions::{self, Element, Member, Primitive, Type};
use crate::{Error, Kind, NodeId, Number, Place, Tree, Value, codes};
use ::xml::{Document, Node};
use message::{Diagnostic, Severity};
use std::collections::HashMap;

/// Most findings of one document.
const FINDINGS_MAX: usize = 1_000;

/// Reads one resource. What JSON has no place for is left out and told in the findings.
///
/// # Errors
/// E1250 it is no XML, E1251 it passes a limit, E1252 its root is no resource of R4.
pub fn read(bytes: &[u8]) -> Result<(Tree, Vec<Diagnostic>), Error> {
    let text = ::xml::decode(bytes).map_err(|refusal| refused(&refusal))?;
    let document = ::xml::read(&text).map_err(|refusal| refused(&refusal))?;
    let mut reader = Reader { document: &document, tree: Tree::new(), findings: Vec::new() };
    let root = document.root_element();
    if document.root().children().any(|node| node.is_comment() || node.is_pi()) {
        reader.note(document.root(), "comments and processing instructions are left out");
    }
    let Some(ty) = resource_type(root) else {
        return Err(reader.no_resource(root));
    };
    let object = reader.tree.root().id();
    reader.resource(object, root, ty)?;
    Ok((reader.tree, reader.findings))
}

fn refused(refusal: &::xml::Refusal) -> Error {
    let code = match refusal.reason {
        ::xml::Reason::Limit => codes::E1251,
        ::xml::Reason::Shape => codes::E1250,
    };
    let (line, column) = refusal.at.map_or((1, 1), |(line, column)| (line as usize, column as usize));
    Error::InvalidBytes { code, offset: 0, line, column, text: refusal.text.clone().into() }
}

/// The type of a resource element.
fn resource_type(node: Node<'_, '_>) -> Option<Type> {
    let name = node.tag_name();
    let ty = Type::named(name.name()).filter(|ty| ty.is_resource() && !ty.is_abstract())?;
    (name.namespace() == Some(FHIR)).then_some(ty)
}

struct Reader<'d, 'i> {
    document: &'d Document<'i>,
    tree: Tree,
    findings: Vec<Diagnostic>,
}

/// The elements of one name below a parent.
struct Same<'d, 'i> {
    name: &'d str,
    nodes: Vec<Node<'d, 'i>>,
}

impl<'d, 'i: 'd> Reader<'d, 'i> {
    fn no_resource(&self, node: Node<'_, '_>) -> Error {
        let at = self.document.text_pos_at(node.range().start);
        let name = node.tag_name();
        let text = match (name.namespace(), Type::named(name.name())) {
            (namespace, Some(_)) if namespace != Some(FHIR) => {
                format!("the namespace of the resource is not {FHIR}")
            }
            _ => match definitions::similar_type(name.name()).filter(|ty| ty.is_resource()) {
                Some(meant) => format!("the element is no resource of R4: did you mean {}?", meant.name()),
                None => "the element is no resource of R4".to_owned(),
            },
        };
        Error::InvalidBytes {
            code: codes::E1252,
            offset: node.range().start,
            line: at.row as usize,
            column: at.col as usize,
            text: text.into(),
        }
    }

    fn find(&mut self, code: message::Code, severity: Severity, node: Node<'_, '_>, text: &str) {
        if self.findings.len() < FINDINGS_MAX {
            let start = node.range().start;
            let at = self.document.text_pos_at(start);
            let text = format!("{text} (line {}, column {})", at.row, at.col);
            let found = Diagnostic { severity, ..Diagnostic::error(code, text) };
            self.findings.push(found.at_path("", Some(start)));
        }
    }

    fn note(&mut self, node: Node<'_, '_>, text: &str) {
        self.find(codes::E1253, Severity::Note, node, text);
    }

    fn warn(&mut self, node: Node<'_, '_>, text: &str) {
        self.find(codes::E1254, Severity::Warning, node, text);
    }

    fn resource(&mut self, object: NodeId, node: Node<'d, 'i>, ty: Type) -> Result<(), Error> {
        self.tree.set(object, "resourceType", ty.name().into())?;
        self.object(object, node, Some(ty.root()))
    }

    /// The attributes and elements of a node, into an object.
    fn object(&mut self, object: NodeId, node: Node<'d, 'i>, body: Option<Element>) -> Result<(), Error> {
        for attribute in node.attributes().filter(|attribute| attribute.namespace().is_none()) {
            let is_known = body.is_none_or(|body| {
                body.own_child(attribute.name()).is_some_and(|member| member.element().is_attribute())
            });
            match attribute.name() {
                "value" => {}
                name if is_known => {
                    self.tree.set(object, name, attribute.value().into())?;
                }
                _ => self.warn(node, "the element has an attribute that FHIR does not have; it is left out"),
            }
        }
        self.check_order(node, body);
        for same in self.groups(node) {
            self.property(object, body, &same)?;
        }
        Ok(())
    }

    /// The child elements by name, in order of the first of each.
    fn groups(&mut self, node: Node<'d, 'i>) -> Vec<Same<'d, 'i>> {
        let mut out: Vec<Same<'d, 'i>> = Vec::new();
        let mut places: HashMap<&str, usize> = HashMap::new();
        for child in node.children() {
            if child.is_element() {
                let name = child.tag_name().name();
                let place = *places.entry(name).or_insert(out.len());
                if place == out.len() {
                    out.push(Same { name, nodes: Vec::new() });
                }
                out[place].nodes.push(child);
            } else if child.is_comment() || child.is_pi() {
                self.note(child, "comments and processing instructions are left out");
            } else if child.text().is_some_and(|text| !text.trim().is_empty()) {
                self.warn(child, "text stands where FHIR has elements only; it is left out");
            }
        }
        out
    }

    fn check_order(&mut self, node: Node<'d, 'i>, body: Option<Element>) {
        let Some(body) = body else { return };
        let mut last = 0;
        for child in ::xml::children(node) {
            let member = body.own_property(child.tag_name().name());
            let index = member.map_or(last, |member| member.element().index());
            if index < last {
                self.find(
                    codes::E1255,
                    Severity::Warning,
                    child,
                    "the element stands behind one that follows it in R4",
                );
                return;
            }
            last = index;
        }
    }

    /// The elements of one name, as one property.
    fn property(&mut self, object: NodeId, body: Option<Element>, same: &Same<'d, 'i>) -> Result<(), Error> {
        let member = body.and_then(|body| body.own_property(same.name));
        let Some(first) = same.nodes.first().copied() else { return Ok(()) };
        let form = Form::of(member);
        let namespace = if form == Form::Narrative { super::XHTML } else { FHIR };
        if first.tag_name().namespace() != Some(namespace) {
            self.warn(first, "the element is in a namespace that it does not have in FHIR");
        }
        if member.is_none() {
            self.warn(first, "R4 has no such element here; it is kept as far as its shape says what it is");
        }
        let is_array = member.map_or(same.nodes.len() > 1, |member: Member| member.element().is_repeating());
        if is_array || same.nodes.len() > 1 {
            return self.array(object, form, same);
        }
        if is_primitive(form, first) {
            return self.primitive(object, form, same.name, first);
        }
        let made = Value::Object;
        match form {
            Form::Narrative => {
                let source = narrative::source(first);
                self.tree.set(object, same.name, Value::Text(&source))?;
            }
            Form::Primitive(_) | Form::Resource | Form::Complex(_) | Form::Unknown => {
                let place = self.tree.set(object, same.name, made)?;
                self.complex(place, form, first)?;
            }
        }
        Ok(())
    }

    fn complex(&mut self, object: NodeId, form: Form, node: Node<'d, 'i>) -> Result<(), Error> {
        match form {
            Form::Resource => {
                let inner = ::xml::children(node).next();
                let Some((inner, ty)) = inner.and_then(|inner| Some((inner, resource_type(inner)?))) else {
                    return Err(self.no_resource(inner.unwrap_or(node)));
                };
                if ::xml::children(node).nth(1).is_some() {
                    self.warn(node, "the element holds more than one resource; the first one is kept");
                }
                self.resource(object, inner, ty)
            }
            Form::Complex(body) => {
                if node.has_attribute("value") {
                    self.warn(node, "the element has a value where FHIR has elements only; it is left out");
                }
                self.object(object, node, Some(body))
            }
            Form::Primitive(_) | Form::Narrative | Form::Unknown => self.object(object, node, None),
        }
    }

    /// A single primitive: `name`, and `_name` where it has an id or extensions.
    fn primitive(&mut self, object: NodeId, form: Form, name: &str, node: Node<'d, 'i>) -> Result<(), Error> {
        if let Some(value) = node.attribute("value") {
            self.tree.set(object, name, value_of(form, value))?;
        }
        if has_extras(node) {
            let extras = self.tree.set(object, format!("_{name}").as_str(), Value::Object)?;
            self.extras(extras, node)?;
        } else if !node.has_attribute("value") {
            self.warn(node, "the element has neither a value nor anything inside; it is left out");
        }
        Ok(())
    }

    fn extras(&mut self, object: NodeId, node: Node<'d, 'i>) -> Result<(), Error> {
        self.object(object, node, Some(Type::element().root()))
    }

    /// Elements of one name as an array, and the ids and extensions of primitives in an array beside it.
    fn array(&mut self, object: NodeId, form: Form, same: &Same<'d, 'i>) -> Result<(), Error> {
        let are_primitives = same.nodes.iter().all(|node| is_primitive(form, *node));
        let has_values = !are_primitives || same.nodes.iter().any(|node| node.has_attribute("value"));
        if has_values {
            let array = self.tree.array(object, same.name)?;
            for node in &same.nodes {
                if are_primitives {
                    let value = node.attribute("value").map_or(Value::Null, |value| value_of(form, value));
                    self.tree.put(Place::Last(array), value)?;
                } else {
                    let item = self.tree.put(Place::Last(array), Value::Object)?;
                    self.complex(item, form, *node)?;
                }
            }
        }
        if are_primitives && same.nodes.iter().any(|node| has_extras(*node)) {
            let array = self.tree.array(object, format!("_{}", same.name).as_str())?;
            for node in &same.nodes {
                if has_extras(*node) {
                    let item = self.tree.put(Place::Last(array), Value::Object)?;
                    self.extras(item, *node)?;
                } else {
                    self.tree.put(Place::Last(array), Value::Null)?;
                }
            }
        }
        Ok(())
    }
}

/// It is a primitive by its type, or, where R4 does not know it, by its shape.
fn is_primitive(form: Form, node: Node<'_, '_>) -> bool {
    match form {
        Form::Primitive(_) => true,
        Form::Unknown => node.has_attribute("value"),
        Form::Narrative | Form::Resource | Form::Complex(_) => false,
    }
}

fn has_extras(node: Node<'_, '_>) -> bool {
    node.has_attribute("id") || ::xml::children(node).next().is_some()
}

/// The value as JSON has it: numbers and booleans without quotes where their text allows it.
fn value_of(form: Form, text: &str) -> Value<'_> {
    let Form::Primitive(primitive) = form else { return Value::Text(text) };
    match kind_of(primitive) {
        Kind::Bool if text == "true" => Value::Bool(true),
        Kind::Bool if text == "false" => Value::Bool(false),
        Kind::Number => Number::new(text).map_or(Value::Text(text), Value::Number),
        Kind::Bool | Kind::Null | Kind::Text | Kind::Array | Kind::Object => Value::Text(text),
    }
}

/// What JSON writes a primitive as.
pub(crate) fn kind_of(primitive: Primitive) -> Kind {
    match primitive {
        Primitive::Boolean => Kind::Bool,
        Primitive::Decimal | Primitive::Integer | Primitive::PositiveInt | Primitive::UnsignedInt => Kind::Number,
        Primitive::Base64Binary
        | Primitive::Canonical
        | Primitive::Code
        | Primitive::Date
        | Primitive::DateTime
        | Primitive::Id
        | Primitive::Instant
        | Primitive::Markdown
        | Primitive::Oid
        | Primitive::String
        | Primitive::Time
        | Primitive::Uri
        | Primitive::Url
        | Primitive::Uuid
        | Primitive::Xhtml => Kind::Text,
    }
}
