//! Tables of what is seen, and what is said to be wrong with it.

use super::*;
use crate::rules::complete;

/// A destination that takes nothing, as a symptom.
pub(crate) fn down_at(interface: &str, host: &str, at: Timestamp) -> Symptom {
    Symptom {
        kind: Kind::Down,
        cause: Cause::Partner(host.into()),
        interface: Some(interface.into()),
        destination: Some("pharmacy".into()),
        team: "integration".into(),
        critical: 1,
        since: at,
        is_page: true,
        sentence: format!("pharmacy of {interface} takes no messages; 3 wait"),
    }
}

fn sight(at_s: i64, change: impl Fn(&mut InterfaceSight, &mut EngineSight)) -> Sight {
    let to = DestinationSight { name: "rx".into(), partner: "rx01:6661".into(), ..DestinationSight::default() };
    let mut interface = InterfaceSight {
        name: "adt".into(),
        critical: 1,
        is_open: true,
        peers: 1,
        last_received: Some(Timestamp(at_s * 1_000_000)),
        destinations: vec![to],
        ..InterfaceSight::default()
    };
    let mut engine = EngineSight::default();
    change(&mut interface, &mut engine);
    Sight { at: Timestamp(at_s * 1_000_000), offset_s: 0, engine, interfaces: vec![interface] }
}

const T0: i64 = 1_772_323_200;

/// What is told at the last of several looks, each a number of seconds after the first.
fn check(
    lines: &[Watched],
    looks: &[i64],
    change: impl Fn(&mut InterfaceSight, &mut EngineSight, i64),
    expect: &[&str],
) {
    let rules: Vec<Rule> = lines
        .iter()
        .map(|watched| Rule { watched: watched.clone(), during: Default::default(), is_page: false, place: None })
        .collect();
    let (mut judge, mut last) = (Judge::default(), Vec::new());
    for at in looks {
        let sight = sight(T0 + at, |interface, engine| change(interface, engine, *at));
        last = judge.judge(&sight, &|_| complete(rules.clone(), 1, false), &Habits::default());
    }
    let told: Vec<String> =
        last.iter().map(|symptom| format!("{}: {}", symptom.kind.as_str(), symptom.sentence)).collect();
    assert_eq!(told, expect, "{lines:?} at {looks:?}");
}

#[test]
fn what_is_wrong_and_what_is_not() {
    let at = |seconds: i64| Some(Timestamp((T0 + seconds) * 1_000_000));
    check(&[], &[0, 10], |_, _, _| (), &[]);
    // Down: after a minute, not when a person paused it, not when it came back in between.
    let down = |of: &mut InterfaceSight, _: &mut EngineSight, _: i64| {
        of.destinations[0].is_down = true;
        of.destinations[0].queued = 7;
        of.destinations[0].trouble = Some("E6012".into());
    };
    check(&[], &[0, 59], down, &[]);
    check(&[], &[0, 60], down, &["down: rx of adt takes no messages (E6012); 7 wait"]);
    check(
        &[Watched::Down(Duration::from_secs(5))],
        &[0, 5],
        down,
        &["down: rx of adt takes no messages (E6012); 7 wait"],
    );
    check(
        &[],
        &[0, 60],
        |of, engine, at| {
            down(of, engine, at);
            of.destinations[0].is_paused = true;
        },
        &[],
    );
    check(
        &[],
        &[0, 30, 60, 119],
        |of, engine, at| {
            if at != 30 {
                down(of, engine, at)
            }
        },
        &[],
    );
    check(
        &[],
        &[0, 60],
        |of, _, _| of.is_open = false,
        &["closed: adt does not listen: its source could not be opened"],
    );
    check(&[], &[0, 60], |of, _, _| (of.is_open, of.is_paused) = (false, true), &[]);
    // Silence by a line; connected or not.
    let silent = [Watched::Silent(Duration::from_secs(1_200))];
    check(&silent, &[1_200], |of, _, _| of.last_received = at(0), &[]);
    check(
        &silent,
        &[1_260],
        |of, _, _| of.last_received = at(0),
        &["silent: adt got nothing for 21 min; expected every 20 min; the sender is connected"],
    );
    check(
        &silent,
        &[1_260],
        |of, _, _| (of.last_received, of.peers) = (at(0), 0),
        &["silent: adt got nothing for 21 min; expected every 20 min; nobody is connected"],
    );
    check(&silent, &[9_999], |of, _, _| of.last_received = None, &[]);
    // Backlog by size and by age.
    let backlog = [Watched::Backlog { destination: None, over: Some(500), older_than: Some(Duration::from_secs(300)) }];
    let waiting = |queued| {
        move |of: &mut InterfaceSight, _: &mut EngineSight, _: i64| {
            (of.destinations[0].queued, of.destinations[0].oldest) = (queued, at(0));
        }
    };
    check(&backlog, &[10], waiting(500), &[]);
    check(&backlog, &[10], waiting(501), &["backlog: rx of adt has 501 waiting, the oldest for 10 s"]);
    check(&backlog, &[301], waiting(1), &["backlog: rx of adt has 1 waiting, the oldest for 5 min"]);
    check(&backlog, &[301], waiting(0), &[]);
    check(&[], &[901], waiting(1), &["backlog: rx of adt has 1 waiting, the oldest for 15 min"]);
    // Failures within an hour; a restart begins anew.
    check(
        &[Watched::Errors(10)],
        &[0, 60],
        |of, _, at| of.errors = if at == 0 { 5 } else { 16 },
        &["errors: 11 messages were refused, rejected or parked within an hour"],
    );
    check(&[Watched::Errors(10)], &[0, 3_700, 3_800], |of, _, at| of.errors = if at == 0 { 0 } else { 16 }, &[]);
    check(&[Watched::Errors(10)], &[0, 60], |of, _, at| of.errors = if at == 0 { 50 } else { 8 }, &[]);
    check(&[Watched::Parked(3)], &[0], |of, _, _| of.parked = 4, &["parked: 4 messages wait for a person"]);
    // Slow things are slow for a while.
    check(&[], &[0, 60], |of, _, _| of.acknowledgment_ms = Some(9_000), &[]);
    check(
        &[],
        &[0, 120],
        |of, _, _| of.acknowledgment_ms = Some(9_000),
        &["acknowledgment: 5 of 100 acknowledgments take longer than 9000 ms"],
    );
    check(
        &[Watched::Slow(Duration::from_secs(1))],
        &[0, 120],
        |of, _, _| of.destinations[0].delivery_ms = Some(1_500),
        &["slow: 5 of 100 deliveries of adt to rx take longer than 1500 ms"],
    );
    check(&[], &[0, 120], |of, _, _| of.skew_s = Some(-400), &["skew: the clock of the sender is 6 min behind ours"]);
    check(&[], &[0, 120], |of, _, _| of.skew_s = Some(300), &[]);
}

