//! The page as one file of HTML: no script, nothing to load, for a screen and for paper.

use super::page::{Block, Line, Page};
use std::fmt::Write as _;

const STYLE: &str = "\
:root{--ink:#1b2733;--soft:#5a6b7b;--line:#d5dde4;--head:#eef2f5;--mark:#0b5cad;color-scheme:light}\
*{box-sizing:border-box}\
body{margin:0 auto;padding:2rem 1.5rem 4rem;max-width:78rem;color:var(--ink);background:#fff;\
font:15px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif}\
h1{font-size:1.9rem;margin:0 0 .3rem}h2{font-size:1.3rem;margin:2.6rem 0 .4rem;padding-top:.4rem;border-top:2px solid var(--ink)}\
h3{font-size:1.05rem;margin:1.8rem 0 .3rem}\
p{margin:.2rem 0}.lead{font-size:1.1rem}.soft,.name{color:var(--soft)}.name{display:block;font-size:.87em}\
code{font:0.88em/1.45 ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;overflow-wrap:anywhere}\
nav{margin:1.4rem 0 0;padding:.8rem 1rem;background:var(--head);border-radius:.4rem}\
nav ol{margin:.2rem 0;padding:0;list-style:none;columns:14rem auto;column-gap:2rem}\
a{color:var(--mark);text-decoration:none}a:hover,a:focus{text-decoration:underline}\
table{width:100%;border-collapse:collapse;margin:.7rem 0 0;table-layout:fixed}\
th,td{text-align:left;vertical-align:top;padding:.42rem .6rem;border-bottom:1px solid var(--line);overflow-wrap:anywhere}\
th{background:var(--head);font-weight:600;border-bottom:1px solid var(--ink)}\
.c1{width:26%}.c2{width:26%}.c3{width:18%}.c4{width:12%}.c5{width:18%}.example{font-size:.87em}\
.tag{display:inline-block;padding:0 .4em;border:1px solid var(--line);border-radius:.3em;font-size:.85em;color:var(--soft)}\
footer{margin-top:3rem;color:var(--soft);font-size:.87em}\
@media (max-width:46rem){body{padding:1rem .6rem}table{font-size:.87em}th,td{padding:.3rem}}\
@media print{@page{size:A4 landscape;margin:12mm}body{max-width:none;padding:0;font-size:9.5pt}nav{break-after:page;background:none;\
padding:0}thead{display:table-header-group}tr{break-inside:avoid}h2,h3{break-after:avoid}a{color:inherit}}";

/// Writes it.
pub fn write(page: &Page) -> String {
    let title = text(&page.title);
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>Map {title}</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n<header>\n<h1>Map {title}</h1>\n\
         <p class=\"lead\">From <strong>{}</strong> to <strong>{}</strong></p>\n<p class=\"soft\">File <code>{}</code></p>\n</header>\n",
        text(&page.from),
        text(&page.to),
        text(&page.file)
    );
    contents(page, &mut out);
    out.push_str("<main>\n");
    page.blocks.iter().for_each(|block| put(block, "h2", page, &mut out));
    ignored(page, &mut out);
    if !page.types.is_empty() {
        out.push_str("<h2 id=\"types\">Data types</h2>\n<p class=\"soft\">What a field of a data type becomes, wherever it is named above.</p>\n");
        page.types.iter().for_each(|block| put(block, "h3", page, &mut out));
    }
    tables(page, &mut out);
    out.push_str("</main>\n");
    if !page.examples.is_empty() {
        let names: Vec<String> = page.examples.iter().map(|name| format!("<code>{}</code>", text(name))).collect();
        let _ = writeln!(out, "<footer>Examples come from {}.</footer>", names.join(", "));
    }
    out.push_str("</body>\n</html>\n");
    out
}

