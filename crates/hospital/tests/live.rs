//! A hospital that runs against a partner on a real socket.
#![allow(clippy::unwrap_used)]

use hospital::{
    flow::{Config, Flow, Forced, Story, SystemName},
    live::{Line, Live, LiveConfig},
    wire::{Act, Behaviour, Partner, PartnerConfig, Sender, SenderConfig, SenderStats},
};
use std::{net::SocketAddr, time::Duration};

const MS: fn(u64) -> Duration = Duration::from_millis;

async fn hospital(partner: &Partner) -> Live {
    let config = Config { rate_per_second: 100.0, ..Config::default() };
    let line = |system: SystemName| {
        let mut config = SenderConfig::new(partner.address().to_string());
        (config.reconnect_pause, config.reply_timeout) = ((MS(5), MS(20)), MS(500));
        Line { system, codes: &[], sender: config }
    };
    let lines = SystemName::ALL.into_iter().map(line).collect();
    Live::start(LiveConfig { flow: Flow::new(1, config), lines, speed: 4.0 }).unwrap()
}

async fn partner() -> Partner {
    Partner::start(PartnerConfig::new(SocketAddr::from(([127, 0, 0, 1], 0)))).await.unwrap()
}

#[tokio::test]
async fn every_system_sends_in_order_and_nothing_is_lost() {
    let partner = partner().await;
    let live = hospital(&partner).await;
    tokio::time::sleep(MS(300)).await;
    partner.set(Behaviour::always(Act::Refuse));
    tokio::time::sleep(MS(100)).await;
    partner.behave();
    tokio::time::sleep(MS(300)).await;
    let figures = live.stop(Duration::from_secs(5)).await;
    let settled: u64 = figures.iter().map(|(_, stats)| stats.settled).sum();
    let accepted: u64 = figures.iter().map(|(_, stats)| stats.accepted()).sum();
    let seen = partner.stop().await;
    assert!((150..350).contains(&settled), "{settled} in 0.7 s at 400 a second");
    assert_eq!(accepted, settled);
    assert_eq!((seen.received - seen.duplicates, seen.out_of_order), (settled, 0));
    assert!(figures.iter().filter(|(_, stats)| stats.settled > 0).count() >= 5);
}

#[tokio::test]
async fn wishes_come_true_and_the_paused_are_silent() {
    let partner = partner().await;
    let live = hospital(&partner).await;
    let mut told = live.subscribe();
    live.senders(SystemName::Lab).for_each(Sender::pause);
    assert!(live.force(Forced::LabResult(hospital::flow::Site::North)));
    let mut kinds = Vec::new();
    while kinds.len() < 3 {
        let happened = told.recv().await.unwrap();
        if happened.story == Some(Story::LabResult) {
            kinds.push(happened.kind.to_string());
        }
    }
    assert_eq!(kinds, ["ADT^A04", "OML^O21", "ORU^R01"]);
    tokio::time::sleep(MS(50)).await;
    let of_lab = |stats: Vec<(SystemName, SenderStats)>| stats.iter().find(|(of, _)| *of == SystemName::Lab).unwrap().1;
    assert_eq!(of_lab(live.stats()).sent, 0);
    let figures = live.stop(Duration::from_secs(5)).await;
    assert!(of_lab(figures).settled >= 1);
}
