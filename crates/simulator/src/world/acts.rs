//! What the plan has happen.

use std::sync::Arc;

use wattle_domain::{FeedClass, Role};
use wattle_sync_engine::machine::Event;

use super::{Happening, Undo, World};
use crate::desk::{Desk, File, HandClock, SeededIds, file, person};
use crate::plan::What;
use crate::random::Random;

impl World {
    /// One act.
    pub fn act(&mut self, at: usize) {
        if self.healing {
            return;
        }
        let act = self.plan.acts[at].clone();
        let mut random = Random::new(act.seed);
        self.trace.note(self.now_ms, format_args!("act {at}: {:?}", act.what));
        match act.what {
            What::Command { desk } => self.command(desk, &mut random),
            What::Group { desk } => {
                let here = &self.desks[desk];
                let Some(open) = &here.open else { return };
                if let Some(commands) = person::group(&open.look, here.clinic, &mut random) {
                    self.submit_all(desk, commands);
                }
            }
            What::Burst { desk, commands, offline_ms } => {
                let here = &mut self.desks[desk];
                here.cut_until_ms = here.cut_until_ms.max(self.now_ms + offline_ms);
                if let Some(stream) =
                    here.open.as_ref().and_then(|open| open.stream).filter(|_| offline_ms > 0)
                {
                    self.cut_stream(stream, 500);
                }
                for _ in 0..commands {
                    self.command(desk, &mut random);
                }
            }
            What::SwitchUser { desk } => {
                let Some(now) = self.stop(desk) else { return };
                let people = self.desks[desk].people.clone();
                let next = people.iter().copied().find(|p| *p != now).unwrap_or(now);
                self.later(random.between(200, 5_000), Happening::Start { desk, person: next });
            }
            What::Restart { desk } => {
                if let Some(person) = self.stop(desk) {
                    self.later(random.between(200, 8_000), Happening::Start { desk, person });
                }
            }
            What::NewApp { desk } => {
                if let Some(person) = self.stop(desk) {
                    self.desks[desk].old_app = false;
                    self.later(random.between(500, 8_000), Happening::Start { desk, person });
                }
            }
            What::Crash { desk } => self.desks[desk].crash_armed = true,
            What::FullDisk { desk, for_ms } => {
                let until = self.now_ms + for_ms;
                let here = &mut self.desks[desk];
                let Some(open) = &here.open else { return };
                let pages = u32::try_from(open.look.number("PRAGMA page_count")).unwrap_or(u32::MAX);
                if open.store.limit_pages(Some(pages)).is_ok() {
                    here.full_until_ms = until;
                    self.later(for_ms, Happening::Undo(Undo::FullDisk { desk }));
                }
            }
            What::ClockJump { desk, by_ms } => self.desks[desk].clock_off_ms += by_ms,
            What::Partition { desk, for_ms } => {
                let here = &mut self.desks[desk];
                here.cut_until_ms = here.cut_until_ms.max(self.now_ms + for_ms);
                if let Some(stream) = here.open.as_ref().and_then(|open| open.stream) {
                    self.cut_stream(stream, 15_000);
                }
            }
            What::Corrupt { desk } => self.corrupt(desk),
            What::Clone { desk } => self.clone_disk(desk, &mut random),
            What::Ask { desk } => {
                let event = if random.chance(500) { Event::CheckNow } else { Event::Wake };
                self.tell(desk, event);
            }
            What::Revoke { person } => {
                let person = self.plan.people[person].clone();
                let roles = match person.roles.first() {
                    Some(Role::Reception) => vec![Role::Admin],
                    Some(Role::Admin) => vec![Role::PracticeManager],
                    _ => vec![Role::Reception],
                };
                self.server.database.clinic_mut(person.clinic).roles.insert(person.user, roles);
                self.moved();
            }
            What::Regrant { person } => {
                let person = self.plan.people[person].clone();
                self.server.database.clinic_mut(person.clinic).roles.insert(person.user, person.roles);
                self.moved();
            }
            What::Import { clinic, steps, gap_ms, commit } => {
                let number = self.number();
                self.server.import_begins(number, clinic);
                let seed = random.draw();
                self.later(1, Happening::Import { number, left: steps, gap_ms, commit, seed });
            }
            What::Save { slot } => {
                self.saved.insert(slot, self.server.database.clone());
            }
            What::Load { slot, restored, down_ms } => self.load(slot, restored, down_ms),
            What::ServerDown { for_ms } => {
                self.server_up = false;
                self.server.imports.clear();
                self.cut_all_streams();
                self.later(for_ms, Happening::Undo(Undo::ServerDown));
            }
            What::Compact { keep_ms, harshly } => self.server.compact(keep_ms, harshly),
            What::MinVersion => self.server.database.min_app_version = "0.2.0".into(),
        }
    }

