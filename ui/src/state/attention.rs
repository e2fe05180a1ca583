//! What somebody must look at.

use leptos::prelude::*;
use wattle_protocol::ipc::attention::{AttentionItem, ConflictItem, GlassItem, RejectedItem, SameCardItem};

use crate::ipc;
use crate::state::desk::{Desk, Stage};
use crate::state::live::Live;

/// One thing on the list.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Entry {
    /// Two values of one field.
    Conflict(Box<ConflictItem>),
    /// A refused command, or all of a group in their order.
    Rejected(Vec<RejectedItem>),
    /// A restricted record was opened.
    Glass(GlassItem),
    /// Two patients have one card.
    SameCard(SameCardItem),
}

/// The list, always fresh: the rail shows how many.
#[derive(Clone, Copy)]
pub(crate) struct Attention {
    /// The items.
    pub(crate) items: Live<Vec<AttentionItem>>,
    /// What nobody has dealt with, groups put together.
    pub(crate) entries: Memo<Vec<Entry>>,
}

impl Attention {
    /// Begins to follow it.
    pub(crate) fn new(desk: Desk) -> Self {
        let items = Live::new(
            move || matches!(desk.stage.get(), Stage::Desk(_)).then(|| desk.attention_moved()),
            |_| ipc::attention::attention(),
        );
        let entries =
            Memo::new(move |_| items.value.with(|items| entries(items.as_deref().unwrap_or_default())));
        Self { items, entries }
    }

    /// How many wait for a decision.
    pub(crate) fn count(self) -> usize {
        self.entries.with(|entries| {
            entries.iter().filter(|entry| !matches!(entry, Entry::Conflict(item) if item.pending)).count()
        })
    }

    /// Refused commands that somebody has dealt with.
    pub(crate) fn aside(self) -> Vec<RejectedItem> {
        let aside = |item: &AttentionItem| match item {
            AttentionItem::Rejected(item) if item.aside.is_some() => Some(item.clone()),
            _ => None,
        };
        self.items.value.with(|items| items.iter().flatten().filter_map(aside).collect())
    }
}

/// A group stands where its latest command does.
fn entries(items: &[AttentionItem]) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    for item in items {
        match item {
            AttentionItem::Conflict(item) => entries.push(Entry::Conflict(Box::new(item.clone()))),
            AttentionItem::Glass(item) => entries.push(Entry::Glass(item.clone())),
            AttentionItem::SameCard(item) => entries.push(Entry::SameCard(item.clone())),
            AttentionItem::Rejected(item) if item.aside.is_some() => {}
            AttentionItem::Rejected(item) => {
                let together = entries.iter_mut().find_map(|entry| match entry {
                    Entry::Rejected(group) if same_group(group, item) => Some(group),
                    _ => None,
                });
                match together {
                    Some(group) => {
                        group.push(item.clone());
                        group.sort_by_key(|item| item.n);
                    }
                    None => entries.push(Entry::Rejected(vec![item.clone()])),
                }
            }
        }
    }
    entries
}

fn same_group(group: &[RejectedItem], item: &RejectedItem) -> bool {
    let id = |item: &RejectedItem| item.group.map(|group| group.id);
    id(item).is_some() && group.first().and_then(id) == id(item)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_group_is_one_entry_in_its_order_and_what_was_set_aside_is_none() {
        let item = |n: u64, group: Option<u128>, aside: bool| -> AttentionItem {
            serde_json::from_value(json!({
                "kind": "rejected", "command_id": uuid::Uuid::from_u128(n.into()), "name": "book_appointment", "args": {}, "issued_at": 0,
                "by": null, "patient_id": null, "patient_name": null, "rejection": null, "n": n,
                "group": group.map(|id| json!({"id": uuid::Uuid::from_u128(id), "at": n, "of": 2})),
                "aside": aside.then(|| json!({"by": null, "by_name": null, "at": 1})),
            }))
            .unwrap()
        };
        let items =
            [item(2, Some(7), false), item(9, None, false), item(1, Some(7), false), item(3, None, true)];
        let numbers: Vec<Vec<u64>> = entries(&items)
            .iter()
            .map(|entry| match entry {
                Entry::Rejected(items) => items.iter().map(|item| item.n).collect(),
                Entry::Conflict(_) | Entry::Glass(_) | Entry::SameCard(_) => Vec::new(),
            })
            .collect();
        assert_eq!(numbers, [vec![1, 2], vec![9]]);
    }
}
