//! What the engine sees of itself, and the rules of its interfaces.

use super::Ground;
use crate::{
    engine::Engine,
    flow::Flow,
    meter::Times,
    outbox::Outbox,
    status::{DestinationStatus, InterfaceStatus, State},
};
use interface::definition::{Alert, AlertCondition, Definition};
use message::{Name, Timestamp};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use store::Health;
use watch::{
    Rule, Sight, Watched,
    cause::partner_of,
    rules::complete,
    sight::{DestinationSight, EngineSight, InterfaceSight, StoreState},
};

/// Figures of "the last minutes" go back so far.
const MINUTES: Duration = Duration::from_secs(300);
/// Fewer than this say nothing about how long things take.
const LEAST: u64 = 20;

/// What was counted some minutes ago, by place.
#[derive(Default)]
pub(super) struct Rates(BTreeMap<String, (Timestamp, Times, Times)>);

impl Rates {
    /// The 95th of a hundred of the last minutes: since the mark before the last one.
    fn p95_ms(&mut self, place: String, now: Timestamp, times: Times) -> Option<u64> {
        let (since, older, mark) = self.0.entry(place).or_insert_with(|| (now, times.clone(), times.clone()));
        let lately = times.since(older).p95_ms(LEAST);
        if now.since(*since) >= MINUTES {
            (*since, *older, *mark) = (now, mark.clone(), times);
        }
        lately
    }
}

impl Engine {
    pub(super) fn sight(&self, rates: &mut Rates, ground: &Ground) -> Sight {
        let status = self.status();
        let engine = EngineSight {
            store: match self.store().health() {
                Health::Ok => StoreState::Ok,
                Health::Full => StoreState::Full,
                Health::Away(_) => StoreState::Away,
                Health::Failed(_) => StoreState::Failed,
            },
            lost: status.lost,
            free_bytes: ground.disk.map(|(free, _)| free),
            disk_bytes: ground.disk.map(|(_, all)| all),
            fsync_us: status.stats.fsync_micros_last,
            backup: ground.backup,
            has_backups: ground.has_backups,
            drill: ground.drill,
            certificates: ground.certificates.clone(),
            started: self.shared.dock.ages.life().started(),
        };
        let flows = self.flows();
        let mut interface = |row: &InterfaceStatus| {
            let flow = flows.iter().find(|flow| flow.name == row.name)?;
            Some(interface_sight(flow, row, status.at, rates))
        };
        Sight {
            at: status.at,
            offset_s: crate::quality::local_offset_s(status.at),
            engine,
            interfaces: status.interfaces.iter().filter_map(&mut interface).collect(),
        }
    }

    pub(super) fn rules(&self) -> BTreeMap<Name, Vec<Rule>> {
        self.flows().iter().map(|flow| (flow.name.clone(), rules(&flow.version().definition))).collect()
    }
}

fn interface_sight(flow: &Flow, row: &InterfaceStatus, at: Timestamp, rates: &mut Rates) -> InterfaceSight {
    let outboxes = flow.outboxes();
    let destinations = row.destinations.iter().filter_map(|to| {
        let outbox = outboxes.iter().find(|outbox| outbox.name == to.name)?;
        Some(destination_sight(flow, outbox, to, at, rates))
    });
    let destinations = destinations.collect();
    InterfaceSight {
        name: row.name.clone(),
        critical: row.critical,
        team: row.owner.team.clone(),
        is_paused: row.is_paused,
        is_open: flow.is_listening(),
        peers: row.peers,
        sender: flow.sender(),
        last_received: row.last_received,
        accepted: row.accepted,
        errors: row.refused + row.rejected + row.counts.parked,
        parked: row.counts.parked,
        acknowledgment_ms: rates.p95_ms(flow.name.to_string(), at, flow.tally.acknowledged.read()),
        skew_s: row.quality.skew_s,
        quality: row
            .quality
            .alerts
            .iter()
            .map(|open| (open.code.id.into(), open.since, open.message.as_str().into(), open.is_page))
            .collect(),
        destinations,
    }
}

fn destination_sight(
    flow: &Flow,
    outbox: &Outbox,
    to: &DestinationStatus,
    at: Timestamp,
    rates: &mut Rates,
) -> DestinationSight {
    // What stays inside this engine has no host: it is a place of its own.
    let partner = match to.connector {
        "interface" | "topic" => format!("{}/{}", flow.name, to.name),
        _ => partner_of(&to.address).to_owned(),
    };
    DestinationSight {
        name: to.name.clone(),
        partner: partner.into(),
        is_down: to.state == State::Failing,
        is_paused: to.is_paused,
        queued: to.queued as u64,
        oldest: to.oldest,
        trouble: to.last_trouble.as_ref().map(|trouble| Arc::from(&*trouble.reason.code)),
        delivery_ms: rates.p95_ms(format!("{}/{}", flow.name, to.name), at, outbox.delivery_times().read()),
    }
}

/// The rules of an interface: its lines, and what goes without saying.
pub(super) fn rules(definition: &Definition) -> Vec<Rule> {
    let is_quiet = definition.alerts.iter().any(|alert| alert.condition == AlertCondition::SilentNever);
    complete(definition.alerts.iter().filter_map(rule).collect(), definition.critical, is_quiet)
}

fn rule(alert: &Alert) -> Option<Rule> {
    let watched = match &alert.condition {
        AlertCondition::Silent(after) => Watched::Silent(*after),
        AlertCondition::SilentLearned => Watched::SilentLearned,
        AlertCondition::Down(after) => Watched::Down(*after),
        AlertCondition::Backlog { destination, over, older_than } => {
            Watched::Backlog { destination: destination.clone(), over: *over, older_than: *older_than }
        }
        AlertCondition::Errors { over } => Watched::Errors(*over),
        AlertCondition::Parked { over } => Watched::Parked(*over),
        AlertCondition::Slow { over } => Watched::Slow(*over),
        AlertCondition::Acknowledgment { over } => Watched::Acknowledgment(*over),
        AlertCondition::Skew { over } => Watched::Skew(*over),
        // Quality is judged where it is counted; that nothing is said of silence is no rule.
        AlertCondition::Quality(_) | AlertCondition::SilentNever => return None,
    };
    Some(Rule {
        watched,
        during: alert.during.clone(),
        is_page: alert.is_page,
        place: Some((alert.place.file.clone(), alert.place.line)),
    })
}
