//! Who is calling: passwords, tokens, sessions, stream tickets.

mod admin;
mod common_passwords;
mod confirm;
mod email;
mod hashing;
mod middleware;
mod password;
mod revoked;
mod secret;
mod tickets;
mod tokens;

pub(crate) use admin::{Admin, AdminToken};
pub(crate) use confirm::{confirm, is_password, locked};
pub(crate) use email::Email;
pub(crate) use hashing::{HashError, Hasher};
pub(crate) use middleware::{CurrentUser, limit_address, require_user};
pub(crate) use password::check as check_password;
pub(crate) use revoked::RevokedSessions;
pub(crate) use secret::{RandomSecret, sha256};
pub(crate) use tickets::{TicketHolder, Tickets};
pub(crate) use tokens::{TokenError, Tokens};
