//! HTTP to a venue. Private calls go out only as a [`SignedRequest`]; failures say whether the request may have had an effect.

use nija_core::{LimitScope, LimitUsage, Method, SignedRequest, UserId, VenueError, VenueId};
use reqwest::{
    Client, StatusCode,
    header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER},
    redirect::Policy,
};
use std::{borrow::Cow, sync::Arc, time::Duration};

use super::{Address, LimitHeader, limit_headers::LimitsSeen};

/// Limits of a venue's HTTP connections.
#[derive(Debug, Clone)]
pub struct HttpConfig {
    /// For the connection, TLS included.
    pub connect_timeout: Duration,
    /// For the whole call.
    pub timeout: Duration,
    /// Bytes of an answer, after decompression; a longer one is cut off as an error.
    pub max_answer: usize,
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(3),
            timeout: Duration::from_secs(10),
            max_answer: 16 * 1024 * 1024,
        }
    }
}

/// A GET that needs no key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicRequest {
    /// Path below the base address, with its leading slash.
    pub path: Cow<'static, str>,
    /// Query parameters, not yet encoded.
    pub query: Vec<(&'static str, String)>,
}

/// What a venue said. It is JSON, but for a refusal (4xx), which may stand in any words, and for "no content" (204).
#[derive(Debug, Clone)]
pub struct HttpAnswer {
    /// Below 500.
    pub status: StatusCode,
    /// UTF-8.
    pub body: String,
    /// How long to wait, where a refusal for too many requests says so.
    pub retry_after: Option<Duration>,
}

impl HttpAnswer {
    /// Whether it refuses for too many requests.
    #[must_use]
    pub fn is_limited(&self) -> bool {
        self.status == StatusCode::TOO_MANY_REQUESTS || self.is_ban()
    }

    /// Whether it turns the sender away for a while: 418, which Binance sends to those who go on after a 429 (rest-api.md, "IP Limits").
    #[must_use]
    pub fn is_ban(&self) -> bool {
        self.status == StatusCode::IM_A_TEAPOT
    }
}

/// A pool of connections to one venue.
#[derive(Debug, Clone)]
pub struct HttpClient {
    client: Client,
    base: Address,
    venue: VenueId,
    max_answer: usize,
    limits: Arc<LimitsSeen>,
    headers: HeaderMap,
    reads_limits: bool,
    /// What was too much, where a refusal says only that it was.
    limited: LimitScope,
}

