//! Named places in the way of a message where a test ends the process, to see what it leaves behind.
//!
//! Owns: the one list of places. A place is passed wherever the code calls [`pass`] with it; what happens at the armed
//! one is up to whoever armed it.
//! Promises: without debug assertions there are neither names nor counters, and [`pass`] is an empty function; with
//! them, nothing happens unless [`arm`] was called.
//! Never: part of a decision; ends the process itself.

macro_rules! places {
    ($($place:ident $name:literal $what:literal,)*) => {
        /// A place. Its name and what stands there are in docs/TESTING.md.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Place {
            $(#[doc = $what] $place,)*
        }

        /// Every place with its name.
        #[cfg(debug_assertions)]
        pub const ALL: &[(&str, Place)] = &[$(($name, Place::$place),)*];
    };
}

places! {
    LogWriteBefore "log.write.before" "A group of records is ready, nothing of it is written.",
    LogWriteAfter "log.write.after" "The group is in the kernel's hands.",
    LogFsyncBefore "log.fsync.before" "The group is written, and its fsync not begun.",
    LogFsyncAfter "log.fsync.after" "The fsync is through, and nobody was told.",
    SegmentRoll "segment.roll" "The log goes on to its next segment file.",
    SegmentFill "segment.fill" "A segment file is a draft with its first zeros.",
    SegmentHeader "segment.header" "The header of a draft is written and synced.",
    SegmentRename "segment.rename" "The draft has its final name, and the folder is not synced.",
    SegmentReady "segment.ready" "The folder is synced.",
    FileWrite "file.write" "A small file (key, identity, checkpoint) is written beside the old one, and not synced.",
    FileRename "file.rename" "The small file is synced, and has not its final name.",
    FileReady "file.ready" "The small file has replaced the old one.",
    CheckpointBefore "checkpoint.before" "A checkpoint is encoded.",
    CheckpointAfter "checkpoint.after" "The checkpoint is in place.",
    RecoverBefore "recover.before" "A torn tail was found, and not cut.",
    RecoverAfter "recover.after" "The torn tail is cut, and nothing was written since.",
    RetentionBefore "retention.before" "It is decided what is dropped.",
    RetentionBaseline "retention.baseline" "The counters of what is dropped are durable, and its files are there.",
    RetentionRemove "retention.remove" "A segment file was removed.",
    IndexBefore "index.before" "A batch of the index is not committed.",
    IndexAfter "index.after" "The batch is committed.",
    TablesBefore "tables.before" "A change of the tables is not written.",
    TablesAfter "tables.after" "The change is durable, and nobody was told.",
    PlanBefore "plan.before" "The steps of an interface are about to run over a message.",
    AcknowledgeBefore "acknowledge.before" "A message is committed, and its answer not written to the sender.",
    AcknowledgeAfter "acknowledge.after" "The answer is written to the sender.",
    SendBefore "send.before" "A delivery has its turn, and nothing of it is sent.",
    SendAfter "send.after" "The delivery is written to the partner, who has not answered.",
    ReplyBefore "reply.before" "A reply was read, and not looked at.",
    ReplyAfter "reply.after" "The reply is known to be to this message, and nothing follows from it yet.",
    SettleBefore "settle.before" "It is decided what the attempt means, and not recorded.",
    SettleAfter "settle.after" "The attempt was handed to the log.",
    BatchWrite "batch.write" "A message is written to the open batch of a folder, and not synced.",
    BatchSync "batch.sync" "The message is durable in the open batch, and nobody was told.",
    BatchWhole "batch.whole" "The batch is whole and synced under a hidden name.",
    BatchMark "batch.mark" "It is on record that the batch is whole, and it has not its final name.",
    BatchRename "batch.rename" "The batch has its final name, and the record of its messages is not begun anew.",
    BatchReady "batch.ready" "The record is begun anew, and nobody was told.",
    CloseBefore "close.before" "The log is about to end in good order.",
    CloseAfter "close.after" "The last record of the log is durable, and its checkpoint not written.",
}

#[cfg(debug_assertions)]
mod armed {
    use super::{ALL, Place};
    use std::sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    };

    struct Armed {
        place: Place,
        passing: u64,
        passed: AtomicU64,
        end: fn(),
    }

    static ARMED: OnceLock<Armed> = OnceLock::new();

    /// Reads `name:passing`, counted from 1; a name alone means its first passing. From then on `end` is called at that
    /// passing of that place. `false` if there is no such place, or something is armed already.
    #[must_use]
    pub fn arm(text: &str, end: fn()) -> bool {
        let (name, passing) = text.split_once(':').unwrap_or((text, "1"));
        let place = ALL.iter().find(|(known, _)| *known == name).map(|(_, place)| *place);
        let (Some(place), Ok(passing)) = (place, passing.parse()) else { return false };
        ARMED.set(Armed { place, passing, passed: AtomicU64::new(0), end }).is_ok()
    }

    /// The code comes by a place.
    pub fn pass(place: Place) {
        if let Some(armed) = ARMED.get().filter(|armed| armed.place == place)
            && armed.passed.fetch_add(1, Ordering::Relaxed) + 1 == armed.passing
        {
            (armed.end)();
        }
    }
}

#[cfg(debug_assertions)]
pub use armed::{arm, pass};

/// The code comes by a place.
#[cfg(not(debug_assertions))]
#[inline(always)]
pub const fn pass(_place: Place) {}

/// What a constant may do, the optimiser can leave out: nothing is read, counted or written.
#[cfg(not(debug_assertions))]
const _: () = pass(Place::LogWriteBefore);

#[cfg(all(test, debug_assertions))]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    static ENDS: AtomicU32 = AtomicU32::new(0);

    fn end() {
        ENDS.fetch_add(1, Ordering::Relaxed);
    }

    #[test]
    fn the_armed_place_ends_at_its_passing_only() {
        pass(Place::SendBefore);
        for wrong in ["", "send", "send.before:", "send.before:x", "send.before:-1"] {
            assert!(!arm(wrong, end), "{wrong}");
        }
        assert!(arm("send.before:2", end));
        assert!(!arm("send.after", end), "one at a time");
        for (place, expect) in
            [(Place::SendBefore, 0), (Place::SendAfter, 0), (Place::SendBefore, 1), (Place::SendBefore, 1)]
        {
            pass(place);
            assert_eq!(ENDS.load(Ordering::Relaxed), expect);
        }
    }

    #[test]
    fn names_are_different() {
        let mut names: Vec<&str> = ALL.iter().map(|(name, _)| *name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ALL.len());
    }
}
