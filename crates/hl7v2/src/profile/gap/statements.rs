//! What the receiver says in words: it cannot be compared with what is sent, and is asked.

use super::{Consequence, Spot, Walk};
use crate::codes;
use crate::profile::outline::{Outline, Statement, StatementKind};
use std::collections::HashSet;

impl Walk {
    /// What the receiver checks besides, and the sender does not promise in the same words.
    pub(super) fn statements(&mut self, sender: &Outline, receiver: &Outline) {
        const SHOWN: usize = 12;
        let key = |own: &Statement| (own.id.clone(), own.path.clone(), own.text.clone());
        let promised: HashSet<_> = sender.statements.iter().map(key).collect();
        let more = receiver.statements.iter().filter(|own| !promised.contains(&key(own)));
        let (rules, special): (Vec<&Statement>, Vec<&Statement>) =
            more.partition(|own| own.kind == StatementKind::Rule);
        for own in special {
            let last = own.path.rsplit('.').next().unwrap_or_default();
            let segment = last.split('-').next().unwrap_or_default();
            let group = own.path.strip_suffix(last).unwrap_or_default().trim_end_matches('.');
            let spot = Spot { segment, path: last.to_owned(), name: "", group };
            let what = if own.kind == StatementKind::Slice { "has other rules for" } else { "takes" };
            let text = format!("{what} {}", own.text);
            self.tell(codes::E1163, Consequence::Ask, &spot, text, "nothing can be told from its outline".to_owned());
        }
        let count = rules.len();
        if count == 0 {
            return;
        }
        let ids: Vec<&str> = rules.iter().take(SHOWN).map(|own| &*own.id).collect();
        let more = if count > SHOWN { ", …" } else { "" };
        let spot = Spot { segment: "", path: String::new(), name: "", group: "" };
        let text = format!("checks {count} statements more: {}{more}", ids.join(", "));
        self.tell(codes::E1163, Consequence::Ask, &spot, text, "nothing can be told from its outline".to_owned());
    }
}
