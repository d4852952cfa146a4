//! A destination that answers twice: CA, and the application's answer behind it.

use super::*;

/// Answers as the control id of the message says.
fn twice(content: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(content);
    // What our side commits in its turn needs no answer.
    if text.contains("MSA|CA") {
        return Vec::new();
    }
    let id = sample::control_id(content);
    let said = |code: &str| sample::acknowledgment(code, &id);
    let commit = framed(&said("CA"));
    match &*id {
        "TAKEN" => [commit, framed(&sample::acknowledgment("AA", "OTHER")), framed(&said("AA"))].concat(),
        "REFUSED" => [commit.clone(), commit, framed(&said("AE"))].concat(),
        "ASKING" => [commit, framed(format!("MSH|^~\\&|||||||ACK|Q7|P|2.5|||AL\rMSA|AA|{id}\r").as_bytes())].concat(),
        _ => commit,
    }
}

fn asking(id: &str, conditions: &str) -> Bytes {
    Bytes::from(format!("MSH|^~\\&|A|B|C|D|20260301||ADT^A01|{id}|P|2.5|||{conditions}\rPID|1\r"))
}

async fn sent(lane: &mut Box<dyn Destination>, id: &str, conditions: &str) -> Outcome {
    lane.send(&sample::outgoing(1, asking(id, conditions))).await
}

fn delivered(code: &str, id: &str) -> Outcome {
    Outcome::Delivered { reply: Some(sample::acknowledgment(code, id)) }
}

#[tokio::test]
async fn the_application_is_awaited_where_it_is_asked() {
    let partner = TcpPartner::start(Wire { answer: twice, ..WIRE }, &[Conduct::Accept]).await.unwrap();
    let values = [("await", Value::Text("application".into())), ("application-timeout", Value::Duration(LONG))];
    let mut lane = lane(&partner.address(), &values);
    assert_eq!(sent(&mut lane, "TAKEN", "AL|AL").await, delivered("AA", "TAKEN"), "an answer to another is none");
    assert_eq!(sent(&mut lane, "REFUSED", "AL|SU").await, delivered("AE", "REFUSED"));
    for conditions in ["AL|NE", "AL|ER", "AL|"] {
        assert_eq!(sent(&mut lane, "SILENT", conditions).await, delivered("CA", "SILENT"), "{conditions}");
    }
    assert!(matches!(sent(&mut lane, "ASKING", "AL|AL").await, Outcome::Delivered { reply: Some(_) }));
    for _ in 0..200 {
        if partner.taken().len() == 7 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let commits: Vec<Bytes> = partner.taken().into_iter().filter(|one| !one.starts_with(b"MSH|^~\\&|A|B")).collect();
    assert_eq!(commits.len(), 1, "only the answer that asks for it is committed");
    assert!(String::from_utf8_lossy(&commits[0]).contains("MSA|CA|Q7\r"));
}

#[tokio::test]
async fn an_application_that_says_nothing_is_told_apart_from_silence() {
    let partner = TcpPartner::start(Wire { answer: twice, ..WIRE }, &[Conduct::Accept]).await.unwrap();
    let short = Duration::from_millis(100);
    let values = [("await", Value::Text("application".into())), ("application-timeout", Value::Duration(short))];
    let mut waiting = lane(&partner.address(), &values);
    let outcome = sent(&mut waiting, "SILENT", "AL|AL").await;
    assert_eq!(destination::reason_of(&outcome).unwrap().code, "E6111");
    let mut content = lane(&partner.address(), &[]);
    assert_eq!(sent(&mut content, "SILENT", "AL|AL").await, delivered("CA", "SILENT"));
}
