// The contract tests, one a line: included by each store test, which defines make_store() first.
// CAF names a test by its line, which must not be one of the includer's.
#line 10001
// clang-format off
CAF_TEST(a_new_store_is_empty) { contract::a_new_store_is_empty(make_store()); }
CAF_TEST(what_is_appended_is_read_back_in_order) { contract::what_is_appended_is_read_back_in_order(make_store()); }
CAF_TEST(a_claim_counts_only_if_it_replaces_the_one_in_force) { contract::a_claim_counts_only_if_it_replaces_the_one_in_force(make_store()); }
CAF_TEST(a_second_claim_fences_the_first_owner) { contract::a_second_claim_fences_the_first_owner(make_store()); }
CAF_TEST(nobody_appends_without_a_claim) { contract::nobody_appends_without_a_claim(make_store()); }
CAF_TEST(a_wrong_expected_version_is_a_conflict_with_the_actual_one) { contract::a_wrong_expected_version_is_a_conflict_with_the_actual_one(make_store()); }
CAF_TEST(what_was_decided_on_a_void_commit_is_void_too) { contract::what_was_decided_on_a_void_commit_is_void_too(make_store()); }
CAF_TEST(a_command_id_takes_effect_once) { contract::a_command_id_takes_effect_once(make_store()); }
CAF_TEST(a_group_of_events_is_whole_or_absent) { contract::a_group_of_events_is_whole_or_absent(make_store()); }
CAF_TEST(an_event_above_the_bound_is_refused_whole) { contract::an_event_above_the_bound_is_refused_whole(make_store()); }
CAF_TEST(a_reader_ends_where_the_log_ended_when_it_was_opened) { contract::a_reader_ends_where_the_log_ended_when_it_was_opened(make_store()); }
CAF_TEST(an_aggregate_is_read_page_by_page) { contract::an_aggregate_is_read_page_by_page(make_store()); }
CAF_TEST(records_are_taken_over_verbatim) { contract::records_are_taken_over_verbatim(make_store()); }
CAF_TEST(all_events_are_fetched_in_batches) { contract::all_events_are_fetched_in_batches(make_store()); }
CAF_TEST(a_closed_store_refuses) { contract::a_closed_store_refuses(make_store()); }
CAF_TEST(a_durable_store_has_everything_after_reopening) { contract::a_durable_store_has_everything_after_reopening(make_store()); }
CAF_TEST(a_command_id_is_known_whatever_version_is_expected) { contract::a_command_id_is_known_whatever_version_is_expected(make_store()); }
CAF_TEST(events_without_a_command_id_are_no_duplicates) { contract::events_without_a_command_id_are_no_duplicates(make_store()); }
CAF_TEST(appends_that_nobody_waits_for_keep_their_order) { contract::appends_that_nobody_waits_for_keep_their_order(make_store()); }
CAF_TEST(a_commit_that_no_store_may_write_is_refused) { contract::a_commit_that_no_store_may_write_is_refused(make_store()); }
CAF_TEST(a_reader_at_the_log_s_end_waits_as_long_as_it_is_told) { contract::a_reader_at_the_log_s_end_waits_as_long_as_it_is_told(make_store()); }
CAF_TEST(a_reader_begins_where_it_is_told) { contract::a_reader_begins_where_it_is_told(make_store()); }
CAF_TEST(a_group_that_a_claim_tore_makes_no_version) { contract::a_group_that_a_claim_tore_makes_no_version(make_store()); }
CAF_TEST(a_record_without_event_makes_no_version_and_needs_the_term) { contract::a_record_without_event_makes_no_version_and_needs_the_term(make_store()); }
CAF_TEST(no_ops_make_no_version) { contract::no_ops_make_no_version(make_store()); }
CAF_TEST(fetching_stops_when_it_is_told_to) { contract::fetching_stops_when_it_is_told_to(make_store()); }
