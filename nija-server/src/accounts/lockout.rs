//! Wrong passwords: after a few in a row an address waits, longer each time.
//!
//! Addresses without an account are treated alike, so that a lock tells nobody which addresses have one.

use nija_core::Timestamp;
use rusqlite::{OptionalExtension, params};
use std::time::Duration;

use super::{Accounts, Result, timestamp};

const FIRST_WAIT: Duration = Duration::from_secs(30);
const LONGEST_WAIT: Duration = Duration::from_secs(60 * 60);
/// Failures are forgotten after this long without another.
const MEMORY: Duration = Duration::from_secs(24 * 60 * 60);

impl Accounts {
    /// Until when an address must wait, if it must.
    pub(crate) async fn locked_until(
        &self,
        email_hash: [u8; 32],
        now: Timestamp,
    ) -> Result<Option<Timestamp>> {
        self.with(move |db| {
            let until: Option<i64> = db
                .query_row(
                    "SELECT locked_until FROM failed_logins WHERE email_hash = ?1",
                    [email_hash],
                    |row| row.get(0),
                )
                .optional()?;
            Ok(until.map(timestamp).filter(|until| *until > now))
        })
        .await
    }

    /// Counts a wrong password; answers until when the address must wait now, if it must.
    pub(crate) async fn login_failed(
        &self,
        email_hash: [u8; 32],
        now: Timestamp,
        allowed: u32,
    ) -> Result<Option<Timestamp>> {
        self.with(move |db| {
            let step = db.transaction()?;
            let forgotten = now.minus(MEMORY).micros();
            step.execute("DELETE FROM failed_logins WHERE last_at < ?1", [forgotten])?;
            let failures: u32 = step
                .query_row("SELECT failures FROM failed_logins WHERE email_hash = ?1", [email_hash], |row| row.get(0))
                .optional()?
                .unwrap_or(0_u32)
                .saturating_add(1);
            let until = wait(failures, allowed).map(|wait| now.plus(wait));
            step.execute(
                "INSERT INTO failed_logins (email_hash, failures, last_at, locked_until) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (email_hash) DO UPDATE SET failures = ?2, last_at = ?3, locked_until = ?4",
                params![email_hash, failures, now.micros(), until.map_or(0, Timestamp::micros)],
            )?;
            step.commit()?;
            Ok(until)
        })
        .await
    }

    /// Forgets an address's failures after a good password.
    pub(crate) async fn login_succeeded(&self, email_hash: [u8; 32]) -> Result<()> {
        self.with(move |db| {
            db.execute("DELETE FROM failed_logins WHERE email_hash = ?1", [email_hash])?;
            Ok(())
        })
        .await
    }
}

/// How long to wait after this many failures in a row.
fn wait(failures: u32, allowed: u32) -> Option<Duration> {
    let beyond = failures.checked_sub(allowed)?;
    let wait = FIRST_WAIT.saturating_mul(2_u32.saturating_pow(beyond.min(16)));
    Some(wait.min(LONGEST_WAIT))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_further_failure_doubles_the_wait_up_to_an_hour() {
        let waits: Vec<_> = (4..=8).map(|n| wait(n, 5).map(|w| w.as_secs())).collect();
        assert_eq!(waits, [None, Some(30), Some(60), Some(120), Some(240)]);
        assert_eq!(wait(u32::MAX, 5), Some(LONGEST_WAIT));
    }
}
