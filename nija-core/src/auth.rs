//! How a venue wants its requests signed.

use crate::{CredentialSecret, Method, OrderReading, SignedParts, Timestamp, UnsignedRequest, VenueId};

/// A venue's way to sign. It runs only inside the signer.
pub trait Authenticator: Send + Sync {
    /// The venue.
    fn venue(&self) -> &VenueId;

    /// Every endpoint that may be signed. Nothing that withdraws, transfers or manages keys belongs here.
    fn endpoints(&self) -> &[Endpoint];

    /// Whether requests carry a strictly increasing nonce.
    fn needs_nonce(&self) -> bool;

    /// What a request does, read from the request itself: the user's policy is held against this. Unless a venue reads its own
    /// requests back, every one that is not a GET counts as unreadable, and is refused for users who set a policy.
    fn order_in(&self, request: &UnsignedRequest) -> OrderReading {
        if request.method == Method::Get { OrderReading::NoOrder } else { OrderReading::Unreadable }
    }

    /// Makes the bytes to send. Call [`crate::sign_request`], which checks the endpoint first.
    ///
    /// # Errors
    /// [`AuthError::BadSecret`] when the secret is not of this venue's form.
    fn authenticate(
        &self,
        request: &UnsignedRequest,
        secret: &CredentialSecret,
        context: &SignContext,
    ) -> Result<SignedParts, AuthError>;
}

/// What signing takes besides the request and the secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignContext {
    /// The venue's time as far as known.
    pub now: Timestamp,
    /// Greater than every nonce used with this key before; 0 where the venue has none.
    pub nonce: u64,
}

/// An endpoint that may be signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Method.
    pub method: Method,
    /// Path; a segment `*` stands for any one segment (`/v2/orders/*`).
    pub path: &'static str,
}

impl Endpoint {
    /// Whether a request goes here. Paths with empty, `.` or `..` segments never match a wildcard.
    #[must_use]
    pub fn matches(&self, method: Method, path: &str) -> bool {
        self.method == method
            && if self.path.contains('*') { self.has_the_segments_of(path) } else { self.path == path }
    }

    fn has_the_segments_of(&self, path: &str) -> bool {
        let plain = |segment: &str| {
            !matches!(segment, "" | "." | "..")
                && segment.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.:".contains(&b))
        };
        let mut wanted = self.path.split('/');
        let mut given = path.split('/');
        loop {
            match (wanted.next(), given.next()) {
                (None, None) => break true,
                (Some("*"), Some(segment)) => {
                    if !plain(segment) {
                        break false;
                    }
                }
                (Some(want), Some(segment)) if want == segment => {}
                _ => break false,
            }
        }
    }
}

/// Why nothing was signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AuthError {
    /// Not on the venue's list.
    #[error("{} {path} is not an endpoint that may be signed", method.as_str())]
    EndpointNotAllowed {
        /// Method.
        method: Method,
        /// Path.
        path: String,
    },
    /// A parameter that this call does not take. Where a venue's signature is over parameters alone, it would be good for another call.
    #[error("{} {path} has a parameter that may not be signed with it", method.as_str())]
    ParameterNotAllowed {
        /// Method.
        method: Method,
        /// Path.
        path: String,
    },
    /// The request is for another venue than the key.
    #[error("the key is not of venue {venue}")]
    WrongVenue {
        /// The request's venue.
        venue: VenueId,
    },
    /// The secret has not the form that the venue gives out.
    #[error("the stored secret is not valid for this venue: {0}")]
    BadSecret(&'static str),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_named_path_and_method_match() {
        let endpoint = Endpoint { method: Method::Delete, path: "/v2/orders/*" };
        assert!(endpoint.matches(Method::Delete, "/v2/orders/7f3c-1"));
        for path in [
            "/v2/orders",
            "/v2/orders/",
            "/v2/orders/..",
            "/v2/orders/a/b",
            "/v2/orders/a%2Fb",
            "/v2/orders/*",
            "/v2/transfers/a",
        ] {
            assert!(!endpoint.matches(Method::Delete, path), "{path}");
        }
        assert!(!endpoint.matches(Method::Get, "/v2/orders/7f3c-1"));
    }
}
