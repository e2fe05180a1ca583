//! The page inside the desktop window.
//!
//! Owns: what is on the screen and the keys. Must never: decide a rule, reach anything but the shell, read a clock outside
//! [`clock`]. Called by: `boot.js`, which `cargo xtask ui` writes.

mod app;
mod birth_date;
mod clock;
mod components;
mod ipc;
mod keys;
mod pages;
mod shortcuts;
mod show;
mod state;
mod stopped;
mod verbs;
mod words;

fn main() {
    stopped::watch();
    leptos::mount::mount_to_body(app::App);
}
