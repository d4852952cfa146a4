//! The files of `sinew init`: `library/templates/hello`.

/// Path and text of every file, in the order of their paths. Adding a file is adding a line.
pub(super) const FILES: &[(&str, &str)] = &[
    (".gitattributes", include_str!("../../../../library/templates/hello/.gitattributes")),
    (".gitignore", include_str!("../../../../library/templates/hello/.gitignore")),
    ("README.md", include_str!("../../../../library/templates/hello/README.md")),
    ("environments/prod.toml", include_str!("../../../../library/templates/hello/environments/prod.toml")),
    (
        "interfaces/admissions/README.md",
        include_str!("../../../../library/templates/hello/interfaces/admissions/README.md"),
    ),
    (
        "interfaces/admissions/interface.flow",
        include_str!("../../../../library/templates/hello/interfaces/admissions/interface.flow"),
    ),
    (
        "interfaces/admissions/samples/admission.hl7",
        include_str!("../../../../library/templates/hello/interfaces/admissions/samples/admission.hl7"),
    ),
    (
        "interfaces/admissions/samples/transfer.hl7",
        include_str!("../../../../library/templates/hello/interfaces/admissions/samples/transfer.hl7"),
    ),
    (
        "interfaces/admissions/tables/wards.csv",
        include_str!("../../../../library/templates/hello/interfaces/admissions/tables/wards.csv"),
    ),
    (
        "interfaces/admissions/tests/trouble.flow",
        include_str!("../../../../library/templates/hello/interfaces/admissions/tests/trouble.flow"),
    ),
    ("sinew.toml", include_str!("../../../../library/templates/hello/sinew.toml")),
];
