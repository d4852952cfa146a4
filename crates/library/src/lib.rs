//! Floor 1: the maps, shared maps and code tables that come with Sinew, as texts in the binary.
//!
//! Owns the list of files below `library/`, made when the crate is built, so that adding a map is adding a file. What is in
//! them is written down in `library/README.md`; `lang` reads and compiles them.
//! Never: reads a file at run time.

/// A file of the library.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct File {
    /// `hl7v2-to-fhir-r4/segments/pid-patient.map`
    pub path: &'static str,
    /// Its text.
    pub text: &'static str,
}

/// Every file, sorted by path.
pub const FILES: &[File] = include!(concat!(env!("OUT_DIR"), "/files.rs"));

/// The files of one folder of the library, each with its path inside it: `segments/pid-patient.map`.
pub fn folder(name: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    FILES.iter().filter_map(move |file| Some((file.path.strip_prefix(name)?.strip_prefix('/')?, file.text)))
}

/// From HL7 v2 to FHIR R4.
pub const HL7V2_TO_FHIR_R4: &str = "hl7v2-to-fhir-r4";

/// From FHIR R4 to HL7 v2.
pub const FHIR_R4_TO_HL7V2: &str = "fhir-r4-to-hl7v2";

/// The maps of both directions, with the tables that they share: those to FHIR with their path in their folder, those back
/// with the whole path, `fhir-r4-to-hl7v2/messages/adt.map`.
pub fn both_ways() -> impl Iterator<Item = (&'static str, &'static str)> {
    let back = FILES.iter().filter(|file| file.path.starts_with(FHIR_R4_TO_HL7V2));
    folder(HL7V2_TO_FHIR_R4).chain(back.map(|file| (file.path, file.text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_found_in_order() {
        assert!(FILES.is_sorted_by_key(|file| file.path));
        assert!(
            folder(HL7V2_TO_FHIR_R4)
                .any(|(path, text)| path == "datatypes/cx-identifier.map" && text.contains("map datatype CX"))
        );
        assert_eq!(folder("hl7v2-to").count(), 0);
    }
}
