//! The brokers that are servers.

mod logins;

use std::sync::Mutex;

use genesis_bus::conformance::At;
use genesis_bus::{Bus, BusError, Kind, Topology};
use genesis_servers::{Nats, Postgres};

use crate::hold;

/// What a server takes by default.
const MAX_PAYLOAD: u64 = 1 << 20;

#[tokio::test]
async fn jetstream_holds_every_law_and_outlives_its_server() {
    let nats = Mutex::new(Nats::start(MAX_PAYLOAD).unwrap());
    let url = nats.lock().unwrap().url();
    hold(At::Url(&url), Some(&|| nats.lock().unwrap().kill_and_restart().unwrap())).await;
}

#[tokio::test]
async fn pgmq_holds_every_law_and_outlives_its_server() {
    let postgres = Postgres::start().unwrap();
    postgres.create_database("shared_queue").unwrap();
    let url = postgres.url("postgres", "shared_queue");
    let postgres = Mutex::new(postgres);
    hold(At::Url(&url), Some(&|| postgres.lock().unwrap().kill_and_restart().unwrap())).await;
}

#[tokio::test]
async fn a_stream_or_consumer_that_is_set_up_otherwise_is_refused() {
    let nats = Nats::start(MAX_PAYLOAD).unwrap();
    let asked = Topology::genesis();
    Bus::connect(&nats.url(), &asked).await.unwrap();
    Bus::connect(&nats.url(), &asked).await.unwrap();

    let mut other = asked.clone();
    let Kind::Work { lease, most_deliveries } = other.channels[0].kind else { panic!("a channel of work") };
    other.channels[0].kind = Kind::Work { lease: lease * 2, most_deliveries };
    let error = Bus::connect(&nats.url(), &other).await.unwrap_err();
    assert!(matches!(error, BusError::Configuration { .. }), "{error}");
    assert!(error.to_string().contains("ack_wait is 30s, not 60s"), "{error}");

    let mut other = asked;
    other.channels[0].subjects.push("genesis.experiment.more".to_owned());
    let error = Bus::connect(&nats.url(), &other).await.unwrap_err();
    assert!(
        error.to_string().contains("the stream GENESIS_EXPERIMENTS is set up otherwise: subjects"),
        "{error}"
    );
}

#[tokio::test]
async fn what_is_too_large_for_a_server_is_refused_and_not_tried_for_ever() {
    let nats = Nats::start(MAX_PAYLOAD).unwrap();
    let bus = Bus::connect(&nats.url(), &Topology::genesis()).await.unwrap();
    let payload = vec![b'1'; usize::try_from(MAX_PAYLOAD).unwrap() + 1];
    let message = genesis_bus::Outgoing {
        subject: "genesis.experiment.run",
        id: "large",
        traceparent: None,
        payload: &payload,
    };
    let error = bus.publish(&message).await.unwrap_err();
    assert!(matches!(error, BusError::Message(_)), "{error}");
}

#[tokio::test]
async fn queues_keep_what_is_done_with_for_as_long_as_is_asked() {
    let postgres = Postgres::start().unwrap();
    let bus = Bus::connect(&postgres.url("postgres", "postgres"), &Topology::genesis()).await.unwrap();
    let send = |subject: &'static str, id: &'static str| {
        let bus = bus.clone();
        async move {
            let message = genesis_bus::Outgoing { subject, id, traceparent: None, payload: b"{}" };
            bus.publish(&message).await.unwrap();
        }
    };
    for id in ["done", "waits"] {
        send("genesis.experiment.run", id).await;
    }
    send("genesis.experiment.result", "result").await;
    let wait = std::time::Duration::from_secs(5);
    bus.receive(genesis_bus::EXPERIMENTS, wait).await.unwrap().unwrap().ack().await.unwrap();
    let day = std::time::Duration::from_hours(24);
    assert_eq!(bus.prune(day).await.unwrap(), 0);
    for (table, column) in [
        ("a_genesis_experiment_run", "archived_at"),
        ("q_genesis_experiment_run", "enqueued_at"),
        ("q_genesis_experiment_result", "enqueued_at"),
    ] {
        let sql = format!("UPDATE pgmq.{table} SET {column} = now() - interval '2 days'");
        postgres.psql("postgres", &["-c", &sql]).unwrap();
    }
    // What is done with, and a result that nobody took; never what still waits to be done.
    assert_eq!(bus.prune(day).await.unwrap(), 2);
    assert_eq!(
        bus.receive(genesis_bus::EXPERIMENTS, wait).await.unwrap().unwrap().id.as_deref(),
        Some("waits")
    );
}

/// A server that is killed forgets who waits; nobody who waits is told.
#[tokio::test]
async fn who_waits_while_a_server_dies_is_given_what_comes_after() {
    let mut nats = Nats::start(MAX_PAYLOAD).unwrap();
    let topology = Topology::genesis();
    let bus = Bus::connect(&nats.url(), &topology).await.unwrap();
    let wait = std::time::Duration::from_mins(5);
    let waiting = tokio::spawn(async move { bus.receive(genesis_bus::EXPERIMENTS, wait).await });
    // Time for the request to reach the server.
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    nats.kill_and_restart().unwrap();
    let bus = Bus::connect(&nats.url(), &topology).await.unwrap();
    let message = genesis_bus::Outgoing {
        subject: "genesis.experiment.run",
        id: "after",
        traceparent: None,
        payload: b"{}",
    };
    bus.publish(&message).await.unwrap();
    let minute = std::time::Duration::from_mins(1);
    let delivery = tokio::time::timeout(minute, waiting).await.expect("it comes within a minute").unwrap();
    assert_eq!(delivery.unwrap().unwrap().id.as_deref(), Some("after"));
}
