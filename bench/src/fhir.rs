//! What validation of FHIR resources costs: a bundle as an admission makes it, by R4.

use crate::measure::{Contender, interleave};
use ::fhir::Tree;
use ::fhir::validate::Validator;
use serde_json::json;

/// An invented admission: practitioner, patient, visit, place, contact, allergy, diagnosis, insurance.
const ADMISSION: &str = include_str!("fhir-admission.json");
/// Bundles a second that one core should validate.
const PER_SECOND_MIN: f64 = 5_000.0;

pub(crate) fn run(is_json: bool) {
    let Ok(tree) = Tree::read(ADMISSION.as_bytes()) else {
        eprintln!("the input of this benchmark cannot be read");
        return;
    };
    let validator = Validator::default();
    let report = validator.validate(&tree);
    if !report.is_valid() {
        eprintln!("the input of this benchmark is not valid: {:?}", report.errors().next());
        return;
    }
    // As a map writes it.
    let text = tree.write();
    let mut again = Tree::new();
    let figures = interleave(&mut [
        Contender::new("read", || again.read_again(&text).map_or(0, |()| again.node_count())),
        Contender::new("validate", || validator.validate(&tree).issues.len()),
    ]);
    let [read, validate] = [figures[0] / 1000.0, figures[1] / 1000.0];
    let per_second = 1_000_000.0 / (read + validate);
    if is_json {
        println!(
            "{}",
            json!({"bench": "fhir", "bytes": text.len(), "nodes": tree.node_count(), "read_us": read,
            "validate_us": validate, "per_second": per_second, "met": per_second >= PER_SECOND_MIN})
        );
        return;
    }
    println!("an admission as a bundle: {} bytes, {} nodes", text.len(), tree.node_count());
    println!(
        "read {read:.1} µs, validate {validate:.1} µs: {per_second:.0} a second on one core, at least {PER_SECOND_MIN:.0} wanted"
    );
}
