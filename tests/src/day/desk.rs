//! One desk of the day: a workstation with a person and the app's window.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use serde_json::json;

use super::seen;
use crate::desktop::{App, Keyring, Window, Workstation, testid};
use crate::house::{House, Person, Programs, bootstrap};

const PATIENCE: Duration = Duration::from_secs(60);

/// A desk.
pub struct Desk {
    workstation: Workstation,
    window: Option<Window>,
    app: App,
    person: Person,
    pictures: PathBuf,
    taken: std::cell::Cell<usize>,
}

impl Desk {
    /// Sets up a computer with the server's address and a code, and opens the app.
    pub async fn open(house: &House, name: &str, person: &Person, pictures: &Path) -> anyhow::Result<Self> {
        let workstation = Workstation::start(name, house.dir().join(name), Keyring::Unlocked).await?;
        bootstrap(&workstation.data_dir(), house, name)?;
        let app = App::new(Programs::desktop()?);
        let window = Some(workstation.open(&app).await?);
        let pictures = pictures.to_owned();
        Ok(Self { workstation, window, app, person: *person, pictures, taken: std::cell::Cell::new(0) })
    }

    pub fn name(&self) -> &str {
        self.workstation.name()
    }

    pub fn window(&self) -> anyhow::Result<&Window> {
        self.window.as_ref().context("the window is closed")
    }

    pub fn data_dir(&self) -> PathBuf {
        self.workstation.data_dir()
    }

    /// Everything that the app or the processes around it wrote outside the encrypted file.
    pub fn logs(&self) -> anyhow::Result<Vec<(String, String)>> {
        let mut found = Vec::new();
        for folder in [self.workstation.logs(), self.data_dir()] {
            for path in super::file::files_below(&folder)? {
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                if name.ends_with(".log") || name.ends_with(".err") || name.ends_with(".out") {
                    let text = String::from_utf8_lossy(&std::fs::read(&path)?).into_owned();
                    found.push((format!("{} ({name})", self.name()), text));
                }
            }
        }
        Ok(found)
    }

    /// A picture, numbered in the order of the day.
    pub async fn picture(&self, of: &str) -> anyhow::Result<()> {
        let n = self.taken.get() + 1;
        self.taken.set(n);
        // Half-way between two colours nothing is as it is.
        let still = "return document.getAnimations().every(a => !(a instanceof CSSTransition))";
        self.window()?
            .wait_for("the colours settle", PATIENCE, async |w| {
                Ok((w.execute(still, Vec::new()).await? == true).then_some(()))
            })
            .await?;
        self.window()?.screenshot(self.pictures.join(format!("{}-{n:02}-{of}.png", self.name()))).await?;
        Ok(())
    }

    /// Types name and password, as this desk's person.
    pub async fn sign_in(&self) -> anyhow::Result<()> {
        self.sign_in_with(self.person.password).await?;
        self.window()?.find(&testid("desk")).await.with_context(|| format!("{} signs in", self.name()))?;
        Ok(())
    }

    /// Types name and a password.
    pub async fn sign_in_with(&self, password: &str) -> anyhow::Result<()> {
        let window = self.window()?;
        window.find(&testid("signin-password")).await?;
        // A name that has signed in here before may be filled in already.
        if !window.find_all(&testid("signin-username")).await?.is_empty() {
            window.fill(&testid("signin-username"), self.person.username).await?;
        }
        window.fill(&testid("signin-password"), password).await?;
        window.click(&testid("signin-submit")).await?;
        Ok(())
    }

    /// Types the password of this desk's person behind the curtain.
    pub async fn unlock(&self) -> anyhow::Result<()> {
        let window = self.window()?;
        window.fill(&testid("unlock-password"), self.person.password).await?;
        window.click(&testid("unlock-submit")).await?;
        Ok(())
    }

    /// Waits for a sync state, and for a number of changes that wait here.
    pub async fn is(&self, connection: &str, waiting: Option<u64>) -> anyhow::Result<()> {
        let mut css = format!("{}[data-connection='{connection}']", testid("sync-status"));
        if let Some(n) = waiting {
            css.push_str(&format!("[data-waiting='{n}']"));
        }
        let found = self
            .window()?
            .wait_for(&css, PATIENCE, async |w| Ok((!w.find_all(&css).await?.is_empty()).then_some(())))
            .await;
        if let Err(error) = found {
            anyhow::bail!(
                "{} is not {connection}, {waiting:?} waiting: {error}\n{}",
                self.name(),
                seen(self.window()?).await
            );
        }
        Ok(())
    }

