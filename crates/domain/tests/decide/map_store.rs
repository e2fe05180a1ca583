//! The smallest store there can be: it loads a `World`, decides and applies, as both real ones do.

use uuid::Uuid;
use wattle_domain::attribution::{Attribution, Stamp};
use wattle_domain::entities::{AppointmentType, Patient, Practitioner};
use wattle_domain::fields::{BirthDateAccuracy, Sex};
use wattle_domain::{
    AppointmentId, AppointmentTypeId, ClinicId, Command, CommandId, Context, Decision, Entity, PatientId,
    Place, PractitionerId, Read, Rejection, Rev, Role, Row, UserId, UtcInstant, WorkstationId, World, decide,
};

/// 2026-11-23 09:00 in Sydney.
pub const NINE: UtcInstant = UtcInstant(1_795_384_800_000);

pub fn uuid(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

pub const DR_LEE: PractitionerId = PractitionerId(Uuid::from_u128(0xd1));
pub const DR_SHAH: PractitionerId = PractitionerId(Uuid::from_u128(0xd2));
pub const MARIA: PatientId = PatientId(Uuid::from_u128(0xa1));
pub const STANDARD: AppointmentTypeId = AppointmentTypeId(Uuid::from_u128(0xf1));

pub fn appointment(n: u128) -> AppointmentId {
    AppointmentId(uuid(0xb000 + n))
}

#[derive(Clone)]
pub struct Author {
    pub user: UserId,
    pub role: Role,
    pub workstation: WorkstationId,
}

pub fn reception() -> Author {
    Author { user: UserId(uuid(1)), role: Role::Reception, workstation: WorkstationId(uuid(0x51)) }
}

pub fn dr_lee() -> Author {
    Author { user: UserId(uuid(2)), role: Role::Practitioner, workstation: WorkstationId(uuid(0x52)) }
}

#[derive(Clone, Default, PartialEq, Debug)]
pub struct MapStore {
    pub rows: World,
    commands: u128,
}

impl MapStore {
    pub fn with_a_clinic() -> Self {
        let mut store = Self::default();
        for (id, name) in [(DR_LEE, "Lee"), (DR_SHAH, "Shah")] {
            store.put(
                id.0,
                &Practitioner {
                    id,
                    user_id: None,
                    title: Some("Dr".into()),
                    family_name: name.into(),
                    given_name: None,
                    profession: None,
                    ahpra_number: None,
                    hpii: None,
                    prescriber_number: None,
                    usual_duration_min: 15,
                    usual_room_id: None,
                    sort: 0,
                    active: true,
                },
            );
        }
        store.put(
            STANDARD.0,
            &AppointmentType {
                id: STANDARD,
                name: "Standard".into(),
                duration_min: 15,
                hue: 1,
                sort: 0,
                active: true,
            },
        );
        store.put(
            MARIA.0,
            &Patient {
                id: MARIA,
                record_number: Some("1".into()),
                title: None,
                family_name: "Costa".into(),
                given_name: Some("Maria".into()),
                preferred_name: None,
                birth_date: None,
                birth_date_accuracy: BirthDateAccuracy::Unknown,
                sex: Sex::Female,
                gender: None,
                pronouns: None,
                indigenous_status: None,
                interpreter_language: None,
                deceased_on: None,
                usual_practitioner_id: None,
                merged_into: None,
                field_changes: serde_json::Map::new(),
            },
        );
        store
    }

    pub fn put<E: Entity>(&mut self, id: Uuid, entity: &E) {
        let row = Row { id, rev: Rev(1), attribution: Attribution::default(), fields: entity.to_fields() };
        self.rows.insert(E::TABLE.name, row);
    }

    pub fn get<E: Entity>(&self, id: impl Into<Uuid>) -> E {
        self.rows.get(id).unwrap().unwrap().0
    }

    pub fn all<E: Entity>(&self) -> Vec<E> {
        self.rows.of(E::TABLE.name).map(|row| row.read().unwrap()).collect()
    }

    pub fn world(&self, command: &Command) -> World {
        let reads = command.reads();
        let mut world = self.rows.select(&reads);
        if reads.contains(&Read::NextRecordNumber) {
            world.next_record_number = Some((self.rows.keys().count() + 1).to_string());
        }
        world
    }

    pub fn context(&self, author: &Author) -> Context {
        Context {
            clinic: ClinicId(uuid(0xc)),
            command_id: CommandId(uuid(0x9000 + self.commands)),
            author: author.user,
            roles: vec![author.role],
            workstation: author.workstation,
            issued_at: NINE.plus_minutes(i64::try_from(self.commands).unwrap()),
            place: Place::Server,
        }
    }

    pub fn run(&mut self, author: &Author, command: impl Into<Command>) -> Result<Decision, Rejection> {
        let command = command.into();
        self.commands += 1;
        let context = self.context(author);
        let decision = decide(&command, &context, &self.world(&command))?;
        let stamp =
            Stamp { by: Some(author.user), workstation: Some(author.workstation), at: context.issued_at };
        for change in &decision.changes {
            self.rows.write(change, stamp).expect("an insert meets no row, an update meets one");
        }
        Ok(decision)
    }
}
