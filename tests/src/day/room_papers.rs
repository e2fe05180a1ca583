//! The papers of the consulting room in the window of a clinician: a template of the clinic's own, the address book, a draft of
//! a letter that survives a kill, results beside their documents, and a restricted record that hides all of it.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, ensure};

use super::access::every_control_has_a_name;
use super::desk::Desk;
use super::{small_clinic, tell};
use crate::desktop::{Window, testid};
use crate::house::{House, PEOPLE};
use crate::paper;

const PATIENCE: Duration = Duration::from_secs(60);
/// What the draft says; the word is in no list.
const DRAFTED: &str = "Potoroobalance is better.";
const TEMPLATE: &str = "Dear {{provider.name}},\n\nplease see {{patient.name}} for exercises.";

/// Plays it. Pictures of each screen, light and dark, go to `pictures`.
///
/// # Errors
/// Something did not hold; the error says what, and what was seen.
pub async fn play(pictures: &Path) -> anyhow::Result<()> {
    let dir = tempfile::Builder::new().prefix("wattle-room-papers-").tempdir()?;
    let house = small_clinic::open(dir.path()).await?;
    let folder = dir.path().join("Scanner of Dr Lee");
    std::fs::create_dir(&folder)?;
    let mut lee = Desk::open(&house, "dr-lee", &PEOPLE[1], pictures).await?;
    let played = at_the_desk(&house, &mut lee, &folder).await;
    small_clinic::or_seen(played, &lee).await
}

async fn at_the_desk(house: &House, lee: &mut Desk, folder: &Path) -> anyhow::Result<()> {
    lee.sign_in().await?;
    lee.is("online", Some(0)).await?;
    let sql = "select family_name from clinic.patient where family_name ~ '^[A-Za-z]{6,}$' order by family_name, id limit 1";
    let family = house.text(sql)?;
    the_address_book(lee).await?;
    a_template(lee).await?;
    a_draft_survives(lee, &family).await?;
    a_photo(lee, folder).await?;
    results_beside_documents(house, lee, folder, &family).await?;
    lee.is("online", Some(0)).await?;
    ensure!(house.count("select count(*) from clinic.letter")? == 1, "one letter arrived");
    ensure!(
        house.count("select count(*) from clinic.letter_template where active")? == 1,
        "and one template"
    );
    let own = "select count(*) from clinic.external_provider where phone = '02 9550 1111' and not active";
    ensure!(house.count(own)? == 1, "the entry of the address book was changed and closed");
    ensure!(
        house.count("select count(*) from clinic.restriction where active")? == 1,
        "restricted at the server"
    );
    let looks = "select count(*) from clinic.audit_event where action = 'open_document'";
    ensure!(house.count(looks)? >= 3, "each document that was looked at is in the log");
    ensure!(house.count("select count(*) from clinic.quarantine")? == 0, "nothing in quarantine");
    Ok(())
}

async fn the_address_book(lee: &Desk) -> anyhow::Result<()> {
    let window = lee.window()?;
    window.click(&testid("nav-addresses")).await?;
    for (name, profession, phone) in
        [("Dr Priya Raman", "Cardiologist", "02 9550 0000"), ("Sam Fox", "Physiotherapist", "02 9550 2222")]
    {
        window.click(&testid("addresses-new")).await?;
        window.find(&format!("{}:not([disabled])", testid("provider-name"))).await?;
        window
            .wait_for("an empty form", PATIENCE, async |w| {
                Ok((w.property(&testid("provider-name"), "value").await? == "").then_some(()))
            })
            .await?;
        window.fill(&testid("provider-name"), name).await?;
        window.fill(&testid("provider-profession"), profession).await?;
        window.fill(&testid("provider-line1"), "1 High Street").await?;
        window.fill(&testid("provider-suburb"), "Newtown").await?;
        window.fill(&testid("provider-phone"), phone).await?;
        window.click(&testid("provider-save")).await?;
        let line = format!("{}[aria-current='true']", testid("address"));
        window.wait_for_text(&line, name).await.context("added, and in hand")?;
    }
    every_control_has_a_name(window, "the address book").await?;
    for theme in ["dark", "light"] {
        lee.wear(theme).await?;
        lee.picture(&format!("addresses-{theme}")).await?;
    }
    click_line(window, "address", "Raman").await?;
    window
        .wait_for("her entry", PATIENCE, async |w| {
            Ok((w.property(&testid("provider-name"), "value").await? == "Dr Priya Raman").then_some(()))
        })
        .await?;
    window.fill(&testid("provider-phone"), "02 9550 1111").await?;
    window.click(&testid("provider-save")).await?;
    window.wait_for_text(&format!("{}[aria-current='true']", testid("address")), "02 9550 1111").await?;
    window.click(&testid("provider-close")).await?;
    until(window, "a closed entry is offered no more", &testid("address"), 1).await?;
    window.click(&testid("addresses-closed")).await?;
    let closed = format!("{}[data-active='false']", testid("address"));
    window.wait_for_text(&closed, "Raman").await.context("and is there on request")?;
    tell("the address book: added, changed, closed");
    Ok(())
}

