//! How findings look on a terminal.

use super::{
    render::{Renderer, summarize},
    *,
};
use proptest::prelude::*;
use std::sync::Arc;

fn code() -> message::Code {
    crate::codes::E2004
}

fn check(renderer: &Renderer, findings: &[Diagnostic], expect: &str) {
    let found: Vec<String> = renderer.render(findings).lines().map(|line| line.trim_end().to_owned()).collect();
    assert_eq!(found.join("\n"), expect.trim_matches('\n'));
}

#[test]
fn a_place_in_a_file_is_shown_with_carets() {
    let text = "owner \"Integration\"\r\nsend lab {\r\n  map \"x\r\n";
    let file: Arc<str> = "a.flow".into();
    let finding = Diagnostic::error(code(), "the text does not end").at(&file, 39..41, "no end").hint("add `\"`");
    check(
        &Renderer::new(false, false).add_source("a.flow", text),
        std::slice::from_ref(&finding),
        r#"
error[E2004]: the text does not end
 --> a.flow:3:7
  |
3 |   map "x
  |       ^^ no end
  |
  = help: add `"`"#,
    );
    check(
        &Renderer::new(false, false),
        &[finding],
        "error[E2004]: the text does not end\n--> a.flow, byte 39\n = help: add `\"`",
    );
}

#[test]
fn further_places_are_shown_with_the_first() {
    let file: Arc<str> = "a.flow".into();
    let finding = Diagnostic::warning(code(), "w").at(&file, 4..5, "opened here").at(&file, 6..7, "ends before this");
    let other: Arc<str> = "b.flow".into();
    check(
        &Renderer::new(false, false).add_source("a.flow", "one {\n2\n}").add_source("b.flow", "x y"),
        &[finding.at(&other, 2..3, "and here")],
        r"
warning[E2004]: w
 --> a.flow:1:5
  |
1 | one {
  |     ^ opened here
2 | 2
  | - ends before this
  |
 ::: b.flow:1:3
  |
1 | x y
  |   - and here",
    );
}

#[test]
fn a_place_in_a_message_is_named() {
    let renderer = Renderer::new(false, false).in_message("message 3");
    let note = |path: &str, offset| Diagnostic::note(code(), "m").at_path(path, offset);
    check(&renderer, &[note("PID-3[2].4", Some(9))], "note[E2004]: m\n--> message 3, PID-3[2].4");
    check(&renderer, &[note("", Some(9))], "note[E2004]: m\n--> message 3, byte 9");
    check(&Renderer::new(false, false), &[note("PID-3", None)], "note[E2004]: m\n--> PID-3");
    check(&Renderer::new(false, false), &[note("", None)], "note[E2004]: m\n--> message");
    check(&renderer, &[Diagnostic::note(code(), "m")], "note[E2004]: m");
}

#[test]
fn colour_and_frames_follow_the_terminal() {
    let (_, findings) = parse("a.flow", "x \"y");
    let draw = |colour, unicode| Renderer::new(colour, unicode).add_source("a.flow", "x \"y").render(&findings);
    assert!(draw(true, false).contains("\u{1b}[") && !draw(false, true).contains('\u{1b}'));
    assert!(draw(false, false).is_ascii() && !draw(false, true).is_ascii());
    let text = "a\u{1b}[31m";
    let (_, findings) = parse("a.flow", text);
    assert!(
        !Renderer::new(false, true).add_source("a.flow", text).render(&findings).contains('\u{1b}'),
        "made visible"
    );
}

#[test]
fn the_summary_counts() {
    let (error, warning) = (Diagnostic::error(code(), ""), Diagnostic::warning(code(), ""));
    assert_eq!(summarize(&[error.clone(), warning.clone(), warning.clone()], 41), "1 error, 2 warnings in 41 files");
    assert_eq!(summarize(&[], 1), "no problems in 1 file");
    assert_eq!(summarize(&[error.clone(), error], 0), "2 errors in 0 files");
    assert_eq!(summarize(&[warning, Diagnostic::note(code(), "")], 2), "1 warning in 2 files");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn every_finding_can_be_drawn(text in strategy::noise(), other in ".{0,20}") {
        let (_, findings) = parse("a.flow", text.as_str());
        let drawn = Renderer::new(false, false).add_source("a.flow", &text).render(&findings);
        prop_assert!(findings.iter().all(|finding| drawn.contains(finding.code.id)));
        // The text may have changed since it was read.
        let drawn = Renderer::new(true, true).width(40).add_source("a.flow", &other).render(&findings);
        prop_assert!(findings.is_empty() || !drawn.is_empty());
    }
}
