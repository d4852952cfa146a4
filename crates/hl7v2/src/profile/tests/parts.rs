//! Usage, cardinality, forms, value sets, slicing, tables, and the choice of a message.

use super::{PROFILE, check, errors, message, profile, report};
use crate::profile::{FileKind, Options, Profile, Source};
use message::Severity;

#[test]
fn usage_and_cardinality() {
    check(&[], "PID|1||A~B\rOBR|1\rOBX|1|NM|C||5\r", &[]);
    check(&[], "", &["E1080 ORDER"]);
    check(&[], "PID|1\rOBR|1\r", &["E1080 PID-3"]);
    check(&[], "PID||old|A~B|alt\rOBR|1\r", &["E1082 PID-2", "E1082 PID-4"]);
    check(&[], "PID|||A\rOBR|1\r", &["E1083 PID-3"]);
    check(&[], "PID|||A~B~C~D\rOBR|1\r", &["E1083 PID-3"]);
    check(&[], "PID|||^x~B\rOBR|1\r", &["E1080 PID-3.1"]);
    check(&[], "PID|||A^^^&u~B\rOBR|1\r", &["E1080 PID-3.4.1"]);
    check(&[], "PID|||\"\"\rOBR|1\r", &[]);
    check(&[], "OBR|1\rNTE|x\r", &["E1082 NTE"]);
    check(&[], "OBR|1\rOBX|||C\rOBX|||C\rOBX|||C\rOBX|||C\r", &["E1083 ORDER.OBSERVATION"]);
    check(&[], "OBR|1\rOBR|1\rOBX|||\r", &["E1080 OBX-3"]);
    let warned = report(&profile(&[]), "OBR|1\r");
    let warned: Vec<_> = warned.issues.iter().map(|issue| (&*issue.code, &*issue.path, issue.severity)).collect();
    assert_eq!(warned, [("E1081", "PID", Severity::Warning)]);
}

#[test]
fn order_and_strangers() {
    check(&[], "OBR|1\rPID|||A~B\r", &["E1088 PID"]);
    check(&[], "OBR|1\rDG1|1\r", &["E1087 DG1"]);
    check(&[], "OBR|1\rZZZ|1\r", &[]);
    check(&[], "PID|||A~B||||||too many\rOBR|1\r", &["E1089 PID-9"]);
    check(&[], "PID|||A^^^^behind~B\rOBR|1\r", &["E1089 PID-3.5"]);
    check(&[], "PID|||A~B|||||\rOBR|1\r", &[]);
    let found = report(&profile(&[]), "OBR|1\rOBR|1\rOBX||ST|\rOBX|||C|a&b\r");
    let found = found.issues.iter().find(|issue| issue.code == "E1091").expect("a separator");
    assert_eq!((&*found.path, &*found.group), ("OBX[2]-4", "ORDER[2].OBSERVATION[2]"));
}

#[test]
fn forms_lengths_and_constants() {
    check(&[], "PID|1||A~B|||human|20260101\rOBR|1\r", &[]);
    check(&[], "PID|x||A~B|||ape|2026-01-01\rOBR|1\r", &["E1085 PID-1", "E1086 PID-6", "E1085 PID-7"]);
    check(&[], "OBR|1\rOBX|||C|||||20260230\r", &["E1085 OBX-8.1"]);
    let lengths = |name: &str| {
        let issues = report(&profile(&[]), &format!("PID|||A~B||{name}\rOBR|1\r")).issues;
        issues.iter().filter(|issue| issue.code == "E1084").map(|issue| issue.severity).collect::<Vec<_>>()
    };
    assert_eq!(lengths("Ab"), []);
    assert_eq!(lengths("\u{c4}\u{d6}\u{dc}\u{e4}\u{f6}"), []);
    assert_eq!(lengths("A"), [Severity::Warning]);
    assert_eq!(lengths("Abcdef"), [Severity::Warning]);
    assert_eq!(lengths("A\\T\\B\\T\\C"), []);
}

