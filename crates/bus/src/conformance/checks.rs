//! The checks. Each has channels of its own; a check that waits for a time waits for the least that must pass, and
//! bounds from above only what would otherwise never end.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::Instant;

use super::{Bench, LEASE, MOST_DELIVERIES, Restart};
use crate::{Bus, BusError, DeadLetter, Delivery, Outgoing};

/// Far more than anything here takes.
const LONG: Duration = Duration::from_mins(1);
/// Long enough for a message that is there to arrive.
const SHORT: Duration = Duration::from_millis(700);

type Outcome = Result<(), String>;

pub(super) async fn a_message_arrives_as_it_was_sent_with_its_id(bench: &Bench<'_>) -> Outcome {
    let payload = r#"{"text":"ä \" \\ 漢","n":1}"#;
    send(bench, "one", payload).await?;
    let delivery = next(bench).await?;
    same("the subject", &delivery.subject.as_str(), &bench.subject())?;
    same("the id", &delivery.id.as_deref(), &Some("one"))?;
    same("the attempt", &delivery.attempt, &1)?;
    let parse = |bytes: &[u8]| serde_json::from_slice::<serde_json::Value>(bytes).map_err(|e| e.to_string());
    same("the payload", &parse(&delivery.payload)?, &parse(payload.as_bytes())?)?;
    delivery.ack().await.map_err(text)
}

pub(super) async fn a_message_keeps_its_trace_beside_its_payload(bench: &Bench<'_>) -> Outcome {
    let traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let traced =
        Outgoing { subject: bench.subject(), id: "traced", traceparent: Some(traceparent), payload: b"{}" };
    bench.bus.publish(&traced).await.map_err(text)?;
    let delivery = next(bench).await?;
    same("the trace", &delivery.traceparent.as_deref(), &Some(traceparent))?;
    delivery.ack().await.map_err(text)?;
    send(bench, "untraced", "{}").await?;
    let delivery = next(bench).await?;
    same("no trace", &delivery.traceparent, &None)?;
    delivery.ack().await.map_err(text)
}

pub(super) async fn a_message_sent_twice_arrives_under_one_id(bench: &Bench<'_>) -> Outcome {
    send(bench, "twin", "{}").await?;
    send(bench, "twin", "{}").await?;
    let first = next(bench).await?;
    same("the id", &first.id.as_deref(), &Some("twin"))?;
    first.ack().await.map_err(text)?;
    // A broker may deliver the second: then its id says that it is one.
    while let Some(again) = receive(bench, SHORT).await? {
        same("the id of the second", &again.id.as_deref(), &Some("twin"))?;
        again.ack().await.map_err(text)?;
    }
    Ok(())
}

pub(super) async fn what_is_acknowledged_does_not_come_again(bench: &Bench<'_>) -> Outcome {
    send(bench, "done", "{}").await?;
    next(bench).await?.ack().await.map_err(text)?;
    nothing(bench, LEASE + SHORT).await
}

pub(super) async fn what_is_not_acknowledged_comes_again_and_is_counted(bench: &Bench<'_>) -> Outcome {
    send(bench, "dropped", "{\"a\":1}").await?;
    let before = Instant::now();
    let first = next(bench).await?;
    let (origin, payload) = (first.origin.clone(), first.payload.clone());
    drop(first);
    let second = next(bench).await?;
    at_least("the lease", before.elapsed(), LEASE)?;
    same("the attempt", &second.attempt, &2)?;
    same("the origin", &second.origin, &origin)?;
    same("the payload", &second.payload, &payload)?;
    second.ack().await.map_err(text)
}

pub(super) async fn an_extended_lease_holds(bench: &Bench<'_>) -> Outcome {
    send(bench, "long", "{}").await?;
    let delivery = next(bench).await?;
    let begun = Instant::now();
    while begun.elapsed() < LEASE * 2 {
        delivery.extend().await.map_err(text)?;
        nothing(bench, LEASE / 4).await?;
    }
    delivery.ack().await.map_err(text)?;
    nothing(bench, LEASE + SHORT).await
}

pub(super) async fn what_is_handed_back_comes_no_sooner_than_its_delay(bench: &Bench<'_>) -> Outcome {
    send(bench, "later", "{}").await?;
    let delay = LEASE / 2;
    let first = next(bench).await?;
    let begun = Instant::now();
    first.retry_after(delay).await.map_err(text)?;
    let second = next(bench).await?;
    // Servers count in their own milliseconds.
    at_least("the delay", begun.elapsed() + Duration::from_millis(20), delay)?;
    same("the attempt", &second.attempt, &2)?;
    second.ack().await.map_err(text)
}

