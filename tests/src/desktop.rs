//! Real desktop windows with no screen: a workstation of its own display, session bus, keyring and folders, and
//! the app in it, driven through WebKit's WebDriver.
//!
//! Owns: Xvfb, dbus-daemon, gnome-keyring-daemon, WebKitWebDriver and the app that it starts; each is ended by its
//! own pid. Must never: know what the app shows; tests bring the selectors. Linux only: macOS has no WebDriver for
//! WKWebView, and Windows' is another one.
//! Called by: whole-system tests and `cargo xtask demo --headless`.
//!
//! ```no_run
//! # async fn day() -> Result<(), wattle_tests::desktop::Error> {
//! use wattle_tests::desktop::{App, Keyring, Workstation, testid};
//! let reception = Workstation::start("reception-1", "/tmp/day/reception-1", Keyring::Unlocked).await?;
//! let window = reception.open(&App::new("target/debug/wattle-desktop")).await?;
//! window.type_into(&testid("user"), "reception").await?;
//! window.press(&["Enter"]).await?;
//! window.screenshot("target/demo/sign-in.png").await?;
//! window.kill().await?; // SIGKILL; `reception.open` opens it again on the same folders
//! # Ok(()) }
//! ```

mod actions;
mod driver;
mod error;
mod keyring;
mod window;
mod workstation;

#[cfg(test)]
mod tests;

pub use driver::Element;
pub use error::Error;
pub use window::{Window, testid};
pub use workstation::{App, Keyring, Workstation};
