//! Requests that come by HTTP. Each goes to the bus like any other, so nothing is different after that; the answer says
//! only that the bus has it.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use genesis_bus::{BusError, Outgoing};
use genesis_domain::subject::{EXPERIMENT_RESULT, EXPERIMENT_RUN};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::http::Page;

/// Ids of requests without one are made within this, from what they say: the same said twice is one experiment.
const NAMESPACE: Uuid = Uuid::from_u128(0x2f0f_5d0c_8f57_5c1b_8a1f_50d7_0c6e_91d4);

/// Most bytes of a request; what the policy allows is seen when it is read.
pub(crate) const MOST_BYTES: usize = 32 << 20;

/// Takes a request. Only as JSON by its own word: no page of another origin may send that without asking.
pub(crate) async fn take(
    State(page): State<Page>,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, Json<Value>) {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if kind.split(';').next().is_none_or(|kind| kind.trim() != "application/json") {
        let why = "a request is application/json";
        return (StatusCode::UNSUPPORTED_MEDIA_TYPE, Json(json!({ "error": why })));
    }
    let request: Value = match serde_json::from_slice(&body) {
        Ok(request) => request,
        Err(error) => return (StatusCode::BAD_REQUEST, Json(json!({ "error": error.to_string() }))),
    };
    let own = request["experiment_id"].as_str().or(request["id"].as_str()).map(str::to_owned);
    let id = own.unwrap_or_else(|| Uuid::new_v5(&NAMESPACE, &body).to_string());
    let traceparent = headers.get("traceparent").and_then(|value| value.to_str().ok());
    let message = Outgoing { subject: EXPERIMENT_RUN.name, id: &id, traceparent, payload: &body };
    match page.shared.brokers.publish_to_any(&message).await {
        Ok(()) => {
            let told = json!({ "experiment_id": id, "result": EXPERIMENT_RESULT.name });
            (StatusCode::ACCEPTED, Json(told))
        }
        Err(BusError::Message(why)) => (StatusCode::PAYLOAD_TOO_LARGE, Json(json!({ "error": why }))),
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, Json(json!({ "error": error.to_string() }))),
    }
}
