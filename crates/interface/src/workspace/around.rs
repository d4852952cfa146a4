//! What a map of a workspace may refer to: for those who change one and want to see at once what it does.
//!
//! Promises: the same tables, shared maps, scripts and formats as when the interface is compiled, those that come along included.
//! Never: asks a lookup. A map may name those of its interface, and what they answer is what the tests of the interface say.

mod answers;

pub use answers::{TestAnswers, Used};

use super::{Files, Loading, read_lists, read_scripts, read_tables};
use crate::compile::{SharedMaps, language::STANDARD};
use lang::{Forms, Library, MapFile, Scope, Scripts, Standard, Tables, lookup::Lookups, syntax::Tree};
use message::Diagnostic;

/// See the module.
#[derive(Debug)]
pub struct Around {
    tables: Tables,
    shared_maps: SharedMaps,
    scripts: Scripts,
    forms: Forms,
    lookups: Lookups,
    answers: TestAnswers,
}

impl Around {
    /// Reads what is around the map file at this path of the workspace. What is wrong there, the workspace itself tells.
    #[must_use]
    pub fn read(files: &Files, map: &str) -> Around {
        let home = map.split("/maps/").next().unwrap_or_default();
        let (mut paths, _) = files.list("shared");
        paths.extend(files.list(home).0);
        let mut loading = Loading { findings: Vec::new(), files: files.clone() };
        let mut tables = loading.tables(&paths);
        let mut scripts = loading.scripts(&paths);
        let found = &mut loading.findings;
        read_tables(files, &paths, &format!("{home}/tables/"), &mut tables, found);
        read_lists(files, &paths, &format!("{home}/lists/"), &mut tables, found);
        read_scripts(files, &paths, &format!("{home}/scripts/"), &mut scripts, found);
        let (shared_maps, forms) = (loading.library(&paths).into(), loading.forms(&paths));
        let (lookups, answers) = answers::read(files, &paths, home);
        Around { tables, shared_maps, scripts, forms, lookups, answers }
    }

    /// What the tests of the interface say that its lookups answer, for one run.
    #[must_use]
    pub fn answers(&self) -> TestAnswers {
        self.answers.again()
    }

    /// Compiles a map file among all this: what can run, and everything that is wrong with it.
    #[must_use]
    pub fn compile(&self, tree: &Tree) -> (MapFile, Vec<Diagnostic>) {
        let (tables, library) = self.shared_maps.around(&self.tables, tree);
        let scope = Scope::new(&tables)
            .with_library(library)
            .with_scripts(&self.scripts)
            .with_forms(&self.forms)
            .with_lookups(&self.lookups);
        MapFile::compile(tree, &scope)
    }

    /// The shared maps that the file sees, those that come along included.
    #[must_use]
    pub fn library(&self, tree: &Tree) -> Library {
        self.shared_maps.around(&self.tables, tree).1.clone()
    }
}

/// The maps from HL7 v2 to FHIR that come along: what a map of a site can be proposed.
#[must_use]
pub fn standard() -> &'static Standard {
    &STANDARD
}

#[cfg(test)]
mod tests {
    use super::*;
    use lang::{Run, syntax};
    use message::Timestamp;

    #[test]
    fn a_map_sees_what_its_interface_does() {
        let files = Files::memory([
            ("shared/tables/house.csv", "from,to\nF,W\n"),
            ("interfaces/a/tables/own.csv", "from,to\nF,X\n"),
            ("interfaces/b/tables/other.csv", "from,to\nF,Y\n"),
            ("shared/lists/wards.txt", "4 WEST\n"),
        ]);
        let around = Around::read(&files, "interfaces/a/maps/m.map");
        let map = |line: &str| syntax::parse("m.map", format!("map m from hl7v2 to hl7v2 {{ {line} }}")).0;
        let made = |line: &str| {
            let (maps, found) = around.compile(&map(line));
            assert!(found.is_empty(), "{found:?}");
            let (message, _) = hl7v2::Message::parse("MSH|^~\\&|A\rPID|1|||||||F\r");
            maps.apply(&message, &mut Run::new(Timestamp::default(), 0)).unwrap().to_bytes()
        };
        assert!(made("PID-8 = PID-8 | code house").ends_with(b"|W\r"));
        assert!(made("PID-8 = PID-8 | code own").ends_with(b"|X\r"));
        assert!(!around.compile(&map("PID-8 = PID-8 | code other")).1.is_empty());
        // A map to FHIR too, over what comes along.
        let text = "map m from hl7v2 ADT_A01 to fhir r4 Patient { identifier = PID-3 when PV1-3.1 in list:wards }";
        let (tree, _) = syntax::parse("m.map", text);
        assert_eq!(around.compile(&tree).1, []);
        // What comes along stands below the shared maps once, so that each of them is compiled once.
        let seen = || around.shared_maps.around(&around.tables, &tree).1;
        assert!(std::ptr::eq(seen(), seen()));
        assert!(standard().map_named("adt").is_some() || !standard().messages().is_empty());
    }
}
