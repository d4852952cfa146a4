//! What one statement stores: the messages and changes of a group, and whom to tell.
//!
//! Promises: a group keeps its ids and bytes however often it is sent; ids grow within it.

use crate::{
    Error, Receipt, Verdict, index,
    log::{OnDurable, queue::Reply},
};
use message::MessageId;

/// Whom to tell once the group is committed.
pub(super) enum Waiter {
    Receipt(Reply<Receipt>, Receipt, Option<OnDurable>),
    Change(Reply<u64>, u64),
}

/// See the module.
#[derive(Default)]
pub(super) struct Group {
    pub(super) ids: Vec<i64>,
    pub(super) records: Vec<Vec<u8>>,
    pub(super) entries: Vec<index::Accepted>,
    pub(super) change_ids: Vec<i64>,
    pub(super) change_messages: Vec<i64>,
    pub(super) change_records: Vec<Vec<u8>>,
    pub(super) changes: Vec<index::Changed>,
    pub(super) waiters: Vec<Waiter>,
    pub(super) bytes: usize,
}

impl Group {
    pub(super) fn is_empty(&self) -> bool {
        self.ids.is_empty() && self.change_ids.is_empty()
    }

    pub(super) fn message(&mut self, id: u64, record: Vec<u8>, entry: index::Accepted) {
        self.bytes += record.len();
        self.ids.push(id as i64);
        self.records.push(record);
        self.entries.push(entry);
    }

    pub(super) fn change(&mut self, changed: index::Changed, record: Vec<u8>) {
        self.bytes += record.len();
        self.change_ids.push(changed.lsn as i64);
        self.change_messages.push(changed.message as i64);
        self.change_records.push(record);
        self.changes.push(changed);
    }

    /// The greatest id.
    pub(super) fn last(&self) -> u64 {
        let last = |ids: &[i64]| ids.last().map_or(0, |id| *id as u64);
        last(&self.ids).max(last(&self.change_ids))
    }

    /// Refuses the messages: they were not stored. What else there is stays, to be sent again.
    pub(super) fn refuse_messages(&mut self, error: &Error) {
        let ids = std::mem::take(&mut self.ids);
        self.records.clear();
        self.entries.clear();
        self.bytes = self.change_records.iter().map(Vec::len).sum();
        for waiter in std::mem::take(&mut self.waiters) {
            match waiter {
                Waiter::Receipt(reply, receipt, then) => {
                    let MessageId(id) = receipt.id();
                    if ids.binary_search(&(id as i64)).is_ok() {
                        let _ = reply.send(Err(error.clone()));
                    } else {
                        tell(reply, receipt, then);
                    }
                }
                Waiter::Change(..) => self.waiters.push(waiter),
            }
        }
    }

    /// What the index is told, in the order of the ids.
    pub(super) fn take_entries(&mut self) -> Vec<index::Entry> {
        let mut entries = Vec::with_capacity(self.entries.len() + self.changes.len());
        let mut changes = std::mem::take(&mut self.changes).into_iter().peekable();
        for accepted in std::mem::take(&mut self.entries) {
            while let Some(changed) = changes.next_if(|changed| changed.lsn < accepted.lsn) {
                entries.push(index::Entry::Changed(changed));
            }
            entries.push(index::Entry::Accepted(Box::new(accepted)));
        }
        entries.extend(changes.map(index::Entry::Changed));
        entries
    }

    /// Tells everyone; gives the number of messages that were new.
    pub(super) fn answer(&mut self) -> u64 {
        let mut messages = 0;
        for waiter in self.waiters.drain(..) {
            match waiter {
                Waiter::Receipt(reply, receipt, then) => {
                    messages += u64::from(!matches!(receipt.verdict(), Verdict::Duplicate { .. }));
                    tell(reply, receipt, then);
                }
                Waiter::Change(reply, lsn) => drop(reply.send(Ok(lsn))),
            }
        }
        messages
    }

    /// Tells everyone that it did not work out.
    pub(super) fn fail(&mut self, error: &Error) {
        for waiter in self.waiters.drain(..) {
            match waiter {
                Waiter::Receipt(reply, ..) => drop(reply.send(Err(error.clone()))),
                Waiter::Change(reply, _) => drop(reply.send(Err(error.clone()))),
            }
        }
    }
}

fn tell(reply: Reply<Receipt>, receipt: Receipt, then: Option<OnDurable>) {
    if let Some(then) = then {
        then(&receipt);
    }
    let _ = reply.send(Ok(receipt));
}
