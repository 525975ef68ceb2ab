//! Does tasks when they are due. The ledger has one firing of each task and time, so of many processes one does it; of times that
//! have passed while nobody was there only the latest is made up for.

use std::collections::BTreeMap;
use std::time::Duration;

use genesis_domain::{Firing, FiringState};
use genesis_store::{Claim, Claimed, Ledger, StoreError};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::metrics::Metrics;
use crate::schedule::{CronExpression, Schedule, Task};
use crate::tasks::{Done, Tasks};
use crate::worker::turned;

/// Between two looks at the clock. It is looked at again and again, because it may be set.
const LOOK: Duration = Duration::from_secs(1);
/// How long a firing is its holder's without a sign of life. Longer than the clocks of machines differ.
const LEASE: Duration = Duration::from_secs(15);
/// Tries of one firing.
const MOST_ATTEMPTS: u32 = 3;
/// Before the second try; twice as long before the third.
const BACKOFF: Duration = Duration::from_secs(10);
/// After which an attempt has failed.
const TIMEOUT: Duration = Duration::from_mins(10);
/// Looks between two at what other processes have done.
const REFRESH: u32 = 30;

/// The points of a firing between which a process can die.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FiringPoint {
    /// It is claimed, nothing is done.
    Claimed,
    /// It is done, and not recorded as done.
    CarriedOut,
}

impl FiringPoint {
    /// The name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Claimed => "firing-claimed",
            Self::CarriedOut => "firing-carried-out",
        }
    }
}

/// What became of an attempt.
#[derive(Debug, Clone, PartialEq)]
pub enum Fired {
    /// It is done, and recorded with its result.
    Done(serde_json::Value),
    /// It came to nothing, for this reason.
    Failed(String),
    /// Somebody else has it now.
    Lost,
    /// The same task is under way elsewhere, or waits to be tried again.
    Busy(Firing),
}

/// What a scheduler is given besides what it does.
#[derive(Clone)]
pub(crate) struct Scheduling {
    pub(crate) schedule: Schedule,
    pub(crate) tasks: Tasks,
    /// Who does it, for people.
    pub(crate) holder: String,
    pub(crate) now_ms: fn() -> i64,
    pub(crate) tell: fn(&str),
    pub(crate) reached: fn(FiringPoint),
    pub(crate) metrics: Metrics,
    /// Turns true when nothing more is to be begun.
    pub(crate) stopped: watch::Receiver<bool>,
    /// Turns true when what is under way is to be handed back.
    pub(crate) aborted: watch::Receiver<bool>,
}

/// Does what is due until the service is to end, and ends when what was begun is over.
pub(crate) async fn run(given: Scheduling) {
    let mut due = Due::new(&given.schedule, given.tasks.ledger.clone(), given.holder.clone());
    let mut under_way = JoinSet::new();
    let mut stopped = given.stopped.clone();
    let mut looks: u32 = 0;
    let mut has_told = false;
    while !*stopped.borrow() {
        let now_ms = (given.now_ms)();
        match due.claim(now_ms).await {
            Ok(claimed) => {
                has_told = false;
                for (task, firing) in claimed {
                    under_way.spawn(attend(given.clone(), task, firing));
                }
            }
            Err(error) if !has_told => {
                has_told = true;
                (given.tell)(&format!("tasks wait: {error}"));
            }
            Err(_) => {}
        }
        while let Some(over) = under_way.try_join_next() {
            match over {
                Ok(task) => due.is_over(task),
                // The lease ends, and another process begins again.
                Err(error) => (given.tell)(&format!("a task is not attended to any more: {error}")),
            }
        }
        if looks.is_multiple_of(REFRESH) {
            due.show(&given.metrics, now_ms).await;
        }
        looks = looks.wrapping_add(1);
        tokio::select! {
            () = tokio::time::sleep(due.pause(now_ms)) => {}
            () = turned(&mut stopped) => {}
        }
    }
    while under_way.join_next().await.is_some() {}
}

/// What is due, and what of it is known to have been begun.
struct Due {
    ledger: Ledger,
    holder: String,
    plan: Vec<Planned>,
    has_begun: bool,
}

struct Planned {
    task: Task,
    times: CronExpression,
    /// The latest time that needs no further look.
    seen_ms: Option<i64>,
    is_under_way: bool,
}

impl Due {
    fn new(schedule: &Schedule, ledger: Ledger, holder: String) -> Self {
        let planned = |(task, times): &(Task, CronExpression)| Planned {
            task: *task,
            times: times.clone(),
            seen_ms: None,
            is_under_way: false,
        };
        Self { ledger, holder, plan: schedule.0.iter().map(planned).collect(), has_begun: false }
    }

