//! Step 9 as a table: outcome, answer and policy in, decision out.

use super::*;
use message::MessageId;
use std::collections::BTreeSet;

fn delivery(message: u64) -> DeliveryId {
    DeliveryId { message: MessageId(message), number: 0 }
}

fn retry(min_ms: u64, max_ms: u64, give_up: GiveUp) -> Retry {
    Retry { delay_min: Duration::from_millis(min_ms), delay_max: Duration::from_millis(max_ms), give_up }
}

#[test]
fn backoff_doubles_within_twenty_percent_and_repeats() {
    let policy = retry(1_000, 60_000, GiveUp::Never);
    let mut seen = BTreeSet::new();
    for message in 0..200 {
        for (attempts, base_ms) in
            [(0, 1_000_u64), (1, 2_000), (5, 32_000), (6, 60_000), (40, 60_000), (u32::MAX, 60_000)]
        {
            let pause = backoff(&policy, attempts, delivery(message));
            let permille = u64::try_from(pause.as_millis()).unwrap() * 1000 / base_ms;
            assert!((800..=1200).contains(&permille), "attempt {attempts} of {message}: {pause:?}");
            assert_eq!(pause, backoff(&policy, attempts, delivery(message)));
            seen.insert(pause);
        }
    }
    assert!(seen.len() > 500, "lanes that failed together must not come back together: {} pauses", seen.len());
}
