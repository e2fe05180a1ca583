//! The only place that prints. Progress goes to stderr, results to stdout, so that the last line stays last.
#![allow(clippy::print_stdout, clippy::print_stderr)]

/// A step begins.
pub(crate) fn step(what: &str) {
    eprintln!("==> {what}");
}

/// A remark under a step.
pub(crate) fn note(what: &str) {
    eprintln!("    {what}");
}

/// A line of a program whose output we read.
pub(crate) fn relay(line: &str) {
    eprintln!("{line}");
}

/// The end, badly: what and why, without the stack of this program, which is not where the fault is.
pub(crate) fn failed(error: &anyhow::Error) {
    eprintln!("error: {error:#}");
}

/// A part that this machine cannot have; counted, never silent.
pub(crate) fn skipped(part: &str, why: &str) {
    println!("SKIPPED {part}: {why}");
}

/// A result.
pub(crate) fn result(line: &str) {
    println!("{line}");
}
