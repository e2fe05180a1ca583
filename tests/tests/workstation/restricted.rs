//! A restricted record in the real window: the shut door, an hour with a reason and without the server, and the notice that
//! the practice manager ticks; pictures beside those of the other pages.

use wattle_tests::desktop::{App, Keyring, Window, Workstation, testid};
use wattle_tests::house::{House, PEOPLE, Person, Programs, Size, add_people, bootstrap};

use crate::no_dump::leaves_no_dump;
use crate::pages::{picture, theme, until};

const LEE: &Person = &PEOPLE[1];
const NADIA: &Person = &PEOPLE[2];

async fn sign_in(window: &Window, who: &Person) {
    window.fill(&testid("signin-username"), who.username).await.unwrap();
    window.fill(&testid("signin-password"), who.password).await.unwrap();
    window.click(&testid("signin-submit")).await.unwrap();
    window.find(&testid("desk")).await.unwrap();
    until(window, "[data-testid=sync-status][data-connection=online][data-waiting='0']").await;
}

async fn look_for(window: &Window, family_name: &str, patient: &str) {
    window.click(&testid("nav-patients")).await.unwrap();
    window.fill(&testid("patients-search"), family_name).await.unwrap();
    window.click(&format!("[data-testid=patient-hit][data-id='{patient}']")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restricted_record_opens_for_an_hour_with_a_reason_and_the_manager_ticks_the_notice() {
    let folder = tempfile::tempdir().unwrap();
    let mut house = House::found(&folder.path().join("house"), false).unwrap();
    house.import_sample(Size { patients: 60, practitioners: 3, appointments: 300 }, 5).unwrap();
    add_people(&house).unwrap();
    house.start_server().await.unwrap();
    let patient = house
        .text("select patient_id from clinic.patient_contact where kind = 'mobile' order by id limit 1")
        .unwrap();
    let name = house.text(&format!("select family_name from clinic.patient where id = '{patient}'")).unwrap();

    // The manager restricts it in her own window.
    let office = Workstation::start("office", folder.path().join("o"), Keyring::Unlocked).await.unwrap();
    bootstrap(&office.data_dir(), &house, "office").unwrap();
    let nadia = office.open(&App::new(Programs::desktop().unwrap())).await.unwrap();
    sign_in(&nadia, NADIA).await;
    look_for(&nadia, &name, &patient).await;
    nadia.click(&testid("restrict")).await.unwrap();
    nadia.find(&testid("restrict-form")).await.unwrap();
    picture(&nadia, "restricted-1-form").await;
    nadia.click(&testid("restrict-save")).await.unwrap();
    until(&nadia, "[data-testid=record-shut]").await;

    let room = Workstation::start("dr-lee", folder.path().join("r"), Keyring::Unlocked).await.unwrap();
    bootstrap(&room.data_dir(), &house, "dr-lee").unwrap();
    let lee = room.open(&App::new(Programs::desktop().unwrap())).await.unwrap();
    sign_in(&lee, LEE).await;
    house.kill_server();
    until(&lee, "[data-connection=offline]").await;
    look_for(&lee, &name, &patient).await;
    until(&lee, "[data-testid=record-shut]").await;
    assert!(lee.find_all("[data-testid^=contact-value]").await.unwrap().is_empty());
    picture(&lee, "restricted-2-shut").await;
    lee.fill(&testid("glass-reason"), "Collapsed in the waiting room").await.unwrap();
    lee.press(&["Enter"]).await.unwrap();
    until(&lee, "[data-testid=patient-banner]").await;
    lee.wait_for_text(&testid("glass-left"), "Shuts by itself in 59:").await.unwrap();
    lee.click(&testid("tab-contacts")).await.unwrap();
    until(&lee, "[data-testid=contact-value-mobile]").await;
    picture(&lee, "restricted-3-open").await;
    theme(&lee).await;
    theme(&lee).await;
    picture(&lee, "restricted-4-open-dark").await;

    house.start_server().await.unwrap();
    nadia.press(&["F6"]).await.unwrap();
    until(&nadia, "[data-testid=attention-item][data-kind=glass]").await;
    let said = nadia.text("[data-kind=glass]").await.unwrap();
    for words in ["Dr Susan Lee opened this restricted record", "Collapsed in the waiting room"] {
        assert!(said.contains(words), "{words} is not in: {said}");
    }
    picture(&nadia, "restricted-5-notice").await;
    nadia.click(&testid("glass-seen")).await.unwrap();
    until(&nadia, "[data-testid=attention-empty]").await;
    until(&nadia, "[data-testid=sync-status][data-connection=online][data-waiting='0']").await;
    let seen = "select count(*) from clinic.broken_glass where seen_by = \
                (select id from clinic.user_account where username = 'nadia')";
    assert_eq!(house.count(seen).unwrap(), 1);
    assert!(!house.server_log().contains("Collapsed"), "no word of it in a log");
    leaves_no_dump(lee.pid());
    lee.close().await.unwrap();
    nadia.close().await.unwrap();
}
