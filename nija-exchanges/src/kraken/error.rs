//! Kraken's error strings (`<severity><category>:<message>[:<detail>]`) in our words.
//!
//! The strings and their meaning: support.kraken.com, "API error messages", and docs.kraken.com, "Errors". Kraken writes that
//! `EService` errors concern the trading engine or the API being unreachable, and users have seen orders placed although an
//! error page or a service error came back (veox/python3-krakenex issues 52 and 60). So a service error that does not say that
//! the market was closed to the order, and every internal error, leaves an order in doubt: looking it up is cheap, buying
//! twice is not.

use nija_core::{LimitScope, VenueError, VenueId};
use std::time::Duration;

/// How long a lockout typically lasts, by the support page.
const LOCKOUT: Duration = Duration::from_secs(15 * 60);

/// The error of an answer, if it has one. Warnings (`W...`) are none.
pub(super) fn refused(venue: &VenueId, errors: &[String]) -> Option<VenueError> {
    let error = errors.iter().find(|error| !error.starts_with('W'))?;
    Some(classify(venue, error))
}

/// One string of the `error` array.
pub(super) fn classify(venue: &VenueId, error: &str) -> VenueError {
    let venue = venue.clone();
    // What a venue says goes to users and logs: a sane length, and no line breaks.
    let message: String = error.chars().filter(|c| !c.is_control()).take(300).collect();
    let (category, rest) = message.split_once(':').unwrap_or((message.as_str(), ""));
    let what = rest.split(':').next().unwrap_or_default();
    match (category, what) {
        ("EAPI", "Invalid nonce") => VenueError::NonceRefused { venue, message },
        ("EAPI" | "EOrder" | "EGeneral", "Rate limit exceeded" | "Too many requests")
        | ("EService", "Throttled") => limited(venue, None),
        ("EGeneral", "Temporary lockout") => limited(venue, Some(LOCKOUT)),
        ("EOrder", "Insufficient funds" | "Insufficient margin" | "Insufficient initial margin") => {
            VenueError::InsufficientFunds { venue, message }
        }
        ("EAPI", "Invalid key" | "Invalid signature" | "Feature disabled")
        | ("EGeneral", "Permission denied")
        | ("EAccount", "Invalid permissions")
        | ("EAuth" | "ESession", _) => VenueError::KeyRefused { venue, message },
        // The engine took the request and would not have it: its market is closed to it, or its deadline was over.
        ("EService", "Deadline elapsed") => VenueError::Unavailable { venue, message },
        ("EService", what) if what.starts_with("Market in ") => VenueError::Unavailable { venue, message },
        // A client id is sent once: where it is in use, the order that was just sent is there, however often it arrived.
        ("EOrder", what) if what.starts_with("Duplicate") => VenueError::AnswerLost { venue, message },
        ("EService", _) => VenueError::AnswerLost { venue, message },
        (_, what) if doubtful(what) => VenueError::AnswerLost { venue, message },
        _ => VenueError::Rejected { venue, code: format!("{category}:{what}"), message },
    }
}

/// "Spot REST Rate Limits": all of them are a key's, or an account's in a pair.
const fn limited(venue: VenueId, retry_after: Option<Duration>) -> VenueError {
    VenueError::RateLimited { venue, scope: LimitScope::Key, banned: false, retry_after }
}

fn doubtful(what: &str) -> bool {
    let what = what.to_ascii_lowercase();
    ["internal error", "unknown error", "timeout", "timed out", "unavailable", "busy"]
        .iter()
        .any(|sign| what.starts_with(sign))
}

/// Whether a refusal says that there is no such order.
pub(super) fn is_unknown_order(error: &VenueError) -> bool {
    matches!(error, VenueError::Rejected { code, .. } if code == "EOrder:Unknown order")
}

/// Whether a refusal says that there is no such pair.
pub(super) fn is_unknown_pair(error: &VenueError) -> bool {
    matches!(error, VenueError::Rejected { code, .. } if code == "EQuery:Unknown asset pair")
}

#[cfg(test)]
mod tests {
    use super::*;
    use nija_core::Effect;

    fn of(error: &str) -> VenueError {
        classify(&VenueId::new("kraken").unwrap(), error)
    }

    #[test]
    fn each_refusal_has_its_kind() {
        assert!(matches!(of("EOrder:Insufficient funds"), VenueError::InsufficientFunds { .. }));
        assert!(matches!(of("EAPI:Rate limit exceeded"), VenueError::RateLimited { .. }));
        assert!(matches!(of("EOrder:Rate limit exceeded"), VenueError::RateLimited { .. }));
        assert!(matches!(of("EService:Throttled: 1700000000"), VenueError::RateLimited { .. }));
        assert!(matches!(of("EAPI:Invalid nonce"), VenueError::NonceRefused { .. }));
        assert!(matches!(of("EAPI:Invalid key"), VenueError::KeyRefused { .. }));
        assert!(matches!(of("EGeneral:Permission denied"), VenueError::KeyRefused { .. }));
        assert!(matches!(of("EService:Market in cancel_only mode"), VenueError::Unavailable { .. }));
        assert!(matches!(of("EService:Deadline elapsed"), VenueError::Unavailable { .. }));
        let minimum = of("EOrder:Order minimum not met:0.0001");
        assert!(
            matches!(&minimum, VenueError::Rejected { code, .. } if code == "EOrder:Order minimum not met")
        );
        assert!(is_unknown_pair(&of("EQuery:Unknown asset pair")));
        assert!(is_unknown_order(&of("EOrder:Unknown order")));
    }

    #[test]
    fn what_may_have_reached_the_engine_is_in_doubt_and_the_rest_is_not() {
        for error in [
            "EService:Unavailable",
            "EService:Busy",
            "EService:Timeout",
            "EService:Something new",
            "EGeneral:Internal error",
            "EGeneral:Internal error:77",
            "EDatabase:Internal error",
            "EOrder:Duplicate order",
            "EGeneral:Unknown error",
        ] {
            assert_eq!(of(error).effect(), Effect::Unknown, "{error}");
        }
        for error in [
            "EAPI:Invalid nonce",
            "EGeneral:Invalid arguments:volume",
            "EOrder:Post only order",
            "EGeneral:Temporary lockout",
            "EOrder:Something new",
            "",
            ":",
        ] {
            assert_eq!(of(error).effect(), Effect::None, "{error}");
        }
    }

    #[test]
    fn warnings_are_no_errors_and_words_are_cut_to_size() {
        let venue = VenueId::new("kraken").unwrap();
        assert_eq!(refused(&venue, &["WGeneral:Danger".into()]), None);
        assert!(refused(&venue, &["WGeneral:Danger".into(), "EAPI:Invalid key".into()]).is_some());
        assert!(of(&format!("EOrder:{}\n", "x".repeat(100_000))).to_string().len() < 1000);
    }
}
