//! `sinew convert`: messages as another format, or as another version of their own.

mod as_tree;
mod fhir_r4;
mod from_fhir;
mod version;

use crate::{
    messages,
    outcome::{Failure, Result},
    resources,
    screen::Screen,
};
use clap::{Args, ValueEnum};
use hl7v2::dictionary::Version;
use std::path::PathBuf;

/// Turn messages into FHIR R4 or another version of HL7 v2, FHIR bundles into messages, and JSON, XML and rows into one another
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sinew convert --to hl7v2 --version 2.5.1 adt.hl7 > adt-251.hl7
  sinew convert --to hl7v2 --version 2.3 oru.hl7 --loss keep -o oru-23.hl7
  sinew convert --to hl7v2 --version 2.8 samples/ --json | jq .notes
  sinew convert --to fhir-r4 adt.hl7 > bundle.json
  sinew convert --to fhir-r4 samples/ --jsonl > bundles.jsonl
  sinew convert --to fhir-r4 adt.hl7 --validate
  sinew convert --to fhir-r4 adt.hl7 --explain
  sinew convert --to fhir-r4 adt.hl7 --map maps/adt-hub.map --zone Europe/Berlin
  sinew convert --to hl7v2 bundle.json > message.hl7
  sinew convert --to hl7v2 bundles.ndjson --version 2.3.1 --validate
  sinew convert --to hl7v2 bundle.xml --explain
  sinew convert --to json census.csv
  sinew convert --to csv orders.xml -o orders.csv
  sinew convert --to xml claim.x12
  sinew convert --to json lab.txt --format lab-csv    as shared/formats describes it