#[test]
fn the_ground_that_interfaces_stand_on() {
    const GIB: u64 = 1 << 30;
    let day = |days: i64| Timestamp((T0 + days * 86_400) * 1_000_000);
    check(&[], &[0], |_, engine, _| engine.store = StoreState::Full, &["disk: the store has no room for new messages"]);
    check(
        &[],
        &[0],
        |_, engine, _| engine.store = StoreState::Failed,
        &["store: the store failed and the engine ends"],
    );
    check(&[], &[0], |_, engine, _| engine.lost = 2, &["lost: 2 messages are in no state"]);
    let disk = |free, all| {
        move |_: &mut InterfaceSight, engine: &mut EngineSight, _: i64| {
            (engine.free_bytes, engine.disk_bytes) = (Some(free), Some(all));
        }
    };
    check(&[], &[0], disk(20 * GIB, 100 * GIB), &[]);
    check(&[], &[0], disk(9 * GIB, 100 * GIB), &["disk: 9.0 GiB are free on the disk of the messages, 9 %"]);
    check(&[], &[0, 60], |_, engine, _| engine.fsync_us = 900_000, &[]);
    check(&[], &[0, 120], |_, engine, _| engine.fsync_us = 900_000, &["fsync: the disk takes 900 ms to sync"]);
    let certificate = |days: i64| {
        move |_: &mut InterfaceSight, engine: &mut EngineSight, _: i64| {
            engine.certificates = vec![("the API".into(), day(days))];
        }
    };
    check(&[], &[0], certificate(30), &[]);
    check(&[], &[0], certificate(29), &["certificate: the certificate of the API ends on 2026-03-30, in 29 days"]);
    check(&[], &[0], certificate(-1), &["certificate: the certificate of the API ended on 2026-02-28"]);
    check(
        &[],
        &[0],
        |_, engine, _| (engine.has_backups, engine.backup, engine.drill) = (true, Some(day(-2)), Some(day(-91))),
        &["backup: the last backup that ended well is 2 d old", "drill: the last drill that ended well is 91 d old"],
    );
    check(&[], &[0], |_, engine, _| engine.started = day(-400), &[]);
    check(&[], &[0], |_, engine, _| (engine.has_backups, engine.started) = (true, day(0)), &[]);
}

#[test]
fn hours_of_a_line_and_what_goes_without_saying() {
    let rule = Rule {
        watched: Watched::Parked(0),
        during: lang::Hours::parse("Sun 01:00-02:00").unwrap(),
        is_page: true,
        place: None,
    };
    let look = |at: i64| {
        let sight = sight(T0 + at, |of, _| of.parked = 1);
        let told = Judge::default().judge(&sight, &|_| vec![rule.clone()], &Habits::default());
        told.iter().filter(|symptom| symptom.is_page).count()
    };
    assert_eq!([0, 3_600, 7_200].map(look), [0, 1, 0]);
    let kinds = |lines: Vec<Rule>, quiet| complete(lines, 3, quiet).len();
    assert_eq!([kinds(vec![], false), kinds(vec![], true), kinds(vec![rule.clone()], true)], [7, 6, 6]);
}
