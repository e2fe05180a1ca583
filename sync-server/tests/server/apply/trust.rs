//! Who is believed.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use uuid::Uuid;
use wattle_domain::commands::StartConsultation;
use wattle_domain::{ClinicId, RejectionCode, Role, WorkstationId};
use wattle_protocol::admin::Act;
use wattle_protocol::push::{Signed, Verdict};

use crate::support::desk::{new_key, patient, public, send, sign_in_body};
use crate::support::{Book, Desk, House};

async fn refused(desk: &Desk, signed: Signed, why: &str) {
    let answer = desk.push(vec![signed]).await.remove(0);
    let Verdict::Rejected { rejection } = answer.verdict else { panic!("{why}: {:?}", answer.verdict) };
    assert_eq!(rejection.code, RejectionCode::NotAllowed, "{why}");
}

#[tokio::test]
async fn only_a_command_that_its_author_signed_is_believed() {
    let house = House::new().await;
    let mut reception = house.desk("reception-1", "maria").await;
    let envelope = reception.envelope(patient("Nguyen"));
    let good = reception.sign(&envelope);

    let tampered = Signed { payload: good.payload.replace("Nguyen", "Nguyem"), ..good.clone() };
    refused(&reception, tampered, "another text").await;
    let mut bytes = STANDARD.decode(&good.signature).unwrap();
    bytes[3] ^= 1;
    refused(&reception, Signed { signature: STANDARD.encode(&bytes), ..good.clone() }, "another signature")
        .await;
    refused(&reception, Signed { signature: "?".to_owned(), ..good.clone() }, "no signature").await;
    let stranger = new_key();
    let by_stranger = Signed {
        signature: STANDARD.encode(stranger.sign(good.payload.as_bytes()).as_ref()),
        ..good.clone()
    };
    refused(&reception, by_stranger, "an unknown key").await;

    let mut elsewhere = envelope.clone();
    elsewhere.workstation = WorkstationId(Uuid::now_v7());
    refused(&reception, reception.sign(&elsewhere), "another workstation").await;
    let mut elsewhere = envelope.clone();
    elsewhere.clinic = ClinicId(Uuid::now_v7());
    refused(&reception, reception.sign(&elsewhere), "another clinic").await;

    let lee = reception.also("lee").await;
    let mut in_her_name = envelope.clone();
    in_her_name.author = house.maria;
    refused(&lee, lee.sign(&in_her_name), "in somebody else's name").await;

    assert_eq!(house.count("SELECT count(*) FROM clinic.patient").await, 0);
    let noted = house.count("SELECT count(*) FROM clinic.audit_event WHERE outcome = 'not_believed'").await;
    assert_eq!(noted, 7, "each try is in the audit log");
    let answer = reception.push(vec![good]).await.remove(0);
    assert_eq!((answer.verdict, answer.duplicate), (Verdict::Applied, false), "the real one still counts");
}

#[tokio::test]
async fn anybody_at_the_desk_delivers_and_the_author_stays_the_author() {
    let house = House::new().await;
    let mut reception = house.desk("reception-1", "maria").await;
    let by_maria = reception.command(patient("Nguyen"));
    let lee = reception.also("lee").await;
    assert_eq!(lee.push(vec![by_maria]).await[0].verdict, Verdict::Applied);
    let author: Uuid =
        sqlx::query_scalar("SELECT created_by FROM clinic.patient").fetch_one(&house.root).await.unwrap();
    assert_eq!(author, house.maria.0);
    let logged: (Uuid, String) =
        sqlx::query_as("SELECT user_id, role FROM clinic.audit_event").fetch_one(&house.root).await.unwrap();
    assert_eq!(logged, (house.maria.0, "reception".to_owned()));
}

#[tokio::test]
async fn the_role_is_the_database_s_not_the_client_s() {
    let house = House::new().await;
    let mut reception = house.desk("reception-1", "maria").await;
    let patient_id = reception.register("Nguyen").await;
    let book = Book { practitioner: house.dr_lee, patient: patient_id, minute: 0 }.command(&house);
    let step = StartConsultation { appointment_id: book.appointment_id };
    assert_eq!(reception.do_it(book).await, Verdict::Applied);
    let signed = reception.command(step.clone());
    refused(&reception, signed, "reception starts no consultation").await;

    house.execute("INSERT INTO clinic.user_role SELECT clinic_id, id, 'nurse' FROM clinic.user_account WHERE username = 'maria'").await;
    assert_eq!(reception.do_it(step).await, Verdict::Applied, "a nurse does");
    house.execute("DELETE FROM clinic.user_role WHERE role IN ('nurse', 'reception')").await;
    let signed = reception.command(patient("Okafor"));
    refused(&reception, signed, "no role, no command").await;
}

#[tokio::test]
async fn what_was_signed_with_a_key_that_was_replaced_since_still_counts() {
    let house = House::new().await;
    let mut reception = house.desk("reception-1", "maria").await;
    let before = reception.command(patient("Nguyen"));
    let key = new_key();
    let mut body = sign_in_body(None, "maria", &key, &reception.secret);
    body.workstation = Some(reception.workstation());
    body.signing_key = public(&key);
    assert_eq!(send(house.address(), "/v1/sign-in", None, &body).await.status(), 200);
    reception.key = key;
    let after = reception.command(patient("Okafor"));
    let answers = reception.push(vec![before, after]).await;
    assert!(answers.iter().all(|a| a.verdict == Verdict::Applied), "{answers:?}");
}

/// Whoever has the key alone has nothing once its owner's password was reset, or its computer was wiped.
#[tokio::test]
async fn what_was_signed_with_a_revoked_key_is_refused_until_its_owner_signs_in_with_it_again() {
    let house = House::new().await;
    house.person("ada", Role::Admin).await;
    let ada = house.desk("office", "ada").await;
    let mut reception = house.desk("reception-1", "maria").await;
    let mut lee = reception.also("lee").await;
    let before = reception.command(patient("Nguyen"));
    let reset = Act::SetPassword { user: house.maria, password: "another long password".into() };
    assert_eq!(ada.post("/v1/admin", &reset).await.status(), 200);
    // Anybody at the desk may deliver it; it is not believed.
    refused(&lee, before.clone(), "a revoked key").await;
    assert_eq!(house.count("SELECT count(*) FROM clinic.patient").await, 0);
    let by_lee = lee.command(patient("Okafor"));
    assert_eq!(lee.push(vec![by_lee]).await[0].verdict, Verdict::Applied, "other people's keys are good");

    let mut body = sign_in_body(None, "maria", &reception.key, &reception.secret);
    body.workstation = Some(reception.workstation());
    assert_eq!(send(house.address(), "/v1/sign-in", None, &body).await.status(), 401, "the old password");
    refused(&lee, before.clone(), "still revoked").await;
    body.password = "another long password".into();
    assert_eq!(send(house.address(), "/v1/sign-in", None, &body).await.status(), 200);
    assert_eq!(lee.push(vec![before]).await[0].verdict, Verdict::Applied, "what its owner wrote is not lost");
}
