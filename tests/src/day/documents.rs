//! Documents in a real window: chosen, dropped and pasted; the app killed while bytes are on their way; a viewer for PDF and
//! pictures; all of it read while the server is gone.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, ensure};
use serde_json::json;

use super::desk::Desk;
use super::{small_clinic, tell};
use crate::desktop::{Window, testid};
use crate::house::{House, PEOPLE};
use crate::paper;

const PATIENCE: Duration = Duration::from_secs(30);

/// Plays it. Pictures of each screen, light and dark, go to `pictures`.
///
/// # Errors
/// Something did not hold; the error says what, and what was seen.
pub async fn play(pictures: &Path) -> anyhow::Result<()> {
    let dir = tempfile::Builder::new().prefix("wattle-papers-").tempdir()?;
    let mut house = small_clinic::open(dir.path()).await?;
    let mut reception = Desk::open(&house, "reception-1", &PEOPLE[0], pictures).await?;
    let played = file_and_look(&mut house, &mut reception, dir.path()).await;
    small_clinic::or_seen(played, &reception).await
}

async fn file_and_look(house: &mut House, reception: &mut Desk, dir: &Path) -> anyhow::Result<()> {
    reception.sign_in().await?;
    reception.is("online", Some(0)).await?;
    let sql = "select family_name from clinic.patient where family_name ~ '^[A-Za-z]{6,}$' order by family_name, id limit 1";
    let family = house.text(sql)?;
    open_patient(reception, &family).await?;

    // A scan of 12 MB, and a card.
    let scan = dir.join("referral of today.pdf");
    std::fs::write(&scan, paper::pdf(&["Referral, page one", "Wombat on page two"], 12 << 20))?;
    let window = reception.window()?;
    window.find(&testid("document-drop")).await.context("the place for documents")?;
    choose(window, &scan).await?;
    window.find(&testid("document")).await.context("the scan is in the list")?;
    drop_picture(window).await?;
    until_documents(window, "two documents", 2, "").await?;

    // Killed at once, whatever has arrived until then; the same bytes go on from there.
    reception.kill().await?;
    reception.reopen().await?;
    reception.sign_in().await?;
    open_patient(reception, &family).await?;
    let window = reception.window()?;
    until_documents(window, "both arrive", 2, "[data-bytes='here'][data-pending='false']").await?;
    let stored = "select count(*) from clinic.desk_document where stored_at is not null";
    ensure!(house.count(stored)? == 2, "the server has read and confirmed both");
    until_thumbnails(window, 2).await?;
    reception.picture("list").await?;
    tell("a scan and a picture, the app killed on the way: both are confirmed");

    house.kill_server();
    reception.is("offline", None).await?;
    look_at_the_scan(reception).await?;
    look_at_the_picture(reception).await?;
    reception.wear("dark").await?;
    reception.picture("list-dark").await?;
    bad_file(reception, dir).await?;
    tell("read, turned, zoomed and searched without the server; a file that is no document is told");
    Ok(())
}

async fn open_patient(reception: &Desk, family: &str) -> anyhow::Result<()> {
    reception.search(family).await?;
    let window = reception.window()?;
    window.find(&testid("search-hit")).await.context("the patient is found")?;
    window.press(&["Enter"]).await?;
    window.find(&testid("patient-record")).await.context("the record opens")?;
    window.find(&testid("documents")).await.context("with its documents")?;
    Ok(())
}

async fn choose(window: &Window, file: &Path) -> anyhow::Result<()> {
    window.type_into(&testid("document-file"), &file.display().to_string()).await?;
    Ok(())
}

/// A picture is dropped: the page gets the event that the system's drop makes.
async fn drop_picture(window: &Window) -> anyhow::Result<()> {
    let script = "const [css, bytes] = arguments; \
        const files = new DataTransfer(); \
        files.items.add(new File([new Uint8Array(bytes)], 'card.bmp', { type: 'image/bmp' })); \
        document.querySelector(css).dispatchEvent(new DragEvent('drop', { dataTransfer: files, bubbles: true, cancelable: true }));";
    window.execute(script, vec![json!(testid("document-drop")), json!(paper::picture(120, 80))]).await?;
    Ok(())
}

async fn until_documents(window: &Window, what: &str, count: usize, like: &str) -> anyhow::Result<()> {
    let css = format!("{}{like}", testid("document"));
    window
        .wait_for(what, PATIENCE, async |w| Ok((w.find_all(&css).await?.len() == count).then_some(())))
        .await?;
    Ok(())
}

async fn until_thumbnails(window: &Window, count: usize) -> anyhow::Result<()> {
    let css = testid("document-thumbnail");
    window
        .wait_for(
            "thumbnails",
            PATIENCE,
            async |w| Ok((w.find_all(&css).await?.len() == count).then_some(())),
        )
        .await?;
    Ok(())
}

async fn look_at_the_scan(reception: &Desk) -> anyhow::Result<()> {
    let window = reception.window()?;
    let open = format!("{}[data-mime='application/pdf'] {}", testid("document"), testid("document-open"));
    window.click(&open).await?;
    window.find(&testid("viewer-picture")).await.context("the first page")?;
    window.wait_for_text(&testid("viewer-page"), "1 of 2").await?;
    reception.picture("pdf").await?;
    window.press(&["PageDown"]).await?;
    window.wait_for_text(&testid("viewer-page"), "2 of 2").await?;
    window.press(&["+"]).await?;
    window.wait_for_text(&testid("viewer-zoom"), "125 %").await?;
    window.press(&["PageUp"]).await?;
    window.wait_for_text(&testid("viewer-page"), "1 of 2").await?;
    window.type_into(&testid("viewer-find"), "wombat").await?;
    window.press(&["Enter"]).await?;
    window.wait_for_text(&testid("viewer-found"), "on 2").await?;
    window.wait_for_text(&testid("viewer-page"), "2 of 2").await?;
    reception.picture("pdf-found").await?;
    window.press(&["Escape"]).await?;
    window.wait_until_gone(&testid("document-viewer")).await?;
    Ok(())
}

async fn look_at_the_picture(reception: &Desk) -> anyhow::Result<()> {
    let window = reception.window()?;
    let open = format!("{}[data-mime='image/bmp'] {}", testid("document"), testid("document-open"));
    window.click(&open).await?;
    let picture = testid("viewer-picture");
    window.find(&picture).await.context("the picture")?;
    window.press(&["r"]).await?;
    window.find(&format!("{picture}[data-turned='1']")).await.context("turned")?;
    reception.picture("picture").await?;
    window.click(&testid("viewer-close")).await?;
    window.wait_until_gone(&testid("document-viewer")).await?;
    Ok(())
}

/// A picture under the name of a PDF is not taken, and the queue is as it was.
async fn bad_file(reception: &Desk, dir: &Path) -> anyhow::Result<()> {
    let window = reception.window()?;
    let file = dir.join("no letter.pdf");
    std::fs::write(&file, paper::picture(4, 4))?;
    choose(window, &file).await?;
    window.wait_for_text(&testid("toast"), "does not fit its name").await?;
    until_documents(window, "two documents still", 2, "").await
}
