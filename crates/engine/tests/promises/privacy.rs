//! R10: a name that is in every field of a message is in nothing that the engine says of it.

use crate::stage::{SCRIPTED, Stage, accepted, attempts, demo, hiccup, person};
use message::{Outcome, Reason};
use std::time::Duration;

const CANARY: &str = "ZZCANARY";

fn canary(id: &str) -> bytes::Bytes {
    let name = format!("{CANARY}^{CANARY}");
    format!(
        "MSH|^~\\&|REG|NORTH|SINEW|HUB|20260301070809||ADT^A01|{id}|P|2.5.1\rPID|1|{name}|{CANARY}||{name}||{CANARY}\r\
         PV1|1|{CANARY}|{name}\rNK1|1|{name}\rZZZ|{CANARY}|\\{CANARY}\r{CANARY}\r"
    )
    .into()
}

#[test]
fn r10_nothing_that_is_said_holds_content() {
    let stage = Stage::new();
    let text = demo(
        "index name PID-5.1\nset ZZZ-3 = PID-5.1\nsend out {\n fake out\n order none\n}\n\
         send strict {\n fake strict\n set MSH-5 = PID-19 | required\n when MSH-10 = \"FAULT\"\n}",
    );
    let life = stage.live(&[&text]);
    stage.world.script(|arrival| {
        let outcome = match &*arrival.id {
            "REFUSED" => {
                let reply =
                    format!("MSH|^~\\&|A|B|C|D|1||ACK|1|P|2.5\rMSA|AE|REFUSED|{CANARY}\rERR|||207|E||||{CANARY}\r");
                Outcome::Delivered { reply: Some(reply.into()) }
            }
            "JUNK" => Outcome::Delivered { reply: Some(CANARY.into()) },
            "PERMANENT" => Outcome::Permanent { reason: Reason::new(SCRIPTED, "no"), reply: Some(CANARY.into()) },
            _ => hiccup(),
        };
        (Duration::ZERO, outcome)
    });
    let mut said = Vec::new();
    for id in ["RETRIED", "REFUSED", "JUNK", "PERMANENT", "FAULT"] {
        let reply = life.give("demo", canary(id));
        let message = accepted(&reply).unwrap();
        said.push(format!("{:?}", reply.verdict()));
        life.wait("it was tried", || id == "FAULT" || !attempts(&life.engine, message).is_empty());
        life.wait("and is told", || life.engine.journey(message).is_ok());
        let journey = life.engine.journey(message);
        said.push(serde_json::to_string(&journey.as_ref().ok()).unwrap());
        said.push(format!("{journey:?} {:?}", life.engine.store().history(message)));
        let replayed = life.runtime.block_on(life.engine.replay(message, &person())).unwrap();
        said.push(serde_json::to_string(&replayed).unwrap());
    }
    for junk in [format!("{CANARY}|{CANARY}"), String::new(), format!("MSH|{CANARY}")] {
        said.push(format!("{:?}", life.give("demo", junk.into()).verdict()));
    }
    said.push(serde_json::to_string(&life.engine.status()).unwrap());
    said.push(format!("{:?}", life.engine.status()));
    let definition = stage.definition(&text);
    for id in ["FAULT", "RETRIED"] {
        let (message, findings) = lang::Matter::read(&lang::Form::default(), canary(id));
        let plan = engine::pipeline::process(&definition, &message, &[], message::Timestamp(1), 1);
        said.push(format!("{:?} {:?} {findings:?}", plan.end, plan.notes));
        said.push(format!("{plan:?}"));
    }
    for one in said {
        assert!(!one.contains(CANARY), "{one}");
    }
}
