//! The shared queue as it is set up for several services: who may do what, and what the others may not.

use genesis_servers::Postgres;
use serde_json::{Value, json};

use super::stage::{Service, request};
use crate::support::{Bench, project};

const ROLES: [&str; 4] = ["singularity", "genesis", "nexus", "centralcloud"];

/// The eight queues: who sends, who takes.
const QUEUES: [(&str, &str, &str); 8] = [
    ("llm_requests", "singularity", "nexus"),
    ("llm_results", "nexus", "singularity"),
    ("approval_requests", "singularity", "nexus"),
    ("approval_responses", "nexus", "singularity"),
    ("question_requests", "singularity", "nexus"),
    ("question_responses", "nexus", "singularity"),
    ("job_requests", "singularity", "genesis"),
    ("job_results", "genesis", "singularity"),
];

const DENIED: &str = "42501";

/// A server with the databases of Genesis and of the shared queue, set up as an administrator would.
fn set_up() -> Postgres {
    let postgres = Postgres::start().unwrap();
    let run = |file: &str, more: &[&str]| {
        let path = project(file).display().to_string();
        postgres.psql("postgres", &[more, &["-f", &path]].concat()).unwrap();
    };
    run("migrations/genesis/database.sql", &["-v", "password='x'"]);
    let passwords = ROLES.map(|role| format!("{role}='x'"));
    let passwords: Vec<&str> = passwords.iter().flat_map(|value| ["-v", value.as_str()]).collect();
    run("migrations/shared_queue/database.sql", &passwords);
    postgres
}

/// What becomes of each statement: `00000`, else why not.
fn outcomes(postgres: &Postgres, role: &str, statements: &[String]) -> Vec<String> {
    let mut args = Vec::new();
    for statement in statements {
        args.extend(["-c", statement, "-c", "\\echo outcome :SQLSTATE"]);
    }
    let told = match postgres.psql_as(role, "shared_queue", &args) {
        Ok(told) => told,
        Err(error) => panic!("{role}: {error}"),
    };
    let found: Vec<String> =
        told.lines().filter_map(|line| line.strip_prefix("outcome ").map(str::to_owned)).collect();
    assert_eq!(found.len(), statements.len(), "{told}");
    found
}

#[test]
fn every_role_may_use_its_queues_and_no_others() {
    let postgres = set_up();
    let mut tried = 0;
    for role in ROLES {
        for (queue, publisher, consumer) in QUEUES {
            let (sends, takes, reads) = (role == publisher, role == consumer, role == "centralcloud");
            // A message of Genesis's that was given up goes back to where it came from.
            let sends = sends || (role == "genesis" && takes);
            let attempts = [
                (sends, format!("SELECT pgmq.send('{queue}', '{{}}'::jsonb)")),
                (takes, format!("SELECT pgmq.read('{queue}', 0, 1)")),
                (takes, format!("SELECT pgmq.set_vt('{queue}', 0::bigint, 0)")),
                (takes, format!("SELECT pgmq.archive('{queue}', 0::bigint)")),
                (takes, format!("SELECT pgmq.delete('{queue}', 0::bigint)")),
                (takes, format!("SELECT message FROM pgmq.q_{queue}")),
                (reads, format!("SELECT message FROM pgmq.a_{queue}")),
                (false, format!("UPDATE pgmq.a_{queue} SET message = '{{}}'")),
                (false, format!("DELETE FROM pgmq.a_{queue}")),
                (false, format!("TRUNCATE pgmq.q_{queue}")),
                (false, format!("DROP TABLE pgmq.q_{queue}")),
                (false, format!("ALTER TABLE pgmq.a_{queue} OWNER TO {role}")),
            ];
            let (may, statements): (Vec<bool>, Vec<String>) = attempts.into_iter().unzip();
            let became = outcomes(&postgres, role, &statements);
            for ((may, statement), became) in may.iter().zip(&statements).zip(&became) {
                let expected = if *may { "00000" } else { DENIED };
                assert_eq!(became, expected, "{role}: {statement}");
                tried += 1;
            }
        }
        let (made, pruned) = (role == "nobody", matches!(role, "genesis" | "centralcloud"));
        let whole = [
            (made, "SELECT pgmq.create('another')"),
            (pruned, "SELECT shared_queue.prune(interval '90 days')"),
            (made, "INSERT INTO shared_queue.route VALUES ('llm_requests', 'genesis', 'consume')"),
            (made, "CREATE TABLE pgmq.mine ()"),
        ];
        for (may, statement) in whole {
            let became = outcomes(&postgres, role, &[statement.to_owned()]);
            assert_eq!(became, [if may { "00000" } else { DENIED }], "{role}: {statement}");
        }
    }
    assert_eq!(tried, 4 * 8 * 12);
    let owner = "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'shared_queue'";
    assert_eq!(postgres.psql("shared_queue", &["-c", owner]).unwrap(), "centralcloud");
}