#[test]
fn the_type_of_a_value_is_said_elsewhere() {
    check(&[], "OBR|1\rOBX||NM|C||5~6\r", &[]);
    check(&[], "OBR|1\rOBX||NM|C||five~6\r", &["E1085 OBX-5"]);
    check(&[], "OBR|1\rOBX||CWE|C||a^b^c\r", &[]);
    check(&[], "OBR|1\rOBX||ST|C||a^b\r", &["E1091 OBX-5"]);
    check(&[], "OBR|1\rOBX||XX|C||x\r", &["E1090 OBX-5"]);
    check(&[], "OBR|1\rOBX|||C||x\r", &["E1090 OBX-5"]);
    check(&[], "OBR|1\rOBX||ST|DOB||19700101\r", &[]);
    check(&[], "OBR|1\rOBX||ST|DOB||long ago\r", &["E1085 OBX-5"]);
}

#[test]
fn codes_of_value_sets() {
    check(&[], "OBR||||A^a^LOCAL|S\r", &[]);
    check(&[], "OBR||||X12^x^LOCAL|3\r", &[]);
    check(&[], "OBR||||Q^q^OTHER^B^b^LOCAL\r", &[]);
    check(&[], "OBR|||||Q\r", &["PRIORITIES OBR-5"]);
    check(&[], "OBR|||||5\r", &["PRIORITIES OBR-5"]);
    check(&[], "OBR|||||\"\"\r", &[]);
    check(&[], "OBR||||Q^q^LOCAL\r", &["SERVICES OBR-4.1"]);
    check(&[], "OBR||||E^e^LOCAL\r", &["SERVICES OBR-4.1"]);
    check(&[], "OBR||||A^a^OTHER\r", &["SERVICES OBR-4.1"]);
    // The set is open: a code of another system may have been agreed on. A listed code without its system is no error.
    for mild in ["OBR||||Q^q^OTHER\r", "OBR||||A^a\r"] {
        let issues = report(&profile(&[]), mild).issues;
        assert!(issues.iter().any(|issue| issue.code == "SERVICES" && issue.severity == Severity::Warning), "{mild}");
    }
    let more = r#"<ValueSetBindingsContext ID="T"><ValueSetBindings><Segment><ByID ID="OBX_T">
        <ValueSetBinding Target="6[*]" BindingStrength="S"><Bindings><Binding BindingIdentifier="SERVICES"/></Bindings>
        <BindingLocations><ComplexBindingLocation CodeLocation="1[1]" CodeSystemLocation="3[1]"/></BindingLocations></ValueSetBinding>
        <ValueSetBinding Target="4[1]" BindingStrength="R"><Bindings><Binding BindingIdentifier="FREE"/></Bindings>
        <BindingLocations><SimpleBindingLocation CodeLocation="."/></BindingLocations></ValueSetBinding>
        <ValueSetBinding Target="2[1]" BindingStrength="U"><Bindings><Binding BindingIdentifier="PRIORITIES"/></Bindings>
        <BindingLocations><SimpleBindingLocation CodeLocation="."/></BindingLocations></ValueSetBinding></ByID></Segment></ValueSetBindings>
        <SingleCodeBindings><Segment><ByID ID="OBX_T"><SingleCodeBinding Target="3[1]" Code="C" CodeSystem="S">
        <BindingLocations><ComplexBindingLocation CodeLocation="1[1]" CodeSystemLocation="3[1]"/></BindingLocations>
        </SingleCodeBinding></ByID></Segment></SingleCodeBindings></ValueSetBindingsContext>"#;
    check(&[more], "OBR|1\rOBX||Q|C^c^S|any||A^a^LOCAL\r", &[]);
    check(&[more], "OBR|1\rOBX|||C^c^T\r", &["E1094 OBX-3"]);
    let issues = report(&profile(&[more]), "OBR|1\rOBX|||C^c^S|||Q^q^LOCAL\r").issues;
    let found: Vec<_> = issues.iter().map(|issue| (&*issue.code, &*issue.path, issue.severity)).skip(1).collect();
    assert_eq!(found, [("SERVICES", "OBX-6.1", Severity::Warning)]);
}

