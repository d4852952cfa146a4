//! The checkers over stored messages: what they let pass, and what they find.

use super::*;
use message::{MessageId, Timestamp};
use store::{
    Accept, Change, KeySource, MasterKey, Options, Then,
    contract::{accept, attempt, wait},
};
use testkit::Folder;

/// A message that asks for a commit acknowledgment, with one.
fn sound(number: u64) -> Accept {
    let answer = format!("MSH|^~\\&|HUB\rMSA|CA|MSG{number:08}\r");
    Accept { acknowledgment: Some(answer.into()), ..accept("adt", number, &["a"]) }
}

fn stored(accept: Accept) -> Stored {
    Stored { id: MessageId(8), at: Timestamp(1), accept, reused_control_id_of: None }
}

#[test]
fn an_answer_is_checked_as_it_was_stored() {
    let check = |answer: Option<&'static str>, expect: Option<&str>| {
        let accept = Accept { acknowledgment: answer.map(Into::into), ..accept("adt", 1, &["a"]) };
        let found = acknowledgment(&stored(accept));
        assert_eq!(found.map(|finding| finding.to_string()).as_deref(), expect);
    };
    check(None, None);
    check(Some("MSH|^~\\&|HUB\rMSA|CA|MSG00000001\r"), None);
    check(
        Some("MSH|^~\\&|HUB\rMSA|CE|MSG00000001\r"),
        Some("E4088 message 8: its answer CE is not what happened to it"),
    );
    check(Some("MSH|^~\\&|HUB\rMSA|CA|OTHER\r"), Some("E4088 message 8: its answer names another control id"));
}

#[test]
fn what_says_who_it_is_about_is_known() {
    assert_eq!(WHO.iter().filter(|path| Path::parse(path).is_err()).count(), 0);
    let message = stored(accept("adt", 1, &["a"]));
    let values = values(&message);
    let (tree, _) = Message::parse(message.accept.envelope.raw.clone());
    let family = tree.every(&Path::parse("PID-5.1").unwrap()).next().unwrap().text().into_owned();
    assert!(family.len() > 3 && values.contains(&family), "{values:?}");
    assert!(values.contains(message.accept.facts.patients[0].reveal()));
}

#[test]
fn a_whole_store_is_examined() {
    let folder = Folder::new();
    let options = Options {
        key: KeySource::Given(MasterKey::from_bytes([3; 32])),
        segment_bytes: 64 * 1024,
        reserve_bytes: 32 * 1024,
        has_index: false,
        ..Options::default()
    };
    let (opened, _) = Store::open(folder.path(), &options).unwrap();
    let ids: Vec<_> = (0..50).map(|number| wait(opened.commit(sound(number))).unwrap().id()).collect();
    let delivery = |place: usize| message::DeliveryId { message: ids[place], number: 0 };
    wait(opened.commit_change(attempt(delivery(0), 1, Then::Done))).unwrap();
    let report = store(&opened, true, &mut |_| true).unwrap();
    assert!(report.examined.is_well(), "{report:?}");
    assert_eq!((report.examined.messages, report.examined.open, report.audit_rows), (50, 49, 0));
    let Change::Attempt(made) = attempt(delivery(2), 1, Then::Park) else { panic!("an attempt") };
    let value = values(&opened.read(ids[2]).unwrap()).into_iter().find(|value| value.len() > 4).unwrap();
    let reason = Some(message::Reason::read("E6101", format!("no room for {value}")));
    wait(opened.commit_change(Change::Attempt(store::Attempt { reason, ..made }))).unwrap();
    let found = store(&opened, true, &mut |_| true).unwrap().examined.findings;
    assert_eq!(found.iter().map(|finding| finding.code).collect::<Vec<_>>(), [codes::E4087]);
}
