//! What a process took of the machine, as Linux tells it; zeros elsewhere.

use std::time::Duration;

/// The most memory that a process has held, MiB.
#[must_use]
pub fn peak_mb(pid: Option<u32>) -> f64 {
    status_mb(pid, "VmHWM:")
}

/// The memory that a process holds now, MiB.
#[must_use]
pub fn rss_mb(pid: Option<u32>) -> f64 {
    status_mb(pid, "VmRSS:")
}

fn status_mb(pid: Option<u32>, name: &str) -> f64 {
    let status = read(pid, "status");
    let line = status.lines().find_map(|l| l.strip_prefix(name));
    let kib: f64 = line.and_then(|l| l.split_whitespace().next()?.parse().ok()).unwrap_or(0.0);
    kib / 1024.0
}

/// The CPU time that a process has used, its own and the system's for it.
#[must_use]
pub fn cpu(pid: Option<u32>) -> Duration {
    // Linux counts in hundredths of a second for every program it has run since 1991.
    const TICK_MS: u64 = 10;
    let stat = read(pid, "stat");
    // The name may hold spaces; fields are counted after it.
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks: u64 = fields.skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * TICK_MS)
}

/// Gives back the peak of this process, so that what comes next is measured by itself.
pub fn forget_peak() {
    // Not permitted somewhere: the peak then counts what came before.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

fn read(pid: Option<u32>, file: &str) -> String {
    let whose = pid.map_or_else(|| "self".to_owned(), |pid| pid.to_string());
    std::fs::read_to_string(format!("/proc/{whose}/{file}")).unwrap_or_default()
}