#[test]
fn slices() {
    let fields = r#"<ProfileSlicing ID="T"><FieldSlicing><SegmentContext ID="OBR_T">
        <OccurrenceSlicing Position="6"><Slice Occurrence="2" Ref="CX_SLICE"/><Slice Occurrence="1" Ref="CX"/></OccurrenceSlicing>
        </SegmentContext><SegmentContext ID="PID_T"><AssertionSlicing Position="3"><Slice Ref="CX_SLICE"><Description>With an authority</Description>
        <Assertion><PlainText Path="1[1]" Text="A" IgnoreCase="false"/></Assertion></Slice></AssertionSlicing></SegmentContext></FieldSlicing></ProfileSlicing>"#;
    check(&[fields], "OBR||||||C~D^^^N\r", &[]);
    check(&[fields], "OBR||||||C~D\r", &["E1080 OBR-6[2].4"]);
    check(&[fields], "PID|||A^1^^N~B\rOBR|1\r", &["E1082 PID-3.2"]);
    let unmatched = report(&profile(&[fields]), "PID|||A^^^N~B\rOBR|1\r");
    assert!(unmatched.is_valid());
    assert!(unmatched.issues.iter().any(|issue| issue.code == "E1092" && issue.path == "PID-3[2]"));
    let segments = r#"<ProfileSlicing ID="T"><SegmentSlicing><Message ID="RES"><GroupContext ID="OBSERVATION_T">
        <AssertionSlicing Position="1"><Slice Ref="OBX_SLICE"><Description>d</Description><Assertion>
        <PlainText Path="3[1].1[1]" Text="S" IgnoreCase="false"/></Assertion></Slice><Slice Ref="OBX_T"><Description>d</Description>
        <Assertion><Presence Path="3[1]"/></Assertion></Slice></AssertionSlicing></GroupContext></Message></SegmentSlicing></ProfileSlicing>"#;
    check(&[segments], "OBR|1\rOBX|||C\rOBX|1|ST|S\r", &[]);
    check(&[segments], "OBR|1\rOBX|||S|x\r", &["E1089 OBX-4", "E1080 OBX-1", "E1080 OBX-2"]);
}