    /// Claims what is due at a time and what others have left, as far as it is nobody else's.
    async fn claim(&mut self, now_ms: i64) -> Result<Vec<(Task, Firing)>, StoreError> {
        if !self.has_begun {
            for planned in &self.plan {
                self.ledger.begin_schedule(&claim(planned, &self.holder, now_ms)).await?;
            }
            self.has_begun = true;
        }
        let left = self.ledger.abandoned(now_ms).await?;
        let mut claimed = Vec::new();
        for planned in &mut self.plan {
            let claim = claim(planned, &self.holder, now_ms);
            let is_new = claim.due_at_ms.is_some() && claim.due_at_ms != planned.seen_ms;
            let is_left = left.iter().any(|task| task == planned.task.as_str());
            if planned.is_under_way || !(is_new || is_left) {
                continue;
            }
            let due_at_ms = claim.due_at_ms;
            match self.ledger.claim(&claim).await {
                Ok(Claimed::Ours(firing)) => {
                    if due_at_ms == Some(firing.due_at_ms) {
                        planned.seen_ms = due_at_ms;
                    }
                    planned.is_under_way = true;
                    claimed.push((planned.task, firing));
                }
                Ok(Claimed::Known | Claimed::Nothing) => planned.seen_ms = due_at_ms,
                Ok(Claimed::Busy(_)) => {}
                // What is claimed already must be attended to; the rest is looked at again.
                Err(_) if !claimed.is_empty() => break,
                Err(error) => return Err(error),
            }
        }
        Ok(claimed)
    }

    fn is_over(&mut self, task: Task) {
        for planned in self.plan.iter_mut().filter(|planned| planned.task == task) {
            planned.is_under_way = false;
        }
    }

    /// Until the next time, a look at most.
    fn pause(&self, now_ms: i64) -> Duration {
        let next = self.plan.iter().filter_map(|planned| planned.times.next_after(now_ms)).min();
        let until = next.map_or(i64::MAX, |next| next.saturating_sub(now_ms));
        Duration::from_millis(u64::try_from(until).unwrap_or_default()).clamp(Duration::from_millis(1), LOOK)
    }

    /// Shows when each task was last done, by whichever process, and when it is due next.
    async fn show(&self, metrics: &Metrics, now_ms: i64) {
        for planned in &self.plan {
            if let Ok(Some(done)) = self.ledger.last_done(planned.task.as_str(), i64::MAX).await
                && let Some(ended_at_ms) = done.ended_at_ms
            {
                metrics.last_success(planned.task.as_str(), ended_at_ms);
            }
            if let Some(next) = planned.times.next_after(now_ms) {
                metrics.next_firing(planned.task.as_str(), next);
            }
        }
    }
}

fn claim<'c>(planned: &'c Planned, holder: &'c str, now_ms: i64) -> Claim<'c> {
    Claim {
        task: planned.task.as_str(),
        due_at_ms: planned.times.latest_until(now_ms),
        expression: Some(planned.times.as_str()),
        holder,
        now_ms,
        lease_ms: milliseconds(LEASE),
        most_attempts: MOST_ATTEMPTS,
    }
}

/// Carries a firing out that was claimed, and counts and tells what became of it. A defect that ends it is a failed attempt.
async fn attend(given: Scheduling, task: Task, firing: Firing) -> Task {
    let Scheduling { tasks, now_ms, reached, .. } = &given;
    let mut aborted = given.aborted.clone();
    let mut attempting = tokio::spawn({
        let (tasks, firing, now_ms, reached) = (tasks.clone(), firing.clone(), *now_ms, *reached);
        async move { attempt(&tasks, task, &firing, now_ms, reached, MOST_ATTEMPTS).await }
    });
    let fired = tokio::select! {
        over = &mut attempting => match over {
            Ok(fired) => fired,
            Err(error) => {
                let why = format!("a defect of the service ended it: {error}");
                failed(&tasks.ledger, &firing, now_ms(), why, MOST_ATTEMPTS).await
            }
        },
        () = turned(&mut aborted) => {
            attempting.abort();
            let _ended = attempting.await;
            let now = now_ms();
            let why = "the service has ended meanwhile";
            match tasks.ledger.give_back(&firing, now, why, Some(now)).await {
                Ok(_) => Ok(Fired::Lost),
                Err(error) => Err(error),
            }
        }
    };
    let name = task.as_str();
    match fired {
        Ok(Fired::Done(_)) => {
            given.metrics.fired(name, "done");
            given.metrics.last_success(name, now_ms());
        }
        Ok(Fired::Failed(why)) => {
            let is_last = firing.attempt >= MOST_ATTEMPTS;
            given.metrics.fired(name, if is_last { "failed" } else { "retried" });
            let next = if is_last { "is given up until its next time" } else { "will be tried again" };
            (given.tell)(&format!("the task {name} {next}: {why}"));
        }
        Ok(Fired::Lost | Fired::Busy(_)) => given.metrics.fired(name, "lost"),
        Err(error) => {
            given.metrics.fired(name, "lost");
            (given.tell)(&format!("what became of the task {name} cannot be recorded: {error}"));
        }
    }
    task
}

