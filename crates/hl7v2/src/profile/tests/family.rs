//! Forms that other guides of the family use: older files, several profiles together, programs of other tools.

use super::{PROFILE, SETS, check, errors, message, profile, report};
use crate::profile::{Options, Profile, Source};
use message::Severity;

fn read(texts: &[&str]) -> (Profile, Vec<String>) {
    let sources: Vec<Source<'_>> = texts.iter().map(|text| Source { name: "f.xml", bytes: text.as_bytes() }).collect();
    let (profile, diagnostics) = Profile::read(&sources);
    (profile.expect("a profile"), diagnostics.into_iter().map(|diagnostic| diagnostic.message).collect())
}

/// A statement that PID-7 is there.
fn birth_date(context: &str) -> String {
    let end = context.split(' ').next().unwrap_or_default();
    let path = if context.contains("PID") { "7[1]" } else { "2[1].7[1]" };
    format!(
        "<{context}><Constraint ID='F-1'><Description>d</Description><Assertion><Presence Path='{path}'/></Assertion>\
         </Constraint></{end}>"
    )
}

#[test]
fn a_message_is_a_group_and_a_group_may_stand_under_message() {
    let context = |level: &str, by: &str| {
        format!(
            "<ConformanceContext><Constraints><{level}>{}</{level}></Constraints></ConformanceContext>",
            birth_date(by)
        )
    };
    let line = "PID|||1~2\rOBR|1\r";
    for (level, by) in [("Group", "ByName Name='ORU_R01'"), ("Group", "ByID ID='RES'"), ("Message", "ByID ID='RES'")] {
        check(&[&context(level, by)], line, &["F-1 PID-7"]);
    }
    let order = context("Message", "ByName Name='ORDER'").replace("2[1].7[1]", "3[1].1[1].7[1]");
    check(&[&order], "OBR|1\rOBX|||C||||7\r", &[]);
    check(&[&order], "OBR|1\rOBX|||C\r", &["F-1 OBX-7"]);
}

#[test]
fn the_oldest_form_has_constraints_at_the_top() {
    let old = format!(
        "<ConformanceContext UUID='1'><MetaData/><Datatype/><Segment>{}</Segment><Group/></ConformanceContext>",
        birth_date("ByName Name='PID'")
    );
    check(&[&old], "PID|||1~2\rOBR|1\r", &["F-1 PID-7"]);
    check(&[&old], "PID|||1~2||||2001\rOBR|1\r", &[]);
}

