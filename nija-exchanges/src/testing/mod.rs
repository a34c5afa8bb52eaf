//! The executor conformance suite: what every venue must do, whatever its protocol.
//!
//! A venue brings a [`Harness`] and one line: `nija_exchanges::executor_conformance!(my_venue, MyHarness::start().await);`
//! in a test crate makes one test of each rule. Rules about faults run where the harness can cause the fault.
//!
//! Assertions panic: this module is for tests alone.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    clippy::future_not_send
)]

pub mod account;
#[doc(hidden)]
pub mod decoders;
pub mod faults;
mod harness;
mod intents;
mod lane;
pub mod market;
pub mod orders;
mod signer;
#[doc(hidden)]
pub mod sound;
pub mod stops;
pub mod streams;
pub mod trouble;
mod wait;

pub use harness::{Harness, Trader, VenueFault};
pub use intents::venue_order;
pub use lane::{TestLane, open_lane};
pub use signer::TestSigner;
pub use wait::{DEADLINE, eventually, within};

/// One test for each rule of the suite. `$harness` is evaluated anew for each.
#[macro_export]
macro_rules! executor_conformance {
    ($venue:ident, $harness:expr) => {
        mod $venue {
            $crate::executor_conformance! { @cases $harness;
                market::instruments_carry_their_rules
                market::prices_books_and_candles_make_sense
                market::an_unknown_symbol_is_not_listed
                account::fees_are_rates_and_say_whose_they_are
                account::money_is_there_and_free
                account::the_key_may_trade_and_not_withdraw
                account::limits_used_are_the_own_users_or_everybodys
                orders::a_market_order_fills_and_moves_exactly_its_money
                orders::a_limit_order_rests_holds_money_and_is_cancelled
                orders::an_immediate_order_never_rests
                orders::a_resting_order_fills_as_maker_when_the_market_comes
                orders::a_repeated_client_id_does_what_the_contract_says
                orders::an_order_that_was_never_sent_is_absent
                orders::cancelling_all_cancels_all_of_one_user
                orders::fills_come_in_order_from_the_moment_asked_for
                orders::refusals_are_definite_and_of_their_kind
                orders::an_order_past_its_deadline_is_never_placed
                orders::users_do_not_see_each_other
                stops::a_stop_rests_holds_the_goods_and_is_cancelled
                stops::a_stop_sells_when_the_market_falls_to_it
                stops::a_bracket_rests_as_one_order_and_is_cancelled_whole
                stops::a_bracket_wins_at_its_take_profit_and_its_stop_is_gone
                stops::a_bracket_sells_at_its_stop_and_its_take_profit_is_gone
                stops::a_kind_that_the_instrument_lacks_is_refused_before_sending
                stops::prices_on_the_wrong_sides_are_refused_before_sending
                streams::prices_stream
                streams::own_orders_and_fills_stream
                streams::what_happens_while_the_stream_is_down_is_not_lost
                streams::nothing_is_sent_while_the_venue_wants_nothing_sent
                streams::a_stream_that_is_up_asks_nothing_past_its_lane
                faults::an_answer_lost_before_matching_leaves_no_order
                faults::an_answer_lost_after_matching_leaves_one_order
                faults::a_server_error_is_no_answer
                faults::a_page_of_html_is_no_answer
                faults::a_rate_limit_is_definite
                faults::a_refused_nonce_is_definite_and_the_next_call_works
                faults::a_key_that_lost_its_rights_is_refused
                faults::an_outage_leaves_nothing_certain_and_nothing_placed
                faults::a_venue_that_is_gone_was_not_sent_anything
                faults::a_request_that_is_never_answered_is_in_doubt
                faults::a_slow_answer_is_an_answer
                faults::a_ban_is_definite
                trouble::an_order_that_fills_in_part_rests_with_what_is_left
                trouble::a_clock_that_moved_costs_no_order
                trouble::what_a_venue_did_by_a_clock_that_is_behind_is_found
                trouble::a_nonce_that_the_venue_forgot_costs_no_order
                trouble::reports_that_come_twice_are_one
                trouble::reports_that_come_late_are_not_lost
                trouble::what_a_stream_swallowed_can_be_asked_for
                trouble::a_book_that_stands_still_can_be_asked_for
                trouble::a_venue_that_was_down_took_nothing_and_comes_back
            }
        }
    };
    (@cases $harness:expr; $($group:ident :: $case:ident)*) => {
        $(
            #[tokio::test]
            async fn $case() {
                let harness = $harness;
                $crate::testing::within($crate::testing::$group::$case(&harness)).await;
            }
        )*
    };
}
