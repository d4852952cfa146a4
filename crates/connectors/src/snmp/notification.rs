//! What a notification says: an alert with its parts, each a variable of its own, or a text.
//!
//! Source: RFC 3416 §4.2.6 (the two variables that come first), `deploy/snmp/SINEW-MIB.txt` (the others), which a test compares.

use super::ber;
use serde::Deserialize;

/// `sysUpTime.0` (RFC 3418).
const UP_TIME: &[u32] = &[1, 3, 6, 1, 2, 1, 1, 3, 0];
/// `snmpTrapOID.0` (RFC 3418).
const TRAP_OID: &[u32] = &[1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0];
/// Bytes of a text that is shown to people: `SnmpAdminString` (RFC 3411 §5).
const SHOWN_BYTES_MAX: usize = 255;

/// An alert in our own JSON, as far as it is told here.
#[derive(Deserialize)]
struct Alert {
    what: String,
    incident: u64,
    level: String,
    code: String,
    headline: String,
    #[serde(default)]
    symptoms: Vec<String>,
    #[serde(default)]
    safe: String,
    #[serde(default, rename = "do")]
    advice: String,
    #[serde(default)]
    interfaces: Vec<String>,
    since: String,
    #[serde(default)]
    engine: String,
    #[serde(default)]
    runbook: String,
}

#[derive(Deserialize)]
struct Marked {
    schema: String,
}

/// See the module: which notification, and its variables already encoded.
pub(super) struct Notification {
    arc: u32,
    variables: Vec<(u32, Vec<u8>)>,
}

impl Notification {
    /// Reads what is to be told: `sinew.alert/1`, or any other text, which goes out as it is.
    pub(super) fn read(bytes: &[u8]) -> Notification {
        let is_alert = serde_json::from_slice::<Marked>(bytes).is_ok_and(|marked| marked.schema == "sinew.alert/1");
        let alert = is_alert.then(|| serde_json::from_slice::<Alert>(bytes).ok()).flatten();
        alert.map_or_else(|| Notification { arc: 6, variables: vec![(12, ber::octets(bytes))] }, |alert| of(&alert))
    }

    /// The PDU, with objects and notifications below `enterprise`.
    pub(super) fn pdu(&self, enterprise: &[u32], request: u32, up_ticks: u32) -> Vec<u8> {
        let variable = |name: &[u32], value: Vec<u8>| ber::sequence(&[ber::oid(name), value]);
        let below = |arcs: &[u32]| [enterprise, arcs].concat();
        let mut variables = vec![
            variable(UP_TIME, ber::unsigned(ber::TICKS, up_ticks)),
            variable(TRAP_OID, ber::oid(&below(&[0, self.arc]))),
        ];
        // Scalars have the instance 0 (RFC 2578 §7.7).
        variables.extend(self.variables.iter().map(|(arc, value)| variable(&below(&[1, *arc, 0]), value.clone())));
        let parts = [ber::integer(i64::from(request)), ber::integer(0), ber::integer(0), ber::sequence(&variables)];
        ber::wrap(ber::TRAP, &parts.concat())
    }
}

fn of(alert: &Alert) -> Notification {
    let arc = match &*alert.what {
        "raised" => 2,
        "again" => 3,
        "acknowledged" => 4,
        "closed" => 5,
        _ => 1,
    };
    let level = match &*alert.level {
        "alarm" => 2,
        "escalated" => 3,
        _ => 1,
    };
    let shown = |text: &str| ber::octets(cut(text, SHOWN_BYTES_MAX).as_bytes());
    let variables = vec![
        (1, ber::unsigned(ber::UNSIGNED, u32::try_from(alert.incident).unwrap_or(u32::MAX))),
        (2, ber::integer(level)),
        (3, shown(&alert.code)),
        (4, shown(&alert.headline)),
        (5, shown(alert.symptoms.first().map_or("", String::as_str))),
        (6, shown(&alert.safe)),
        (7, shown(&alert.advice)),
        (8, shown(&named(&alert.interfaces))),
        (9, shown(&alert.since)),
        (10, shown(&alert.engine)),
        (11, shown(&alert.runbook)),
    ];
    Notification { arc, variables }
}

