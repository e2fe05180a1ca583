//! A crash leaves no picture of the memory behind: keys, and what is on the screen, would rest in it in the clear.
//!
//! Owns: what a process asks of its system for that. Holds for the process and, since limits are handed down, for those that it
//! starts: the web view among them. It promises nothing about the memory of a running process, swap, or a computer that sleeps
//! on disk: those are the system's to encrypt. On Windows it does nothing; the error reporting of the fleet is set by policy.
//!
//! Called by: `src-tauri`, `sync-server`, first thing.

/// The limit of a dump, bytes. Linux does not apply a limit of nothing to a dump that it pipes into a program, as most
/// distributions do; it writes no dump of either kind under a limit of one (core(5), and `do_coredump` in the kernel).
#[cfg(target_os = "linux")]
const MOST_BYTES: u64 = 1;
#[cfg(all(unix, not(target_os = "linux")))]
const MOST_BYTES: u64 = 0;

/// From now on, for good.
///
/// # Errors
/// The system does not take the limit; nothing else is changed.
pub fn forbid() -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        // Whoever has forbidden it already has done so for us.
        let most = getrlimit(Resource::Core).maximum.map_or(MOST_BYTES, |most| most.min(MOST_BYTES));
        setrlimit(Resource::Core, Rlimit { current: Some(most), maximum: Some(most) })?;
    }
    Ok(())
}
