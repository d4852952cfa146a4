//! The narrative: XHTML in its own namespace, a string in JSON.

use super::XHTML;
use ::xml::Node;

/// Least number of bytes that an XHTML `div` takes without its content.
const DIV: &str = "<div";

/// The source of a `div`, as it stands in the document, where it means the same on its own: its namespace is declared on
/// it, and no prefix of the document is used. Else it is written anew.
pub(super) fn source(node: Node<'_, '_>) -> String {
    let text = node.document().input_text().get(node.range()).unwrap_or_default();
    let start = text.split('>').next().unwrap_or_default();
    let has_prefix = |name: &str| name.contains(':');
    let uses_prefix = start.contains("xmlns:")
        || text.split('<').skip(1).any(|part| {
            has_prefix(part.trim_start_matches('/').split([' ', '>', '/', '\n', '\r', '\t']).next().unwrap_or_default())
        });
    if start.starts_with(DIV) && start.contains("xmlns=") && !uses_prefix {
        return text.to_owned();
    }
    let mut out = String::new();
    element(node, true, &mut out);
    out
}

/// Writes an element and what is inside, names without prefixes.
fn element(node: Node<'_, '_>, is_first: bool, out: &mut String) {
    out.push('<');
    out.push_str(node.tag_name().name());
    if is_first {
        out.push_str(&format!(" xmlns=\"{XHTML}\""));
    }
    for attribute in node.attributes().filter(|attribute| attribute.namespace().is_none()) {
        out.push_str(&format!(" {}=\"", attribute.name()));
        super::write::escape(attribute.value(), out);
        out.push('"');
    }
    if !node.has_children() {
        out.push_str("/>");
        return;
    }
    out.push('>');
    for child in node.children() {
        if child.is_element() {
            element(child, false, out);
        } else if child.is_text() {
            super::write::escape(child.text().unwrap_or_default(), out);
        }
    }
    out.push_str(&format!("</{}>", node.tag_name().name()));
}

/// The string of a narrative as XML that can stand in a document: well-formed, one `div`, in its namespace.
pub(super) fn checked(text: &str) -> Option<String> {
    let trimmed = text.trim();
    let rest = trimmed.strip_prefix(DIV)?;
    let start = rest.split('>').next().unwrap_or_default();
    let whole = if start.contains("xmlns=") { trimmed.to_owned() } else { format!("{DIV} xmlns=\"{XHTML}\"{rest}") };
    let document = ::xml::read(&whole).ok()?;
    let root = document.root_element().tag_name();
    (root.name() == "div" && root.namespace() == Some(XHTML)).then(|| whole.clone())
}
