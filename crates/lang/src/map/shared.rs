//! Shared maps that were compiled: once for all maps over one library, whichever of them needed one first.
//!
//! Owns when the work of one map serves the next: the shared map had no findings, and every table and list that its lines
//! name is the same there. Promises: what is taken over is what would be compiled anew.

use crate::{list::ValueList, scope::Scope, table::Table};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

/// What lines asked their surroundings for by name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked {
    tables: Vec<Arc<Table>>,
    lists: Vec<Arc<ValueList>>,
    /// Lookups that are not there, so that the name means a table.
    without: Vec<Box<str>>,
    /// Something that was not there, or that differs from map to map: a script, a lookup, a profile.
    is_own: bool,
}

impl Asked {
    pub(crate) fn add_table(&mut self, table: &Arc<Table>) {
        if !self.tables.iter().any(|known| Arc::ptr_eq(known, table)) {
            self.tables.push(table.clone());
        }
    }

    pub(crate) fn add_list(&mut self, list: &Arc<ValueList>) {
        if !self.lists.iter().any(|known| Arc::ptr_eq(known, list)) {
            self.lists.push(list.clone());
        }
    }

    pub(crate) fn add_without(&mut self, lookup: &str) {
        if !self.without.iter().any(|known| **known == *lookup) {
            self.without.push(lookup.into());
        }
    }

    /// What the lines become is for this map alone.
    pub(crate) fn keep_own(&mut self) {
        self.is_own = true;
    }

    pub(crate) fn add_all(&mut self, other: &Asked) {
        other.tables.iter().for_each(|table| self.add_table(table));
        other.lists.iter().for_each(|list| self.add_list(list));
        other.without.iter().for_each(|lookup| self.add_without(lookup));
        self.is_own |= other.is_own;
    }

    /// In this scope the same names mean the same.
    fn is_same_in(&self, scope: &Scope<'_>) -> bool {
        let is_table =
            |table: &Arc<Table>| scope.tables.get(table.name()).is_some_and(|found| Arc::ptr_eq(found, table));
        let is_list =
            |list: &Arc<ValueList>| scope.tables.list(list.name()).is_some_and(|found| Arc::ptr_eq(found, list));
        let is_lookup = |name: &str| scope.lookups.is_some_and(|lookups| lookups.get(name).is_some());
        !self.is_own
            && !self.without.iter().any(|name| is_lookup(name))
            && self.tables.iter().all(is_table)
            && self.lists.iter().all(is_list)
    }
}

/// How far a shared map is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum State {
    /// It is being compiled: whoever uses it now is a part of it.
    Open,
    Known(usize),
    Broken,
}

/// Every shared map that was compiled so far, as routines `R` and what users need to know of each, `F`.
#[derive(Debug)]
pub(crate) struct Parts<R, F> {
    pub(crate) routines: Vec<Arc<R>>,
    facts: Vec<Arc<F>>,
    asked: Vec<Arc<Asked>>,
    by_name: BTreeMap<Arc<str>, State>,
    /// Those that another map compiled.
    taken: BTreeMap<Arc<str>, usize>,
}

impl<R, F> Default for Parts<R, F> {
    fn default() -> Parts<R, F> {
        let (by_name, taken) = (BTreeMap::new(), BTreeMap::new());
        Parts { routines: Vec::new(), facts: Vec::new(), asked: Vec::new(), by_name, taken }
    }
}

impl<R, F> Parts<R, F> {
    /// How far the shared map of this name is; `None` when nobody has begun one that is right here.
    pub(crate) fn state(&self, name: &str, scope: &Scope<'_>) -> Option<State> {
        self.by_name.get(name).copied().or_else(|| {
            let index = *self.taken.get(name)?;
            self.asked.get(index).is_some_and(|asked| asked.is_same_in(scope)).then_some(State::Known(index))
        })
    }

    pub(crate) fn facts(&self, part: usize) -> Option<&Arc<F>> {
        self.facts.get(part)
    }

    /// What the lines of a shared map asked for, and of those that it uses.
    pub(crate) fn asked(&self, part: usize) -> Option<&Arc<Asked>> {
        self.asked.get(part)
    }

