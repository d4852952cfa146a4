//! What senders are told, by mode and by end.

use super::*;
use crate::fixture::definition;

const NOW: Timestamp = Timestamp(1_772_348_889_123_456);

/// MSA-1, MSA-2 and ERR-3 of an answer, or `-`.
fn brief(answer: Option<Bytes>) -> String {
    let Some(answer) = answer else { return "-".to_owned() };
    let reply = ack::Reply::read(answer);
    let code = reply.code.map_or("?", AckCode::as_str);
    format!("{code} {}", reply.error_codes.join(" ")).trim_end().to_owned()
}

fn adt(accept: &str, application: &str) -> Message {
    let text = format!("MSH|^~\\&|REG|NORTH|HUB|H|20260301||ADT^A01|M1|P|2.5.1|||{accept}|{application}\rPID|1||7\r");
    Message::parse(text).0
}

#[test]
fn modes_and_ends() {
    let definition = definition("send out {\n fake out\n}");
    let too_large = Reason::new(codes::E5008, "9 bytes, the interface allows 8");
    let check = |message: Message, positive: &str, negative: &str, again: &str| {
        assert_eq!(brief(accept(&message, definition.receive.acknowledge, NOW)), positive, "stored");
        assert_eq!(brief(refuse(&message, &definition, NOW, &too_large)), negative, "refused");
        assert_eq!(brief(later(&message, &definition, NOW)), again, "later");
    };
    check(adt("", ""), "AA", "AR 102", "AR 207");
    check(adt("AL", "NE"), "CA", "CR 102", "CE 207");
    check(adt("ER", "NE"), "-", "CR 102", "CE 207");
    check(adt("SU", "NE"), "CA", "-", "-");
    check(adt("NE", "AL"), "AA", "AR 102", "AR 207");
    check(adt("NE", "NE"), "-", "-", "-");
    check(adt("AL", "AL"), "CA", "CR 102", "CE 207");
}

#[test]
fn an_acknowledgment_is_never_acknowledged() {
    let definition = definition("send out {\n fake out\n}");
    for text in
        ["MSH|^~\\&|A|B|C|D|1||ACK^A01|1|P|2.5\rMSA|AA|M1\r", "MSH|^~\\&|A|B|C|D|1||ORR^O02|1|P|2.5\rMSA|AE|M1\r"]
    {
        let message = Message::parse(text).0;
        assert_eq!(brief(accept(&message, definition.receive.acknowledge, NOW)), "-");
        assert_eq!(brief(refuse(&message, &definition, NOW, &Reason::new(codes::E5008, "why"))), "-");
        assert_eq!(brief(later(&message, &definition, NOW)), "-");
    }
}

#[test]
fn a_source_that_wants_no_answer_gets_none() {
    let definition = definition("receive fake 2575 ack none\nsend out {\n fake out\n}");
    assert_eq!(brief(accept(&adt("", ""), definition.receive.acknowledge, NOW)), "-");
    assert_eq!(brief(refuse(&adt("", ""), &definition, NOW, &Reason::new(codes::E5008, "why"))), "-");
    assert_eq!(brief(later(&adt("", ""), &definition, NOW)), "-");
}

#[test]
fn answers_name_the_message_and_have_ids_of_their_own() {
    let definition = definition("send out {\n fake out\n}");
    let read = || Message::parse(accept(&adt("", ""), definition.receive.acknowledge, NOW).unwrap()).0;
    let text = |message: &Message, path: &str| message.text(&hl7v2::Path::parse(path).unwrap()).into_owned();
    let (one, other) = (read(), read());
    assert_eq!(text(&one, "MSA-2"), "M1");
    assert_ne!(text(&one, "MSH-10"), text(&other, "MSH-10"));
    assert!(text(&one, "MSH-10").len() <= 20, "HL7 v2.5 §2.14.9.10");
    assert_eq!((text(&one, "MSH-5"), text(&one, "MSH-3")), ("REG".to_owned(), "HUB".to_owned()));
}

#[test]
fn a_sequence_number_stands_in_msa_4() {
    let definition = definition("send out {\n fake out\n}");
    let answer = accept(&adt("", ""), definition.receive.acknowledge, NOW);
    let text = String::from_utf8(numbered(answer, -1).unwrap().to_vec()).unwrap();
    assert!(text.ends_with("\rMSA|AA|M1||-1\r"), "{text}");
    assert_eq!(numbered(None, 3), None);
}
