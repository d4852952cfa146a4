//! Lines over other formats.

use crate::{
    Condition, Form, Forms, Matter, Program, Run, Scope, Table, Tables,
    program::parse::{expect_end, parse_when},
    syntax::{self, Cursor},
};
use message::{Format, Timestamp};

fn forms() -> Forms {
    let text = "format lab delimited {\n separator \";\"\n column mrn \"Patient No\"\n column sex\n}\n\
                format order json {\n place patient.mrn\n place items[*].code\n}\n";
    let mut forms = Forms::default();
    forms.add(&syntax::parse("f.flow", text).0, &mut Vec::new());
    forms
}

fn tables() -> Tables {
    let mut tables = Tables::default();
    tables.insert(Table::parse("sexes", &"t.csv".into(), "from,to\nm,M\nf,F\n").0);
    tables
}

const JSON: &str = r#"{"patient": {"mrn": "7", "born": "2001-03-04", "names": [{"use": "official", "family": "Quist"}, {"family": "Q"}], "dead": null}, "n": 12.5}"#;

/// Whether the condition holds; the codes of what is wrong with it.
fn ask(form: &Form, text: &str, condition: &str) -> Result<bool, Vec<&'static str>> {
    let tables = tables();
    let (tree, mut found) = syntax::parse("", format!("when {condition}"));
    let scope = Scope::new(&tables).reading(form);
    let mut cursor = Cursor::new(&tree, &tree.statements[0]);
    let condition: Option<Condition> = parse_when(&mut cursor, &scope, &mut found).flatten();
    if condition.is_some() {
        let _ = expect_end(&cursor, &mut found);
    }
    let Some(condition) = condition.filter(|_| found.is_empty()) else {
        return Err(found.iter().map(|finding| finding.code.id).collect());
    };
    let (matter, _) = Matter::read(form, text.to_owned());
    Ok(condition.is_true_of(&matter, &mut Run::new(Timestamp(0), 0)).unwrap())
}

#[test]
fn conditions() {
    let json = Form::of(Format::Json);
    let check = |condition: &str, expect: Result<bool, &[&str]>| {
        let found = ask(&json, JSON, condition);
        assert_eq!(found.as_ref().map(|holds| *holds).map_err(|codes| &codes[..]), expect, "{condition}");
    };
    check("patient.mrn = 7", Ok(true));
    check("n > 12", Ok(true));
    check("root.n > 13", Ok(false));
    check("patient.names.family = Q", Ok(true));
    check("patient.names[1].family = Q", Ok(false));
    check("patient.names[use=official].family starts Qu", Ok(true));
    check("all patient.names.family starts Q", Ok(true));
    check("count patient.names = 2", Ok(true));
    check("patient exists", Ok(true));
    check("patient.dead exists", Ok(false));
    check("patient.dead empty and nobody empty", Ok(true));
    check("patient.mrn in [7, 8]", Ok(true));
    check("patient.born | date = 20010304", Ok(true));
    check("patient.mrn = n", Ok(false));
    check("patient.names[1].family = patient.names[use=official].family", Ok(true));
    check("patient.dead is null", Err(&["E2202"]));
    check("patient..mrn = 7", Err(&["E2641"]));
    check("patient.names[0].use = x", Err(&["E2641"]));
    check("patient.names[+].use = x", Err(&["E2104"]));
}

#[test]
fn declared_places() {
    let forms = forms();
    let check = |form: &str, text: &str, condition: &str, expect: Result<bool, &[&str]>| {
        let found = ask(&forms.get(form).unwrap(), text, condition);
        assert_eq!(found.as_ref().map(|holds| *holds).map_err(|codes| &codes[..]), expect, "{condition}");
    };
    let csv = "Patient No;sex\n7;m\n";
    check("lab", csv, "row.mrn = 7", Ok(true));
    check("lab", csv, "mrn = 7 and sex in [m, f]", Ok(true));
    check("lab", csv, "sex in table:sexes", Ok(true));
    check("lab", csv, "row.2 = m", Ok(true));
    check("lab", csv, "row.mrm = 7", Err(&["E2642"]));
    check("lab", csv, "mrm = 7", Err(&["E2642"]));
    check("order", "{}", "patient.mrn empty", Ok(true));
    check("order", "{}", "patient.nrm empty", Err(&["E2642"]));
    check("order", "{}", "items[2].code = x", Ok(false));
    check("csv", "a b,c\n1,2\n", "row[\"a b\"] = 1", Ok(true));
    check("x12", X12, "NM1[.01=IL].03 = QUIST", Ok(true));
    check("xml", "<a id='7'><b c='1'/></a>", "a.@id = 7 and a.b exists", Ok(true));
}

