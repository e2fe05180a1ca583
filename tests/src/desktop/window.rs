//! An open window of the app, used as a person would: look, click, type, drag, wait.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::actions;
use super::driver::{Driver, Element};
use super::error::Error;
use crate::processes;

const PATIENCE: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(20);

/// The selector of an element by its `data-testid`.
#[must_use]
pub fn testid(id: &str) -> String {
    format!("[data-testid=\"{id}\"]")
}

/// An open window; dropping it ends the app with SIGKILL.
///
/// Whatever looks for an element waits up to 20 s for it: a busy machine paints late, and a page redraws.
#[derive(Debug)]
pub struct Window {
    name: String,
    display: String,
    driver: Driver,
}

impl Window {
    pub(super) fn new(name: &str, display: &str, driver: Driver) -> Self {
        Self { name: name.to_owned(), display: display.to_owned(), driver }
    }

    /// The first element of a selector, once it is there.
    ///
    /// # Errors
    /// It does not appear in time.
    pub async fn find(&self, css: &str) -> Result<Element, Error> {
        self.patiently(css, async || self.driver.find(css).await).await
    }

    /// All elements of a selector now, perhaps none.
    ///
    /// # Errors
    /// The driver does not answer.
    pub async fn find_all(&self, css: &str) -> Result<Vec<Element>, Error> {
        self.driver.find_all(css).await
    }

    /// Clicks the middle of the first element of a selector, once that is possible.
    ///
    /// # Errors
    /// It does not appear, or something else stays in front of it.
    pub async fn click(&self, css: &str) -> Result<(), Error> {
        self.patiently(&format!("click {css}"), async || {
            let element = self.driver.find(css).await?;
            self.driver.element_post(&element, "click", json!({}), css).await.map(drop)
        })
        .await
    }

    /// The visible text of the first element of a selector.
    ///
    /// # Errors
    /// It does not appear in time.
    pub async fn text(&self, css: &str) -> Result<String, Error> {
        self.patiently(css, async || {
            let element = self.driver.find(css).await?;
            let text = self.driver.element_get(&element, "text", css).await?;
            Ok(text.as_str().unwrap_or_default().to_owned())
        })
        .await
    }

    /// The visible texts of all elements of a selector now.
    ///
    /// # Errors
    /// The driver does not answer.
    pub async fn texts(&self, css: &str) -> Result<Vec<String>, Error> {
        let script = "return [...document.querySelectorAll(arguments[0])].map(e => e.innerText.trim())";
        let found = self.execute(script, vec![json!(css)]).await?;
        let texts = found.as_array().map(Vec::as_slice).unwrap_or_default();
        Ok(texts.iter().filter_map(Value::as_str).map(str::to_owned).collect())
    }

    /// An attribute of the first element of a selector, if it has it.
    ///
    /// # Errors
    /// The element does not appear in time.
    pub async fn attribute(&self, css: &str, name: &str) -> Result<Option<String>, Error> {
        self.patiently(css, async || {
            let element = self.driver.find(css).await?;
            let value = self.driver.element_get(&element, &format!("attribute/{name}"), css).await?;
            Ok(value.as_str().map(str::to_owned))
        })
        .await
    }

    /// A DOM property (`value`, `checked`) of the first element of a selector.
    ///
    /// # Errors
    /// The element does not appear in time.
    pub async fn property(&self, css: &str, name: &str) -> Result<Value, Error> {
        self.patiently(css, async || {
            let element = self.driver.find(css).await?;
            self.driver.element_get(&element, &format!("property/{name}"), css).await
        })
        .await
    }

    /// Types text into a field, after what it holds.
    ///
    /// # Errors
    /// The field does not appear or takes no text.
    pub async fn type_into(&self, css: &str, text: &str) -> Result<(), Error> {
        self.patiently(&format!("type into {css}"), async || {
            let element = self.driver.find(css).await?;
            self.driver.element_post(&element, "value", json!({ "text": text }), css).await.map(drop)
        })
        .await
    }