To FHIR: one Bundle a message, by the map of the library for its structure or by --map. A value that does not fit its element
is left out and told on stderr with the line of the map, never written wrong. --jsonl writes a bundle a line; --json:
  {\"schema\":\"sinew.convert-fhir/1\",\"file\",\"index\",\"map\",\"notes\":[…],\"issues\":[…],\"origins\":[{\"element\",\"file\",\"line\",
  \"sources\"}],\"bundle\"}

From FHIR (JSON, NDJSON, XML): one message a bundle, by the map of the library for the event of its MessageHeader or for its
resources, or by --map; with --version as that version. What standard input holds is read as FHIR where --map names a map or
--version is not given; --json:
  {\"schema\":\"sinew.convert-hl7v2/1\",\"file\",\"index\",\"map\",\"notes\":[…],\"issues\":[…],\"origins\":[{\"place\",\"file\",\"line\",
  \"sources\"}],\"message\"}

Between versions: fields that moved are copied, parts that a type lost are removed, OBX-2 and MSH-9.3 get the names of the new version. Each
place that is lost, copied or kept against the version is told on stderr, or in --json, one object a message:
  {\"schema\":\"sinew.convert/1\",\"file\",\"index\",\"from\",\"to\",\"lost\",\"notes\":[{\"code\",\"path\",\"message\",\"hint\"}],\"message\"}
The same in an interface: translate version 2.3 to 2.5.1
To json, xml, csv, tsv: from JSON, XML, rows of columns and X12, by the end of the file's name or --format. Names and values stay, meaning
is for maps. In XML, parts named @name are attributes; in rows, what is nested is a column of its own: patient.name.1.family.

Exit: 0, 1 something was lost with --loss park, a value has no place in the format, a message has no version or no map, or --validate found errors, 2 usage, 3 a file cannot be opened.")]
pub struct Convert {
    /// Files, folders, or - for standard input
    #[arg(required = true)]
    pub(super) files: Vec<PathBuf>,
    /// The format to write
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub(super) to: Format,
    /// The version to write: 2.5.1
    #[arg(long, value_name = "VERSION")]
    pub(super) version: Option<String>,
    /// The version that the messages have, where MSH-12 does not say it or is wrong
    #[arg(long, value_name = "VERSION")]
    pub(super) from: Option<String>,
    /// What has no place in the new version: note removes it and says so, keep leaves it, park writes nothing
    #[arg(long, value_enum, default_value_t = Loss::Note, value_name = "WHAT")]
    pub(super) loss: Loss,
    /// To JSON, XML and rows: what the files are: json, xml, csv, tsv, x12, or a description in shared/formats
    #[arg(long, value_name = "FORMAT")]
    pub(super) format: Option<String>,
    /// To FHIR and JSON: a bundle or a file a line, not laid out
    #[arg(long, conflicts_with = "json")]
    pub(super) jsonl: bool,
    /// Check each bundle by the definitions of R4, each message of a bundle by the standard; errors end with exit code 1
    #[arg(long)]
    pub(super) validate: bool,
    /// For each element or place the line of the map that wrote it and what it read, instead of the result
    #[arg(long)]
    pub(super) explain: bool,
    /// To or from FHIR: this map instead of the library's: a file, or the name of one of the workspace or the library
    #[arg(long, value_name = "MAP")]
    pub(super) map: Option<PathBuf>,
    /// To FHIR: the type of bundle instead of the map's: transaction, batch, message, collection
    #[arg(long, value_name = "TYPE")]
    pub(super) bundle: Option<String>,
    /// To FHIR: the time zone of times without an offset: Europe/Berlin
    #[arg(long, value_name = "ZONE")]
    pub(super) zone: Option<String>,
    /// A JSON object a message
    #[arg(long)]
    pub(super) json: bool,
    /// Show patient data on the terminal
    #[arg(long)]
    pub(super) reveal: bool,
    /// Write here instead of to standard output
    #[arg(short, long, value_name = "FILE", conflicts_with = "json")]
    pub(super) output: Option<PathBuf>,
}

/// What `--to` takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// HL7 v2, in the version of --version
    Hl7v2,
    /// FHIR R4, a bundle a message
    FhirR4,
    /// JSON, from XML, rows and X12
    Json,
    /// XML, from JSON, rows and X12
    Xml,
    /// Rows with commas and a header
    Csv,
    /// Rows with tabs and a header
    Tsv,
}

/// What `--loss` takes: the words of `translate version`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Loss {
    Note,
    Keep,
    Park,
}

impl Convert {
    /// To FHIR by one map.
    pub fn by_map(map: PathBuf, files: Vec<PathBuf>) -> Convert {
        Convert {
            files,
            to: Format::FhirR4,
            version: None,
            from: None,
            loss: Loss::Note,
            format: None,
            jsonl: false,
            validate: false,
            explain: false,
            map: Some(map),
            bundle: None,
            zone: None,
            json: false,
            reveal: false,
            output: None,
        }
    }

    pub fn run(self, screen: &Screen) -> Result {
        match self.to {
            Format::Hl7v2 => self.to_hl7v2(screen),
            Format::FhirR4 => fhir_r4::run(&self, screen),
            Format::Json => as_tree::run(&self, "json", screen),
            Format::Xml => as_tree::run(&self, "xml", screen),
            Format::Csv => as_tree::run(&self, "csv", screen),
            Format::Tsv => as_tree::run(&self, "tsv", screen),
        }
    }

    /// Bundles by maps, messages by the bridge between versions.
    fn to_hl7v2(&self, screen: &Screen) -> Result {
        let files = messages::expand(&self.files)?;
        match files.iter().filter(|path| resources::begins_as_fhir(path)).count() {
            0 => version::run(self, screen),
            count if count == files.len() => from_fhir::run(self, &files, screen),
            _ => Err(Failure::usage("some of the files are FHIR and some HL7 v2").hint("convert them in two calls")),
        }
    }

    fn target(&self) -> Result<Version> {
        let text = self
            .version
            .as_deref()
            .ok_or_else(|| Failure::usage("--to hl7v2 needs the version to write").hint("add --version 2.5.1"))?;
        named(text)
    }

    fn origin(&self) -> Result<Option<Version>> {
        self.from.as_deref().map(named).transpose()
    }
}

/// A version as MSH-12 writes it.
fn named(text: &str) -> Result<Version> {
    Version::parse(text).ok_or_else(|| {
        let known: Vec<&str> = Version::ALL.iter().map(|version| version.as_str()).collect();
        Failure::usage(format!("`{text}` is no version of HL7 v2"))
            .code(lang::codes::E2550)
            .hint(format!("versions are {}", known.join(", ")))
    })
}
