//! Profiles: each kind of rule by a small invented profile, and those of R4 itself.

use super::super::Options;
use super::{check, check_with};

/// A profile of a type with these elements of its differential.
fn profile(ty: &str, elements: &str) -> String {
    format!(
        r#"{{"resourceType":"StructureDefinition","url":"http://example.org/p","name":"P","type":"{ty}","kind":"resource","derivation":"constraint",
        "baseDefinition":"http://hl7.org/fhir/StructureDefinition/{ty}","differential":{{"element":[{elements}]}}}}"#
    )
}

/// Checks a Patient against a profile with these elements.
#[track_caller]
fn patient(elements: &str, properties: &str, expect: &[&str]) {
    let options = Options { profiles: vec!["http://example.org/p".into()], ..Options::default() };
    check_with(&[&profile("Patient", elements)], options, &format!(r#""resourceType":"Patient",{properties}"#), expect);
}

#[test]
fn cardinality() {
    let name = r#"{"id":"Patient.name","path":"Patient.name","min":1,"max":"1"}"#;
    patient(name, r#""name":[{"text":"a"}]"#, &[]);
    patient(name, r#""active":true"#, &["error E1263 Patient.name"]);
    patient(name, r#""name":[{"text":"a"},{"text":"b"}]"#, &["error E1264 Patient.name[1]"]);
    let inner = r#"{"path":"Patient.name"},{"path":"Patient.name.family","min":1}"#;
    patient(inner, r#""active":true"#, &[]);
    patient(inner, r#""name":[{"text":"a"},{"family":"b"}]"#, &["error E1263 Patient.name[0].family"]);
    patient(r#"{"path":"Patient.photo","max":"0"}"#, r#""photo":[{"url":"a"}]"#, &["error E1264 Patient.photo[0]"]);
    let of_extension = r#""_birthDate":{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/data-absent-reason","valueCode":"unknown"}]}"#;
    patient(r#"{"path":"Patient.birthDate","min":1}"#, of_extension, &[]);
    // What R4 asks already is told once.
    patient(
        r#"{"path":"Patient.link.other","min":1}"#,
        r#""link":[{"type":"refer"}]"#,
        &["error E1263 Patient.link[0].other"],
    );
}

#[test]
fn fixed_values_patterns_and_lengths() {
    let fixed = r#"{"path":"Patient.gender","fixedCode":"female"}"#;
    patient(fixed, r#""gender":"female""#, &[]);
    patient(fixed, r#""gender":"male""#, &["error E1278 Patient.gender"]);
    patient(fixed, r#""active":true"#, &[]);
    let pattern = r#"{"path":"Patient.maritalStatus","patternCodeableConcept":{"coding":[{"code":"M"}]}}"#;
    let coding = |rest: &str| {
        format!(
            r#""maritalStatus":{{"coding":[{{"system":"http://terminology.hl7.org/CodeSystem/v3-MaritalStatus",{rest}}}]}}"#
        )
    };
    patient(pattern, &coding(r#""code":"M","display":"Married""#), &[]);
    patient(pattern, &coding(r#""code":"S""#), &["error E1278 Patient.maritalStatus"]);
    let whole = r#"{"path":"Patient.name","fixedHumanName":{"family":"A","text":"B"}}"#;
    patient(whole, r#""name":[{"text":"B","family":"A"}]"#, &[]);
    patient(whole, r#""name":[{"text":"B","family":"A","use":"old"}]"#, &["error E1278 Patient.name[0]"]);
    patient(
        r#"{"path":"Patient.name.family","maxLength":3}"#,
        r#""name":[{"family":"abcd"}]"#,
        &["error E1278 Patient.name[0].family"],
    );
}

#[test]
fn bindings_of_profiles() {
    let bound = |strength: &str, url: &str| {
        format!(r#"{{"path":"Patient.maritalStatus","binding":{{"strength":"{strength}","valueSet":"{url}"}}}}"#)
    };
    let own = r#"{"resourceType":"ValueSet","url":"http://example.org/vs","compose":{"include":[{"system":"http://example.org/s","concept":[{"code":"a"}]},{"system":"http://example.org/t"}],
        "exclude":[{"system":"http://example.org/t","concept":[{"code":"y"}]}]}}"#;
    let system = r#"{"resourceType":"CodeSystem","url":"http://example.org/t","content":"complete","concept":[{"code":"x","concept":[{"code":"z"}]},{"code":"y"}]}"#;
    let check = |strength: &str, system_url: &str, code: &str, expect: &[&str]| {
        let options = Options { profiles: vec!["http://example.org/p".into()], ..Options::default() };
        let definition = profile("Patient", &bound(strength, "http://example.org/vs|1.0"));
        let properties = format!(
            r#""resourceType":"Patient","maritalStatus":{{"coding":[{{"system":"{system_url}","code":"{code}"}}]}}"#
        );
        check_with(&[&definition, own, system], options, &properties, expect);
    };
    let base = "warning E1267 Patient.maritalStatus";
    let wrong = [base, "error E1266 Patient.maritalStatus"];
    check("required", "http://example.org/s", "a", &[base]);
    check("required", "http://example.org/s", "b", &wrong);
    check("required", "http://example.org/t", "z", &[base]);
    check("required", "http://example.org/t", "y", &wrong);
    check("required", "http://example.org/u", "a", &wrong);
    check("extensible", "http://example.org/u", "a", &[base, base]);
    check("preferred", "http://example.org/u", "a", &[base]);
}

#[test]
fn invariants_and_types() {
    let rule = r#"{"path":"Patient","constraint":[{"key":"x-1","severity":"error","human":"A name or an identifier.","expression":"name.exists() or identifier.exists()"}]}"#;
    patient(rule, r#""name":[{"text":"a"}]"#, &[]);
    patient(rule, r#""active":true"#, &["error x-1 Patient"]);
    let ty = r#"{"path":"Patient.deceased[x]","type":[{"code":"dateTime"}]}"#;
    patient(ty, r#""deceasedDateTime":"2000""#, &[]);
    patient(ty, r#""deceasedBoolean":true"#, &["error E1261 Patient.deceased.ofType(boolean)"]);
    let target = r#"{"path":"Patient.generalPractitioner","type":[{"code":"Reference","targetProfile":["http://hl7.org/fhir/StructureDefinition/Organization"]}]}"#;
    patient(target, r#""generalPractitioner":[{"reference":"Organization/1"}]"#, &[]);
    patient(
        target,
        r#""generalPractitioner":[{"reference":"Practitioner/1"}]"#,
        &["error E1271 Patient.generalPractitioner[0]"],
    );
}

#[test]
fn slices_by_value_and_pattern() {
    let slicing = |rules: &str| {
        format!(
            r#"{{"id":"Patient.identifier","path":"Patient.identifier","slicing":{{"discriminator":[{{"type":"value","path":"system"}}],"rules":"{rules}"}}}},
            {{"id":"Patient.identifier:mrn","path":"Patient.identifier","sliceName":"mrn","min":1,"max":"1"}},
            {{"id":"Patient.identifier:mrn.system","path":"Patient.identifier.system","fixedUri":"http://example.org/mrn"}},
            {{"id":"Patient.identifier:mrn.value","path":"Patient.identifier.value","min":1}}"#
        )
    };
    let mrn = r#"{"system":"http://example.org/mrn","value":"1"}"#;
    let other = r#"{"system":"http://example.org/ssn","value":"1"}"#;
    let identifiers = |all: &[&str]| format!(r#""identifier":[{}]"#, all.join(","));
    patient(&slicing("open"), &identifiers(&[other, mrn]), &[]);
    patient(&slicing("open"), &identifiers(&[other]), &["error E1277 Patient"]);
    patient(&slicing("open"), &identifiers(&[mrn, mrn]), &["error E1277 Patient"]);
    patient(&slicing("closed"), &identifiers(&[other, mrn]), &["error E1277 Patient.identifier[0]"]);
    patient(&slicing("openAtEnd"), &identifiers(&[mrn, other]), &[]);
    patient(&slicing("openAtEnd"), &identifiers(&[other, mrn]), &["error E1277 Patient.identifier[1]"]);
    patient(
        &slicing("open"),
        &identifiers(&[r#"{"system":"http://example.org/mrn"}"#]),
        &["error E1263 Patient.identifier[0].value"],
    );
    let pattern = r#"{"id":"Patient.identifier","path":"Patient.identifier","slicing":{"discriminator":[{"type":"pattern","path":"type"}],"rules":"open"}},
        {"id":"Patient.identifier:mr","path":"Patient.identifier","sliceName":"mr","min":1},
        {"id":"Patient.identifier:mr.type","path":"Patient.identifier.type","patternCodeableConcept":{"coding":[{"code":"MR"}]}}"#;
    patient(
        pattern,
        r#""identifier":[{"value":"1","type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0203","code":"MR"}]}}]"#,
        &[],
    );
    patient(
        pattern,
        r#""identifier":[{"value":"1","type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0203","code":"PI"}]}}]"#,
        &["warning E1267 Patient.identifier[0].type", "error E1277 Patient"],
    );
    // The discriminator may look into a pattern further up.
    let deeper = pattern.replace(r#""pattern","path":"type""#, r#""value","path":"type.coding.code""#);
    patient(
        &deeper,
        r#""identifier":[{"value":"1","type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0203","code":"MR"}]}}]"#,
        &[],
    );
}

#[test]
fn slices_by_type_existence_profile_and_order() {
    let ty = r#"{"id":"Patient.deceased[x]","path":"Patient.deceased[x]","slicing":{"discriminator":[{"type":"type","path":"$this"}],"rules":"closed"}},
        {"id":"Patient.deceased[x]:deceasedDateTime","path":"Patient.deceased[x]","sliceName":"deceasedDateTime","type":[{"code":"dateTime"}],"maxLength":4}"#;
    patient(ty, r#""deceasedDateTime":"2000""#, &[]);
    patient(ty, r#""deceasedDateTime":"2000-01""#, &["error E1278 Patient.deceased.ofType(dateTime)"]);
    patient(ty, r#""deceasedBoolean":true"#, &["error E1277 Patient.deceased.ofType(boolean)"]);
    let exists = r#"{"id":"Patient.name","path":"Patient.name","slicing":{"discriminator":[{"type":"exists","path":"family"}],"rules":"open"}},
        {"id":"Patient.name:whole","path":"Patient.name","sliceName":"whole","min":1},{"id":"Patient.name:whole.family","path":"Patient.name.family","min":1}"#;
    patient(exists, r#""name":[{"text":"a"},{"family":"b"}]"#, &[]);
    patient(exists, r#""name":[{"text":"a"}]"#, &["error E1277 Patient"]);
    let by_profile = r#"{"id":"Patient.generalPractitioner","path":"Patient.generalPractitioner","slicing":{"discriminator":[{"type":"profile","path":"resolve()"}],"rules":"open"}},
        {"id":"Patient.generalPractitioner:o","path":"Patient.generalPractitioner","sliceName":"o","min":1,"type":[{"code":"Reference","targetProfile":["http://hl7.org/fhir/StructureDefinition/Organization"]}]}"#;
    let contained = |resource: &str| {
        format!(
            r##""contained":[{{"resourceType":{resource},"id":"x"}}],"generalPractitioner":[{{"reference":"#x"}}]"##
        )
    };
    patient(by_profile, &contained(r#""Organization","name":"O""#), &[]);
    patient(by_profile, &contained(r#""Practitioner""#), &["error E1277 Patient"]);
    let ordered = r#"{"id":"Patient.name","path":"Patient.name","slicing":{"discriminator":[{"type":"value","path":"use"}],"rules":"open","ordered":true}},
        {"id":"Patient.name:a","path":"Patient.name","sliceName":"a"},{"id":"Patient.name:a.use","path":"Patient.name.use","fixedCode":"official"},
        {"id":"Patient.name:b","path":"Patient.name","sliceName":"b"},{"id":"Patient.name:b.use","path":"Patient.name.use","fixedCode":"old"}"#;
    patient(ordered, r#""name":[{"use":"official"},{"use":"old"}]"#, &[]);
    patient(ordered, r#""name":[{"use":"old"},{"use":"official"}]"#, &["error E1277 Patient.name[1]"]);
}

#[test]
fn extensions_of_packages() {
    let definition = r#"{"resourceType":"StructureDefinition","url":"http://example.org/ward","type":"Extension","kind":"complex-type","derivation":"constraint",
        "baseDefinition":"http://hl7.org/fhir/StructureDefinition/Extension","differential":{"element":[{"path":"Extension","max":"1"},
        {"path":"Extension.url","fixedUri":"http://example.org/ward"},{"path":"Extension.value[x]","min":1,"type":[{"code":"string"}]}]}}"#;
    let slice = r#"{"id":"Patient.extension:ward","path":"Patient.extension","sliceName":"ward","min":1,"type":[{"code":"Extension","profile":["http://example.org/ward"]}]}"#;
    let check = |properties: &str, expect: &[&str]| {
        let options = Options { profiles: vec!["http://example.org/p".into()], ..Options::default() };
        check_with(
            &[&profile("Patient", slice), definition],
            options,
            &format!(r#""resourceType":"Patient",{properties}"#),
            expect,
        );
    };
    check(r#""extension":[{"url":"http://example.org/ward","valueString":"x"}]"#, &[]);
    check(
        r#""extension":[{"url":"http://example.org/ward","valueInteger":1}]"#,
        &["error E1261 Patient.extension[0].value.ofType(integer)"],
    );
    check(r#""active":true"#, &["error E1277 Patient"]);
    check(
        r#""extension":[{"url":"http://example.org/other","valueString":"x"}]"#,
        &["note E1273 Patient.extension[0].url", "error E1277 Patient"],
    );
}

#[test]
fn profiles_on_profiles_snapshots_and_unknown_ones() {
    let first = profile("Patient", r#"{"path":"Patient.name","min":1}"#);
    let second = profile("Patient", r#"{"path":"Patient.birthDate","min":1}"#)
        .replace("http://example.org/p\"", "http://example.org/q\"")
        .replace(
            "\"baseDefinition\":\"http://hl7.org/fhir/StructureDefinition/Patient\"",
            "\"baseDefinition\":\"http://example.org/p\"",
        );
    let check = |properties: &str, expect: &[&str]| {
        check_with(
            &[&first, &second],
            Options::default(),
            &format!(r#""resourceType":"Patient",{properties}"#),
            expect,
        );
    };
    let meta = r#""meta":{"profile":["http://example.org/q|2.0"]}"#;
    check(meta, &["error E1263 Patient.birthDate", "error E1263 Patient.name"]);
    check(&format!(r#"{meta},"birthDate":"2000","name":[{{"text":"a"}}]"#), &[]);
    check(r#""meta":{"profile":["http://example.org/none"]}"#, &["warning E1279 Patient.meta.profile[0]"]);
    check(r#""meta":{"profile":["http://hl7.org/fhir/StructureDefinition/Patient"]}"#, &[]);
    check(
        r#""meta":{"profile":["http://hl7.org/fhir/StructureDefinition/Observation"]}"#,
        &["error E1279 Patient.meta.profile[0]"],
    );
    let snapshot = first.replace("\"differential\"", "\"snapshot\"");
    check_with(
        &[&snapshot],
        Options::default(),
        r#""resourceType":"Patient","meta":{"profile":["http://example.org/p"]}"#,
        &["error E1263 Patient.name"],
    );
}

/// The blood pressure profile of R4: slices of components, told apart by a code two levels down, on another profile.
#[test]
fn vital_signs_of_r4() {
    let component = |code: &str| {
        format!(
            r#"{{"code":{{"coding":[{{"system":"http://loinc.org","code":"{code}"}}]}},"valueQuantity":{{"value":1,"unit":"mmHg","system":"http://unitsofmeasure.org","code":"mm[Hg]"}}}}"#
        )
    };
    let pressure = |components: &[String]| {
        format!(
            r#""resourceType":"Observation","meta":{{"profile":["http://hl7.org/fhir/StructureDefinition/bp"]}},"status":"final",
            "category":[{{"coding":[{{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"vital-signs"}}]}}],
            "code":{{"coding":[{{"system":"http://loinc.org","code":"85354-9"}}]}},"subject":{{"reference":"Patient/1"}},"effectiveDateTime":"2020-01-01","component":[{}]"#,
            components.join(",")
        )
    };
    check(&pressure(&[component("8480-6"), component("8462-4")]), &[]);
    check(&pressure(&[component("8480-6")]), &["error E1263 Observation.component", "error E1277 Observation"]);
    let no_subject =
        pressure(&[component("8480-6"), component("8462-4")]).replace(r#""subject":{"reference":"Patient/1"},"#, "");
    check(&no_subject, &["error E1263 Observation.subject"]);
}
