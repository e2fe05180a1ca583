//! What the system before Wattle wrote down stands in the log of whoever may read logs, told apart from what was done here.

use wattle_tests::desktop::{App, Keyring, Workstation, testid};
use wattle_tests::house::{House, PEOPLE, Programs, Size, add_people, bootstrap};

use crate::billing::enter;
use crate::pages::{picture, theme, until};

/// Three entries of the night before, as an import writes them.
fn bring_a_log(house: &House, patient: &str) {
    let sql = format!(
        "insert into clinic.user_name (clinic_id, id, display_name, active)
             select clinic_id, gen_random_uuid(), 'Dr Mei-Lin Lee (FileMaker)', false from clinic.patient where id = '{patient}';
         insert into clinic.former_event (clinic_id, id, at, user_id, action, patient_id, place, record, field)
             select p.clinic_id, gen_random_uuid(), now() - v.ago::interval, u.id, v.act, p.id, 'Patient Detail', '4711', v.field
             from clinic.patient p, clinic.user_name u,
                 (values ('3 hours', 'changed', 'PhoneMobile'), ('5 years', 'viewed', null), ('5 years', 'deleted', 'Note_Text'))
                     as v (ago, act, field)
             where p.id = '{patient}' and u.display_name like '%(FileMaker)'"
    );
    house.script(&sql).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_managers_log_says_what_was_done_in_the_old_system() {
    let folder = tempfile::tempdir().unwrap();
    let mut house = House::found(&folder.path().join("house"), false).unwrap();
    house.import_sample(Size { patients: 60, practitioners: 3, appointments: 300 }, 5).unwrap();
    add_people(&house).unwrap();
    let patient = house
        .text("select patient_id from clinic.patient_contact where kind = 'mobile' order by id limit 1")
        .unwrap();
    let name = house.text(&format!("select family_name from clinic.patient where id = '{patient}'")).unwrap();
    bring_a_log(&house, &patient);
    house.start_server().await.unwrap();
    let app = App::new(Programs::desktop().unwrap());
    let office = Workstation::start("office", folder.path().join("o"), Keyring::Unlocked).await.unwrap();
    bootstrap(&office.data_dir(), &house, "office").unwrap();
    let nadia = office.open(&app).await.unwrap();
    enter(&nadia, &PEOPLE[2], &name, &patient).await;
    nadia.click(&testid("nav-audit")).await.unwrap();
    let entry = |act: &str| format!("{}[data-action='{act}']", testid("audit-line"));
    // The last days, and the sign-in that has just been among them.
    until(&nadia, &entry("former_changed")).await;
    until(&nadia, &entry("sign_in")).await;
    assert!(nadia.find_all(&entry("former_deleted")).await.unwrap().is_empty(), "years ago");
    nadia.click(&format!("{} option[value='0']", testid("audit-span"))).await.unwrap();
    until(&nadia, &entry("former_deleted")).await;
    let line = nadia.text(&entry("former_deleted")).await.unwrap();
    for said in ["Dr Mei-Lin Lee (FileMaker)", "Old system: deleted", "field: Note Text", "record: 4711"] {
        assert!(line.contains(said), "{said}: {line}");
    }
    picture(&nadia, "former-log").await;
    theme(&nadia).await;
    theme(&nadia).await;
    picture(&nadia, "former-log-dark").await;
    nadia.click(&format!("{} option[value='former_viewed']", testid("audit-action"))).await.unwrap();
    nadia.wait_until_gone(&entry("former_changed")).await.unwrap();
    assert_eq!(nadia.find_all(&testid("audit-line")).await.unwrap().len(), 1);
}
