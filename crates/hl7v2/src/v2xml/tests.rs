//! The XML encoding: what is written, what others write, what is refused, and that every value comes back.

use super::{read, write};
use crate::{Message, Path, codes};
use proptest::prelude::*;

const ORU: &str = "MSH|^~\\&|LAB&1.2&ISO|N|H|W|20260301||ORU^R01^ORU_R01|1|P|2.5.1\rPID|1||77^^^NORTH&1.2&ISO^MR~~99||Doe&van^Jane\r\
ORC|RE\rOBR|1|||GLU^Glucose^L\rOBX|1|CE|GLU||H^High^L||3.9~6.1\rOBX|2|FT|N||one\\.br\\two \\H\\loud\\N\\ A\\T\\B <5\rNTE|1||\"\"\r\
ZPD|a^b&c|x\r";

fn written(text: &str) -> String {
    write(&Message::parse(text.to_owned()).0)
}

fn er7(xml: &str) -> String {
    String::from_utf8(read(xml.as_bytes()).expect("a message")).expect("UTF-8")
}

#[test]
fn groups_types_and_escapes() {
    let xml = written(ORU);
    for expect in [
        "<ORU_R01 xmlns=\"urn:hl7-org:v2xml\">",
        "<MSH.2>^~\\&amp;</MSH.2>",
        "<ORU_R01.PATIENT_RESULT>\n    <ORU_R01.PATIENT>\n      <PID>",
        "<PID.3><CX.1>77</CX.1><CX.4><HD.1>NORTH</HD.1><HD.2>1.2</HD.2><HD.3>ISO</HD.3></CX.4><CX.5>MR</CX.5></PID.3>",
        "<PID.3/>",
        "<PID.5><XPN.1><FN.1>Doe</FN.1><FN.2>van</FN.2></XPN.1><XPN.2>Jane</XPN.2></PID.5>",
        "<OBX.5><CE.1>H</CE.1><CE.2>High</CE.2><CE.3>L</CE.3></OBX.5>",
        "<OBX.5>one<escape V=\".br\"/>two <escape V=\"H\"/>loud<escape V=\"N\"/> A&amp;B &lt;5</OBX.5>",
        "<NTE.3>&quot;&quot;</NTE.3>",
        "<ZPD.1><ZPD.1.1>a</ZPD.1.1><ZPD.1.2><ZPD.1.2.1>b</ZPD.1.2.1><ZPD.1.2.2>c</ZPD.1.2.2></ZPD.1.2></ZPD.1>",
    ] {
        assert!(xml.contains(expect), "{expect}\n{xml}");
    }
    assert_eq!(er7(&xml), ORU);
}

#[test]
fn other_delimiters_and_sets() {
    let odd = "MSH*$~\\&*A****|**ADT$A04*1*P*2.5.1**********8859/1\rPID*1**7|7$$$N*\r".replace('*', "!");
    assert_eq!(er7(&written(&odd)), odd.replace("N!\r", "N\r"));
    let latin = [&b"MSH|^~\\&|A||||||ADT^A04|1|P|2.5.1||||||8859/1\rPID|1||7||M\xFCller\r"[..]].concat();
    let document = write(&Message::parse(latin.clone()).0);
    assert!(document.contains("Müller"));
    assert_eq!(read(document.as_bytes()).expect("a message"), latin);
    let lacking = document.replace("Müller", "山田");
    assert_eq!(read(lacking.as_bytes()).expect_err("no such character").code, codes::E1052);
}

#[test]
fn what_others_write() {
    let with_prefix =
        "<v2:ADT_A01 xmlns:v2='urn:hl7-org:v2xml'><v2:MSH><v2:MSH.1>|</v2:MSH.1><v2:MSH.2>^~\\&amp;</v2:MSH.2>\
<v2:MSH.9><v2:MSG.1>ADT</v2:MSG.1><v2:MSG.2>A01</v2:MSG.2></v2:MSH.9></v2:MSH><v2:ADT_A01.PROCEDURE><v2:PR1>
<v2:PR1.1>1</v2:PR1.1></v2:PR1></v2:ADT_A01.PROCEDURE></v2:ADT_A01>";
    assert_eq!(er7(with_prefix), "MSH|^~\\&|||||||ADT^A01\rPR1|1\r");
    let check =
        |document: &str, code| assert_eq!(read(document.as_bytes()).expect_err("refused").code, code, "{document}");
    check("<ADT_A01><PID><PID.1>1</PID.1></PID></ADT_A01>", codes::E1050);
    check("<ADT_A01/>", codes::E1050);
    check("<ADT_A01><MSH/><nothing/></ADT_A01>", codes::E1051);
    check("<ADT_A01><MSH><MSH.x>1</MSH.x></MSH></ADT_A01>", codes::E1051);
    check("<ADT_A01><MSH><MSH.60000>1</MSH.60000></MSH></ADT_A01>", codes::E1051);
    check("<ADT_A01><MSH><MSH.1>||</MSH.1></MSH></ADT_A01>", codes::E1051);
    check("<!DOCTYPE a [<!ENTITY b 'c'>]><ADT_A01><MSH><MSH.3>&b;</MSH.3></MSH></ADT_A01>", codes::E1071);
}

#[test]
fn a_refusal_holds_no_content() {
    let refused = read(b"<ADT_A01><MSH/>\n<PID><Doe>Jane</Doe></PID></ADT_A01>").expect_err("refused");
    let text = refused.diagnostic("a.xml").message;
    assert!(text.contains("line 2") && !text.contains("Doe") && !text.contains("Jane"), "{text}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn every_value_comes_back(
        segments in prop::collection::vec(
            ("(PID|PV1|OBR|OBX|NTE|ORC|ZZZ|AL1)", prop::collection::vec("[a-zé<&\"^~\\\\ ]{0,8}", 0..8)), 0..8),
    ) {
        let mut text = String::from("MSH|^~\\&|A|B|C|D|20260301||ORU^R01|1|P|2.5.1\r");
        for (id, fields) in segments {
            text.push_str(&format!("{id}|{}\r", fields.join("|")));
        }
        let message = Message::parse(text.clone()).0;
        let document = write(&message);
        let back = Message::parse(er7(&document)).0;
        prop_assert_eq!(back.segment_count(), message.segment_count());
        for (before, after) in message.segments().zip(back.segments()) {
            prop_assert_eq!(before.id(), after.id());
            for (number, field) in (3_u16..).zip(before.parts().skip(2)) {
                for (place, repetition) in (1_u16..).zip(field.parts()) {
                    for (component, part) in (1_u16..).zip(repetition.parts()) {
                        let path = Path::parse(&format!("{}-{number}[{place}].{component}", before.id())).expect("a path");
                        let found = after.get(&path.member).map(|found| found.text().into_owned()).unwrap_or_default();
                        let (found, sent) = (found.trim_end_matches('&'), part.text());
                        prop_assert_eq!(found, sent.trim_end_matches('&'), "{} in {}", path, document);
                    }
                }
            }
        }
    }
}
