//! Ends a server whose owner ended without dropping its cluster: killed, aborted, or holding it in a `static`.
//!
//! A shell waits on a pipe that only the owner holds open. However the owner ends, the system closes the pipe;
//! then the shell stops the server that the owner last told it of, if that one still holds the folder (a new owner
//! may have come in between). A parent-death signal will not do: it is sent when the starting *thread* ends.

use std::io::Write;
use std::process::{Child, Stdio};

use crate::error::Error;
use crate::server::Place;

/// The waiting shell; dropping it calls it off.
#[derive(Debug)]
pub(crate) struct Guard(Option<Child>);

impl Guard {
    /// Watches over the cluster of `place`, also through restarts; removes its folder too if it is `temporary`.
    #[cfg(unix)]
    pub(crate) fn start(place: &Place, temporary: bool) -> Result<Self, Error> {
        use std::os::unix::process::CommandExt;

        // A temporary cluster has nothing to save (QUIT); any other is stopped in order (INT).
        let script = r#"
            while read -r line; do pid=$line; done
            cd /
            file=$1/data/postmaster.pid
            if [ -n "$pid" ] && [ "$(head -n 1 "$file" 2>/dev/null)" = "$pid" ]; then
                if [ "$2" = true ]; then kill -QUIT "$pid"; else kill -INT "$pid"; fi
                tries=0
                while [ -e "$file" ] && [ $tries -lt 600 ]; do sleep 0.05; tries=$((tries + 1)); done
            fi
            if [ "$2" = true ]; then rm -rf "$1"; fi
        "#;
        let shell = std::path::Path::new("/bin/sh");
        let child = place
            .account
            .command(shell, &place.dir)
            .args(["-c", script, "wattle-postgres-guard"])
            .arg(&place.dir)
            .arg(temporary.to_string())
            // Out of the owner's group: an interrupt at the terminal must not end the guard first.
            .process_group(0)
            .stdin(Stdio::piped())
            // Whoever waits for the end of the owner's output must not wait for the guard.
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(Error::io("start", shell))?;
        Ok(Self(Some(child)))
    }

    /// Elsewhere the next owner of the folder stops the orphan.
    #[cfg(not(unix))]
    pub(crate) fn start(_place: &Place, _temporary: bool) -> Result<Self, Error> {
        Ok(Self(None))
    }
}

impl Guard {
    /// Tells which server is running now, if any: the pid of one that has ended may become somebody else's.
    pub(crate) fn note(&mut self, server: Option<&Child>) {
        if let Some(stdin) = self.0.as_mut().and_then(|child| child.stdin.as_mut()) {
            // A guard that is gone guards nothing; the cluster itself is none the worse.
            let _ = match server {
                Some(server) => writeln!(stdin, "{}", server.id()),
                None => writeln!(stdin),
            };
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0 {
            // Fails only if it has ended.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