#[test]
fn what_is_not_known_is_said() {
    let said = |text: &str| read(&[PROFILE, SETS, text]).1;
    let wrong = format!(
        "<ConformanceContext><Constraints><Segment>{}</Segment></Constraints></ConformanceContext>",
        birth_date("ByLabel ID='PID_T'")
    );
    assert!(said(&wrong)[0].contains("\"ByLabel\""), "{:?}", said(&wrong));
    assert!(said("<ConformanceContext><Riddles/></ConformanceContext>")[0].contains("\"Riddles\""));
    let level = format!(
        "<ConformanceContext><Constraints><Field>{}</Field></Constraints></ConformanceContext>",
        birth_date("ByID ID='PID_T'")
    );
    assert!(said(&level)[0].contains("\"Field\""));
    let riddle = "<ConformanceContext><Constraints><Segment><ByID ID='PID_T'><Constraint ID='F-2'><Description>d</Description>\
        <Assertion><NOT><Riddle Path='1[1]'/></NOT></Assertion></Constraint></ByID></Segment></Constraints></ConformanceContext>";
    let (profile, said) = read(&[PROFILE, SETS, riddle]);
    assert!(said[0].contains("F-2") && said[0].contains("\"Riddle\""), "{said:?}");
    assert_eq!(errors(&profile, "PID|||1~2\rOBR|1\r"), Vec::<String>::new());
    // What a table, a slicing or a message holds and nobody knows.
    let table = |inside: &str| {
        format!(
            "<CoConstraintContext ID='T'><ByMessage ID='RES'><Context Name='O' Path='3[*]'><Segment Name='OBX' Path='3[*].1[1]'>{inside}\
             </Segment></Context></ByMessage></CoConstraintContext>"
        )
    };
    assert!(self::read(&[PROFILE, SETS, &table("<OddTable/>")]).1[0].contains("\"OddTable\""));
    let cell = "<SimpleTable><CoConstraint Usage='R'><Selectors><Riddle Path='3[1]'/></Selectors></CoConstraint></SimpleTable>";
    assert!(self::read(&[PROFILE, SETS, &table(cell)]).1[0].contains("\"Riddle\""));
    let slicing = "<ProfileSlicing ID='T'><FieldSlicing><SegmentContext ID='PID_T'><OddSlicing Position='3'/></SegmentContext></FieldSlicing></ProfileSlicing>";
    assert!(self::read(&[PROFILE, SETS, slicing]).1[0].contains("\"OddSlicing\""));
    let two = "<ConformanceContext><Constraints><Segment><ByID ID='PID_T'><Constraint ID='F-5'><Description>d</Description><Assertion>\
        <Presence Path='3[1]'/><Presence Path='7[1]'/></Assertion></Constraint></ByID></Segment></Constraints></ConformanceContext>";
    assert!(self::read(&[PROFILE, SETS, two]).1[0].contains("F-5: of several assertions"));
    let choice = PROFILE.replacen("<Group ID=\"ORDER_T\"", "<Choice/><Odd/><Group ID=\"ORDER_T\"", 1);
    let said = self::read(&[&choice, SETS]).1;
    assert!(said[0].contains("a choice of segments") && said[1].contains("\"Odd\""), "{said:?}");
    // Empty contexts, as editors leave them, are nothing to talk about.
    assert!(
        self::read(&[
            PROFILE,
            SETS,
            "<ConformanceContext><Constraints><Segment><ByID ID='X'/></Segment></Constraints></ConformanceContext>"
        ])
        .1
        .is_empty()
    );
}

#[test]
fn what_cannot_be_decided_is_a_note() {
    // PID-5 is one value here: it has no first part to look at.
    let part = "<ConformanceContext><Constraints><Segment><ByID ID='PID_T'><Constraint ID='F-3'><Description>d</Description>\
        <Assertion><Presence Path='5[1].1[1]'/></Assertion></Constraint></ByID></Segment></Constraints></ConformanceContext>";
    let notes = |line: &str| {
        let report = report(&profile(&[part]), line);
        let notes = report.issues.into_iter().filter(|issue| issue.severity == Severity::Note);
        notes.map(|issue| format!("{} {}", issue.code, issue.path)).collect::<Vec<_>>()
    };
    assert_eq!(notes("PID|||1~2||Doe\rOBR|1\r"), ["E1170 PID-5.1"]);
    check(&[part], "PID|||1~2||Doe\rOBR|1\r", &[]);
}

/// A second profile file, whose segments have the ids of the first and other rules.
fn other(id: &str) -> String {
    format!(
        "<ConformanceProfile ID='OTHER'><Messages><Message ID='{id}' Type='ADT' Event='A01' StructID='ADT_A04'>\
         <Segment Ref='MSH_T' Usage='R' Min='1' Max='1'/><Segment Ref='PID_T' Usage='R' Min='1' Max='1'/></Message></Messages>\
         <Segments><Segment ID='MSH_T' Name='MSH' Description='Header'/>\
         <Segment ID='PID_T' Name='PID' Description='Patient'><Field Name='Set ID' Datatype='SI' Usage='R' Min='1' Max='1'/></Segment>\
         </Segments><Datatypes><Datatype ID='SI' Name='SI'/></Datatypes></ConformanceProfile>"
    )
}

