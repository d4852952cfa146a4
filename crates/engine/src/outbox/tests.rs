//! Wakes and lanes, with real threads.

use super::*;
use crate::{fixture::definition, queue::HOPS_UNKNOWN};
use bytes::Bytes;
use message::MessageId;
use std::sync::atomic::AtomicU32;

fn outbox(lanes: usize, cache: &Arc<Cache>) -> Arc<Outbox> {
    let lines = format!("send out {{\n fake out\n order none\n lanes {lanes}\n}}");
    Arc::new(Outbox::new("demo".into(), definition(&lines).destinations[0].clone(), cache.clone()))
}

fn entry(number: u64, bytes: Option<Bytes>) -> Entry {
    Entry {
        delivery: DeliveryId { message: MessageId(number), number: 0 },
        accepted: Timestamp(1),
        attempts: 0,
        priority: 0,
        bytes,
        hops: HOPS_UNKNOWN,
    }
}

/// Claims and settles until the outbox stops, as a lane does.
async fn serve(outbox: Arc<Outbox>, served: Arc<AtomicU32>, wait: Duration) {
    while let Some(claim) = outbox.claim(Duration::from_secs(60)).await {
        tokio::time::sleep(wait).await;
        outbox.settle(claim.key, true, Timestamp(1));
        served.fetch_add(1, Ordering::SeqCst);
    }
}