pub(super) async fn a_rejected_message_is_a_dead_letter_with_its_reason(bench: &Bench<'_>) -> Outcome {
    send(bench, "bad", "{\"a\":1}").await?;
    let delivery = next(bench).await?;
    let origin = delivery.origin.clone();
    delivery.reject("it is\nbad").await.map_err(text)?;
    nothing(bench, LEASE + SHORT).await?;
    let letter = only_letter(&bench.bus).await?;
    same("the reason", &letter.reason.as_str(), &"it is\\nbad")?;
    same("the subject", &letter.subject.as_str(), &bench.subject())?;
    same("the id", &letter.id.as_deref(), &Some("bad"))?;
    same("the origin", &letter.origin, &origin)?;
    same("the deliveries", &letter.deliveries, &1)?;
    same_json(&letter.payload, b"{\"a\":1}")?;
    same("the letter by its number", &bench.bus.dead_letter(letter.number).await.map_err(text)?, &letter)
}

pub(super) async fn a_poison_message_is_a_dead_letter_after_its_last_delivery(bench: &Bench<'_>) -> Outcome {
    send(bench, "poison", "{\"a\":1}").await?;
    for attempt in 1..=MOST_DELIVERIES {
        // Whoever takes it dies.
        same("the attempt", &next(bench).await?.attempt, &attempt)?;
    }
    let begun = Instant::now();
    loop {
        if let Some(delivery) = receive(bench, SHORT).await? {
            return Err(format!("it was delivered {} times", delivery.attempt));
        }
        bench.bus.bury(SHORT).await.map_err(text)?;
        let letters = bench.bus.dead_letters(10).await.map_err(text)?;
        if let [letter] = letters.as_slice() {
            same("the deliveries", &(letter.deliveries >= MOST_DELIVERIES), &true)?;
            same("the id", &letter.id.as_deref(), &Some("poison"))?;
            same("the reason is there", &letter.reason.is_empty(), &false)?;
            return same_json(&letter.payload, b"{\"a\":1}");
        }
        if begun.elapsed() > LONG {
            return Err(format!("there are {} dead letters after a minute", letters.len()));
        }
    }
}

pub(super) async fn a_dead_letter_can_be_sent_again_or_dropped(bench: &Bench<'_>) -> Outcome {
    send(bench, "again", "{\"a\":1}").await?;
    next(bench).await?.reject("no").await.map_err(text)?;
    let letter = only_letter(&bench.bus).await?;
    bench.bus.requeue(letter.number).await.map_err(text)?;
    let again = next(bench).await?;
    same("the id", &again.id.as_deref(), &Some("again"))?;
    same_json(&again.payload, b"{\"a\":1}")?;
    again.reject("still no").await.map_err(text)?;
    let letter = only_letter(&bench.bus).await?;
    bench.bus.drop_dead(letter.number).await.map_err(text)?;
    same("the dead letters", &bench.bus.dead_letters(10).await.map_err(text)?, &Vec::new())?;
    match bench.bus.requeue(letter.number).await {
        Err(BusError::NotFound(_)) => nothing(bench, SHORT).await,
        other => Err(format!("to requeue what was dropped gives {other:?}")),
    }
}

pub(super) async fn one_at_a_time_messages_come_in_the_order_they_were_sent(bench: &Bench<'_>) -> Outcome {
    for number in 0..20 {
        send(bench, &format!("m{number}"), &format!("{number}")).await?;
    }
    for number in 0..20 {
        let delivery = next(bench).await?;
        same("the payload", &delivery.payload, &number.to_string().into_bytes())?;
        delivery.ack().await.map_err(text)?;
    }
    Ok(())
}

pub(super) async fn of_two_workers_each_message_has_one(bench: &Bench<'_>) -> Outcome {
    let other = bench.another().await.map_err(text)?;
    for number in 0..20 {
        send(bench, &format!("m{number}"), "{}").await?;
    }
    let work = async |bus: &Bus| {
        let mut seen = Vec::new();
        while let Some(delivery) = bus.receive(bench.channel(), SHORT).await.map_err(text)? {
            seen.push(delivery.id.clone().unwrap_or_default());
            delivery.ack().await.map_err(text)?;
        }
        Ok::<_, String>(seen)
    };
    let (one, two) = tokio::join!(work(&bench.bus), work(&other));
    let all: Vec<String> = one?.into_iter().chain(two?).collect();
    same("messages delivered", &all.len(), &20)?;
    same("different messages", &all.iter().collect::<BTreeSet<_>>().len(), &20)
}

pub(super) async fn a_dead_worker_loses_nothing(bench: &Bench<'_>) -> Outcome {
    for number in 0..5 {
        send(bench, &format!("m{number}"), "{}").await?;
    }
    let other = bench.another().await.map_err(text)?;
    let mut held = Vec::new();
    while held.len() < 5 {
        let delivery = other.receive(bench.channel(), LONG).await.map_err(text)?;
        held.push(delivery.ok_or("not all messages came")?);
    }
    drop((held, other));
    all_come(bench, 5).await
}

pub(super) async fn a_subject_without_a_channel_is_refused(bench: &Bench<'_>) -> Outcome {
    let message = Outgoing { subject: "genesis.check.nowhere", id: "x", traceparent: None, payload: b"{}" };
    match bench.bus.publish(&message).await {
        Err(BusError::NotFound(_)) => Ok(()),
        other => Err(format!("to publish there gives {other:?}")),
    }
}

