//! A clinic on its first day.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;
use wattle_domain::entities::{
    AppointmentType, Clinic, Location, Practitioner, PractitionerLocation, UserName,
};
use wattle_domain::fields::LocationKind;
use wattle_domain::{ClinicId, Entity, FeedClass, Role, RowChange, UserId, UtcInstant};

use super::database::{ClinicData, Database};
use super::transaction::Transaction;
use super::{Behaviour, Server, import};
use crate::canary::word;
use crate::random::Random;

/// What a clinic is like.
#[derive(Clone, Debug)]
pub struct ClinicStart {
    /// Who works there.
    pub users: Vec<(UserId, Vec<Role>)>,
    /// How many patients it has.
    pub patients: u64,
}

/// A server with these clinics.
#[must_use]
pub fn server(behaviour: Behaviour, clinics: &[ClinicStart], now: UtcInstant, mut random: Random) -> Server {
    let database = Database {
        id: random.id(),
        timeline: 1,
        restores: 0,
        min_app_version: "0.1.0".into(),
        clinics: clinics.iter().map(|start| empty(start, &mut random)).collect(),
    };
    let mut server = Server {
        database,
        imports: Vec::new(),
        listeners: Vec::new(),
        behaviour,
        now,
        random: Random::of(random.draw(), &[]),
        poisoned: BTreeSet::new(),
        pointers_lost: 0,
        wrong: Vec::new(),
    };
    let lost = std::mem::take(&mut server.behaviour.lost_pointers);
    for (clinic, start) in clinics.iter().enumerate() {
        fill(&mut server, clinic, start, &mut random);
    }
    server.behaviour.lost_pointers = lost;
    server
}

fn empty(start: &ClinicStart, random: &mut Random) -> ClinicData {
    ClinicData {
        id: ClinicId(random.id()),
        rows: BTreeMap::new(),
        feeds: BTreeMap::new(),
        log: BTreeMap::new(),
        numbers: BTreeMap::new(),
        quarantine: BTreeSet::new(),
        faults: BTreeMap::new(),
        applied: BTreeMap::new(),
        roles: start.users.iter().cloned().collect(),
        keys: BTreeMap::new(),
        cursors: BTreeMap::new(),
        next_record: 1,
        audited: 0,
    }
}

fn fill(server: &mut Server, clinic: usize, start: &ClinicStart, random: &mut Random) {
    let mut tx = Transaction::begin(clinic, server.now, None, None);
    let mark = |after: &str| word(clinic, FeedClass::Ref, after);
    let id = server.database.clinic(clinic).id;
    let mut changes = vec![insert(
        id.0,
        &Clinic { id, name: mark("clinic"), abn: None, time_zone: "Australia/Sydney".into(), state: None },
    )];
    let room = random.id();
    changes.push(insert(
        room,
        &Location { id: room.into(), name: mark("room"), kind: LocationKind::Room, parent_id: None },
    ));
    for (user, _) in &start.users {
        changes.push(insert(user.0, &UserName { id: *user, display_name: mark("user"), active: true }));
    }
    for sort in 1..=2 {
        let practitioner = Practitioner {
            id: random.id().into(),
            user_id: None,
            title: Some("Dr".into()),
            family_name: mark("doctor"),
            given_name: None,
            profession: None,
            ahpra_number: None,
            hpii: None,
            prescriber_number: None,
            usual_duration_min: 15,
            usual_room_id: None,
            sort,
            active: true,
        };
        let provider = PractitionerLocation {
            id: random.id(),
            practitioner_id: practitioner.id,
            location_id: None,
            provider_number: mark("provider"),
            check_failed: false,
        };
        changes.push(insert(practitioner.id.0, &practitioner));
        changes.push(insert(provider.id, &provider));
    }
    let kind = AppointmentType {
        id: random.id().into(),
        name: mark("type"),
        duration_min: 15,
        hue: 1,
        sort: 1,
        active: true,
    };
    changes.push(insert(kind.id.0, &kind));
    for number in 1..=start.patients {
        let id = random.id();
        changes.push(import::patient(id, clinic, number, random));
        if random.chance(700) {
            changes.push(import::contact(random.id(), id, clinic, random));
        }
    }
    tx.next_record = Some(start.patients + 1);
    for change in &changes {
        // A new clinic has nothing that could refuse a row.
        let _ = tx.write(server.database.clinic(clinic), change);
    }
    server.commit(tx);
}

fn insert<E: Entity>(id: Uuid, entity: &E) -> RowChange {
    RowChange::insert(id, entity)
}
