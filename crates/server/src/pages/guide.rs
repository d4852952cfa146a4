//! The guide: the folder `docs`, inside the binary, at `/docs`.
//!
//! Promises: open to everybody, because it holds nothing of this engine or of a person; a path leads to a file of the folder
//! or is not found.

use super::{Frame, STYLE, page, search, text, title};
use crate::route::decoded;
use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::Response,
};
use rust_embed::RustEmbed;
use std::{collections::BTreeMap, fmt::Write as _};

#[derive(RustEmbed)]
#[folder = "../../docs"]
struct Docs;

const ROOT: &str = "/docs";
const SHEET: &str = "/docs/style.css";
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; \
     frame-ancestors 'none'";
const SEARCH: &str = "/docs/search";
/// The folders of the guide, in the order in which people read, with what they are for.
const PARTS: [(&str, &str); 7] = [
    ("tutorials", "Learn by doing"),
    ("how-to", "Get one thing done"),
    ("reference", "Look something up"),
    ("explanation", "Understand why"),
    ("compliance", "For those who audit"),
    ("spec", "File formats"),
    ("errors", "Error codes"),
];

/// Is this a path of the guide?
pub(crate) fn is_guide(path: &str) -> bool {
    path == ROOT || path.starts_with("/docs/")
}

/// The answer to a `GET` of `path`, with what stands behind its `?`.
pub(crate) fn answer(path: &str, query: Option<&str>) -> Response {
    if path == SHEET {
        return of(StatusCode::OK, "text/css; charset=utf-8", STYLE.into());
    }
    if path == SEARCH {
        let asked = asked(query.unwrap_or_default());
        return shown_for(&search::answer(&asked, texts), "", &asked);
    }
    let name = path.strip_prefix(ROOT).unwrap_or_default().trim_matches('/');
    if name.is_empty() {
        return shown(&contents(), "");
    }
    if let Some(markdown) = markdown(name) {
        return shown(&markdown, name);
    }
    if PARTS.iter().any(|(part, _)| *part == name) {
        return shown(&list(name), &format!("{name}/"));
    }
    match (name.rsplit_once('.').map(|(_, ending)| ending), Docs::get(name)) {
        (Some("png"), Some(file)) => of(StatusCode::OK, "image/png", file.data.into_owned().into()),
        (Some("json"), Some(file)) => of(StatusCode::OK, "application/json", file.data.into_owned().into()),
        _ => {
            let missing = "# There is no such page\n\n[All pages of the guide](/docs)\n";
            let mut response = shown(missing, "");
            *response.status_mut() = StatusCode::NOT_FOUND;
            response
        }
    }
}

/// The words that were typed into the field: `q` of a query.
fn asked(query: &str) -> String {
    let typed = query.split('&').find_map(|part| part.strip_prefix("q=")).unwrap_or_default();
    decoded(&typed.replace('+', " ")).unwrap_or_default()
}

/// Every page: its name and its text.
fn texts() -> Vec<(String, String)> {
    Docs::iter().filter_map(|name| Some((name.to_string(), markdown(&name)?))).collect()
}

fn markdown(name: &str) -> Option<String> {
    if !name.ends_with(".md") {
        return None;
    }
    String::from_utf8(Docs::get(name)?.data.into_owned()).ok()
}

/// Every page by its folder, with its heading.
fn pages() -> BTreeMap<String, Vec<(String, String)>> {
    let mut pages: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    for (name, text) in texts() {
        let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
        pages.entry(folder).or_default().push((title(&text).to_owned(), name));
    }
    pages.values_mut().for_each(|rows| rows.sort());
    pages
}

fn contents() -> String {
    let mut out = "# The guide\n\nEverything here is inside the binary: it needs no network.\n".to_owned();
    let pages = pages();
    for (part, about) in PARTS {
        let rows = pages.get(part).map(Vec::as_slice).unwrap_or_default();
        if part == "errors" {
            let _ = write!(out, "\n## {about}\n\n[All {} error codes](/docs/errors)\n", rows.len());
            continue;
        }
        let _ = write!(out, "\n## {about}\n\n");
        rows.iter().filter(|(_, name)| !name.ends_with("README.md")).for_each(|row| link(row, &mut out));
    }
    let _ = write!(out, "\n## For those who change Sinew\n\n");
    pages.get("").into_iter().flatten().filter(|(_, name)| name != "README.md").for_each(|row| link(row, &mut out));
    out
}

fn link((title, name): &(String, String), out: &mut String) {
    let title = title.replace('[', "\\[").replace(']', "\\]");
    let _ = writeln!(out, "- [{title}](/docs/{name})");
}

fn list(folder: &str) -> String {
    let about = PARTS.iter().find(|(part, _)| *part == folder).map_or("", |(_, about)| about);
    let mut out = format!("# {about}\n\n");
    pages().get(folder).into_iter().flatten().for_each(|row| link(row, &mut out));
    out
}

fn shown(markdown: &str, name: &str) -> Response {
    shown_for(markdown, name, "")
}

/// A page, with what was looked for in its field.
fn shown_for(markdown: &str, name: &str, asked: &str) -> Response {
    let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
    let part = PARTS.iter().find(|(part, _)| *part == folder);
    let part = part.map(|(part, about)| format!("<a href=\"{ROOT}/{part}\">{}</a>", text(about))).unwrap_or_default();
    let field = format!(
        "<form role=\"search\" action=\"{SEARCH}\"><input type=\"search\" name=\"q\" maxlength=\"100\" value=\"{}\" \
         aria-label=\"Search the guide\" placeholder=\"Search the guide\"> <button>Search</button></form>",
        text(asked)
    );
    let head = format!(
        "<nav><strong>Sinew</strong> <a href=\"{ROOT}\">Guide</a> {part} <a href=\"/\">Console</a> {field}</nav>"
    );
    let style = format!("<link rel=\"stylesheet\" href=\"{SHEET}\">");
    let frame = Frame { style: &style, head: &head, link: &|to| leads(folder, to), figure: "" };
    of(StatusCode::OK, "text/html; charset=utf-8", page(markdown, &frame).into())
}

