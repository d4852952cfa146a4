//! The files of `library/profiles`: profiles of the language, and the messages that they name as examples.

/// Path and text of every file, in the order of their paths. Adding a file is adding a line.
pub const FILES: &[(&str, &str)] = &[
    ("profiles/ihe-pam.flow", include_str!("../../../../library/profiles/ihe-pam.flow")),
    ("profiles/ihe-pdq.flow", include_str!("../../../../library/profiles/ihe-pdq.flow")),
    ("profiles/ihe-pix-feed.flow", include_str!("../../../../library/profiles/ihe-pix-feed.flow")),
    ("profiles/ihe-pix-query.flow", include_str!("../../../../library/profiles/ihe-pix-query.flow")),
    ("profiles/patient-feed.flow", include_str!("../../../../library/profiles/patient-feed.flow")),
    ("profiles/samples/ihe-pam-admit.hl7", include_str!("../../../../library/profiles/samples/ihe-pam-admit.hl7")),
    ("profiles/samples/ihe-pam-merge.hl7", include_str!("../../../../library/profiles/samples/ihe-pam-merge.hl7")),
    (
        "profiles/samples/ihe-pam-no-authority.hl7",
        include_str!("../../../../library/profiles/samples/ihe-pam-no-authority.hl7"),
    ),
    ("profiles/samples/ihe-pam-person.hl7", include_str!("../../../../library/profiles/samples/ihe-pam-person.hl7")),
    ("profiles/samples/ihe-pdq-answer.hl7", include_str!("../../../../library/profiles/samples/ihe-pdq-answer.hl7")),
    ("profiles/samples/ihe-pdq-ask.hl7", include_str!("../../../../library/profiles/samples/ihe-pdq-ask.hl7")),
    (
        "profiles/samples/ihe-pdq-no-field.hl7",
        include_str!("../../../../library/profiles/samples/ihe-pdq-no-field.hl7"),
    ),
    (
        "profiles/samples/ihe-pix-feed-merge.hl7",
        include_str!("../../../../library/profiles/samples/ihe-pix-feed-merge.hl7"),
    ),
    (
        "profiles/samples/ihe-pix-feed-no-visit.hl7",
        include_str!("../../../../library/profiles/samples/ihe-pix-feed-no-visit.hl7"),
    ),
    (
        "profiles/samples/ihe-pix-feed-register.hl7",
        include_str!("../../../../library/profiles/samples/ihe-pix-feed-register.hl7"),
    ),
    (
        "profiles/samples/ihe-pix-query-answer.hl7",
        include_str!("../../../../library/profiles/samples/ihe-pix-query-answer.hl7"),
    ),
    (
        "profiles/samples/ihe-pix-query-ask.hl7",
        include_str!("../../../../library/profiles/samples/ihe-pix-query-ask.hl7"),
    ),
    (
        "profiles/samples/ihe-pix-query-no-authority.hl7",
        include_str!("../../../../library/profiles/samples/ihe-pix-query-no-authority.hl7"),
    ),
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
    (
        "profiles/samples/us-immunization-new.hl7",
        include_str!("../../../../library/profiles/samples/us-immunization-new.hl7"),
    ),
    (
        "profiles/samples/us-immunization-no-lot.hl7",
        include_str!("../../../../library/profiles/samples/us-immunization-no-lot.hl7"),
    ),
    (
        "profiles/samples/us-immunization-refusal.hl7",
        include_str!("../../../../library/profiles/samples/us-immunization-refusal.hl7"),
    ),
    (
        "profiles/samples/us-lab-result-coded.hl7",
        include_str!("../../../../library/profiles/samples/us-lab-result-coded.hl7"),
    ),
    (
        "profiles/samples/us-lab-result-final.hl7",
        include_str!("../../../../library/profiles/samples/us-lab-result-final.hl7"),
    ),
    (
        "profiles/samples/us-lab-result-no-unit.hl7",
        include_str!("../../../../library/profiles/samples/us-lab-result-no-unit.hl7"),
    ),
    (
        "profiles/samples/us-syndromic-discharge.hl7",
        include_str!("../../../../library/profiles/samples/us-syndromic-discharge.hl7"),
    ),
    (
        "profiles/samples/us-syndromic-no-visit.hl7",
        include_str!("../../../../library/profiles/samples/us-syndromic-no-visit.hl7"),
    ),
    (
        "profiles/samples/us-syndromic-register.hl7",
        include_str!("../../../../library/profiles/samples/us-syndromic-register.hl7"),
    ),
    ("profiles/us-immunization.flow", include_str!("../../../../library/profiles/us-immunization.flow")),
    ("profiles/us-lab-result.flow", include_str!("../../../../library/profiles/us-lab-result.flow")),
    ("profiles/us-syndromic.flow", include_str!("../../../../library/profiles/us-syndromic.flow")),
];
