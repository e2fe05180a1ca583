//! What a person sets up at migration: the clinic, its sites and rooms, the appointment types, the rosters.

use uuid::Uuid;
use wattle_domain::entities::{AppointmentType, Clinic, Location, SessionTemplate};
use wattle_domain::fields::LocationKind;
use wattle_domain::{AppointmentTypeId, ClinicDate, ClinicId, LocationId, PractitionerId, SessionTemplateId};

use super::{ByName, Found, Keys, TargetRow};
use crate::error::Error;
use crate::ids::{Namespace, child};
use crate::mapping::{Mapping, Roster};

/// Ids of what was set up, for the records that name it.
#[derive(Clone, Debug, Default)]
pub struct Setup {
    /// The rows, parents first.
    pub rows: Vec<TargetRow>,
    /// Sites in the order of the mapping.
    pub sites: Vec<Uuid>,
    /// Rooms by name.
    pub rooms: ByName,
    /// Types by name.
    pub types: ByName,
}

impl Setup {
    /// Reads it off the mapping.
    #[must_use]
    pub fn new(mapping: &Mapping, clinic: ClinicId, namespace: &Namespace) -> Self {
        let facts = &mapping.clinic;
        let mut rows = vec![TargetRow::new(
            clinic.0,
            &Clinic {
                id: clinic,
                name: facts.name.clone(),
                abn: facts.abn.clone(),
                time_zone: facts.time_zone.0.name().into(),
                state: facts.state.clone(),
            },
        )];
        let location = |name: &str, kind: LocationKind, parent_id: Option<LocationId>| {
            let id = namespace.setup(kind.as_str(), name);
            let entity = Location { id: LocationId(id), name: name.into(), kind, parent_id };
            (id, TargetRow::new(id, &entity))
        };
        let mut sites = Vec::new();
        for site in &mapping.site {
            let (id, row) = location(&site.name, LocationKind::Site, None);
            sites.push(id);
            rows.push(row);
        }
        let mut rooms = Vec::new();
        for room in &mapping.room {
            let site = namespace.setup(LocationKind::Site.as_str(), &room.site);
            let (id, row) = location(&room.name, LocationKind::Room, Some(LocationId(site)));
            rooms.push((room.name.clone(), id));
            rows.push(row);
        }
        let mut types = Vec::new();
        for (sort, kind) in (1..).zip(&mapping.appointment_type) {
            let id = namespace.setup("appointment_type", &kind.name);
            types.push((kind.name.clone(), id));
            let entity = AppointmentType {
                id: AppointmentTypeId(id),
                name: kind.name.clone(),
                duration_min: kind.minutes,
                hue: kind.hue,
                sort,
                active: true,
            };
            rows.push(TargetRow::new(id, &entity));
        }
        Self { rows, sites, rooms: ByName::new(rooms), types: ByName::new(types) }
    }
}

/// The rosters, once the practitioners are known.
///
/// # Errors
/// When a roster names a practitioner who does not load, a weekday or a time that is none.
pub fn rosters(mapping: &Mapping, practitioners: &Keys) -> Result<Vec<TargetRow>, Error> {
    let mut rows = Vec::new();
    for roster in &mapping.roster {
        let whose = &roster.practitioner;
        let wrong = |what: &str| mapping.wrong(format!("a roster of practitioner \"{whose}\": {what}"));
        let Found::Loaded { id, .. } = practitioners.find(whose) else {
            return Err(wrong("there is no such practitioner in the export, or the record was rejected."));
        };
        let (starts_min, ends_min) = match (minute(&roster.from), minute(&roster.to)) {
            (Some(from), Some(to)) if from < to => (from, to),
            _ => return Err(wrong("\"from\" and \"to\" must be times such as 09:00, in this order.")),
        };
        let mut days = Vec::new();
        for name in &roster.weekdays {
            days.push(Some(
                weekday(name).ok_or_else(|| wrong("weekdays are mon, tue, wed, thu, fri, sat, sun."))?,
            ));
        }
        if days.is_empty() {
            days.push(None);
        }
        rows.extend(days.into_iter().map(|weekday| part(id, roster, weekday, (starts_min, ends_min))));
    }
    Ok(rows)
}

fn part(
    practitioner: Uuid,
    roster: &Roster,
    weekday: Option<u8>,
    (starts_min, ends_min): (i64, i64),
) -> TargetRow {
    let kind = roster.kind;
    let first = roster.first_day.map(|d| d.to_string()).unwrap_or_default();
    let day = weekday.map(|d| d.to_string()).unwrap_or_default();
    let id = child(practitioner, &format!("roster/{}/{day}/{first}/{starts_min}", kind.as_str()));
    let entity = SessionTemplate {
        id: SessionTemplateId(id),
        practitioner_id: PractitionerId(practitioner),
        kind,
        weekday,
        from_date: roster.first_day.map(ClinicDate),
        to_date: roster.last_day.map(ClinicDate),
        starts_min,
        ends_min,
    };
    TargetRow::new(id, &entity)
}

fn weekday(name: &str) -> Option<u8> {
    let names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    names.iter().position(|n| *n == name).and_then(|i| u8::try_from(i).ok())
}

fn minute(clock: &str) -> Option<i64> {
    let (hour, minute) = clock.split_once(':')?;
    let (hour, minute): (i64, i64) = (hour.parse().ok()?, minute.parse().ok()?);
    let total = hour * 60 + minute;
    ((0..=24).contains(&hour) && (0..60).contains(&minute) && total <= 1440).then_some(total)
}
