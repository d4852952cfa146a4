//! The messages of a measurement, and the process that sends them.

use super::rig::{Folder, Process};
use crate::outcome::{Exit, Failure, Result};
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

/// Invented patients that the messages are about: so many that a key comes round again only after any message before.
pub const PATIENTS: usize = 1024;
/// Bytes of a message: what an admission of an ordinary hospital has.
pub const MESSAGE_BYTES: usize = 1100;
/// Pause between looks at a running sender.
const LOOK_PAUSE: Duration = Duration::from_millis(10);

/// Invented admissions of [`MESSAGE_BYTES`] each, one for each patient.
pub fn admissions() -> Vec<Vec<u8>> {
    (0..PATIENTS).map(admission).collect()
}

/// One admission. What varies is what varies from patient to patient.
pub fn admission(number: usize) -> Vec<u8> {
    let pick = |list: &'static [&'static str], step: usize| list[(number / step + number * 7) % list.len()];
    let family = pick(&["HOLLOWAY", "BRANDT", "OKONKWO", "LINDQVIST", "MARCHETTI", "DELACROIX", "PETROV", "YAMADA"], 3);
    let given = pick(&["IRIS", "TOMAS", "ADA", "SVEN", "CHIARA", "LUC", "NADIA", "KENJI", "GWEN", "OSCAR"], 5);
    let street = pick(&["MILL LANE", "HARBOUR ROAD", "ASH GROVE", "STATION STREET", "KILN CLOSE"], 2);
    let ward = pick(&["4WEST", "2NORTH", "ICU", "MATERNITY", "ONCOLOGY"], 4);
    let (mrn, day, phone) = (100_000 + number * 37, 1 + number % 28, 5_550_000 + number * 3);
    let doctor = pick(&["KESSLER^ANNA", "ABARA^JOSEPH", "WINTERS^PAUL", "NILSSON^EVA"], 6);
    let text = format!(
        "MSH|^~\\&|ADTSYS|NORTH|HUB|CENTRAL|202603{day:02}101500||ADT^A01^ADT_A01|X|P|2.5.1|||AL|NE\r\
         EVN|A01|202603{day:02}101455|||OP{number:04}^CLERK^WARD\r\
         PID|1||{mrn}^^^NORTH^MR~{visit}^^^HUB^PI||{family}^{given}^M^^^^L||19{year:02}06{day:02}|F|||{house} {street}^^\
         NORTHAM^NH^{zip}^USA^H||^PRN^PH^^1^603^{phone}|^WPN^PH^^1^603^{phone}|ENG|M|CHR|V{visit}^^^NORTH^VN|||||||||||N\r\
         NK1|1|{family}^ROBIN^^^^^L|SPO^Spouse^HL70063|{house} {street}^^NORTHAM^NH^{zip}^USA^H|^PRN^PH^^1^603^{phone}\r\
         PV1|1|I|{ward}^{room}^B^NORTH||||{number:05}^{doctor}^^^DR^MD|{number:05}^{doctor}^^^DR^MD||MED||||1|A0||\
         {number:05}^{doctor}^^^DR^MD|INP|V{visit}^^^NORTH^VN|COM|||||||||||||||||||NORTH||A|||202603{day:02}101000\r\
         AL1|1|DA|70618^Penicillin^RXNORM|SV|Hives~Swelling of the face|20190412\r\
         DG1|1||J18.9^Pneumonia, unspecified organism^I10|||A\r\
         IN1|1|PPO{room}|{zip}|NORTHERN MUTUAL HEALTH|PO BOX {house}^^NORTHAM^NH^{zip}||||GRP{room}\r",
        visit = 7_000_000 + number * 11,
        year = 30 + number % 60,
        house = 1 + number % 240,
        zip = 3000 + number % 900,
        room = 100 + number % 300,
    );
    let mut bytes = text.into_bytes();
    let filler = MESSAGE_BYTES.saturating_sub(bytes.len() + "NTE|1|L|\r".len());
    let words = b"seen on the ward round, observations stable, family informed of the plan, review tomorrow morning; ";
    bytes.extend_from_slice(b"NTE|1|L|");
    bytes.extend(words.iter().copied().cycle().skip(number % words.len()).take(filler));
    bytes.push(b'\r');
    bytes
}

