//! The contract suites: what every engine behind the door has to pass.
//!
//! Each suite's functions carry the numbers of the trait that they test. They panic with the number on the first
//! broken promise. An engine implements [`Subject`] and calls the `all` of each suite.

pub mod audit;
pub mod index;
pub mod log;
pub mod server;
pub mod tables;

use crate::{Accept, Act, Attempt, Change, Content, Disposition, Error, Facts, Planned, Receipt, Store, Then};
use bytes::Bytes;
use message::{Class, DeliveryId, Envelope, Format, Name, Origin, Phi, Reason, Timestamp};
use std::{
    future::Future,
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    thread::Thread,
    time::Duration,
};

/// A store under test.
pub trait Subject {
    /// Opens it; after the store from an earlier call was closed, opens the same store again.
    fn open(&self) -> Store;
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Waits for a future on this thread, without a runtime.
pub fn wait<F: Future>(future: F) -> F::Output {
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(output) => return output,
            Poll::Pending => std::thread::park(),
        }
    }
}

/// An admission of an invented patient, about 1.1 KB; `number` makes it distinct.
#[must_use]
pub fn admission(number: u64) -> Vec<u8> {
    let patient = 100_000 + number * 7919 % 900_000;
    let (hour, minute, second) = (number / 3600 % 24, number / 60 % 60, number % 60);
    let at = format!("20260301{hour:02}{minute:02}{second:02}");
    let given = ["Anna", "Boris", "Carla", "Dieter", "Emma", "Frida"][(number % 6) as usize];
    let family = ["Probe", "Muster", "Beispiel", "Fiktiv", "Specimen"][(number % 5) as usize];
    let lines = [
        format!(r"MSH|^~\&|ADT1|NORTH|HUB|MAIN|{at}||ADT^A01^ADT_A01|MSG{number:08}|P|2.5.1|||AL|NE|||UNICODE UTF-8"),
        format!("EVN|A01|{at}|||417^{family}^Rosa^^^^^^NORTH|{at}"),
        format!(
            "PID|1||{patient}^^^NORTH^MR~9{patient}^^^NORTH&2.16.840.1.113883.19.5&ISO^PI||{family}^{given}^B^^^^L||\
             19{:02}{:02}{:02}|F||2106-3^White^HL70005|{} Oak Ave^^Riverton^IL^6{:04}^USA^H||\
             (555)555-{:04}^PRN^PH^^1^555^555{:04}||ENG^English^HL70296|M^^HL70002|CHR|{}^^^NORTH^AN",
            40 + number % 50,
            1 + number % 12,
            1 + number % 28,
            1 + number * 31 % 9999,
            number * 17 % 10_000,
            number * 13 % 10_000,
            number * 13 % 10_000,
            800_000 + number,
        ),
        "PD1|||NORTH^^4711|2217^Jones^Paul^^^Dr.".to_owned(),
        format!(
            "NK1|1|{family}^Georg^^^^^L|SPO^Spouse^HL70063|{} Oak Ave^^Riverton^IL^60001^USA|(555)555-{:04}^PRN^PH",
            number % 999,
            number * 3 % 10_000
        ),
        format!(
            "PV1|1|I|4WEST^{}^A^NORTH|E|||2217^Jones^Paul^^^Dr.^MD^^NPI|3318^Miller^Nils^^^Dr.||MED||||1|||\
             2217^Jones^Paul^^^Dr.|INP|{}^^^NORTH^VN|||||||||||||||||||||||||{at}",
            100 + number % 300,
            500_000 + number,
        ),
        "AL1|1|DA^Drug allergy^HL70127|70618^Penicillin^RXNORM|MO^Moderate^HL70128|Rash".to_owned(),
        format!("DG1|1||I10^Essential (primary) hypertension^I10||{at}|A"),
        format!(
            "IN1|1|PPO^Preferred Plan|{}|EXAMPLE INSURANCE|PO Box {}^^Riverton^IL^60001||||{}|||20260101|||P|{family}^{given}|SEL^Self^HL70063|19700101",
            1000 + number % 9000,
            number % 999,
            number * 11 % 100_000
        ),
    ];
    let mut message = lines.join("\r").into_bytes();
    message.push(b'\r');
    message
}

