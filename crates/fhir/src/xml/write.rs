//! A tree in, XML out.

use super::{FHIR, Form, narrative};
use crate::definitions::{Element, Member, Type};
use crate::{Error, Kind, Node, Tree, codes};
use message::Diagnostic;

/// Spaces for each level.
const INDENT: usize = 2;

/// Writes a resource as an XML document, elements in the order of R4. Properties that R4 does not have stand behind the
/// others, as their shape has them, and are told.
///
/// # Errors
/// E1256: the tree is no resource, a narrative is no XHTML, a string holds a character that XML cannot, or a value is
/// where an element must be.
pub fn write(tree: &Tree) -> Result<(String, Vec<Diagnostic>), Error> {
    let mut writer = Writer { out: String::new(), findings: Vec::new(), depth: 0 };
    writer.out.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    writer.resource(tree.root(), true)?;
    Ok((writer.out, writer.findings))
}

struct Writer {
    out: String,
    findings: Vec<Diagnostic>,
    depth: usize,
}

/// An element of a primitive: its value, and what carries its id and extensions.
#[derive(Clone, Copy)]
struct Part<'t> {
    value: Option<Node<'t>>,
    extras: Option<Node<'t>>,
}

impl<'t> Part<'t> {
    fn node(self) -> Option<Node<'t>> {
        self.value.or(self.extras)
    }
}

fn refused(node: Node<'_>, text: &'static str) -> Error {
    Error::refused(codes::E1256, node.path(), text)
}

impl Writer {
    fn resource(&mut self, node: Node<'_>, is_root: bool) -> Result<(), Error> {
        let ty = node.resource_type().and_then(Type::named).filter(|ty| ty.is_resource());
        let ty =
            ty.ok_or_else(|| refused(node, "the value is no resource of R4: its resourceType is missing or unknown"))?;
        let namespace = if is_root { format!(" xmlns=\"{FHIR}\"") } else { String::new() };
        self.line();
        self.out.push_str(&format!("<{}{namespace}", ty.name()));
        self.inside(node, ty.root(), ty.name())
    }

    /// The end of a start tag, what is inside, and the end tag.
    fn inside(&mut self, node: Node<'_>, body: Element, name: &str) -> Result<(), Error> {
        self.attributes(node, body)?;
        if !has_elements(node, body) {
            self.out.push_str("/>\n");
            return Ok(());
        }
        self.out.push_str(">\n");
        self.depth += 1;
        self.elements(node, body)?;
        self.depth -= 1;
        self.line();
        self.out.push_str(&format!("</{name}>\n"));
        Ok(())
    }

    fn line(&mut self) {
        self.out.extend(std::iter::repeat_n(' ', self.depth * INDENT));
    }

    fn attributes(&mut self, node: Node<'_>, body: Element) -> Result<(), Error> {
        for child in node.children().filter(|child| is_attribute(*child, body)) {
            let text = child.scalar().ok_or_else(|| refused(child, "an id or url is no string"))?;
            self.out.push_str(&format!(" {}=\"", child.key().unwrap_or_default()));
            self.text(child, text)?;
            self.out.push('"');
        }
        Ok(())
    }

    fn text(&mut self, node: Node<'_>, text: &str) -> Result<(), Error> {
        if text.chars().any(|found| !is_character(found)) {
            return Err(refused(node, "the string holds a character that XML does not have"));
        }
        escape(text, &mut self.out);
        Ok(())
    }