async fn a_template(lee: &Desk) -> anyhow::Result<()> {
    let window = lee.window()?;
    window.click(&testid("addresses-templates")).await?;
    window.click(&testid("template-new")).await?;
    window.fill(&testid("template-name"), "Referral to physiotherapy").await?;
    window.fill(&testid("template-subject"), "Physiotherapy").await?;
    paste(window, "template-body", "Dear {{provider.name}},\n\nplease see {{patient.nmae}}.").await?;
    window.wait_for_text(&testid("template-fault"), "The letter, line 3: there is no field").await?;
    window
        .find(&format!("{}[disabled]", testid("template-save")))
        .await
        .context("a broken one is not saved")?;
    every_control_has_a_name(window, "a template").await?;
    lee.picture("template-broken").await?;
    paste(window, "template-body", TEMPLATE).await?;
    window.wait_until_gone(&testid("template-fault")).await?;
    window.click(&testid("template-sample")).await?;
    window.find(&testid("template-page")).await.context("a sample as it would be printed")?;
    for theme in ["dark", "light"] {
        lee.wear(theme).await?;
        lee.picture(&format!("template-{theme}")).await?;
    }
    window.click(&testid("template-save")).await?;
    window.wait_for_text(&testid("template"), "Referral to physiotherapy").await?;
    tell("a template of the clinic's own: a broken one says on which line");
    Ok(())
}

/// Begun from that template, killed in the middle, gone on with and filed.
async fn a_draft_survives(lee: &mut Desk, family: &str) -> anyhow::Result<()> {
    open_patient(lee, family).await?;
    let window = lee.window()?;
    window.click(&testid("tab-letters")).await?;
    window.click(&testid("letter-new")).await?;
    window.click(&testid("letter-template")).await?;
    let script = "[...document.querySelectorAll('.menu-item')].find(i => i.textContent.includes('physiotherapy')).click()";
    window.execute(script, Vec::new()).await?;
    window.type_into(&testid("provider-search"), "Fox").await?;
    window.click(&testid("provider")).await.context("out of the address book")?;
    window.wait_until_gone(&testid("letter-open")).await.context("every field is filled in")?;
    window.type_into(&testid("letter-body"), DRAFTED).await?;
    window.wait_for_text(&testid("letter-kept"), "Kept here as a draft").await?;
    every_control_has_a_name(window, "a draft of a letter").await?;

    lee.kill().await?;
    lee.reopen().await?;
    lee.sign_in().await?;
    lee.is("online", None).await?;
    open_patient(lee, family).await?;
    let window = lee.window()?;
    window.click(&testid("tab-letters")).await?;
    window.find(&testid("letter-form")).await.context("the draft is there again")?;
    let body = window.property(&testid("letter-body"), "value").await?;
    ensure!(body.as_str().is_some_and(|text| text.ends_with(DRAFTED)), "as it was: {body}");
    let to = window.property(&testid("letter-recipient"), "value").await?;
    ensure!(to.as_str().is_some_and(|text| text.starts_with("Sam Fox")), "to whom it was: {to}");
    lee.picture("draft-after-the-kill").await?;
    window.click(&testid("letter-file")).await?;
    window.wait_for_text(&testid("letter"), "Physiotherapy").await.context("filed")?;
    window.wait_until_gone(&testid("letter-form")).await?;
    window.click(&testid("tab-summary")).await?;
    window.click(&testid("tab-letters")).await?;
    ensure!(window.find_all(&testid("letter-form")).await?.is_empty(), "what is filed is no draft");
    tell("a draft of a letter survives a kill, and is gone once it is filed");
    Ok(())
}

