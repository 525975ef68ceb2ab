//! The ledger on real SQLite files and on a real server of PostgreSQL: the same laws for both.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking and says what it skips"
)]

mod commits;
mod counting;
mod firings;
mod inbox;
mod listing;
mod opening;
mod outbox;
mod rebuilding;
mod repositories;
mod servers;
mod support;

/// Each law is a test on a file, and all of them are one test on one server.
macro_rules! laws {
    ($($module:ident::$law:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $law() {
                crate::$module::$law(&crate::support::Place::file()).await;
            })*
        }

        /// Runs every law in a database of its own.
        pub(crate) async fn every_law(server: &genesis_servers::Postgres) {
            $(println!("{}", stringify!($law));
            crate::$module::$law(&crate::support::Place::database(server, stringify!($law))).await;)*
        }
    };
}

laws!(
    commits::what_is_recorded_reads_back,
    commits::a_loser_leaves_nothing_and_the_others_go_through,
    commits::a_head_that_is_expected_and_not_there_is_refused,
    commits::of_two_ledgers_that_promote_at_once_exactly_one_wins,
    commits::the_same_id_again_changes_nothing,
    commits::a_batch_of_any_size_is_as_each_alone,
    commits::of_one_ref_in_a_batch_the_last_counts,
    commits::a_persons_rollback_changes_the_head_and_leaves_refs_to_be_set,
    commits::a_commit_that_contradicts_itself_records_nothing_of_the_batch,
    commits::a_commit_dropped_at_any_point_is_there_whole_or_not_at_all,
    listing::pages_follow_each_other_without_gap_newest_first,
    listing::a_row_that_was_tampered_with_is_said_to_be_damaged,
    outbox::an_announcement_waits_until_the_refs_of_its_experiment_are_set,
    outbox::an_overtaken_update_is_neither_wanted_nor_marked,
    outbox::an_announcement_is_sent_when_every_broker_has_it,
    outbox::an_announcement_waits_for_the_broker_by_which_its_request_came,
    rebuilding::a_rebuilt_ledger_equals_the_original,
    rebuilding::announcements_of_experiments_that_history_does_not_have_are_counted,
    rebuilding::a_rebuild_that_fails_changes_nothing,
    inbox::a_request_is_new_once_and_known_afterwards,
    inbox::an_experiment_can_be_called_off_until_it_is_recorded,
    inbox::another_request_under_the_same_id_is_told_apart,
    inbox::what_was_announced_can_be_announced_again,
    inbox::a_job_is_recorded_once,
    repositories::a_name_belongs_to_one_repository_and_is_kept,
    repositories::what_was_recorded_before_is_in_the_first_repository,
    repositories::a_repository_has_its_own_refs_to_set_and_knows_where_the_others_are,
    firings::of_many_that_claim_a_time_at_once_one_gets_it,
    firings::of_a_task_one_is_under_way_at_a_time_and_each_is_known_when_it_is_over,
    firings::what_is_left_is_taken_over_and_its_first_holder_changes_nothing_more,
    firings::what_came_to_nothing_is_tried_again_in_its_time_and_fails_at_last,
    firings::a_schedule_begins_with_what_has_passed_and_goes_on_from_there,
    counting::what_was_measured_is_counted_by_group_and_what_was_not_has_no_number,
    counting::what_is_over_and_not_needed_goes_and_nothing_else,
);