    /// The elements of an object, in the order of R4.
    fn elements(&mut self, node: Node<'_>, body: Element) -> Result<(), Error> {
        let mut found: Vec<(usize, Member, Node<'_>)> = Vec::new();
        let mut unknown = Vec::new();
        for child in node.children().filter(|child| !is_attribute(*child, body)) {
            let key = child.key().unwrap_or_default();
            let name = key.strip_prefix('_').unwrap_or(key);
            match body.own_property(name) {
                // The `_` form is written with the value, unless it stands alone.
                Some(_) if key != name && node.get(name).is_some() => {}
                Some(member) => found.push((member.element().index(), member, child)),
                None if key == "resourceType" => {}
                None => unknown.push(child),
            }
        }
        found.sort_by_key(|(index, _, _)| *index);
        for (_, member, child) in found {
            self.property(child, Form::of(Some(member)))?;
        }
        for child in unknown {
            self.findings.push(
                Diagnostic::warning(codes::E1254, "R4 has no such element here; it is written as its shape says")
                    .at_path(child.path(), None),
            );
            self.property(child, Form::Unknown)?;
        }
        Ok(())
    }

    fn property(&mut self, node: Node<'_>, form: Form) -> Result<(), Error> {
        let key = node.key().unwrap_or_default();
        let name = key.strip_prefix('_').unwrap_or(key);
        if !is_name(name) {
            return Err(Error::refused(codes::E1256, "", "a property has a name that XML cannot have"));
        }
        let parts = parts(node, key != name);
        for part in parts {
            let Some(node) = part.node() else { continue };
            match form {
                Form::Narrative => {
                    let text = node.text().and_then(narrative::checked);
                    let text = text.ok_or_else(|| refused(node, "the narrative is no well-formed XHTML div"))?;
                    self.line();
                    self.out.push_str(&text);
                    self.out.push('\n');
                }
                Form::Primitive(_) => self.primitive(name, part)?,
                Form::Unknown if node.kind() != Kind::Object || part.extras.is_some() => self.primitive(name, part)?,
                Form::Resource => {
                    self.line();
                    self.out.push_str(&format!("<{name}>\n"));
                    self.depth += 1;
                    self.resource(node, false)?;
                    self.depth -= 1;
                    self.line();
                    self.out.push_str(&format!("</{name}>\n"));
                }
                Form::Complex(body) => self.complex(name, node, body)?,
                Form::Unknown => self.complex(name, node, Type::element().root())?,
            }
        }
        Ok(())
    }

    fn complex(&mut self, name: &str, node: Node<'_>, body: Element) -> Result<(), Error> {
        if node.kind() != Kind::Object {
            return Err(refused(node, "a value stands where R4 has an element with elements inside"));
        }
        self.line();
        self.out.push_str(&format!("<{name}"));
        self.inside(node, body, name)
    }

    fn primitive(&mut self, name: &str, part: Part<'_>) -> Result<(), Error> {
        self.line();
        self.out.push_str(&format!("<{name}"));
        let element = Type::element().root();
        if let Some(extras) = part.extras {
            self.attributes(extras, element)?;
        }
        if let Some(value) = part.value.filter(|value| !value.is_null()) {
            let text =
                value.scalar().ok_or_else(|| refused(value, "an object or array stands where R4 has a value"))?;
            self.out.push_str(" value=\"");
            self.text(value, text)?;
            self.out.push('"');
        }
        match part.extras.filter(|extras| has_elements(*extras, element)) {
            Some(extras) => {
                self.out.push_str(">\n");
                self.depth += 1;
                self.elements(extras, element)?;
                self.depth -= 1;
                self.line();
                self.out.push_str(&format!("</{name}>\n"));
            }
            None => self.out.push_str("/>\n"),
        }
        Ok(())
    }
}

/// The elements that a property stands for, each with what carries its id and extensions.
fn parts(node: Node<'_>, is_extras: bool) -> Vec<Part<'_>> {
    if is_extras {
        return node
            .items()
            .map(|extras| Part { value: None, extras: Some(extras).filter(|found| !found.is_null()) })
            .collect();
    }
    let twin = node.name().and_then(|name| node.parent()?.get(name.twin()));
    let mut extras = twin.map(Node::items);
    let mut out: Vec<Part<'_>> = Vec::new();
    for value in node.items() {
        let extras = extras.as_mut().and_then(Iterator::next).filter(|extras| !extras.is_null());
        out.push(Part { value: Some(value), extras });
    }
    out.extend(
        extras
            .into_iter()
            .flatten()
            .filter(|extras| !extras.is_null())
            .map(|extras| Part { value: None, extras: Some(extras) }),
    );
    out
}

/// It is written as an attribute: the id of an element, the url of an extension; not the id of a resource.
fn is_attribute(node: Node<'_>, body: Element) -> bool {
    let key = node.key().unwrap_or_default();
    let member = body.own_child(key);
    member.is_some_and(|member| member.element().is_attribute())
}

fn has_elements(node: Node<'_>, body: Element) -> bool {
    node.children().any(|child| !is_attribute(child, body) && child.key() != Some("resourceType"))
}

/// A name of an element: letters and digits.
fn is_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// XML 1.0 has this character.
fn is_character(found: char) -> bool {
    matches!(found, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

/// Escapes what an attribute or a text cannot hold as it is, line ends and tabs included: readers turn those into blanks.
pub(super) fn escape(text: &str, out: &mut String) {
    for found in text.chars() {
        match found {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' => out.push_str("&#x9;"),
            '\n' => out.push_str("&#xA;"),
            '\r' => out.push_str("&#xD;"),
            _ => out.push(found),
        }
    }
}
