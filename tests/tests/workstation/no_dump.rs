//! What a crash of the app would leave on the disk.

/// Neither the app nor its web view may write its memory to a file or a pipe when it crashes.
pub fn leaves_no_dump(app: u32) {
    for pid in family(app) {
        let limits = std::fs::read_to_string(format!("/proc/{pid}/limits")).unwrap_or_default();
        let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap_or_default();
        let small = core.split_whitespace().filter(|word| matches!(*word, "0" | "1")).count();
        assert!(limits.is_empty() || small == 2, "a crash of {pid} leaves a dump: {core}");
    }
}

/// A process and all below it.
fn family(pid: u32) -> Vec<u32> {
    let below = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    let below = below.split_whitespace().filter_map(|pid| pid.parse().ok());
    std::iter::once(pid).chain(below.flat_map(family).collect::<Vec<_>>()).collect()
}
