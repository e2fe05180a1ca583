//! A Redis of the test's own, on a socket in a folder that goes with it.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

pub struct Redis {
    child: Child,
    pub client: redis::Client,
    _folder: tempfile::TempDir,
}

impl Redis {
    /// `None`, with a word why, where no `redis-server` can be run.
    pub fn start() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("redis.sock");
        let run = Command::new("redis-server")
            .args(["--port", "0", "--save", "", "--appendonly", "no", "--unixsocket"])
            .arg(&socket)
            .current_dir(folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let child = match run {
            Ok(child) => child,
            Err(error) => {
                #[allow(clippy::print_stdout, reason = "a test that does not run says so")]
                {
                    println!("SKIPPED redis: redis-server cannot be run ({})", error.kind());
                }
                return None;
            }
        };
        let client = client(&socket);
        let redis = Self { child, client, _folder: folder };
        let deadline = Instant::now() + Duration::from_secs(20);
        while redis.client.get_connection().is_err() {
            assert!(Instant::now() < deadline, "Redis does not begin");
            std::thread::yield_now();
        }
        Some(redis)
    }

    /// Waits until so many servers listen.
    pub fn wait_for_listeners(&self, servers: usize) {
        let mut connection = self.client.get_connection().unwrap();
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            let listening: (String, usize) =
                redis::cmd("PUBSUB").arg("NUMSUB").arg("wattle_heads").query(&mut connection).unwrap();
            if listening.1 >= servers {
                return;
            }
            assert!(Instant::now() < deadline, "nobody listens");
            std::thread::yield_now();
        }
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A Redis that is not there.
pub fn nowhere() -> redis::Client {
    client(std::path::Path::new("/nonexistent/redis.sock"))
}

fn client(socket: &std::path::Path) -> redis::Client {
    redis::Client::open(format!("redis+unix://{}", socket.display())).unwrap()
}
