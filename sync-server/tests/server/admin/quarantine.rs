//! The ways out of quarantine.

use serde_json::json;
use wattle_domain::{CommandId, Role};
use wattle_protocol::admin::{Act, ComputerState};
use wattle_protocol::push::{Answer, Signed, Verdict};
use wattle_protocol::session::Wiping;
use wattle_server::admin::{self, AdminError};

use crate::apply::fault::BREAK;
use crate::support::desk::{new_key, patient};
use crate::support::{Desk, House};

async fn release(house: &House, command: CommandId) -> Result<Vec<Answer>, AdminError> {
    admin::release(&house.owner, Some(house.kms.clone()), house.clinic, command).await
}

async fn whole(house: &House) {
    assert_eq!(admin::verify_audit(&house.owner, Some(house.kms.clone()), house.clinic).await.unwrap(), None);
}

async fn logged(house: &House) -> String {
    house
        .text(
            "SELECT coalesce(string_agg(action || ' ' || coalesce(detail ->> 'verdict', detail ->> 'reason'), ', ' ORDER BY id), '') \
             FROM clinic.access_event WHERE action LIKE '%_quarantined' AND detail ->> 'database_account' <> ''",
        )
        .await
}

/// Tells the computer to wipe, and lets it say its last words.
async fn wiped(house: &House, desk: &Desk, unsent: Vec<Signed>) {
    house.person("ada", Role::Admin).await;
    let ada = house.desk("office", "ada").await;
    let wipe = Act::SetComputer { workstation: desk.workstation(), state: ComputerState::Wipe };
    assert_eq!(ada.post("/v1/admin", &wipe).await.status(), 200);
    assert_eq!(desk.post("/v1/wipe", &Wiping { unsent, done: true }).await.status(), 200);
}

#[tokio::test]
async fn what_a_wiped_computer_left_is_decided_when_an_admin_says_so_and_once() {
    let house = House::new().await;
    let mut maria = house.desk("reception-1", "maria").await;
    let envelope = maria.envelope(patient("Nguyen"));
    let unsent = maria.sign(&envelope);
    let forged_id = maria.envelope(patient("Forged"));
    let payload = serde_json::to_string(&forged_id).unwrap();
    let key = new_key();
    maria.key = key;
    let forged = maria.sign_text(payload);
    wiped(&house, &maria, vec![unsent, forged]).await;
    let revoked = "SELECT count(*) FROM clinic.signing_key k JOIN clinic.workstation w ON w.id = k.workstation_id \
                   WHERE w.name = 'reception-1' AND k.revoked_at IS NOT NULL";
    assert_eq!(house.count(revoked).await, 1, "its key is worth nothing from now on");

    let answers = release(&house, envelope.id).await.unwrap();
    assert_eq!(
        answers.iter().map(|a| (a.command_id, &a.verdict)).collect::<Vec<_>>(),
        [(envelope.id, &Verdict::Applied)]
    );
    assert_eq!(house.text("SELECT string_agg(family_name, ' ') FROM clinic.patient").await, "Nguyen");
    assert!(matches!(release(&house, envelope.id).await, Err(AdminError::NotThere(id)) if id == envelope.id));
    whole(&house).await;

    let no = release(&house, forged_id.id).await;
    assert!(matches!(&no, Err(AdminError::Undecided(why)) if why.contains("did not sign")), "{no:?}");
    assert_eq!(house.quarantined().await.len(), 1, "it is still there");
    assert!(matches!(
        admin::set_aside(&house.owner, house.clinic, forged_id.id, " ").await,
        Err(AdminError::NoReason)
    ));
    admin::set_aside(&house.owner, house.clinic, forged_id.id, "signed by nobody").await.unwrap();
    let again = admin::set_aside(&house.owner, house.clinic, forged_id.id, "x").await;
    assert!(matches!(again, Err(AdminError::NotThere(_))));
    assert_eq!(house.quarantined().await, []);
    assert_eq!(house.count("SELECT count(*) FROM clinic.quarantine").await, 2, "what it said is kept");
    assert_eq!(logged(&house).await, "release_quarantined applied, set_aside_quarantined signed by nobody");
    whole(&house).await;
}

#[tokio::test]
async fn what_the_server_failed_over_is_decided_once_it_is_mended_and_its_workstation_hears_of_it() {
    let house = House::new().await;
    house.execute(BREAK).await;
    let mut reception = house.desk("reception-1", "maria").await;
    let boom = reception.envelope(patient("Boom"));
    let signed = reception.sign(&boom);
    for _ in 0..3 {
        reception.post("/v1/push", &json!({"commands": [signed]})).await;
    }
    assert_eq!(house.quarantined().await.len(), 1);
    let no = release(&house, boom.id).await;
    assert!(matches!(&no, Err(AdminError::Undecided(_))), "still broken: {no:?}");
    assert_eq!(house.quarantined().await.len(), 1);
    assert_eq!(
        reception.push(vec![signed.clone()]).await[0].verdict,
        Verdict::Quarantined,
        "nothing was undone"
    );

    house.execute("DROP TRIGGER z_boom ON clinic.patient").await;
    assert_eq!(release(&house, boom.id).await.unwrap()[0].verdict, Verdict::Applied);
    let answer = reception.push(vec![signed]).await.remove(0);
    assert_eq!((answer.verdict, answer.duplicate), (Verdict::Applied, true));
    assert_eq!(house.count("SELECT count(*) FROM clinic.patient WHERE family_name = 'Boom'").await, 1);
    assert_eq!(house.quarantined().await, []);
    whole(&house).await;
}

#[tokio::test]
async fn a_group_comes_out_together_and_what_waits_for_another_stays() {
    let house = House::new().await;
    let mut maria = house.desk("reception-1", "maria").await;
    let group = maria.group(vec![patient("Nguyen").into(), patient("Okafor").into()]);
    let first = maria.envelope(patient("Silva"));
    let mut second = maria.envelope(patient("Costa"));
    second.deps.push(first.id);
    let unsent = group.iter().chain([&first, &second]).map(|envelope| maria.sign(envelope)).collect();
    wiped(&house, &maria, unsent).await;
    let answers = release(&house, group[1].id).await.unwrap();
    assert_eq!(
        answers.iter().map(|a| a.verdict.clone()).collect::<Vec<_>>(),
        [Verdict::Applied, Verdict::Applied]
    );

    let no = release(&house, second.id).await;
    assert!(matches!(&no, Err(AdminError::Undecided(why)) if why.contains("waits for another")), "{no:?}");
    assert_eq!(house.quarantined().await.len(), 2);
    for id in [first.id, second.id] {
        assert_eq!(release(&house, id).await.unwrap()[0].verdict, Verdict::Applied);
    }
    assert_eq!(house.count("SELECT count(*) FROM clinic.patient").await, 4);
    whole(&house).await;
}
