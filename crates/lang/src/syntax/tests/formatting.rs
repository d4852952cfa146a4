//! The layout, its samples, and what it keeps.

use super::{format::lay_out, strategy, *};
use proptest::prelude::*;

fn check(text: &str, expect: &str) {
    let tree = read(text);
    let laid_out = lay_out(&tree);
    assert_eq!(laid_out, expect, "from {text}");
    assert_eq!(lay_out(&read(&laid_out)), laid_out, "twice is once");
}

#[test]
fn an_interface_is_laid_out() {
    check(
        r##"
interface adt-main   "North ADT to the hub"   {
owner "Integration"   contact integration@example.org
critical 1   # 1 = page someone
    receive mllp 0.0.0.0:2575 {
  tls cert secret:adt-cert clients [ north-prod,hub ]
  ack   after-stored   # never earlier
  order by PID-3[.5=MR].1 # strict per patient
    }



  # what comes in
    validate ihe-pam-2.5.1  errors reject
  keep when event in [A01,
A02 , # transfer
   A03]
  drop      when   PV1-3.1="TESTWARD"
  send pharmacy {

    when ( PV1-2 = "I" and facility in [NORTH, SOUTH] )
    retry from 2s to 5m


  }
  send archive { file out/ }
  alert silent 20m
}
test "admit reaches the pharmacy" {
  given samples/a01.hl7
  expect pharmacy PV1-3.1 = "4WEST"   }
"##,
        r##"interface adt-main "North ADT to the hub" {
  owner    "Integration" contact integration@example.org
  critical 1  # 1 = page someone
  receive mllp 0.0.0.0:2575 {
    tls   cert secret:adt-cert clients [north-prod, hub]
    ack   after-stored       # never earlier
    order by PID-3[.5=MR].1  # strict per patient
  }

  # what comes in
  validate ihe-pam-2.5.1 errors reject
  keep when event in [A01,
    A02,  # transfer
    A03]
  drop when PV1-3.1 = "TESTWARD"
  send pharmacy {
    when  (PV1-2 = "I" and facility in [NORTH, SOUTH])
    retry from 2s to 5m
  }
  send archive { file out/ }
  alert silent 20m
}
test "admit reaches the pharmacy" {
  given  samples/a01.hl7
  expect pharmacy PV1-3.1 = "4WEST"
}
"##,
    );
}

#[test]
fn a_map_is_laid_out() {
    check(
        r##"map adt from hl7v2 2.5.1 ADT to fhir r4 Bundle {
 Patient update by identifier {
  each PID-3 as id when id.5 in [MR, PI] {
   identifier.system=id.4 | lookup oid-by-facility else warn
   identifier.value = id.1 | required
  }
  gender = PID-8 | code admin-gender | required
  birthDate = PID-7 | date
  name.family = PID-5.1
     | trim
       # as the registry writes it
   | title-case
  telecom[phone].value = PID-13[.3=PH] | phone us
  ignore PID-19 # policy DP-7
 }
}"##,
        r##"map adt from hl7v2 2.5.1 ADT to fhir r4 Bundle {
  Patient update by identifier {
    each PID-3 as id when id.5 in [MR, PI] {
      identifier.system = id.4 | lookup oid-by-facility else warn
      identifier.value  = id.1 | required
    }
    gender    = PID-8 | code admin-gender | required
    birthDate = PID-7 | date
    name.family = PID-5.1
      | trim
      # as the registry writes it
      | title-case
    telecom[phone].value = PID-13[.3=PH] | phone us
    ignore PID-19  # policy DP-7
  }
}
"##,
    );
}

