//! The bus within one process: everything the others promise, for as long as the process lives.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;

use crate::message::{
    Answer as AnyAnswer, DeadLetter, Delivery, Outgoing, Question, Receipt as AnyReceipt, trace,
};
use crate::topology::Kind;
use crate::{BusError, Topology};

/// Answered questions and messages seldom wait longer than this for the next look at what is due.
const PAUSE: Duration = Duration::from_millis(50);

/// The bus. Cheap to clone; all clones are one.
#[derive(Debug, Clone)]
pub(crate) struct Memory(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    topology: Topology,
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    last: u64,
    channels: BTreeMap<String, Lane>,
    dead: Vec<DeadLetter>,
    questions: BTreeMap<String, VecDeque<Asked>>,
}

/// What was asked, and where the answer goes.
type Asked = (Vec<u8>, oneshot::Sender<Vec<u8>>);

#[derive(Debug, Default)]
struct Lane {
    messages: Vec<Message>,
    ids: BTreeSet<String>,
}

#[derive(Debug)]
struct Message {
    number: u64,
    subject: String,
    id: String,
    traceparent: Option<String>,
    payload: Vec<u8>,
    deliveries: u32,
    due: Option<Instant>,
}

impl Memory {
    pub(crate) fn new(topology: &Topology) -> Self {
        let shared = Shared { topology: topology.clone(), state: Mutex::default(), changed: Notify::new() };
        Self(Arc::new(shared))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn publish(&self, message: &Outgoing<'_>) -> Result<(), BusError> {
        let channel = self
            .0
            .topology
            .carrying(message.subject)
            .ok_or_else(|| BusError::NotFound(format!("channel for {}", message.subject)))?;
        if self.state().lane(&channel.name).ids.insert(message.id.to_owned()) {
            self.put(&channel.name, message);
        }
        Ok(())
    }

    fn put(&self, channel: &str, outgoing: &Outgoing<'_>) {
        let mut state = self.state();
        state.last += 1;
        let message = Message {
            number: state.last,
            subject: outgoing.subject.to_owned(),
            id: outgoing.id.to_owned(),
            traceparent: outgoing.traceparent.map(str::to_owned).and_then(trace),
            payload: outgoing.payload.to_vec(),
            deliveries: 0,
            due: None,
        };
        state.lane(channel).messages.push(message);
        drop(state);
        self.0.changed.notify_waiters();
    }

    pub(crate) async fn receive(&self, channel: &str, wait: Duration) -> Result<Option<Delivery>, BusError> {
        let found = self.0.topology.channel(channel).map(|channel| channel.kind);
        let Some(Kind::Work { lease, most_deliveries }) = found else {
            return Err(BusError::NotFound(format!("channel of work {channel}")));
        };
        let until = Instant::now() + wait;
        loop {
            if let Some(delivery) = self.next(channel, lease, most_deliveries) {
                return Ok(Some(delivery));
            }
            if Instant::now() >= until {
                return Ok(None);
            }
            let _changed = tokio::time::timeout(PAUSE, self.0.changed.notified()).await;
        }
    }

    fn next(&self, channel: &str, lease: Duration, most_deliveries: u32) -> Option<Delivery> {
        let now = Instant::now();
        let mut state = self.state();
        loop {
            let lane = state.lane(channel);
            let index = lane.messages.iter().position(|message| message.due.is_none_or(|due| due <= now))?;
            if lane.messages[index].deliveries >= most_deliveries {
                let message = lane.messages.remove(index);
                let letter = message.letter(channel, "no delivery of it was acknowledged");
                state.bury(letter);
                continue;
            }
            let message = &mut lane.messages[index];
            message.deliveries += 1;
            message.due = Some(now + lease);
            return Some(Delivery {
                subject: message.subject.clone(),
                id: Some(message.id.clone()),
                traceparent: message.traceparent.clone(),
                payload: message.payload.clone(),
                attempt: message.deliveries,
                origin: format!("{channel}:{}", message.number),
                lease,
                receipt: AnyReceipt::Memory(Receipt {
                    broker: self.clone(),
                    channel: channel.to_owned(),
                    number: message.number,
                }),
            });
        }
    }

    pub(crate) async fn ask(
        &self,
        subject: &str,
        payload: &[u8],
        wait: Duration,
    ) -> Result<Vec<u8>, BusError> {
        let (sender, answer) = oneshot::channel();
        self.state().questions.entry(subject.to_owned()).or_default().push_back((payload.to_vec(), sender));
        self.0.changed.notify_waiters();
        match tokio::time::timeout(wait, answer).await {
            Ok(Ok(answer)) => Ok(answer),
            _ => {
                Err(BusError::Unavailable { action: "ask a question", message: "nobody answers".to_owned() })
            }
        }
    }

    pub(crate) async fn question(&self, subject: &str, wait: Duration) -> Result<Option<Question>, BusError> {
        if !self.0.topology.questions.iter().any(|known| known == subject) {
            return Err(BusError::NotFound(format!("question {subject}")));
        }
        let until = Instant::now() + wait;
        loop {
            let asked = self.state().questions.get_mut(subject).and_then(VecDeque::pop_front);
            if let Some((payload, sender)) = asked {
                let answer = AnyAnswer::Memory(Answer(sender));
                return Ok(Some(Question { subject: subject.to_owned(), payload, answer }));
            }
            if Instant::now() >= until {
                return Ok(None);
            }
            let _changed = tokio::time::timeout(PAUSE, self.0.changed.notified()).await;
        }
    }

    pub(crate) fn dead_letters(&self, most: usize) -> Vec<DeadLetter> {
        self.state().dead.iter().take(most).cloned().collect()
    }

    pub(crate) fn dead_letter(&self, number: u64) -> Result<DeadLetter, BusError> {
        let found = self.state().dead.iter().find(|letter| letter.number == number).cloned();
        found.ok_or_else(|| BusError::NotFound(format!("dead letter {number}")))
    }

    pub(crate) fn requeue(&self, number: u64) -> Result<(), BusError> {
        let letter = self.dead_letter(number)?;
        let channel = self
            .0
            .topology
            .carrying(&letter.subject)
            .ok_or_else(|| BusError::NotFound(format!("channel for {}", letter.subject)))?;
        self.drop_dead(number)?;
        let again = Outgoing {
            subject: &letter.subject,
            id: letter.id.as_deref().unwrap_or_default(),
            traceparent: None,
            payload: &letter.payload,
        };
        self.put(&channel.name, &again);
        Ok(())
    }

    pub(crate) fn drop_dead(&self, number: u64) -> Result<(), BusError> {
        self.dead_letter(number)?;
        self.state().dead.retain(|letter| letter.number != number);
        Ok(())
    }
}

impl State {
    fn lane(&mut self, channel: &str) -> &mut Lane {
        self.channels.entry(channel.to_owned()).or_default()
    }

