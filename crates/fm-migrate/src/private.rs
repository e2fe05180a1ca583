//! Files about patients that are written for a person: nobody else on the computer looks into them.

use std::fs::{DirBuilder, File, OpenOptions};
use std::path::Path;

/// A file that others on this computer cannot read.
pub(crate) fn file(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// A new folder into which nobody else looks.
pub(crate) fn new_folder(path: &Path) -> std::io::Result<()> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}