    pub(crate) fn open(&mut self, name: &Arc<str>) {
        self.by_name.insert(name.clone(), State::Open);
    }

    pub(crate) fn close(&mut self, name: Arc<str>, compiled: Option<(R, F)>, asked: Asked) -> Option<usize> {
        let Some((routine, facts)) = compiled else {
            self.by_name.insert(name, State::Broken);
            return None;
        };
        let index = self.routines.len();
        self.routines.push(Arc::new(routine));
        self.facts.push(Arc::new(facts));
        self.asked.push(Arc::new(asked));
        self.by_name.insert(name, State::Known(index));
        Some(index)
    }
}

/// The shared maps that maps over one library have compiled.
#[derive(Debug)]
pub(crate) struct Pool<R, F>(Mutex<Parts<R, F>>);

impl<R, F> Default for Pool<R, F> {
    fn default() -> Pool<R, F> {
        Pool(Mutex::default())
    }
}

impl<R, F> Pool<R, F> {
    /// What is there, for a map to begin with.
    pub(crate) fn take(&self) -> Parts<R, F> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Parts {
            routines: known.routines.clone(),
            facts: known.facts.clone(),
            asked: known.asked.clone(),
            by_name: BTreeMap::new(),
            taken: known.taken.clone(),
        }
    }

    /// Keeps what a map added to what it began with, unless another one was faster. A shared map uses only those before it, so
    /// that all are kept up to the first that is for its map alone.
    pub(crate) fn give_back(&self, parts: &Parts<R, F>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let start = parts.taken.len();
        if known.routines.len() != start {
            return;
        }
        let is_own = |index: usize| parts.asked.get(index).is_none_or(|asked| asked.is_own);
        let added = parts.by_name.iter().filter_map(|(name, state)| match state {
            State::Known(index) => Some((*index, name)),
            State::Open | State::Broken => None,
        });
        let added: BTreeMap<usize, &Arc<str>> = added.collect();
        for (index, name) in added.range(start..) {
            if is_own(*index) || parts.taken.contains_key(*name) {
                break;
            }
            known.taken.insert((*name).clone(), *index);
        }
        let end = known.taken.len();
        known.routines.extend(parts.routines.iter().take(end).skip(start).cloned());
        known.facts.extend(parts.facts.iter().take(end).skip(start).cloned());
        known.asked.extend(parts.asked.iter().take(end).skip(start).cloned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Library, Run, Scripts, Table, Tables,
        map::{MapFile, Settings, Work},
        syntax,
    };
    use hl7v2::Message;
    use message::Timestamp;

    const SHARED: &str = "
map datatype CX to Identifier as cx { value = cx.1
 system = cx.4 | use HD-uri
 type = cx.5 | code kinds }
map datatype HD to uri as hd { value = hd.1 }
";

    fn library(more: &str) -> Library {
        let mut library = Library::default();
        let found = library.add(&Arc::new(syntax::parse("shared.map", format!("{SHARED}{more}")).0));
        assert!(found.is_empty(), "{found:?}");
        library
    }

    fn tables(code: &str) -> Tables {
        let mut tables = Tables::default();
        let text = format!("from,to,to_system\nMR,{code},urn:kinds\n");
        tables.insert(Table::parse("kinds", &"kinds.csv".into(), &text).0);
        tables
    }

    /// A map of its own file with these lines for a Patient, and what the checker says.
    fn compile(lines: &str, scope: &Scope<'_>) -> (MapFile, Vec<String>) {
        let text = format!("{lines}\nmap m from hl7v2 to fhir r4 Patient {{ identifier = PID-3 }}");
        let (file, found) = MapFile::compile(&syntax::parse("m.map", text).0, scope);
        (file, found.into_iter().map(|finding| finding.message).collect())
    }

    fn made(file: &MapFile) -> String {
        let (message, _) = Message::parse("MSH|^~\\&|LAB\rPID|1||7^^^HOME^MR\r");
        let (mut tree, mut run) = (fhir::Tree::new(), Run::new(Timestamp::default(), 0));
        file.main().unwrap().convert(&message, &mut tree, &mut run, &Settings::default()).unwrap();
        String::from_utf8(tree.write()).unwrap()
    }

    /// How many shared maps were compiled for a file that another file before it did not have.
    fn anew(file: &MapFile, before: &MapFile) -> usize {
        let routines = |file: &MapFile| match &file.main().unwrap().work {
            Work::Fhir(map) => map.routines().to_vec(),
            Work::V2 { .. } | Work::FromFhir(_) | Work::Tree(_) => Vec::new(),
        };
        let before = routines(before);
        routines(file).iter().filter(|routine| !before.iter().any(|known| Arc::ptr_eq(known, routine))).count()
    }

    #[test]
    fn each_is_compiled_once_for_all_maps_of_a_library() {
        let (mut library, tables) = (library(""), tables("MR"));
        let scope = Scope::new(&tables).with_library(&library);
        let ((first, found), (second, again)) = (compile("", &scope), compile("", &scope));
        assert!(found.is_empty() && again.is_empty(), "{found:?} {again:?}");
        assert_eq!(anew(&second, &first), 0);
        assert_eq!(made(&first), made(&second));
        // A file with shared maps of its own could have one in the place of those.
        let own = "map datatype HD to uri as hd { value = \"urn:own:{hd.1}\" }";
        let (third, _) = compile(own, &scope);
        assert_eq!(anew(&third, &first), 2);
        assert!(made(&third).contains("urn:own:HOME"), "{}", made(&third));
        // A part that comes in later goes before what was compiled.
        library.replace(&Arc::new(syntax::parse("later.map", own).0));
        let (later, _) = compile("", &Scope::new(&tables).with_library(&library));
        assert!(made(&later).contains("urn:own:HOME"), "{}", made(&later));
    }

    #[test]
    fn another_table_of_the_name_is_another_map() {
        let (library, house, ward) = (library(""), tables("HOUSE"), tables("WARD"));
        let (first, _) = compile("", &Scope::new(&house).with_library(&library));
        let (second, _) = compile("", &Scope::new(&ward).with_library(&library));
        // `HD` names no table.
        assert_eq!(anew(&second, &first), 1);
        assert!(made(&first).contains("\"HOUSE\"") && made(&second).contains("\"WARD\""));
        let (third, _) = compile("", &Scope::new(&house).with_library(&library));
        assert_eq!(anew(&third, &first), 0);
    }

    #[test]
    fn a_shared_map_with_findings_tells_them_to_every_user() {
        let bad = "map datatype XPN to HumanName as xpn { family = xpn.1.1 | code missing }";
        let (library, tables) = (library(bad), tables("MR"));
        let scope = Scope::new(&tables).with_library(&library);
        let lines = "map n from hl7v2 to fhir r4 Patient { name = PID-5 }";
        for _ in 0..2 {
            let found = MapFile::compile(&syntax::parse("n.map", lines).0, &scope).1;
            let found: Vec<&str> = found.iter().map(|finding| &*finding.message).collect();
            assert_eq!(found, ["there is no code table `missing`"]);
        }
    }

    #[test]
    fn a_shared_map_with_a_script_is_for_its_map_alone() {
        let scripted = "map datatype XPN to HumanName as xpn { family = xpn.1.1 | script tidy }";
        let (library, tables) = (library(scripted), tables("MR"));
        let scripts = |source: &str| {
            let mut scripts = Scripts::default();
            assert!(scripts.add("tidy", "tidy.js", source).is_none());
            scripts
        };
        let (one, two) = (scripts("return value + \"1\""), scripts("return value + \"2\""));
        let text = "map n from hl7v2 to fhir r4 Patient { name = PID-5 }";
        let compile = |scripts: &Scripts| {
            let scope = Scope::new(&tables).with_library(&library).with_scripts(scripts);
            MapFile::compile(&syntax::parse("n.map", text).0, &scope)
        };
        let ((first, found), (second, _)) = (compile(&one), compile(&two));
        assert!(found.is_empty(), "{found:?}");
        assert_eq!((anew(&first, &second), anew(&second, &first)), (1, 1));
    }
}
