//! Step 4: compiled interface texts over small messages.

use super::*;

#[test]
fn the_fault_of_a_step_keeps_its_code() {
    let place = message::Location::Message { path: "PID-3".into(), offset: None };
    let fault = lang::Fault { code: lang::codes::E2402, text: "PID-3 in line 4".into(), place: place.into() };
    let reason = reason_of(&fault);
    assert_eq!((&*reason.code, &*reason.text), (lang::codes::E2402.id, "PID-3 in line 4"));
}
