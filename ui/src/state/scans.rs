//! Scans that wait for a patient, and the folder that they come from.

use leptos::prelude::*;
use leptos::task::spawn_local;
use wattle_domain::DocumentId;
use wattle_domain::role::{Action, Grant, Noun};
use wattle_protocol::ipc::scans::{PutScanAside, Scan, Scans, SetScanFolder};

use crate::ipc;
use crate::state::desk::{Desk, Stage};
use crate::state::live::Live;

/// What one may file with.
pub(crate) const MAY_FILE: Grant = (Noun::Patient, Action::Write);

/// What waits, always fresh: the rail shows how much.
#[derive(Clone, Copy)]
pub(crate) struct Scanned {
    desk: Desk,
    /// What waits, and what stays in the folder.
    pub(crate) live: Live<Scans>,
    /// The one that is looked at.
    pub(crate) open: RwSignal<Option<DocumentId>>,
}

impl Scanned {
    /// Begins to follow them, for those who may file documents.
    pub(crate) fn new(desk: Desk) -> Self {
        let live = Live::new(
            move || {
                let here = matches!(desk.stage.get(), Stage::Desk(_)) && desk.may(MAY_FILE);
                // Asked for behind the curtain it is refused, and asked for again when that is drawn back.
                here.then(|| (desk.scans_moved(), desk.locked.get()))
            },
            |_| ipc::scans::scans(),
        );
        Self { desk, live, open: RwSignal::new(None) }
    }

    /// How many wait.
    pub(crate) fn count(self) -> usize {
        self.live.value.with(|scans| scans.as_ref().map_or(0, |scans| scans.scans.len()))
    }

    /// The one in hand: the one that was chosen, else the first.
    pub(crate) fn in_hand(self) -> Option<Scan> {
        let id = self.open.get();
        self.live.value.with(|scans| {
            let scans = &scans.as_ref()?.scans;
            scans.iter().find(|scan| Some(scan.id) == id).or(scans.first()).cloned()
        })
    }

    /// The one after, or before.
    pub(crate) fn step(self, forth: bool) -> bool {
        let Some(now) = untrack(move || self.in_hand()) else { return false };
        let next = self.live.value.with_untracked(|scans| {
            let scans = &scans.as_ref()?.scans;
            let at = scans.iter().position(|scan| scan.id == now.id)?;
            let next = if forth { at + 1 } else { at.checked_sub(1)? };
            scans.get(next).map(|scan| scan.id)
        });
        if next.is_some() {
            self.open.set(next);
        }
        true
    }

    /// Puts one aside, or takes that back.
    pub(crate) fn put_aside(self, scan_id: DocumentId, aside: bool) {
        spawn_local(async move {
            if let Err(error) = ipc::scans::put_scan_aside(PutScanAside { scan_id, aside }).await {
                self.desk.toasts.fault(&error);
            }
        });
    }

    /// Watches another folder; `done` when it is watched.
    pub(crate) fn watch(self, folder: SetScanFolder, done: impl Fn() + 'static) {
        spawn_local(async move {
            match ipc::scans::set_scan_folder(folder).await {
                Ok(_) => done(),
                Err(error) => self.desk.toasts.fault(&error),
            }
        });
    }
}