#[test]
fn several_profiles_keep_their_own_segments() {
    let (profile, said) = read(&[PROFILE, SETS, &other("ADT")]);
    assert!(said.is_empty(), "{said:?}");
    assert_eq!(profile.messages().map(|message| message.id).collect::<Vec<_>>(), ["RES", "RES_SHORT", "ADT"]);
    let (message, _) = crate::Message::parse("MSH|^~\\&|||||||ADT^A01^ADT_A01\rPID||x\r");
    let at = profile.choose(&message).expect("a message");
    assert_eq!(at, 2);
    let report = profile.validate(&message, at, &Options::default()).expect("a report");
    let found: Vec<_> = report.issues.iter().map(|issue| format!("{} {}", issue.code, issue.path)).collect();
    // Not the PID of the first file, which knows PID-2 and asks for PID-3.
    assert!(found.contains(&"E1080 PID-1".to_owned()) && found.contains(&"E1089 PID-2".to_owned()), "{found:?}");
    assert!(!found.iter().any(|issue| issue.contains("PID-3")), "{found:?}");
    // The same message in two files: the larger file counts.
    let (profile, _) = read(&[&other("RES"), PROFILE, SETS]);
    assert_eq!(profile.messages().map(|message| message.structure).collect::<Vec<_>>(), ["ORU_R01", "ORU_R01"]);
}

#[test]
fn the_message_is_chosen_among_several_profiles() {
    let profiles = [profile(&[]), read(&[&other("ADT")]).0];
    let check = |kind: &str, expect: Option<(usize, usize)>| {
        let (message, _) = crate::Message::parse(format!("MSH|^~\\&|||||||{kind}\rOBX|1\r"));
        assert_eq!(Profile::choose_among(&profiles, &message), expect, "{kind}");
    };
    check("ADT^A01^ADT_A01", Some((1, 0)));
    check("ORU^R01^ORU_R01", Some((0, 1)));
    // The type weighs most; a trigger event alone is no message.
    check("ADT^R01", Some((1, 0)));
    check("XYZ^R01^ORU_R01", Some((0, 1)));
    check("ACK^R01^ACK", None);
    check("ACK^A01", None);
}

#[test]
fn two_libraries_with_one_value_set() {
    let second = "<ValueSetLibrary><ValueSetDefinitions><ValueSetDefinition BindingIdentifier='PRIORITIES' Name='P'>\
        <ValueElement Value='T' CodeSystem='P'/></ValueSetDefinition></ValueSetDefinitions></ValueSetLibrary>";
    let (profile, said) = read(&[PROFILE, SETS, second]);
    assert!(said[0].contains("1 value sets are in another library too"), "{said:?}");
    for (code, expect) in [("S", 0), ("T", 0), ("3", 0), ("U", 1)] {
        assert_eq!(errors(&profile, &format!("OBR|||||{code}\r")).len(), expect, "{code}");
    }
    // In one library the later of two counts, as in the tools that write it.
    let twice = second.replace(
        "<ValueSetDefinitions>",
        "<ValueSetDefinitions><ValueSetDefinition BindingIdentifier='PRIORITIES' Name='P'>\
        <ValueElement Value='S' CodeSystem='P'/></ValueSetDefinition>",
    );
    let services = "<ValueSetLibrary><ValueSetDefinitions><ValueSetDefinition BindingIdentifier='SERVICES' Name='S'/></ValueSetDefinitions></ValueSetLibrary>";
    let (profile, _) = read(&[PROFILE, &twice, services]);
    assert_eq!(errors(&profile, "OBR|||||S\r"), ["PRIORITIES OBR-5"]);
}

/// A name that is withheld is an empty repetition and one with a type: two have to come, and the first has nothing.
#[test]
fn an_empty_repetition_counts_and_is_not_there() {
    let withheld = "<ConformanceContext><Constraints><Segment><ByName Name='PID'><Constraint ID='F-6' Target='3[1]'><Description>d</Description>\
        <Assertion><FORALL><NOT><Presence Path='3[1]'/></NOT><NOT><Presence Path='3[2].2[1]'/></NOT><Presence Path='3[2].1[1]'/>\
        <StringList Path='3[2].1[1]' CSV='S,U'/></FORALL></Assertion></Constraint></ByName></Segment></Constraints></ConformanceContext>";
    check(&[withheld], "PID|||~S\rOBR|1\r", &[]);
    check(&[withheld], "PID|||^^^~U\rOBR|1\r", &[]);
    check(&[withheld], "PID|||A~S\rOBR|1\r", &["F-6 PID-3"]);
    check(&[withheld], "PID|||~A\rOBR|1\r", &["F-6 PID-3"]);
    check(&[withheld], "PID|||~S^1\rOBR|1\r", &["F-6 PID-3"]);
    check(&[withheld], "PID|||~\rOBR|1\r", &["E1080 PID-3", "F-6 PID-3"]);
}

