//! The rules of the equity curve.

use nija_core::{EquityKeep, EquitySample, Ledger, Timestamp, UserId};
use rust_decimal::Decimal;
use std::time::Duration;

use super::{conformance::agrees, events::Events};

const HOUR: i64 = 3_600_000_000;
const KEEP: EquityKeep = EquityKeep { all: Duration::from_secs(48 * 3600), days: 3 };
const MANY: usize = usize::MAX;

fn sample(user: UserId, hour: i64) -> EquitySample {
    EquitySample {
        user,
        at: Timestamp::from_micros(hour * HOUR),
        // A number with all its digits.
        equity: (hour % 5 != 0).then(|| Decimal::MAX - Decimal::from(hour)),
        realised: Decimal::new(hour, 28),
        unrealised: -Decimal::new(hour, 27),
        unpriced: u32::try_from(hour % 3).unwrap(),
    }
}

async fn hours(ledger: &impl Ledger, user: UserId, from: Option<i64>, until: Option<i64>) -> Vec<i64> {
    let at = |hour: Option<i64>| hour.map(|hour| Timestamp::from_micros(hour * HOUR));
    let curve = ledger.equity(user, at(from), at(until), MANY).await.unwrap();
    for told in &curve {
        assert_eq!(*told, sample(user, told.at.micros() / HOUR), "as it was, to the last digit");
    }
    curve.iter().map(|sample| sample.at.micros() / HOUR).collect()
}

pub(super) async fn every_sample_is_kept_for_a_while_and_one_a_day_for_longer(ledger: &impl Ledger) {
    let user = Events::new(1).user;
    assert_eq!(hours(ledger, user, None, None).await, [0_i64; 0]);
    for hour in (0..=240).step_by(6) {
        ledger.keep_equity(vec![sample(user, hour)], KEEP).await.unwrap();
    }
    // Hour 240 begins day 10: all from hour 192 (day 8) on, and the last of day 7, which is the third day before.
    assert_eq!(hours(ledger, user, None, None).await, [186, 192, 198, 204, 210, 216, 222, 228, 234, 240]);
    assert_eq!(hours(ledger, user, Some(200), Some(228)).await, [204, 210, 216, 222]);
    assert_eq!(hours(ledger, user, Some(186), Some(187)).await, [186]);
    assert_eq!(hours(ledger, user, Some(187), Some(192)).await, [0_i64; 0]);
    // Somebody who was away comes back to the day that was left.
    ledger.keep_equity(vec![sample(user, 290)], KEEP).await.unwrap();
    assert_eq!(hours(ledger, user, None, None).await, [234, 240, 290]);
    agrees(ledger).await;
}

pub(super) async fn a_curve_is_its_users_and_as_fine_as_was_asked_for(ledger: &impl Ledger) {
    let (user, other) = (Events::new(1).user, Events::new(2).user);
    let both = |hour| vec![sample(user, hour), sample(other, hour)];
    for hour in [1, 2, 3, 4, 30, 47] {
        ledger.keep_equity(both(hour), KEEP).await.unwrap();
    }
    // What is past its time is each user's own matter.
    ledger.keep_equity(vec![sample(other, 400)], KEEP).await.unwrap();
    assert_eq!(hours(ledger, user, None, None).await, [1, 2, 3, 4, 30, 47]);
    assert_eq!(hours(ledger, other, None, None).await, [400]);
    let few = ledger.equity(user, None, None, 4).await.unwrap();
    assert_eq!(few, [sample(user, 4), sample(user, 30), sample(user, 47)]);
    assert_eq!(ledger.equity(user, None, None, 0).await, Ok(Vec::new()));
    // The same moment again stands in the place of the first.
    let again = EquitySample { realised: Decimal::ONE, ..sample(user, 47) };
    ledger.keep_equity(vec![again.clone()], KEEP).await.unwrap();
    assert_eq!(ledger.equity(user, Some(again.at), None, MANY).await, Ok(vec![again]));
}

pub(super) async fn the_last_sample_of_a_day_is_the_latest(ledger: &impl Ledger) {
    let user = Events::new(1).user;
    let keep = EquityKeep { all: Duration::ZERO, days: 9 };
    // A clock that went back in between.
    for hour in [5, 20, 7, 31, 50] {
        ledger.keep_equity(vec![sample(user, hour)], keep).await.unwrap();
    }
    assert_eq!(hours(ledger, user, None, None).await, [20, 31, 50]);
}
