//! What is ordered, measured, given and diagnosed: codes of LOINC, ICD-10, CVX, MVX and RxNorm as facts.

/// The HL7 type and the values of one measurement.
#[derive(Clone, Copy, Debug)]
pub(super) enum Scale {
    /// NM: reference range and the decimals written, in units of the last decimal.
    Number { low: u32, high: u32, decimals: u32 },
    /// ST: one of these; the first is normal.
    Words(&'static [&'static str]),
    /// CE/CWE: SNOMED CT code and name; the first is normal.
    Codes(&'static [(&'static str, &'static str)]),
    /// TX: lines of text.
    Prose(&'static [&'static str]),
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Analyte {
    pub(super) loinc: &'static str,
    pub(super) name: &'static str,
    pub(super) unit: &'static str,
    pub(super) scale: Scale,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Test {
    pub(super) loinc: &'static str,
    pub(super) name: &'static str,
    /// The site's own code, sent beside LOINC.
    pub(super) local: &'static str,
    /// SPM-4 (table 0487).
    pub(super) specimen: (&'static str, &'static str),
    pub(super) analytes: &'static [Analyte],
}

const fn number(loinc: &'static str, name: &'static str, unit: &'static str, range: (u32, u32, u32)) -> Analyte {
    Analyte { loinc, name, unit, scale: Scale::Number { low: range.0, high: range.1, decimals: range.2 } }
}

const fn other(loinc: &'static str, name: &'static str, scale: Scale) -> Analyte {
    Analyte { loinc, name, unit: "", scale }
}

const BLOOD: (&str, &str) = ("BLD", "Whole blood");
const SERUM: (&str, &str) = ("SER", "Serum");

pub(super) const TESTS: [Test; 9] = [
    Test {
        loinc: "58410-2",
        name: "CBC panel",
        local: "CBC",
        specimen: BLOOD,
        analytes: &[
            number("718-7", "Hemoglobin", "g/dL", (120, 160, 1)),
            number("4544-3", "Hematocrit", "%", (360, 460, 1)),
            number("6690-2", "Leukocytes", "10*3/uL", (45, 110, 1)),
            number("777-3", "Platelets", "10*3/uL", (150, 400, 0)),
            other("11156-7", "Leukocyte morphology", Scale::Words(&["Normal", "Left shift", "Atypical cells seen"])),
        ],
    },
    Test {
        loinc: "24321-2",
        name: "Basic metabolic panel",
        local: "BMP",
        specimen: SERUM,
        analytes: &[
            number("2951-2", "Sodium", "mmol/L", (136, 145, 0)),
            number("2823-3", "Potassium", "mmol/L", (35, 51, 1)),
            number("2160-0", "Creatinine", "mg/dL", (60, 120, 2)),
            number("3094-0", "Urea nitrogen", "mg/dL", (7, 20, 0)),
            number("2345-7", "Glucose", "mg/dL", (70, 99, 0)),
        ],
    },
    Test {
        loinc: "24325-3",
        name: "Hepatic function panel",
        local: "LFT",
        specimen: SERUM,
        analytes: &[
            number("1742-6", "Alanine aminotransferase", "U/L", (7, 56, 0)),
            number("1920-8", "Aspartate aminotransferase", "U/L", (10, 40, 0)),
            number("1975-2", "Bilirubin total", "mg/dL", (1, 12, 1)),
            number("1751-7", "Albumin", "g/dL", (35, 50, 1)),
        ],
    },
    Test {
        loinc: "1988-5",
        name: "C reactive protein",
        local: "CRP",
        specimen: SERUM,
        analytes: &[number("1988-5", "C reactive protein", "mg/L", (0, 50, 1))],
    },
    Test {
        loinc: "10839-9",
        name: "Troponin I cardiac",
        local: "TROP",
        specimen: SERUM,
        analytes: &[number("10839-9", "Troponin I cardiac", "ng/mL", (0, 40, 3))],
    },
    Test {
        loinc: "24356-8",
        name: "Urinalysis complete",
        local: "UA",
        specimen: ("UR", "Urine"),
        analytes: &[
            other("5778-6", "Color of urine", Scale::Words(&["Yellow", "Amber", "Red", "Straw & clear"])),
            number("5803-2", "pH of urine", "[pH]", (50, 80, 1)),
            number("5811-5", "Specific gravity of urine", "", (1005, 1030, 3)),
            other("20454-5", "Protein in urine", Scale::Words(&["Negative", "Trace", "1+", "2+"])),
        ],
    },
    Test {
        loinc: "600-7",
        name: "Blood culture",
        local: "BC",
        specimen: BLOOD,
        analytes: &[
            other(
                "600-7",
                "Bacteria identified",
                Scale::Codes(&[
                    ("264868006", "No growth"),
                    ("112283007", "Escherichia coli"),
                    ("3092008", "Staphylococcus aureus"),
                ]),
            ),
            other(
                "8251-1",
                "Comment",
                Scale::Prose(&["Two bottles received.", "Incubated for 48 h at 37 C; aerobic & anaerobic."]),
            ),
        ],
    },
    Test {
        loinc: "94500-6",
        name: "SARS-CoV-2 RNA",
        local: "COV2",
        specimen: ("NPH", "Nasopharyngeal swab"),
        analytes: &[other(
            "94500-6",
            "SARS-CoV-2 RNA presence",
            Scale::Codes(&[("260415000", "Not detected"), ("260373001", "Detected")]),
        )],
    },
    Test {
        loinc: "882-1",
        name: "ABO and Rh group",
        local: "ABORH",
        specimen: BLOOD,
        analytes: &[other("882-1", "ABO and Rh group", Scale::Words(&["O Pos", "A Pos", "B Pos", "O Neg"]))],
    },
];

/// LOINC, name, modality, CPT, what the report says.
pub(super) const IMAGES: [(&str, &str, &str, &str, &str); 4] = [
    ("36643-5", "XR Chest 2 views", "CR", "71046", "Heart size normal. Lungs clear. No effusion."),
    ("24725-4", "CT Head", "CT", "70450", "No bleed, no mass, no shift. Ventricles normal for age."),
    ("24558-9", "US Abdomen", "US", "76700", "Liver and spleen normal. Gallbladder without stones."),
    ("24590-2", "MR Brain", "MR", "70551", "No restricted diffusion. Small old lacune on the left."),
];

/// LOINC, name, unit, low, high, decimals: what a monitor measures.
pub(super) const VITALS: [(&str, &str, &str, u64, u64, u32); 5] = [
    ("8867-4", "Heart rate", "/min", 55, 110, 0),
    ("9279-1", "Respiratory rate", "/min", 11, 24, 0),
    ("2708-6", "Oxygen saturation", "%", 91, 100, 0),
    ("8310-5", "Body temperature", "Cel", 362, 388, 1),
    ("8480-6", "Systolic blood pressure", "mm[Hg]", 95, 165, 0),
];

/// ICD-10-CM code and name.
pub(super) const DIAGNOSES: [(&str, &str); 12] = [
    ("J18.9", "Pneumonia, unspecified organism"),
    ("I50.9", "Heart failure, unspecified"),
    ("K35.80", "Unspecified acute appendicitis"),
    ("S72.001A", "Fracture of neck of right femur"),
    ("N39.0", "Urinary tract infection"),
    ("E11.9", "Type 2 diabetes without complications"),
    ("I21.9", "Acute myocardial infarction"),
    ("R07.9", "Chest pain, unspecified"),
    ("J45.909", "Asthma, uncomplicated"),
    ("A41.9", "Sepsis, unspecified organism"),
    ("O80", "Full-term uncomplicated delivery"),
    ("Z38.00", "Single liveborn infant"),
];
/// Diagnoses of ordinary stays; the last two belong to births.
pub(super) const DIAGNOSES_COMMON: usize = 10;
pub(super) const DELIVERY: usize = 10;
pub(super) const LIVEBORN: usize = 11;

/// CVX, name, MVX, manufacturer, lot letters; the first is for newborns, too.
pub(super) const VACCINES: [(&str, &str, &str, &str, &str); 8] = [
    ("08", "Hep B, adolescent or pediatric", "SKB", "GlaxoSmithKline", "HB"),
    ("141", "Influenza, seasonal, injectable", "PMC", "Sanofi Pasteur", "FL"),
    ("20", "DTaP", "PMC", "Sanofi Pasteur", "DT"),
    ("03", "MMR", "MSD", "Merck and Co.", "MM"),
    ("115", "Tdap", "SKB", "GlaxoSmithKline", "TD"),
    ("133", "Pneumococcal conjugate PCV 13", "PFR", "Pfizer", "PN"),
    ("10", "IPV", "PMC", "Sanofi Pasteur", "IP"),
    ("208", "COVID-19, mRNA, 30 mcg/0.3 mL dose", "PFR", "Pfizer", "CV"),
];

/// RxNorm, name, dose, unit, times a day; all by mouth.
pub(super) const DRUGS: [(&str, &str, &str, &str, &str); 6] = [
    ("313782", "Acetaminophen 325 MG Oral Tablet", "2", "TAB", "Q6H"),
    ("197361", "Amlodipine 5 MG Oral Tablet", "1", "TAB", "QD"),
    ("861007", "Metformin hydrochloride 500 MG Oral Tablet", "1", "TAB", "BID"),
    ("314076", "Lisinopril 10 MG Oral Tablet", "1", "TAB", "QD"),
    ("308182", "Amoxicillin 250 MG Oral Capsule", "2", "CAP", "TID"),
    ("310965", "Ibuprofen 200 MG Oral Tablet", "2", "TAB", "TID"),
];

/// Code, name, severity (table 0128), reaction.
pub(super) const ALLERGIES: [(&str, &str, &str, &str); 4] = [
    ("7980", "Penicillin", "SV", "Hives & swelling"),
    ("1191", "Aspirin", "MO", "Wheeze"),
    ("2670", "Codeine", "MI", "Nausea"),
    ("LATEX", "Latex", "MO", "Rash"),
];

/// Plan, company number, company.
pub(super) const INSURERS: [(&str, &str, &str); 4] = [
    ("BASIC", "7001", "Harbour Mutual"),
    ("PLUS", "7001", "Harbour Mutual"),
    ("STD", "7002", "Fern & Field Health"),
    ("SELF", "7000", "Self pay"),
];

/// Charge code, what for, price in cents.
pub(super) const CHARGES: [(&str, &str, u64); 5] = [
    ("99213", "Clinic visit", 12_800),
    ("99232", "Hospital day", 41_500),
    ("85025", "Blood count", 2_300),
    ("71046", "Chest film", 9_900),
    ("90471", "Vaccination", 3_100),
];
