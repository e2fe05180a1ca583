//! The people and the computers of a clinic, read and changed for somebody who may. Row-level security asks the table of
//! grants once more.

use chrono::{DateTime, Utc};
use sqlx::postgres::PgConnection;
use uuid::Uuid;
use wattle_domain::{ClinicId, Role, UserId, UtcInstant, WorkstationId};
use wattle_protocol::admin::{Computer, ComputerState, OpenCode, Person};

/// Everybody with an account, by name.
pub(crate) async fn people(
    connection: &mut PgConnection,
    clinic: ClinicId,
) -> Result<Vec<Person>, sqlx::Error> {
    type Found = (Uuid, String, String, Vec<String>, bool, Option<DateTime<Utc>>, bool, Option<String>);
    let found: Vec<Found> = sqlx::query_as(
        "SELECT a.id, a.username, coalesce(n.display_name, ''), \
           ARRAY(SELECT r.role FROM clinic.user_role r WHERE r.clinic_id = a.clinic_id AND r.user_id = a.id), a.active, \
           (SELECT max(t.issued_at) FROM clinic.token t WHERE t.clinic_id = a.clinic_id AND t.user_id = a.id), \
           EXISTS (SELECT FROM clinic.second_factor f WHERE f.clinic_id = a.clinic_id AND f.user_id = a.id AND f.confirmed_at IS NOT NULL), \
           (SELECT l.login FROM clinic.openid_login l WHERE l.clinic_id = a.clinic_id AND l.user_id = a.id) \
         FROM clinic.user_account a LEFT JOIN clinic.user_name n ON n.clinic_id = a.clinic_id AND n.id = a.id \
         WHERE a.clinic_id = $1 AND NOT a.system ORDER BY lower(coalesce(n.display_name, a.username)), a.id",
    )
    .bind(clinic.0)
    .fetch_all(connection)
    .await?;
    let person = |(id, username, display_name, words, active, seen, second_factor, login): Found| {
        let mut roles: Vec<Role> = words.iter().filter_map(|word| word.parse().ok()).collect();
        roles.sort();
        let last_seen_at = seen.map(UtcInstant::from);
        Person { id: UserId(id), username, display_name, roles, active, login, second_factor, last_seen_at }
    };
    Ok(found.into_iter().map(person).collect())
}

/// Every computer that was enrolled, by name; not those that the server runs itself.
pub(crate) async fn computers(
    connection: &mut PgConnection,
    clinic: ClinicId,
) -> Result<Vec<Computer>, sqlx::Error> {
    type Found = (Uuid, String, String, String, DateTime<Utc>, Option<DateTime<Utc>>);
    let found: Vec<Found> = sqlx::query_as(
        "SELECT id, name, state, app_version, enrolled_at, last_seen_at FROM clinic.workstation \
         WHERE clinic_id = $1 AND NOT system ORDER BY lower(name), id",
    )
    .bind(clinic.0)
    .fetch_all(connection)
    .await?;
    let computer = |(id, name, state, app_version, enrolled, seen): Found| Computer {
        id: WorkstationId(id),
        name,
        state: serde_json::from_value(state.into()).unwrap_or(ComputerState::Other),
        app_version,
        enrolled_at: enrolled.into(),
        last_seen_at: seen.map(UtcInstant::from),
    };
    Ok(found.into_iter().map(computer).collect())
}

/// Codes that can still be used.
pub(crate) async fn codes(
    connection: &mut PgConnection,
    clinic: ClinicId,
    now: DateTime<Utc>,
) -> Result<Vec<OpenCode>, sqlx::Error> {
    let found: Vec<(Uuid, DateTime<Utc>)> = sqlx::query_as(
        "SELECT id, expires_at FROM clinic.enrolment_code \
         WHERE clinic_id = $1 AND used_at IS NULL AND expires_at > $2 ORDER BY expires_at, id",
    )
    .bind(clinic.0)
    .bind(now)
    .fetch_all(connection)
    .await?;
    Ok(found.into_iter().map(|(id, expires_at)| OpenCode { id, expires_at: expires_at.into() }).collect())
}

/// A new account; false when its name is taken.
pub(crate) async fn add_account(
    connection: &mut PgConnection,
    clinic: ClinicId,
    user: UserId,
    username: &str,
    display_name: &str,
    phc: &str,
) -> Result<bool, sqlx::Error> {
    let made = sqlx::query(
        "INSERT INTO clinic.user_account (clinic_id, id, username, password_phc, password_given) VALUES ($1, $2, $3, $4, true) \
         ON CONFLICT ON CONSTRAINT user_account_username DO NOTHING",
    )
    .bind(clinic.0)
    .bind(user.0)
    .bind(username)
    .bind(phc)
    .execute(&mut *connection)
    .await?;
    if made.rows_affected() != 1 {
        return Ok(false);
    }
    sqlx::query(
        "INSERT INTO clinic.user_name (clinic_id, id, display_name, active) VALUES ($1, $2, $3, true)",
    )
    .bind(clinic.0)
    .bind(user.0)
    .bind(display_name)
    .execute(connection)
    .await?;
    Ok(true)
}

/// Gives exactly these roles to somebody.
pub(crate) async fn set_roles(
    connection: &mut PgConnection,
    clinic: ClinicId,
    user: UserId,
    roles: &[Role],
) -> Result<(), sqlx::Error> {
    let words: Vec<&str> = roles.iter().map(|role| role.as_str()).collect();
    // Whoever takes the role from themselves by which they may do this needs it until the end.
    for text in [
        "INSERT INTO clinic.user_role (clinic_id, user_id, role) SELECT $1, $2, role FROM unnest($3::text[]) AS r (role) \
         ON CONFLICT DO NOTHING",
        "DELETE FROM clinic.user_role WHERE clinic_id = $1 AND user_id = $2 AND role <> ALL ($3)",
    ] {
        sqlx::query(text).bind(clinic.0).bind(user.0).bind(&words).execute(&mut *connection).await?;
    }
    Ok(())
}

