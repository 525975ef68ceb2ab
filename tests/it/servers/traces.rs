//! Traces from a request to its result, received by a collector of the test's own.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;

use genesis_servers::Nats;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;
use serde_json::{Value, json};

use super::stage::{Service, by_nats, document, message, request, results};
use crate::support::Bench;

const RUN: &str = "genesis.experiment.run";
const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const HEADED: &str = "1af7651916cd43dd8448eb211c80319c";
const REFUSED: &str = "2af7651916cd43dd8448eb211c80319c";
const JOB: &str = "3af7651916cd43dd8448eb211c80319c";
const PARENT: &str = "b7ad6b7169203331";

/// A collector: its address, and what is sent to it. It ends with the test.
fn collector() -> (String, mpsc::Receiver<ExportTraceServiceRequest>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let (told, received) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let told = told.clone();
            std::thread::spawn(move || collect(stream.unwrap(), &told));
        }
    });
    (address, received)
}

/// Reads requests of one connection and says that all is well.
fn collect(stream: TcpStream, told: &mpsc::Sender<ExportTraceServiceRequest>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut stream = stream;
    loop {
        let mut length = 0;
        let mut first = String::new();
        if reader.read_line(&mut first).unwrap_or(0) == 0 {
            return;
        }
        assert_eq!(first.trim_end(), "POST /v1/traces HTTP/1.1");
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).unwrap();
            let line = line.trim_end().to_ascii_lowercase();
            if let Some(value) = line.strip_prefix("content-length: ") {
                length = value.parse().unwrap();
            }
            if line.is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        told.send(ExportTraceServiceRequest::decode(body.as_slice()).unwrap()).unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").unwrap();
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

fn text<'s>(span: &'s Span, key: &str) -> Option<&'s str> {
    use opentelemetry_proto::tonic::common::v1::any_value::Value;
    let found = span.attributes.iter().find(|attribute| attribute.key == key)?;
    match found.value.as_ref()?.value.as_ref()? {
        Value::StringValue(text) => Some(text),
        _ => None,
    }
}