    fn bury(&mut self, mut letter: DeadLetter) {
        self.last += 1;
        letter.number = self.last;
        self.dead.push(letter);
    }
}

impl Message {
    fn letter(self, channel: &str, reason: &str) -> DeadLetter {
        DeadLetter {
            number: 0,
            reason: reason.to_owned(),
            subject: self.subject,
            id: Some(self.id),
            origin: format!("{channel}:{}", self.number),
            deliveries: self.deliveries,
            payload: self.payload,
        }
    }
}

/// How one delivery is answered.
#[derive(Debug)]
pub(crate) struct Receipt {
    broker: Memory,
    channel: String,
    number: u64,
}

impl Receipt {
    pub(crate) fn ack(&self) {
        self.take();
    }

    fn take(&self) -> Option<Message> {
        let mut state = self.broker.state();
        let lane = state.lane(&self.channel);
        let index = lane.messages.iter().position(|message| message.number == self.number)?;
        Some(lane.messages.remove(index))
    }

    /// Hides it for so long from now on.
    pub(crate) fn hide(&self, time: Duration) -> Result<(), BusError> {
        let mut state = self.broker.state();
        let messages = &mut state.lane(&self.channel).messages;
        let message = messages.iter_mut().find(|message| message.number == self.number);
        let message = message
            .ok_or_else(|| BusError::NotFound(format!("message {} in {}", self.number, self.channel)))?;
        message.due = Some(Instant::now() + time);
        Ok(())
    }

    pub(crate) fn reject(&self, reason: &str) {
        if let Some(message) = self.take() {
            let letter = message.letter(&self.channel, reason);
            self.broker.state().bury(letter);
        }
    }
}

/// Where an answer goes.
#[derive(Debug)]
pub(crate) struct Answer(oneshot::Sender<Vec<u8>>);

impl Answer {
    pub(crate) fn send(self, payload: &[u8]) {
        // Whoever asked may have gone.
        let _gone = self.0.send(payload.to_vec());
    }
}
