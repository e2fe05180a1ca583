//! Many enrolled workstations with a person signed in at each, made in the database: a thousand sign-ins would measure
//! Argon2id.

use wattle_domain::{UserId, WorkstationId};
use wattle_local_store::SigningKey;

use crate::house::House;

/// One of the crowd.
#[derive(Clone, Debug)]
pub struct Member {
    /// Its workstation.
    pub workstation: WorkstationId,
    /// An access token that outlives the benchmark.
    pub token: String,
}

/// Workstations of one clinic where one person is signed in everywhere, with one key.
pub struct Crowd {
    /// The person.
    pub user: UserId,
    /// Their key, known to the server for every workstation.
    pub signing_key: SigningKey,
    /// The workstations.
    pub members: Vec<Member>,
}

/// Enrols `many` workstations of a clinic for one of its people.
///
/// # Errors
/// PostgreSQL says no.
pub fn enrol(house: &House, clinic: &str, username: &str, many: u32) -> anyhow::Result<Crowd> {
    let (signing_key, _) = SigningKey::generate()?;
    let key = signing_key.public_base64();
    let word = uuid::Uuid::new_v4().simple().to_string();
    let sql = format!(
        "CREATE TEMPORARY TABLE member AS SELECT i, gen_random_uuid() AS id, a.id AS user_id FROM generate_series(1, {many}) i, \
           clinic.user_account a WHERE a.clinic_id = '{clinic}' AND a.username = '{username}'; \
         INSERT INTO clinic.workstation (clinic_id, id, name, secret_hash, app_version) \
           SELECT '{clinic}', id, 'crowd-' || i, sha256(convert_to(id::text, 'UTF8')), '{version}' FROM member; \
         INSERT INTO clinic.signing_key (clinic_id, user_id, workstation_id, public_key) \
           SELECT '{clinic}', user_id, id, decode('{key}', 'base64') FROM member; \
         INSERT INTO clinic.token (clinic_id, kind, hash, user_id, workstation_id, family, issued_at, expires_at) \
           SELECT '{clinic}', 'access', sha256(convert_to('{word}' || i, 'UTF8')), user_id, id, gen_random_uuid(), now(), \
             now() + interval '6 hours' FROM member; \
         SELECT id || ' ' || user_id || ' {word}' || i FROM member ORDER BY i",
        version = env!("CARGO_PKG_VERSION"),
    );
    let said = house.text(&sql)?;
    let mut user = None;
    let mut members = Vec::new();
    for line in said.lines() {
        let mut words = line.split(' ');
        let mut next = || words.next().unwrap_or_default();
        let (id, who, token) = (next(), next(), next());
        user = Some(UserId(who.parse()?));
        members.push(Member { workstation: WorkstationId(id.parse()?), token: token.to_owned() });
    }
    let user = user.ok_or_else(|| anyhow::anyhow!("{username} is nobody in clinic {clinic}"))?;
    Ok(Crowd { user, signing_key, members })
}
