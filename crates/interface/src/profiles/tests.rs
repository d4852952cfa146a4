//! Shipped profiles, and profiles of a workspace.

mod ready;

use super::*;
use crate::compile::tests::{A01, flow, load_with};

#[test]
fn shipped_profiles_are_as_they_say() {
    let files = Files::memory(FILES.iter().copied());
    let flows: Vec<_> = FILES.iter().filter(|(path, _)| path.ends_with(".flow")).collect();
    let mut found = Vec::new();
    let trees: Vec<Arc<Tree>> = flows.iter().filter_map(|(path, _)| read(&files, path, &mut found)).collect();
    let profiles = compile(&files, &trees, &Tables::default(), &Profiles::default(), &mut found);
    assert!(found.is_empty(), "{found:#?}");
    assert!(!profiles.is_empty() && profiles.iter().count() >= flows.len());
    for tree in &trees {
        assert_eq!(syntax::format(tree), *tree.text, "{} is not laid out as `sinew fmt` would", tree.file);
    }
    for profile in profiles.iter() {
        let kinds = [true, false]
            .map(|is_valid| profile.examples.iter().filter(|example| example.invalid.is_none() == is_valid).count());
        assert!(kinds.iter().all(|count| *count > 0), "{} needs examples, valid and not", profile.name);
        assert!(
            !profile.title.is_empty() && !profile.description.is_empty(),
            "{} needs words for people",
            profile.name
        );
    }
}

const SITE: &str = "profile site extends hl7v2 2.5.1 ADT {\n  require PID-8\n  example good.hl7\n  example bad.hl7 invalid because \"no sex\"\n}\n";

fn codes(more: &[(&str, &str)], text: &str) -> Vec<String> {
    let (_, findings) = load_with(text, more);
    findings.iter().map(|finding| format!("{} {}", finding.code, finding.message)).collect()
}

#[test]
fn examples_are_checked() {
    let good = A01.replace("Ada\r", "Ada|||F\r");
    let check = |good: &str, bad: &str, expect: &[&str]| {
        let more =
            [("shared/profiles/site.flow", SITE), ("shared/profiles/good.hl7", good), ("shared/profiles/bad.hl7", bad)];
        let found = codes(&more, &flow("", ""));
        assert_eq!(found.len(), expect.len(), "{found:?}");
        assert!(found.iter().zip(expect).all(|(found, expect)| found.contains(expect)), "{found:?}");
    };
    check(&good, A01, &[]);
    check(A01, A01, &["E3119 the example `shared/profiles/good.hl7` is not valid under `site`: site:require-PID-8"]);
    check(&good, &good, &["E3119 the example `shared/profiles/bad.hl7` is valid"]);
    let missing = codes(&[("shared/profiles/site.flow", SITE)], &flow("", ""));
    assert_eq!(missing.len(), 2, "{missing:?}");
}

#[test]
fn profiles_of_a_workspace() {
    let check = |file: &str, text: &str, line: &str, expect: &[&str]| {
        let (workspace, findings) = load_with(&flow(line, ""), &[(file, text)]);
        let found: Vec<&str> = findings.iter().map(|finding| finding.code.id).collect();
        assert_eq!(found, expect, "{file} {line}: {findings:#?}");
        assert_eq!(workspace.definitions.is_empty(), expect.contains(&"E2511"), "{line}");
    };
    let profile = "profile site extends hl7v2 ADT { require PID-8 }";
    let keep = "keep when valid under site";
    check("shared/profiles/site.flow", profile, keep, &[]);
    check("interfaces/demo/profiles/site.flow", profile, keep, &[]);
    check("interfaces/other/profiles/site.flow", profile, keep, &["E2511"]);
    check("shared/profiles/site.flow", "profile site extends patient-feed { require PID-8 }", keep, &[]);
    check("shared/profiles/site.flow", "profile site extends hl7v2 ADT { require PID-99 }", keep, &["E2511", "E2503"]);
    check("shared/profiles/site.flow", "interface x { }", "keep when valid under lenient", &["E3120"]);
    check("shared/x.flow", "", "keep when valid under patient-feed", &[]);
    check("shared/x.flow", "", "keep when valid under patient-fed", &["E2511"]);
}

#[test]
fn a_changed_profile_is_another_version() {
    let version = |profile: &str| {
        let more = [("shared/profiles/site.flow", profile), ("shared/tables/sexes.csv", "from,to\nF,F\n")];
        let (workspace, findings) = load_with(&flow("keep when valid under site", ""), &more);
        workspace.definitions.first().unwrap_or_else(|| panic!("{findings:?}")).version
    };
    let one = version("profile site extends feed { require PID-8 }\nprofile feed extends hl7v2 ADT { require PID-7 }");
    assert_eq!(
        one,
        version(
            "# text\nprofile site extends feed { require PID-8 }\nprofile feed extends hl7v2 ADT { require PID-7 }"
        )
    );
    assert_ne!(
        one,
        version("profile site extends feed { require PID-8 }\nprofile feed extends hl7v2 ADT { require PID-5 }")
    );
    assert_ne!(
        one,
        version("profile site extends feed { require PID-9 }\nprofile feed extends hl7v2 ADT { require PID-7 }")
    );
}