/// A photo that says which way is up, and one that Wattle does not show.
async fn a_photo(lee: &Desk, folder: &Path) -> anyhow::Result<()> {
    let window = lee.window()?;
    window.click(&testid("tab-documents")).await?;
    let photos = folder.parent().context("a folder")?;
    std::fs::write(photos.join("rash.jpg"), paper::photo_on_its_side())?;
    std::fs::write(photos.join("IMG_0001.HEIC"), paper::heic())?;
    for name in ["rash.jpg", "IMG_0001.HEIC"] {
        window.type_into(&testid("document-camera"), &photos.join(name).display().to_string()).await?;
    }
    until(window, "both photos", &testid("document"), 3).await?;
    window
        .click(&format!("{}[data-mime='image/jpeg'] {}", testid("document"), testid("document-open")))
        .await?;
    let upright =
        "const p = document.querySelector(arguments[0]); return p && p.naturalHeight > p.naturalWidth";
    window
        .wait_for("the photo upright", PATIENCE, async |w| {
            Ok((w.execute(upright, vec![testid("viewer-picture").into()]).await? == true).then_some(()))
        })
        .await?;
    lee.picture("photo").await?;
    window.click(&testid("viewer-close")).await?;
    window
        .click(&format!("{}[data-mime^='image/hei'] {}", testid("document"), testid("document-open")))
        .await?;
    window.wait_for_text(&testid("viewer-outside-only"), "HEIC").await?;
    lee.picture("heic").await?;
    window.click(&testid("viewer-close")).await?;
    tell("a photo is shown upright; one of the HEIC format says what can be done");
    Ok(())
}

async fn results_beside_documents(
    house: &House,
    lee: &Desk,
    folder: &Path,
    family: &str,
) -> anyhow::Result<()> {
    let window = lee.window()?;
    window.click(&testid("nav-scans")).await?;
    window.fill(&testid("scan-folder"), &folder.display().to_string()).await?;
    window.click(&testid("scan-folder-save")).await?;
    std::fs::write(folder.join("Lipids.pdf"), paper::pdf(&["Lipids: LDL 2.1 mmol/L", "Page two"], 9_000))?;
    until(window, "the first result", &testid("scan"), 1).await?;
    file_result(window, family, false).await?;
    std::fs::write(folder.join("Blood count.pdf"), paper::pdf(&["Haemoglobin 92 g/L"], 9_001))?;
    until(window, "the second result", &testid("scan"), 1).await?;
    file_result(window, family, true).await?;

    window.click(&testid("nav-results")).await?;
    until(window, "both wait", &testid("inbox-item"), 2).await?;
    let detail = testid("result-detail");
    window.wait_for_text(&detail, "Blood count").await.context("what is out of the ordinary comes first")?;
    window.find(&testid("viewer-picture")).await.context("its document beside it")?;
    every_control_has_a_name(window, "results").await?;
    for theme in ["dark", "light"] {
        lee.wear(theme).await?;
        lee.picture(&format!("results-{theme}")).await?;
    }
    window.press(&["ArrowDown"]).await?;
    window.wait_for_text(&detail, "Lipids").await.context("the keyboard takes the next")?;
    window.wait_for_text(&testid("viewer-page"), "1 of 2").await?;
    window.press(&["PageDown"]).await?;
    window.wait_for_text(&testid("viewer-page"), "2 of 2").await?;
    window.press(&["k"]).await?;
    window.wait_for_text(&detail, "Blood count").await?;

    a_restricted_record_hides(lee, family).await?;

    window.click(&testid("nav-results")).await?;
    window.wait_for_text(&detail, "Blood count").await?;
    window.press(&["n"]).await?;
    window.type_into(&testid("result-note"), "Rang her").await?;
    window.type_into(&testid("result-recall-reason"), "Blood again").await?;
    window.click(&testid("result-recall-28")).await?;
    until(window, "one left", &testid("inbox-item"), 1).await?;
    window.wait_for_text(&detail, "Lipids").await?;
    window.click(&testid("result-no_action")).await?;
    window.find(&testid("results-empty")).await.context("nothing left")?;
    let acted = "select count(*) from clinic.inbox_item where document_id is not null and action is not null";
    window
        .wait_for("both acted on at the server", PATIENCE, async |_| {
            Ok((house.count(acted).ok() == Some(2)).then_some(()))
        })
        .await?;
    tell("results beside their documents, by keyboard; a recall out of one");
    Ok(())
}