#[test]
fn profiles_and_tests_are_laid_out() {
    check(
        r##"profile north extends hl7v2 2.5.1 ADT_A01 {
require PID-3[.5=MR]
forbid PID-19
   length PID-5.1 1..50
 bind PV1-2 to table:patient-class
 cardinality NK1 0..10
 rule "discharge needs a date" when event=A03 {PV1-45 exists}
 rule "stays are long" {
    PV1-3.1!="X"   and   not ( PV1-44 empty )
    count PID-3>=2
 }
 document ZPD-1 "Debug token" ST
}
test "an unknown unit waits for a person" {
 given samples/a01.hl7 set PV1-3.1="9ZZ", PID-8 = F
 with pharmacy replies AR
 at 2026-03-29T02:30 Europe/Berlin
 expect pharmacy nothing
 expect rejected with E2104
}
"##,
        r##"profile north extends hl7v2 2.5.1 ADT_A01 {
  require     PID-3[.5=MR]
  forbid      PID-19
  length      PID-5.1 1..50
  bind        PV1-2 to table:patient-class
  cardinality NK1 0..10
  rule "discharge needs a date" when event = A03 { PV1-45 exists }
  rule "stays are long" {
    PV1-3.1 != "X" and not (PV1-44 empty)
    count   PID-3 >= 2
  }
  document ZPD-1 "Debug token" ST
}
test "an unknown unit waits for a person" {
  given  samples/a01.hl7 set PV1-3.1 = "9ZZ", PID-8 = F
  with   pharmacy replies AR
  at     2026-03-29T02:30 Europe/Berlin
  expect pharmacy nothing
  expect rejected with E2104
}
"##,
    );
}

#[test]
fn lines_are_aligned_with_their_neighbours() {
    check("a {\n b 1\n\n ccc 2\n dd 3\n}", "a {\n  b 1\n\n  ccc 2\n  dd  3\n}\n");
    check("a = 1 | x\nbcd = \"long\" | y\ne = 2", "a   = 1      | x\nbcd = \"long\" | y\ne   = 2\n");
    check("publish\nset a = b\nindex mrn x", "publish\nset   a = b\nindex mrn x\n");
    check("a-very-long-first-word 1\nb 2\nccc 3", "a-very-long-first-word 1\nb   2\nccc 3\n");
    check("a 1\n# note\nbbb 2", "a   1\n# note\nbbb 2\n");
    let long = format!("a \"{}\"", "x".repeat(80));
    check(&format!("{long} # x\nb 1 # y"), &format!("{long}  # x\nb 1  # y\n"));
    check("a 1 # x\nbbb 22 # y\nc 3", "a   1   # x\nbbb 22  # y\nc   3\n");
}

#[test]
fn line_ends_marks_and_texts_stay() {
    check("a {\r\nb\r\n}\r\n", "a {\r\n  b\r\n}\r\n");
    check("\u{FEFF}a", "\u{FEFF}a\n");
    check("", "");
    check("\n\n\n", "");
    check("#a  \n\n\n\n#b", "#a\n\n#b\n");
    check("a {\n d \"\"\"\n     x\n   y\n  \"\"\" z # c\n}", "a {\n  d \"\"\"\n     x\n   y\n  \"\"\" z  # c\n}\n");
    check("a { # c\n}# d\n", "a {  # c\n}    # d\n");
    check("a [\nb, # c\n(d\nor e)\n]\n| f", "a [\n  b,  # c\n  (d\n    or e)\n]\n  | f\n");
    check("a {}\nb {x}", "a { }\nb { x }\n");
    check("a\u{A0}b", "a b\n");
}

#[test]
fn a_file_with_errors_is_left_alone() {
    let text = "a {\n   b   \"c\n}";
    let (tree, _) = parse("a.flow", text);
    let (same, findings) = format_checked(&tree);
    assert_eq!(same, text);
    assert_eq!(findings[0].code.id, "E2018");
    assert_eq!(format_checked(&read("a")), ("a\n".to_owned(), vec![]));
}

fn comments(tree: &Tree) -> Vec<String> {
    let all = tree.tokens.iter().filter(|token| token.kind == TokenKind::Comment);
    all.map(|token| tree.slice(*token).trim_end().to_owned()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn the_layout_keeps_meaning_and_is_stable(text in strategy::file()) {
        let tree = read(&text);
        let once = lay_out(&tree);
        let again = read(&once);
        prop_assert_eq!(meaning(&tree), meaning(&again), "{}", once);
        prop_assert_eq!(comments(&tree), comments(&again), "{}", once);
        prop_assert_eq!(outline(&tree, &tree.statements), outline(&again, &again.statements));
        prop_assert_eq!(lay_out(&again), once.clone(), "not stable");
        prop_assert_eq!(format(&tree), once);
    }

    #[test]
    fn noise_is_formatted_or_left_alone(text in strategy::noise()) {
        let (tree, _) = parse("a.flow", text.as_str());
        let once = format(&tree);
        prop_assert_eq!(tree.has_errors && once != text, false);
        prop_assert_eq!(meaning(&tree), meaning(&parse("a.flow", once.as_str()).0));
    }
}
