//! A patient's account: whoever runs the practice sees it, the desk neither sees it nor gets its rows.

use uuid::Uuid;
use wattle_domain::PatientId;
use wattle_domain::commands::RestrictPatient;
use wattle_protocol::ipc::billing::AccountQuery;
use wattle_tests::desktop::{App, Keyring, Window, testid};
use wattle_tests::house::{House, PEOPLE, Person, Programs, Size, add_people, bootstrap};
use wattle_workstation::Error;

use crate::clinic::{Clinic, MARIA, TestClock, register, sign_in, until_delivered, until_ready};
use crate::inside::inside;
use crate::pages::{picture, theme, until};

const NADIA: &Person = &PEOPLE[2];
const RITA: Person = Person {
    username: "rita",
    password: "grevillea-by-the-gate-9",
    display_name: "Rita Moss",
    role: "practice_manager",
    column: None,
};

/// A bill of two lines, half of it paid, one payment taken back: as an import writes them.
fn bring_an_account(house: &House, patient: &str) {
    let sql = format!(
        "insert into clinic.invoice (clinic_id, id, patient_id, number, issued_on, payer, payer_name)
             select clinic_id, '{0}', id, '200001', '2026-03-02', 'private', 'Zqpayer' from clinic.patient where id = '{patient}';
         insert into clinic.invoice_item (clinic_id, id, invoice_id, patient_id, service_on, mbs_item, description, quantity, fee_cents, gst_cents)
             select clinic_id, gen_random_uuid(), '{0}', id, '2026-03-02', m, d, 1, f, g from clinic.patient,
                 (values ('23', 'Consultation', 8290, 0), (null, 'Dressing pack', 1650, 150)) as v (m, d, f, g) where id = '{patient}';
         insert into clinic.payment (clinic_id, id, invoice_id, patient_id, received_on, method, amount_cents, reference, reverses)
             select clinic_id, v.id::uuid, '{0}', p.id, '2026-03-03', 'card', a, r, b::uuid from clinic.patient p,
                 (values ('{1}', 4000, 'rec 0117', null), ('{2}', -4000, null, '{1}'), ('{3}', 5000, null, null)) as v (id, a, r, b)
             where p.id = '{patient}'",
        Uuid::from_u128(0xB111),
        Uuid::from_u128(0xA1),
        Uuid::from_u128(0xA2),
        Uuid::from_u128(0xA3),
    );
    house.script(&sql).unwrap();
}

#[tokio::test]
async fn whoever_runs_the_practice_sees_an_account_and_the_desk_gets_none_of_it() {
    let name = "billing::whoever_runs_the_practice_sees_an_account_and_the_desk_gets_none_of_it";
    if !inside(name, Keyring::Unlocked).await {
        return;
    }
    let (clinic, clock) = (Clinic::open().await, TestClock::default());
    clinic.house.add_person(&RITA, None).unwrap();
    let office = clinic.computer("office", &clock).await;
    sign_in(&office, &RITA).await.unwrap();
    until_ready(&office).await;
    let patient_id: PatientId = register(&office, "Nguyen").await.unwrap();
    until_delivered(&office).await;
    let query = AccountQuery { patient_id };
    assert_eq!(office.patient_account(query).await.unwrap().bills, []);
    bring_an_account(&clinic.house, &patient_id.to_string());
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
    let account = loop {
        let account = office.patient_account(query).await.unwrap();
        if account.billed_cents == 9_940 && account.paid_cents == 5_000 {
            break account;
        }
        assert!(std::time::Instant::now() < deadline, "it comes with the feed: {account:?}");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    };
    assert_eq!((account.bills.len(), account.bills[0].items.len(), account.owing_cents()), (1, 2, 4_940));
    assert_eq!(account.bills[0].invoice.payer_name.as_deref(), Some("Zqpayer"));
    assert_eq!(account.bills[0].payments.iter().filter(|paid| paid.taken_back).count(), 1);

    let reception = clinic.computer("reception-1", &clock).await;
    sign_in(&reception, &MARIA).await.unwrap();
    until_ready(&reception).await;
    let refused = reception.patient_account(query).await;
    assert!(matches!(refused, Err(Error::NotFound)), "{refused:?}");

    // Behind a shut door there is no account either.
    office.restrict_patient(RestrictPatient { patient_id, restricted: true, open_to: vec![] }).await.unwrap();
    let shut = office.patient_account(query).await;
    assert!(matches!(shut, Err(Error::Restricted)), "{shut:?}");
}

pub(crate) async fn enter(window: &Window, who: &Person, family_name: &str, patient: &str) {
    window.fill(&testid("signin-username"), who.username).await.unwrap();
    window.fill(&testid("signin-password"), who.password).await.unwrap();
    window.click(&testid("signin-submit")).await.unwrap();
    window.find(&testid("desk")).await.unwrap();
    until(window, "[data-testid=sync-status][data-connection=online][data-waiting='0']").await;
    window.click(&testid("nav-patients")).await.unwrap();
    window.fill(&testid("patients-search"), family_name).await.unwrap();
    window.click(&format!("[data-testid=patient-hit][data-id='{patient}']")).await.unwrap();
    window.find(&testid("patient-record")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_shown_in_the_managers_window_and_not_at_the_desk() {
    let folder = tempfile::tempdir().unwrap();
    let mut house = House::found(&folder.path().join("house"), false).unwrap();
    house.import_sample(Size { patients: 60, practitioners: 3, appointments: 300 }, 5).unwrap();
    add_people(&house).unwrap();
    let patient = house
        .text("select patient_id from clinic.patient_contact where kind = 'mobile' order by id limit 1")
        .unwrap();
    let name = house.text(&format!("select family_name from clinic.patient where id = '{patient}'")).unwrap();
    bring_an_account(&house, &patient);
    house.start_server().await.unwrap();
    let app = App::new(Programs::desktop().unwrap());

    let start = async |name: &str, place: &str| {
        wattle_tests::desktop::Workstation::start(name, folder.path().join(place), Keyring::Unlocked)
            .await
            .unwrap()
    };
    let office = start("office", "o").await;
    bootstrap(&office.data_dir(), &house, "office").unwrap();
    let nadia = office.open(&app).await.unwrap();
    enter(&nadia, NADIA, &name, &patient).await;
    until(&nadia, "[data-testid=account-owing][data-cents='4940']").await;
    until(&nadia, "[data-testid=account-billed][data-cents='9940']").await;
    let invoice = "[data-testid=invoice][data-owing='4940']";
    let lines = |what: &str| format!("{invoice} [data-testid={what}]");
    assert_eq!(nadia.find_all(&lines("invoice-item")).await.unwrap().len(), 2);
    assert_eq!(nadia.find_all(&lines("payment")).await.unwrap().len(), 3);
    assert_eq!(
        nadia.find_all(&format!("{}[data-taken-back=true]", lines("payment"))).await.unwrap().len(),
        2
    );
    let into_view = "document.querySelector('[data-testid=account]').scrollIntoView({block: 'center', behavior: 'instant'})";
    nadia.execute(into_view, vec![]).await.unwrap();
    picture(&nadia, "account").await;
    // The system's, light, dark.
    theme(&nadia).await;
    theme(&nadia).await;
    picture(&nadia, "account-dark").await;

    let reception = start("reception-1", "r").await;
    bootstrap(&reception.data_dir(), &house, "reception-1").unwrap();
    let maria = reception.open(&app).await.unwrap();
    enter(&maria, &PEOPLE[0], &name, &patient).await;
    assert!(maria.find_all(&testid("account")).await.unwrap().is_empty());
}