const X12: &str = "ISA*00*          *00*          *ZZ*S              *ZZ*H              *260301*0708*^*00501*000000007*0*P*:~NM1*IL*1*QUIST~";

/// The message after the lines, or the codes of what is wrong.
fn run(form: &Form, text: &str, lines: &str) -> Result<String, Vec<String>> {
    let tables = tables();
    let (tree, mut found) = syntax::parse("", lines);
    let scope = Scope::new(&tables).reading(form);
    let (program, more) = Program::from_statements(&tree, &tree.statements, &scope);
    found.extend(more);
    if !found.is_empty() {
        return Err(found.iter().map(|finding| finding.code.id.to_owned()).collect());
    }
    let (mut matter, _) = Matter::read(form, text.to_owned());
    match program.apply_to(&mut matter, &mut Run::new(Timestamp(0), 0)) {
        Ok(()) => Ok(String::from_utf8(matter.to_bytes().to_vec()).unwrap()),
        Err(fault) => Err(vec![fault.code.id.to_owned()]),
    }
}

#[test]
fn lines_change_their_own_bytes() {
    let json = Form::of(Format::Json);
    let check = |lines: &str, text: &str, expect: Result<&str, &[&str]>| {
        let found = run(&json, text, lines);
        assert_eq!(
            found.as_deref().map_err(|codes| codes.iter().map(String::as_str).collect::<Vec<_>>()),
            expect.map_err(<[_]>::to_vec),
            "{lines}"
        );
    };
    check("set a = \"x\"", "{ \"a\" : 1 }", Ok("{ \"a\" : \"x\" }"));
    check("set a = 2", "{ \"a\" : \"1\" }", Ok("{ \"a\" : 2 }"));
    check("set a = true", "{}", Ok("{\"a\":true}"));
    check("set a = b.c | upper", "{\"b\":{\"c\":\"x\"}}", Ok("{\"b\":{\"c\":\"x\"},\"a\":\"X\"}"));
    check("set a = b.c", "{\"b\":1}", Ok("{\"b\":1}"));
    check("set a = b.c", "{\"a\":1}", Ok("{\"a\":null}"));
    check("set a = \"{root.b}-{root.c}\"", "{\"b\":1,\"c\":2}", Ok("{\"b\":1,\"c\":2,\"a\":\"1-2\"}"));
    check("set a = \"x\" when b.c = 1", "{}", Ok("{}"));
    check("remove a\nremove b.c", "{\"a\":1,\"b\":{\"c\":2}}", Ok("{\"b\":{}}"));
    check(
        "translate p[*].sex with sexes",
        "{\"p\":[{\"sex\":\"m\"},{\"sex\":\"f\"}]}",
        Ok("{\"p\":[{\"sex\":\"M\"},{\"sex\":\"F\"}]}"),
    );
    check("translate a with sexes", "{\"a\":\"x\"}", Err(&["E2401"]));
    check("translate a with sexes missing keep", "{\"a\":\"x\"}", Ok("{\"a\":\"x\"}"));
    check("translate a with sexes missing null", "{\"a\":\"x\"}", Ok("{\"a\":null}"));
    check("set a = b", "{}", Err(&["E2640"]));
    check("set a = root.b", "{\"b\":1}", Ok("{\"b\":1,\"a\":\"1\"}"));
    check("insert ZPD after PID {\n}", "{}", Err(&["E2644"]));
    check("translate version to 2.5.1", "{}", Err(&["E2310"]));
    check("remove a[+]", "{}", Err(&["E2104"]));
    check("set a = b.c, b.d", "{}", Err(&["E2112"]));
    check("set a.b = \"x\"", "{\"a\":1}", Err(&["E1330"]));
    let forms = forms();
    let lab = forms.get("lab").unwrap();
    assert_eq!(run(&lab, "Patient No;sex\n7;m\n", "set sex = mrn\nset mrn = M").unwrap(), "Patient No;sex\nM;7\n");
    assert_eq!(run(&lab, "Patient No;sex\n7;m\n", "set sx = mrn"), Err(vec!["E2642".to_owned()]));
    assert_eq!(run(&lab, "Patient No;sex\n7;m\n", "set sex = mrm"), Err(vec!["E2642".to_owned()]));
}

#[test]
fn faults_hold_no_content() {
    let json = Form::of(Format::Json);
    let tables = tables();
    let (tree, _) = syntax::parse("x.flow", "translate a with sexes");
    let (program, _) = Program::from_statements(&tree, &tree.statements, &Scope::new(&tables).reading(&json));
    let (mut matter, _) = Matter::read(&json, "{\"a\":\"QUIST\"}");
    let fault = program.apply_to(&mut matter, &mut Run::new(Timestamp(0), 0)).unwrap_err();
    assert!(!format!("{fault:?} {matter:?}").contains("QUIST"));
}
