//! The ledger for those who ask much: the same tables, read by readers of their own.

/// Makes the type of the questions of a ledger that has `questioners` beside its `readers`, which are given a `reader` each.
macro_rules! questions {
    ($questions:ident, $ledger:ident, $reader:ty) => {
        /// A [`Ledger`](nija_core::Ledger) that is the one which it was made of, with readers of its own: however long people's questions
        /// take (a list, a curve, an export), whoever sends orders by the ledger itself waits for none of them.
        #[derive(Debug, Clone)]
        pub struct $questions(std::sync::Arc<$ledger>);

        impl $ledger {
            /// The same ledger, with readers of its own. It closes with this one.
            #[must_use]
            pub fn questions(self: &std::sync::Arc<Self>) -> $questions {
                $questions(self.clone())
            }
        }

        impl $questions {
            async fn read<T: Send + 'static>(
                &self,
                work: impl FnOnce(&$reader) -> $crate::fault::Outcome<T> + Send + 'static,
            ) -> Result<T, nija_core::LedgerError> {
                self.0.read_by(&self.0.questioners, work).await
            }

            async fn differences(&self) -> Result<Vec<String>, nija_core::LedgerError> {
                self.read(|reader| $crate::verify::differences(reader)).await
            }

            async fn ask<T>(
                &self,
                job: impl FnOnce($crate::jobs::Answer<T>) -> $crate::jobs::Job,
            ) -> Result<T, nija_core::LedgerError> {
                self.0.ask(job).await
            }
        }

        $crate::answers::answer_by_jobs_and_questions!($questions);
    };
}

pub(crate) use questions;
