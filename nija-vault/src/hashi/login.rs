//! The token: from AppRole or from a file, renewed before it ends.

use parking_lot::Mutex;
use reqwest::header::HeaderValue;
use serde::Deserialize;
use serde_json::{Value, json};
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::time::Instant;
use zeroize::Zeroizing;

/// How a signer logs in: the role's id and a secret id, which the operator hands out.
#[derive(Clone)]
pub struct AppRole {
    /// Names the role.
    pub role_id: String,
    /// Proves that the caller may take it.
    pub secret_id: Zeroizing<String>,
}

impl fmt::Debug for AppRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AppRole").field("role_id", &self.role_id).finish_non_exhaustive()
    }
}

/// How a signer gets its token.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum ServerLogin {
    /// By a role that the operator made for it.
    AppRole(AppRole),
    /// From a file that somebody else keeps fresh, such as the server's agent; read again when the token is no longer good.
    TokenFile(PathBuf),
}

impl From<AppRole> for ServerLogin {
    fn from(role: AppRole) -> Self {
        Self::AppRole(role)
    }
}

/// The longest that a token is left alone, and the pause before a failed renewal is tried again.
const LONGEST: Duration = Duration::from_secs(3600);
const SHORTEST: Duration = Duration::from_millis(200);
/// A file that is longer is none with a token in it.
const LONGEST_TOKEN: u64 = 8 * 1024;

/// The token and its times.
pub(super) struct Login {
    pub(super) how: ServerLogin,
    held: Mutex<Held>,
    turn: tokio::sync::Mutex<()>,
}

struct Held {
    token: HeaderValue,
    /// What was granted when we logged in.
    granted: Duration,
    lasts: Duration,
    since: Instant,
    renewable: bool,
}

#[derive(Deserialize)]
struct Body {
    auth: Auth,
}

#[derive(Deserialize)]
struct Auth {
    client_token: String,
    lease_duration: u64,
    renewable: bool,
}

/// What the server knows of a token.
#[derive(Deserialize)]
struct Known {
    ttl: u64,
    #[serde(default)]
    renewable: bool,
}

impl AppRole {
    /// What a login sends.
    pub(super) fn body(&self) -> Value {
        json!({ "role_id": self.role_id, "secret_id": self.secret_id.as_str() })
    }
}

/// The token in a file.
pub(super) fn token_in(file: &Path) -> Result<HeaderValue, String> {
    let unusable = |error: std::io::Error| format!("the token file {}: {error}", file.display());
    let length = std::fs::metadata(file).map_err(unusable)?.len();
    if length > LONGEST_TOKEN {
        return Err(format!("the token file {} holds no token", file.display()));
    }
    let text = Zeroizing::new(std::fs::read_to_string(file).map_err(unusable)?);
    if text.trim().is_empty() {
        return Err(format!("the token file {} is empty", file.display()));
    }
    header(text.trim())
}

fn header(token: &str) -> Result<HeaderValue, String> {
    let mut token = HeaderValue::from_str(token).map_err(|_| "its token cannot be sent")?;
    token.set_sensitive(true);
    Ok(token)
}

impl Login {
    pub(super) fn new(how: ServerLogin) -> Self {
        Self {
            how,
            held: Mutex::new(Held {
                token: HeaderValue::from_static("none"),
                granted: Duration::ZERO,
                lasts: Duration::ZERO,
                since: Instant::now(),
                renewable: false,
            }),
            turn: tokio::sync::Mutex::default(),
        }
    }

    /// One login at a time.
    pub(super) async fn turn(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.turn.lock().await
    }

    pub(super) fn token(&self) -> HeaderValue {
        self.held.lock().token.clone()
    }

    /// Takes the answer of a login or a renewal up.
    pub(super) fn take(&self, body: Vec<u8>) -> Result<(), String> {
        let body = Zeroizing::new(body);
        let auth = serde_json::from_slice::<Body>(&body).map_err(|_| "its answer cannot be read")?.auth;
        let token = header(&Zeroizing::new(auth.client_token))?;
        self.hold(token, auth.lease_duration, auth.renewable);
        Ok(())
    }

    /// Takes a token up that somebody else got; `body` is what the server says of it.
    pub(super) fn take_given(&self, token: HeaderValue, body: &[u8]) -> Result<(), String> {
        let Known { ttl, renewable } = super::client::data(body).map_err(|_| "its answer cannot be read")?;
        self.hold(token, ttl, renewable);
        Ok(())
    }

    fn hold(&self, token: HeaderValue, seconds: u64, renewable: bool) {
        let mut held = self.held.lock();
        let lasts = Duration::from_secs(seconds);
        let granted = if held.token == token { held.granted } else { lasts };
        *held = Held { token, granted, lasts, since: Instant::now(), renewable };
    }

    /// When two thirds of the token's time are over. A token without an end is looked after once an hour.
    pub(super) fn renew_in(&self) -> Duration {
        let held = self.held.lock();
        if held.lasts.is_zero() {
            return LONGEST;
        }
        let due = held.since + held.lasts * 2 / 3;
        due.saturating_duration_since(Instant::now()).clamp(SHORTEST, LONGEST)
    }

    pub(super) fn is_renewable(&self) -> bool {
        let held = self.held.lock();
        held.renewable && !held.lasts.is_zero()
    }

    /// Whether renewing has come to its end: the server grants less and less as the token's greatest age comes near.
    pub(super) fn is_short(&self) -> bool {
        let held = self.held.lock();
        held.lasts * 4 < held.granted * 3
    }
}
