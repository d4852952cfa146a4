//! Pages to read and to print: the guide, and the specification of an interface. Both are Markdown until they are shown.
//!
//! Promises: a page has no script, loads nothing but what lies beside it, and shows raw HTML as text.

pub(crate) mod guide;
pub mod paper;
mod search;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use pulldown_cmark::{CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};
use ring::digest::{SHA256, digest};
use std::fmt::Write as _;

/// How pages look, on a screen and on paper.
pub(crate) const STYLE: &str = include_str!("style.css");

/// What stands around the text of a page.
pub(crate) struct Frame<'a> {
    /// The style sheet: a link to it, or the sheet itself for a page that is one file.
    pub(crate) style: &'a str,
    /// Above the text: where the page is.
    pub(crate) head: &'a str,
    /// Where a link leads; `None`: nowhere, and its words stay.
    pub(crate) link: &'a dyn Fn(&str) -> Option<String>,
    /// Put in front of the second heading: a drawing.
    pub(crate) figure: &'a str,
}

/// Text as HTML.
pub(crate) fn text(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for letter in value.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            _ => out.push(letter),
        }
    }
    out
}

/// The heading of a page.
pub(crate) fn title(markdown: &str) -> &str {
    markdown.lines().find_map(|line| line.strip_prefix("# ")).unwrap_or("").trim()
}

/// `What is watched` → `what-is-watched`.
fn anchor(words: &str) -> String {
    let letter = |letter: char| if letter.is_alphanumeric() { letter.to_ascii_lowercase() } else { ' ' };
    words.chars().map(letter).collect::<String>().split_whitespace().collect::<Vec<_>>().join("-")
}

/// The whole page.
pub(crate) fn page(markdown: &str, frame: &Frame<'_>) -> String {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    let mut events: Vec<Event<'_>> = Vec::new();
    let mut heading: Option<(usize, String)> = None;
    let mut links: Vec<bool> = Vec::new();
    let mut is_drawn = frame.figure.is_empty();
    for event in Parser::new_ext(markdown, options) {
        match event {
            Event::Html(raw) | Event::InlineHtml(raw) => events.push(Event::Text(raw)),
            Event::Start(Tag::Heading { level, .. }) => {
                if level == HeadingLevel::H2 && !std::mem::replace(&mut is_drawn, true) {
                    events.push(Event::Html(CowStr::Borrowed(frame.figure)));
                }
                heading = Some((events.len(), String::new()));
                events.push(event);
            }
            Event::End(TagEnd::Heading(_)) => {
                if let Some((at, words)) = heading.take()
                    && let Some(Event::Start(Tag::Heading { id, .. })) = events.get_mut(at)
                {
                    *id = Some(anchor(&words).into());
                }
                events.push(event);
            }
            Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
                let to = (frame.link)(&dest_url);
                links.push(to.is_some());
                events.extend(to.map(|to| Event::Start(Tag::Link { link_type, dest_url: to.into(), title, id })));
            }
            Event::End(TagEnd::Link) => events.extend(links.pop().filter(|is_there| *is_there).map(|_| event)),
            Event::Text(ref words) | Event::Code(ref words) => {
                if let Some((_, all)) = &mut heading {
                    all.push_str(words);
                }
                events.push(event);
            }
            other => events.push(other),
        }
    }
    let mut body = String::with_capacity(markdown.len() * 2);
    html::push_html(&mut body, events.into_iter());
    // A wide table scrolls for itself.
    let body = body.replace("<table>", "<div class=\"wide\"><table>").replace("</table>", "</table></div>");
    let mut out = String::with_capacity(body.len() + 1024);
    let _ = write!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{}</title>\n{}\n</head>\n<body>\n\
         {}\n<main>\n{body}</main>\n</body>\n</html>\n",
        text(title(markdown)),
        frame.style,
        frame.head,
    );
    out
}

/// The policy of a page that carries its style in itself.
pub(crate) fn policy_of_one_file() -> String {
    let hash = STANDARD.encode(digest(&SHA256, STYLE.as_bytes()));
    format!(
        "default-src 'none'; style-src 'sha256-{hash}'; object-src 'none'; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn raw_html_is_text_links_go_where_they_may_and_headings_have_anchors() {
        let link = |to: &str| (to == "there.md").then(|| "/docs/there.md".to_owned());
        let frame = Frame { style: "", head: "", link: &link, figure: "<svg></svg>" };
        let made = page(
            "# A <script>x</script> `b`\n\n[go](there.md) [out](../../etc)\n\n## What is watched?\n\n|a|\n|-|\n|1|\n",
            &frame,
        );
        assert!(!made.contains("<script") && made.contains("&lt;script&gt;"), "{made}");
        assert!(made.contains("<a href=\"/docs/there.md\">go</a> out"), "{made}");
        assert!(made.contains("<svg></svg>\n<h2 id=\"what-is-watched\">"), "{made}");
        assert!(made.contains("<div class=\"wide\"><table>"), "{made}");
    }
}
