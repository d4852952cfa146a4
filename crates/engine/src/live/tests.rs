//! Watchers get what they ask for, and never hold up anybody.

use super::*;

fn passed(interface: &str, destination: Option<&str>, size: usize) -> Passed {
    Passed {
        at: Timestamp(1),
        received: Timestamp(0),
        message: MessageId(7),
        interface: interface.into(),
        destination: destination.map(Into::into),
        end: Kind::Accepted,
        code: None,
        bytes: Bytes::from(vec![b'x'; size]),
        definition: None,
    }
}

fn told(kind: Kind) -> News {
    news(Timestamp(1), kind, (&"a".into(), None), None, None)
}

#[tokio::test]
async fn a_tap_gets_the_messages_of_its_place_only() {
    let live = Live::default();
    assert!(!live.is_tapped());
    let mut of_a = live.tap("a".into(), None).unwrap();
    let mut of_out = live.tap("a".into(), Some("out".into())).unwrap();
    assert!(live.is_tapped());
    live.pass(&passed("b", None, 1));
    live.pass(&passed("a", Some("out"), 2));
    live.pass(&passed("a", None, 3));
    assert_eq!(of_a.next().await.unwrap().0.bytes.len(), 3);
    assert_eq!(of_out.next().await.unwrap().0.bytes.len(), 2);
    live.end();
    assert!(of_a.next().await.is_none() && of_out.next().await.is_none());
}

#[tokio::test]
async fn who_does_not_read_misses_and_is_told_how_many() {
    let live = Live::default();
    let mut watch = live.watch(Kinds::ALL).unwrap();
    for _ in 0..NEWS_MAX + 5 {
        live.tell(Kind::Delivered, told);
    }
    let (first, missed) = watch.next().await.unwrap();
    assert_eq!((first.kind, missed), (Kind::Delivered, 5));
    live.tell(Kind::Parked, told);
    for _ in 1..NEWS_MAX {
        assert_eq!(watch.next().await.unwrap().1, 0);
    }
    assert_eq!(watch.next().await.unwrap().0.kind, Kind::Parked);
}

#[tokio::test]
async fn bytes_that_wait_for_a_tap_are_bounded() {
    let live = Live::default();
    let mut tap = live.tap("a".into(), None).unwrap();
    let large = PASSED_BYTES_MAX / 2 + 1;
    for _ in 0..3 {
        live.pass(&passed("a", None, large));
    }
    let (first, missed) = tap.next().await.unwrap();
    assert_eq!(missed, 2);
    live.pass(&passed("a", None, large));
    tap.done(&first);
    live.pass(&passed("a", None, large));
    let (_, missed) = tap.next().await.unwrap();
    assert_eq!(missed, 1, "the room of the first is free only once it was written");
    // One that is larger than all the room still passes where nothing waits.
    let alone = live.tap("b".into(), None);
    live.pass(&passed("b", None, PASSED_BYTES_MAX + 1));
    assert!(alone.unwrap().next().await.is_some());
}

#[tokio::test]
async fn a_watcher_that_left_costs_nothing() {
    let live = Live::default();
    drop(live.tap("a".into(), None));
    drop(live.watch(Kinds::ALL));
    live.pass(&passed("a", None, 1));
    live.tell(Kind::Up, told);
    assert!(!live.is_tapped());
    live.tell(Kind::Up, |_| unreachable!("nobody hears it"));
    let all: Vec<_> = (0..WATCHERS_MAX).map(|_| live.watch(Kinds::ALL).unwrap()).collect();
    assert!(live.watch(Kinds::ALL).is_none());
    drop(all);
    assert!(live.watch(Kinds::ALL).is_some());
}

#[tokio::test]
async fn who_asks_for_some_kinds_gets_those_and_the_others_are_not_made() {
    let live = Live::default();
    assert_eq!(Kinds::parse("parked, lost"), Err("lost"));
    let mut some = live.watch(Kinds::parse("parked,down").unwrap()).unwrap();
    live.tell(Kind::Delivered, |_| unreachable!("nobody asks for it"));
    live.tell(Kind::Parked, told);
    let mut all = live.watch(Kinds::ALL).unwrap();
    for kind in Kind::ALL {
        live.tell(kind, told);
    }
    for expect in [Kind::Parked, Kind::Parked, Kind::Down] {
        assert_eq!(some.next().await.unwrap().0.kind, expect);
    }
    for expect in Kind::ALL {
        assert_eq!(all.next().await.unwrap().0.kind, expect);
    }
}
