//! Tables of expressions on a small invented patient, without the official suite.

use super::*;
use crate::definitions::Type;
use crate::{Error, Tree, codes};
use proptest::prelude::*;

const PATIENT: &str = r##"{"resourceType":"Patient","id":"p","active":true,
    "contained":[{"resourceType":"Organization","id":"o","name":"North","contact":[{"name":{"family":"Roe"}}]}],
    "name":[{"use":"official","family":"Doe","given":["Jane","Ann"]},{"use":"nickname","given":["Jay"]}],
    "birthDate":"1980-02-29","_birthDate":{"extension":[{"url":"urn:t","valueDateTime":"1980-02-29T10:00:00Z"}]},
    "_gender":{"extension":[{"url":"urn:absent","valueCode":"masked"}]},
    "deceasedDateTime":"2020-05","multipleBirthInteger":2,
    "managingOrganization":{"reference":"#o"},
    "contact":[{"period":{"start":"2020-01-01T00:00:00Z"}}],
    "extension":[{"url":"urn:q","valueQuantity":{"value":5.50,"unit":"gram","system":"http://unitsofmeasure.org","code":"g"}},
                 {"url":"urn:less","valueQuantity":{"value":5,"comparator":"<","code":"g"}},
                 {"url":"urn:code","valueCodeableConcept":{"coding":[{"system":"http://hl7.org/fhir/administrative-gender","code":"female"}]}}]}"##;

fn run(expression: &str) -> Result<String, Error> {
    let tree = Tree::read(PATIENT.as_bytes()).unwrap();
    let program = Program::parse(expression)?;
    let environment = Environment::new(tree.root()).at(Temporal::from_unix_ms(1_749_988_800_000));
    let shown = |item: &Item<'_>| item.to_text().map_or_else(|| item.type_name(), |text| text.into_owned());
    Ok(program.run(&environment)?.iter().map(shown).collect::<Vec<_>>().join(" | "))
}

fn check(expression: &str, expect: &str) {
    match run(expression) {
        Ok(found) => assert_eq!(found, expect, "{expression}"),
        Err(error) => panic!("{expression}: {error}"),
    }
}

#[test]
fn elements() {
    check("Patient.name.given", "Jane | Ann | Jay");
    check("name.where(use = 'official').given.last()", "Ann");
    check("name.family.select($this + $index.toString())", "Doe0");
    check("Resource.id", "p");
    check("Patient.text.div.empty() and Patient.in.empty()", "true");
    check("DomainResource.active", "true");
    check("Observation.id", "");
    check("resourceType", "");
    check("name[1].given[0]", "Jay");
    check("name[5].given", "");
    check("name[-1].given", "");
    check("deceased", "2020-05");
    check("deceasedDateTime", "2020-05");
    check("multipleBirth + 1", "3");
    check("(multipleBirth as integer) = 2", "true");
    check("multipleBirth is boolean", "false");
    check("contact.period.start", "2020-01-01T00:00:00Z");
    check("children().count() > descendants().count()", "false");
    check("Patient.descendants().ofType(Coding).code", "female");
}

#[test]
fn primitives_with_extensions() {
    check("birthDate.extension('urn:t').value", "1980-02-29T10:00:00Z");
    check("birthDate.extension.exists()", "true");
    check("gender.exists()", "true");
    check("gender.hasValue()", "false");
    check("gender.extension('urn:absent').value", "masked");
    check("gender = 'female'", "false");
    check("gender.getValue()", "");
    check("birthDate.getValue() is System.Date", "true");
    check("gender.type().name", "code");
    check("extension('urn:q').value > 5 'g'", "true");
    check("extension('urn:q').value = 5500 'mg'", "true");
    check("extension('urn:less').value", "FHIR.Quantity");
}

