//! What is wrong is found: code, and the characters that the finding points at.

use super::{brief, flow, load, load_with, variables};
use crate::workspace::{Environment, Files, Options, Workspace};

fn check(text: &str, expect: &[&str]) {
    let (_, findings) = load(text);
    assert_eq!(brief(text, &findings), expect, "{text}\n{findings:#?}");
}

/// A line of the interface.
fn line(line: &str, expect: &[&str]) {
    check(&flow(line, ""), expect);
}

/// What stands instead of `receive mllp 2575`.
fn receive(line: &str, expect: &[&str]) {
    check(&flow("", "").replacen("receive mllp 2575", line, 1), expect);
}

/// A line of the `send` block.
fn send(line: &str, expect: &[&str]) {
    check(&flow("", "").replacen("file out", &format!("file out\n{line}"), 1), expect);
}

/// A line of a test that gives a message.
fn test(line: &str, expect: &[&str]) {
    check(&flow("", &format!("test \"t\" {{\n  given samples/a01.hl7\n  {line}\n  expect archive sent\n}}")), expect);
}

#[test]
fn priority_needs_an_order_that_leaves_room() {
    send("priority stat when ORC-7.6 = S", &["E3340 archive"]);
    send("priority stat when ORC-7.6 = S\norder by PID-3.1", &[]);
    receive("receive mllp 2575 order by PID-3.1", &[]);
}

#[test]
fn nothing_is_wrong() {
    line("", &[]);
}

#[test]
fn script_lines() {
    line("script tidy", &[]);
    line("script tidy allow clock allow random time 200ms memory 64MiB when event = A01", &[]);
    send("script tidy allow clock", &[]);
    line("set ZPD-1 = PV1-3.1 | script bed", &[]);
    line("script", &["E3102"]);
    line("script tydi", &["E2670 tydi"]);
    line("set ZPD-1 = PV1-3.1 | script bd", &["E2670 bd"]);
    line("script tidy allow files", &["E3109 files"]);
    line("script tidy within 5s", &["E3400 within"]);
    line("script tidy time 6s", &["E3400 6s"]);
    line("script tidy memory 1GiB", &["E3400 1GiB"]);
    line("script tidy when evnt = A01", &["E2105 evnt"]);
    line("script tidy {\n}", &["E3116 {"]);
}

#[test]
fn scripts_are_read_with_the_workspace() {
    let check = |lines: &str, file: &str, source: &str, expect: &[(&str, usize)]| {
        let (_, findings) = load_with(&flow(lines, ""), &[(file, source)]);
        let found: Vec<(&str, usize)> = findings
            .iter()
            .filter_map(|finding| match finding.locations.first() {
                Some(message::Location::Text { file: at, span, .. }) if &**at == file => {
                    Some((finding.code.id, span.start))
                }
                _ => None,
            })
            .collect();
        assert_eq!(found, expect, "{findings:#?}");
    };
    let own = "interfaces/demo/scripts/tidy.js";
    check("script tidy", own, "msg.set('PID-5.1',, 'x');", &[("E1440", 18)]);
    check("", own, "let a = ;", &[("E1440", 8)]);
    check("", "shared/scripts/any.js", "let a = ;", &[("E1440", 8)]);
    check("script tidy", own, "table('unit').get('x')", &[("E2671", 7)]);
    check("script tidy", own, "table('units').get('x') // table('nope')", &[]);
    check(
        "set ZPD-1 = PV1-3.1 | script bed",
        "shared/scripts/bed.js",
        "return table('unit').get(value)",
        &[("E2671", 14)],
    );
    let text = flow("set ZPD-1 = PV1-3.1 | script bed", "");
    let (_, findings) = load_with(&text, &[("shared/scripts/bed.js", "return table('unit').get(value)")]);
    assert_eq!(brief(&text, &findings), ["E2671"]);
}