    /// The end of what an act began.
    pub fn undo(&mut self, undo: Undo) {
        match undo {
            Undo::ServerDown => self.server_up = true,
            Undo::FullDisk { desk } => {
                self.desks[desk].full_until_ms = 0;
                if let Some(open) = &self.desks[desk].open {
                    let _ = open.store.limit_pages(None);
                }
            }
        }
    }

    fn command(&mut self, desk: usize, random: &mut Random) {
        let here = &self.desks[desk];
        let life = here.life;
        let Some(open) = &here.open else { return };
        let Some(command) = person::command(&open.look, here.clinic, random) else { return };
        // Some look at a form for a while before they send it.
        if random.chance(300) {
            let after = random.between(1_000, 60_000);
            self.later(after, Happening::Submit { desk, life, command: Box::new(command) });
        } else {
            self.submit(desk, command);
        }
    }

    fn clone_disk(&mut self, desk: usize, random: &mut Random) {
        let to = self.desks.len();
        let here = &self.desks[desk];
        if here.files.is_empty() {
            return;
        }
        let mut files = std::collections::BTreeMap::new();
        for (profile, from) in &here.files {
            let path = self.folder.join(format!("desk-{to}-{profile}.db"));
            file::copy_torn(&from.path, &path, file::wal_len(&from.path), &[]);
            files.insert(profile.clone(), File { path, ..from.clone() });
        }
        let person = here.open.as_ref().map_or(here.people[0], |open| open.person);
        let copy = Desk {
            clinic: here.clinic,
            workstation: here.workstation,
            people: here.people.clone(),
            old_app: here.old_app,
            pull_max_bytes: here.pull_max_bytes,
            clock_off_ms: here.clock_off_ms,
            clock: Arc::new(HandClock::default()),
            ids: Arc::new(SeededIds::new(Random::of(random.draw(), &[to as u64]))),
            random: Random::of(random.draw(), &[4]),
            files,
            open: None,
            life: 0,
            cut_until_ms: 0,
            crash_armed: false,
            full_until_ms: 0,
            switched_on: true,
        };
        self.desks.push(copy);
        self.later(random.between(500, 5_000), Happening::Start { desk: to, person });
        // Somebody works there, or nobody would notice.
        for _ in 0..random.between(1, 4) {
            let at = self.plan.acts.len();
            let what = What::Command { desk: to };
            let after = random.between(6_000, 60_000);
            self.plan.acts.push(crate::plan::Act { at_ms: self.now_ms + after, what, seed: random.draw() });
            self.later(after, Happening::Act(at));
        }
    }

    fn load(&mut self, slot: u32, restored: bool, down_ms: u64) {
        let Some(mut database) = self.saved.remove(&slot) else { return };
        // One history after another: a backup of the lost one is not put back over the one that followed it.
        self.saved.clear();
        database.timeline = self.server.database.timeline;
        database.restores = self.server.database.restores;
        if restored {
            database.restores += 1;
        } else {
            database.timeline += 1;
        }
        // Somebody who signed in since has to sign in again; their key is told anew.
        for (lost, kept) in self.server.database.clinics.iter().zip(&mut database.clinics) {
            for (who, key) in &lost.keys {
                kept.keys.entry(*who).or_insert_with(|| key.clone());
            }
        }
        self.server.database = database;
        self.server.imports.clear();
        self.epoch_changed = true;
        self.server_up = false;
        self.cut_all_streams();
        self.later(down_ms, Happening::Undo(Undo::ServerDown));
    }

    /// A step of an importer.
    pub fn import(&mut self, number: u64, left: u64, gap_ms: u64, commit: bool, seed: u64) {
        let mut random = Random::new(seed);
        if left == 0 || self.healing {
            self.server.import_ends(number, commit && !self.healing);
            self.trace.note(self.now_ms, format_args!("server: import {number} ends, {commit}"));
            self.server.check();
            self.moved();
            return;
        }
        self.server.import_writes(number, &mut random);
        let after = random.between(1, gap_ms);
        self.later(after, Happening::Import { number, left: left - 1, gap_ms, commit, seed: random.draw() });
    }

    /// The classes that a file of some profile may hold now, for whoever used it last.
    #[must_use]
    pub fn granted_to(&self, desk: usize, person: usize) -> Vec<FeedClass> {
        self.server.granted(self.desks[desk].clinic, self.plan.people[person].user)
    }
}
