//! Requests to a venue: what executors build, what the signer makes of it, and what transports may send.

use std::{borrow::Cow, fmt};

use crate::{AuthError, Authenticator, CredentialSecret, Notional, Side, SignContext, Symbol, VenueId};

/// HTTP method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// GET.
    Get,
    /// POST.
    Post,
    /// PUT.
    Put,
    /// DELETE.
    Delete,
}

impl Method {
    /// In capitals.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
        }
    }
}

/// What a request is for: the signer checks it against the user's policy and the audit log records it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RequestPurpose {
    /// Reads the account.
    Read,
    /// Places an order.
    PlaceOrder {
        /// Symbol.
        symbol: Symbol,
        /// Direction.
        side: Side,
        /// Value at the expected price.
        notional: Notional,
    },
    /// Cancels orders.
    CancelOrder,
    /// Opens the user's own stream.
    OpenStream,
}

impl RequestPurpose {
    /// A short name for logs.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::PlaceOrder { .. } => "place_order",
            Self::CancelOrder => "cancel_order",
            Self::OpenStream => "open_stream",
        }
    }
}

/// Names with their values, in the order in which they are sent and not yet encoded.
pub type Params = Vec<(Cow<'static, str>, String)>;

/// A request that needs the user's key, before it has been signed. Parameters are in the order they will be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnsignedRequest {
    /// The venue.
    pub venue: VenueId,
    /// Method.
    pub method: Method,
    /// Path without host and query: `/0/private/AddOrder`.
    pub path: String,
    /// Query parameters, not yet encoded.
    pub query: Params,
    /// The body.
    pub body: RequestBody,
    /// What for.
    pub purpose: RequestPurpose,
}

/// A request's body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequestBody {
    /// None.
    Empty,
    /// Form fields, not yet encoded; the authenticator may add some (a nonce).
    Form(Params),
    /// JSON text.
    Json(String),
}

/// What an authenticator produces: the bytes as they must go out.
#[derive(Clone, PartialEq, Eq)]
pub struct SignedParts {
    /// Headers to add.
    pub headers: Vec<(&'static str, String)>,
    /// Query string without `?`, encoded; empty for none.
    pub query: String,
    /// Body, encoded; empty for none.
    pub body: Vec<u8>,
    /// Its `Content-Type`, where there is a body.
    pub content_type: Option<&'static str>,
}

/// A request that the signer let through and signed. Only [`sign_request`] makes one, so that a transport cannot be handed anything else;
/// whoever calls that must hold the secret, and only the vault's signer does.
///
/// It cannot be put together elsewhere:
///
/// ```compile_fail,E0451
/// use nija_core::{Method, SignedParts, SignedRequest, VenueId};
///
/// fn forged(venue: VenueId, parts: SignedParts) -> SignedRequest {
///     SignedRequest { venue, method: Method::Post, path: "/0/private/Withdraw".to_owned(), parts }
/// }
/// ```
#[derive(Clone)]
pub struct SignedRequest {
    venue: VenueId,
    method: Method,
    path: String,
    parts: SignedParts,
}

impl SignedRequest {
    /// The venue.
    #[must_use]
    pub const fn venue(&self) -> &VenueId {
        &self.venue
    }

    /// Method.
    #[must_use]
    pub const fn method(&self) -> Method {
        self.method
    }

    /// Path with the encoded query.
    #[must_use]
    pub fn path_and_query(&self) -> String {
        if self.parts.query.is_empty() {
            self.path.clone()
        } else {
            format!("{}?{}", self.path, self.parts.query)
        }
    }

    /// Headers, the authentication among them: never to be logged.
    #[must_use]
    pub fn headers(&self) -> &[(&'static str, String)] {
        &self.parts.headers
    }

    /// Body and its content type.
    #[must_use]
    pub fn body(&self) -> Option<(&[u8], &'static str)> {
        self.parts.content_type.map(|kind| (self.parts.body.as_slice(), kind))
    }
}

impl fmt::Debug for SignedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Headers and query can hold signatures and key ids.
        write!(f, "SignedRequest({} {} {})", self.venue, self.method.as_str(), self.path)
    }
}

/// The check that [`sign_request`] makes, alone: a signer refuses before it takes a nonce.
///
/// # Errors
/// [`AuthError::WrongVenue`] and [`AuthError::EndpointNotAllowed`].
pub fn check_request(authenticator: &dyn Authenticator, request: &UnsignedRequest) -> Result<(), AuthError> {
    if request.venue != *authenticator.venue() {
        return Err(AuthError::WrongVenue { venue: request.venue.clone() });
    }
    if !authenticator.endpoints().iter().any(|endpoint| endpoint.matches(request.method, &request.path)) {
        return Err(AuthError::EndpointNotAllowed { method: request.method, path: request.path.clone() });
    }
    Ok(())
}

/// Checks a request against the venue's allow-list and signs it. The one way to a [`SignedRequest`].
///
/// # Errors
/// [`AuthError::EndpointNotAllowed`] for everything that the list does not name, withdrawals and transfers first of all.
pub fn sign_request(
    authenticator: &dyn Authenticator,
    request: UnsignedRequest,
    secret: &CredentialSecret,
    context: &SignContext,
) -> Result<SignedRequest, AuthError> {
    check_request(authenticator, &request)?;
    let parts = authenticator.authenticate(&request, secret, context)?;
    Ok(SignedRequest { venue: request.venue, method: request.method, path: request.path, parts })
}
