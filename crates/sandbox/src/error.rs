//! What fails when the host fails.

/// The host failed. Nothing of this is held against the guest.
///
/// The engine's own words are kept as text, so that no type of the engine's shows in this crate's interface.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// No engine with the settings of a class: too little address space for the slots, or an unsupported host.
    #[error("cannot set up the engine: {0}")]
    Engine(String),
    /// A module that passed every check could not be compiled for want of memory or files.
    #[error("cannot compile the guest: {0}")]
    Compile(String),
    /// A built-in guest is not one that the sandbox can run. The build is broken, not the guest's input.
    #[error("the built-in guest cannot be run: {0}")]
    BuiltIn(String),
    /// A built-in guest's own initialisation went wrong. The build is broken, not the guest's input.
    #[error("the built-in guest cannot be initialised by its `wizer-initialize`: {0}")]
    Initialize(String),
    /// A run failed for a reason of the host's, such as memory that the system refused.
    #[error("the host failed during a run: {0}")]
    Run(String),
    /// A worker process could not be started, died, or gave an answer that cannot be.
    #[error("a worker process failed: {0}")]
    Worker(String),
    /// The host lacks what has to keep a worker from the rest of the system.
    #[error("this host cannot lock worker processes down as required: {0}")]
    Lockdown(String),
    /// A guest's fuel cannot be counted by function.
    #[error("the guest cannot be profiled: {0}")]
    Profile(String),
    /// The cache folder is missing its promises: not a folder, not the owner's, or open to others.
    #[error("cannot use the cache folder {path}: {reason}")]
    Cache {
        /// The folder.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
}
