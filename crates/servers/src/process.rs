//! One server process: started, waited for, killed, started again.

use std::io::{self, BufRead as _, BufReader};
use std::net::{Ipv4Addr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

/// Far more than a server takes to start, on a busy machine too.
const PATIENCE: Duration = Duration::from_mins(1);

/// Why a server is not there.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// Its program is not installed.
    #[error("{program} is not installed; Debian: apt-get install {package}, or cargo xtask setup")]
    Missing {
        /// The program.
        program: String,
        /// The package that it comes with.
        package: &'static str,
    },
    /// It did not come up.
    #[error("{what} failed: {message}")]
    Failed {
        /// What was tried.
        what: &'static str,
        /// The last it said.
        message: String,
    },
    /// The system refused.
    #[error("{what}: {source}")]
    Io {
        /// What was tried.
        what: &'static str,
        /// What the system said.
        source: io::Error,
    },
}

/// Turns what the system says into [`ServerError`].
pub(crate) fn io_error(what: &'static str) -> impl FnOnce(io::Error) -> ServerError {
    move |source| ServerError::Io { what, source }
}

/// A port that was free a moment ago.
pub(crate) fn free_port() -> Result<u16, ServerError> {
    let what = "find a free port";
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(io_error(what))?;
    Ok(listener.local_addr().map_err(io_error(what))?.port())
}

/// A server that runs until it is dropped.
#[derive(Debug)]
pub(crate) struct Server(Child);

impl Server {
    /// Starts a server and returns when a line of its log holds `ready`.
    pub(crate) fn start(
        mut command: Command,
        package: &'static str,
        ready: &'static str,
    ) -> Result<Self, ServerError> {
        let program = command.get_program().to_string_lossy().into_owned();
        let spawned = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
        let mut child = match spawned {
            Ok(child) => child,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(ServerError::Missing { program, package });
            }
            Err(error) => return Err(io_error("start a server")(error)),
        };
        let log = child.stderr.take().map(BufReader::new);
        let server = Self(child);
        let (told, lines) = mpsc::channel();
        // The log is read to its end, or the server would wait for somebody to read it.
        thread::spawn(move || {
            for line in log.into_iter().flat_map(|log| log.split(b'\n')).map_while(Result::ok) {
                // Nobody listens any more once the server is ready.
                let _gone = told.send(String::from_utf8_lossy(&line).into_owned());
            }
        });
        let mut last = String::from("it said nothing");
        while let Ok(line) = lines.recv_timeout(PATIENCE) {
            if line.contains(ready) {
                return Ok(server);
            }
            last = line;
        }
        Err(ServerError::Failed { what: "starting a server", message: last })
    }

    /// Ends it by a signal and waits until it has ended.
    pub(crate) fn end(&mut self, signal: Signal) {
        let pid = i32::try_from(self.0.id()).ok().and_then(Pid::from_raw);
        // One that has ended by itself has no process left to tell.
        let _ended = pid.map(|pid| kill_process(pid, signal));
        let _ended = self.0.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end(Signal::QUIT);
    }
}
