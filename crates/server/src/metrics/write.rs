//! The text format of Prometheus, 0.0.4.

use super::catalogue::ALL;
use engine::{
    Engine,
    meter::{STEPS_MS, Times},
    outbox::Outbox,
    status::{DestinationStatus, InterfaceStatus, State, Status},
};
use std::{collections::BTreeMap, fmt::Write, sync::Arc};

/// A value of one row.
enum Figure {
    Whole(i64),
    Real(f64),
    Times(Times),
    /// It has none now.
    None,
}

fn whole(value: u64) -> Figure {
    Figure::Whole(i64::try_from(value).unwrap_or(i64::MAX))
}

fn flag(is_so: bool) -> Figure {
    Figure::Whole(i64::from(is_so))
}

/// What is known of transport: certificates in use, and what goes without encryption.
pub(crate) struct Transport {
    /// Who uses it, as what, and when it ends, in seconds of Unix time.
    pub certificates: Vec<(String, String, i64)>,
    /// Listeners and destinations without encryption.
    pub in_the_open: usize,
}

/// Everything, as it is now.
pub(crate) fn exposition(engine: &Engine, transport: &Transport) -> String {
    let (status, (levels, limits)) = (engine.status(), engine.alert_figures());
    let seen = seen(engine, &status);
    let mut out = String::new();
    for metric in ALL {
        let _ =
            writeln!(out, "# HELP {} {}\n# TYPE {} {}", metric.name, metric.help, metric.name, metric.form.as_str());
        let mut row = |labels: &str, figure: Figure| put(&mut out, metric.name, labels, figure);
        match metric.labels {
            ["interface"] | ["interface", "version"] => {
                for Seen { of, answered, .. } in &seen {
                    let labels = match metric.labels.len() {
                        1 => format!("interface=\"{}\"", of.name),
                        _ => format!("interface=\"{}\",version=\"{}\"", of.name, of.version),
                    };
                    let figure = match metric.name {
                        "sinew_ack_latency_seconds" => answered.clone().map_or(Figure::None, Figure::Times),
                        name => of_interface(name, of, limits.get(&of.name).copied()),
                    };
                    row(&labels, figure);
                }
            }
            ["interface", "destination"] => {
                for Seen { of, destinations, .. } in &seen {
                    for (to, outbox) in destinations {
                        let labels = format!("interface=\"{}\",destination=\"{}\"", of.name, to.name);
                        let times = |of: fn(&Outbox) -> Times| {
                            outbox.as_ref().map_or(Figure::None, |outbox| Figure::Times(of(outbox)))
                        };
                        let figure = match metric.name {
                            "sinew_delivery_attempt_seconds" => times(|outbox| outbox.reply_times().read()),
                            "sinew_end_to_end_latency_seconds" => times(|outbox| outbox.delivery_times().read()),
                            name => of_destination(name, to, &status),
                        };
                        row(&labels, figure);
                    }
                }
            }
            ["severity"] => {
                for (level, count) in &levels {
                    row(&format!("severity=\"{level}\""), whole(*count as u64));
                }
            }
            ["use", "role"] => {
                for (by, role, end) in &transport.certificates {
                    row(&format!("use=\"{by}\",role=\"{role}\""), Figure::Whole(*end));
                }
            }
            ["version"] => row(&format!("version=\"{}\"", env!("CARGO_PKG_VERSION")), Figure::Whole(1)),
            _ if metric.name == "sinew_plaintext_places" => row("", whole(transport.in_the_open as u64)),
            _ => row("", of_engine(metric.name, &status)),
        }
    }
    out
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

fn of_interface(name: &str, of: &InterfaceStatus, limit: Option<i64>) -> Figure {
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
        "sinew_last_message_timestamp_seconds" => {
            of.last_received.map_or(Figure::None, |at| Figure::Real(at.0 as f64 / 1e6))
        }
        "sinew_expected_silence_seconds" => limit.map_or(Figure::None, Figure::Whole),
        "sinew_sender_clock_skew_seconds" => of.quality.skew_s.map_or(Figure::None, Figure::Whole),
        "sinew_config_info" => Figure::Whole(1),
        _ => Figure::None,
    }
}

fn of_destination(name: &str, to: &DestinationStatus, status: &Status) -> Figure {
    match name {
        "sinew_queue_messages" => whole(to.queued as u64),
        "sinew_queue_held_keys" => whole(to.held as u64),
        "sinew_queue_oldest_message_age_seconds" => {
            Figure::Real(to.oldest.map_or(0.0, |oldest| status.at.since(oldest).as_secs_f64()))
        }
        "sinew_destination_up" => flag(to.state != State::Failing),
        "sinew_deliveries_total" => whole(to.delivered),
        "sinew_delivery_failures_total" => whole(to.failed),
        _ => Figure::None,
    }
}

fn of_engine(name: &str, status: &Status) -> Figure {
    let stats = &status.stats;
    match name {
        "sinew_conservation_violations_total" => whole(status.lost.unsigned_abs()),
        "sinew_orphan_deliveries" => whole(status.orphans as u64),
        "sinew_store_up" => flag(status.store == "ok"),
        "sinew_store_messages_total" => whole(stats.messages),
        "sinew_store_group_commits_total" => whole(stats.groups),
        "sinew_store_fsyncs_total" => whole(stats.fsyncs),
        "sinew_store_fsync_duration_seconds" => Figure::Real(stats.fsync_micros_last as f64 / 1e6),
        "sinew_store_log_bytes" => whole(stats.log_bytes),
        "sinew_store_index_bytes" => whole(stats.index_bytes),
        "sinew_uptime_seconds" => whole(status.uptime_s),
        _ => Figure::None,
    }
}

fn put(out: &mut String, name: &str, labels: &str, figure: Figure) {
    let braced = |more: &str| match (labels, more) {
        ("", "") => String::new(),
        (labels, "") => format!("{{{labels}}}"),
        ("", more) => format!("{{{more}}}"),
        (labels, more) => format!("{{{labels},{more}}}"),
    };
    let _ = match figure {
        Figure::None => Ok(()),
        Figure::Whole(value) => writeln!(out, "{name}{} {value}", braced("")),
        Figure::Real(value) => writeln!(out, "{name}{} {value}", braced("")),
        Figure::Times(times) => {
            let mut seen = 0;
            for (at, count) in times.steps.iter().enumerate() {
                seen += count;
                let end = STEPS_MS.get(at).map_or_else(|| "+Inf".to_owned(), |ms| format!("{}", *ms as f64 / 1e3));
                let _ = writeln!(out, "{name}_bucket{} {seen}", braced(&format!("le=\"{end}\"")));
            }
            let _ = writeln!(out, "{name}_sum{} {}", braced(""), times.sum_us as f64 / 1e6);
            writeln!(out, "{name}_count{} {seen}", braced(""))
        }
    };
}
