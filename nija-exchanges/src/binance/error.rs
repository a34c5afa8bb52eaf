//! Binance's error codes in our words.
//!
//! errors.md lists codes and messages. -1006 and -1007 say of themselves that the execution status is unknown; -1000 and -1001 are
//! internal errors. All else that is listed is a refusal; a code of the group "general server or network issues" that is not
//! listed leaves an order in doubt: looking it up is cheap, buying twice is not.

use nija_core::{LimitScope, VenueError, VenueId};

use super::wire;
use crate::transport::HttpAnswer;

/// The refusal of one request too many, if an answer is that. Requests and their weight are counted by address, orders by account, and both
/// are refused with a 429 (rest-api.md, "LIMITS"); who goes on is banned by address with a 418.
pub(super) fn limited(venue: &VenueId, answer: &HttpAnswer) -> Option<VenueError> {
    if !answer.is_limited() {
        return None;
    }
    let of_account = |error| matches!(error, VenueError::RateLimited { scope: LimitScope::Account, .. });
    let banned = answer.is_ban();
    let by_account = !banned && refused(venue, &answer.body).is_some_and(of_account);
    let scope = if by_account { LimitScope::Account } else { LimitScope::Ip };
    Some(VenueError::RateLimited { venue: venue.clone(), scope, banned, retry_after: answer.retry_after })
}

/// The error of an answer, if it is one: an object with a negative `code`.
pub(super) fn refused(venue: &VenueId, json: &str) -> Option<VenueError> {
    // Only objects with a code are errors, and those are short.
    if json.len() > 4096 || !json.trim_start().starts_with('{') {
        return None;
    }
    let refusal: wire::Refusal<'_> = serde_json::from_str(json).ok()?;
    let code = refusal.code.filter(|code| *code < 0)?;
    Some(classify(venue, code, &refusal.msg))
}

/// One code with its message.
pub(super) fn classify(venue: &VenueId, code: i64, msg: &str) -> VenueError {
    let venue = venue.clone();
    // What a venue says goes to users and logs: a sane length, and no line breaks.
    let message: String = msg.chars().filter(|c| !c.is_control()).take(300).collect();
    match code {
        -1003 | -1015 | -1034 => {
            let scope = if code == -1015 { LimitScope::Account } else { LimitScope::Ip };
            VenueError::RateLimited { venue, scope, banned: false, retry_after: None }
        }
        -1002 | -1022 | -1099 | -2008 | -2014 | -2015 => VenueError::KeyRefused { venue, message },
        // The timestamp is out of step with Binance's clock: the same request, signed anew, can succeed.
        -1021 => VenueError::NonceRefused { venue, message },
        -1008 | -1016 => VenueError::Unavailable { venue, message },
        -1013 => rejected(venue, code, in_words(message)),
        -1014 | -1020 | -1010 => rejected(venue, code, message),
        -1099..=-1000 => VenueError::AnswerLost { venue, message: format!("{code}: {message}") },
        // A client id is sent once: where it is in use, the order that was just sent is there, however often it arrived.
        -2010 if message.contains("Duplicate order") => VenueError::AnswerLost { venue, message },
        -2010 if message.contains("insufficient balance") => VenueError::InsufficientFunds { venue, message },
        -2010 if message.contains("Market is closed") || message.contains("trading phase") => {
            VenueError::Unavailable { venue, message }
        }
        _ => rejected(venue, code, message),
    }
}

/// Limits on what is open cannot be checked before sending; what they mean is said with the refusal (filters.md).
fn in_words(message: String) -> String {
    let words = match message.strip_prefix("Filter failure: ") {
        Some("MAX_NUM_ALGO_ORDERS") => "too many stops and brackets are open in this symbol",
        Some("EXCHANGE_MAX_NUM_ALGO_ORDERS") => "too many stops and brackets are open",
        Some("MAX_NUM_ORDERS") => "too many orders are open in this symbol",
        Some("EXCHANGE_MAX_NUM_ORDERS") => "too many orders are open",
        Some("MAX_NUM_ORDER_LISTS") => "too many brackets are open in this symbol",
        Some("EXCHANGE_MAX_NUM_ORDER_LISTS") => "too many brackets are open",
        _ => return message,
    };
    format!("{message}: {words}")
}