pub(super) async fn a_question_has_one_answer_and_silence_an_end(bench: &Bench<'_>) -> Outcome {
    let subject = bench.topology.questions[0].as_str();
    let other = bench.another().await.map_err(text)?;
    // Listening begins with the first look.
    same("questions", &other.question(subject, SHORT).await.map_err(text)?.is_some(), &false)?;
    let answerer = async {
        let question = other.question(subject, LONG).await.map_err(text)?.ok_or("no question came")?;
        same_json(&question.payload, b"{\"how\":\"are you\"}")?;
        question.answer(b"{\"fine\":true}").await.map_err(text)
    };
    let asked = bench.bus.ask(subject, b"{\"how\":\"are you\"}", LONG);
    let (sent, answer) = tokio::join!(answerer, asked);
    sent?;
    same_json(&answer.map_err(text)?, b"{\"fine\":true}")?;
    match bench.bus.ask(subject, b"{}", SHORT).await {
        Err(BusError::Unavailable { .. }) => Ok(()),
        other => Err(format!("a question that nobody answers gives {other:?}")),
    }
}

pub(super) async fn a_broker_that_dies_loses_nothing_it_has_confirmed(
    bench: &Bench<'_>,
    restart: Restart<'_>,
) -> Outcome {
    for number in 0..50 {
        send(bench, &format!("m{number}"), "{}").await?;
    }
    let held = next(bench).await?;
    restart();
    // What was held comes again: its worker cannot know whether the broker remembers.
    drop(held);
    all_come(bench, 50).await?;
    // The same connection goes on.
    let begun = Instant::now();
    while let Err(error) = send(bench, "after", "{}").await {
        if begun.elapsed() > LONG {
            return Err(format!("nothing can be sent a minute after the restart: {error}"));
        }
    }
    next(bench).await?.ack().await.map_err(text)
}

/// Every message `m0`, `m1`, ... comes at least once; errors while a broker comes back are waited out.
async fn all_come(bench: &Bench<'_>, count: usize) -> Outcome {
    let begun = Instant::now();
    let mut seen = BTreeSet::new();
    while seen.len() < count {
        if begun.elapsed() > LONG * 2 {
            return Err(format!("{} of {count} messages came within two minutes", seen.len()));
        }
        match bench.bus.receive(bench.channel(), SHORT).await {
            Ok(Some(delivery)) => {
                let id = delivery.id.clone().unwrap_or_default();
                if delivery.ack().await.is_ok() {
                    seen.insert(id);
                }
            }
            Ok(None) => {}
            Err(_) => tokio::time::sleep(SHORT / 4).await,
        }
    }
    Ok(())
}

async fn send(bench: &Bench<'_>, id: &str, payload: &str) -> Outcome {
    let message = Outgoing { subject: bench.subject(), id, traceparent: None, payload: payload.as_bytes() };
    bench.bus.publish(&message).await.map_err(text)
}

async fn receive(bench: &Bench<'_>, wait: Duration) -> Result<Option<Delivery>, String> {
    bench.bus.receive(bench.channel(), wait).await.map_err(text)
}

async fn next(bench: &Bench<'_>) -> Result<Delivery, String> {
    let begun = Instant::now();
    while begun.elapsed() < LONG {
        // Not for a lease: a request that ends just when a message comes again would lose that delivery.
        if let Some(delivery) = receive(bench, LONG).await? {
            return Ok(delivery);
        }
    }
    Err("no message came within a minute".to_owned())
}

async fn nothing(bench: &Bench<'_>, wait: Duration) -> Outcome {
    match receive(bench, wait).await? {
        Some(delivery) => Err(format!("{:?} came, attempt {}", delivery.id, delivery.attempt)),
        None => Ok(()),
    }
}

async fn only_letter(bus: &Bus) -> Result<DeadLetter, String> {
    let mut letters = bus.dead_letters(10).await.map_err(text)?;
    let count = letters.len();
    letters.pop().filter(|_| count == 1).ok_or_else(|| format!("there are {count} dead letters, not one"))
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, found: &T, expected: &T) -> Outcome {
    if found == expected { Ok(()) } else { Err(format!("{what}: {found:?}, not {expected:?}")) }
}

fn same_json(found: &[u8], expected: &[u8]) -> Outcome {
    let parse = |bytes| serde_json::from_slice::<serde_json::Value>(bytes).map_err(|error| error.to_string());
    same("the payload", &parse(found)?, &parse(expected)?)
}

fn at_least(what: &str, found: Duration, least: Duration) -> Outcome {
    if found >= least { Ok(()) } else { Err(format!("{what} was {found:?}, less than {least:?}")) }
}

#[expect(clippy::needless_pass_by_value, reason = "it stands in map_err")]
fn text(error: BusError) -> String {
    error.to_string()
}
