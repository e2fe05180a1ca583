//! A disk of a few megabytes that can be filled.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

pub struct SmallDisk {
    path: PathBuf,
}

impl SmallDisk {
    /// Mounts one; the reason, where that is not permitted.
    pub fn mount(path: &Path) -> Result<Self, String> {
        std::fs::create_dir_all(path).unwrap();
        let output = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=24m", "wattle-small-disk"])
            .arg(path)
            .output()
            .map_err(|error| error.to_string())?;
        if output.status.success() {
            Ok(Self { path: path.to_owned() })
        } else {
            Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
        }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Leaves no byte free.
    pub fn fill(&self) {
        let mut filler = File::options().create(true).append(true).open(self.filler()).unwrap();
        for block in [vec![0; 65_536], vec![0; 4096], vec![0; 1]] {
            while filler.write_all(&block).is_ok() {}
        }
    }

    /// Room again.
    pub fn empty(&self) {
        // Not there: it was never filled.
        let _ = std::fs::remove_file(self.filler());
    }

    fn filler(&self) -> PathBuf {
        self.path.join("filler")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: a desk that failed may still hold its file.
        let _ = Command::new("umount").arg("-l").arg(&self.path).status();
    }
}
