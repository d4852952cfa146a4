//! The files of `library/profiles`: profiles of the language, and the messages that they name as examples.

/// Path and text of every file, in the order of their paths. Adding a file is adding a line.
pub const FILES: &[(&str, &str)] = &[
    ("profiles/patient-feed.flow", include_str!("../../../../library/profiles/patient-feed.flow")),
    (
        "profiles/samples/patient-feed-admission.hl7",
        include_str!("../../../../library/profiles/samples/patient-feed-admission.hl7"),
    ),
    (
        "profiles/samples/patient-feed-merge.hl7",
        include_str!("../../../../library/profiles/samples/patient-feed-merge.hl7"),
    ),
    (
        "profiles/samples/patient-feed-no-number.hl7",
        include_str!("../../../../library/profiles/samples/patient-feed-no-number.hl7"),
    ),
    (
        "profiles/samples/patient-feed-same-merge.hl7",
        include_str!("../../../../library/profiles/samples/patient-feed-same-merge.hl7"),
    ),
];