#[test]
fn co_constraint_tables() {
    let table = |inside: &str| {
        format!(
            r#"<CoConstraintContext ID="T"><ByMessage ID="RES"><Context Name="Order" Path="3[*]"><Segment Name="OBX" Path="3[*].1[1]">
            {inside}</Segment></Context></ByMessage></CoConstraintContext>"#
        )
    };
    let row = |code: &str, usage: &str, constraint: &str| {
        format!(
            r#"<CoConstraint Usage="{usage}" Min="0" Max="1"><Selectors><Code Name="OBX-3" Path="3[1]" Code="{code}" CodeSystem="S">
            <BindingLocation Position="1" CodePath="1[1]" CodeSystemPath="3[1]"/></Code></Selectors><Constraints>{constraint}</Constraints>
            </CoConstraint>"#
        )
    };
    let unit = r#"<PlainText Name="OBX-6.1" Path="6[1].1[1]" Value="kg"/>"#;
    let simple = table(&format!("<SimpleTable>{}{}</SimpleTable>", row("W", "R", unit), row("H", "O", "")));
    check(&[&simple], "OBR|1\rOBX|||W^w^S|||kg\rOBX|||H^h^S\r", &[]);
    check(&[&simple], "OBR|1\rOBX|||H^h^S\r", &["E1093 ORDER"]);
    check(&[&simple], "OBR|1\rOBX|||W^w^S|||lb\r", &["E1093 OBX-6.1"]);
    check(&[&simple], "OBR|1\rOBX|||W^w^S|||kg\rOBX|||H^h^S\rOBX|||H^h^S\r", &["E1093 ORDER"]);
    let conditional = table(&format!(
        "<ConditionalTable><Condition><Description>d</Description><Assertion><Presence Path='1[1].2[1]'/></Assertion></Condition>{}\
         </ConditionalTable>",
        row("W", "R", unit)
    ));
    check(&[&conditional], "OBR|1\rOBX|||H^h^S\r", &[]);
    check(&[&conditional], "OBR|1|P\rOBX|||H^h^S\r", &["E1093 ORDER"]);
    let primary = row("W", "R", "").replace("CoConstraint ", "Primary ").replace("/CoConstraint", "/Primary");
    let grouped = table(&format!(
        "<SimpleTable><CoConstraintGroupId><IdPath Priority='1' Path='4[1]' Name='OBX-4'/></CoConstraintGroupId>\
         <CoConstraintGroup Name='Body' Usage='R' Min='1' Max='2'>{primary}{}</CoConstraintGroup></SimpleTable>",
        row("H", "R", "")
    ));
    check(&[&grouped], "OBR|1\rOBX|||W^w^S|1\rOBX|||H^h^S|1\r", &[]);
    check(&[&grouped], "OBR|1\rOBX|||W^w^S|1\rOBX|||H^h^S|2\r", &["E1093 ORDER"]);
    let set = table(&format!(
        "<SimpleTable>{}</SimpleTable>",
        row(
            "W",
            "O",
            r#"<ValueSet Name="OBX-6" Path="6[1]"><ValueSetBinding Target="." BindingStrength="R"><Bindings>
            <Binding BindingIdentifier="SERVICES"/></Bindings><BindingLocations><ComplexBindingLocation CodeLocation="1[1]"
            CodeSystemLocation="3[1]"/></BindingLocations></ValueSetBinding></ValueSet>"#
        )
    ));
    check(&[&set], "OBR|1\rOBX|||W^w^S|||A^a^LOCAL\r", &[]);
    check(&[&set], "OBR|1\rOBX|||W^w^S|||Q^q^LOCAL\r", &["E1093 OBX-6"]);
}

#[test]
fn the_message_that_is_meant() {
    let chosen = |profile: &Profile, text: &str| {
        let message = crate::Message::parse(text.to_owned()).0;
        profile.choose(&message).and_then(|at| profile.messages().nth(at).map(|message| message.id.to_owned()))
    };
    let plain = profile(&[]);
    let header = |kind: &str, profile: &str| format!("MSH|^~\\&|||||||{kind}||||||||||||{profile}\r");
    let check = |profile: &Profile, kind: &str, id: &str, rest: &str, expect: Option<&str>| {
        assert_eq!(chosen(profile, &(header(kind, id) + rest)).as_deref(), expect, "{kind} {id} {rest}");
    };
    check(&plain, "ADT^A01^ADT_A01", "", "", None);
    check(&plain, "ORU^R01^ORU_R01", "", "OBR\rOBX|||C\r", Some("RES"));
    check(&plain, "ORU^R01^ORU_R01", "", "OBX|||C\r", Some("RES_SHORT"));
    check(&plain, "ORU", "RES-2", "OBR\rOBX|||C\r", Some("RES_SHORT"));
    check(&plain, "ORU^R01", "x^^1.2.3~Z99^CDC", "OBX|||C\r", Some("RES"));
    let claim = "<ConformanceContext UUID='T'><Constraints><Message><ByID ID='RES_SHORT'><Constraint ID='C' Target='1[1].21[1]'><Description>d\
        </Description><Assertion><PlainText Path='1[1].21[*].3[1]' Text='1.2.3' IgnoreCase='false' NotPresentBehavior='FAIL' AtLeastOnce='true'/>\
        </Assertion></Constraint></ByID></Message></Constraints></ConformanceContext>";
    let longer = PROFILE.replace(
        "</Segment>\n    <Segment ID=\"PID_T\"",
        &format!(
            "{}</Segment>\n    <Segment ID=\"PID_T\"",
            "<Field Name='x' Datatype='ST' Usage='O'/>".repeat(11)
                + "<Field Name='Profile' Datatype='CX' Usage='O' Max='*'/>"
        ),
    );
    let sources = [&longer, claim].map(|text| Source { name: "x", bytes: text.as_bytes() });
    let claimed = Profile::read(&sources).0.expect("a profile");
    check(&claimed, "ORU^R01^ORU_R01", "x^^1.2.3", "OBR\rOBX|||C\r", Some("RES_SHORT"));
    check(&claimed, "ORU^R01^ORU_R01", "x^^1.2.4", "OBR\rOBX|||C\r", Some("RES"));
    assert_eq!((claimed.find("RES_SHORT"), claimed.find("RES-1"), claimed.find("x")), (Some(1), Some(0), None));
}

