//! What the app sees of an error: what it needs to act on, and nothing that should not be in a crash report.

use nija_client::{ClientError, NetworkKind};

/// Why a call failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum NijaError {
    /// The server refused.
    #[error("refused: {code}")]
    Refused {
        /// Stable, for programs: `risk_refused`, `key_can_withdraw`, ...
        code: String,
        /// The HTTP status.
        status: u16,
        /// What happened and what to do, for people; addresses are blotted out.
        detail: String,
        /// The order on record that the refusal belongs to.
        order_id: Option<String>,
        /// Seconds to wait before trying again, where that helps.
        retry_after: Option<u64>,
    },
    /// No answer came.
    #[error("no answer from the server")]
    NoAnswer {
        /// Whether the server may have acted all the same.
        may_have_acted: bool,
    },
    /// An order was sent but its answer was lost. Place it again with this id: the server acts once under it.
    #[error("the order {client_order_id} may have been accepted")]
    OrderUnsure {
        /// The id that the order was sent with.
        client_order_id: String,
    },
    /// There is no session, or it has ended: sign in (again).
    #[error("signed out")]
    SignedOut,
    /// Something other than the server of this version answered.
    #[error("the server's answer cannot be read")]
    Unreadable,
    /// The caller's input cannot be sent.
    #[error("invalid input")]
    InvalidInput {
        /// Which input and why.
        why: String,
    },
    /// The exchange key could not be sealed on this device, or the pinned vault did not sign the server's sealing keys.
    #[error("the exchange key cannot be sealed")]
    Sealing,
    /// An entry of the vault's log is not in it, or was changed, as far as the pinned vault can tell: do not believe it.
    #[error("the entry is not proven")]
    Unproven {
        /// Which step failed.
        why: String,
    },
    /// The library itself failed.
    #[error("internal error")]
    Internal,
}

impl From<ClientError> for NijaError {
    fn from(error: ClientError) -> Self {
        match error {
            ClientError::Problem(problem) => Self::Refused {
                detail: without_addresses(&problem.detail),
                order_id: problem.order.map(|order| order.id),
                code: problem.code,
                status: problem.status,
                retry_after: problem.retry_after,
            },
            ClientError::Network { kind, .. } => {
                Self::NoAnswer { may_have_acted: kind != NetworkKind::Connect }
            }
            ClientError::OrderUnsure { client_order_id, .. } => Self::OrderUnsure { client_order_id },
            ClientError::SignedOut => Self::SignedOut,
            ClientError::Decode(_) | ClientError::Status(_) => Self::Unreadable,
            ClientError::Invalid(why) => Self::InvalidInput { why: without_addresses(&why) },
            ClientError::Sealing(_) | ClientError::Untrusted(_) => Self::Sealing,
            ClientError::Unproven(why) => Self::Unproven { why: why.to_string() },
            _ => Self::Internal,
        }
    }
}

/// Details may quote what the user typed; the words of an error end up in logs and crash reports.
fn without_addresses(text: &str) -> String {
    let words = text.split_inclusive(char::is_whitespace).map(|word| {
        let bare = word.trim_end();
        if bare.contains('@') { word.replace(bare, "…") } else { word.to_owned() }
    });
    words.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use nija_client::wire::Problem;

    #[test]
    fn refusals_keep_their_code_and_lose_addresses() {
        let problem = Problem {
            kind: "urn:nija:problem:email_taken".to_owned(),
            title: "Taken".to_owned(),
            status: 409,
            code: "email_taken".to_owned(),
            detail: "The address me@example.com has an account. Sign in.".to_owned(),
            request_id: Some("r".to_owned()),
            order: None,
            retry_after: Some(3),
        };
        let error = NijaError::from(ClientError::Problem(Box::new(problem)));
        let expected = NijaError::Refused {
            code: "email_taken".to_owned(),
            status: 409,
            detail: "The address … has an account. Sign in.".to_owned(),
            order_id: None,
            retry_after: Some(3),
        };
        assert_eq!(error, expected);
    }

    #[test]
    fn a_lost_answer_says_whether_the_server_may_have_acted() {
        let lost = |kind| NijaError::from(ClientError::Network { kind, detail: "me@example.com".to_owned() });
        assert_eq!(lost(NetworkKind::Connect), NijaError::NoAnswer { may_have_acted: false });
        assert_eq!(lost(NetworkKind::Timeout), NijaError::NoAnswer { may_have_acted: true });
    }
}