/// Whether an account of the clinic is there; locks it until the transaction ends.
pub(crate) async fn is_account(
    connection: &mut PgConnection,
    clinic: ClinicId,
    user: UserId,
) -> Result<bool, sqlx::Error> {
    let found: Option<Uuid> = sqlx::query_scalar(
        "SELECT id FROM clinic.user_account WHERE clinic_id = $1 AND id = $2 AND NOT system FOR UPDATE",
    )
    .bind(clinic.0)
    .bind(user.0)
    .fetch_optional(connection)
    .await?;
    Ok(found.is_some())
}

/// Opens or closes an account, and its name in the lists of the day.
pub(crate) async fn set_active(
    connection: &mut PgConnection,
    clinic: ClinicId,
    user: UserId,
    active: bool,
) -> Result<(), sqlx::Error> {
    for text in [
        "UPDATE clinic.user_name SET active = $3 WHERE clinic_id = $1 AND id = $2",
        // Last, because an account that is closed may do nothing any more, not even this.
        "UPDATE clinic.user_account SET active = $3 WHERE clinic_id = $1 AND id = $2",
    ] {
        sqlx::query(text).bind(clinic.0).bind(user.0).bind(active).execute(&mut *connection).await?;
    }
    Ok(())
}

/// Another password.
pub(crate) async fn set_password(
    connection: &mut PgConnection,
    clinic: ClinicId,
    user: UserId,
    phc: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "WITH revoked AS (UPDATE clinic.signing_key SET revoked_at = now() \
           WHERE clinic_id = $1 AND user_id = $2 AND revoked_at IS NULL) \
         UPDATE clinic.user_account SET password_phc = $3, password_given = true WHERE clinic_id = $1 AND id = $2",
    )
    .bind(clinic.0)
    .bind(user.0)
    .bind(phc)
    .execute(connection)
    .await?;
    Ok(())
}

/// How many open accounts may see to accounts. Changes of them wait for each other, so that two admins cannot take it from
/// one another at once.
pub(crate) async fn admins(connection: &mut PgConnection, clinic: ClinicId) -> Result<i64, sqlx::Error> {
    sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))")
        .bind(format!("admins {clinic}"))
        .execute(&mut *connection)
        .await?;
    sqlx::query_scalar(
        "SELECT count(DISTINCT r.user_id) FROM clinic.user_role r \
         JOIN clinic.role_grant g ON g.role = r.role AND g.noun = 'account' AND g.action = 'write' \
         JOIN clinic.user_account a ON a.clinic_id = r.clinic_id AND a.id = r.user_id AND a.active \
         WHERE r.clinic_id = $1",
    )
    .bind(clinic.0)
    .fetch_one(connection)
    .await
}

/// What a computer may do; false when there is no such computer.
pub(crate) async fn set_computer(
    connection: &mut PgConnection,
    clinic: ClinicId,
    workstation: WorkstationId,
    state: &str,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query(
        "UPDATE clinic.workstation SET state = $3 WHERE clinic_id = $1 AND id = $2 AND NOT system AND state <> 'wiped'",
    )
    .bind(clinic.0)
    .bind(workstation.0)
    .bind(state)
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Keeps a new code's hash; gives its id.
pub(crate) async fn add_code(
    connection: &mut PgConnection,
    clinic: ClinicId,
    hash: &[u8],
    expires_at: DateTime<Utc>,
) -> Result<Uuid, sqlx::Error> {
    sqlx::query_scalar(
        "INSERT INTO clinic.enrolment_code (clinic_id, code_hash, expires_at) VALUES ($1, $2, $3) RETURNING id",
    )
    .bind(clinic.0)
    .bind(hash)
    .bind(expires_at)
    .fetch_one(connection)
    .await
}

/// Keeps the hash of a code that a computer drew, or for longer one that was approved before; gives its id, `None` when it
/// was used or is somebody else's.
pub(crate) async fn approve_code(
    connection: &mut PgConnection,
    clinic: ClinicId,
    hash: &[u8],
    expires_at: DateTime<Utc>,
) -> Result<Option<Uuid>, sqlx::Error> {
    for text in [
        "INSERT INTO clinic.enrolment_code (clinic_id, code_hash, expires_at) VALUES ($1, $2, $3) \
         ON CONFLICT DO NOTHING RETURNING id",
        "UPDATE clinic.enrolment_code SET expires_at = $3 \
         WHERE clinic_id = $1 AND code_hash = $2 AND used_at IS NULL RETURNING id",
    ] {
        let id: Option<Uuid> = sqlx::query_scalar(text)
            .bind(clinic.0)
            .bind(hash)
            .bind(expires_at)
            .fetch_optional(&mut *connection)
            .await?;
        if id.is_some() {
            return Ok(id);
        }
    }
    Ok(None)
}

/// Takes an unused code back; false when there is none.
pub(crate) async fn cancel_code(
    connection: &mut PgConnection,
    clinic: ClinicId,
    code: Uuid,
) -> Result<bool, sqlx::Error> {
    let done =
        sqlx::query("DELETE FROM clinic.enrolment_code WHERE clinic_id = $1 AND id = $2 AND used_at IS NULL")
            .bind(clinic.0)
            .bind(code)
            .execute(connection)
            .await?;
    Ok(done.rows_affected() == 1)
}