#[test]
fn only_a_choice_is_found_by_half_its_name() {
    let tree = Tree::read(br#"{"resourceType":"Encounter","reasonCode":[{"text":"x"}],"zebraCode":"z"}"#).unwrap();
    let check = |text: &str, expect: usize| {
        let program = Program::parse(text).unwrap();
        assert_eq!(program.run(&Environment::new(tree.root())).unwrap().len(), expect, "{text}");
    };
    check("reasonCode", 1);
    check("reason", 0);
    check("zebraCode", 1);
}

#[test]
fn references_and_codes() {
    check("managingOrganization.resolve().name", "North");
    check("contained.first().contact.name.family", "Roe");
    check("contained.first().select(%resource.id)", "p");
    check("extension('urn:code').value.memberOf('http://hl7.org/fhir/ValueSet/administrative-gender')", "true");
    check("'nonsense'.memberOf('http://hl7.org/fhir/ValueSet/administrative-gender')", "false");
    check("'x'.memberOf('http://example.org/nobody')", "");
    check("conformsTo('http://hl7.org/fhir/StructureDefinition/Patient|4.0.1')", "true");
    check("managingOrganization.getReferenceKey()", "#o");
    check("getResourceKey()", "Patient/p");
}

#[test]
fn values_and_functions() {
    check("0.1 + 0.2", "0.3");
    check("7 div 2 | 7 mod 2", "3 | 1");
    check("1 / 3 ~ 0.33", "true");
    check("9223372036854775807 + 1", "");
    check("-2.power(2)", "-4");
    check("'abc'.substring(1, 1) & 'x'", "bx");
    check("'na\u{ef}ve'.length()", "5");
    check("'na\u{ef}ve'.indexOf('v')", "3");
    check("'a.b'.split('.').join('-')", "a-b");
    check("'x1y2'.replaceMatches('([a-z])([0-9])', '$2$1')", "1x2y");
    check("'A\nB'.matches('A.B')", "true");
    check("'ABC'.matches('b', 'i')", "true");
    check("'d\u{f6}'.encode('base64').decode('base64')", "d\u{f6}");
    check("'{a}'.escape('json').unescape('json')", "{a}");
    check("(3 | 1 | 2).sort()", "1 | 2 | 3");
    check("(1 | 2 | 3).sum()", "6");
    check("(1 | 2).avg()", "1.5");
    check("('b' | 'a').min()", "a");
    check("{}.sum()", "");
    check("(1 | 2 | 3).aggregate($total + $this, 0)", "6");
    check("defineVariable('n', name.count()).select(%n + 1)", "3");
    check("'5 mg'.toQuantity()", "");
    check("'5 \\'mg\\''.toQuantity()", "5 'mg'");
    check("1000 'mg'.toQuantity('g')", "1 'g'");
    check("now() - 1 day", "2025-06-14T12:00:00.000Z");
    check("today()", "2025-06-15");
    check("@2024-02-29 + 1 year", "2025-02-28");
    check("@2024-01-31 + 1 month", "2024-02-29");
    check("@2024 + 24 months", "2026");
    check("@T23:30 + 1 hour", "00:30");
    check("birthDate.yearOf() | @2024-05.dayOf()", "1980");
    check("coalesce({}, 2, 1/0)", "2");
    check("(@2024 = @2024-05-01).empty() and (@2024 < @2025-05-01)", "true");
    check("@2024-05-01T10:00:00Z = @2024-05-01T12:00:00+02:00", "true");
    check("@2024-05-01T10:00:00 = @2024-05-01T10:00:00Z", "");
    check("@2024-05-01T10:00:00 < @2024-05-03T10:00:00Z", "true");
    check("(1 month = 30 days).empty() and 1 week = 7 days and 1 year = 12 months", "true");
    check("({} and true).empty() and ({} or true) and (false implies {}) and ({} xor true).empty()", "true");
    check("'A  b' ~ ' a B' and 1.05 ~ 1.1 and (1 | 2) ~ (2 | 1)", "true");
    check("4 days.toString() & 1 week.toString()", "4 days1 week");
    check("5L + 1", "6");
    check("name.given.hasValue() | name.given.getValue()", "false");
}

#[test]
fn errors_have_a_column_and_no_content() {
    let check = |expression: &str, code: message::Code, at: u32| match run(expression) {
        Err(Error::Expression { code: found, column, .. }) => assert_eq!((found, column), (code, at), "{expression}"),
        other => panic!("{expression}: {other:?}"),
    };
    check("", codes::E1210, 1);
    check("1 +", codes::E1210, 4);
    check("name.", codes::E1210, 6);
    check("name given", codes::E1210, 6);
    check("(1", codes::E1210, 3);
    check("'abc", codes::E1210, 1);
    check("'\\x'", codes::E1210, 2);
    check("1 # 2", codes::E1210, 3);
    check("@2024-13", codes::E1210, 1);
    check("$that", codes::E1210, 1);
    check("'\u{e9}' + frist()", codes::E1211, 7);
    check("name.first(1)", codes::E1211, 6);
    check("name.is(Nonsense)", codes::E1213, 9);
    check("name.single()", codes::E1212, 6);
    check("name < 1", codes::E1212, 6);
    check("'a' < 1", codes::E1212, 5);
    check("birthDate.length()", codes::E1212, 11);
    check("'a'.matches('(')", codes::E1212, 5);
    check("%nobody", codes::E1216, 1);
    check("conformsTo('http://example.org/x')", codes::E1216, 1);
    check(&"(".repeat(200), codes::E1214, EXPRESSION_DEPTH_MAX as u32 + 1);
    check(&format!("'{}'", "a".repeat(EXPRESSION_BYTES_MAX)), codes::E1214, 1);
    check(&format!("1{}", "+1".repeat(EXPRESSION_HEIGHT_MAX)), codes::E1214, 2 * EXPRESSION_HEIGHT_MAX as u32);
    assert!(run(&format!("1{}", "+1".repeat(EXPRESSION_HEIGHT_MAX - 1))).is_ok());
    assert!(run(&format!("id{}", ".where(true)".repeat(EXPRESSION_HEIGHT_MAX / 2))).is_ok());
    let deep = EXPRESSION_DEPTH_MAX - 2;
    assert!(run(&format!("{}true{}", "iif(true,".repeat(deep), ")".repeat(deep))).is_ok());
    check("(1|2|3|4|5|6|7|8|9).repeatAll($this)", codes::E1214, 31);
    let double = "'0123456789'".to_string() + &".select($this & $this)".repeat(20);
    assert_eq!(run(&double).unwrap_err().code(), codes::E1214);
    for expression in ["name.family < 1", "name.family.toInteger() + name", "name.family.round()"] {
        assert!(!format!("{:?}", run(expression)).contains("Doe"), "{expression}");
    }
}

#[test]
fn rules() {
    let tree = Tree::read(PATIENT.as_bytes()).unwrap();
    let check = |text: &str, expect: Option<bool>| {
        let program = Program::parse(text).unwrap();
        assert_eq!(program.test(&Environment::new(tree.root())), Ok(expect), "{text}");
    };
    check("name.exists()", Some(true));
    check("name.family", Some(true));
    check("name.empty()", Some(false));
    check("photo.title.startsWith('x')", None);
    check("descendants().as(HumanName).count() = 3", Some(true));
    let several = Program::parse("name").unwrap();
    assert_eq!(several.test(&Environment::new(tree.root())).map_err(|error| error.code()), Err(codes::E1212));
}

#[test]
fn functions_are_described_as_they_are_called() {
    for function in described() {
        assert!(function.syntax.starts_with(&format!("{}(", function.name)), "{}", function.syntax);
        let inside = &function.syntax[function.name.len() + 1..function.syntax.len() - 1];
        let least = inside
            .split(", ")
            .filter(|part| !part.is_empty() && !part.starts_with('[') && !part.starts_with("..."))
            .count();
        if let Some(found) = functions::find(function.name) {
            assert_eq!(least, found.signature().least, "{}", function.syntax);
        }
    }
}

#[test]
fn hints() {
    let check = |expression: &str, hint: &str| match run(expression) {
        Err(Error::Expression { hint: Some(found), .. }) => assert_eq!(found, hint),
        other => panic!("{expression}: {other:?}"),
    };
    check("name.frist()", "did you mean first?");
    check("name.ofType(Humanname)", "did you mean HumanName?");
    check("%resorce", "did you mean %resource?");
}

#[test]
fn what_cannot_be_right_is_found_before_it_runs() {
    let check = |ty: &str, expression: &str, expect: Option<(u32, &str)>| {
        let found = Program::parse(expression).unwrap().check(Type::named(ty).unwrap());
        match (found, expect) {
            (Ok(()), None) => {}
            (Err(Error::Expression { code, column, hint, .. }), Some((at, meant))) => {
                assert_eq!((code, column, hint.as_deref().unwrap_or("")), (codes::E1215, at, meant), "{expression}");
            }
            (found, _) => panic!("{expression}: {found:?}"),
        }
    };
    check("Patient", "name.given.first() & name.where(use = 'usual').family", None);
    check("Patient", "Patient.contained.whatever", None);
    check("Patient", "name.givn", Some((6, "did you mean given?")));
    check("Patient", "name.where(usee = 'x')", Some((12, "did you mean use?")));
    check("Patient", "Encounter.status", Some((1, "")));
    check("Patient", "deceased.exists() or deceased.ofType(dateTime) > today()", None);
    let as_json = "write `value`, or `value.ofType(Quantity)`: the type is no part of the name";
    check("Observation", "valueQuantity.unit", Some((1, as_json)));
    check("Observation", "value.unit", None);
    check("Observation", "(value as Period).unit", Some((19, "")));
    check("Observation", "component.value.ofType(Quantity).value", None);
    check("Questionnaire", "item.item.item.linkId", None);
    check("Patient", "children().first()", Some((12, "")));
    check("Patient", "name.startsWith('x')", Some((6, "")));
    check("Patient", "managingOrganization.resolve().anything", None);
    check("Patient", "birthDate.extension('x').value.ofType(string).length()", None);
}

/// Rules of R4 itself that name an element their type does not have.
const WRONG_IN_R4: &[&str] = &["cid-0"];

#[test]
fn every_rule_of_r4_compiles_for_its_element() {
    let (mut count, mut wrong) = (0, std::collections::BTreeSet::new());
    for ty in Type::all() {
        let mut open = vec![ty.root()];
        while let Some(element) = open.pop() {
            open.extend(element.own_children());
            for constraint in element.constraints() {
                let program = Program::parse(constraint.expression());
                let program = program.unwrap_or_else(|error| panic!("{} {}: {error}", element, constraint.key()));
                if let Err(error) = program.check_at(element.member()) {
                    wrong.insert(constraint.key());
                    println!("{element} {}: {}: {error}", constraint.key(), constraint.expression());
                }
                count += 1;
            }
        }
    }
    assert!(count > 500, "{count}");
    assert_eq!(wrong.into_iter().collect::<Vec<_>>(), WRONG_IN_R4);
}

#[test]
fn a_deep_expression_is_run_or_refused_and_never_overflows() {
    let nested = |part: &str, count: usize| format!("{}true{}", part.repeat(count), ")".repeat(count));
    for count in [10, 40, 90, 200, 2000] {
        for part in ["iif(true,", "iif(true,1+", "id.where(true and ", "(", "name.select($this.exists(", "-("] {
            let closed = nested(part, count).replace("exists(", "exists((").replace(")", "))");
            let _ = (run(&nested(part, count)), run(&closed));
        }
        for part in [".where(true)", "+1", " and true", "[0]", ".select($this)", " is String", ".iif(true,1)"] {
            let _ = run(&format!("id{}", part.repeat(count)));
        }
    }
}

/// Words of expressions, right ones and wrong ones, in any order.
const WORDS: &[&str] = &[
    "name",
    "given",
    "birthDate",
    "extension",
    "value",
    "contained",
    "deceased",
    "Patient",
    ".",
    ".",
    ".",
    "(",
    ")",
    "[",
    "]",
    "{}",
    "1",
    "0.5",
    "-",
    "+",
    "*",
    "/",
    "div",
    "mod",
    "and",
    "or",
    "xor",
    "implies",
    "=",
    "!=",
    "~",
    "<",
    ">=",
    "|",
    "&",
    ",",
    "is",
    "as",
    "in",
    "contains",
    "'a'",
    "'5 \\'mg\\''",
    "@2024-02-29",
    "@T10:30",
    "@2024-02-29T10:00:00+14:00",
    "4 days",
    "2 'mg'",
    "1 'a'",
    "$this",
    "$index",
    "$total",
    "%context",
    "%resource",
    "where(",
    "select(",
    "first()",
    "exists(",
    "count()",
    "repeat(",
    "children()",
    "descendants()",
    "toInteger()",
    "toQuantity()",
    "substring(",
    "lowBoundary()",
    "highBoundary(2)",
    "aggregate(",
    "iif(",
    "sort(-",
    "toString()",
    "ofType(",
    "Quantity",
    "string",
    "matches(",
    "round(",
    "power(",
    "9223372036854775807",
    "0.00000000000000000000000000000001",
    "170141183460469231731687303715884105727.0",
];

proptest! {
    #[test]
    fn any_expression_ends_without_a_panic(words in prop::collection::vec(prop::sample::select(WORDS), 0..14), space in any::<bool>()) {
        let text = words.join(if space { " " } else { "" });
        if let Ok(program) = Program::parse(&text) {
            let tree = Tree::read(PATIENT.as_bytes()).unwrap();
            let _ = program.check(Type::named("Patient").unwrap());
            let _ = program.run(&Environment::new(tree.root()).fuel(20_000));
            prop_assert!(!program.outline().is_empty());
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,40}") {
        let _ = Program::parse(&text);
        let _ = (Temporal::parse_date_time(&text), Temporal::parse_time(&text), Temporal::parse_date(&text));
        let _ = (Decimal::parse(&text), Quantity::parse(&text));
    }
}
