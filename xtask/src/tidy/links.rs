//! Links from one page of the repository to another lead somewhere: the file exists, and the heading in it.

use super::Finding;
use crate::tree::{File, Tree};

/// Every Markdown file.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let pages = tree.files.iter().filter(|file| file.path.ends_with(".md"));
    pages.flat_map(|file| links(&file.text).into_iter().filter_map(|link| broken(tree, file, &link))).collect()
}

/// A link with its line.
struct Link {
    line: usize,
    target: String,
}

fn broken(tree: &Tree, file: &File, link: &Link) -> Option<Finding> {
    let target = link.target.as_str();
    if target.contains("://") || target.starts_with("mailto:") {
        return None;
    }
    let finding = |message| Some(Finding::new("links", &file.path, link.line, message));
    let (path, heading) = target.split_once('#').map_or((target, None), |(path, heading)| (path, Some(heading)));
    let path = if path.is_empty() { file.path.clone() } else { resolve(&file.path, path) };
    if !tree.exists(&path) {
        return finding(format!("`{target}` leads nowhere: there is no {path}"));
    }
    let page = heading.and_then(|heading| Some((heading, tree.get(&path)?)));
    match page
        .filter(|(heading, page)| page.path.ends_with(".md") && !headings(&page.text).any(|found| found == *heading))
    {
        Some((heading, _)) => finding(format!("{path} has no heading `#{heading}`")),
        None => None,
    }
}

/// `docs/a.md` and `../README.md` make `README.md`.
fn resolve(from: &str, to: &str) -> String {
    let mut parts: Vec<&str> = if to.starts_with('/') { Vec::new() } else { from.split('/').collect() };
    parts.pop();
    for part in to.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// Text lines outside fenced code, with their numbers from 1.
fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut is_code = false;
    text.lines().enumerate().filter_map(move |(at, line)| {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        (!is_code && !is_fence).then_some((at + 1, line))
    })
}

/// The targets of `[text](target)` outside code.
fn links(text: &str) -> Vec<Link> {
    let mut found = Vec::new();
    for (line, words) in prose(text) {
        let outside_code = words.split('`').step_by(2).collect::<Vec<_>>().join("``");
        for (at, _) in outside_code.match_indices("](") {
            let target = outside_code[at + 2..].split([')', ' ']).next().unwrap_or_default();
            found.push(Link { line, target: target.to_string() });
        }
    }
    found
}

/// Anchors of the headings, as the usual Markdown hosts make them.
fn headings(text: &str) -> impl Iterator<Item = String> {
    let titles =
        prose(text).filter(|(_, line)| line.starts_with('#')).map(|(_, line)| line.trim_start_matches('#').trim());
    titles.map(|title| {
        let kept = title
            .to_lowercase()
            .chars()
            .filter(|c| c.is_alphanumeric() || *c == '-' || *c == '_' || *c == ' ')
            .collect::<String>();
        kept.replace(' ', "-")
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn targets() {
        let check = |link: &str, expect: usize| {
            let text = format!("# Top\n\n{link}\n");
            let other = ("docs/b.md", "# The `x`, and y\n");
            let found = super::super::lines(super::check, &[("docs/a.md", &text), other, ("LICENSE.md", "")]);
            assert_eq!(found.len(), expect, "{link}");
        };
        check("[b](b.md) [l](../LICENSE.md) [here](#top) [out](https://example.org/x)", 0);
        check("[b](b.md#the-x-and-y)", 0);
        check("[b](b.md#other)", 1);
        check("[c](c.md)", 1);
        check("[b](../b.md)", 1);
        check("`[c](c.md)`", 0);
        check("```\n[c](c.md)\n```", 0);
    }
}