#[test]
fn genesis_reads_nothing_of_other_databases_and_nobody_reads_its_own() {
    let postgres = set_up();
    for name in ["singularity", "centralcloud", "nexus"] {
        postgres.psql("postgres", &["-c", &format!("CREATE DATABASE {name} OWNER {name}")]).unwrap();
        let secret = "CREATE TABLE secret (text text); INSERT INTO secret VALUES ('s3cret')";
        postgres.psql(name, &["-c", secret]).unwrap();
        // As servers come, everybody may connect; even so nothing can be read.
        let error = postgres.psql_as("genesis", name, &["-c", "SELECT * FROM secret"]).unwrap_err();
        assert!(error.to_string().contains("permission denied for table secret"), "{error}");
        let close = format!("REVOKE CONNECT ON DATABASE {name} FROM PUBLIC");
        postgres.psql("postgres", &["-c", &close]).unwrap();
        let error = postgres.psql_as("genesis", name, &["-c", "SELECT 1"]).unwrap_err();
        assert!(error.to_string().contains("permission denied for database"), "{error}");
        let error = postgres.psql_as(name, "genesis", &["-c", "SELECT 1"]).unwrap_err();
        assert!(error.to_string().contains("permission denied for database"), "{error}");
    }
    let error = postgres.psql_as("genesis", "genesis", &["-c", "CREATE ROLE other"]).unwrap_err();
    assert!(error.to_string().contains("permission denied"), "{error}");
}

/// Waits in the database for a message of a queue, as its consumer.
fn take(postgres: &Postgres, role: &str, queue: &str) -> Value {
    let sql = format!("SELECT message FROM pgmq.read_with_poll('{queue}', 60, 1, 120, 50)");
    let told = postgres.psql_as(role, "shared_queue", &["-c", &sql]).unwrap();
    serde_json::from_str(&told).unwrap_or_else(|_| panic!("{queue} gave {told:?}"))
}

#[test]
fn a_service_with_the_rights_of_its_role_alone_answers_and_old_messages_go() {
    let (postgres, bench) = (set_up(), Bench::new());
    let url = postgres.url("genesis", "shared_queue");
    let database = postgres.url("genesis", "genesis");
    let service = Service::start(&bench, &url, &["--database", &database, "--concurrency", "1"]);
    let send = |queue: &str, payload: &Value| {
        let payload = payload.to_string().replace('\'', "''");
        let sql = format!("SELECT pgmq.send('{queue}', '{payload}'::jsonb)");
        postgres.psql_as("singularity", "shared_queue", &["-c", &sql]).unwrap();
    };
    send("genesis_experiment_run", &request("one"));
    send("genesis_experiment_run", &json!({ "tmplate": 1 }));
    send(
        "job_requests",
        &json!({ "id": "j", "code": "x = 1\n", "language": "python", "analysis_type": "syntax" }),
    );
    let job = take(&postgres, "singularity", "job_results");
    assert_eq!((&job["request_id"], &job["status"]), (&json!("j"), &json!("completed")), "{job}");
    let both = [0, 1].map(|_| take(&postgres, "singularity", "genesis_experiment_result"));
    assert!(both.iter().any(|result| result["recommendation"] == "merge"), "{both:#?}");
    assert!(both.iter().any(|result| result["error"]["code"] == "INVALID_REQUEST"), "{both:#?}");
    let (status, log) = service.end();
    assert_eq!(status.code(), Some(0), "{log}");
    let listed = bench.genesis(&["dlq", "list", "--bus", &url]);
    assert!(listed.stdout.contains("`tmplate`"), "{listed:?}");

    // CentralCloud reads what was done; two of the three messages are old by one limit, one by the other.
    let archived = "SELECT count(*) FROM pgmq.a_genesis_experiment_run";
    let count = |sql: &str| postgres.psql_as("centralcloud", "shared_queue", &["-c", sql]).unwrap();
    assert_eq!(
        (count(archived).as_str(), count("SELECT count(*) FROM pgmq.a_job_requests").as_str()),
        ("2", "1")
    );
    let age = |table: &str, days: u32| {
        let sql = format!("UPDATE pgmq.{table} SET archived_at = now() - interval '{days} days'");
        postgres.psql("shared_queue", &["-c", &sql]).unwrap();
    };
    age("a_job_requests", 91);
    age("a_genesis_experiment_run", 89);
    let pruned = bench.genesis(&["bus", "prune", "--bus", &url]);
    assert_eq!(pruned.stdout, "1 messages that were kept for more than 90 days are gone\n", "{pruned:?}");
    assert_eq!(count(archived), "2");
    let mut shorter = bench.command(&["bus", "prune", "--bus", &url]);
    let output = shorter.env("SHARED_QUEUE_RETENTION_DAYS", "30").output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(told, "2 messages that were kept for more than 30 days are gone\n");
    assert_eq!(count(archived), "0");
}