#[test]
fn a_trace_follows_a_request_to_its_result() {
    let (nats, bench) = (Nats::start(1 << 20).unwrap(), Bench::new());
    let (address, received) = collector();
    let mut command = bench.command(&["serve", "--bus", &nats.url(), "--listen", "127.0.0.1:0"]);
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", &address).env("OTEL_SERVICE_NAME", "genesis-test");
    let service = Service::spawn(command);
    let mut enveloped = json!({
        "id": "e-1", "type": RUN, "schema_version": 1, "traceparent": format!("00-{TRACE}-{PARENT}-01"),
    });
    enveloped["payload"] = request("e-1");
    let bare = request("bare");
    // By the broker's header, whatever the message says itself; refused; and a job.
    let mut headed = message(RUN, Some("m-3"), request("headed").to_string());
    headed["traceparent"] = json!(format!("00-{HEADED}-{PARENT}-01"));
    let refused = json!({ "experiment_id": "refused", "traceparent": format!("00-{REFUSED}-{PARENT}-01") });
    let job = json!({
        "id": "job", "code": "x = 1\n", "language": "python", "analysis_type": "syntax",
        "traceparent": format!("00-{JOB}-{PARENT}-01"),
    });
    let messages = [
        message(RUN, Some("m-1"), enveloped.to_string()),
        message(RUN, Some("m-2"), bare.to_string()),
        headed,
        message(RUN, Some("m-4"), refused.to_string()),
        message("job_requests", Some("m-5"), job.to_string()),
    ];
    let told = by_nats(&nats.url(), &messages, 5);
    let carried = |id: &str| {
        let is_answer = |message: &&Value| {
            let document = document(message);
            document["experiment_id"] == id || document["request_id"] == id
        };
        let answer = told.iter().find(is_answer).unwrap_or_else(|| panic!("{id}: {told:#?}"));
        assert_eq!(answer["traceparent"], document(answer)["traceparent"], "{answer:#}");
        answer["traceparent"].as_str().unwrap().to_owned()
    };
    let (followed, own) = (carried("e-1"), carried("bare"));
    let others =
        [("headed", HEADED), ("refused", REFUSED), ("job", JOB)].map(|(id, trace)| (carried(id), trace));
    // What the service has not sent yet it sends before it ends.
    let (status, log) = service.end();
    assert_eq!(status.code(), Some(0), "{log}");

    let batches: Vec<ExportTraceServiceRequest> = received.try_iter().collect();
    let resources = batches.iter().flat_map(|batch| &batch.resource_spans);
    for resource in resources.clone() {
        let named = format!("{:?}", resource.resource);
        assert!(named.contains("genesis-test"), "{named}");
    }
    let spans: Vec<&Span> =
        resources.flat_map(|resource| &resource.scope_spans).flat_map(|scope| &scope.spans).collect();
    let of_trace = |trace: &str| -> Vec<&Span> {
        spans.iter().copied().filter(|span| hex(&span.trace_id) == trace).collect()
    };

    let ours = of_trace(TRACE);
    let root = ours.iter().find(|span| span.name == "experiment").unwrap();
    assert_eq!(hex(&root.parent_span_id), PARENT);
    assert_eq!(followed, format!("00-{TRACE}-{}-01", hex(&root.span_id)));
    assert_eq!(text(root, "genesis.outcome"), Some("recorded"));
    let mut counts = BTreeMap::new();
    for span in &ours {
        *counts.entry(span.name.as_str()).or_insert(0) += 1;
        assert!(span.start_time_unix_nano <= span.end_time_unix_nano, "{span:#?}");
        if span.name != "experiment" {
            assert_eq!(span.parent_span_id, root.span_id, "{span:#?}");
        }
    }
    for (name, count) in [("experiment", 1), ("receive", 1), ("plan", 1), ("judge", 1), ("commit", 1)] {
        assert_eq!(counts.get(name), Some(&count), "{name}: {counts:?}");
    }
    // By the result's subject and by the requester's id.
    assert_eq!(counts.get("publish"), Some(&2), "{counts:?}");
    let checks: Vec<&str> = ours
        .iter()
        .filter(|span| span.name == "run")
        .filter_map(|span| text(span, "genesis.check"))
        .collect();
    assert!(checks.contains(&"validate") && checks.contains(&"render"), "{checks:?}");

    for (carried, trace) in others {
        let spans = of_trace(trace);
        let root = spans.iter().find(|span| hex(&span.parent_span_id) == PARENT).unwrap();
        assert_eq!(carried, format!("00-{trace}-{}-01", hex(&root.span_id)));
    }

    // A request without one begins a trace of its own.
    let trace = own.split('-').nth(1).unwrap();
    assert!(trace != TRACE && of_trace(trace).iter().any(|span| span.name == "commit"), "{own}");
}

#[test]
fn a_collector_that_is_away_keeps_nothing_from_being_done() {
    let (nats, bench) = (Nats::start(1 << 20).unwrap(), Bench::new());
    let mut command = bench.command(&["serve", "--bus", &nats.url(), "--listen", "127.0.0.1:0"]);
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", "http://me:hunter2@127.0.0.1:1");
    let service = Service::spawn(command);
    let told = by_nats(&nats.url(), &[message(RUN, Some("m"), request("one").to_string())], 1);
    assert_eq!(results(&told, "one")[0]["status"], "success", "{told:#?}");
    let (status, log) = service.end();
    assert_eq!(status.code(), Some(0), "{log}");
    assert!(log.contains("traces are lost") && !log.contains("hunter2"), "{log}");
}

/// The threads of a process.
fn threads(service: &Service) -> Vec<String> {
    let folder = format!("/proc/{}/task", service.id());
    std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| std::fs::read_to_string(entry.unwrap().path().join("comm")).unwrap().trim().to_owned())
        .collect()
}

#[test]
fn without_a_collector_there_is_no_thread_for_it() {
    let (nats, bench) = (Nats::start(1 << 20).unwrap(), Bench::new());
    let start = |collector: Option<&str>| {
        let mut command = bench.command(&["serve", "--bus", &nats.url(), "--listen", "127.0.0.1:0"]);
        if let Some(collector) = collector {
            command.env("OTEL_EXPORTER_OTLP_ENDPOINT", collector);
        }
        let service = Service::spawn(command);
        // It answers when all of it is there.
        assert_eq!(service.get("/livez").0, 200);
        service
    };
    let is_for_traces = |name: &String| name.to_lowercase().contains("opentele");
    assert!(!threads(&start(None)).iter().any(is_for_traces));
    let with = threads(&start(Some("http://127.0.0.1:1")));
    assert!(with.iter().any(is_for_traces), "{with:?}");
}
