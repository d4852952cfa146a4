//! The door to the language crate: paths, conditions, edits and maps, with the tables and files of one interface.

use super::{
    line::Line,
    reader::{Reader, did_you_mean},
};
use crate::{codes, definition::Edit, profiles, workspace};
use hl7v2::{Message, Path, State};
use lang::{
    Condition, Form, Library, Locus, MapFile, Matter, Profiles, Program, Run, Scope, Scripts, Split, Standard, Tables,
    lookup::Lookups,
    syntax::{self, Cursor},
};
use message::{Format, Name, Timestamp};
use std::{
    borrow::Cow,
    cell::{OnceCell, RefCell},
    ops::Range,
    sync::{Arc, LazyLock, OnceLock},
};

/// Words that stand for a path where a path alone is asked for; conditions know them by themselves.
const SHORTHANDS: [(&str, &str); 7] = [
    ("event", "MSH-9.2"),
    ("type", "MSH-9.1"),
    ("facility", "MSH-4.1"),
    ("application", "MSH-3.1"),
    ("version", "MSH-12.1"),
    ("patient", "PID-3.1"),
    ("visit", "PV1-19.1"),
];

/// Where an interface lives: its folder, its tables, and the maps that it was found to use.
pub(crate) struct Home {
    pub(crate) interface: Name,
    /// Relative to the workspace, without a slash at the end.
    pub(crate) folder: String,
    tables: Tables,
    profiles: Profiles,
    scripts: Scripts,
    /// The names of its `lookup` lines, known before any line is read that asks them.
    pub(crate) lookups: OnceCell<Lookups>,
    maps: RefCell<Vec<(String, String)>>,
    /// What the message is at the line that is read.
    form: RefCell<Form>,
    /// What comes in.
    pub(crate) received: RefCell<Form>,
    /// What it is when it is routed.
    pub(crate) routed: RefCell<Form>,
}

impl Home {
    /// The home of the interface that `line` starts; its own tables go over shared ones of the same name.
    pub(crate) fn new(reader: &mut Reader<'_>, line: Line<'_>, interface: &Name) -> Home {
        let folder = line.tree.file.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
        let mut tables = reader.surroundings.tables.clone();
        let files = reader.surroundings.files;
        let below = if folder.is_empty() { "tables".to_owned() } else { format!("{folder}/tables") };
        let (paths, _) = files.list(&below);
        workspace::read_tables(files, &paths, &format!("{below}/"), &mut tables, &mut reader.findings);
        let below = if folder.is_empty() { "lists".to_owned() } else { format!("{folder}/lists") };
        let (paths, _) = files.list(&below);
        workspace::read_lists(files, &paths, &format!("{below}/"), &mut tables, &mut reader.findings);
        let mut scripts = reader.surroundings.scripts.clone();
        let below = if folder.is_empty() { "scripts".to_owned() } else { format!("{folder}/scripts") };
        let (paths, _) = files.list(&below);
        workspace::read_scripts(files, &paths, &format!("{below}/"), &mut scripts, &mut reader.findings);
        let shared = reader.surroundings.profiles;
        let profiles = profiles::own_of(files, &folder, Some(line.tree), &tables, shared, &mut reader.findings);
        Home {
            interface: interface.clone(),
            folder,
            tables,
            profiles,
            scripts,
            lookups: OnceCell::new(),
            maps: RefCell::new(Vec::new()),
            form: RefCell::default(),
            received: RefCell::default(),
            routed: RefCell::default(),
        }
    }

    /// What the message is at the line that is read.
    pub(crate) fn form(&self) -> Form {
        self.form.borrow().clone()
    }

    /// From here on the message is this.
    pub(crate) fn set_form(&self, form: Form) {
        *self.form.borrow_mut() = form;
    }

    /// The profiles that lines may name.
    pub(crate) fn profiles(&self) -> &Profiles {
        &self.profiles
    }

    /// What conditions and edits may refer to.
    fn scope<'a>(&'a self, form: &'a Form) -> Scope<'a> {
        self.asking(Scope::new(&self.tables).with_profiles(&self.profiles).with_scripts(&self.scripts).reading(form))
    }