fn rejected(venue: VenueId, code: i64, message: String) -> VenueError {
    VenueError::Rejected { venue, code: code.to_string(), message }
}

fn is(error: &VenueError, wanted: &str) -> bool {
    matches!(error, VenueError::Rejected { code, .. } if code == wanted)
}

/// Whether a refusal says that there is no such order to look up.
pub(super) fn is_no_such_order(error: &VenueError) -> bool {
    is(error, "-2013")
}

/// Whether a refusal of a cancel says that nothing is there to be cancelled.
pub(super) fn is_nothing_to_cancel(error: &VenueError) -> bool {
    matches!(error, VenueError::Rejected { code, message, .. } if code == "-2011" && message.starts_with("Unknown order"))
}

/// Whether a refusal says that there is no such symbol.
pub(super) fn is_unknown_symbol(error: &VenueError) -> bool {
    is(error, "-1121")
}

#[cfg(test)]
mod tests {
    use super::*;
    use nija_core::Effect;

    fn of(code: i64, msg: &str) -> VenueError {
        classify(&VenueId::new("binance").unwrap(), code, msg)
    }

    #[test]
    fn each_refusal_has_its_kind() {
        let poor = of(-2010, "Account has insufficient balance for requested action.");
        assert!(matches!(poor, VenueError::InsufficientFunds { .. }));
        assert!(matches!(of(-2010, "Market is closed."), VenueError::Unavailable { .. }));
        assert!(matches!(of(-2010, "Duplicate order sent."), VenueError::AnswerLost { .. }));
        assert!(
            matches!(of(-1013, "Filter failure: LOT_SIZE"), VenueError::Rejected { code, .. } if code == "-1013")
        );
        assert!(matches!(of(-1003, "Too many requests"), VenueError::RateLimited { .. }));
        assert!(matches!(of(-1015, "Too many new orders"), VenueError::RateLimited { .. }));
        assert!(matches!(of(-1021, "outside of the recvWindow"), VenueError::NonceRefused { .. }));
        assert!(matches!(of(-1008, "Server is currently overloaded"), VenueError::Unavailable { .. }));
        for code in [-1002, -1022, -2014, -2015] {
            assert!(matches!(of(code, "key"), VenueError::KeyRefused { .. }), "{code}");
        }
        let many = of(-1013, "Filter failure: MAX_NUM_ALGO_ORDERS").to_string();
        assert!(
            many.contains("MAX_NUM_ALGO_ORDERS: too many stops and brackets are open in this symbol"),
            "{many}"
        );
        assert!(is_nothing_to_cancel(&of(-2011, "Unknown order list sent.")));
        assert!(is_unknown_symbol(&of(-1121, "Invalid symbol.")));
        assert!(is_no_such_order(&of(-2013, "Order does not exist.")));
        assert!(is_nothing_to_cancel(&of(-2011, "Unknown order sent.")));
        assert!(!is_nothing_to_cancel(&of(-2011, "Order was not canceled due to cancel restrictions.")));
    }

    #[test]
    fn what_may_have_reached_the_engine_is_in_doubt_and_the_rest_is_not() {
        for code in [-1000, -1001, -1006, -1007, -1047] {
            assert_eq!(of(code, "?").effect(), Effect::Unknown, "{code}");
        }
        for code in
            [-1003, -1013, -1021, -1022, -1100, -1102, -1121, -1131, -2010, -2011, -2013, -2014, -2015, -9999]
        {
            assert_eq!(of(code, "?").effect(), Effect::None, "{code}");
        }
    }

    #[test]
    fn only_an_object_with_a_negative_code_is_an_error() {
        let venue = VenueId::new("binance").unwrap();
        for fine in [
            "[]",
            "{}",
            r#"{"code":200,"msg":"ok"}"#,
            r#"{"symbol":"BTCUSDT"}"#,
            r#"{"code":"text"}"#,
            "",
            "nonsense",
        ] {
            assert_eq!(refused(&venue, fine), None, "{fine}");
        }
        assert!(refused(&venue, r#"{"code":-1121,"msg":"Invalid symbol."}"#).is_some());
        assert!(refused(&venue, r#"{"code":-1,"extra":{}}"#).is_some());
        assert!(of(-1, &"x\n".repeat(100_000)).to_string().len() < 1000);
    }
}
