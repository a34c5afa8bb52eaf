//! The ledger for those who ask much: the same tables, read by readers of their own.

use nija_core::LedgerError;
use std::sync::Arc;

use super::SqliteLedger;
use crate::{answers::answer_by_jobs_and_questions, fault::Outcome, jobs::Answer};

/// A [`Ledger`](nija_core::Ledger) that is the one which it was made of, with readers of its own: however long people's questions take (a
/// list, a curve, an export), whoever sends orders by the ledger itself waits for none of them.
#[derive(Debug, Clone)]
pub struct SqliteQuestions(Arc<SqliteLedger>);

impl SqliteLedger {
    /// The same ledger, with readers of its own. It closes with this one.
    #[must_use]
    pub fn questions(self: &Arc<Self>) -> SqliteQuestions {
        SqliteQuestions(self.clone())
    }
}

impl SqliteQuestions {
    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&rusqlite::Connection) -> Outcome<T> + Send + 'static,
    ) -> Result<T, LedgerError> {
        self.0.read_by(&self.0.questioners, work).await
    }

    async fn differences(&self) -> Result<Vec<String>, LedgerError> {
        self.read(|c| crate::verify::differences(c)).await
    }

    async fn ask<T>(&self, job: impl FnOnce(Answer<T>) -> crate::jobs::Job) -> Result<T, LedgerError> {
        self.0.ask(job).await
    }
}

answer_by_jobs_and_questions!(SqliteQuestions);

#[cfg(test)]
mod tests {
    use super::*;
    use nija_core::{Ledger, OsEntropy, Timestamp, UserId};
    use std::{sync::Barrier, time::Duration};

    /// Far more than a look-up takes; whoever waits for the barrier waits for ever.
    const AT_ONCE: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn questions_that_take_all_their_readers_keep_no_look_up_waiting() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Arc::new(SqliteLedger::open(&folder.path().join("ledger.db")).unwrap());
        let questions = ledger.questions();
        let readers = super::super::reader::READERS as usize;
        let barrier = Arc::new(Barrier::new(readers + 1));
        let long: Vec<_> = (0..readers)
            .map(|_| {
                let (questions, barrier) = (questions.clone(), barrier.clone());
                tokio::spawn(async move {
                    let wait = move |_: &rusqlite::Connection| {
                        barrier.wait();
                        Ok(())
                    };
                    questions.read(wait).await
                })
            })
            .collect();
        let user = UserId::generate(Timestamp::from_micros(0), &OsEntropy::new().unwrap());
        let answer = tokio::time::timeout(AT_ONCE, ledger.paused(user)).await;
        assert_eq!(answer, Ok(Ok(None)));
        let released = tokio::task::spawn_blocking(move || barrier.wait());
        for one in long {
            one.await.unwrap().unwrap();
        }
        released.await.unwrap();
        assert_eq!(questions.paused(user).await, Ok(None));
        ledger.close().await;
        assert_eq!(questions.paused(user).await, Err(LedgerError::Closed));
    }
}
