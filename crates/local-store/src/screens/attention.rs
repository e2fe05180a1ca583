//! *Needs attention*: conflicts, and commands that a rule stopped or that the server keeps.

mod conflict;
pub(crate) mod glass;
mod rejected;
mod same_card;

use wattle_domain::{CommandId, UserId, UtcInstant};
use wattle_protocol::ipc::attention::{ASIDE_SHOWN_MS, AttentionItem};

use super::{card, clinic, restricted};
use crate::error::Error;
use crate::store::Store;
use crate::tables::outbox;

impl Store {
    /// What somebody must look at, latest first. A conflict that was resolved here stays until the server has the choice; a
    /// command that was set aside stays for a week.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn attention(&self, viewer: UserId) -> Result<Vec<AttentionItem>, Error> {
        let here = self.identity().workstation;
        let now = self.shared().clock.now();
        let aside_since = UtcInstant(now.0 - ASIDE_SHOWN_MS);
        let told = glass::told(self.identity());
        self.read(|connection| {
            let names = clinic::user_names(connection)?;
            let viewer = Viewer { user: viewer, here, now, names: &names };
            let mut items: Vec<(UtcInstant, AttentionItem)> = Vec::new();
            for item in conflict::items(connection, &viewer)? {
                items.push((item.kept.at.unwrap_or_default(), AttentionItem::Conflict(item)));
            }
            if told {
                let notices = glass::items(connection, &viewer)?;
                items.extend(notices.into_iter().map(|item| (item.opened_at, AttentionItem::Glass(item))));
            }
            let cards = same_card::items(connection)?;
            items.extend(cards.into_iter().map(|card| (card.noticed_at, AttentionItem::SameCard(card))));
            for command in outbox::rejected(connection, aside_since)? {
                let item = rejected::item(connection, command, &viewer)?;
                items.push((item.issued_at, AttentionItem::Rejected(item)));
            }
            items.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
            Ok(items.into_iter().map(|(_, item)| item).collect())
        })
    }

    /// Somebody has dealt with a rejected command: it leaves the count and is kept, with who and when. `None` puts it back.
    ///
    /// # Errors
    /// When it could not be saved; then nothing has changed.
    pub fn set_aside(&self, command: CommandId, by: Option<UserId>) -> Result<bool, Error> {
        let (done, _) = self.write(move |txn| {
            let now = txn.now();
            txn.tell();
            outbox::set_aside(txn.connection(), command, by.map(|by| (by, now)))
        })?;
        Ok(done)
    }

    /// A rejected command as it was meant, to be tried again as a new one; `None` when there is no such.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn rejected_command(&self, command: CommandId) -> Result<Option<wattle_domain::Envelope>, Error> {
        self.read(|connection| {
            let all = outbox::rejected(connection, UtcInstant(i64::MAX))?;
            Ok(all.into_iter().map(|r| r.envelope).find(|e| e.id == command))
        })
    }
}

/// Who looks, and where.
struct Viewer<'a> {
    user: UserId,
    here: wattle_domain::WorkstationId,
    now: UtcInstant,
    names: &'a std::collections::BTreeMap<UserId, String>,
}