/// Where a link of a page in `folder` leads: a page of the guide, an anchor, or an address outside; nowhere for files of the
/// repository that are no part of the guide.
fn leads(folder: &str, to: &str) -> Option<String> {
    if to.starts_with('#') || to.starts_with("https://") || to.starts_with("http://") || is_guide(to) {
        return Some(to.to_owned());
    }
    let (path, anchor) = to.split_once('#').map_or((to, String::new()), |(path, anchor)| (path, format!("#{anchor}")));
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/').filter(|part| !part.is_empty() && *part != ".") {
        if part == ".." {
            parts.pop()?;
        } else {
            parts.push(part);
        }
    }
    let name = parts.join("/");
    let is_there = Docs::get(&name).is_some() || PARTS.iter().any(|(part, _)| *part == name);
    is_there.then(|| format!("{ROOT}/{name}{anchor}"))
}

fn of(status: StatusCode, kind: &'static str, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers =
        [(header::CONTENT_TYPE, kind), (header::CONTENT_SECURITY_POLICY, POLICY), (header::CACHE_CONTROL, "no-cache")];
    for (name, value) in headers {
        let name: HeaderName = name;
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt;

    async fn get(path: &str) -> (StatusCode, String) {
        let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
        let (head, body) = answer(path, query).into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        (head.status, String::from_utf8_lossy(&bytes).into_owned())
    }

    #[tokio::test]
    async fn every_page_is_served_and_every_link_inside_leads_to_one() {
        let mut names: Vec<String> =
            pages().into_values().flatten().map(|(_, name)| format!("{ROOT}/{name}")).collect();
        names.extend(["/docs".to_owned(), "/docs/errors".to_owned(), "/docs/how-to/".to_owned()]);
        assert!(names.len() > 500, "{}", names.len());
        for name in names {
            let (status, page) = get(&name).await;
            assert_eq!(status, StatusCode::OK, "{name}");
            assert!(!page.contains("<script") && !page.contains(" style=\""), "{name}");
            for to in page.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
                let path = to.split('#').next().unwrap_or_default();
                if path.starts_with("/docs/") && path != SHEET {
                    assert!(answer(path, None).status() == StatusCode::OK, "{name} leads to {to}");
                }
            }
            for image in page.split("src=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
                let folder = name.trim_start_matches("/docs/").rsplit_once('/').map_or("", |(folder, _)| folder);
                assert!(leads(folder, image).is_some(), "{name} shows {image}");
            }
        }
    }

    #[tokio::test]
    async fn pages_are_found_by_words() {
        let first = |page: &str| {
            let main = page.split("<main>").nth(1).unwrap_or_default();
            main.split("<a href=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default().to_owned()
        };
        for (asked, expect) in [
            ("E5304", "/docs/errors/E5304.md"),
            ("speak+https", "/docs/how-to/speak-https.md"),
            ("ROLLBACK+plan+apply", "/docs/how-to/plan-apply-rollback.md"),
            ("first+interface", "/docs/tutorials/first-interface.md"),
        ] {
            let (status, page) = get(&format!("{SEARCH}?q={asked}")).await;
            assert_eq!((status, first(&page).as_str()), (StatusCode::OK, expect), "{asked}");
        }
        let nothing = get("/docs/search?q=zzyzx+nowhere").await.1;
        assert!(nothing.contains("No page has all of these words"), "{nothing}");
        for empty in ["", "?q=", "?q=%", "?other=1", "?q=%00"] {
            assert!(get(&format!("{SEARCH}{empty}")).await.1.contains("<h1 id=\"search-the-guide\">"), "{empty}");
        }
        let typed = "?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E%5Bx%5D(javascript:y)%3Cimg+src=x%3E";
        let page = get(&format!("{SEARCH}{typed}")).await.1;
        assert!(!page.contains("<script") && !page.contains("<img") && !page.contains("href=\"javascript"), "{page}");
        assert!(page.contains("value=\"&quot;&gt;&lt;script&gt;"), "{page}");
        let long = get(&format!("{SEARCH}?q={}", "a+".repeat(20_000))).await.1;
        assert!(long.len() < 100_000, "{}", long.len());
    }

    #[tokio::test]
    async fn what_is_no_file_of_the_guide_is_not_found() {
        for path in
            ["/docs/none.md", "/docs/../Cargo.toml", "/docs/how-to/../../../etc/passwd", "/docs/errors/E9999.md"]
        {
            assert_eq!(get(path).await.0, StatusCode::NOT_FOUND, "{path}");
        }
        let (status, page) = get("/docs/errors/E5304.md").await;
        assert!(status == StatusCode::OK && page.contains("<h1 id="), "{page}");
        for (folder, to) in [("spec", "../../crates/fhir/README.md"), ("how-to", "none.md"), ("", "../README.md")] {
            assert_eq!(leads(folder, to), None, "{to} is no part of the guide: its words stay, without a link");
        }
        assert_eq!(leads("how-to", "../errors/E5304.md#x").as_deref(), Some("/docs/errors/E5304.md#x"));
        assert!(is_guide("/docs") && is_guide("/docs/a") && !is_guide("/docsx") && !is_guide("/"));
    }
}
