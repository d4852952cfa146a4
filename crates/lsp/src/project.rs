//! The workspace with the files that are open in the editor over it, and everything that is wrong with it.

use bytes::Bytes;
use interface::{
    catalogue::Connector,
    workspace::{Files, Options, Workspace},
};
use lang::{
    MapFile, Scope, Scripts, Standard, Table,
    syntax::{self, Tree},
};
use message::{Diagnostic, Location, Severity};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// Open files, and where they belong.
pub(crate) struct Project<'c> {
    connectors: &'c [&'c dyn Connector],
    /// The workspace around the first folder or file; `None`: files without one.
    pub(crate) root: Option<PathBuf>,
    /// Open files: URI and text.
    pub(crate) open: BTreeMap<String, String>,
    /// Files that have findings in the editor, so that they can be taken away.
    told: BTreeSet<String>,
    /// The maps and tables that come along, with those of the workspace over them; made anew when a file changes.
    standard: Option<Standard>,
}

impl<'c> Project<'c> {
    pub(crate) fn new(connectors: &'c [&'c dyn Connector]) -> Project<'c> {
        Project { connectors, root: None, open: BTreeMap::new(), told: BTreeSet::new(), standard: None }
    }

    /// The connectors that there are.
    pub(crate) fn connectors(&self) -> &'c [&'c dyn Connector] {
        self.connectors
    }

    /// The workspace of a folder or file, where none is known yet.
    pub(crate) fn look_around(&mut self, path: &Path) {
        if self.root.is_none() {
            self.root = Workspace::find(path);
        }
    }

    /// A file was opened or changed.
    pub(crate) fn put(&mut self, uri: &str, text: String) {
        if let Some(path) = path_of(uri) {
            self.look_around(&path);
        }
        self.open.insert(uri.to_owned(), text);
        self.standard = None;
    }

    /// A file was closed: what is on disk counts again.
    pub(crate) fn close(&mut self, uri: &str) {
        self.open.remove(uri);
        self.standard = None;
    }

    /// The text of a file: as the editor has it, else from the disk.
    pub(crate) fn text(&self, uri: &str) -> Option<String> {
        self.open.get(uri).cloned().or_else(|| fs::read_to_string(path_of(uri)?).ok())
    }

    /// The tree of a file.
    pub(crate) fn tree(&self, uri: &str) -> Option<Tree> {
        Some(syntax::parse(self.name(uri).as_str(), self.text(uri)?).0)
    }

    /// The name of a file in findings: relative to the workspace, else its path.
    pub(crate) fn name(&self, uri: &str) -> String {
        let path = path_of(uri).unwrap_or_default();
        let inside = self.root.as_deref().and_then(|root| path.strip_prefix(root).ok());
        let path = inside.unwrap_or(&path);
        path.components()
            .map(|part| part.as_os_str().to_string_lossy())
            .collect::<Vec<_>>()
            .join("/")
            .replace("//", "/")
    }

    /// The URI of a file of the workspace.
    pub(crate) fn uri(&self, name: &str) -> Option<String> {
        let root = self.root.as_deref()?;
        Some(uri_of(&root.join(name)))
    }

    /// The files of the workspace, as the editor has them.
    pub(crate) fn files(&self) -> Option<Files> {
        let root = self.root.clone()?;
        let name = |uri: &String| path_of(uri)?.strip_prefix(&root).ok().map(|_| self.name(uri));
        let open = self
            .open
            .iter()
            .filter_map(|(uri, text)| Some((name(uri)?, Bytes::copy_from_slice(text.as_bytes()))))
            .collect();
        Some(Files::Edited(root, open))
    }

    /// The maps and tables that come along, and over them those of the workspace.
    pub(crate) fn standard(&mut self) -> &Standard {
        let files = self.files();
        self.standard.get_or_insert_with(|| {
            let (mut standard, mut found) = Standard::read(library::folder(library::HL7V2_TO_FHIR_R4));
            for folder in ["shared/tables", "shared/maps"] {
                for path in files.iter().flat_map(|files| files.list(folder).0) {
                    if let Some(text) = files.as_ref().and_then(|files| files.text(&path).ok()) {
                        standard.add(&path, &text, &mut found);
                    }
                }
            }
            standard
        })
    }

    /// Checks the workspace and every open file: what the editor is to be told, one notification a file.
    pub(crate) fn check(&mut self) -> Vec<Value> {
        let mut found: BTreeMap<String, Vec<Value>> = self.open.keys().map(|uri| (uri.clone(), Vec::new())).collect();
        let mut findings = Vec::new();
        if let Some(files) = self.files() {
            findings.extend(Workspace::of(files, &Options::new(self.connectors)).1);
        }
        let open: Vec<(String, String)> = self.open.iter().map(|(uri, text)| (uri.clone(), text.clone())).collect();
        for (uri, text) in &open {
            let own = self.check_alone(uri, text);
            findings.extend(own.into_iter().filter(|one| !findings.contains(one)).collect::<Vec<_>>());
        }
        for finding in &findings {
            for location in &finding.locations {
                let Location::Text { file, .. } = location else { continue };
                let uri = open.iter().map(|(uri, _)| uri).find(|uri| self.name(uri) == **file).cloned();
                let Some(uri) = uri.or_else(|| self.uri(file)) else { break };
                let Some(text) = self.text(&uri) else { break };
                let shown = shown(finding, &text);
                let known = found.entry(uri).or_default();
                if !known.contains(&shown) {
                    known.push(shown);
                }
                break;
            }
        }
        let gone = self.told.iter().filter(|uri| !found.contains_key(*uri)).cloned().collect::<Vec<_>>();
        self.told = found.iter().filter(|(_, all)| !all.is_empty()).map(|(uri, _)| uri.clone()).collect();
        let emptied = gone.into_iter().map(|uri| (uri, Vec::new()));
        found.into_iter().chain(emptied).map(|(uri, all)| json!({"uri": uri, "diagnostics": all})).collect()
    }

    /// What the workspace does not tell: a file without one, and maps that no interface uses yet.
    fn check_alone(&mut self, uri: &str, text: &str) -> Vec<Diagnostic> {
        let name = self.name(uri);
        let (tree, mut found) = syntax::parse(name.as_str(), text);
        let is_shared = name.starts_with("shared/");
        if uri.ends_with(".map") && !is_shared {
            let tables = self.tables_beside(uri);
            let standard = self.standard();
            let mut all = standard.tables().clone();
            tables.into_iter().for_each(|table| {
                all.insert(table);
            });
            let scripts = self.scripts_beside(uri);
            let standard = self.standard();
            let scope = Scope::new(&all).with_library(standard.library()).with_scripts(&scripts);
            found.extend(MapFile::compile(&tree, &scope).1);
        } else if is_shared && uri.ends_with(".map") {
            found.extend(self.standard().check().into_iter().filter(|one| is_in(one, &name)));
        }
        found.retain(|one| is_in(one, &name));
        found
    }

    /// Scripts beside a map, and those of the workspace.
    fn scripts_beside(&self, uri: &str) -> Scripts {
        let path = path_of(uri).unwrap_or_default();
        let shared = path.ancestors().map(|folder| folder.join("shared/scripts")).find(|folder| folder.is_dir());
        let own = path.parent().and_then(Path::parent).map(|folder| folder.join("scripts"));
        let mut scripts = Scripts::default();
        for folder in shared.into_iter().chain(own) {
            for path in fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
                let Some(stem) = path.file_stem().filter(|_| path.extension().is_some_and(|kind| kind == "js")) else {
                    continue;
                };
                let text = self.text(&uri_of(&path)).unwrap_or_default();
                let _ = scripts.add(&stem.to_string_lossy(), &path.display().to_string(), &text);
            }
        }
        scripts
    }

    /// Tables beside a map: `tables/` next to it, or next to its folder.
    pub(crate) fn tables_beside(&self, uri: &str) -> Vec<Table> {
        let path = path_of(uri).unwrap_or_default();
        let folders = [path.parent(), path.parent().and_then(Path::parent)];
        let mut out = Vec::new();
        for folder in folders.into_iter().flatten().map(|folder| folder.join("tables")) {
            for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
                let path = entry.path();
                let (Some(stem), true) = (path.file_stem(), path.extension().is_some_and(|kind| kind == "csv")) else {
                    continue;
                };
                let text = self.text(&uri_of(&path)).unwrap_or_default();
                out.push(Table::parse(&stem.to_string_lossy(), &path.display().to_string().as_str().into(), &text).0);
            }
        }
        out
    }
}

