//! What an analyst does with a map: runs it over samples, looks at the values, sees what is left out, writes the page for the
//! vendor.

use super::support::{Workspace, admission};

const MAP: &str = "map hub from hl7v2 2.5.1 ADT_A01 to fhir r4 Bundle {
  type = collection
  Patient as patient update by identifier when PID exists {
    identifier = PID-3
    name       = PID-5        # as on the card
    gender     = PID-8 | code sex
    birthDate  = PID-7
    deceased[boolean] = PID-30
  }
  Encounter as visit when PV1 exists {
    status  = unknown
    subject = patient
    class   = PV1-2 | code patient-class-encounter-class
    extension(http://north.example/ward).valueString = \"<ward> {PV1-3.1}\" when PV1-3.1 != TEST
  }
  ignore PID-19 reason \"policy <DP-7>\"
}
";
const SEX: &str =
    "from,from_name,to,to_system,to_name\nF,Female,female,http://hl7.org/fhir/administrative-gender,Female\n";
const PHARMACY: &str = "map pharmacy from hl7v2 ADT to hl7v2 ADT {
  MSH-5   = PHARMACY
  PID-5.1 = PID-5.1 | upper
  remove PID-7
}
";

/// A workspace with two maps and three admissions: two of women, one with a sex that the table does not have.
fn workspace() -> Workspace {
    let workspace = Workspace::empty();
    workspace.write("interfaces/adt/maps/hub.map", MAP);
    workspace.write("interfaces/adt/maps/pharmacy.map", PHARMACY);
    workspace.write("interfaces/adt/tables/sex.csv", SEX);
    workspace.write("interfaces/adt/maps/cases/a01.hl7", &admission("C1", "N0010138"));
    workspace.write("samples/1.hl7", &admission("C1", "N0010138"));
    workspace.write("samples/2.hl7", &admission("C2", "N0010139").replace("Quist^Ada", "Doe^Jane"));
    workspace.write("samples/3.hl7", &admission("C3", "N0010140").replace("|19780701|F", "|soon|X"));
    workspace
}