fn contents(page: &Page, out: &mut String) {
    out.push_str("<nav aria-label=\"Contents\">\n<ol>\n");
    let mut item = |anchor: &str, title: &str| {
        let _ = writeln!(out, "<li><a href=\"#{}\">{}</a></li>", attribute(anchor), text(title));
    };
    for block in &page.blocks {
        let is_alone = page.blocks.iter().filter(|other| other.title == block.title).count() == 1;
        let title = match (is_alone, &*block.name, &*block.condition) {
            (true, _, _) | (_, "", "") => block.title.clone(),
            (false, "", condition) => format!("{} ({condition})", block.title),
            (false, name, _) => format!("{} {name}", block.title),
        };
        item(&block.anchor, &title);
    }
    if !page.ignored.is_empty() {
        item("left-out", "Left out on purpose");
    }
    if !page.types.is_empty() {
        item("types", "Data types");
    }
    if !page.tables.is_empty() {
        item("tables", "Code tables");
    }
    out.push_str("</ol>\n</nav>\n");
}

fn put(block: &Block, level: &str, page: &Page, out: &mut String) {
    let _ = writeln!(out, "<section>\n<{level} id=\"{}\">{}</{level}>", attribute(&block.anchor), text(&block.title));
    if !block.definition.is_empty() {
        let _ = writeln!(out, "<p class=\"soft\">{}</p>", text(&block.definition));
    }
    if !block.about.is_empty() {
        let _ = writeln!(out, "<p><span class=\"tag\">{}</span></p>", text(&block.about));
    }
    if !block.condition.is_empty() {
        let _ = writeln!(out, "<p>When: <code>{}</code></p>", text(&block.condition));
    }
    out.push_str(
        "<table>\n<colgroup><col class=\"c1\"><col class=\"c2\"><col class=\"c3\"><col class=\"c4\"><col class=\"c5\"></colgroup>\n\
         <thead><tr><th scope=\"col\">Source</th><th scope=\"col\">Target</th><th scope=\"col\">When</th>\
         <th scope=\"col\">Codes</th><th scope=\"col\">Example</th></tr></thead>\n<tbody>\n",
    );
    for line in &block.rows {
        let codes = line.table.as_deref().map(|name| match page.tables.iter().any(|table| table.name == name) {
            true => format!("<a href=\"#table-{}\">{}</a>", attribute(name), text(name)),
            false => text(name),
        });
        let _ = writeln!(
            out,
            "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td class=\"example\">{}</td></tr>",
            source(line, page),
            target(line),
            when(line),
            codes.unwrap_or_default(),
            text(&line.example)
        );
    }
    out.push_str("</tbody>\n</table>\n</section>\n");
}

fn source(line: &Line, page: &Page) -> String {
    let mut out = if line.source.is_empty() { String::new() } else { format!("<code>{}</code>", text(&line.source)) };
    for (place, name) in &line.places {
        let place = if *place == line.source { String::new() } else { format!("{}: ", text(place)) };
        let _ = write!(out, "<span class=\"name\">{place}{}</span>", text(name));
    }
    for step in &line.steps {
        let _ = write!(out, "<span class=\"name\">then <code>{}</code></span>", text(step));
    }
    if let Some(by) = &line.by {
        let shown = match page.types.iter().find(|block| block.title == *by) {
            Some(block) => format!("<a href=\"#{}\">{}</a>", attribute(&block.anchor), text(by)),
            None => text(by),
        };
        let _ = write!(out, "<span class=\"name\">by {shown}</span>");
    }
    out
}

fn target(line: &Line) -> String {
    let mut out = if line.target.is_empty() { String::new() } else { format!("<code>{}</code>", text(&line.target)) };
    if !line.definition.is_empty() {
        let _ = write!(out, "<span class=\"name\">{}</span>", text(&line.definition));
    }
    if !line.note.is_empty() {
        let _ = write!(out, "<em>{}</em>", text(&line.note));
    }
    out
}

fn when(line: &Line) -> String {
    let mut out = String::new();
    if line.is_fallback {
        out.push_str("<span class=\"name\">nothing above gave a value</span>");
    }
    if !line.condition.is_empty() {
        let _ = write!(out, "<code>{}</code>", text(&line.condition));
    }
    out
}