    /// The same, that may ask what the interface asks.
    fn asking<'a>(&'a self, scope: Scope<'a>) -> Scope<'a> {
        match self.lookups.get() {
            Some(lookups) => scope.with_lookups(lookups),
            None => scope,
        }
    }

    /// A path as a line writes it, relative to the workspace: `shared/…` is at the top, the rest beside the interface.
    pub(crate) fn path_of(&self, written: &str) -> String {
        if written.starts_with("shared/") || self.folder.is_empty() {
            written.to_owned()
        } else {
            format!("{}/{written}", self.folder)
        }
    }

    /// The tables that lines may name.
    pub(crate) fn tables(&self) -> &Tables {
        &self.tables
    }

    /// The scripts that lines may name.
    pub(crate) fn scripts(&self) -> &Scripts {
        &self.scripts
    }

    /// The maps used so far, file and text.
    pub(crate) fn maps(&self) -> Vec<(String, String)> {
        self.maps.borrow().clone()
    }
}

/// A path that can be read from a message.
pub(crate) fn path(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>, expected: &str) -> Option<Path> {
    let written = reader.value(cursor, expected)?;
    let shorthand = SHORTHANDS.iter().find(|(word, _)| *word == &*written.text);
    let text = shorthand.map_or(&*written.text, |(_, path)| path);
    let (message, hint) = match Path::parse_with_hint(text) {
        Ok((path, None)) if path.check_evaluable().is_ok() && !path.is_target_only() && !path.is_segment() => {
            return Some(path);
        }
        Ok((path, None)) if path.is_segment() => (
            format!("`{text}` is a whole segment, a field is needed"),
            Some(format!("write a field of it: `{text}-1`")),
        ),
        Ok((path, Some(_))) => {
            (format!("`{text}` is not how a path is written"), Some(format!("did you mean `{path}`?")))
        }
        Ok((_, None)) => {
            (format!("`{text}` cannot be read here"), Some("name the segment and field: `PID-3.1`".to_owned()))
        }
        Err(hl7v2::Error::InvalidPath { text: why, hint, .. }) => (format!("`{text}` is not {expected}: {why}"), hint),
        Err(_) => (format!("`{text}` is not {expected}"), Some("write it like `PID-3.1`".to_owned())),
    };
    reader.error(codes::E3109, cursor.tree(), written.span, message, hint);
    None
}

/// A path that can be read from a message of this form.
pub(crate) fn locus(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>, expected: &str, form: &Form) -> Option<Locus> {
    if form.format == Format::Hl7v2 {
        return path(reader, cursor, expected).map(Locus::V2);
    }
    let written = reader.value(cursor, expected)?;
    match Locus::parse(&written.text, form) {
        Ok(locus) => Some(locus),
        Err(refused) => {
            let (finding, span) = *refused;
            let span = written.span.start + span.start..written.span.start + span.end;
            reader.error(finding.code, cursor.tree(), span, finding.message, finding.hint);
            None
        }
    }
}

/// Whether messages of this form have places that a condition or a line can name; told where not.
fn has_places(reader: &mut Reader<'_>, cursor: &Cursor<'_>, form: &Form) -> bool {
    let has = form.has_places() || matches!(form.format, Format::Hl7v2 | Format::Fhir);
    if !has {
        let message = format!("a message that is {} has no places, so nothing can be asked of it", form.name());
        let hint = Some("say another `format`, or leave the line out".to_owned());
        reader.error(codes::E3372, cursor.tree(), cursor.rest_span(), message, hint);
    }
    has
}

/// A condition to the end of the line.
pub(crate) fn condition(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>, home: &Home) -> Option<Arc<Condition>> {
    let condition = condition_before(reader, cursor, home);
    if condition.is_some() {
        reader.end(cursor);
    }
    condition
}

/// A condition in front of something else.
pub(crate) fn condition_before(
    reader: &mut Reader<'_>,
    cursor: &mut Cursor<'_>,
    home: &Home,
) -> Option<Arc<Condition>> {
    let form = home.form();
    if !has_places(reader, cursor, &form) {
        return None;
    }
    Condition::parse(cursor, &home.scope(&form), &mut reader.findings).map(Arc::new)
}

