//! Every problem that the API can answer with. Codes never change; words may.

/// A kind of problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kind {
    pub(crate) status: u16,
    pub(crate) code: &'static str,
    pub(crate) title: &'static str,
}

macro_rules! kinds {
    ($($name:ident = $status:literal $code:literal $title:literal;)*) => {
        $(pub(crate) const $name: Kind = Kind { status: $status, code: $code, title: $title };)*

        /// All of them.
        const ALL: &[Kind] = &[$($name),*];
    };
}

/// The kind of a code.
pub(crate) fn by_code(code: &str) -> Option<Kind> {
    ALL.iter().copied().find(|kind| kind.code == code)
}

kinds! {
    // The request as such.
    JSON_INVALID = 400 "json_invalid" "The body is not the JSON that this call takes";
    QUERY_INVALID = 400 "query_invalid" "The query is not what this call takes";
    CURSOR_INVALID = 400 "cursor_invalid" "The cursor is not one of ours";
    REQUEST_INVALID = 400 "request_invalid" "The request cannot be read";
    NOT_FOUND = 404 "not_found" "There is no such thing";
    METHOD_NOT_ALLOWED = 405 "method_not_allowed" "This path takes another method";
    BODY_TOO_LARGE = 413 "body_too_large" "The body is too large";
    MEDIA_TYPE = 415 "unsupported_media_type" "The body must be JSON";
    RATE_LIMITED = 429 "rate_limited" "Too many requests";
    INTERNAL = 500 "internal_error" "Something failed on our side";
    TIMEOUT = 503 "timeout" "The request took too long";
    DRAINING = 503 "draining" "The server is shutting down";
    STARTING = 503 "starting" "The server is starting";
    DEGRADED = 503 "degraded" "A part of the server is down";

    // Sign-up and sessions.
    UNAUTHENTICATED = 401 "unauthenticated" "Sign in first";
    SESSION_ENDED = 401 "session_ended" "The session is over";
    LOGIN_REFUSED = 401 "login_refused" "The address or the password is wrong";
    REFRESH_REFUSED = 401 "refresh_token_refused" "The refresh token does not work";
    REFRESH_REUSED = 401 "refresh_token_reused" "The refresh token was used before";
    TICKET_REFUSED = 401 "ticket_refused" "The stream ticket does not work";
    SIGNUP_CLOSED = 403 "signup_closed" "Sign-up is closed";
    FORBIDDEN = 403 "forbidden" "This is not for you";
    EMAIL_TAKEN = 409 "email_taken" "There is an account with this address";
    EMAIL_INVALID = 422 "email_invalid" "This is not an address";
    PASSWORD_WEAK = 422 "password_weak" "The password is too easy";
    LOGIN_LOCKED = 429 "login_locked" "Too many wrong passwords";
    ADMIN_TOKEN_REFUSED = 403 "admin_token_refused" "The administrator's token does not work";
    RESET_REFUSED = 403 "reset_refused" "The token for a new password does not work";
    LAST_ADMIN = 409 "last_admin" "There must be an administrator";
    ROLE_INVALID = 422 "role_invalid" "There is no such role";
    SCOPE_INVALID = 422 "scope_invalid" "There is no such scope";
    TOO_MANY_STREAMS = 429 "too_many_streams" "Too many streams";

    // Settings.
    ROUTING_INVALID = 422 "routing_invalid" "The policy or its weights make no sense";
    LIMITS_INVALID = 422 "limits_invalid" "The limits make no sense";
    PASSWORD_NEEDED = 403 "password_needed" "Enter your password once more";
    PASSWORD_REFUSED = 403 "password_refused" "The password is wrong";
    SETTINGS_CHANGED = 412 "settings_changed" "The settings are others by now";
    IF_MATCH_NEEDED = 428 "if_match_needed" "Say which settings you change";

    // Orders.
    CLIENT_ORDER_ID_INVALID = 422 "client_order_id_invalid" "The client order id has a wrong form";
    CLIENT_ORDER_ID_REUSED = 409 "client_order_id_reused" "The client order id names another order";
    ORDER_INVALID = 422 "order_invalid" "The order makes no sense as it is";
    SIZE_INVALID = 422 "size_invalid" "The size makes no sense";
    SYMBOL_INVALID = 422 "symbol_invalid" "The symbol has a wrong form";
    SYMBOL_UNKNOWN = 422 "symbol_unknown" "No venue lists the symbol";
    VENUE_UNKNOWN = 422 "venue_unknown" "There is no such venue here";
    LIMIT_PRICE_INVALID = 422 "limit_price_invalid" "The limit price makes no sense";
    RISK_REFUSED = 422 "risk_refused" "Risk refused the order";
    NO_VENUE = 422 "no_execution_venue_available" "No venue can take the order";
    BUSY = 503 "busy" "Too many orders are waiting";

    // Venues and credentials.
    VENUE_NOT_FOUND = 404 "venue_not_found" "There is no such venue here";
    NO_CREDENTIAL_NEEDED = 422 "no_credential_needed" "The venue takes no key";
    CREDENTIAL_INVALID = 422 "credential_invalid" "The credential has a wrong form";
    CREDENTIAL_NOT_OPENED = 422 "credential_not_opened" "The sealed credential does not open";
    SEALING_KEY_UNKNOWN = 422 "sealing_key_unknown" "Sealed to a key that is not in use";
    CREDENTIAL_LOCKED = 409 "credential_locked" "The key is locked; unlock it in the app";
    CREDENTIAL_ON_DEVICE = 409 "credential_on_device" "The key is on the user's device";
    POLICY_REFUSED = 403 "policy_refused" "The user's own order policy forbids it";
    CREDENTIAL_REFUSED = 422 "credential_refused" "The venue does not accept the key";
    KEY_CAN_WITHDRAW = 422 "key_can_withdraw" "The key can withdraw";
    KEY_CANNOT_TRADE = 422 "key_cannot_trade" "The key cannot trade";
    KEY_OF_ANOTHER_ACCOUNT = 422 "key_of_another_account" "The key is one of another account";
    KEY_KNOWN = 422 "key_known" "The key is stored already";
    ROTATION_NOT_FOUND = 404 "rotation_not_found" "No key is being rotated there";
    ROTATION_STEP = 409 "rotation_step" "The rotation is at another step";
    POLICY_INVALID = 422 "policy_invalid" "The order policy makes no sense";
    CONFIRMATION_NEEDED = 403 "confirmation_needed" "Give the account's password";
    NOT_CONNECTED = 422 "not_connected" "The exchange is not connected";
    NOT_SUPPORTED = 422 "not_supported" "This server's vault cannot do this";
    VENUE_REFUSED = 422 "venue_refused" "The venue refused";
    VENUE_UNAVAILABLE = 503 "venue_unavailable" "The venue does not answer";
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn codes_are_unique_and_speak_one_language() {
        let codes: HashSet<_> = ALL.iter().map(|kind| kind.code).collect();
        assert_eq!(codes.len(), ALL.len());
        for kind in ALL {
            assert!(kind.code.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{}", kind.code);
            assert!((400..=599).contains(&kind.status));
        }
    }
}
