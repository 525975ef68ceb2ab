-- The shared queue: its database, its roles, its queues, and who may do what with each. For an administrator of the server
-- to run once:
--   psql -v singularity="'...'" -v genesis="'...'" -v nexus="'...'" -v centralcloud="'...'" \
--        -f migrations/shared_queue/database.sql
-- The values are passwords; a role that is there already keeps its own.
--
-- CentralCloud's role owns the database and reads archives; the queues belong to whoever runs this. Every role may send to the
-- queues that it publishes and take from those that it consumes. Nobody may change or drop an archive; `shared_queue.prune`
-- does, for what is older than it is asked to keep.
\set ON_ERROR_STOP on
SELECT format('CREATE ROLE %I LOGIN PASSWORD %L NOSUPERUSER NOCREATEDB NOCREATEROLE', name, password)
FROM (VALUES ('singularity', :singularity), ('genesis', :genesis), ('nexus', :nexus), ('centralcloud', :centralcloud))
    AS wanted (name, password)
WHERE NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = name)
\gexec
CREATE DATABASE shared_queue OWNER centralcloud ENCODING 'UTF8' TEMPLATE template0;
REVOKE ALL ON DATABASE shared_queue FROM PUBLIC;
GRANT CONNECT ON DATABASE shared_queue TO singularity, genesis, nexus, centralcloud;

\connect shared_queue
SELECT count(*) > 0 AS has_extension FROM pg_available_extensions WHERE name = 'pgmq' \gset
\if :has_extension
    CREATE EXTENSION IF NOT EXISTS pgmq;
\else
    \ir postgres/pgmq.sql
\endif

CREATE SCHEMA shared_queue;
GRANT USAGE ON SCHEMA pgmq, shared_queue TO singularity, genesis, nexus, centralcloud;
GRANT SELECT ON pgmq.meta TO singularity, genesis, nexus, centralcloud;

-- Who sends to a queue and who takes from it. A queue that is in no row is nobody's.
CREATE TABLE shared_queue.route (
    queue text NOT NULL,
    role text NOT NULL,
    may text NOT NULL CHECK (may IN ('publish', 'consume')),
    PRIMARY KEY (queue, role, may)
);
GRANT SELECT ON shared_queue.route TO singularity, genesis, nexus, centralcloud;
INSERT INTO shared_queue.route (queue, role, may) VALUES
    ('llm_requests', 'singularity', 'publish'), ('llm_requests', 'nexus', 'consume'),
    ('llm_results', 'nexus', 'publish'), ('llm_results', 'singularity', 'consume'),
    ('approval_requests', 'singularity', 'publish'), ('approval_requests', 'nexus', 'consume'),
    ('approval_responses', 'nexus', 'publish'), ('approval_responses', 'singularity', 'consume'),
    ('question_requests', 'singularity', 'publish'), ('question_requests', 'nexus', 'consume'),
    ('question_responses', 'nexus', 'publish'), ('question_responses', 'singularity', 'consume'),
    ('job_requests', 'singularity', 'publish'), ('job_requests', 'genesis', 'consume'),
    ('job_results', 'genesis', 'publish'), ('job_results', 'singularity', 'consume'),
    -- Genesis's own: experiments, the older name of job_requests, what was given up, what it counted, and how it is.
    ('genesis_experiment_run', 'singularity', 'publish'), ('genesis_experiment_run', 'genesis', 'consume'),
    ('genesis_experiment_cancel', 'singularity', 'publish'), ('genesis_experiment_cancel', 'genesis', 'consume'),
    ('genesis_experiment_result', 'genesis', 'publish'), ('genesis_experiment_result', 'singularity', 'consume'),
    ('code_execution_requests', 'singularity', 'publish'), ('code_execution_requests', 'genesis', 'consume'),
    ('genesis_dlq', 'genesis', 'publish'), ('genesis_dlq', 'genesis', 'consume'),
    ('system_metrics_genesis', 'genesis', 'publish'), ('system_metrics_genesis', 'centralcloud', 'consume'),
    ('genesis_status', 'genesis', 'consume');
-- A message that is given up is sent to its queue again by whoever gave it up.
INSERT INTO shared_queue.route (queue, role, may) VALUES
    ('genesis_experiment_run', 'genesis', 'publish'), ('job_requests', 'genesis', 'publish'),
    ('genesis_experiment_cancel', 'genesis', 'publish'), ('code_execution_requests', 'genesis', 'publish');

DO $$
DECLARE
    route record;
BEGIN
    PERFORM pgmq.create(queue) FROM (SELECT DISTINCT queue FROM shared_queue.route) AS wanted;
    FOR route IN SELECT queue, role, may FROM shared_queue.route LOOP
        IF route.may = 'publish' THEN
            EXECUTE format('GRANT INSERT, SELECT (msg_id) ON pgmq.%I TO %I', 'q_' || route.queue, route.role);
        ELSE
            EXECUTE format('GRANT SELECT, UPDATE, DELETE ON pgmq.%I TO %I', 'q_' || route.queue, route.role);
            EXECUTE format('GRANT INSERT, SELECT (msg_id) ON pgmq.%I TO %I', 'a_' || route.queue, route.role);
        END IF;
    END LOOP;
    FOR route IN SELECT DISTINCT queue FROM shared_queue.route LOOP
        EXECUTE format('GRANT SELECT ON pgmq.%I TO centralcloud', 'a_' || route.queue);
    END LOOP;
END
$$;

-- Takes away what was archived longer ago than `keep`, and results and dead letters that nobody has taken for as long.
CREATE FUNCTION shared_queue.prune(keep interval) RETURNS TABLE (queue text, pruned bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    more bigint;
BEGIN
    IF keep < interval '1 day' THEN
        RAISE EXCEPTION 'messages are kept for a day at least';
    END IF;
    FOR queue IN SELECT queue_name FROM pgmq.meta ORDER BY queue_name LOOP
        EXECUTE format('DELETE FROM pgmq.%I WHERE archived_at < now() - $1', 'a_' || queue) USING keep;
        GET DIAGNOSTICS pruned = ROW_COUNT;
        IF queue IN ('genesis_experiment_result', 'job_results', 'genesis_dlq', 'system_metrics_genesis') THEN
            EXECUTE format('DELETE FROM pgmq.%I WHERE enqueued_at < now() - $1', 'q_' || queue) USING keep;
            GET DIAGNOSTICS more = ROW_COUNT;
            pruned := pruned + more;
        END IF;
        RETURN NEXT;
    END LOOP;
END
$$;
REVOKE ALL ON FUNCTION shared_queue.prune(interval) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION shared_queue.prune(interval) TO genesis, centralcloud;
