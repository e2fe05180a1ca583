//! Results, letters, prints and a record out of the house, in the window of a clinician.

use std::time::Duration;

use anyhow::{Context, ensure};

use super::access::every_control_has_a_name;
use super::desk::Desk;
use crate::desktop::{Window, testid};
use crate::house::House;

const PATIENCE: Duration = Duration::from_secs(20);
/// A word in the letter that is in no list, so that it can be searched for.
pub(super) const IN_THE_LETTER: &str = "Numbatpalpitations since May.";
/// What the result says.
pub(super) const IN_THE_RESULT: &str = "Bilbyglobin 92 g/L";

/// A result comes in, waits in the inbox, is acted on with a recall.
pub(super) async fn a_result_becomes_a_recall(lee: &Desk) -> anyhow::Result<()> {
    let window = lee.window()?;
    window.click(&testid("tab-results")).await?;
    window.click(&testid("add-result")).await?;
    window.type_into(&testid("result-title"), "Full blood count").await?;
    window.type_into(&testid("result-source"), "Southern Pathology").await?;
    window.type_into(&testid("result-text"), IN_THE_RESULT).await?;
    window.click(&testid("result-abnormal")).await?;
    every_control_has_a_name(window, "a new result").await?;
    lee.picture("result-new").await?;
    window.click(&testid("result-save")).await?;
    window.find(&format!("{}[data-done='false']", testid("result"))).await.context("it waits")?;

    window.click(&testid("nav-results")).await?;
    window.wait_for_text(&testid("inbox-item"), "Full blood count").await.context("in the inbox")?;
    window.wait_for_text(&testid("result-detail"), IN_THE_RESULT).await?;
    window
        .find(&format!("{}[disabled]", testid("result-no_action")))
        .await
        .context("nothing to do about something out of the ordinary needs a word")?;
    every_control_has_a_name(window, "results").await?;
    for theme in ["dark", "light"] {
        lee.wear(theme).await?;
        lee.picture(&format!("results-{theme}")).await?;
    }
    window.type_into(&testid("result-recall-reason"), "Blood again").await?;
    window.click(&testid("result-recall-28")).await?;
    window.find(&testid("results-empty")).await.context("the inbox is empty")?;
    window.click(&testid("nav-patients")).await?;
    window.click(&testid("tab-results")).await?;
    window
        .find(&format!("{}[data-done='true']", testid("result")))
        .await
        .context("and the record says what was done")?;
    Ok(())
}

/// A referral from a template: the `first` to somebody new in the address book, and printed; then to somebody who is in it.
pub(super) async fn a_letter_is_filed(lee: &Desk, subject: &str, first: bool) -> anyhow::Result<()> {
    let window = lee.window()?;
    window.click(&testid("tab-letters")).await?;
    window.click(&testid("letter-new")).await?;
    window.click(&testid("letter-template")).await?;
    window.click(".menu-item[data-value='referral']").await?;
    window.find(&testid("letter-open")).await.context("the recipient is still open")?;
    if !first {
        window.type_into(&testid("provider-search"), "Raman").await?;
        window.click(&testid("provider")).await.context("out of the address book")?;
    } else {
        // The driver types no new line into a text area: the lines come as from the clipboard.
        let paste = "const area = document.querySelector(arguments[0]); area.value = arguments[1]; area.dispatchEvent(new Event('input', { bubbles: true }));";
        let lines = "Dr Priya Raman\n1 High Street\nNewtown NSW 2042";
        window.execute(paste, vec![testid("letter-recipient").into(), lines.into()]).await?;
        window.click(&testid("provider-add")).await.context("who is not in the book can be put there")?;
    }
    window.wait_until_gone(&testid("letter-open")).await.context("every field is filled in")?;
    window.fill(&testid("letter-subject"), subject).await?;
    let body = window.property(&testid("letter-body"), "value").await?;
    ensure!(body.as_str().is_some_and(|text| text.starts_with("Dear Dr Priya Raman,")), "merged: {body}");
    window.type_into(&testid("letter-body"), IN_THE_LETTER).await?;
    window.click(&testid("letter-preview")).await?;
    window.find(&testid("letter-page")).await.context("a page as it will be printed")?;
    every_control_has_a_name(window, "a letter").await?;
    lee.picture(&format!("letter-{}", subject.to_lowercase().replace(' ', "-"))).await?;
    if first {
        printing_is_heard(window).await?;
        window.click(&testid("letter-file-print")).await?;
        printed(window, 1).await.context("the letter goes to the printer")?;
    } else {
        window.click(&testid("letter-file")).await?;
    }
    window.wait_for_text(&testid("letter"), subject).await.context("the letter is filed")?;
    Ok(())
}