fn is_in(finding: &Diagnostic, name: &str) -> bool {
    matches!(finding.locations.first(), Some(Location::Text { file, .. }) if **file == *name)
}

/// A finding as the protocol has it.
fn shown(finding: &Diagnostic, text: &str) -> Value {
    let span = match finding.locations.first() {
        Some(Location::Text { span, .. }) => span.clone(),
        Some(Location::Message { .. }) | None => 0..0,
    };
    let severity = match finding.severity {
        Severity::Error => 1,
        Severity::Warning => 2,
        Severity::Note => 3,
    };
    let hint = finding.hint.as_ref().map_or_else(String::new, |hint| format!("\n{hint}"));
    json!({"range": super::position::range(text, &span), "severity": severity, "code": finding.code.id, "source": "sinew",
        "message": format!("{}{hint}", finding.message)})
}

/// The path of a `file:` URI (RFC 8089).
pub(crate) fn path_of(uri: &str) -> Option<PathBuf> {
    let rest = uri.strip_prefix("file://")?;
    let path = rest.find('/').map(|at| &rest[at..])?;
    let mut bytes = Vec::new();
    let mut at = path.as_bytes();
    while let Some((byte, rest)) = at.split_first() {
        let number = || u8::from_str_radix(std::str::from_utf8(rest.get(..2)?).ok()?, 16).ok();
        match (*byte == b'%').then(number).flatten() {
            Some(decoded) => {
                bytes.push(decoded);
                at = &rest[2..];
            }
            None => {
                bytes.push(*byte);
                at = rest;
            }
        }
    }
    let text = String::from_utf8(bytes).ok()?;
    // `file:///c:/x` is a path with a drive.
    let has_drive =
        text.as_bytes().get(2) == Some(&b':') && text.as_bytes().get(1).is_some_and(u8::is_ascii_alphabetic);
    Some(PathBuf::from(if has_drive { &text[1..] } else { &text }))
}

/// The URI of a path.
pub(crate) fn uri_of(path: &Path) -> String {
    let mut out = String::from("file://");
    let text = path.to_string_lossy().replace('\\', "/");
    if !text.starts_with('/') {
        out.push('/');
    }
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uris_are_paths() {
        for path in ["/a/b c/ü.flow", "/x#y/100%.map"] {
            assert_eq!(path_of(&uri_of(Path::new(path))), Some(PathBuf::from(path)));
        }
        assert_eq!(uri_of(Path::new("/a b/ü")), "file:///a%20b/%C3%BC");
        assert_eq!(path_of("file:///c%3A/x"), Some(PathBuf::from("c:/x")));
        assert_eq!(path_of("untitled:1"), None);
        assert_eq!(path_of("file:///50%"), Some(PathBuf::from("/50%")));
    }
}
