//! The library of maps with what the workspace around adds: its own tables and shared maps go first.

use crate::{
    outcome::{Exit, Failure, Result},
    screen::Screen,
};
use lang::{MapFile, Scope, Standard, syntax};
use message::Location;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// The library of the binary, and over it `shared/tables` and `shared/maps` of the workspace, if there is one here.
pub fn with_workspace() -> Result<Standard> {
    let (mut standard, mut found) = Standard::read(library::folder(library::HL7V2_TO_FHIR_R4));
    let here = std::env::current_dir().unwrap_or_default();
    if let Some(root) = here.ancestors().find(|folder| folder.join("sinew.toml").is_file()) {
        for folder in ["shared/tables", "shared/maps"] {
            for path in files(&root.join(folder)) {
                let name = path.strip_prefix(root).unwrap_or(&path).display().to_string();
                let text = fs::read_to_string(&path)
                    .map_err(|error| Failure::unreachable(format!("{name} cannot be read: {error}")))?;
                standard.add(&name, &text, &mut found);
            }
        }
    }
    match found.iter().find(|finding| finding.is_error()) {
        Some(finding) => Err(Failure::new(Exit::Problems, finding.message.clone()).code(finding.code)),
        None => Ok(standard),
    }
}

/// The files of a folder, sorted.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut out: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(|path| path.is_file()).collect();
    out.sort();
    out
}

/// Compiles a map file over the library; its findings go to the talk, and an error ends it.
pub fn compile(standard: &Standard, path: &Path, screen: &Screen) -> Result<MapFile> {
    let (file, found) = check(standard, path)?;
    for (finding, text) in &found {
        screen.say(render(finding, text, screen));
    }
    if found.iter().any(|(finding, _)| finding.is_error()) {
        return Err(Failure::new(Exit::Problems, format!("{} does not compile", path.display())));
    }
    Ok(file)
}

/// A map file over the library, and every finding with the text that it points into.
pub fn check(standard: &Standard, path: &Path) -> Result<(MapFile, Vec<(message::Diagnostic, String)>)> {
    let name = path.display().to_string();
    let text =
        fs::read_to_string(path).map_err(|error| Failure::unreachable(format!("{name} cannot be read: {error}")))?;
    let mut tables = standard.tables().clone();
    let mut found = Vec::new();
    // Tables beside the map: `tables/` next to it, or next to its folder.
    for folder in [
        path.parent().map(|folder| folder.join("tables")),
        path.parent().and_then(Path::parent).map(|folder| folder.join("tables")),
    ] {
        for csv in
            files(&folder.unwrap_or_default()).iter().filter(|csv| csv.extension().is_some_and(|kind| kind == "csv"))
        {
            let stem = csv.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
            let content = fs::read_to_string(csv).unwrap_or_default();
            let (table, more) = lang::Table::parse(&stem, &csv.display().to_string().as_str().into(), &content);
            found.extend(more.into_iter().map(|finding| (finding, content.clone())));
            tables.insert(table);
        }
    }
    let (tree, more) = syntax::parse(name.as_str(), text.as_str());
    found.extend(more.into_iter().map(|finding| (finding, text.clone())));
    let scope = Scope::new(&tables).with_library(standard.library());
    let (file, more) = MapFile::compile(&tree, &scope);
    for finding in more {
        let own = match finding.locations.first() {
            Some(Location::Text { file, .. }) if **file != *name => standard.text_of(file).map(str::to_owned),
            Some(Location::Text { .. } | Location::Message { .. }) | None => None,
        };
        found.push((finding, own.unwrap_or_else(|| text.clone())));
    }
    Ok((file, found))
}

/// A finding with carets under its place.
pub fn render(finding: &message::Diagnostic, text: &str, screen: &Screen) -> String {
    let file = match finding.locations.first() {
        Some(Location::Text { file, .. }) => file.to_string(),
        Some(Location::Message { .. }) | None => String::new(),
    };
    let renderer = syntax::render::Renderer::new(screen.is_talk_coloured, screen.is_unicode).add_source(&file, text);
    renderer.render(std::slice::from_ref(finding)).trim_end().to_owned()
}
