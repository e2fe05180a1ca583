//! WebDriver's protocol, as much of it as we need, to one WebKitWebDriver with one session.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::{App, Error};
use crate::processes::{Process, free_port, signal};

/// The key under which WebDriver hides an element's id.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";
const CALL: Duration = Duration::from_secs(60);
const START: Duration = Duration::from_secs(60);

/// An element of the page as it was when found; stale once the page has redrawn it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element(String);

impl Element {
    fn from(value: &Value) -> Option<Self> {
        value.get(ELEMENT)?.as_str().map(|id| Self(id.to_owned()))
    }
}

/// A driver process, its session, and the app that the session started.
#[derive(Debug)]
pub(super) struct Driver {
    process: Process,
    http: reqwest::Client,
    /// `http://127.0.0.1:PORT/session/ID`
    session: String,
    app_pid: u32,
}

impl Driver {
    pub(super) async fn start(command: &mut Command, logs: &Path, app: &App) -> Result<Self, Error> {
        let port = free_port()?;
        command.args(["--host=127.0.0.1", &format!("--port={port}")]);
        let mut process = Process::start("webdriver", command, logs)?;
        process
            .wait_for("its port", START, |_| std::net::TcpStream::connect(("127.0.0.1", port)).ok())
            .await?;
        // The proxy of a developer's machine has nothing to do with a driver on this one.
        let http = reqwest::Client::builder().no_proxy().timeout(CALL).build()?;

        // Naming a browser makes WebKitWebDriver refuse our own binary.
        let options = json!({ "binary": app.binary, "args": app.arguments });
        let wanted = json!({ "capabilities": { "alwaysMatch": { "webkitgtk:browserOptions": options } } });
        let base = format!("http://127.0.0.1:{port}/session");
        let doing = format!("open {}", app.binary.display());
        let answer = call(&http, Method::POST, &base, Some(wanted), &doing).await?;
        let unexpected = || Error::Unexpected { doing: doing.clone(), answer: answer.to_string() };
        let id = answer.get("sessionId").and_then(Value::as_str).ok_or_else(unexpected)?;
        let app_pid = child_of(process.pid()).ok_or_else(unexpected)?;
        Ok(Self { process, http, session: format!("{base}/{id}"), app_pid })
    }

    pub(super) async fn get(&self, path: &str, doing: &str) -> Result<Value, Error> {
        call(&self.http, Method::GET, &format!("{}{path}", self.session), None, doing).await
    }

    pub(super) async fn post(&self, path: &str, body: Value, doing: &str) -> Result<Value, Error> {
        call(&self.http, Method::POST, &format!("{}{path}", self.session), Some(body), doing).await
    }

    pub(super) async fn find(&self, css: &str) -> Result<Element, Error> {
        let found = self.post("/element", json!({ "using": "css selector", "value": css }), css).await?;
        Element::from(&found)
            .ok_or_else(|| Error::Unexpected { doing: css.to_owned(), answer: found.to_string() })
    }

    pub(super) async fn find_all(&self, css: &str) -> Result<Vec<Element>, Error> {
        let found = self.post("/elements", json!({ "using": "css selector", "value": css }), css).await?;
        Ok(found.as_array().map(|all| all.iter().filter_map(Element::from).collect()).unwrap_or_default())
    }

    pub(super) async fn element_get(
        &self,
        element: &Element,
        what: &str,
        doing: &str,
    ) -> Result<Value, Error> {
        self.get(&format!("/element/{}/{what}", element.0), doing).await
    }

    pub(super) async fn element_post(
        &self,
        element: &Element,
        what: &str,
        body: Value,
        doing: &str,
    ) -> Result<Value, Error> {
        self.post(&format!("/element/{}/{what}", element.0), body, doing).await
    }

    pub(super) fn app_pid(&self) -> u32 {
        self.app_pid
    }

    /// Ends the app with SIGKILL and then its driver, which is of no use without it.
    pub(super) async fn kill_app(mut self) -> Result<(), Error> {
        self.kill_app_now();
        let driver = self.process.pid();
        let pid = self.app_pid;
        self.process
            .wait_for("the app's end", Duration::from_secs(10), |_| {
                (parent_of(pid) != Some(driver)).then_some(())
            })
            .await?;
        Ok(())
    }

    fn kill_app_now(&self) {
        // Only while it is still our driver's child: its pid may be somebody else's by now.
        if parent_of(self.app_pid) == Some(self.process.pid()) {
            signal(self.app_pid, rustix::process::Signal::KILL);
        }
    }

    /// Ends the session in order: WebKitWebDriver closes the app.
    pub(super) async fn close(self) -> Result<(), Error> {
        call(&self.http, Method::DELETE, &self.session, None, "close the window").await?;
        Ok(())
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.kill_app_now();
        self.process.stop();
    }
}

async fn call(
    http: &reqwest::Client,
    method: Method,
    url: &str,
    body: Option<Value>,
    doing: &str,
) -> Result<Value, Error> {
    let mut request = http.request(method, url);
    if let Some(body) = body {
        request = request.json(&body);
    }
    let response = request.send().await?;
    let good = response.status().is_success();
    let mut answer: Value = response.json().await?;
    let value = answer.get_mut("value").map(Value::take).unwrap_or_default();
    if good {
        return Ok(value);
    }
    let text = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    Err(Error::Refused { doing: doing.to_owned(), code: text("error"), message: text("message") })
}

/// The process that `parent` started: the app, as WebKitWebDriver starts nothing else.
fn child_of(parent: u32) -> Option<u32> {
    std::fs::read_dir("/proc")
        .ok()?
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .find(|pid| parent_of(*pid) == Some(parent))
}

/// The parent of a process that lives (a zombie does not).
fn parent_of(pid: u32) -> Option<u32> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name, in parentheses, may hold anything; state and parent follow it.
    let mut after = stat.rsplit_once(") ")?.1.split(' ');
    let state = after.next()?;
    let parent = after.next()?.parse().ok()?;
    (state != "Z" && state != "X").then_some(parent)
}