#[test]
fn a_map_is_run_by_its_name() {
    let workspace = workspace();
    let made = workspace.sinew(&["map", "run", "hub", "samples", "--jsonl"]).expect(0).out;
    assert_eq!(made.lines().count(), 3);
    assert!(made.lines().all(|line| line.starts_with(r#"{"resourceType":"Bundle","type":"collection""#)), "{made}");
    let told = workspace.sinew(&["map", "run", "hub", "samples/1.hl7", "--explain"]).expect(0);
    assert!(told.out.lines().any(|line| line.contains(".birthDate") && line.ends_with("PID-7")), "{}", told.out);
    let made = workspace.sinew(&["map", "run", "pharmacy", "samples/1.hl7"]).expect(0).out;
    assert!(made.contains("|PHARMACY|") && made.contains("|QUIST^Ada||") && !made.contains("19780701"), "{made}");
    workspace.sinew(&["map", "run", "pharmacy", "samples/1.hl7", "--explain"]).expect(2);
    workspace.sinew(&["map", "run", "hubb", "samples"]).expect(2).says(&["there is no map `hubb`"]);
    workspace.write("interfaces/other/maps/hub.map", MAP);
    workspace
        .sinew(&["map", "run", "hub", "samples"])
        .expect(2)
        .says(&["2 maps `hub`", "interfaces/other/maps/hub.map"]);
    // A map of the library has a name too.
    workspace.sinew(&["map", "run", "adt", "samples", "--jsonl"]).expect(0);
}

#[test]
fn values_are_counted_a_target() {
    let workspace = workspace();
    let told = workspace.sinew(&["map", "run", "hub", "samples", "--values"]).expect(0);
    let line = |path: &str| {
        let found = told.out.lines().find(|line| line.split_whitespace().next() == Some(path));
        found
            .unwrap_or_else(|| panic!("{path} in {}", told.out))
            .split_whitespace()
            .skip(1)
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(line("Patient.gender"), "2 of 3 female 2");
    assert_eq!(line("Patient.birthDate"), "2 of 3 1 value, masked");
    assert_eq!(line("Patient.name.family"), "3 of 3 2 values, masked");
    assert_eq!(line("Patient.deceasedBoolean"), "0 of 3");
    assert!(!told.out.contains("Quist") && !told.out.contains("Patient.name "), "{}", told.out);
    let told = workspace.sinew(&["map", "run", "hub", "samples", "--values", "--unmasked"]).expect(0);
    assert!(told.out.contains("Quist 2, Doe 1"), "{}", told.out);
    let json = workspace.sinew(&["map", "run", "pharmacy", "samples", "--values", "--json"]).expect(0).json();
    let target = |path: &str| json["targets"].as_array().unwrap().iter().find(|one| one["path"] == path).cloned();
    let sex = target("PID-8").expect("PID-8");
    assert_eq!(
        (&sex["filled"], &sex["values"][0]["value"], &sex["values"][0]["count"]),
        (&3.into(), &"F".into(), &2.into())
    );
    let name = target("PID-5.1").expect("PID-5.1");
    assert_eq!(
        (&name["distinct"], &name["masked"], &name["values"]),
        (&2.into(), &true.into(), &serde_json::json!([]))
    );
    assert!(target("PID-7").is_none());
}

#[test]
fn coverage_tells_what_is_left_out_unfilled_and_unknown() {
    let workspace = workspace();
    workspace.write("interfaces/adt/maps/hub.map", &MAP.replace("    status  = unknown\n", "    status  = ZPD-1\n"));
    let told = workspace.sinew(&["map", "coverage", "samples", "--map", "hub", "--codes-csv", "to-fill"]).expect(1);
    told.says(&[
        "3  PV1-3.2      Assigned Patient Location: Room",
        "3  Encounter: `status` is required and stayed empty (",
        "hub.map:10)",
        "1  sex: X",
        "E2600 ",
    ]);
    assert!(!told.out.contains("Encounter.status is required"), "said once: {}", told.out);
    assert!(!told.out.contains("PID-19") && !told.out.contains("PID-5"), "{}", told.out);
    let filled = std::fs::read_to_string(workspace.path().join("to-fill/sex.csv")).expect("the table");
    assert_eq!(filled, format!("{SEX}X,,,,\n"));
    // What was filled in stays, and what is there is not added again.
    workspace.write("to-fill/sex.csv", "to,from\nother,X\n");
    workspace.write("samples/4.hl7", &admission("C4", "N1").replace("|19780701|F", "||\"Y,\""));
    workspace.sinew(&["map", "coverage", "samples", "--map", "hub", "--codes-csv", "to-fill"]).expect(1);
    let filled = std::fs::read_to_string(workspace.path().join("to-fill/sex.csv")).expect("the table");
    assert_eq!(filled, "to,from\nother,X\n,\"\"\"Y,\"\"\"\n");
    let json = workspace.sinew(&["map", "coverage", "samples", "--map", "hub", "--json"]).expect(1).json();
    assert_eq!((&json["places"]["PV1-3.2"], json["codes"].as_array().map(Vec::len)), (&4.into(), Some(2)));
    workspace.write("interfaces/adt/maps/hub.map", &MAP.replace("= PID-7", "= PID-7 | required"));
    workspace.write("samples/3.hl7", &admission("C3", "N0010140").replace("|19780701|F", "||F"));
    let told = workspace.sinew(&["map", "coverage", "samples", "--map", "hub"]).expect(1);
    told.says(&["messages that cannot be converted", "2  E2"]);
}

#[test]
fn the_page_of_a_map_is_for_people() {
    let workspace = workspace();
    let page = workspace.sinew(&["docs", "map", "hub"]).expect(0).out;
    for row in [
        "| `PID-3`<br>Patient Identifier List<br>by CX-Identifier | `identifier`<br>An identifier for this patient |",
        "`name`<br>A name associated with the patient<br>*as on the card* |  |  | `Quist · Ada` |",
        "| `PID-8`<br>Administrative Sex | `gender`<br>male \\| female \\| other \\| unknown |  | sex | `female` |",
        "| `patient`<br>reference to the Patient |",
        "| PV1-3.1 != TEST |",
        "| `PID-19` | SSN Number - Patient | policy &lt;DP-7&gt; |",
        "### sex",
        "| `F` | Female | `female` | Female | http://hl7.org/fhir/administrative-gender |",
        "### XPN-HumanName",
        "Examples come from: ",
    ] {
        assert!(page.contains(row), "{row}\nin\n{page}");
    }
    workspace.sinew(&["docs", "map", "hub", "--to", "hub.html"]).expect(0);
    let html = std::fs::read_to_string(workspace.path().join("hub.html")).expect("the page");
    assert!(html.contains("<td class=\"example\">Quist · Ada</td>") && html.contains("policy &lt;DP-7&gt;"), "{html}");
    assert!(!html.contains("<script") && !html.contains("src=") && !html.contains("<ward>"), "it is one file and safe");
    let page = workspace.sinew(&["docs", "map", "pharmacy", "--example", "samples/2.hl7"]).expect(0).out;
    assert!(page.contains("| `PID-5.1`<br>Patient Name: Family Name<br>then `upper` |"), "{page}");
    assert!(page.contains("| `DOE` |") && page.contains("| `removed` | `PID-7`<br>Date/Time of Birth |"), "{page}");
    workspace.sinew(&["docs", "map", "hub", "--to", "hub.pdf"]).expect(2);
    // A map from FHIR has examples of the bundles beside it.
    let page = workspace.sinew(&["docs", "map", "adt-from-fhir"]).expect(0).out;
    for row in [
        "`PID-8`<br>Administrative Sex |  | administrative-sex | `F` |",
        "`PID-5`<br>Patient Name |  |  | `Quist · ",
        "Examples come from: cases/adt-a01.json, ",
    ] {
        assert!(page.contains(row), "{row}\nin\n{page}");
    }
}

const ROWS: &str = r#"map patients from csv to fhir r4 Bundle {
  type = "transaction"
  Patient update by identifier {
    identifier {
      value  = row.mrn
      system = "urn:oid:1.2.3"
    }
    name { family = row.last }
    gender = "female" when row.sex = F
    birthDate = row.born
  }
}
"#;

/// Rows become FHIR: run, explained, counted, tested by a case, and a finding names the file as it was named.
#[test]
fn a_map_from_rows_to_fhir() {
    let workspace = Workspace::empty();
    workspace.write("interfaces/adt/maps/patients.map", ROWS);
    workspace.write("in/patients.csv", "mrn,last,sex,born\n1,Muster,F,1988-07-05\n2,Doe,M,soon\n");
    let made =
        workspace.sinew(&["map", "run", "patients", "in/patients.csv", "--jsonl", "--validate", "--reveal"]).expect(0);
    assert_eq!(made.out.lines().count(), 2, "{}", made.out);
    assert!(made.out.contains(r#""family":"Muster""#) && made.err.contains("in/patients.csv#2: E2600"), "{}", made.err);
    let told = workspace.sinew(&["map", "run", "patients", "in/patients.csv", "--explain"]).expect(0);
    assert!(told.out.lines().any(|line| line.contains("birthDate") && line.ends_with("row.born")), "{}", told.out);
    let told = workspace.sinew(&["map", "run", "patients", "in/patients.csv", "--values"]).expect(0);
    assert!(told.out.lines().any(|line| line.starts_with("Patient.gender") && line.contains("1 of 2")), "{}", told.out);
    workspace.write("cases/one.csv", "mrn,last,sex,born\n1,Muster,F,1988-07-05\n");
    workspace.write("cases/one.expect", "Bundle.entry.resource.gender = 'female'\n");
    workspace.sinew(&["map", "test", "cases", "--map", "patients"]).expect(0).says(&["1 cases, 0 failed"]);
    workspace.write("cases/one.expect", "Bundle.entry.resource.gender = 'male'\n");
    workspace.sinew(&["map", "test", "cases", "--map", "patients"]).expect(1);
    // A finding names the file from here, not from the root of the machine.
    workspace.write("interfaces/adt/maps/patients.map", &ROWS.replace("row.born", "row.born | use CX-Identifier"));
    let told = workspace.sinew(&["map", "run", "patients", "in/patients.csv"]).expect(1);
    told.says(&["E2680", "interfaces/adt/maps/patients.map"]);
    let is_short = |line: &str| !line.contains("/interfaces/adt/maps/patients.map");
    assert!(told.err.lines().all(is_short), "{}", told.err);
}
