//! `sinew profile diff`: what one side sends and the other does not take, to be sent to a vendor.

use super::side::{self, Side};
use crate::{
    outcome::{Exit, Failure, Result},
    screen::{Screen, plain},
    table::{self, Cell, Table},
};
use clap::Args;
use hl7v2::{
    codes,
    profile::{
        gap::{self, Comparison, Consequence, Gap},
        outline::Outline,
    },
};
use serde_json::{Value, json};

/// Compare what one side sends with what the other takes: the gap report
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sinew profile diff feed/ guide/Global#ADT_A01:P1         messages against a vendor's guide
  sinew profile diff 'hl7v2 2.3 ADT_A01' 'hl7v2 2.5.1 ADT_A01'
  sinew profile diff feed.hl7 hl7v2 2.5.1 ADT              quotes are not needed
  sinew profile diff shared/profiles/feed.flow us-immunization
  sinew profile diff feed/ guide/Global --json

A sends, B takes. Each is a profile of the workspace or one that ships with Sinew, by its name; a file of profiles
(FILE.flow[#NAME]), the folder of a conformance profile (NIST, IGAMT; #MESSAGE-ID names one of its messages), the standard
(hl7v2 VERSION and a structure, event or type), or messages: files, a folder, - for standard input. Of messages, what they really send is compared. Message types go together by their structure.

What follows for B: will refuse, may refuse, may truncate, will not read it, will miss it. What depends on other fields
cannot be compared and is a question (--all shows each). No value of a message is shown but codes that are no secret.
Exit: 0 no gap, 1 gaps, 2 a side is not what it seems, 3 a file cannot be opened.")]
pub struct Diff {
    /// What is sent, and what takes it
    #[arg(required = true, value_names = ["A", "B"], num_args = 2..=6)]
    sides: Vec<String>,
    /// Show questions too, each
    #[arg(long)]
    all: bool,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

/// One message type of the sender, compared.
struct Pair<'s> {
    sent: &'s Outline,
    taken: Option<&'s Outline>,
    found: Comparison,
}

impl Diff {
    pub fn run(self, screen: &Screen) -> Result {
        let sides = side::sides(&self.sides);
        let [sender, receiver] = sides.as_slice() else {
            return Err(Failure::usage(format!("there are {} sides to compare, not two", sides.len()))
                .hint("put the words of each side in quotes: 'hl7v2 2.5.1 ADT_A01'"));
        };
        let (sender, receiver) = (Side::read(sender, screen)?, Side::read(receiver, screen)?);
        let pairs = pairs(&sender, &receiver)?;
        if self.json {
            screen.line(as_json(&sender, &receiver, &pairs).to_string());
        } else {
            for pair in &pairs {
                self.print(screen, pair, &sender.name, &receiver.name);
            }
        }
        Ok(if pairs.iter().all(|pair| pair.found.is_good()) { Exit::Ok } else { Exit::Problems })
    }

    fn print(&self, screen: &Screen, pair: &Pair<'_>, sender: &str, receiver: &str) {
        let taken = pair.taken.map_or(String::new(), |taken| format!(" ({})", taken.name));
        screen.line(screen.paint("1", &plain(&format!("{sender} ({}) to {receiver}{taken}", pair.sent.name))));
        let shown: Vec<&Gap> =
            pair.found.gaps.iter().filter(|gap| self.all || gap.consequence != Consequence::Ask).collect();
        let mut segments: Vec<&str> = Vec::new();
        for gap in &shown {
            if !segments.contains(&&*gap.segment) {
                segments.push(&gap.segment);
            }
        }
        for segment in segments {
            screen.line("");
            let mut table = Table::new(&["place", "name", "what follows", "receiver", "sender", "code"]);
            for gap in shown.iter().filter(|gap| gap.segment == segment) {
                table.row(row(gap));
            }
            table.lines(screen).iter().for_each(|line| screen.line(format!("  {}", line.trim_end())));
        }
        screen.line("");
        screen.line(summary(&pair.found, self.all));
        screen.line("");
    }
}

fn row(gap: &Gap) -> Vec<Cell> {
    let style = match gap.consequence {
        Consequence::Refuses => "31",
        Consequence::MayRefuse | Consequence::MayTruncate => "33",
        Consequence::Overlooks | Consequence::Misses | Consequence::Ask => "36",
    };
    let path = if gap.path.is_empty() { "the message" } else { &gap.path };
    vec![
        plain(path).into(),
        plain(&gap.name).into(),
        Cell(gap.consequence.words().to_owned(), style),
        plain(&gap.receiver).into(),
        plain(&gap.sender).into(),
        gap.code.id.into(),
    ]
}

/// `7 gaps: 2 will refuse, 5 may refuse; 3 questions`.
fn summary(found: &Comparison, is_all: bool) -> String {
    let asks = found.count(Consequence::Ask);
    let gaps = found.gaps.len() - asks + found.left_out;
    let counts: Vec<String> = Consequence::ALL
        .iter()
        .filter(|own| **own != Consequence::Ask && found.count(**own) > 0)
        .map(|own| format!("{} {}", found.count(*own), own.words()))
        .collect();
    let list = if counts.is_empty() { String::new() } else { format!(": {}", counts.join(", ")) };
    let left_out = if found.left_out > 0 { format!(", {} left out", found.left_out) } else { String::new() };
    let more = if is_all { "" } else { " (--all shows them)" };
    let questions = if asks > 0 {
        format!("; {} that cannot be compared{more}", table::count(asks as u64, "rule"))
    } else {
        String::new()
    };
    format!("{}{list}{left_out}{questions}", table::count(gaps as u64, "gap"))
}

/// Every message type of the sender with that of the receiver which it goes to.
fn pairs<'s>(sender: &'s Side, receiver: &'s Side) -> Result<Vec<Pair<'s>>> {
    let one = |sent: &'s Outline| {
        let taken = match (sender.outlines.len(), receiver.outlines.as_slice()) {
            (1, [only]) => Some(only),
            _ => receiver.partner(sent)?,
        };
        let found = taken.map_or_else(|| undescribed(sent), |taken| gap::compare(sent, taken));
        Ok(Pair { sent, taken, found })
    };
    sender.outlines.iter().map(one).collect()
}

/// The receiver knows nothing of this message type.
fn undescribed(sent: &Outline) -> Comparison {
    let gap = Gap {
        code: codes::E1164,
        consequence: Consequence::Refuses,
        segment: "MSH".to_owned(),
        path: "MSH-9".to_owned(),
        name: "Message Type".to_owned(),
        groups: Vec::new(),
        receiver: "describes no such message".to_owned(),
        sender: format!("sends {}", sent.structure),
    };
    Comparison { gaps: vec![gap], left_out: 0 }
}

fn as_json(sender: &Side, receiver: &Side, pairs: &[Pair<'_>]) -> Value {
    let gap = |gap: &Gap| {
        json!({"code": gap.code.id, "consequence": gap.consequence.as_str(), "segment": gap.segment, "path": gap.path,
            "name": gap.name, "groups": gap.groups, "receiver": gap.receiver, "sender": gap.sender})
    };
    let pair = |pair: &Pair<'_>| {
        json!({"sender": pair.sent.name, "receiver": pair.taken.map(|taken| &taken.name), "structure": pair.sent.structure,
            "gaps": pair.found.gaps.iter().map(gap).collect::<Vec<_>>(), "left_out": pair.found.left_out})
    };
    let is_good = pairs.iter().all(|pair| pair.found.is_good());
    json!({"sender": sender.name, "receiver": receiver.name, "is_compatible": is_good,
        "comparisons": pairs.iter().map(pair).collect::<Vec<_>>()})
}
