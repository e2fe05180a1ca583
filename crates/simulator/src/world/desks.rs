//! Switching desks on and off, and who sits there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use wattle_domain::role::profile;
use wattle_local_store::{DataKey, Identity, Store};
use wattle_protocol::session::Cursors;
use wattle_sync_engine::machine::{Config, Event, Machine};

use super::wire::version;
use super::work::TOKEN_MS;
use super::{Happening, World};
use crate::desk::look::{KEY, Look};
use crate::desk::{File, Open, facts, file};
use crate::server::history::Wrong;

impl World {
    /// Somebody signs in at a desk that is off.
    pub fn start(&mut self, desk: usize, person: usize) {
        if self.desks[desk].open.is_some() {
            return;
        }
        let clinic = self.desks[desk].clinic;
        let user = self.plan.people[person].user;
        let reachable = self.server_up && self.desks[desk].cut_until_ms <= self.now_ms;
        // Offline, the person is who they were; a new person cannot begin there.
        let roles =
            if reachable { self.server.roles(clinic, user) } else { self.plan.people[person].roles.clone() };
        let profile = profile(&roles);
        let known = self.desks[desk].files.contains_key(&profile);
        if !reachable && !known {
            let after = self.desks[desk].random.between(2_000, 10_000);
            return self.later(after, Happening::Start { desk, person });
        }
        let path = self.folder.join(format!("desk-{desk}-{profile}.db"));
        if !known {
            file::make(&path);
            let new = File {
                path: path.clone(),
                saved: BTreeSet::new(),
                own_words: BTreeSet::new(),
                granted: BTreeSet::new(),
                epoch: String::new(),
                cursors: Cursors::new(),
                damaged: BTreeSet::new(),
                excused: false,
                last_person: person,
            };
            self.desks[desk].files.insert(profile.clone(), new);
        }
        let key = (user, self.desks[desk].workstation);
        if reachable {
            let public = public_key(&self.keys[person]);
            self.server.database.clinic_mut(clinic).keys.insert(key, public);
        }
        let here = &mut self.desks[desk];
        here.clock.set(super::BEGINS_MS + i64::try_from(self.now_ms).unwrap_or(0) + here.clock_off_ms);
        let identity = Identity {
            clinic: self.server.database.clinic(clinic).id,
            workstation: here.workstation,
            profile: profile.clone(),
        };
        let opened = Store::open_with(
            &path,
            &DataKey::from_bytes(KEY).proven(),
            identity,
            Arc::clone(&here.clock) as _,
            Arc::clone(&here.ids) as _,
        );
        let store = match opened {
            Ok(store) => store,
            Err(error) => {
                let what = format!("desk {desk}: {error}");
                return self.fail(Wrong::new("a file opens after whatever happened to it", what));
            }
        };
        here.life += 1;
        here.switched_on = true;
        if let Some(file) = here.files.get_mut(&profile) {
            file.last_person = person;
            if file.granted.is_empty() {
                file.granted = store.identity().feeds().into_iter().collect();
            }
        }
        let mut config = Config::new(version(here.old_app), here.random.draw());
        config.pull_max_bytes = here.pull_max_bytes;
        config.digest_ms = self.plan.digest_ms;
        config.push_max_commands = if here.random.chance(300) { 2 } else { 200 };
        let first = match store.sync_facts() {
            Ok(first) => facts(&store, first),
            Err(error) => {
                return self.fail(Wrong::new(
                    "a file opens after whatever happened to it",
                    format!("desk {desk}: {error}"),
                ));
            }
        };
        let lost: Vec<_> =
            here.files.get(&profile).map(|f| f.saved.iter().copied().collect()).unwrap_or_default();
        let look = Look::open(&path);
        let held = look.texts("SELECT command_id FROM outbox UNION SELECT command_id FROM acknowledged");
        let held: BTreeSet<String> = held.into_iter().collect();
        here.open = Some(Open {
            coming: None,
            person,
            roles,
            profile: profile.clone(),
            look,
            store,
            machine: Machine::new(config),
            timers: BTreeMap::new(),
            flights: BTreeMap::new(),
            stream: None,
            token_until_ms: self.now_ms + TOKEN_MS,
            token_spent: false,
            asked_to_sign_in: false,
        });
        self.trace.note(
            self.now_ms,
            format_args!(
                "desk {desk}: person {person} signs in, {profile}, epoch {} cursors {:?}",
                first.epoch, first.cursors
            ),
        );
        let log = &self.server.database.clinic(clinic).log;
        if let Some(id) = lost.iter().find(|id| !held.contains(&id.to_string()) && !log.contains_key(id)) {
            let what = format!(
                "desk {desk}: {id} was said to be saved and is neither in the file nor at the server"
            );
            self.fail(Wrong::new("no acknowledged command is lost", what));
        }
        self.tell(desk, Event::Started(first));
    }

    /// Switches a desk off; returns who sat there.
    pub fn stop(&mut self, desk: usize) -> Option<usize> {
        self.desks[desk].life += 1;
        let open = self.desks[desk].open.take()?;
        if let Some(stream) = open.stream {
            self.forget_stream(stream);
        }
        let person = open.person;
        let Open { coming, look, store, .. } = open;
        drop(coming);
        drop(look);
        drop(store);
        Some(person)
    }

    /// The person's roles name another profile: they are signed out, and sign in again.
    pub fn profile_changed(&mut self, desk: usize) {
        let life = self.desks[desk].life;
        self.trace.note(self.now_ms, format_args!("desk {desk}: the profile has changed"));
        if self.healing {
            return;
        }
        let Some(open) = &self.desks[desk].open else { return };
        let person = open.person;
        let after = self.desks[desk].random.between(500, 8_000);
        // Said from within the machine's answer: the desk is closed a moment later.
        self.later(after, Happening::Stop { desk, life });
        self.later(after + 1, Happening::Start { desk, person });
    }
}

fn public_key(key: &wattle_local_store::SigningKey) -> Vec<u8> {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.decode(key.public_base64()).unwrap_or_default()
}