/// An accepted admission with one mapped output and its acknowledgment, to one destination for each name.
#[must_use]
pub fn accept(interface: &str, number: u64, destinations: &[&str]) -> Accept {
    let raw = admission(number);
    let output = Bytes::from(String::from_utf8_lossy(&raw).replace("|HUB|MAIN|", "|PHARM|SOUTH|").into_bytes());
    let control_id = format!("MSG{number:08}");
    let patient = (100_000 + number * 7919 % 900_000).to_string();
    let acknowledgment =
        format!("MSH|^~\\&|HUB|MAIN|ADT1|NORTH|20260301||ACK^A01^ACK|{number}|P|2.5.1\rMSA|AA|{control_id}\r");
    let planned = |name: &&str| Planned {
        destination: Name::from(*name),
        order_key: number * 7919 % 900_000,
        content: Content::Output(output.clone()),
        priority: 0,
    };
    Accept {
        envelope: Envelope {
            interface: interface.into(),
            interface_version: 0xfeed_beef,
            received: Timestamp(1_772_348_889_000_000 + number as i64),
            peer: "10.1.2.3:40112".into(),
            origin: Origin::Received,
            format: Format::Hl7v2,
            raw: raw.into(),
        },
        facts: Facts {
            control_id,
            message_type: "ADT".into(),
            event: "A01".into(),
            application: "ADT1".into(),
            facility: "NORTH".into(),
            patients: vec![Phi::new(patient)],
            visits: vec![Phi::new((500_000 + number).to_string())],
            orders: Vec::new(),
            extra: Vec::new(),
        },
        disposition: Disposition::Routed,
        acknowledgment: Some(acknowledgment.into()),
        deliveries: destinations.iter().map(planned).collect(),
        duplicate_window: Some(Duration::from_secs(3600)),
        is_remembered: true,
        flags: Vec::new(),
    }
}

/// Seals bytes in place as a record of the log is sealed, under a key that nothing else uses: for benchmarks. Gives the
/// bytes of the tag.
///
/// # Errors
/// The system has no randomness.
pub fn sealing() -> Result<impl FnMut(&mut [u8]) -> usize, crate::Error> {
    let key = crate::seal::SealingKey::new(&crate::seal::random()?)?;
    let mut number = 0_u64;
    Ok(move |bytes: &mut [u8]| {
        number += 1;
        let mut nonce = [0; 12];
        nonce[..8].copy_from_slice(&number.to_le_bytes());
        key.seal(nonce, b"a place in the log", bytes).map_or(0, |tag| tag.len())
    })
}

/// An attempt with its end.
#[must_use]
pub fn attempt(delivery: DeliveryId, number: u32, then: Then) -> Change {
    let failed = then != Then::Done;
    Change::Attempt(Attempt {
        delivery,
        number,
        started: Timestamp(1_772_348_890_000_000),
        ended: Timestamp(1_772_348_890_004_000),
        failure: failed.then_some(Class::Transient),
        reply: None,
        reason: failed.then(|| Reason::read("E6101", "the connection was refused")),
        reply_bytes: None,
        then,
    })
}

/// A person's act.
#[must_use]
pub fn act() -> Act {
    Act { by: "ann".into(), reason: Phi::new("the partner is back".to_owned()) }
}

pub(crate) fn commit(store: &Store, accept: Accept) -> Result<Receipt, Error> {
    wait(store.commit(accept))
}

/// Commits, and panics with the promise's number when that fails.
pub(crate) fn must_commit(store: &Store, accept: Accept, promise: &str) -> Receipt {
    match commit(store, accept) {
        Ok(receipt) => receipt,
        Err(error) => panic!("{promise}: a commit was refused: {error}"),
    }
}
