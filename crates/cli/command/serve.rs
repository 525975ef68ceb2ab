//! `genesis serve`.

use std::sync::Arc;
use std::time::Duration;

use genesis_bus::Link;
use genesis_domain::TemplateId;
use genesis_experiment::Commits;
use genesis_serve::{Collector, Mirror, Traces};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::args::{Global, Serve};
use crate::command::schedule;
use crate::config::{Config, here, repository_from, variable};
use crate::exit::{Exit, Failure};
use crate::progress::note;
use crate::{broker, host, mirror, notify, reload, state};

/// Serves until it is told to end.
pub(crate) fn run(args: &Serve, global: &Global) -> Result<Exit, Failure> {
    let config = Config::load(global)?;
    let policy = args.policy.as_deref().unwrap_or(&config.policy.value);
    let (rules_in_force, rules) = watch::channel(Arc::new(reload::rules(policy)?));
    if args.intake && !args.listen.ip().is_loopback() {
        return Err(Failure::usage(format!("{} can be reached from elsewhere", args.listen))
            .with_help("--intake asks nobody who they are; let it listen on 127.0.0.1 or ::1"));
    }
    let concurrency = args.concurrency.map_or(config.threads.value, usize::from);
    let runner = host::shared_runner(&config, concurrency)?;
    let buses = broker::links(&args.bus, &config)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::infrastructure(format!("the runtime cannot be started: {error}")))?;
    runtime.block_on(async {
        let instance = args.instance.as_deref().or(config.given_instance());
        let address = mirror_address(args, &config)?;
        // Before it is noted in the ledger.
        if let (Some(_), Some(name)) = (&address, instance) {
            mirror::check_name(name)?;
        }
        let commits = state::open_as(&config, instance).await?;
        let mirror = address.map(|address| mirror(&commits, &address)).transpose()?;
        buses
            .connect(&|link, error| note(&format!("{} is away and is tried again: {error}", link.kind())))
            .await?;
        let listener = TcpListener::bind(args.listen).await.map_err(|error| {
            Failure::infrastructure(format!("{} cannot be listened on: {error}", args.listen))
        })?;
        let listening = listener
            .local_addr()
            .map_err(|error| Failure::infrastructure(format!("the address is not known: {error}")))?;
        let (stopping, hurrying) = stop_signals()?;
        let kinds: Vec<&str> = buses.iter().map(Link::kind).collect();
        note(&format!(
            "serving by {} with policy {}, {concurrency} at once; http://{listening}/readyz",
            kinds.join(" and "),
            rules.borrow().policy.name()
        ));
        if let (Some(mirror), Some(instance)) = (&mirror, commits.ledger.instance()) {
            note(&format!("mirroring to {} as {instance}", mirror.address));
        }
        let timeout = Duration::from_secs(args.timeout);
        let tasks = schedule::tasks(&config, commits.ledger.clone(), Some(buses.clone()), timeout)?;
        let serving = genesis_serve::Config {
            buses,
            commits,
            runner,
            rules,
            concurrency,
            batch: args.batch.get(),
            timeout,
            grace: Duration::from_secs(args.grace),
            listener,
            takes_requests: args.intake,
            now_ms: host::now_ms,
            tell: note,
            reached: |point| host::crash_at(point.as_str()),
            fired: |point| host::crash_at(point.as_str()),
            traces: traces()?,
            mirror,
            schedule: config.schedule(),
            holder: host::process(&config.instance.value),
            tasks,
        };
        let reloading = tokio::spawn(reload::keep(policy.to_owned(), rules_in_force));
        notify::service_manager("READY=1");
        let served = genesis_serve::run(serving, stopping, hurrying).await;
        reloading.abort();
        served.map_err(Failure::infrastructure)?;
        note("stopped; what was not done is with the broker, what is recorded was sent or will be");
        Ok(Exit::Success)
    })
}

/// The central repository, if one is named.
fn mirror_address(args: &Serve, config: &Config) -> Result<Option<String>, Failure> {
    match &args.mirror {
        Some(given) => Ok(Some(repository_from(&here()?, given.clone()))),
        None => Ok(config.mirror.as_ref().map(|mirror| mirror.value.clone())),
    }
}

/// How it is reached.
fn mirror(commits: &Commits, address: &str) -> Result<Mirror, Failure> {
    let instance = commits.ledger.instance().unwrap_or_default();
    let git = Arc::new(mirror::Mirror::new(commits.history.path(), instance, address)?);
    let address = git.shown().to_owned();
    let fetching = Arc::clone(&git);
    Ok(Mirror {
        address,
        push: Arc::new(move |give_up: mirror::GiveUp<'_>| git.push(give_up)),
        fetch: Arc::new(move |template: &TemplateId, give_up: mirror::GiveUp<'_>| {
            fetching.fetch(template, give_up)
        }),
    })
}

/// Where traces go: to the collector that the variables of OpenTelemetry name, if they name one.
fn traces() -> Result<Traces, Failure> {
    let Some((endpoint, _)) = variable("OTEL_EXPORTER_OTLP_ENDPOINT")? else { return Ok(Traces::off()) };
    let service = variable("OTEL_SERVICE_NAME")?.map_or_else(|| "genesis".to_owned(), |(name, _)| name);
    Traces::to(&Collector { endpoint, service }, note).map_err(Failure::usage)
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
        notify::service_manager("STOPPING=1");
        note("ending: what runs may finish; a second signal hands it back at once");
    };
    let second = async move {
        let _heard = second.wait_for(|count| *count >= 2).await;
    };
    Ok((first, second))
}
