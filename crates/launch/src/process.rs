//! One server process: started, waited for, ended.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, kill_process};

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
pub fn io_error(what: &'static str) -> impl FnOnce(io::Error) -> ServerError {
    move |source| ServerError::Io { what, source }
}

/// A port of 127.0.0.1 that was free a moment ago.
///
/// # Errors
/// When the system has none.
pub fn free_port() -> Result<u16, ServerError> {
    let what = "find a free port";
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(io_error(what))?;
    Ok(listener.local_addr().map_err(io_error(what))?.port())
}

/// A server that runs until it is dropped.
#[derive(Debug)]
pub struct Server(Child);

impl Server {
    /// Starts a server and returns when a line of its log holds `ready`. What it says before that is kept for an error,
    /// and the rest is read and dropped.
    ///
    /// # Errors
    /// [`ServerError::Missing`] when there is no such program, with the package that it comes in; otherwise when it does
    /// not come up.
    pub fn start(command: Command, package: &'static str, ready: &'static str) -> Result<Self, ServerError> {
        let (server, lines) = Self::spawn(command, package)?;
        let mut last = String::from("it said nothing");
        while let Ok(line) = lines.recv_timeout(PATIENCE) {
            if line.contains(ready) {
                return Ok(server);
            }
            last = line;
        }
        Err(ServerError::Failed { what: "starting a server", message: last })
    }

    /// Starts a server; gives it at once. What it says goes to a file.
    ///
    /// # Errors
    /// [`ServerError::Missing`], or when the system refuses.
    pub fn logged(command: Command, package: &'static str, log: File) -> Result<Self, ServerError> {
        Ok(Self(spawn(command, package, Stdio::from(log))?))
    }

    /// Starts a server; gives it at once, with the lines that it writes to its log.
    ///
    /// # Errors
    /// [`ServerError::Missing`], or when the system refuses.
    fn spawn(command: Command, package: &'static str) -> Result<(Self, mpsc::Receiver<String>), ServerError> {
        let mut child = spawn(command, package, Stdio::piped())?;
        let log = child.stderr.take().map(BufReader::new);
        let (told, lines) = mpsc::channel();
        // The log is read to its end, or the server would wait for somebody to read it.
        thread::spawn(move || {
            for line in log.into_iter().flat_map(|log| log.split(b'\n')).map_while(Result::ok) {
                // Nobody listens any more once the server is ready.
                let _gone = told.send(String::from_utf8_lossy(&line).into_owned());
            }
        });
        Ok((Self(child), lines))
    }

    /// Whether it has ended by itself.
    pub fn has_ended(&mut self) -> bool {
        !matches!(self.0.try_wait(), Ok(None))
    }

    /// Ends it by a signal and waits until it has ended.
    pub fn end(&mut self, signal: Signal) {
        let pid = i32::try_from(self.0.id()).ok().and_then(Pid::from_raw);
        // One that has ended by itself has no process left to tell.
        let _ended = pid.map(|pid| kill_process(pid, signal.into()));
        let _ended = self.0.wait();
    }
}

/// Whether a program can be started: it says its version.
pub fn is_installed(mut program: Command) -> bool {
    let asked = program.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    asked.status().is_ok_and(|status| status.success())
}

fn spawn(mut command: Command, package: &'static str, log: Stdio) -> Result<Child, ServerError> {
    let program = command.get_program().to_string_lossy().into_owned();
    match command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn() {
        Ok(child) => Ok(child),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(ServerError::Missing { program, package })
        }
        Err(error) => Err(io_error("start a server")(error)),
    }
}

/// A command that the system interrupts when the thread that starts it ends, however that ends, and that does not hear the
/// Ctrl-C of a terminal: whoever starts it ends it in order. The program setpriv of util-linux says so to the system.
pub fn bound(command: &Command) -> Command {
    let mut bound = Command::new("setpriv");
    bound.args(["--pdeathsig", "INT", "--"]).arg(command.get_program()).args(command.get_args());
    bound.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?)))).process_group(0);
    if let Some(folder) = command.get_current_dir() {
        bound.current_dir(folder);
    }
    bound
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end(Signal::Quit);
    }
}

/// How a server is ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// As by Ctrl-C: in good order and soon.
    Interrupt,
    /// At once, without waiting for anybody.
    Quit,
    /// Without a word.
    Kill,
}

impl From<Signal> for rustix::process::Signal {
    fn from(signal: Signal) -> Self {
        match signal {
            Signal::Interrupt => Self::INT,
            Signal::Quit => Self::QUIT,
            Signal::Kill => Self::KILL,
        }
    }
}
