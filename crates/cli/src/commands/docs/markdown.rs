//! The page as Markdown.

use super::page::{Block, Line, Page};
use std::fmt::Write as _;

/// Writes it.
pub fn write(page: &Page) -> String {
    let mut out =
        format!("# Map {}\n\nFrom **{}** to **{}**. File: `{}`.\n", page.title, page.from, page.to, page.file);
    if !page.examples.is_empty() {
        let _ = writeln!(out, "\nExamples come from: {}.", page.examples.join(", "));
    }
    page.blocks.iter().for_each(|block| put(block, "##", &mut out));
    if !page.ignored.is_empty() {
        out.push_str("\n## Left out on purpose\n\n| field | name | reason |\n| --- | --- | --- |\n");
        for (place, name, reason) in &page.ignored {
            let _ = writeln!(out, "| {} | {} | {} |", code(place), text(name), text(reason));
        }
    }
    if !page.types.is_empty() {
        out.push_str("\n## Data types\n\nWhat a field of a data type becomes, wherever it is named above.\n");
        page.types.iter().for_each(|block| put(block, "###", &mut out));
    }
    if !page.tables.is_empty() {
        out.push_str("\n## Code tables\n");
    }
    for table in &page.tables {
        let _ = writeln!(
            out,
            "\n### {}\n\n| code | name | becomes | name | system |\n| --- | --- | --- | --- | --- |",
            table.name
        );
        for [from, from_name, to, system, to_name] in &table.rows {
            let from = if from == "*" { "any other".to_owned() } else { code(from) };
            let (name, to_name) = (text(from_name), text(to_name));
            let _ = writeln!(out, "| {from} | {name} | {} | {to_name} | {} |", code(to), text(system));
        }
    }
    out
}

fn put(block: &Block, level: &str, out: &mut String) {
    let _ = writeln!(out, "\n{level} {}\n", block.title);
    for about in [&block.definition, &block.about, &block.condition].into_iter().filter(|about| !about.is_empty()) {
        let _ = writeln!(out, "{}  ", text(about));
    }
    out.push_str("\n| source | target | when | codes | example |\n| --- | --- | --- | --- | --- |\n");
    for line in &block.rows {
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {} |",
            source(line),
            target(line),
            when(line),
            line.table.as_deref().map(text).unwrap_or_default(),
            if line.example.is_empty() { String::new() } else { code(&line.example) }
        );
    }
}

fn source(line: &Line) -> String {
    let mut out = if line.source.is_empty() { String::new() } else { code(&line.source) };
    for (place, name) in &line.places {
        let place = if *place == line.source { String::new() } else { format!("{}: ", text(place)) };
        let _ = write!(out, "<br>{place}{}", text(name));
    }
    for step in &line.steps {
        let _ = write!(out, "<br>then {}", code(step));
    }
    if let Some(by) = &line.by {
        let _ = write!(out, "<br>by {}", text(by));
    }
    out
}

fn target(line: &Line) -> String {
    let mut out = if line.target.is_empty() { String::new() } else { code(&line.target) };
    if !line.definition.is_empty() {
        let _ = write!(out, "<br>{}", text(&line.definition));
    }
    if !line.note.is_empty() {
        let _ = write!(out, "<br>*{}*", text(&line.note));
    }
    out
}

fn when(line: &Line) -> String {
    let mut parts = Vec::new();
    if line.is_fallback {
        parts.push("nothing above gave a value".to_owned());
    }
    if !line.condition.is_empty() {
        parts.push(text(&line.condition));
    }
    parts.join("; ")
}

/// A text in a cell: no character of it is a mark.
fn text(text: &str) -> String {
    let mut out = String::new();
    for letter in text.chars() {
        match letter {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\n' | '\r' => out.push(' '),
            '|' | '*' | '_' | '`' | '\\' | '[' | ']' => {
                out.push('\\');
                out.push(letter);
            }
            _ => out.push(letter),
        }
    }
    out
}

/// A text in code style, in a cell.
fn code(text: &str) -> String {
    let text = text.replace('|', "\\|").replace(['\n', '\r'], " ");
    if text.contains('`') { format!("`` {text} ``") } else { format!("`{text}`") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_stay_cells() {
        assert_eq!(text("a|b <i> *c*\nd"), "a\\|b &lt;i&gt; \\*c\\* d");
        assert_eq!(code("a|`b`"), "`` a\\|`b` ``");
    }
}