    /// Types into the search that is everywhere.
    pub async fn search(&self, text: &str) -> anyhow::Result<()> {
        self.window()?.click(&testid("search-open")).await?;
        self.window()?.type_into(&testid("search-input"), text).await?;
        Ok(())
    }

    /// Goes round the themes to one.
    pub async fn wear(&self, theme: &str) -> anyhow::Result<()> {
        let window = self.window()?;
        for _ in 0..3 {
            let worn = window.execute("return document.documentElement.dataset.theme", Vec::new()).await?;
            if worn == json!(theme) {
                break;
            }
            window.click(&testid("theme-button")).await?;
            window
                .wait_for("another theme", Duration::from_secs(5), async |w| {
                    let now = w.execute("return document.documentElement.dataset.theme", Vec::new()).await?;
                    Ok((now != worn).then_some(()))
                })
                .await?;
        }
        // Else the button's tip is on every picture, and what was said before lies over it.
        window.rest_pointer().await?;
        let clear = "document.activeElement?.blur(); \
            document.querySelectorAll('[data-testid=toast] [aria-label=\"Close this message\"]').forEach(b => b.click())";
        window.execute(clear, Vec::new()).await?;
        Ok(())
    }

    /// The selector of a card.
    pub fn card(&self, id: &str) -> String {
        format!("{}[data-id='{id}']", testid("card"))
    }

    /// Scrolls a card into view and opens its drawer.
    pub async fn open_card(&self, id: &str) -> anyhow::Result<()> {
        let window = self.window()?;
        if window.find_all(&testid("daybook-grid")).await?.is_empty() {
            window.click(&testid("nav-daybook")).await?;
        }
        super::slots::scroll_to_card(window, id).await?;
        window.click(&self.card(id)).await?;
        window.find(&testid("appointment-drawer")).await?;
        Ok(())
    }

    /// Waits until a card stands where it should.
    pub async fn card_is(&self, id: &str, status: &str) -> anyhow::Result<()> {
        super::slots::scroll_to_card(self.window()?, id).await?;
        let css = format!("{}[data-status='{status}']", self.card(id));
        self.window()?.find(&css).await.with_context(|| format!("{}: the card is {status}", self.name()))?;
        Ok(())
    }

    /// The practitioner of the column that belongs to another desk's person, as this desk's page has it.
    pub async fn column_of(&self, whose: &Desk) -> anyhow::Result<String> {
        let family = whose.person.column.map_or(0, |n| n);
        let script = "return document.querySelectorAll(arguments[0])[arguments[1]]?.dataset.practitioner";
        let found = self.window()?.execute(script, vec![json!(testid("column")), json!(family)]).await?;
        found.as_str().map(str::to_owned).context("the column of the book")
    }

    /// Opens the record and types another mobile.
    pub async fn edit_mobile(
        &self,
        patient: &str,
        given: &str,
        family: &str,
        phone: &str,
    ) -> anyhow::Result<()> {
        self.open_patient(patient, given, family).await?;
        let window = self.window()?;
        window.click(&testid("patient-edit")).await?;
        window.fill(&testid("patient-form-mobile"), phone).await?;
        window.click(&testid("patient-form-save")).await?;
        window.wait_for_text(&testid("contact-value-mobile"), phone).await?;
        Ok(())
    }

    /// The mobile that the record shows.
    pub async fn mobile_of(&self, patient: &str, given: &str, family: &str) -> anyhow::Result<String> {
        self.open_patient(patient, given, family).await?;
        Ok(self.window()?.text(&testid("contact-value-mobile")).await?)
    }

    async fn open_patient(&self, patient: &str, given: &str, family: &str) -> anyhow::Result<()> {
        self.search(&format!("{given} {family}")).await?;
        let hit = format!("{}[data-id='{patient}']", testid("search-hit"));
        self.window()?.click(&hit).await?;
        let window = self.window()?;
        window.find(&testid("patient-record")).await?;
        // Who reads records has the phones on a tab of their own.
        if !window.find_all(&testid("tab-contacts")).await?.is_empty() {
            window.click(&testid("tab-contacts")).await?;
        }
        Ok(())
    }

    /// SIGKILL.
    pub async fn kill(&mut self) -> anyhow::Result<()> {
        self.window.take().context("the window is closed")?.kill().await?;
        Ok(())
    }

    /// Opens the app again on the same folders.
    pub async fn reopen(&mut self) -> anyhow::Result<()> {
        self.window = Some(self.workstation.open(&self.app).await?);
        Ok(())
    }
}
