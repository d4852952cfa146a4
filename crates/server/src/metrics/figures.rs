//! The figures of now, one after the other: in the words of the
//! [`super::catalogue`].

use super::catalogue::{ALL, Metric};
use engine::{
    Engine,
    meter::Times,
    outbox::Outbox,
    status::{DestinationStatus, InterfaceStatus, State, Status},
};
use std::{collections::BTreeMap, sync::Arc};

/// A value of one row.
pub(crate) enum Figure {
    Whole(i64),
    Real(f64),
    Times(Times),
}

fn whole(value: u64) -> Option<Figure> {
    Some(Figure::Whole(i64::try_from(value).unwrap_or(i64::MAX)))
}

fn flag(is_so: bool) -> Option<Figure> {
    whole(u64::from(is_so))
}

/// What is known of transport: certificates in use, and what goes without encryption.
pub(crate) struct Transport {
    /// Who uses it, as what, and when it ends, in seconds of Unix time.
    pub certificates: Vec<(String, String, i64)>,
    /// Listeners and destinations without encryption.
    pub in_the_open: usize,
}

/// Where figures are put down.
pub(crate) trait Sheet {
    /// All that comes is of this moment.
    fn begin(&mut self, _: &Status) {}
    /// What comes next is of this metric.
    fn metric(&mut self, metric: &'static Metric);
    /// A figure of it, with the values of its labels in their order.
    fn row(&mut self, values: &[&str], figure: Figure);
}

/// Puts every figure that there is now down, metric by metric in the order of the catalogue.
pub(crate) fn write(engine: &Engine, transport: &Transport, sheet: &mut impl Sheet) {
    let (status, (levels, limits)) = (engine.status(), engine.alert_figures());
    let seen = seen(engine, &status);
    sheet.begin(&status);
    for metric in ALL {
        sheet.metric(metric);
        let mut row = |values: &[&str], figure: Option<Figure>| {
            if let Some(figure) = figure {
                sheet.row(values, figure);
            }
        };
        match metric.labels {
            ["interface"] | ["interface", "version"] => {
                for Seen { of, answered, .. } in &seen {
                    let figure = match metric.name {
                        "sinew_ack_latency_seconds" => answered.clone().map(Figure::Times),
                        name => of_interface(name, of, limits.get(&of.name).copied()),
                    };
                    let values: [&str; 2] = [&of.name, &of.version];
                    row(values.get(..metric.labels.len()).unwrap_or_default(), figure);
                }
            }
            ["interface", "destination"] => {
                for Seen { of, destinations, .. } in &seen {
                    for (to, outbox) in destinations {
                        let times = |of: fn(&Outbox) -> Times| outbox.as_ref().map(|outbox| Figure::Times(of(outbox)));
                        let figure = match metric.name {
                            "sinew_delivery_attempt_seconds" => times(|outbox| outbox.reply_times().read()),
                            "sinew_end_to_end_latency_seconds" => times(|outbox| outbox.delivery_times().read()),
                            name => of_destination(name, to, &status),
                        };
                        row(&[&of.name, &to.name], figure);
                    }
                }
            }
            ["severity"] => {
                for (level, count) in &levels {
                    row(&[level], whole(*count as u64));
                }
            }
            ["use", "role"] => {
                for (by, role, end) in &transport.certificates {
                    row(&[by, role], Some(Figure::Whole(*end)));
                }
            }
            ["version"] => row(&[env!("CARGO_PKG_VERSION")], whole(1)),
            _ if metric.name == "sinew_plaintext_places" => row(&[], whole(transport.in_the_open as u64)),
            _ => row(&[], of_engine(metric.name, &status)),
        }
    }
}

/// An interface with what its status does not hold, looked up once for all metrics.
struct Seen<'s> {
    of: &'s InterfaceStatus,
    answered: Option<Times>,
    destinations: Vec<(&'s DestinationStatus, Option<Arc<Outbox>>)>,
}

fn seen<'s>(engine: &Engine, status: &'s Status) -> Vec<Seen<'s>> {
    let flows: BTreeMap<_, _> = engine.flows().into_iter().map(|flow| (flow.name.clone(), flow)).collect();
    let one = |of: &'s InterfaceStatus| {
        let flow = flows.get(&of.name);
        let outboxes: BTreeMap<_, _> = flow
            .map(|flow| flow.outboxes())
            .unwrap_or_default()
            .into_iter()
            .map(|outbox| (outbox.name.clone(), outbox))
            .collect();
        Seen {
            of,
            answered: flow.map(|flow| flow.acknowledgment_times().read()),
            destinations: of.destinations.iter().map(|to| (to, outboxes.get(&to.name).cloned())).collect(),
        }
    };
    status.interfaces.iter().map(one).collect()
}