/// A condition as a program's part: the program is asked where the code is of the set, and only there.
#[test]
fn a_program_may_hang_on_a_value_set() {
    let context = |code: &str| {
        format!(
            "<ConformanceContext><Constraints><Group><ByID ID='ORDER_T'><Constraint ID='F-7' Target='3[1].1[1]'><Description>By a program.</Description>\
             <Assertion><IMPLY><AND><PlainText Path='1[1].5[1]' Text='S' IgnoreCase='false'/>\
             <ValueSet Path='1[1].4[1].1[1]' ValueSetID='SERVICES' BindingStrength='R' BindingLocation='1'/></AND>\
             <Plugin QualifiedClassName='gov.nist.healthcare.hl7.v2.iz.plugins.IZ24Constraint'/></IMPLY></Assertion></Constraint></ByID></Group>\
             </Constraints></ConformanceContext>|OBR|1|||{code}^a^LOCAL|S\r"
        )
    };
    let ask = |code: &str, lines: &str, expect: &[&str]| {
        let all = context(code);
        let (text, order) = all.split_once('|').expect("both");
        check(&[text], &format!("{order}{lines}"), expect);
    };
    ask("A", "OBX|||69764-9|1\rOBX|||29769-7|1\r", &[]);
    ask("A", "OBX|||69764-9|1\rOBX|||29769-7|2\r", &["F-7 OBX[1]"]);
    ask("x9", "OBX|||69764-9|1\rOBX|||29769-7|2\r", &["SERVICES OBR-4.1"]);
}

#[test]
fn owners_by_id_in_any_case() {
    let context = format!(
        "<ConformanceContext><Constraints><Segment>{}</Segment></Constraints></ConformanceContext>",
        birth_date("ById ID='PID_T'")
    );
    check(&[&context], "PID|||1~2\rOBR|1\r", &["F-1 PID-7"]);
}

/// A guide may exclude two sets together under one id; the one that the library lists is checked all the same.
#[test]
fn of_an_excluded_pair_each_set_is_what_it_is() {
    let bound = PROFILE.replace("Binding=\"PRIORITIES\"", "Binding=\"FREE PRIORITIES\"");
    let sets = SETS.replace("</NoValidation>", "<BindingIdentifier>FREE PRIORITIES</BindingIdentifier></NoValidation>");
    let (profile, said) = read(&[&bound, &sets]);
    assert!(said.is_empty(), "{said:?}");
    assert_eq!(errors(&profile, "OBR|||||S\r"), [""; 0]);
    assert_eq!(errors(&profile, "OBR|||||U\r"), [""; 0], "it may be in the set that is not listed");
    let coded = PROFILE.replace("Binding=\"SERVICES\"", "Binding=\"FREE SERVICES\"");
    let sets = SETS.replace("</NoValidation>", "<BindingIdentifier>FREE SERVICES</BindingIdentifier></NoValidation>");
    let (profile, _) = read(&[&coded, &sets]);
    assert_eq!(errors(&profile, "OBR||||Q^q^LOCAL\r"), ["SERVICES OBR-4.1"]);
    assert_eq!(errors(&profile, "OBR||||Q^q^OTHER\r"), [""; 0]);
}

/// The files of one event each have the name in the description only.
#[test]
fn the_description_is_the_name_of_a_message_without_one() {
    let named = PROFILE.replace("Name=\"Short results\"", "Description=\"ORU-R01-PH_SS-NoAck\"");
    let (profile, _) = read(&[&named, SETS]);
    assert_eq!(profile.messages().map(|message| message.name).last(), Some("ORU-R01-PH_SS-NoAck"));
    let text = "MSH|^~\\&|||||||ORU^R01^ORU_R01||||||||||||PH_SS-NoAck^S\rOBR|1\r";
    assert_eq!(profile.choose(&crate::Message::parse(text).0), Some(1));
}