/// One attempt, from the claim to the record of what became of it. The claim is kept as long as it takes. One that comes to nothing
/// is tried again unless it was the last.
async fn attempt(
    tasks: &Tasks,
    task: Task,
    firing: &Firing,
    now_ms: fn() -> i64,
    reached: fn(FiringPoint),
    most_attempts: u32,
) -> Result<Fired, StoreError> {
    reached(FiringPoint::Claimed);
    let carried_out = tokio::select! {
        done = tokio::time::timeout(TIMEOUT, tasks.carry_out(task, firing)) => done,
        () = until_lost(&tasks.ledger, firing, now_ms) => return Ok(Fired::Lost),
    };
    let carried_out =
        carried_out.unwrap_or_else(|_| Err(format!("it was not done within {} s", TIMEOUT.as_secs())));
    match carried_out {
        Ok(Done { result, announcements }) => {
            reached(FiringPoint::CarriedOut);
            let is_ours = tasks.ledger.finish(firing, now_ms(), &result, &announcements).await?;
            Ok(if is_ours { Fired::Done(result) } else { Fired::Lost })
        }
        Err(why) => failed(&tasks.ledger, firing, now_ms(), why, most_attempts).await,
    }
}

/// Records that an attempt came to nothing, and when the next one is to be, unless it was the last.
async fn failed(
    ledger: &Ledger,
    firing: &Firing,
    now_ms: i64,
    why: String,
    most_attempts: u32,
) -> Result<Fired, StoreError> {
    let wait = milliseconds(BACKOFF) << firing.attempt.saturating_sub(1).min(8);
    let again_at_ms = (firing.attempt < most_attempts).then(|| now_ms.saturating_add(wait));
    let is_ours = ledger.give_back(firing, now_ms, &why, again_at_ms).await?;
    Ok(if is_ours { Fired::Failed(why) } else { Fired::Lost })
}

/// Keeps a claim, and resolves when it is somebody else's. A ledger that cannot be written now is no reason to stop: if nobody
/// else has it at the end, it counts.
async fn until_lost(ledger: &Ledger, firing: &Firing, now_ms: fn() -> i64) {
    loop {
        tokio::time::sleep(LEASE / 3).await;
        let until_ms = now_ms().saturating_add(milliseconds(LEASE));
        if let Ok(false) = ledger.hold(firing, until_ms).await {
            return;
        }
    }
}

/// Does a task now, whatever its times are, as one more firing of it. What was left unfinished of it goes first.
///
/// # Errors
/// When the ledger cannot be read or written.
pub async fn fire_now(
    tasks: &Tasks,
    task: Task,
    holder: &str,
    now_ms: fn() -> i64,
) -> Result<Fired, StoreError> {
    let due_at_ms = now_ms();
    loop {
        let claim = Claim {
            task: task.as_str(),
            due_at_ms: Some(due_at_ms),
            expression: None,
            holder,
            now_ms: now_ms(),
            lease_ms: milliseconds(LEASE),
            most_attempts: MOST_ATTEMPTS,
        };
        let firing = match tasks.ledger.claim(&claim).await? {
            Claimed::Ours(firing) => firing,
            Claimed::Busy(firing) => return Ok(Fired::Busy(firing)),
            Claimed::Known | Claimed::Nothing => return Ok(Fired::Lost),
        };
        let fired = attempt(tasks, task, &firing, now_ms, |_| {}, 1).await?;
        if firing.due_at_ms == due_at_ms || !matches!(fired, Fired::Done(_)) {
            return Ok(fired);
        }
    }
}

/// A schedule beside what became of it: each task with its latest firings.
///
/// # Errors
/// When the ledger cannot be read.
pub async fn last_firings(ledger: &Ledger, most: u32) -> Result<BTreeMap<Task, Vec<Firing>>, StoreError> {
    let mut found = BTreeMap::new();
    for task in Task::ALL {
        let mut firings = ledger.firings(task.as_str(), most).await?;
        firings.retain(|firing| firing.state != FiringState::Passed);
        found.insert(task, firings);
    }
    Ok(found)
}

fn milliseconds(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