#[test]
fn values_only_when_asked() {
    let profile = profile(&[]);
    let message = message("PID|1||A~B||Doe^Jane\rOBR|1\r");
    let quiet = profile.validate(&message, 0, &Options::default()).expect("a report");
    assert!(quiet.issues.iter().all(|issue| issue.found.is_none()));
    let open = profile.validate(&message, 0, &Options { values: true }).expect("a report");
    let found = open.issues.iter().find(|issue| issue.code == "E1091").expect("a separator");
    assert_eq!(found.found.as_ref().map(|found| found.reveal().as_str()), Some("Doe^Jane"));
    assert!(!format!("{open:?}").contains("Doe") && !found.message.contains("Doe"));
    assert!(profile.validate(&message, 7, &Options::default()).is_none());
}

#[test]
fn kinds_of_files() {
    let check = |text: &[u8], expect: Option<FileKind>| assert_eq!(FileKind::detect(text), expect);
    check(PROFILE.as_bytes(), Some(FileKind::Profile));
    check(b"<!-- <ValueSetLibrary> --><?x y?>\n<ConformanceContext UUID='1'>", Some(FileKind::Constraints));
    check(b"\xEF\xBB\xBF<n:ValueSetLibrary/>", Some(FileKind::ValueSets));
    check(b"\xFF\xFE<\0P\0r\0o\0f\0i\0l\0e\0S\0l\0i\0c\0i\0n\0g\0>\0", Some(FileKind::Slicings));
    check(b"<CoConstraintContext ", Some(FileKind::CoConstraints));
    check(b"<ValueSetBindingsContext>", Some(FileKind::Bindings));
    check(b"<html>", None);
    check(b"no xml", None);
    check(b"<", None);
}

#[test]
fn what_is_wrong_with_a_profile_is_said() {
    let read = |texts: &[&str]| {
        let sources: Vec<Source<'_>> =
            texts.iter().map(|text| Source { name: "p.xml", bytes: text.as_bytes() }).collect();
        let (profile, diagnostics) = Profile::read(&sources);
        (profile.is_some(), diagnostics.iter().map(|diagnostic| diagnostic.code.id).collect::<Vec<_>>())
    };
    assert_eq!(read(&[]), (false, vec!["E1073"]));
    assert_eq!(read(&["<a"]), (false, vec!["E1071", "E1073"]));
    assert_eq!(read(&["<ConformanceProfile/>"]), (false, vec!["E1073"]));
    // Two value sets are bound that are not there, and a file is no part of a profile.
    assert_eq!(read(&[PROFILE, PROFILE, "<html/>"]), (true, vec!["E1072"; 3]));
    let broken = PROFILE.replace("Ref=\"OBR_T\"", "Ref=\"NONE\"").replace("Datatype=\"HD\"", "Datatype=\"NONE\"");
    let (is_read, codes) = read(&[&broken, super::SETS]);
    assert!(is_read && codes.len() == 3, "{codes:?}");
    let sources = [&*broken, super::SETS].map(|text| Source { name: "p.xml", bytes: text.as_bytes() });
    let profile = Profile::read(&sources).0.expect("a profile");
    assert_eq!(errors(&profile, "OBR|1\rOBX|||C\r"), ["E1087 OBR"]);
}