fn ignored(page: &Page, out: &mut String) {
    if page.ignored.is_empty() {
        return;
    }
    out.push_str(
        "<h2 id=\"left-out\">Left out on purpose</h2>\n<table>\n<thead><tr><th scope=\"col\">Field</th>\
         <th scope=\"col\">Name</th><th scope=\"col\">Reason</th></tr></thead>\n<tbody>\n",
    );
    for (place, name, reason) in &page.ignored {
        let _ = writeln!(
            out,
            "<tr><td><code>{}</code></td><td>{}</td><td>{}</td></tr>",
            text(place),
            text(name),
            text(reason)
        );
    }
    out.push_str("</tbody>\n</table>\n");
}

fn tables(page: &Page, out: &mut String) {
    if !page.tables.is_empty() {
        out.push_str("<h2 id=\"tables\">Code tables</h2>\n");
    }
    for table in &page.tables {
        let _ = writeln!(out, "<section>\n<h3 id=\"table-{}\">{}</h3>", attribute(&table.name), text(&table.name));
        out.push_str(
            "<table>\n<thead><tr><th scope=\"col\">Code</th><th scope=\"col\">Name</th><th scope=\"col\">Becomes</th>\
             <th scope=\"col\">Name</th><th scope=\"col\">System</th></tr></thead>\n<tbody>\n",
        );
        for [from, from_name, to, system, to_name] in &table.rows {
            let from = if from == "*" { "any other".to_owned() } else { format!("<code>{}</code>", text(from)) };
            let _ = writeln!(
                out,
                "<tr><td>{from}</td><td>{}</td><td><code>{}</code></td><td>{}</td><td class=\"soft\">{}</td></tr>",
                text(from_name),
                text(to),
                text(to_name),
                text(system)
            );
        }
        out.push_str("</tbody>\n</table>\n</section>\n");
    }
}

/// A text between tags.
fn text(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// A text in quotes.
fn attribute(name: &str) -> String {
    text(name).replace('"', "&quot;").replace(char::is_whitespace, "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_a_map_is_never_a_tag() {
        let line = |source: &str| Line {
            source: source.to_owned(),
            places: vec![("PID-5".to_owned(), "<b>name".to_owned())],
            steps: vec!["replace \"<\" \"&\"".to_owned()],
            by: Some("a<b".to_owned()),
            table: Some("t\"<".to_owned()),
            target: "<t>".to_owned(),
            definition: "<d>".to_owned(),
            condition: "a < b".to_owned(),
            is_fallback: true,
            example: "<script>alert(1)</script>".to_owned(),
            note: "<!-- x".to_owned(),
        };
        let block = Block {
            title: "<Patient>".to_owned(),
            name: "<".to_owned(),
            anchor: "a\"b".to_owned(),
            definition: "<".to_owned(),
            about: "<".to_owned(),
            condition: "<".to_owned(),
            rows: vec![line("<script>")],
        };
        let page = Page {
            title: "<title>".to_owned(),
            from: "<from>".to_owned(),
            to: "<to>".to_owned(),
            file: "<file>".to_owned(),
            blocks: vec![block],
            types: Vec::new(),
            tables: vec![super::super::page::Codes {
                name: "t\"<".to_owned(),
                rows: vec![["<", "<", "<", "<", "<"].map(str::to_owned)],
            }],
            ignored: vec![("<".to_owned(), "<".to_owned(), "<".to_owned())],
            examples: vec!["<x>".to_owned()],
        };
        let known = [
            "!doctype", "html", "head", "meta", "title", "style", "body", "header", "h1", "h2", "h3", "p", "nav", "ol",
            "li", "a", "main", "section", "table", "colgroup", "col", "thead", "tr", "th", "tbody", "td", "span",
            "code", "em", "strong", "footer",
        ];
        let made = write(&page);
        for (at, _) in made.match_indices('<') {
            let name: String = made[at + 1..]
                .trim_start_matches('/')
                .chars()
                .take_while(|c| c.is_alphanumeric() || *c == '!')
                .collect();
            assert!(known.contains(&&*name), "<{name}");
        }
        let tags = |name: &str| made.matches(&format!("<{name}")).count();
        assert_eq!((tags("script"), tags("title>"), tags("b>")), (0, 1, 0));
        assert!(made.contains("id=\"a&quot;b\"") && made.contains("href=\"#table-t&quot;&lt;\""), "{made}");
    }
}