/// As [`condition`], of the message as it is routed, whatever the lines of a destination make of it.
pub(crate) fn condition_routed(
    reader: &mut Reader<'_>,
    cursor: &mut Cursor<'_>,
    home: &Home,
) -> Option<Arc<Condition>> {
    let form = home.form();
    home.set_form(home.routed.borrow().clone());
    let condition = condition(reader, cursor, home);
    home.set_form(form);
    condition
}

/// `set`, `remove`, `insert`, `translate`, `enrich`, `map FILE`, or `script NAME`.
pub(crate) fn edit(reader: &mut Reader<'_>, line: Line<'_>, home: &Home) -> Option<Arc<Edit>> {
    if line.word() == "map" {
        let edit = map(reader, line, home)?;
        home.set_form(edit.makes(&home.form()));
        return Some(Arc::new(edit));
    }
    let mut program = Program::default();
    let form = home.form();
    if form.format == Format::Fhir {
        let message = format!("`{}` does not change FHIR", line.word());
        let hint = Some("change the message in front of the map that makes FHIR, or in the map".to_owned());
        reader.error(lang::codes::E2351, line.tree, line.cursor().here(), message, hint);
        return None;
    }
    if line.word() == "script" {
        if form.format != Format::Hl7v2 && !form.has_places() {
            let message = format!("a script works on places, and a message that is {} has none", form.name());
            reader.error(codes::E3372, line.tree, line.word_span(), message, None);
            return None;
        }
        return super::script::read(reader, line, home).map(Arc::new);
    }
    if !has_places(reader, &line.cursor(), &form) {
        return None;
    }
    let scope = home.scope(&form);
    program
        .push_statement(line.tree, line.statement, &scope, &mut reader.findings)
        .then(|| Arc::new(Edit::Lines(program)))
}

/// `split by SEGMENT|PATH`
pub(crate) fn split(reader: &mut Reader<'_>, line: Line<'_>, home: &Home) -> Option<Split> {
    let form = home.form();
    Split::parse(line.tree, line.statement, &form, &home.scope(&form), &mut reader.findings)
}

/// `PATH = VALUE` at these places of the line's file, as `set` lines would do it.
pub(crate) fn assignments(
    reader: &mut Reader<'_>,
    line: Line<'_>,
    places: &[Range<usize>],
    home: &Home,
) -> Option<Arc<Edit>> {
    let form = home.form();
    let scope = home.scope(&form);
    let mut program = Program::default();
    for place in places {
        // The line is put into a text of its own at the same place, so that findings point at the right characters.
        let written = line.tree.text.get(place.clone())?;
        let indent = " ".repeat(place.start.checked_sub(SET.len())?);
        let (tree, _) = syntax::parse(line.tree.file.clone(), format!("{indent}{SET}{written}"));
        let statement = tree.statements.first()?;
        if !program.push_statement(&tree, statement, &scope, &mut reader.findings) {
            return None;
        }
    }
    Some(Arc::new(Edit::Lines(program)))
}

/// What the map in a file makes, by its head alone.
pub(crate) fn made_by(reader: &Reader<'_>, home: &Home, file: &str) -> Option<Form> {
    let path = home.path_of(file);
    let text = reader.surroundings.files.text(&path).ok()?;
    let (tree, _) = syntax::parse(path, text);
    let scope = Scope::new(&home.tables).with_forms(reader.surroundings.forms);
    MapFile::sides(&tree, &scope).map(|(_, makes)| makes)
}

