//! What can be done about a finding with one step: the word that was probably meant.

use super::{position, project::Project};
use serde_json::{Value, json};

/// How a hint says what was probably meant.
const MEANT: &str = "did you mean `";

/// The answer to `textDocument/codeAction`: for each finding of the range whose hint says what was meant, a replacement.
pub(crate) fn actions(project: &mut Project<'_>, uri: &str, range: &Value) -> Option<Value> {
    let text = project.text(uri)?;
    let of = |end: &str| position::offset_of(&text, range.get(end)?);
    let (start, end) = (of("start")?, of("end")?);
    let told = project.check();
    let of_file = told.iter().find(|one| one["uri"] == uri)?;
    let mut out = Vec::new();
    for finding in of_file["diagnostics"].as_array().into_iter().flatten() {
        let at = |end: &str| position::offset_of(&text, &finding["range"][end]);
        let (Some(first), Some(last)) = (at("start"), at("end")) else { continue };
        let Some(meant) = meant(finding["message"].as_str().unwrap_or_default()) else { continue };
        let is_near = first <= end && start <= last;
        let written = text.get(first..last).unwrap_or("");
        // A hint about a part of a longer word would replace too much.
        if !is_near || written.is_empty() || written.contains('\n') || written == meant {
            continue;
        }
        out.push(json!({
            "title": format!("Replace by `{meant}`"),
            "kind": "quickfix",
            "isPreferred": true,
            "diagnostics": [finding],
            "edit": {"changes": {uri: [{"range": finding["range"], "newText": meant}]}},
        }));
    }
    Some(json!(out))
}

fn meant(message: &str) -> Option<&str> {
    let (_, rest) = message.split_once(MEANT)?;
    rest.split('`').next().filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_meant_is_offered() {
        let mut project = Project::new(&[]);
        let uri = "file:///nowhere/m.map";
        let text = "map m from hl7v2 to fhir r4 Patient {\n  brithDate = PID-7\n  gender    = PID-8 | code administrative-sexx else empty\n}\n";
        project.put(uri, text.to_owned());
        let at = |word: &str| {
            let place = position::position(text, text.find(word).expect("the word"));
            json!({"start": place, "end": place})
        };
        let found = actions(&mut project, uri, &at("brithDate")).expect("an answer");
        assert_eq!(found.as_array().map(Vec::len), Some(1), "{found:#}");
        assert_eq!(found[0]["title"], "Replace by `birthDate`");
        let edit = &found[0]["edit"]["changes"][uri][0];
        let of = |end: &str| position::offset_of(text, &edit["range"][end]).expect("a place");
        assert_eq!((&text[of("start")..of("end")], &edit["newText"]), ("brithDate", &"birthDate".into()));
        let found = actions(&mut project, uri, &at("administrative-sexx")).expect("an answer");
        assert_eq!(found[0]["title"], "Replace by `administrative-sex`");
        assert_eq!(actions(&mut project, uri, &at("PID-7")).expect("an answer"), json!([]));
    }
}
