//! `genesis serve`.

use std::time::Duration;

use genesis_bus::{Bus, Topology};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::args::{BusAddress, Global, Serve};
use crate::config::Config;
use crate::exit::{Exit, Failure};
use crate::progress::note;
use crate::{host, policies, state};

/// Serves until it is told to end.
pub(crate) fn run(args: &Serve, global: &Global) -> Result<Exit, Failure> {
    let config = Config::load(global)?;
    let policy = policies::load(args.policy.as_deref().unwrap_or(&config.policy.value))?;
    let guests = policies::guests(&policy)?;
    let concurrency = args.concurrency.map_or(config.threads.value, usize::from);
    let runner = host::shared_runner(&config, concurrency)?;
    let url = address(&args.bus, &config)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::infrastructure(format!("the runtime cannot be started: {error}")))?;
    runtime.block_on(async {
        let commits = state::open(&config).await?;
        let bus = Bus::connect(&url, &Topology::genesis()).await?;
        let listener = TcpListener::bind(args.listen).await.map_err(|error| {
            Failure::infrastructure(format!("{} cannot be listened on: {error}", args.listen))
        })?;
        let listening = listener
            .local_addr()
            .map_err(|error| Failure::infrastructure(format!("the address is not known: {error}")))?;
        let (stopping, hurrying) = stop_signals()?;
        note(&format!(
            "serving by {} with policy {}, {concurrency} at once; http://{listening}/readyz",
            bus.kind(),
            policy.name()
        ));
        let serving = genesis_serve::Config {
            bus,
            commits,
            runner,
            policy,
            guests,
            concurrency,
            batch: args.batch.get(),
            timeout: Duration::from_secs(args.timeout),
            grace: Duration::from_secs(args.grace),
            listener,
            now_ms: host::now_ms,
            tell: note,
            reached: host::crash_at,
        };
        genesis_serve::run(serving, stopping, hurrying).await.map_err(Failure::infrastructure)?;
        note("stopped; what was not done is with the broker, what is recorded was sent or will be");
        Ok(Exit::Success)
    })
}

/// The broker that is asked for, or why there is none.
pub(crate) fn address(given: &BusAddress, config: &Config) -> Result<String, Failure> {
    given.url.clone().or_else(|| config.bus.as_ref().map(|bus| bus.value.clone())).ok_or_else(|| {
        Failure::usage("no broker is named")
            .with_help("name one with --bus URL, GENESIS_NATS_URL, or `bus` in genesis.toml")
    })
}

/// Two futures: one resolves with the first Ctrl-C or request to end, the other with the second.
fn stop_signals() -> Result<(impl Future<Output = ()>, impl Future<Output = ()>), Failure> {
    let unheard = |error| Failure::infrastructure(format!("signals cannot be heard: {error}"));
    let mut interrupt = signal(SignalKind::interrupt()).map_err(unheard)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(unheard)?;
    let (heard, signals) = watch::channel(0_u32);
    tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            heard.send_modify(|count| *count += 1);
        }
    });
    let mut first = signals;
    let mut second = first.clone();
    // The sender lives as long as the runtime.
    let first = async move {
        let _heard = first.wait_for(|count| *count >= 1).await;
        note("ending: what runs may finish; a second signal hands it back at once");
    };
    let second = async move {
        let _heard = second.wait_for(|count| *count >= 2).await;
    };
    Ok((first, second))
}
