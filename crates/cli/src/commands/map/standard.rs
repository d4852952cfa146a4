//! The library of maps with what the workspace around adds: its own tables and shared maps go first.

use crate::{
    outcome::{Exit, Failure, Result},
    screen::Screen,
    scripts,
};
use interface::workspace::{Files, Workspace, read_forms};
use lang::{
    Forms, Map, MapFile, Scope, Standard, Tables,
    syntax::{self, Cursor, Statement, Tree},
};
use message::Location;
use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

/// The library of the binary, and over it `shared/tables` and `shared/maps` of the workspace, if there is one here.
pub fn with_workspace() -> Result<Standard> {
    let (mut standard, mut found) = Standard::read(library::both_ways());
    if let Some(root) = root() {
        for folder in ["shared/tables", "shared/maps"] {
            for path in files(&root.join(folder)) {
                let name = path.strip_prefix(&root).unwrap_or(&path).display().to_string();
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

/// The descriptions of formats of the workspace around.
pub fn forms() -> Forms {
    let Some(root) = root() else { return Forms::default() };
    let files = Files::Folder(root);
    let (paths, _) = files.list("shared/formats");
    read_forms(&files, &paths, &mut Vec::new())
}

/// The workspace around.
fn root() -> Option<PathBuf> {
    Workspace::find(&std::env::current_dir().unwrap_or_default())
}

/// The files of a folder, sorted.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut out: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(|path| path.is_file()).collect();
    out.sort();
    out
}

/// A map that was opened, with what it was read from.
pub struct Opened {
    /// The compiled maps of the file.
    pub file: MapFile,
    /// The file, read.
    pub tree: Arc<Tree>,
    /// The code tables that it sees.
    pub tables: Tables,
    /// The folder of a file on disk.
    pub folder: Option<PathBuf>,
}

impl Opened {
    /// The map that the file is named for.
    pub fn main(&self) -> Result<&Map> {
        self.file.main().ok_or_else(|| {
            Failure::usage(format!("{} holds several maps, and none is named like the file", self.tree.file))
        })
    }

    /// The line that begins it.
    pub fn statement(&self) -> Option<&Statement> {
        let name = self.file.main().map(|map| map.name.clone())?;
        self.tree.statements.iter().find(|statement| {
            let mut cursor = Cursor::new(&self.tree, statement);
            cursor.eat("map") && cursor.text().is_some_and(|(found, _)| *found == *name)
        })
    }
}

/// Compiles a map over the library: a file, or by its name; its findings go to the talk, and an error ends it.
pub fn compile(standard: &Standard, wanted: &Path, screen: &Screen) -> Result<MapFile> {
    open(standard, wanted, screen).map(|opened| opened.file)
}

/// As [`compile`], with what the map was read from.
pub fn open(standard: &Standard, wanted: &Path, screen: &Screen) -> Result<Opened> {
    let Some(path) = find(wanted)? else {
        let name = wanted.display().to_string();
        let map = standard.map_named(&name).ok_or_else(|| unknown(standard, &name))?;
        let scope = Scope::new(standard.tables()).with_library(standard.library());
        let (file, _) = MapFile::compile(map.tree(), &scope);
        return Ok(Opened { file, tree: map.tree().clone(), tables: standard.tables().clone(), folder: None });
    };
    let (opened, found) = check(standard, &path)?;
    for (finding, text) in &found {
        screen.say(render(finding, text, screen));
    }
    if found.iter().any(|(finding, _)| finding.is_error()) {
        return Err(Failure::new(Exit::Problems, format!("{} does not compile", shown(&path))));
    }
    Ok(opened)
}

/// The file that is meant: itself, or the map of that name in the workspace. `None`: one of the library, if any.
fn find(wanted: &Path) -> Result<Option<PathBuf>> {
    let is_name = wanted.components().count() == 1 && wanted.extension().is_none();
    if wanted.is_file() || !is_name {
        return Ok(Some(wanted.to_path_buf()));
    }
    let name = format!("{}.map", wanted.display());
    let root = root().unwrap_or_default();
    let homes = fs::read_dir(root.join("interfaces")).into_iter().flatten().flatten();
    let folders = homes.map(|home| home.path().join("maps")).chain([root.join("shared/maps"), PathBuf::from("maps")]);
    let mut found: Vec<PathBuf> = folders.map(|folder| folder.join(&name)).filter(|path| path.is_file()).collect();
    found.sort();
    found.dedup_by(|left, right| left.canonicalize().ok() == right.canonicalize().ok());
    match found.as_slice() {
        [] => Ok(None),
        [one] => Ok(Some(one.clone())),
        several => {
            let several: Vec<String> = several.iter().map(|path| shown(path)).collect();
            let failure = Failure::usage(format!("there are {} maps `{}`", several.len(), wanted.display()));
            Err(failure.hint(format!("name the file: {}", several.join(", "))))
        }
    }
}

/// A path as somebody here would write it: from where the command runs, or from the workspace.
fn shown(path: &Path) -> String {
    let here = std::env::current_dir().ok();
    let homes = [here, root()].into_iter().flatten();
    let short = homes.filter_map(|home| path.strip_prefix(home).ok()).find(|short| !short.as_os_str().is_empty());
    short.unwrap_or(path).display().to_string()
}

fn unknown(standard: &Standard, name: &str) -> Failure {
    let failure = Failure::usage(format!("there is no map `{name}` in the workspace or in the library"));
    match syntax::closest(name, standard.messages().iter().map(|map| &*map.name)) {
        Some(near) => failure.hint(format!("did you mean `{near}`?")),
        None => failure.hint("`sinew map list` lists those of the library; a file is named with its path"),
    }
}

/// A map file over the library, and every finding with the text that it points into.
pub fn check(standard: &Standard, path: &Path) -> Result<(Opened, Vec<(message::Diagnostic, String)>)> {
    let name = shown(path);
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
            let (table, more) = lang::Table::parse(&stem, &shown(csv).as_str().into(), &content);
            found.extend(more.into_iter().map(|finding| (finding, content.clone())));
            tables.insert(table);
        }
    }
    let (scripts, wrong) = scripts::around(path)?;
    found.extend(wrong.into_iter().map(|finding| (finding, String::new())));
    let (tree, more) = syntax::parse(name.as_str(), text.as_str());
    found.extend(more.into_iter().map(|finding| (finding, text.clone())));
    let forms = forms();
    let scope = Scope::new(&tables).with_library(standard.library()).with_scripts(&scripts).with_forms(&forms);
    let (file, more) = MapFile::compile(&tree, &scope);
    for finding in more {
        let own = match finding.locations.first() {
            Some(Location::Text { file, .. }) if **file != *name => standard.text_of(file).map(str::to_owned),
            Some(Location::Text { .. } | Location::Message { .. }) | None => None,
        };
        found.push((finding, own.unwrap_or_else(|| text.clone())));
    }
    let folder = path.parent().map(Path::to_path_buf);
    Ok((Opened { file, tree: Arc::new(tree), tables, folder }, found))
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
