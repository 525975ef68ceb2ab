//! Traces that follow a request to its result, sent to a collector by OTLP over HTTP; nothing, and no thread, when nobody
//! asked for them.
//!
//! A request's `traceparent`, of the broker's header or of its own, is the parent of all that is done for it, and its result
//! carries the one that leads on, in both places.

mod http;

use std::collections::HashMap;
use std::sync::Arc;

use genesis_domain::Side;
use genesis_experiment::Part;
use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry::trace::{SpanKind, TraceContextExt as _, Tracer as _, TracerProvider as _};
use opentelemetry::{Context, KeyValue};
use opentelemetry_otlp::{SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};

const TRACEPARENT: &str = "traceparent";

/// Where traces go.
#[derive(Debug, Clone)]
pub struct Traces(Option<Arc<Open>>);

#[derive(Debug)]
struct Open {
    provider: SdkTracerProvider,
    tracer: SdkTracer,
}

/// A collector of traces, and the name under which it knows this service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collector {
    /// Its address, to which `/v1/traces` is added.
    pub endpoint: String,
    /// The name.
    pub service: String,
}

/// Why traces cannot be sent.
#[derive(Debug, thiserror::Error)]
#[error("traces cannot be sent: {0}")]
pub struct TracesError(String);

impl Traces {
    /// No traces.
    pub fn off() -> Self {
        Self(None)
    }

    /// Traces to a collector. Called within the runtime that the service runs in, which carries them out.
    ///
    /// # Errors
    /// When its address is none, or encryption cannot be set up.
    pub fn to(collector: &Collector, tell: fn(&str)) -> Result<Self, TracesError> {
        let endpoint = format!("{}/v1/traces", collector.endpoint.trim_end_matches('/'));
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(http::Http::new(tell).map_err(TracesError)?)
            .with_endpoint(endpoint)
            .build()
            .map_err(|error| TracesError(error.to_string()))?;
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_resource(Resource::builder().with_service_name(collector.service.clone()).build())
            .build();
        let tracer = provider.tracer("genesis");
        Ok(Self(Some(Arc::new(Open { provider, tracer }))))
    }

    /// The work on one message, until it is ended. `kind` is that of the request.
    pub(crate) fn message(&self, kind: &'static str, subject: &str, traceparent: Option<&str>) -> Trace {
        let Some(open) = &self.0 else { return Trace(None) };
        let parent = parent(traceparent);
        let span = open
            .tracer
            .span_builder(kind)
            .with_kind(SpanKind::Consumer)
            .with_attributes([KeyValue::new("messaging.destination.name", subject.to_owned())])
            .start_with_context(&open.tracer, &parent);
        let context = parent.with_span(span);
        Trace(Some(Live { open: Arc::clone(open), context }))
    }

    /// Sending one message of a trace, until what it gives is dropped.
    pub(crate) fn publish(
        &self,
        subject: &str,
        id: &str,
        traceparent: Option<&str>,
    ) -> Option<Box<dyn Send>> {
        let open = self.0.as_ref()?;
        let attributes = [
            KeyValue::new("messaging.destination.name", subject.to_owned()),
            KeyValue::new("messaging.message.id", id.to_owned()),
        ];
        let builder = open.tracer.span_builder("publish").with_kind(SpanKind::Producer);
        Some(Box::new(
            builder.with_attributes(attributes).start_with_context(&open.tracer, &parent(traceparent)),
        ))
    }

    /// Sends what is not sent yet. The collector has as long for it as for any other batch.
    pub(crate) async fn close(self) {
        let Some(open) = self.0 else { return };
        // What could not be sent was told when it was tried.
        let _told = tokio::task::spawn_blocking(move || open.provider.shutdown()).await;
    }
}

fn parent(traceparent: Option<&str>) -> Context {
    let carrier: HashMap<String, String> =
        traceparent.map(|value| (TRACEPARENT.to_owned(), value.to_owned())).into_iter().collect();
    TraceContextPropagator::new().extract_with_context(&Context::new(), &carrier)
}

/// The trace of one message. Cheap to clone; all clones are one.
#[derive(Debug, Clone)]
pub(crate) struct Trace(Option<Live>);

#[derive(Debug, Clone)]
struct Live {
    open: Arc<Open>,
    context: Context,
}

impl Trace {
    /// What leads on from here, for the result to carry.
    pub(crate) fn traceparent(&self) -> Option<String> {
        let live = self.0.as_ref()?;
        let mut carrier = HashMap::new();
        TraceContextPropagator::new().inject_context(&live.context, &mut carrier);
        carrier.remove(TRACEPARENT)
    }

    /// A part of the work, until what it gives is dropped.
    pub(crate) fn part(&self, name: &'static str) -> Option<Box<dyn Send>> {
        self.0.as_ref().map(|live| live.begin(name, Vec::new()))
    }

    /// For the parts of an experiment.
    pub(crate) fn watch(&self) -> Option<impl Fn(Part<'_>) -> Box<dyn Send> + Sync + use<>> {
        let live = self.0.clone()?;
        Some(move |part: Part<'_>| match part {
            Part::Plan => live.begin("plan", Vec::new()),
            Part::Judge => live.begin("judge", Vec::new()),
            Part::Commit => live.begin("commit", Vec::new()),
            Part::Run { check, side, case } => {
                let side = if side == Side::Candidate { "candidate" } else { "baseline" };
                let mut attributes = vec![
                    KeyValue::new("genesis.check", check.to_owned()),
                    KeyValue::new("genesis.side", side),
                ];
                let case = case.and_then(|case| i64::try_from(case).ok());
                attributes.extend(case.map(|case| KeyValue::new("genesis.case", case)));
                live.begin("run", attributes)
            }
        })
    }

    /// The work is over.
    pub(crate) fn end(self, outcome: &'static str) {
        if let Some(live) = self.0 {
            let span = live.context.span();
            span.set_attribute(KeyValue::new("genesis.outcome", outcome));
            span.end();
        }
    }
}

impl Live {
    fn begin(&self, name: &'static str, attributes: Vec<KeyValue>) -> Box<dyn Send> {
        let tracer = &self.open.tracer;
        let builder = tracer.span_builder(name).with_attributes(attributes);
        Box::new(builder.start_with_context(tracer, &self.context))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_collector_nothing_is_made() {
        let traces = Traces::off();
        let trace = traces.message("experiment", "genesis.experiment.run", None);
        assert!(trace.traceparent().is_none() && trace.part("receive").is_none() && trace.watch().is_none());
        assert!(traces.publish("genesis.experiment.result", "x", None).is_none());
    }
}
