//! Whether a narrative is what FHIR allows (R4 §2.4.1): XHTML without anything active, and with some text.

/// Elements that a narrative may have.
const ELEMENTS: &[&str] = &[
    "a",
    "abbr",
    "acronym",
    "b",
    "big",
    "blockquote",
    "br",
    "caption",
    "cite",
    "code",
    "col",
    "colgroup",
    "dd",
    "dfn",
    "div",
    "dl",
    "dt",
    "em",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "i",
    "img",
    "li",
    "ol",
    "p",
    "pre",
    "q",
    "samp",
    "small",
    "span",
    "strong",
    "sub",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "tr",
    "tt",
    "ul",
    "var",
];
/// Attributes that a narrative may have.
const ATTRIBUTES: &[&str] = &[
    "abbr",
    "accesskey",
    "align",
    "alt",
    "axis",
    "bgcolor",
    "border",
    "cellhalign",
    "cellpadding",
    "cellspacing",
    "cellvalign",
    "char",
    "charoff",
    "cite",
    "class",
    "colspan",
    "compact",
    "coords",
    "dir",
    "frame",
    "headers",
    "height",
    "href",
    "hreflang",
    "hspace",
    "id",
    "lang",
    "longdesc",
    "name",
    "nowrap",
    "rel",
    "rev",
    "rowspan",
    "rules",
    "scope",
    "shape",
    "span",
    "src",
    "start",
    "style",
    "summary",
    "tabindex",
    "title",
    "type",
    "valign",
    "value",
    "vspace",
    "width",
    "xml:lang",
    "xml:space",
    "xmlns",
];

/// Elements are closed in order and all allowed, the outermost is a `div`, and there is a text or an image.
pub(super) fn is_allowed(text: &str) -> bool {
    let mut open: Vec<&str> = Vec::new();
    let (mut rest, mut has_content, mut is_begun) = (text.trim(), false, false);
    while !rest.is_empty() {
        let Some(inner) = rest.strip_prefix('<') else {
            let end = rest.find('<').unwrap_or(rest.len());
            let is_text = !rest[..end].trim().is_empty();
            if is_text && open.is_empty() {
                return false;
            }
            has_content |= is_text;
            rest = &rest[end..];
            continue;
        };
        if let Some(comment) = inner.strip_prefix("!--") {
            let Some(end) = comment.find("-->") else { return false };
            rest = &comment[end + 3..];
            continue;
        }
        let Some(end) = inner.find('>') else { return false };
        let (tag, after) = (&inner[..end], &inner[end + 1..]);
        rest = after;
        if let Some(name) = tag.strip_prefix('/') {
            if open.pop() != Some(name.trim()) {
                return false;
            }
            continue;
        }
        let is_closed = tag.ends_with('/');
        let tag = tag.strip_suffix('/').unwrap_or(tag);
        let (name, attributes) = tag.split_once(char::is_whitespace).unwrap_or((tag, ""));
        let is_second = open.is_empty() && is_begun;
        if !ELEMENTS.contains(&name) || (open.is_empty() && name != "div") || is_second || !are_allowed(attributes) {
            return false;
        }
        (has_content, is_begun) = (has_content | (name == "img"), true);
        if !is_closed {
            open.push(name);
        }
    }
    open.is_empty() && has_content
}

fn are_allowed(attributes: &str) -> bool {
    let mut rest = attributes.trim();
    while !rest.is_empty() {
        let Some((name, value)) = rest.split_once('=') else { return false };
        let value = value.trim_start();
        let Some(quote) = value.chars().next().filter(|quote| matches!(quote, '"' | '\'')) else { return false };
        let Some((inside, after)) = value[1..].split_once(quote) else { return false };
        let is_active = inside.trim_start().to_ascii_lowercase().starts_with("javascript:");
        if !ATTRIBUTES.contains(&name.trim()) || is_active {
            return false;
        }
        rest = after.trim_start();
    }
    true
}

#[cfg(test)]
mod tests {
    #[test]
    fn narratives() {
        let check = |text: &str, expect: bool| assert_eq!(super::is_allowed(text), expect, "{text}");
        check("<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>text<br/></p><!-- x --></div>", true);
        check("<div><img src='#a' alt=\"a\"/></div>", true);
        check("<div></div>", false);
        check("<div>  </div>", false);
        check("text", false);
        check("<p>text</p>", false);
        check("<div>text", false);
        check("<div><b>text</div></b>", false);
        check("<div>a</div><div>b</div>", false);
        check("<div><script>x</script></div>", false);
        check("<div onclick=\"x\">text</div>", false);
        check("<div><a href=\"javascript:x\">text</a></div>", false);
        check("<div class>text</div>", false);
        check("<div><", false);
    }
}