async fn wait_for(what: &str, claim: impl Fn() -> bool) {
    for _ in 0..2500 {
        if claim() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    panic!("not within 5 s: {what}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_push_is_slept_through() {
    let outbox = outbox(8, &Arc::default());
    let served = Arc::new(AtomicU32::new(0));
    for _ in 0..8 {
        tokio::spawn(serve(outbox.clone(), served.clone(), Duration::ZERO));
    }
    let pushers: Vec<_> = (0..4_u64)
        .map(|pusher| {
            let outbox = outbox.clone();
            // Threads of their own, as the log's is.
            std::thread::spawn(move || {
                for number in 0..500 {
                    outbox.push(pusher * 1000 + number, entry(pusher * 1000 + number, None)).unwrap();
                    if number % 50 == 0 {
                        std::thread::sleep(Duration::from_micros(300));
                    }
                }
            })
        })
        .collect();
    wait_for("everything is served", || served.load(Ordering::SeqCst) == 2000).await;
    pushers.into_iter().for_each(|pusher| pusher.join().unwrap());
    outbox.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_pushes_at_once_wake_two_lanes() {
    for _ in 0..50 {
        let outbox = outbox(2, &Arc::default());
        let served = Arc::new(AtomicU32::new(0));
        for _ in 0..2 {
            tokio::spawn(serve(outbox.clone(), served.clone(), Duration::from_secs(5)));
        }
        outbox.push(1, entry(1, None)).unwrap();
        outbox.push(2, entry(2, None)).unwrap();
        wait_for("both are under way", || outbox.look(Queue::busy) == 2).await;
    }
}

#[tokio::test]
async fn no_more_is_under_way_than_lanes_are_allowed() {
    let outbox = outbox(2, &Arc::default());
    for number in 1..=4 {
        outbox.push(number, entry(number, None)).unwrap();
    }
    let soon = Duration::from_millis(5);
    let first = outbox.claim(soon).await.unwrap();
    assert!(outbox.claim(soon).await.is_some());
    assert!(outbox.claim(soon).await.is_none(), "two are under way");
    outbox.settle(first.key, true, Timestamp(1));
    assert!(outbox.claim(soon).await.is_some());
}

#[tokio::test]
async fn lanes_are_reserved_up_to_the_limit_and_all_but_the_last_go() {
    let outbox = outbox(3, &Arc::default());
    let reserved = (0..5).filter(|_| outbox.reserve_lane()).count();
    assert_eq!((reserved, outbox.lanes()), (3, 3));
    let released = (0..5).filter(|_| outbox.release_lane()).count();
    assert_eq!((released, outbox.lanes()), (2, 1));
    outbox.stop();
    assert!(outbox.release_lane(), "a stopped outbox lets the last one go");
    assert!(!outbox.reserve_lane(), "and takes none");
    assert!(outbox.claim(Duration::from_secs(60)).await.is_none());
}

#[tokio::test]
async fn taking_the_head_out_wakes_who_waits() {
    let outbox = outbox(2, &Arc::default());
    outbox.push(1, entry(1, None)).unwrap();
    outbox.push(1, entry(2, None)).unwrap();
    let claim = outbox.claim(Duration::from_secs(1)).await.unwrap();
    outbox.change(|queue| queue.retry(claim.key, Instant::now() + Duration::from_secs(3600)));
    let waiting = tokio::spawn({
        let outbox = outbox.clone();
        async move { outbox.claim(Duration::from_secs(60)).await }
    });
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert!(outbox.remove(1, claim.entry.delivery).is_some());
    let next = tokio::time::timeout(Duration::from_secs(2), waiting).await.expect("it must wake up").unwrap();
    assert_eq!(next.unwrap().entry.delivery.message, MessageId(2));
}

#[tokio::test]
async fn the_cache_gives_back_what_it_took() {
    let cache = Arc::<Cache>::default();
    let outbox = outbox(1, &cache);
    let used = || cache.0.load(Ordering::SeqCst);
    let large = Bytes::from(vec![0; CACHED_BYTES_MAX / 2]);
    for number in 1..=3 {
        outbox.push(number, entry(number, Some(large.clone()))).unwrap();
    }
    assert_eq!(used(), CACHED_BYTES_MAX / 2 * 2, "the third is read from the store");
    let claim = outbox.claim(Duration::from_secs(1)).await.unwrap();
    assert_eq!((claim.entry.bytes.as_ref().map(Bytes::len), used()), (Some(large.len()), large.len()));
    outbox.change(|queue| queue.retry(claim.key, Instant::now()));
    assert_eq!(used(), large.len(), "what failed is not kept in memory");
    outbox.remove(2, entry(2, None).delivery).unwrap();
    assert_eq!(used(), 0);
    outbox.push(9, entry(9, Some(large.clone()))).unwrap();
    assert_eq!(used(), large.len());
    let now = Instant::now();
    outbox.change(|queue| queue.mark_down(now, now + Duration::from_secs(3600)));
    assert_eq!(used(), 0, "a destination that is out of reach keeps nothing in memory");
    outbox.push(10, entry(10, Some(large.clone()))).unwrap();
    assert_eq!(used(), 0, "and takes nothing");
    outbox.change(Queue::mark_up);
    outbox.push(11, entry(11, Some(large))).unwrap();
    let left = outbox.close();
    assert_eq!((left.len(), used()), (5, 0));
    assert!(outbox.push(9, entry(10, None)).is_err(), "a closed outbox gives back what is pushed");
}

#[tokio::test]
async fn a_lane_is_kept_for_what_is_urgent() {
    let lines = "send out {\n fake out\n order none\n lanes 4\n priority stat when event = A01\n}";
    let outbox = Outbox::new("demo".into(), definition(lines).destinations[0].clone(), Arc::default());
    for number in 1..=10 {
        outbox.push(number, entry(number, None)).unwrap();
    }
    let moment = Duration::from_millis(20);
    let mut under_way = Vec::new();
    for _ in 0..3 {
        under_way.push(outbox.claim(moment).await.unwrap().entry.delivery.message);
    }
    assert!(outbox.claim(moment).await.is_none(), "the fourth lane waits for something urgent");
    outbox.push(11, Entry { priority: 1, ..entry(11, None) }).unwrap();
    assert_eq!(outbox.claim(moment).await.unwrap().entry.delivery.message, MessageId(11));
    outbox.push(12, Entry { priority: 1, ..entry(12, None) }).unwrap();
    assert!(outbox.claim(moment).await.is_none(), "not more than there are lanes");
    assert_eq!(under_way, [1, 2, 3].map(MessageId));
}