/// `map FILE`
fn map(reader: &mut Reader<'_>, line: Line<'_>, home: &Home) -> Option<Edit> {
    let mut cursor = line.after_word();
    let file = reader.value(&mut cursor, "the file of a map")?;
    reader.end(&cursor);
    let path = home.path_of(&file.text);
    let text = match reader.surroundings.files.text(&path) {
        Ok(text) => text,
        Err(why) => {
            let (maps, _) = reader.surroundings.files.list(&home.path_of("maps"));
            let inside = |path: &String| path.strip_prefix(&format!("{}/", home.folder)).map(str::to_owned);
            let maps: Vec<String> = maps.iter().filter_map(inside).collect();
            let hint = did_you_mean(&file.text, maps.iter().map(String::as_str));
            reader.error(codes::E3115, line.tree, file.span, format!("`{path}`: {why}"), hint);
            return None;
        }
    };
    home.maps.borrow_mut().push((path.clone(), text.clone()));
    let before = reader.findings.len();
    let (tree, found) = syntax::parse(path, text);
    reader.findings.extend(found);
    // A map to FHIR may use what comes along; the workspace's own goes first.
    let (tables, library) = reader.surroundings.shared_maps.around(home.tables(), &tree);
    let scope =
        Scope::new(&tables).with_library(library).with_scripts(home.scripts()).with_forms(reader.surroundings.forms);
    let scope = home.asking(scope);
    let (maps, found) = MapFile::compile(&tree, &scope);
    reader.findings.extend(found);
    if reader.failed_since(before) {
        return None;
    }
    if maps.main().is_none() {
        let message = format!("`{}` holds no map that is named like the file", file.text);
        let hint = Some("give one of its maps the name of the file, or keep one map in a file".to_owned());
        reader.error(codes::E3115, line.tree, file.span, message, hint);
        return None;
    }
    let (takes, form) = (maps.takes(), home.form());
    if takes.format != form.format {
        let message = format!("the map reads {}, and the message here is {}", takes.name(), form.name());
        reader.error(codes::E3372, line.tree, file.span, message, None);
        return None;
    }
    Some(Edit::Map(maps))
}

/// The shared maps of a workspace. Those that come along go below them when the first map to FHIR asks, for all such maps at
/// once: so each is compiled once.
#[derive(Debug, Default)]
pub(crate) struct SharedMaps {
    own: Library,
    over_standard: OnceLock<Library>,
}

impl From<Library> for SharedMaps {
    fn from(own: Library) -> SharedMaps {
        SharedMaps { own, over_standard: OnceLock::new() }
    }
}

impl SharedMaps {
    /// The tables and shared maps that a file of maps sees: one to FHIR those that come along too.
    pub(crate) fn around<'t>(&'t self, tables: &'t Tables, tree: &syntax::Tree) -> (Cow<'t, Tables>, &'t Library) {
        if !tree.text.contains("to fhir") {
            return (Cow::Borrowed(tables), &self.own);
        }
        let mut all = tables.clone();
        all.extend_from(STANDARD.tables());
        let library = self.over_standard.get_or_init(|| {
            let mut parts = self.own.clone();
            parts.extend_from(STANDARD.library());
            parts
        });
        (Cow::Owned(all), library)
    }
}

/// The maps that come along, read once.
pub(crate) static STANDARD: LazyLock<Standard> =
    LazyLock::new(|| Standard::read(library::folder(library::HL7V2_TO_FHIR_R4)).0);

const SET: &str = "set ";

/// Whether the condition is true of these bytes; `false` when it cannot be told.
pub(crate) fn holds(condition: &Condition, form: &Form, bytes: &[u8]) -> bool {
    let (matter, _) = Matter::read(form, bytes.to_vec());
    condition.is_true_of(&matter, &mut Run::new(Timestamp::default(), 0)).unwrap_or(false)
}

/// What stands at the path, for the verdict of a test.
pub(crate) fn show(locus: &Locus, form: &Form, bytes: &[u8]) -> String {
    let path = match locus {
        Locus::V2(path) => path,
        Locus::Other(_) => {
            let (matter, _) = Matter::read(form, bytes.to_vec());
            let text = locus.first(&matter);
            return if text.is_empty() { "empty".to_owned() } else { format!("\"{text}\"") };
        }
    };
    let (message, _) = Message::parse(bytes.to_vec());
    match message.state(path) {
        State::Empty => "empty".to_owned(),
        State::Null => "null (\"\")".to_owned(),
        State::Value => format!("\"{}\"", message.text(path)),
    }
}
