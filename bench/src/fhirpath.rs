//! What the FHIR tree and FHIRPath cost: reading, writing, building, and compiled expressions, with serde_json in the same
//! run as the yardstick.

use crate::measure::{Contender, interleave};
use ::fhir::definitions::Type;
use ::fhir::fhirpath::{Environment, Program};
use ::fhir::{Name, NodeId, Tree, Value};
use serde_json::json;

/// An invented patient as a sender would write it.
const PATIENT: &str = r#"{"resourceType":"Patient","id":"p1","meta":{"profile":["http://example.org/fhir/StructureDefinition/p"]},"identifier":[{"use":"usual","type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0203","code":"MR"}]},"system":"urn:oid:1.2.3.4.5","value":"77001"},{"system":"urn:oid:1.2.3.4.6","value":"X-1290"}],"active":true,"name":[{"use":"official","family":"Quist","given":["Ada","Eva"]},{"use":"nickname","given":["Addie"]}],"telecom":[{"system":"phone","value":"555-0100","use":"home"}],"gender":"female","birthDate":"1980-02-29","address":[{"line":["1 Main St"],"city":"Springfield","state":"VT","postalCode":"05156"}],"contact":[{"relationship":[{"text":"mother"}],"name":{"family":"Quist","given":["Ida"]},"telecom":[{"system":"phone","value":"555-0101"}]}]}"#;
const OBSERVATION: &str = r#"{"resourceType":"Observation","id":"o1","status":"final","category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"laboratory"}]}],"code":{"coding":[{"system":"http://loinc.org","code":"2345-7","display":"Glucose"}],"text":"Glucose"},"subject":{"reference":"Patient/p1"},"effectiveDateTime":"2024-05-01T08:30:00+02:00","issued":"2024-05-01T09:00:00.000+02:00","valueQuantity":{"value":5.50,"unit":"mmol/L","system":"http://unitsofmeasure.org","code":"mmol/L"},"interpretation":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation","code":"N"}]}],"referenceRange":[{"low":{"value":3.9,"unit":"mmol/L"},"high":{"value":6.1,"unit":"mmol/L"}}]}"#;
/// Observations beside the patient: with them the bundle has about ten kilobytes.
const OBSERVATIONS: usize = 10;
/// Elements that are built, as a map of one message would.
const BUILT: usize = 300;

/// What is done, its microseconds, and the most it may take.
struct Row {
    name: &'static str,
    micros: f64,
    limit: Option<f64>,
}

pub(crate) fn run(is_json: bool) {
    let Some(rows) = measure() else {
        eprintln!("the inputs of this benchmark cannot be read");
        return;
    };
    let met = |row: &Row| row.limit.is_none_or(|limit| row.micros < limit);
    if is_json {
        let rows: Vec<_> = rows
            .iter()
            .map(|row| json!({"name": row.name, "us": row.micros, "limit_us": row.limit, "met": met(row)}))
            .collect();
        println!("{}", json!({"bench": "fhirpath", "rows": rows}));
        return;
    }
    println!("{:<44} {:>10} {:>9}", "work", "µs", "limit µs");
    for row in &rows {
        let limit = row.limit.map_or(String::new(), |limit| format!("{limit:.1}"));
        println!("{:<44} {:>10.3} {limit:>9} {}", row.name, row.micros, if met(row) { "" } else { "missed" });
    }
}

fn bundle() -> String {
    let entry = |resource: &str| {
        format!(r#"{{"fullUrl":"urn:uuid:1","resource":{resource},"request":{{"method":"POST","url":"X"}}}}"#)
    };
    let entries: Vec<String> =
        std::iter::once(PATIENT).chain(std::iter::repeat_n(OBSERVATION, OBSERVATIONS)).map(entry).collect();
    format!(r#"{{"resourceType":"Bundle","type":"transaction","entry":[{}]}}"#, entries.join(","))
}

fn measure() -> Option<Vec<Row>> {
    let text = bundle();
    let tree = Tree::read(text.as_bytes()).ok()?;
    let value: serde_json::Value = serde_json::from_str(&text).ok()?;
    let patient = Tree::read(PATIENT.as_bytes()).ok()?;
    let observation = Tree::read(OBSERVATION.as_bytes()).ok()?;
    let environment = Environment::new(patient.root());
    let measured = Environment::new(observation.root());
    let compiled = |text: &str| Program::parse(text).ok();
    let given = compiled("Patient.name.given")?;
    let official = compiled("name.where(use = 'official').given.first()")?;
    let quantity = compiled("value > 5 'mmol/L' and value < 8000 'umol/L'")?;
    let rules = rules("Patient");
    let mut again = Tree::new();
    let mut built = Tree::new();
    let mut out = Vec::new();
    let names: Vec<Name> =
        ["family", "text", "use", "system", "value", "display"].into_iter().filter_map(Name::known).collect();
    println!("bundle of {} bytes and {} nodes; {} rules", text.len(), tree.node_count(), rules.len());
    let mut contenders = [
        Contender::new("read the bundle", || Tree::read(text.as_bytes()).map_or(0, |tree| tree.node_count())),
        Contender::new("read it into the same tree", || {
            again.read_again(text.as_bytes()).map_or(0, |()| again.node_count())
        }),
        Contender::new("serde_json: read it as Value", || {
            serde_json::from_str::<serde_json::Value>(&text).map_or(0, |value| usize::from(value.is_object()))
        }),
        Contender::new("write the bundle", || tree.write().len()),
        Contender::new("serde_json: write it", || serde_json::to_vec(&value).map_or(0, |bytes| bytes.len())),
        Contender::new("build 300 elements", || build(&mut built, &names)),
        Contender::new("Patient.name.given", || given.run_into(&environment, &mut out).map_or(0, |()| out.len())),
        Contender::new("name.where(use = 'official').given.first()", || {
            official.run(&environment).map_or(0, |items| items.len())
        }),
        Contender::new("value > 5 'mmol/L' and value < 8000 'umol/L'", || {
            quantity.run(&measured).map_or(0, |items| items.len())
        }),
        Contender::new("the rules of a patient, on it", || {
            rules.iter().filter(|rule| rule.test(&environment) == Ok(Some(true))).count()
        }),
    ];
    let limits = [Some(20.0), Some(20.0), None, None, None, Some(15.0), Some(2.0), None, None, None];
    let figures = interleave(&mut contenders);
    let named = contenders.iter().map(|contender| contender.name);
    Some(
        named
            .zip(figures)
            .zip(limits)
            .map(|((name, nanos), limit)| Row { name, micros: nanos / 1000.0, limit })
            .collect(),
    )
}

fn rules(ty: &str) -> Vec<Program> {
    let root = Type::named(ty).map(Type::root);
    let all = root.into_iter().flat_map(|root| root.constraints().collect::<Vec<_>>());
    all.filter_map(|rule| Program::parse(rule.expression()).ok()).collect()
}

/// Objects of six texts below one array.
fn build(tree: &mut Tree, names: &[Name]) -> usize {
    tree.clear();
    let root = tree.root().id();
    let object = |tree: &mut Tree| tree.append(root, "name", Value::Object);
    let mut made = 0;
    while made < BUILT {
        let Ok(parent) = object(tree) else { return 0 };
        made += 1 + names.iter().filter(|name| is_set(tree, parent, **name)).count();
    }
    tree.node_count()
}

fn is_set(tree: &mut Tree, parent: NodeId, name: Name) -> bool {
    tree.set(parent, name, Value::Text("a value of usual length")).is_ok()
}
