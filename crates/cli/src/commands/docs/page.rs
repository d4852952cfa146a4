//! The content of the page, gathered: the same for every form that it is written in.

use super::examples::Examples;
use crate::{commands::map::standard::Opened, outcome::Result};
use hl7v2::dictionary::Version;
use lang::{
    Format, Library, Shape, Standard, Tables, facts,
    outline::{self, Section},
};
use std::collections::BTreeSet;

/// A map for people.
pub struct Page {
    /// The name of the map.
    pub title: String,
    /// `HL7 v2.5.1 ADT_A01`.
    pub from: String,
    /// `FHIR R4 Bundle`.
    pub to: String,
    /// The file.
    pub file: String,
    /// What is filled, in order.
    pub blocks: Vec<Block>,
    /// The maps of data types that rows name.
    pub types: Vec<Block>,
    /// The code tables that rows name.
    pub tables: Vec<Codes>,
    /// Fields that go nowhere: place, name, reason.
    pub ignored: Vec<(String, String, String)>,
    /// The messages that examples come from.
    pub examples: Vec<String>,
}

/// Rows that belong together.
pub struct Block {
    /// `Patient`, `CX-Identifier`.
    pub title: String,
    /// The name by which other lines refer to it; empty where it has none.
    pub name: String,
    /// Unique on the page.
    pub anchor: String,
    /// What the standard says that it is.
    pub definition: String,
    /// `update by identifier`.
    pub about: String,
    /// For each of what, and when.
    pub condition: String,
    /// A line of the map each.
    pub rows: Vec<Line>,
}

/// A line of the map.
pub struct Line {
    /// The value as written.
    pub source: String,
    /// The places that it names, with their names.
    pub places: Vec<(String, String)>,
    /// What is done with it, but for the code table and the shared map.
    pub steps: Vec<String>,
    /// The shared map for the data type, and whether it stands on the page.
    pub by: Option<String>,
    /// The code table.
    pub table: Option<String>,
    /// What is written.
    pub target: String,
    /// What the standard says that it is.
    pub definition: String,
    /// When.
    pub condition: String,
    /// Only where the lines before gave no value.
    pub is_fallback: bool,
    /// A value from a case.
    pub example: String,
    /// What the map says beside the line.
    pub note: String,
}

/// A code table.
pub struct Codes {
    /// Its name.
    pub name: String,
    /// Code, its name, what it becomes, the system of that, its name.
    pub rows: Vec<[String; 5]>,
}

/// What a page about one map needs to know.
struct Gatherer<'g> {
    library: &'g Library,
    tables: &'g Tables,
    examples: &'g Examples,
    version: Version,
    is_fhir: bool,
    reads_fhir: bool,
}

/// Gathers the content.
pub fn gather(standard: &Standard, opened: &Opened, examples: &Examples) -> Result<Page> {
    let map = opened.main()?;
    let said = [&map.from, &map.to].into_iter().find_map(|side| Version::parse(side.version.as_deref()?));
    let version = said.unwrap_or(Version::V2_5_1);
    let is_fhir = map.to.format == Format::FhirR4;
    let reads_fhir = map.from.format == Format::FhirR4;
    let (library, tables) = (standard.library(), &opened.tables);
    let gatherer = Gatherer { library, tables, examples, version, is_fhir, reads_fhir };
    let sections = opened
        .statement()
        .map(|statement| outline::of_map(&opened.tree, statement, standard.library()))
        .unwrap_or_default();
    let mut blocks: Vec<Block> =
        sections.iter().enumerate().map(|(at, section)| gatherer.block(section, format!("part-{}", at + 1))).collect();
    refer(&mut blocks);
    let types = gatherer.types(&blocks);
    let mut names: BTreeSet<&str> = BTreeSet::new();
    for line in blocks.iter().chain(&types).flat_map(|block| &block.rows) {
        names.extend(line.table.as_deref());
    }
    let tables = names.iter().filter_map(|name| gatherer.codes(name)).collect();
    let ignored = map.ignored.iter().map(|one| {
        let name = facts::field(&one.path, version).map(|field| field.name);
        let name = name.or_else(|| facts::segment(&one.path, version).map(str::to_owned));
        (one.path.clone(), name.unwrap_or_default(), one.reason.clone())
    });
    Ok(Page {
        title: map.name.to_string(),
        from: shape(&map.from),
        to: shape(&map.to),
        file: opened.tree.file.to_string(),
        blocks,
        types,
        tables,
        ignored: ignored.collect(),
        examples: examples.names.clone(),
    })
}

/// A source that is the name of a resource is a reference to it.
fn refer(blocks: &mut [Block]) {
    let named: Vec<(String, String)> = blocks
        .iter()
        .filter(|block| !block.name.is_empty())
        .map(|block| (block.name.clone(), format!("reference to the {}", block.title)))
        .collect();
    for line in blocks.iter_mut().flat_map(|block| &mut block.rows) {
        line.places.extend(named.iter().find(|(name, _)| *name == line.source).cloned());
    }
}

