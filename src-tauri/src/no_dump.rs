//! A crash leaves no picture of the memory behind: keys and what is on the screen would rest in it, in the clear.
//!
//! Holds for this process and, since limits are handed down, for those of the web view. It promises nothing about the memory of
//! a running process, swap or a computer that sleeps on disk: those are the system's to encrypt.

/// From now on, for good.
#[cfg(unix)]
pub(crate) fn forbid() {
    use rustix::process::{Resource, Rlimit, setrlimit};
    if let Err(error) = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) }) {
        tracing::warn!(%error, "the system may write this process's memory to disk when it crashes");
    }
}

#[cfg(not(unix))]
pub(crate) fn forbid() {}