impl HttpClient {
    /// Opens nothing yet.
    ///
    /// # Errors
    /// [`VenueError::NotSent`] when the TLS set-up of this machine does not work.
    pub fn new(venue: VenueId, base: Address, config: &HttpConfig) -> Result<Self, VenueError> {
        let client = Client::builder()
            .connect_timeout(config.connect_timeout)
            .timeout(config.timeout)
            .pool_idle_timeout(Duration::from_secs(50))
            .tcp_nodelay(true)
            // A signed request is sent to the venue or to nobody, and once.
            .redirect(Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .user_agent(concat!("nija/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| VenueError::NotSent { venue: venue.clone(), message: chain(&error) })?;
        Ok(Self {
            client,
            base,
            venue,
            max_answer: config.max_answer,
            limits: Arc::default(),
            headers: HeaderMap::new(),
            reads_limits: false,
            limited: LimitScope::Account,
        })
    }

    /// Sends this header with every request, public ones too.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        self
    }

    /// Hands on answers of 429 and 418 as well, for a venue whose body says more than that there were too many requests.
    #[must_use]
    pub const fn reading_limits(mut self) -> Self {
        self.reads_limits = true;
        self
    }

    /// For a venue that counts all that leaves an address together, orders and what needs no key alike.
    #[must_use]
    pub const fn limited_by_address(mut self) -> Self {
        self.limited = LimitScope::Ip;
        self
    }

    /// Notes these headers of every answer.
    #[must_use]
    pub fn with_limit_headers(mut self, headers: &'static [LimitHeader]) -> Self {
        self.limits = Arc::new(LimitsSeen::new(headers));
        self
    }

    /// How much of the venue's limits is used up, as its last answers said: of those by address, and this user's own.
    #[must_use]
    pub fn limits_used(&self, user: Option<UserId>) -> Vec<LimitUsage> {
        self.limits.used(user)
    }

    /// Asks something public.
    ///
    /// # Errors
    /// As [`HttpClient::send`].
    pub async fn get(&self, request: &PublicRequest) -> Result<HttpAnswer, VenueError> {
        let builder = self.client.get(self.base.join(&request.path)).query(&request.query);
        self.exchange(None, builder).await
    }

    /// Sends a signed request of this user's, or of the platform's own key, exactly as it was signed. Nothing else can be sent with a body, a header or a method of the caller's:
    ///
    /// ```compile_fail,E0308
    /// use nija_core::UnsignedRequest;
    /// use nija_exchanges::transport::HttpClient;
    ///
    /// async fn unsigned(client: &HttpClient, request: &UnsignedRequest) {
    ///     let _ = client.send(None, request).await;
    /// }
    /// ```
    ///
    /// # Errors
    /// [`VenueError::NotSent`] when no connection came about; [`VenueError::RateLimited`] for 429 and 418;
    /// [`VenueError::AnswerLost`] for everything after which the request may have had an effect: a timeout, a reset, a 5xx, a 408, an
    /// answer without end, and a page that is not JSON where it neither refuses (4xx) nor says that there is nothing to say (204).
    pub async fn send(
        &self,
        user: Option<UserId>,
        request: &SignedRequest,
    ) -> Result<HttpAnswer, VenueError> {
        let method = match request.method() {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Put => reqwest::Method::PUT,
            Method::Delete => reqwest::Method::DELETE,
        };
        let mut builder = self.client.request(method, self.base.join(&request.path_and_query()));
        for (name, value) in request.headers() {
            builder = builder.header(*name, value);
        }
        if let Some((body, content_type)) = request.body() {
            builder = builder.header(CONTENT_TYPE, content_type).body(body.to_vec());
        }
        self.exchange(user, builder).await
    }

    async fn exchange(
        &self,
        user: Option<UserId>,
        builder: reqwest::RequestBuilder,
    ) -> Result<HttpAnswer, VenueError> {
        let builder = builder.headers(self.headers.clone());
        let response = builder.send().await.map_err(|error| self.failed(&error))?;
        let status = response.status();
        self.limits.note(user, response.headers());
        let retry_after = retry_after(response.headers());
        let mut answer = HttpAnswer { status, body: String::new(), retry_after };
        if answer.is_limited() && !self.reads_limits {
            // A ban is one of this address: who is turned away for good does not get to say who he is.
            let banned = answer.is_ban();
            let scope = if banned { LimitScope::Ip } else { self.limited };
            return Err(VenueError::RateLimited { venue: self.venue.clone(), scope, banned, retry_after });
        }
        // 408: time ran out somewhere between here and whoever decides.
        if status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT {
            return Err(self.lost(format!("HTTP {status}")));
        }
        let body = self.body(response).await;
        // That nothing was done stands in the status; the words only say more.
        answer.body = if answer.is_limited() { body.unwrap_or_default() } else { body? };
        if !is_an_answer(status, &answer.body) {
            return Err(self.lost(format!("HTTP {status} with a page that is not JSON")));
        }
        Ok(answer)
    }

    async fn body(&self, mut response: reqwest::Response) -> Result<String, VenueError> {
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.lost(chain(&error)))? {
            if body.len() + chunk.len() > self.max_answer {
                return Err(self.lost(format!("an answer of more than {} bytes", self.max_answer)));
            }
            body.extend_from_slice(&chunk);
        }
        String::from_utf8(body).map_err(|_| self.lost("an answer that is not text".into()))
    }

    fn failed(&self, error: &reqwest::Error) -> VenueError {
        // Only a failed connection (name, TCP, TLS) and a request that could not even be built are certain.
        if error.is_connect() || error.is_builder() {
            VenueError::NotSent { venue: self.venue.clone(), message: chain(error) }
        } else {
            self.lost(chain(error))
        }
    }

    fn lost(&self, message: String) -> VenueError {
        VenueError::AnswerLost { venue: self.venue.clone(), message }
    }
}

/// How long a refusal wants its sender to wait, where it says so in seconds.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// Whether a body can be what was asked for. A page where JSON belongs comes from somebody in between, who does not know what
/// became of the request; a 4xx says that it was turned away, in whatever words.
fn is_an_answer(status: StatusCode, body: &str) -> bool {
    body.trim_start().starts_with(['{', '['])
        || status.is_client_error()
        || (status == StatusCode::NO_CONTENT && body.is_empty())
}

/// An error with its causes, without the address: a signed query must not reach a log.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = match error.downcast_ref::<reqwest::Error>() {
        Some(outer) if outer.is_timeout() => "timed out".to_owned(),
        Some(outer) if outer.is_connect() => "no connection".to_owned(),
        Some(_) => "the exchange failed".to_owned(),
        None => error.to_string(),
    };
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