fn shape(shape: &Shape) -> String {
    let kinds: Vec<&str> = shape.kind.iter().chain(&shape.also).map(|kind| &**kind).collect();
    let name = match (shape.format, &shape.version) {
        (Format::FhirR4, _) => "FHIR R4".to_owned(),
        (Format::Hl7v2, Some(version)) => format!("HL7 v{version}"),
        (Format::Hl7v2, None) => "HL7 v2".to_owned(),
        (Format::Other, _) => shape.form().name().to_owned(),
    };
    format!("{name} {}", kinds.join(", ")).trim_end().to_owned()
}

impl Gatherer<'_> {
    fn block(&self, section: &Section, anchor: String) -> Block {
        let definition = facts::element(&section.title, "").map(|member| member.element().short()).unwrap_or_default();
        Block {
            title: section.title.clone(),
            name: section.name.clone(),
            anchor,
            definition: if self.is_fhir { definition.to_owned() } else { String::new() },
            about: section.about.clone(),
            condition: section.condition.clone(),
            rows: section.rows.iter().map(|row| self.line(section, row)).collect(),
        }
    }

    fn line(&self, section: &Section, row: &outline::Row) -> Line {
        let member = if self.is_fhir { facts::element(&section.title, &row.target) } else { None };
        let places: Vec<(String, facts::Field)> = row
            .places()
            .into_iter()
            .filter_map(|place| facts::field(&place, self.version).map(|field| (place, field)))
            .collect();
        let wanted = member.and_then(|member| Some((places.first()?.1.datatype, member.type_name())));
        // The checker takes the map of this name where the line names none.
        let implied = wanted.map(|(source, target)| format!("{source}-{target}"));
        let by = row
            .part()
            .map(str::to_owned)
            .or_else(|| implied.filter(|name| row.table().is_none() && outline::of_part(name, self.library).is_some()));
        let plain = facts::plain(&section.title, &row.target);
        let example = if self.reads_fhir {
            let here = self.examples.of(&row.file, row.line, Some(&row.target)).map(str::to_owned);
            // A line without a place to read from is of the map, or of the moment.
            here.filter(|_| row.source != "now").or_else(|| self.examples.parts_of(&row.target, None))
        } else if self.is_fhir {
            let here = self.examples.of(&row.file, row.line, Some(&plain));
            let parts = || self.examples.parts_of(&plain, Some(&places.first()?.0));
            let here = here.map(str::to_owned).or_else(parts);
            here.or_else(|| self.examples.of(&row.file, row.line, None).map(str::to_owned))
        } else {
            self.examples.at(&row.target).filter(|_| row.source != "removed")
        };
        let is_named_beside = |step: &&String| {
            let is_part = step.strip_prefix("use ").is_some();
            !is_part && row.table().is_none_or(|table| step.split(' ').nth(1) != Some(table))
        };
        Line {
            source: row.source.clone(),
            places: places.into_iter().map(|(place, field)| (place, field.name)).collect(),
            steps: row.steps.iter().filter(is_named_beside).cloned().collect(),
            by,
            table: row.table().map(str::to_owned),
            target: row.target.clone(),
            definition: match (member, self.is_fhir) {
                (Some(member), _) => member.element().short().to_owned(),
                (None, true) => String::new(),
                (None, false) => facts::field(&row.target, self.version).map(|field| field.name).unwrap_or_default(),
            },
            condition: row.condition.clone(),
            is_fallback: row.is_fallback,
            // An id that is made for one message says nothing.
            example: example.filter(|text| !text.starts_with("urn:uuid:")).unwrap_or_default(),
            note: row.note.clone(),
        }
    }

    /// The maps of data types that rows name, and those that these name.
    fn types(&self, blocks: &[Block]) -> Vec<Block> {
        let named = |blocks: &[Block]| -> BTreeSet<String> {
            blocks.iter().flat_map(|block| &block.rows).filter_map(|line| line.by.clone()).collect()
        };
        let mut wanted = named(blocks);
        let mut seen = BTreeSet::new();
        let mut out = Vec::new();
        while let Some(name) = wanted.pop_first() {
            if !seen.insert(name.clone()) {
                continue;
            }
            let Some((over, section)) = outline::of_part(&name, self.library) else { continue };
            let block = self.block(&section, format!("type-{name}"));
            wanted.extend(named(std::slice::from_ref(&block)));
            out.push(Block { title: name, about: format!("{over} to {}", section.title), ..block });
        }
        out.sort_by(|left, right| left.title.cmp(&right.title));
        out
    }

    fn codes(&self, name: &str) -> Option<Codes> {
        let table = self.tables.get(name)?;
        let cell = |row: lang::Row<'_>, column: &str| {
            table.column(column).map(|column| row.cell(column).to_owned()).unwrap_or_default()
        };
        let rows = table
            .rows()
            .map(|row| ["from", "from_name", "to", "to_system", "to_name"].map(|column| cell(row, column)))
            .collect();
        Some(Codes { name: name.to_owned(), rows })
    }
}
