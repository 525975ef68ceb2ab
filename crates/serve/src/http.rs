//! Whether the service lives, whether it can work, and what it has counted.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::intake;
use crate::worker::Shared;

/// What every page is given.
#[derive(Clone)]
pub(crate) struct Page {
    pub(crate) shared: Arc<Shared>,
    registry: Arc<Registry>,
}

/// Answers until `stop` turns true.
pub(crate) async fn serve(
    listener: TcpListener,
    shared: Arc<Shared>,
    registry: Registry,
    takes_requests: bool,
    mut stop: watch::Receiver<bool>,
) -> std::io::Result<()> {
    let page = Page { shared, registry: Arc::new(registry) };
    let mut router = Router::new()
        .route("/livez", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics));
    if takes_requests {
        let take = post(intake::take).layer(DefaultBodyLimit::max(intake::MOST_BYTES));
        router = router.route("/requests", take);
    }
    let router = router.with_state(page);
    axum::serve(listener, router)
        .with_graceful_shutdown(async move {
            let _stopped = stop.wait_for(|stop| *stop).await;
        })
        .await
}

/// Ready: requests are taken, and what they need can be reached. One broker is enough for that; which others are away is said.
async fn ready(State(page): State<Page>) -> impl IntoResponse {
    let mut missing = Vec::new();
    let mut away = Vec::new();
    let mut is_reached = false;
    for broker in page.shared.brokers.iter() {
        if broker.is_reached().await {
            is_reached = true;
        } else {
            away.push(format!("the bus {} cannot be reached", broker.name()));
        }
    }
    if page.shared.draining.load(Ordering::Relaxed) {
        missing.push("it is shutting down");
    }
    if !is_reached {
        missing.extend(away.iter().map(String::as_str));
    }
    if page.shared.commits.ledger.ping().await.is_err() {
        missing.push("the ledger cannot be reached");
    }
    if missing.is_empty() {
        let told = [vec!["ready".to_owned()], away].concat().join(", but ");
        (StatusCode::OK, format!("{told}\n"))
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {}\n", missing.join(", ")))
    }
}

async fn metrics(State(page): State<Page>) -> impl IntoResponse {
    let mut text = String::new();
    let status = match encode(&mut text, &page.registry) {
        Ok(()) => StatusCode::OK,
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR,
    };
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    (status, [(header::CONTENT_TYPE, kind)], text)
}
