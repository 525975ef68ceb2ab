//! What a change of a repository's templates is judged by, and what it touches. `authority` is read from where the change
//! cannot reach, `snapshot` is the repository at one of its states, `changes` finds the templates, `judging` carries their
//! experiments out side by side.

pub(crate) mod authority;
pub(crate) mod changes;
pub(crate) mod judging;
pub(crate) mod lines;
pub(crate) mod range;
pub(crate) mod snapshot;