    /// Replaces what a field holds, by typing.
    ///
    /// # Errors
    /// As [`Window::type_into`].
    pub async fn fill(&self, css: &str, text: &str) -> Result<(), Error> {
        self.click(css).await?;
        self.press(&["Control", "a"]).await?;
        self.press(&["Delete"]).await?;
        self.type_into(css, text).await
    }

    /// Presses keys together, wherever the focus is: `["Enter"]`, `["Control", "k"]`.
    ///
    /// Names: `Control Shift Alt Meta Enter Tab Escape Backspace Delete Space ArrowUp ArrowDown ArrowLeft ArrowRight Home
    /// End PageUp PageDown F1`…`F12`, or a character.
    ///
    /// # Errors
    /// The driver refuses, or a name is none of these.
    pub async fn press(&self, keys: &[&str]) -> Result<(), Error> {
        self.act(actions::chord(keys)?, &format!("press {}", keys.join("+"))).await
    }

    /// Moves the mouse to the corner of the page, where it points at nothing.
    ///
    /// # Errors
    /// The driver refuses.
    pub async fn rest_pointer(&self) -> Result<(), Error> {
        self.act(actions::point((1, 1)), "rest the pointer").await
    }

    /// Drags with the mouse from the middle of one element to the middle of another.
    ///
    /// # Errors
    /// One of them does not appear, or the driver refuses.
    pub async fn drag(&self, from: &str, to: &str) -> Result<(), Error> {
        self.drag_by(from, to, (0, 0)).await
    }

    /// As [`Window::drag`], letting go `offset` CSS pixels right of and below the middle of `to`.
    ///
    /// # Errors
    /// As [`Window::drag`].
    pub async fn drag_by(&self, from: &str, to: &str, offset: (i32, i32)) -> Result<(), Error> {
        let (start, (x, y)) = (self.middle(from).await?, self.middle(to).await?);
        let end = (x + offset.0, y + offset.1);
        self.act(actions::drag(start, end), &format!("drag {from} to {to}")).await
    }

    /// Clicks a point of the window, in CSS pixels.
    ///
    /// # Errors
    /// The driver refuses.
    pub async fn click_at(&self, point: (i32, i32)) -> Result<(), Error> {
        self.act(actions::drag(point, point), "click at a point").await
    }

    /// Drags with the mouse from one point of the window to another, in CSS pixels.
    ///
    /// # Errors
    /// The driver refuses.
    pub async fn drag_from_to(&self, from: (i32, i32), to: (i32, i32)) -> Result<(), Error> {
        self.act(actions::drag(from, to), "drag between points").await
    }

    /// The middle of an element, scrolled into view, in CSS pixels of the window.
    async fn middle(&self, css: &str) -> Result<(i32, i32), Error> {
        let script = "const e = document.querySelector(arguments[0]); if (!e) return null; \
            let r = e.getBoundingClientRect(); \
            if (r.top < 0 || r.left < 0 || r.bottom > innerHeight || r.right > innerWidth) { \
              e.scrollIntoView({block: 'center', inline: 'center', behavior: 'instant'}); r = e.getBoundingClientRect(); } \
            return [Math.round(r.left + r.width / 2), Math.round(r.top + r.height / 2)]";
        self.wait_for(&format!("{css} to be there"), PATIENCE, async |window| {
            let found = window.execute(script, vec![json!(css)]).await?;
            let at = |i: usize| found.get(i).and_then(Value::as_i64).and_then(|n| i32::try_from(n).ok());
            Ok(at(0).zip(at(1)))
        })
        .await
    }

    async fn act(&self, actions: Value, doing: &str) -> Result<(), Error> {
        self.driver.post("/actions", actions, doing).await.map(drop)
    }

    /// Runs a function's body in the page (`return …`, `arguments[0]`) and gives what it returns.
    ///
    /// # Errors
    /// The script throws.
    pub async fn execute(&self, script: &str, arguments: Vec<Value>) -> Result<Value, Error> {
        self.driver
            .post("/execute/sync", json!({ "script": script, "args": arguments }), "run a script")
            .await
    }