/// Consent first; then the record as a file, which is looked at here as the next system would.
pub(super) async fn the_record_leaves_the_house(lee: &Desk) -> anyhow::Result<()> {
    let window = lee.window()?;
    window.click(&testid("tab-letters")).await?;
    ensure!(
        window.find_all(&testid("fhir-export")).await?.is_empty(),
        "nothing leaves before the patient was asked"
    );
    window.type_into(&testid("consent-note"), "in person").await?;
    window.click(&testid("consent-given")).await?;
    window.find(&format!("{}[data-given='true']", testid("consent"))).await?;
    window.click(&testid("fhir-export")).await?;
    let path = window.text(&testid("fhir-path")).await?;
    lee.picture("out-of-the-house").await?;
    let document: serde_json::Value = serde_json::from_slice(&std::fs::read(&path)?)?;
    ensure!(document.get("type").is_some_and(|kind| kind == "document"), "a FHIR document");
    let text = document.to_string();
    for held in ["Penicillin", "AllergyIntolerance", "60591-5"] {
        ensure!(text.contains(held), "{held} is missing in the document");
    }
    std::fs::remove_file(path)?;
    Ok(())
}

/// Labels and a card from the patient's page.
pub(super) async fn small_papers(lee: &Desk) -> anyhow::Result<()> {
    let window = lee.window()?;
    window.click(&testid("tab-appointments")).await?;
    printing_is_heard(window).await?;
    window.click(&testid("print-labels")).await?;
    printed(window, 1).await.context("labels")?;
    window.click(&testid("print-card")).await?;
    printed(window, 2).await.context("an appointment card")?;
    Ok(())
}

/// The day on paper, from the day book.
pub(super) async fn the_day_is_printed(desk: &Desk) -> anyhow::Result<()> {
    let window = desk.window()?;
    window.click(&testid("nav-daybook")).await?;
    printing_is_heard(window).await?;
    window.click(&testid("print-day")).await?;
    printed(window, 1).await.context("the day sheet")
}

/// What the server holds of it, each thing once; the words rest sealed.
pub(super) fn arrived(house: &House, patient: &str, letters: u64) -> anyhow::Result<()> {
    let count = |sql: String| house.count(&sql);
    let filed = count(format!("select count(*) from clinic.letter where patient_id = '{patient}'"))?;
    ensure!(filed == letters, "{filed} letters arrived, and {letters} were filed");
    let plain =
        count("select count(*) from clinic.letter where body like '%Numbatpalpitations%'".to_owned())?;
    ensure!(plain == 0, "a letter rests plain");
    let acted = count("select count(*) from clinic.inbox_item where action = 'recall'".to_owned())?;
    ensure!(acted == 1, "{acted} results were acted on");
    let book =
        count("select count(*) from clinic.external_provider where name = 'Dr Priya Raman'".to_owned())?;
    ensure!(book == 1, "Dr Raman is in the address book {book} times");
    for act in ["print_record", "export_record", "print_day_sheet"] {
        let logged = count(format!("select count(*) from clinic.audit_event where action = '{act}'"))?;
        ensure!(logged >= 1, "{act} is not in the log");
    }
    Ok(())
}

/// The print dialog is the system's and would wait for somebody: what opens it is counted, and the page is looked at.
async fn printing_is_heard(window: &Window) -> anyhow::Result<()> {
    let script = "window.heard = []; window.print = () => window.heard.push([...document.querySelectorAll('[data-testid=print-layer] img')].map(i => i.naturalWidth));";
    window.execute(script, Vec::new()).await?;
    Ok(())
}

async fn printed(window: &Window, times: usize) -> anyhow::Result<()> {
    let heard = window
        .wait_for("the print dialog", PATIENCE, async |w| {
            let heard = w.execute("return window.heard", Vec::new()).await?;
            Ok(heard.as_array().filter(|heard| heard.len() >= times).cloned())
        })
        .await?;
    let pages = heard.last().and_then(|pages| pages.as_array()).cloned().unwrap_or_default();
    ensure!(!pages.is_empty(), "a paper without a page went to the printer");
    ensure!(
        pages.iter().all(|width| width.as_u64().is_some_and(|width| width > 0)),
        "a page is blank: {pages:?}"
    );
    Ok(())
}