fn of_interface(name: &str, of: &InterfaceStatus, limit: Option<i64>) -> Option<Figure> {
    match name {
        "sinew_messages_received_total" => whole(of.received),
        "sinew_messages_accepted_total" => whole(of.counts.accepted),
        "sinew_messages_duplicate_total" => whole(of.duplicates),
        "sinew_messages_refused_total" => whole(of.refused),
        "sinew_messages_rejected_total" => whole(of.rejected),
        "sinew_messages_delivered_total" => whole(of.counts.delivered),
        "sinew_messages_filtered_total" => whole(of.counts.filtered),
        "sinew_messages_expired_total" => whole(of.counts.expired),
        "sinew_messages_deleted_total" => whole(of.counts.deleted),
        "sinew_parked_messages" => whole(of.counts.parked),
        "sinew_in_flight_messages" => whole(of.counts.in_flight),
        "sinew_connections" => whole(of.peers as u64),
        "sinew_framing_errors_total" => whole(of.anomalies),
        "sinew_interface_up" => flag(of.address.is_some()),
        "sinew_last_message_timestamp_seconds" => of.last_received.map(|at| Figure::Real(at.0 as f64 / 1e6)),
        "sinew_expected_silence_seconds" => limit.map(Figure::Whole),
        "sinew_sender_clock_skew_seconds" => of.quality.skew_s.map(Figure::Whole),
        "sinew_config_info" => whole(1),
        _ => None,
    }
}

fn of_destination(name: &str, to: &DestinationStatus, status: &Status) -> Option<Figure> {
    match name {
        "sinew_queue_messages" => whole(to.queued as u64),
        "sinew_queue_held_keys" => whole(to.held as u64),
        "sinew_queue_oldest_message_age_seconds" => {
            Some(Figure::Real(to.oldest.map_or(0.0, |oldest| status.at.since(oldest).as_secs_f64())))
        }
        "sinew_destination_up" => flag(to.state != State::Failing),
        "sinew_deliveries_total" => whole(to.delivered),
        "sinew_delivery_failures_total" => whole(to.failed),
        _ => None,
    }
}

fn of_engine(name: &str, status: &Status) -> Option<Figure> {
    let stats = &status.stats;
    match name {
        "sinew_conservation_violations_total" => whole(status.lost.unsigned_abs()),
        "sinew_orphan_deliveries" => whole(status.orphans as u64),
        "sinew_store_up" => flag(status.store == "ok"),
        "sinew_store_messages_total" => whole(stats.messages),
        "sinew_store_group_commits_total" => whole(stats.groups),
        "sinew_store_fsyncs_total" => whole(stats.fsyncs),
        "sinew_store_fsync_duration_seconds" => Some(Figure::Real(stats.fsync_micros_last as f64 / 1e6)),
        "sinew_store_log_bytes" => whole(stats.log_bytes),
        "sinew_store_index_bytes" => whole(stats.index_bytes),
        "sinew_uptime_seconds" => whole(status.uptime_s),
        _ => None,
    }
}