#[test]
fn interface_lines() {
    line("onwer \"x\"", &["E3101 onwer"]);
    line("when event = A01", &["E3101 when"]);
    line("owner \"x\"", &["E3103 owner"]);
    line("critical 4", &["E3109 4"]);
    line("critical 1 2", &["E3105 2"]);
    line("critical 1\ncritical 2", &["E3103 critical"]);
    line("description", &["E3102"]);
    line("index mrn", &["E3102"]);
    line("index mrn PID-3.1\nindex mrn PID-3.2", &["E3103 mrn"]);
    line("index a.b PID-3.1", &["E3114 a.b"]);
    line("index mrn PID", &["E3109 PID"]);
    line("index mrn PID-3.1 {\n}", &["E3116 {"]);
    line("keep event = A01", &["E3102 event"]);
    line("use shared/lab-indx", &["E3115 shared/lab-indx"]);
    line("use shared/lab-index", &[]);
    line("send archive {\n file x\n}", &["E3113 archive"]);
    line("send other {\n when event = A01\n}\ntest", &["E3112 send", "E3206 other", "E3101 test"]);
    line("send other {\n fiel x\n}", &["E3112 send", "E3206 other", "E3101 fiel"]);
    line("alert silent", &["E3102"]);
    line("alert silent 20m loudly", &["E3105 loudly"]);
    line("alert quiet 20m", &["E3101 quiet"]);
    line("alert silent learned page", &[]);
    line("alert silent never", &[]);
    line("alert down after 2m page", &[]);
    line("alert down 2m", &["E3102 2m"]);
    line("alert parked over 10", &[]);
    line("alert acknowledgment over 2s during \"Mon-Fri\"", &[]);
    line("alert skew over 1m", &[]);
    line("alert backlog over 500 or-older-than 5m page", &[]);
    line("alert backlog archve over 500", &["E3303 demo"]);
    line("alert backlog archive", &["E3102"]);
    line("alert quality", &["E3102"]);
    line("alert quality drift", &[]);
    line("alert quality drop during \"Mon-Fri 06:00-20:00\" page", &[]);
    line("alert quality drop during \"Mon-Fri 6-20\"", &["E3109 \"Mon-Fri 6-20\""]);
    line("alert quality PID-3.5 completeness below 95%", &[]);
    line("alert quality PV1-2 codes below 99.5% within 6h at-least 50 page", &[]);
    line("alert quality PID-7 form below 100%", &[]);
    line("alert quality NK1 completeness below 20%", &[]);
    line("alert quality ZPD-4 completeness below 95%", &[]);
    line("alert quality duplicates over 2%", &[]);
    line("alert quality implausible over 0.5%", &[]);
    line("alert quality late over 10m", &[]);
    line("alert quality PV1-3.1 coverage below 99%", &["E3153 demo"]);
    line("validate lenient\n  alert quality invalid over 1%", &[]);
    line("alert quality invalid over 1%", &["E3153 demo"]);
    line("alert quality dirft", &["E3150 dirft"]);
    line("alert quality PID-3.5", &["E3102"]);
    line("alert quality PID-3.5 completness below 95%", &["E3109 completness"]);
    line("alert quality PID-3.5 completeness over 95%", &["E3102 over"]);
    line("alert quality PID-3.5 completeness below 95", &["E3152 95"]);
    line("alert quality PID-3.5 completeness below 195%", &["E3152 195%"]);
    line("alert quality PID-99 completeness below 95%", &["E3151 PID-99"]);
    line("alert quality PID-3.50 completeness below 95%", &["E3151 PID-3.50"]);
    line("alert quality QQQ-1 completeness below 95%", &["E3151 QQQ-1"]);
    line("alert quality PID-3[2].5 completeness below 95%", &["E3151 PID-3[2].5"]);
    line("alert quality PID-5.1 codes below 95%", &["E3153 codes"]);
    line("alert quality PV1-2 form below 95%", &["E3153 form"]);
    line("alert quality drift within 0s", &["E3109 0s"]);
    line("validate p errors reject", &["E2511 p"]);
    line("validate lenient", &[]);
    line("validate strict errors park warnings reject", &[]);
    line("validate lenient errors drop", &["E3109 drop"]);
    line("validate lenient erors park", &["E3101 erors"]);
    line("validate lenient errors park errors keep", &["E3103 errors"]);
    line("set PV1-2 = I\n  validate lenient", &["E3121 demo"]);
    line("set PV1-2 = I\n  validate lenient errors park", &[]);
}