/// Restricted by the clinician, and shut to them too until they say why: results, letters and documents are not to be seen.
async fn a_restricted_record_hides(lee: &Desk, family: &str) -> anyhow::Result<()> {
    let window = lee.window()?;
    open_patient(lee, family).await?;
    window.click(&testid("tab-contacts")).await?;
    window.click(&testid("restrict")).await?;
    window.find(&testid("restrict-form")).await?;
    window.click(&testid("restrict-save")).await?;
    window.find(&testid("record-shut")).await.context("the door is shut")?;
    for hidden in
        ["tab-letters", "tab-results", "tab-documents", "letter", "result", "document", "letter-form"]
    {
        ensure!(
            window.find_all(&testid(hidden)).await?.is_empty(),
            "{hidden} is to be seen behind a shut door"
        );
    }
    lee.picture("restricted").await?;
    window.click(&testid("nav-results")).await?;
    window.wait_for_text(&testid("result-detail"), "Restricted record").await?;
    until(window, "still two", &testid("inbox-item"), 2).await?;
    for hidden in ["beside", "viewer-picture", "result-note"] {
        ensure!(
            window.find_all(&testid(hidden)).await?.is_empty(),
            "{hidden} is to be seen behind a shut door"
        );
    }
    let page = window.text(&testid("results-page")).await?;
    for word in ["Blood count", "Lipids"] {
        ensure!(!page.contains(word), "{word} is to be read in: {page}");
    }
    lee.picture("restricted-results").await?;

    open_search(lee, family).await?;
    window.find(&testid("record-shut")).await.context("still shut")?;
    window.fill(&testid("glass-reason"), "Her result is out of the ordinary").await?;
    let watch = "window.alerted = []; new MutationObserver(() => document.querySelectorAll('.pane [role=alert]') \
        .forEach(a => window.alerted.push(a.innerText))).observe(document.body, { childList: true, subtree: true })";
    window.execute(watch, Vec::new()).await?;
    window.press(&["Enter"]).await?;
    window.find(&testid("patient-banner")).await.context("open for an hour")?;
    window.click(&testid("tab-documents")).await?;
    until(window, "its documents again", &testid("document"), 5).await?;
    let alerted = window.execute("return window.alerted", Vec::new()).await?;
    ensure!(
        alerted == serde_json::json!([]),
        "what was refused before the door opened was told after it: {alerted}"
    );
    tell("a restricted record hides results, letters and documents");
    Ok(())
}

async fn file_result(window: &Window, family: &str, abnormal: bool) -> anyhow::Result<()> {
    window.type_into(&testid("scan-patient"), family).await?;
    window.find(&testid("scan-patient-hit")).await.context("the patient is found")?;
    window.press(&["Enter"]).await?;
    window.find(&testid("scan-chosen")).await?;
    let choose = "const s = document.querySelector(arguments[0]); s.value = 'result'; s.dispatchEvent(new Event('change', { bubbles: true }))";
    window.execute(choose, vec![testid("scan-kind").into()]).await?;
    window.find(&testid("scan-inbox")).await?;
    if abnormal {
        window.click(&testid("scan-abnormal")).await?;
    }
    window.click(&testid("scan-file")).await?;
    until(window, "it waits no more", &testid("scan"), 0).await
}

async fn open_search(lee: &Desk, family: &str) -> anyhow::Result<()> {
    lee.search(family).await?;
    let window = lee.window()?;
    window.find(&testid("search-hit")).await.context("the patient is found")?;
    window.press(&["Enter"]).await?;
    Ok(())
}

async fn open_patient(lee: &Desk, family: &str) -> anyhow::Result<()> {
    open_search(lee, family).await?;
    let window = lee.window()?;
    window.find(&testid("patient-record")).await.context("the record opens")?;
    Ok(())
}

async fn click_line(window: &Window, id: &str, text: &str) -> anyhow::Result<()> {
    let script = "[...document.querySelectorAll(arguments[0])].find(l => l.textContent.includes(arguments[1])).click()";
    window.execute(script, vec![testid(id).into(), text.into()]).await?;
    Ok(())
}

/// The driver types no new line into a text area: the lines come as from the clipboard.
async fn paste(window: &Window, id: &str, text: &str) -> anyhow::Result<()> {
    let script = "const area = document.querySelector(arguments[0]); area.value = arguments[1]; area.dispatchEvent(new Event('input', { bubbles: true }));";
    window.execute(script, vec![testid(id).into(), text.into()]).await?;
    Ok(())
}

async fn until(window: &Window, what: &str, css: &str, count: usize) -> anyhow::Result<()> {
    window
        .wait_for(what, PATIENCE, async |w| Ok((w.find_all(css).await?.len() == count).then_some(())))
        .await?;
    Ok(())
}