#[test]
fn an_id_with_a_blank_is_one_id() {
    let bound = PROFILE.replace("Binding=\"PRIORITIES\"", "Binding=\"[X] A&amp;B: all\"");
    let sets = SETS.replace("\"PRIORITIES\"", "\"[X] A&amp;B: all\"");
    let (profile, said) = read(&[&bound, &sets]);
    assert!(said.is_empty(), "{said:?}");
    assert_eq!(errors(&profile, "OBR|||||U\r"), ["[X] A&B: all OBR-5"]);
}

/// A statement of the message that is left to a program.
fn program(class: &str, description: &str) -> String {
    format!(
        "<ConformanceContext><Constraints><Message><ByID ID='RES'><Constraint ID='F-4' Target='3[1]'><Description>{description}</Description>\
         <Assertion><Plugin QualifiedClassName='{class}'/></Assertion></Constraint></ByID></Message></Constraints></ConformanceContext>"
    )
}

#[test]
fn programs_of_other_guides() {
    let linked = program(
        "a.NIST_1",
        "If OBR-3 (Filler) is valued, then there SHALL be at least one other OBR in the message where OBR-2 (Placer) = OBR-3.1 (A)",
    );
    check(&[&linked], "OBR||P\rOBR|||P\r", &[]);
    check(&[&linked], "OBR||P\rOBR|||Q\r", &["F-4 ORDER"]);
    check(&[&linked], "OBR||P|P\r", &["F-4 ORDER"]);
    let parts = program(
        "a.OM4",
        "The first part of OBX-4 (Sub-ID) SHALL contain the same value as the sequence number of the associated OBR segment. \
         The second part of OBX-4 SHALL be valued sequentially.",
    );
    check(&[&parts], "OBR|3\rOBX|||C|3.1\rOBX|||C|3.2\r", &[]);
    check(&[&parts], "OBR|3\rOBX|||C|3\r", &[]);
    check(&[&parts], "OBR|3\rOBX|||C|3.1\rOBX|||C|3.3\r", &["F-4 ORDER"]);
    check(&[&parts], "OBR|3\rOBX|||C|2.1\r", &["F-4 ORDER"]);
    let statements = program("gov.nist.healthcare.hl7.v2.iz.plugins.IZ24Constraint", "By a program.");
    let line = |codes: [&str; 3]| codes.map(|code| format!("OBX|||{code}\r")).concat();
    check(&[&statements], &format!("OBR\r{}", line(["69764-9|1", "29769-7|1", "X|2"])), &[]);
    check(&[&statements], &format!("OBR\r{}", line(["30956-7|1", "29768-9|1", "29769-7|1"])), &[]);
    check(&[&statements], &format!("OBR\r{}", line(["30956-7|1", "29768-9|1", "29769-7|2"])), &["F-4 ORDER"]);
}

#[test]
fn an_id_of_msh_21_may_have_several_words() {
    let named = PROFILE.replace("Name=\"Short results\"", "Name=\"ORU-R01-PH_SS-NoAck\"");
    let (profile, _) = read(&[&named, SETS]);
    let chosen = |id: &str| {
        let text = format!("MSH|^~\\&|||||||ORU^R01^ORU_R01||||||||||||{id}^S\rOBR|1\r");
        profile.choose(&crate::Message::parse(text).0)
    };
    assert_eq!(chosen("PH_SS-NoAck"), Some(1));
    assert_eq!(chosen("PH_SS-Ack"), Some(0));
    assert!(message("").header().is_some());
}

#[test]
fn a_statement_about_msh_21_may_look_outside_of_the_header() {
    let statement = "<ConformanceContext><Constraints><Message><ByID ID='RES'><Constraint ID='F-9' Target='1[1].21[1]'>\
        <Description>d</Description><Assertion><Presence Path='2[1]'/></Assertion></Constraint></ByID></Message>\
        </Constraints></ConformanceContext>";
    let (profile, said) = read(&[PROFILE, SETS, statement]);
    assert!(said.is_empty(), "{said:?}");
    let chosen = |segments: &str| {
        let text = format!("MSH|^~\\&|||||||ORU^R01^ORU_R01||||||||||||X\r{segments}");
        profile.choose(&crate::Message::parse(text).0)
    };
    assert_eq!((chosen("PID|||1~2\rOBX|1\r"), chosen("OBX|1\r")), (Some(0), Some(1)));
}