#[test]
fn whole_interfaces() {
    check("", &["E3010"]);
    check("interface {\n}", &["E3102"]);
    check("interface demo", &["E3116 interface", "E3111 demo", "E3209 demo", "E3204 demo"]);
    check("interfaec demo {\n}", &["E3101 interfaec", "E3010"]);
    check("block x {\n}", &["E3116 block", "E3010"]);
    let (_, findings) = load(&flow("", "").replacen("interface demo", "interface other", 1));
    assert_eq!(findings.iter().map(|finding| finding.code.id).collect::<Vec<_>>(), ["E3009"]);
}

#[test]
fn receive_lines() {
    receive("receive mllp", &["E3110 mllp"]);
    receive("receive mlpp 2575", &["E3106 mlpp"]);
    receive("receive kafka 9092", &["E3106 kafka"]);
    receive("receive mllp 0.0.0.0:2575", &["E3205 0.0.0.0:2575"]);
    receive("receive mllp 0.0.0.0:2575 plaintext no", &["E3205 0.0.0.0:2575"]);
    receive("receive mllp 0.0.0.0:2575 plaintext yes", &[]);
    receive("receive mllp 0.0.0.0:2575 cert certs/sinew.pem", &[]);
    receive("receive mllp 99999", &["E3110 99999"]);
    receive("receive mllp 2575 tiemout 5s", &["E3108 tiemout"]);
    receive("receive mllp 2575 idle 5", &["E3109 5"]);
    receive("receive mllp 2575 connections 0", &["E3109 0"]);
    receive("receive mllp 2575 connections 4 connections 5", &["E3103 connections"]);
    receive("receive mllp 2575 keep-alive true", &["E3109 true"]);
    receive("receive mllp 2575 clients [a, b", &["E2006 ["]);
    receive("receive mllp 2575 {\n clients [a, b] idle 5s\n keep-alive no\n}", &[]);
    receive("receive mllp 2575 {\n idle 5s {\n }\n}", &["E3116 {"]);
    receive("receive mllp env:PORT", &[]);
    receive("receive mllp env:PROT", &["E3117 env:PROT"]);
    receive("receive mllp 2575 clients secret:x", &["E3117 secret:x"]);
    receive("receive mllp 2575 ack after-validated", &["E3121 demo"]);
    receive("receive mllp 2575 ack after-delivered", &[]);
    receive("receive mllp 2575 ack after-delivered within 5s", &[]);
    receive("receive mllp 2575 ack after-delivered within 0s", &["E3109 0s"]);
    receive("receive mllp 2575 ack after-stored within 5s", &["E3108 within"]);
    receive("receive mllp 2575 ack later", &["E3109 later"]);
    receive("receive mllp 2575 order by", &["E3102"]);
    receive("receive mllp 2575 order by PID", &["E3109 PID"]);
    receive("receive mllp 2575 order by PID-3[+]", &["E3109 PID-3[+]"]);
    receive("receive mllp 2575 order by patient", &[]);
    receive("receive mllp 2575 limit size 3", &["E3109 3"]);
    receive("receive mllp 2575 limit 1MiB duplicates window 2d", &[]);
    receive("receive mllp 2575 duplicates window 900d", &["E3109 900d"]);
    receive("receive mllp 2575 format fhir", &["E3370 fhir"]);
    receive("receive file in/*.csv", &["E3371 in/*.csv"]);
    receive("receive file in/*.csv format hl7v2", &[]);
    receive("receive file in/*.csv format csv", &[]);
    receive("receive file in format jsn", &["E3109 jsn"]);
    let json =
        flow("keep when patient.sex = f\nindex mrn patient.mrn", "").replacen("mllp 2575", "file in format json", 1);
    check(&json, &[]);
    let with =
        |lines: &str, format: &str| flow(lines, "").replacen("mllp 2575", &format!("file in format {format}"), 1);
    check(&with("validate strict", "json"), &["E3372 validate"]);
    check(&with("keep when a.b = 1", "binary"), &["E3372 a.b = 1"]);
    check(&with("set a.b = c", "json"), &["E2640 c"]);
    check(&with("insert ZPD after PID {\n}", "json"), &["E2644 insert"]);
    check(&with("map maps/pharmacy.map", "json"), &["E3372 maps/pharmacy.map"]);
    check(&with("", "csv messages items"), &["E3370 items"]);
    check(&with("", "csv messages rows id by row.mrn order by row.mrn"), &[]);
    check(&with("", "json id by a..b"), &["E2641 .b"]);
    receive("receive mllp 2575 messages whole", &["E3370 2575"]);
    receive("receive file in format json batch counts check ack after-delivered", &["E3370 json", "E3370 json"]);
    receive("receive mllp 2575 sequence numbers", &[]);
    receive("receive http 8080/hl7 sequence numbers", &[]);
    receive("receive file in sequence numbers", &["E3142 sequence"]);
    receive("receive interface sequence numbers", &["E3210 demo", "E3142 sequence"]);
    receive("receive timer", &[]);
    receive("receive http 8080/hl7", &[]);
    receive("receive interface", &["E3210 demo"]);
    receive("receive file in/*.hl7 every 5s done done", &[]);
}

