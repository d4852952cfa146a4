//! The page of the metrics, from the catalogue that writes them.

use super::{code, table};
use server::metrics::catalogue::ALL;

pub(super) fn page() -> String {
    let rows: Vec<Vec<String>> = ALL
        .iter()
        .map(|metric| {
            let labels: Vec<String> = metric.labels.iter().map(|label| code(label)).collect();
            vec![code(metric.name), metric.form.as_str().to_owned(), labels.join(", "), metric.help.to_owned()]
        })
        .collect();
    let head = "# Metrics\n\n`GET /metrics` gives them in the text format of Prometheus, to who has the right `look`: a key of a \
        service user in `Authorization: Bearer`. [How to set it up](../how-to/monitor-with-prometheus.md). No label and no value is \
        about a patient, and no label has more values than there are interfaces, destinations or versions.\n\n";
    format!("{head}{}", table(&["metric", "kind", "labels", "what it is"], &rows))
}
