//! The kinds of trouble that are watched for: their code, and what each means for messages.

use crate::codes;
use message::Code;
use serde::{Deserialize, Serialize};

/// What is wrong. The worse, the earlier: the first leads an incident that has several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The store failed or cannot be reached.
    Store,
    /// Messages that no state accounts for.
    Lost,
    /// The disk is full or nearly.
    Disk,
    /// A source is not open.
    Closed,
    /// A destination does not take messages.
    Down,
    /// No message where there should be some.
    Silent,
    /// A queue is long or old.
    Backlog,
    /// Messages are parked, refused or rejected more than usual.
    Errors,
    /// Messages wait for a person.
    Parked,
    /// Acknowledgments take long.
    Acknowledgment,
    /// Deliveries take long.
    Slow,
    /// The disk takes long to sync.
    Fsync,
    /// A certificate ends soon.
    Certificate,
    /// What a sender sends is worse than it was.
    Quality,
    /// The clock of a sender is wrong.
    Skew,
    /// A backup is overdue.
    Backup,
    /// A drill is overdue.
    Drill,
}

impl Kind {
    /// Every one.
    pub const ALL: [Kind; 17] = [
        Kind::Store,
        Kind::Lost,
        Kind::Disk,
        Kind::Closed,
        Kind::Down,
        Kind::Silent,
        Kind::Backlog,
        Kind::Errors,
        Kind::Parked,
        Kind::Acknowledgment,
        Kind::Slow,
        Kind::Fsync,
        Kind::Certificate,
        Kind::Quality,
        Kind::Skew,
        Kind::Backup,
        Kind::Drill,
    ];

    /// The word, as in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Store => "store",
            Kind::Lost => "lost",
            Kind::Disk => "disk",
            Kind::Closed => "closed",
            Kind::Down => "down",
            Kind::Silent => "silent",
            Kind::Backlog => "backlog",
            Kind::Errors => "errors",
            Kind::Parked => "parked",
            Kind::Acknowledgment => "acknowledgment",
            Kind::Slow => "slow",
            Kind::Fsync => "fsync",
            Kind::Certificate => "certificate",
            Kind::Quality => "quality",
            Kind::Skew => "skew",
            Kind::Backup => "backup",
            Kind::Drill => "drill",
        }
    }

    /// Names the page.
    #[must_use]
    pub fn code(self) -> Code {
        match self {
            Kind::Store => codes::E5300,
            Kind::Lost => codes::E5301,
            Kind::Disk => codes::E5302,
            Kind::Closed => codes::E5303,
            Kind::Down => codes::E5304,
            Kind::Silent => codes::E5305,
            Kind::Backlog => codes::E5306,
            Kind::Errors => codes::E5307,
            Kind::Parked => codes::E5308,
            Kind::Acknowledgment => codes::E5309,
            Kind::Slow => codes::E5310,
            Kind::Fsync => codes::E5311,
            Kind::Certificate => codes::E5312,
            Kind::Quality => codes::E5313,
            Kind::Skew => codes::E5314,
            Kind::Backup => codes::E5315,
            Kind::Drill => codes::E5316,
        }
    }

    /// Whether messages are safe, in a sentence.
    #[must_use]
    pub fn safety(self) -> &'static str {
        match self {
            Kind::Store => {
                "No message that was acknowledged is lost. New ones are not taken, so senders keep theirs until this is mended."
            }
            Kind::Lost => "Messages may be missing. Keep the machine as it is and do not delete anything.",
            Kind::Disk => {
                "No message that was acknowledged is lost. When the disk is full, senders are told to try later and keep theirs."
            }
            Kind::Closed => {
                "Nothing that was acknowledged is lost. The senders keep their messages until the source opens."
            }
            Kind::Down | Kind::Backlog | Kind::Slow => {
                "Nothing is lost. What waits is on disk, keeps its order, and goes out by itself when the partner answers."
            }
            Kind::Silent => {
                "Nothing that reached us is lost. What the sender did not send it still has, or never made: ask it."
            }
            Kind::Errors | Kind::Parked => {
                "Nothing is lost. What was parked is kept for a person; what was refused was answered with a no, and the sender knows."
            }
            Kind::Acknowledgment | Kind::Fsync => {
                "Nothing is lost. A sender that waits too long may send a message again; it is recognised and delivered once."
            }
            Kind::Certificate => {
                "Nothing is lost now. After its end the connection is refused and the other side keeps its messages."
            }
            Kind::Quality | Kind::Skew => "Nothing is lost: messages are taken and delivered as before.",
            Kind::Backup | Kind::Drill => {
                "Nothing is lost now. If this disk broke, what came since the last good backup would be."
            }
        }
    }

    /// What to do first, in a sentence or two, with commands.
    #[must_use]
    pub fn advice(self) -> &'static str {
        match self {
            Kind::Store => {
                "Look at the disk and at `sinew doctor`; after mending start `sinew run` again: it verifies before it takes messages."
            }
            Kind::Lost => "Run `sinew doctor --verify` and keep its output.",
            Kind::Disk => "Make room on the disk of the data folder, or shorten `retention` in sinew.toml.",
            Kind::Closed => {
                "`sinew status` says why the source is not open: a port in use, a certificate, a folder. It is tried again by itself."
            }
            Kind::Down => "Call the partner; `sinew queues` shows what waits and when it is tried again.",
            Kind::Silent => "Ask the sender whether its interface runs; `sinew status` says whether it is connected.",
            Kind::Backlog => {
                "`sinew queues` shows the oldest; ask the partner why it is slow, or raise `lanes` where order allows."
            }
            Kind::Errors => "`sinew messages 'state:parked'` and `sinew explain ID` say which line and why.",
            Kind::Parked => "`sinew messages 'state:parked'` lists them; after mending the cause use `sinew retry`.",
            Kind::Acknowledgment => {
                "`sinew status` and `sinew doctor` show the disk and the load; `ack after-stored` does not wait for partners."
            }
            Kind::Slow => "`sinew explain ID` shows where a message spent its time.",
            Kind::Fsync => "`sinew doctor` measures the disk; look for another program that writes to it.",
            Kind::Certificate => "Renew it and put the new files in place; they are read without a restart.",
            Kind::Quality => "`sinew quality INTERFACE` shows the place and since when; tell the sender.",
            Kind::Skew => {
                "Ask the sender to look at its time service; orders and results are sorted by these times elsewhere."
            }
            Kind::Backup => "`sinew backup` makes one; `sinew doctor` says why the last did not end well.",
            Kind::Drill => "`sinew drill` proves that the newest backup can be restored.",
        }
    }
}