#[test]
fn send_lines() {
    line("send other {\n timer\n}", &["E3206 other", "E3107 timer"]);
    send("file again", &["E3103 file"]);
    send("timer", &["E3103 timer"]);
    send("retry from 5m to 2s", &["E3109 from 5m to 2s"]);
    send("retry from 2 to 5m", &["E3109 2"]);
    send("retry form 2s", &["E3101 form"]);
    send("retry give-up 12h", &["E3102"]);
    send("retry give-up 12h then explode", &["E3109 explode"]);
    send("retry from 2s to 5m give-up 12h then drop-with-audit", &[]);
    send("replies AE prak", &["E3118 prak"]);
    send("replies AX park", &["E3118 AX"]);
    send("replies preset ae-is-transiet", &["E3118 ae-is-transiet"]);
    send("replies {\n AE park  AE 207 retry\n http 409 done  timeout hold\n}", &[]);
    send("replies hold-on-error {\n AR park\n}", &[]);
    send("replies http 9 done", &["E3109 9"]);
    // A yes is no reply to have a row for.
    send("replies http 202 park", &["E3109 202"]);
    send("lanes 0", &["E3109 0"]);
    send("lanes 8", &["E3211 archive"]);
    send("lanes 8\norder by PID-3.1", &[]);
    send("order by source\nlanes 1", &[]);
    send("priority stat event = A01", &["E3102 event"]);
    send("fallback other after 5m", &["E3104 fallback"]);
    send("owner \"x\"", &["E3101 owner"]);
}

#[test]
fn a_connector_that_people_look_for_has_a_way() {
    let check = |text: &str, expect: &str| {
        let (_, findings) = load_with(&flow("", "").replacen("file out", text, 1), &[]);
        let found = findings.iter().find(|finding| finding.code.id == "E3106").expect(text);
        assert!(found.hint.as_ref().is_some_and(|hint| hint.contains(expect)), "{found:?}");
    };
    check("kafka broker:9092/results", "REST proxy");
    check("mssql lab:1433", "replica");
    check("smb //files/lab", "mount");
}

