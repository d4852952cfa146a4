//! R5: every accepted message is in exactly one state, at any time and at every end.

use crate::stage::{Stage, adt, answer, delivered, demo, hiccup, person};
use std::time::Duration;

/// Every end that a message can have, by its id.
fn every_end() -> String {
    demo(
        "drop when MSH-10 = \"FILTERED\"\n\
         send out {\n fake out\n order by PID-3\n retry from 2ms to 5ms give-up 80ms then drop-with-audit\n \
         when MSH-10 != \"HELD\" and MSH-10 != \"UNROUTED\"\n}\n\
         send keep {\n fake keep\n order by PID-3\n replies { AE hold }\n when MSH-10 = \"HELD\"\n}",
    )
}

#[test]
fn r5_the_equation_holds_at_every_end_and_in_between() {
    let stage = Stage::new();
    let life = stage.live(&[&every_end()]);
    stage.world.script(|arrival| {
        let outcome = match &*arrival.id {
            "PARKED" | "DELETED" | "HELD" => answer("AE", &arrival.id),
            "EXPIRED" => hiccup(),
            _ => answer("AA", &arrival.id),
        };
        (Duration::from_millis(1), outcome)
    });
    let ids = ["DELIVERED", "FILTERED", "UNROUTED", "PARKED", "DELETED", "EXPIRED", "HELD"];
    let mut messages = Vec::new();
    for (number, id) in ids.iter().enumerate() {
        messages.push(life.accept(adt(id, &format!("P{number}"))));
        assert_eq!(life.engine.status().lost, 0, "after {id}");
    }
    life.wait("all came to their ends", || {
        assert_eq!(life.engine.status().lost, 0);
        let counts = life.engine.status().counts;
        (counts.delivered, counts.filtered, counts.parked, counts.expired, counts.in_flight) == (1, 2, 2, 1, 1)
    });
    let deleted = message::DeliveryId { message: messages[4], number: 0 };
    life.runtime.block_on(life.engine.delete(deleted, &person())).unwrap();
    let counts = life.engine.status().counts;
    assert_eq!((counts.deleted, counts.parked, counts.lost()), (1, 1, 0));
    assert_eq!(life.engine.status().interfaces[0].destinations[1].held, 1);
    stage.world.always(delivered());
    assert_eq!(life.runtime.block_on(life.engine.release("demo", "keep", &person())).unwrap(), 1);
    let parked = message::DeliveryId { message: messages[3], number: 0 };
    life.runtime.block_on(life.engine.retry(parked, &person())).unwrap();
    assert!(life.drain());
    life.wait("all is recorded", || life.engine.status().counts.in_flight == 0);
    let counts = life.engine.status().counts;
    assert_eq!((counts.accepted, counts.delivered, counts.filtered), (7, 3, 2));
    assert_eq!((counts.parked, counts.expired, counts.deleted, counts.in_flight), (0, 1, 1, 0));
    assert_eq!(counts.lost(), 0);
}

#[test]
fn r5_a_message_whose_step_fails_is_stored_acknowledged_and_parked_until_its_replay() {
    let stage = Stage::new();
    let failing = demo("set MSH-5 = PID-19 | required\nsend out {\n fake out\n}");
    let life = stage.live(&[&failing]);
    let reply = life.give("demo", adt("M1", "7"));
    let id = crate::stage::accepted(&reply).expect("stored, so acknowledged");
    assert_eq!(crate::stage::field(reply.acknowledgment().unwrap(), "MSA", 1), "AA");
    assert_eq!((life.engine.status().counts.parked, stage.world.arrivals().len()), (1, 0));
    life.apply(&stage, &[&crate::stage::simple()]);
    let replayed = life.runtime.block_on(life.engine.replay(id, &person())).unwrap();
    assert!(replayed.message.is_some());
    assert!(life.drain());
    life.wait("all is recorded", || life.engine.status().counts.in_flight == 0);
    let counts = life.engine.status().counts;
    assert_eq!((counts.parked, counts.deleted, counts.delivered, counts.lost()), (0, 1, 1, 0));
}