/// What one sender did.
#[derive(Clone, Copy, Debug)]
pub struct Sent {
    /// Messages answered AA.
    pub accepted: u64,
    /// Messages that were not.
    pub not_accepted: u64,
    /// From the first connection to the last answer.
    pub seconds: f64,
    /// Half were answered within this.
    pub p50_ms: f64,
    /// 99 of 100 were answered within this.
    pub p99_ms: f64,
    /// CPU time of the sender, without its last moments.
    pub cpu_seconds: f64,
}

/// What is sent.
#[derive(Clone, Copy)]
pub struct Load<'a> {
    /// A file of messages.
    pub file: &'a Path,
    /// Connections at once.
    pub connections: usize,
    /// How long, at most.
    pub time: Duration,
    /// How many; without it as many as go into the time.
    pub count: Option<u64>,
    /// Messages a second; as fast as they are answered without it.
    pub rate: Option<f64>,
    /// At planned times, each latency counted from the planned one.
    pub is_planned: bool,
}

impl<'a> Load<'a> {
    /// As fast as they are answered, for a time.
    pub fn of(file: &'a Path, connections: usize, time: Duration) -> Load<'a> {
        Load { file, connections, time, count: None, rate: None, is_planned: false }
    }
}

/// Writes the file of messages that a rig sends.
pub fn write(folder: &Folder) -> Result<PathBuf> {
    folder.write("messages.hl7", &admissions().concat())
}

/// Sends until the time is over, and gives the sender's own figures.
pub async fn send(folder: &Folder, address: &str, load: Load<'_>) -> Result<Sent> {
    let log = folder.path().join("load.log");
    let (file, connections) = (load.file.display().to_string(), load.connections.to_string());
    let time = format!("{}ms", load.time.as_millis());
    let mut arguments =
        vec!["send", address, &file, "--connections", &connections, "--for", &time, "--json", "--timeout", "10s"];
    let (rate, count) = (load.rate.map(|rate| rate.to_string()), load.count.map(|count| count.to_string()));
    if let Some(rate) = &rate {
        arguments.extend(["--rate", rate]);
    }
    if let Some(count) = &count {
        arguments.extend(["--count", count]);
    }
    if load.is_planned {
        arguments.push("--planned");
    }
    let mut process = Process::start("sender", &arguments, &log)?;
    let end = Instant::now() + load.time + Duration::from_secs(15);
    let mut cpu_seconds = 0.0;
    while process.check(&log).is_ok() {
        cpu_seconds = process.cpu_seconds();
        if Instant::now() > end {
            return Err(Failure::new(Exit::Bug, "the sender did not come to an end"));
        }
        tokio::time::sleep(LOOK_PAUSE).await;
    }
    let said = fs::read_to_string(&log).unwrap_or_default();
    let found = said.lines().rev().find_map(|line| serde_json::from_str::<Value>(line).ok());
    let found = found.ok_or_else(|| Failure::unreachable(format!("the sender failed: {}", said.trim())))?;
    let (stats, latency) = (&found["stats"], &found["stats"]["latency"]);
    let count = |value: &Value| value.as_u64().unwrap_or(0);
    let accepted = count(&found["accepted"]);
    Ok(Sent {
        accepted,
        not_accepted: count(&stats["settled"]).saturating_sub(accepted),
        seconds: stats["seconds"].as_f64().unwrap_or(f64::NAN),
        p50_ms: count(&latency["p50_micros"]) as f64 / 1000.0,
        p99_ms: count(&latency["p99_micros"]) as f64 / 1000.0,
        cpu_seconds,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_have_their_size_and_their_patients() {
        let all = admissions();
        assert!(all.iter().all(|message| message.len() == MESSAGE_BYTES), "{}", all[0].len());
        let id_of = |message| hospital::wire::patient_id(message, &hospital::wire::Head::read(message)?);
        let mut ids: Vec<_> = all.iter().map(|message| id_of(message)).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), PATIENTS);
    }
}