#[test]
fn tests_of_interfaces() {
    test("given samples/a02.hl7", &["E3302 samples/a02.hl7"]);
    test("with archve refuses-connections", &["E3303 archve"]);
    test("with archive explodes", &["E3301 explodes"]);
    test("with archive replies AX", &["E3109 AX"]);
    test("with archive is-slow 5s", &[]);
    test("expect archve sent", &["E3303 archve"]);
    test("expect archive queued", &["E3102"]);
    test("expect archive sent 2 3", &["E3105 3"]);
    test("expect archive matches samples/x.hl7", &["E3302 samples/x.hl7"]);
    test("expect rejected E2104", &["E3102 E2104"]);
    test("expect acknowledged OK", &["E3109 OK"]);
    test("expect nothing\nexpect parked\nexpect archive parked\nexpect archive nothing", &[]);
    test("at 2026-03-29T02:30 Europe/Berlin", &[]);
    test("hope archive sent", &["E3101 hope"]);
    check(&flow("", "test \"t\" {\n  given samples/a01.hl7\n}"), &["E3304 \"t\""]);
    check(
        &flow("", "test \"a message is kept\" {\n given samples/a01.hl7\n expect archive sent\n}"),
        &["E3305 \"a message is kept\""],
    );
    check("test \"t\" {\n}", &["E3306 test", "E3010"]);
}

#[test]
fn lint_over_one_interface() {
    let untested =
        "interface demo {\n owner \"x\"\n receive mllp 2575\n drop when event = A02\n send rx {\n file out\n }\n}";
    check(untested, &["E3207 drop", "E3206 rx"]);
    line("keep when event in [A01, A04]\ndrop when event = A08", &["E3208 drop"]);
    line("keep when event in [A01, A04]\nkeep when type = ADT and event = A01\nkeep when event = A04", &["E3208 keep"]);
    line("keep when event in [A01, A04]\nkeep when not event = A08", &[]);
    line("keep when PID-3.1 = 7\nkeep when PID-3.1 = 8", &[]);
    send("when event = A08", &[]);
}

fn codes(files: &[(&str, &str)]) -> Vec<String> {
    let options = Options {
        connectors: super::CATALOGUE,
        environment: None,
        overrides: None,
        variables: &variables,
        secrets: &|_| None,
    };
    let (_, findings) = Workspace::of(Files::memory(files.iter().copied()), &options);
    findings
        .iter()
        .filter(|finding| !["E3204", "E3206"].contains(&finding.code.id))
        .map(|finding| match finding.locations.first() {
            Some(message::Location::Text { file, span, .. }) => {
                let text = files.iter().find(|(path, _)| *path == &**file).map_or("", |(_, text)| text);
                format!("{} {}", finding.code, text.get(span.clone()).unwrap_or("?"))
            }
            _ => finding.code.to_string(),
        })
        .collect()
}

const TOML: (&str, &str) = ("sinew.toml", "name = \"t\"");

#[test]
fn numbers_that_are_sent_go_one_at_a_time() {
    let numbered = |more: &str, expect: &[&str]| {
        check(&flow("", "").replacen("file out", &format!("mllp rx:1 sequence numbers {more}"), 1), expect);
    };
    numbered("", &[]);
    numbered("\norder by source\nlanes 1", &[]);
    numbered("\nlanes 2", &["E3140 archive"]);
    numbered("\norder by PID-3.1", &["E3140 archive"]);
    numbered("\norder none", &["E3140 archive"]);
    numbered("\npriority when event = A01", &["E3140 archive"]);
    numbered("acknowledgment none", &["E3140 archive"]);
    numbered("max-size 64KiB", &["E3140 archive"]);
    let two = |a: &str, b: &str| {
        let lines = format!("  send one {{\n mllp {a}\n }}\n send two {{\n mllp {b}\n }}");
        brief_codes(&flow(&lines, ""))
    };
    assert!(two("rx:1 sequence numbers", "rx:1 sequence numbers").contains(&"E3141".to_owned()));
    for other in ["rx:2 sequence numbers", "rx:1"] {
        assert!(!two("rx:1 sequence numbers", other).contains(&"E3141".to_owned()), "{other}");
    }
}

fn brief_codes(text: &str) -> Vec<String> {
    load(text).1.iter().map(|finding| finding.code.id.to_string()).collect()
}