    /// Shows another page; for trying the driver itself, since the app has one page only.
    ///
    /// # Errors
    /// The page does not load.
    pub async fn goto(&self, url: &str) -> Result<(), Error> {
        self.driver.post("/url", json!({ "url": url }), url).await.map(drop)
    }

    /// Waits until `condition` gives something, asking again every 20 ms; what it cannot find meanwhile is no error.
    ///
    /// # Errors
    /// Not within `within`; or any other error of `condition`.
    pub async fn wait_for<T>(
        &self,
        what: &str,
        within: Duration,
        mut condition: impl AsyncFnMut(&Self) -> Result<Option<T>, Error>,
    ) -> Result<T, Error> {
        let deadline = Instant::now() + within;
        loop {
            let last = match condition(self).await {
                Ok(Some(found)) => return Ok(found),
                Ok(None) => "not yet so".to_owned(),
                Err(error) if error.is_passing() => error.to_string(),
                Err(error) => return Err(error),
            };
            if Instant::now() > deadline {
                let what = format!("{}: {what}", self.name);
                return Err(Error::TooSlow { what, within, last });
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// Waits until the first element of a selector shows `part` in its text; returns the whole text.
    ///
    /// # Errors
    /// Not within 20 s; the error holds what it showed last.
    pub async fn wait_for_text(&self, css: &str, part: &str) -> Result<String, Error> {
        let mut last = String::from("no such element");
        let waited = self
            .wait_for(css, PATIENCE, async |window| {
                last = window
                    .texts(css)
                    .await?
                    .into_iter()
                    .next()
                    .unwrap_or_else(|| "no such element".to_owned());
                Ok(last.contains(part).then(|| last.clone()))
            })
            .await;
        waited.map_err(|error| match error {
            Error::TooSlow { what, within, .. } => {
                Error::TooSlow { what: format!("{what} to show {part:?}"), within, last }
            }
            other => other,
        })
    }

    /// Waits until no element of a selector is there.
    ///
    /// # Errors
    /// One is still there after 20 s.
    pub async fn wait_until_gone(&self, css: &str) -> Result<(), Error> {
        let what = format!("{css} to go");
        self.wait_for(&what, PATIENCE, async |window| {
            Ok(window.find_all(css).await?.is_empty().then_some(()))
        })
        .await
    }

    async fn patiently<T>(
        &self,
        what: &str,
        mut attempt: impl AsyncFnMut() -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.wait_for(what, PATIENCE, async |_| attempt().await.map(Some)).await
    }

    /// Saves a picture of the whole display as PNG (WebDriver's own screenshot hangs in WebKitGTK).
    ///
    /// # Errors
    /// ImageMagick is missing or cannot write there.
    pub async fn screenshot(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        let path = path.as_ref();
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(processes::io(format!("make {}", parent.display())))?;
        }
        // Two frames: what has been set is then painted.
        let painted =
            "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(() => done(true)))";
        self.driver.post("/execute/async", json!({ "script": painted, "args": [] }), "paint").await?;
        let output = Command::new("import")
            .args(["-display", &self.display, "-window", "root"])
            .arg(path)
            .output()
            .map_err(|source| processes::Error::Start { program: "import".to_owned(), source })?;
        if output.status.success() {
            return Ok(());
        }
        let answer = String::from_utf8_lossy(&output.stderr).into_owned();
        Err(Error::Unexpected { doing: format!("picture {}", path.display()), answer })
    }

    /// The app's process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.driver.app_pid()
    }

    /// Ends the app with SIGKILL, as a crash or a power cut would; returns once it is gone.
    ///
    /// # Errors
    /// It does not end.
    pub async fn kill(self) -> Result<(), Error> {
        self.driver.kill_app().await
    }

    /// Closes the window in order.
    ///
    /// # Errors
    /// The driver refuses.
    pub async fn close(self) -> Result<(), Error> {
        self.driver.close().await
    }
}
