//! Every metric: its name, what it counts, and its labels. The page `docs/reference/metrics.md` is made of it.

/// What kind of number it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Only grows, from 0 at the start of the process or of the store.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Counts by upper ends of steps, with sum and count.
    Histogram,
}

impl Form {
    /// The word of the format.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Form::Counter => "counter",
            Form::Gauge => "gauge",
            Form::Histogram => "histogram",
        }
    }
}

/// One metric.
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    /// `sinew_messages_accepted_total`.
    pub name: &'static str,
    /// What it is, in a sentence without a point.
    pub help: &'static str,
    /// What kind of number.
    pub form: Form,
    /// Its labels.
    pub labels: &'static [&'static str],
    /// It counts over all starts.
    pub is_lasting: bool,
}

const fn metric(name: &'static str, form: Form, labels: &'static [&'static str], help: &'static str) -> Metric {
    Metric { name, help, form, labels, is_lasting: false }
}

/// A counter that goes on after a start.
const fn lasting(name: &'static str, help: &'static str) -> Metric {
    Metric { is_lasting: true, ..metric(name, Counter, INTERFACE, help) }
}

const ENGINE: &[&str] = &[];
const INTERFACE: &[&str] = &["interface"];
const DESTINATION: &[&str] = &["interface", "destination"];
const CERTIFICATE: &[&str] = &["use", "role"];
use Form::{Counter, Gauge, Histogram};

/// All of them, in the order in which they are written.
pub const ALL: &[Metric] = &[
    metric("sinew_messages_received_total", Counter, INTERFACE, "Frames that came in since the start"),
    lasting("sinew_messages_accepted_total", "Messages that were stored, over all starts"),
    metric("sinew_messages_duplicate_total", Counter, INTERFACE, "Messages that were there before, since the start"),
    metric(
        "sinew_messages_refused_total",
        Counter,
        INTERFACE,
        "Frames that were refused and not stored, since the start",
    ),
    metric(
        "sinew_messages_rejected_total",
        Counter,
        INTERFACE,
        "Messages that a validate line rejected, since the start",
    ),
    lasting("sinew_messages_delivered_total", "Messages that every destination has, over all starts"),
    lasting("sinew_messages_filtered_total", "Messages that went nowhere by a line, over all starts"),
    lasting("sinew_messages_expired_total", "Messages that policy gave up, over all starts"),
    lasting("sinew_messages_deleted_total", "Messages that a named person removed, over all starts"),
    metric("sinew_parked_messages", Gauge, INTERFACE, "Messages that wait for a person"),
    metric("sinew_in_flight_messages", Gauge, INTERFACE, "Messages under way"),
    metric("sinew_connections", Gauge, INTERFACE, "Peers that are connected"),
    metric(
        "sinew_framing_errors_total",
        Counter,
        INTERFACE,
        "Bytes outside frames and other oddities, since the start",
    ),
    metric("sinew_interface_up", Gauge, INTERFACE, "1 while the source is open"),
    metric("sinew_last_message_timestamp_seconds", Gauge, INTERFACE, "When the last frame came, seconds since 1970"),
    metric(
        "sinew_expected_silence_seconds",
        Gauge,
        INTERFACE,
        "Silence from now on that would be unusual, where it is learned",
    ),
    metric("sinew_sender_clock_skew_seconds", Gauge, INTERFACE, "Seconds by which the sender's clock is ahead of ours"),
    metric("sinew_ack_latency_seconds", Histogram, INTERFACE, "From a frame to its acknowledgment"),
    metric("sinew_config_info", Gauge, &["interface", "version"], "1; the version of the interface that runs"),
    metric("sinew_queue_messages", Gauge, DESTINATION, "Deliveries that wait or are under way"),
    metric("sinew_queue_held_keys", Gauge, DESTINATION, "Ordering keys that wait for a person"),
    metric("sinew_queue_oldest_message_age_seconds", Gauge, DESTINATION, "How long the oldest waiting message waits"),
    metric("sinew_destination_up", Gauge, DESTINATION, "1 while the destination takes messages"),
    metric("sinew_deliveries_total", Counter, DESTINATION, "Deliveries that the destination took, since the start"),
    metric("sinew_delivery_failures_total", Counter, DESTINATION, "Attempts that failed, since the start"),
    metric("sinew_delivery_attempt_seconds", Histogram, DESTINATION, "From sending to what came of it"),
    metric("sinew_end_to_end_latency_seconds", Histogram, DESTINATION, "From acceptance to delivery"),
    metric("sinew_conservation_violations_total", Counter, ENGINE, "Messages that no state accounts for; must be 0"),
    metric("sinew_orphan_deliveries", Gauge, ENGINE, "Deliveries whose interface or destination is gone"),
    metric("sinew_store_up", Gauge, ENGINE, "1 while the store takes messages"),
    metric("sinew_store_messages_total", Counter, ENGINE, "Messages committed since the store was opened"),
    metric(
        "sinew_store_group_commits_total",
        Counter,
        ENGINE,
        "Writes of the log, each a group, since the store was opened",
    ),
    metric("sinew_store_fsyncs_total", Counter, ENGINE, "Syncs of the log since the store was opened"),
    metric("sinew_store_fsync_duration_seconds", Gauge, ENGINE, "How long the last sync took"),
    metric("sinew_store_log_bytes", Gauge, ENGINE, "Bytes of the log that hold records"),
    metric("sinew_store_index_bytes", Gauge, ENGINE, "Bytes of the index"),
    metric("sinew_alerts_active", Gauge, &["severity"], "Incidents that are open"),
    metric("sinew_certificate_expiry_timestamp_seconds", Gauge, CERTIFICATE, "When a certificate in use ends"),
    metric("sinew_plaintext_places", Gauge, ENGINE, "Listeners and destinations without encryption"),
    metric("sinew_uptime_seconds", Gauge, ENGINE, "Since the start"),
    metric("sinew_build_info", Gauge, &["version"], "1; the version of the program"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// Conventions of Prometheus: base units, `_total` for what only grows, no colon, no label that grows with traffic.
    #[test]
    fn names_are_as_prometheus_wants_them() {
        let mut seen = BTreeSet::new();
        for metric in ALL {
            let name = metric.name;
            assert!(seen.insert(name), "{name} is twice");
            assert!(
                name.starts_with("sinew_") && name.chars().all(|of| of.is_ascii_lowercase() || of == '_'),
                "{name}"
            );
            assert_eq!(name.ends_with("_total"), metric.form == Form::Counter, "{name}");
            assert!(metric.form != Form::Histogram || name.ends_with("_seconds"), "{name}");
            assert!(!["_ms", "_micros", "_minutes", "_kb"].iter().any(|unit| name.ends_with(unit)), "{name}");
            assert!(!metric.help.is_empty() && !metric.help.ends_with('.'), "{name}");
            let known = ["interface", "destination", "version", "severity", "use", "role"];
            assert!(metric.labels.iter().all(|label| known.contains(label)), "{name}");
        }
    }

    /// What a dashboard or rule of `deploy/` asks for is there.
    #[test]
    fn dashboards_and_rules_name_metrics_that_exist() {
        let texts = [
            include_str!("../../../../deploy/grafana/sinew.json"),
            include_str!("../../../../deploy/prometheus/sinew.rules.yml"),
        ];
        for text in texts {
            let is_word = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
            let words: BTreeSet<&str> =
                text.split(|letter| !is_word(letter)).filter(|of| of.starts_with("sinew_")).collect();
            assert!(words.len() > 10, "{words:?}");
            for word in words {
                let base = ["_bucket", "_sum", "_count"].iter().find_map(|end| word.strip_suffix(end));
                let is_metric = |name: &str| ALL.iter().find(|metric| metric.name == name);
                let is_known = match base.and_then(is_metric) {
                    Some(metric) => metric.form == Form::Histogram,
                    None => is_metric(word).is_some_and(|metric| metric.form != Form::Histogram),
                };
                assert!(is_known, "{word} is no metric");
            }
        }
        serde_json::from_str::<serde_json::Value>(texts[0]).unwrap();
    }
}
