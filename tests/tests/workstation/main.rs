//! A workstation without its window, with the real parts around it: PostgreSQL, the server's process, a Secret Service
//! on a session bus of its own.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs
)]

mod account;
mod approval;
mod billing;
mod canary;
mod clinic;
mod damage;
mod desk;
mod documents;
mod enrolment;
mod first_copy;
mod former_log;
mod inside;
mod keyring;
mod lease;
mod letters;
mod no_dump;
mod noted;
mod openid;
mod own_ca;
mod pages;
mod people;
mod practitioners;
mod restricted;
mod revoked;
mod roles;
mod second_factor;
mod support;
mod window;
mod wipe;
mod wrong_password;