/// As many names as there is room for, and how many more there are.
fn named(names: &[String]) -> String {
    let mut out = String::new();
    for (at, name) in names.iter().enumerate() {
        let more = format!(" and {} more", names.len() - at);
        if out.len() + name.len() + 2 + more.len() > SHOWN_BYTES_MAX {
            return out + &more;
        }
        if at > 0 {
            out.push_str(", ");
        }
        out.push_str(name);
    }
    out
}

/// The beginning that fits, ending between two letters.
fn cut(text: &str, bytes_max: usize) -> &str {
    let end = (0..=bytes_max.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The notifications: their arc behind `sinewNotifications`, and their name.
    const NOTIFICATIONS: [(u32, &str); 6] = [
        (1, "sinewAlertOpened"),
        (2, "sinewAlertRaised"),
        (3, "sinewAlertAgain"),
        (4, "sinewAlertAcknowledged"),
        (5, "sinewAlertClosed"),
        (6, "sinewTold"),
    ];
    /// The variables: their arc behind `sinewObjects`, and their name.
    const OBJECTS: [(u32, &str); 12] = [
        (1, "sinewAlertIncident"),
        (2, "sinewAlertLevel"),
        (3, "sinewAlertCode"),
        (4, "sinewAlertHeadline"),
        (5, "sinewAlertSymptom"),
        (6, "sinewAlertSafe"),
        (7, "sinewAlertAdvice"),
        (8, "sinewAlertInterfaces"),
        (9, "sinewAlertSince"),
        (10, "sinewAlertEngine"),
        (11, "sinewAlertRunbook"),
        (12, "sinewText"),
    ];

    #[test]
    fn long_lists_and_texts_are_cut_between_names_and_letters() {
        assert_eq!(cut("é", 1), "");
        assert_eq!(cut("aé", 3), "aé");
        let names: Vec<String> = (0..400).map(|number| format!("adt-{number:03}")).collect();
        let text = named(&names);
        assert!(text.len() <= SHOWN_BYTES_MAX && text.starts_with("adt-000, adt-001"), "{text}");
        let listed = text.matches("adt-").count();
        assert!(text.ends_with(&format!(" and {} more", 400 - listed)) && listed > 20, "{text}");
        assert_eq!(named(&names[..2]), "adt-000, adt-001");
        assert_eq!(named(&[]), "");
    }

    /// The file that managers load says the same names under the same numbers, and nothing else.
    #[test]
    fn the_mib_says_the_same() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/snmp/SINEW-MIB.txt");
        let mib = std::fs::read_to_string(folder).unwrap();
        let listed = |parent: &str| -> Vec<(u32, String)> {
            let mut name = String::new();
            let mut found = Vec::new();
            for line in mib.lines() {
                let mut words = line.split_whitespace();
                if let (Some(word), Some("OBJECT-TYPE" | "NOTIFICATION-TYPE")) = (words.next(), words.next()) {
                    word.clone_into(&mut name);
                }
                let number =
                    line.trim().strip_prefix(&format!("::= {{ {parent} ")).and_then(|rest| rest.strip_suffix(" }"));
                if let Some(number) = number.and_then(|number| number.parse().ok()) {
                    found.push((number, std::mem::take(&mut name)));
                }
            }
            found
        };
        let ours = |table: &[(u32, &str)]| -> Vec<(u32, String)> {
            table.iter().map(|(arc, name)| (*arc, (*name).to_owned())).collect()
        };
        assert_eq!(listed("sinewObjects"), ours(&OBJECTS));
        assert_eq!(listed("sinewNotifications"), ours(&NOTIFICATIONS));
    }
}