#[test]
fn interfaces_that_do_not_fit_together() {
    let listening =
        |name: &str, port: &str| format!("interface {name} {{\n receive mllp {port}\n send out {{\n file out\n }}\n}}");
    let two = |a: &str, b: &str| {
        codes(&[
            TOML,
            ("interfaces/a/interface.flow", &listening("a", a)),
            ("interfaces/b/interface.flow", &listening("b", b)),
        ])
    };
    assert_eq!(two("2575", "2576"), Vec::<String>::new());
    assert_eq!(two("2575", "2575"), ["E3201 2575"]);
    assert_eq!(two("2575", "127.0.0.2:2575"), Vec::<String>::new());
    assert_eq!(two("2575", "0.0.0.0:2575"), ["E3205 0.0.0.0:2575", "E3201 0.0.0.0:2575"]);
    assert_eq!(two("0", "0"), Vec::<String>::new());

    let feeding = |name: &str, receive: &str, to: &str| {
        format!("interface {name} {{\n receive {receive}\n send next {{\n interface {to}\n }}\n}}")
    };
    let a = feeding("a", "interface", "b");
    assert_eq!(
        codes(&[
            TOML,
            ("interfaces/a/interface.flow", &a),
            ("interfaces/b/interface.flow", &feeding("b", "interface", "a"))
        ]),
        ["E3202 next", "E3202 next"]
    );
    assert_eq!(
        codes(&[TOML, ("interfaces/a/interface.flow", &a), ("interfaces/b/interface.flow", &listening("b", "2575"))]),
        ["E3210 a", "E3203 next"]
    );
    assert_eq!(codes(&[TOML, ("interfaces/a/interface.flow", &feeding("a", "mllp 2575", "bb"))]), ["E3203 next"]);
    assert_eq!(codes(&[TOML, ("interfaces/a/interface.flow", &feeding("a", "interface", "a"))]), ["E3202 next"]);
    let same = listening("a", "2575");
    assert_eq!(
        codes(&[
            TOML,
            ("interfaces/a/interface.flow", &same),
            ("interfaces/b/interface.flow", &same.replace("2575", "2576"))
        ]),
        ["E3009 a", "E3007 a"]
    );
}

#[test]
fn a_broken_interface_does_not_hide_the_others() {
    let good = "interface good {\n receive mllp 2575\n send out {\n file out\n }\n}";
    let bad = "interface bad {\n receive mllp 2576\n send out {\n file out\n }\n oops\n}";
    let files = [TOML, ("interfaces/bad/interface.flow", bad), ("interfaces/good/interface.flow", good)];
    let options = Options {
        connectors: super::CATALOGUE,
        environment: None,
        overrides: None,
        variables: &variables,
        secrets: &|_| None,
    };
    let (workspace, _) = Workspace::of(Files::memory(files), &options);
    assert_eq!(workspace.definitions.iter().map(|it| &*it.name).collect::<Vec<_>>(), ["good"]);
    assert_eq!(workspace.broken.iter().map(|name| &**name).collect::<Vec<_>>(), ["bad"]);
}

#[test]
fn environments() {
    let good = "interface good {\n receive mllp 2575\n send out {\n mllp a:1\n }\n}";
    let with = |environment: &str| {
        codes(&[TOML, ("interfaces/good/interface.flow", good), ("environments/dev.toml", environment)])
    };
    assert_eq!(
        with("[good]\nreceive = \"3000\"\n[good.send.out]\naddress = \"b:2\"\ntimeout = \"5s\""),
        Vec::<String>::new()
    );
    assert_eq!(with("[godo]\nreceive = \"3000\""), ["E3006 godo"]);
    assert_eq!(with("[good.send]\nuot = \"b:2\""), ["E3006 uot"]);
    assert_eq!(with("[good.send.out]\ntimeuot = \"5s\""), ["E3006 timeuot"]);
    assert_eq!(with("[good.send.out]\ntimeout = \"5\""), ["E3109 timeout"]);
    assert_eq!(with("[good.send]\nout = \"b\""), ["E3110 a:1"]);
    assert_eq!(codes(&[("interfaces/good/interface.flow", good)]), ["E3001"]);
    let options = Options {
        connectors: super::CATALOGUE,
        environment: Some("prod"),
        overrides: None,
        variables: &variables,
        secrets: &|_| None,
    };
    let (_, findings) = Workspace::of(Files::memory([TOML, ("interfaces/good/interface.flow", good)]), &options);
    assert!(findings.iter().any(|finding| finding.code.id == "E3005"), "{findings:?}");
}

#[test]
fn overrides_and_secrets() {
    let text = flow("", "").replacen("file out", "mllp a:1 password secret:rx", 1);
    let environment = "[secrets]\nrx = \"env:PORT\"\n[demo]\nreceive = \"3000\"";
    let mut overrides = Environment::default();
    overrides.receive("demo", "127.0.0.1:0");
    overrides.send("demo", "archive", "127.0.0.1:4000");
    let files = [
        TOML,
        ("interfaces/demo/interface.flow", &*text),
        ("interfaces/demo/samples/a01.hl7", super::A01),
        ("environments/dev.toml", environment),
    ];
    let options = Options {
        connectors: super::CATALOGUE,
        environment: None,
        overrides: Some(&overrides),
        variables: &variables,
        secrets: &|_| None,
    };
    let (workspace, findings) = Workspace::of(Files::memory(files), &options);
    assert!(findings.is_empty(), "{findings:?}");
    let demo = workspace.definition("demo").unwrap();
    assert_eq!(&*demo.receive.settings.address, "127.0.0.1:0");
    assert_eq!(&*demo.destinations[0].settings.address, "127.0.0.1:4000");
    assert_eq!(demo.destinations[0].settings.text("password"), "2600");
}

#[test]
fn files_of_secrets_are_found_from_the_workspace() {
    let folder = std::env::temp_dir().join(format!("sinew-secret-files-{}", std::process::id()));
    let beside = folder.with_extension("beside");
    let text = flow("", "").replacen("file out", "mllp a:1 password secret:rx", 1);
    let password_from = |place: &str| {
        let environment = format!("[secrets]\nrx = \"file:{place}\"");
        for (path, content) in [
            ("sinew.toml", TOML.1),
            ("interfaces/demo/interface.flow", &*text),
            ("interfaces/demo/samples/a01.hl7", super::A01),
            ("environments/dev.toml", &*environment),
            ("private/rx", "inside\n"),
        ] {
            std::fs::create_dir_all(folder.join(path).parent().unwrap()).unwrap();
            std::fs::write(folder.join(path), content).unwrap();
        }
        std::fs::write(&beside, "outside\n").unwrap();
        let (workspace, findings) = Workspace::load(&folder, &Options::new(super::CATALOGUE));
        let password =
            workspace.definition("demo").map(|demo| demo.destinations[0].settings.text("password").to_owned());
        password.unwrap_or_else(|| findings.iter().map(|finding| finding.code.id).collect())
    };
    assert_eq!(password_from("private/rx"), "inside");
    assert_eq!(password_from(&format!("../{}", beside.file_name().unwrap().display())), "outside");
    assert_eq!(password_from(&beside.display().to_string()), "outside");
    assert_eq!(password_from("rx"), "E3117");
    std::fs::remove_dir_all(&folder).unwrap();
    std::fs::remove_file(&beside).unwrap();
}

#[test]
fn files_that_are_not_there() {
    line("map maps/none.map", &["E3115 maps/none.map"]);
    line("map maps/pharmacy.map", &[]);
    line("translate PV1-3.1 with unitz missing keep", &["E2209 unitz"]);
    let (_, findings) = load_with(&flow("", ""), &[("interfaces/demo/tables/bad.csv", "x,y\n1,2\n")]);
    assert!(findings.iter().any(|finding| finding.code.id == "E2320"), "{findings:?}");
}
