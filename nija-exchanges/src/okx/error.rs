//! OKX's error codes in our words.
//!
//! Error Code, REST API. 50004 says of itself that it "does not mean that the request was successful or failed". The codes of an
//! outage (50001, 50013, 50026) and of time that ran out (51054, 51149) do not say that nothing was done either:
//! looking an order up is cheap, buying twice is not. All else that is listed is a refusal. 0 is success; 1 and 2 stand over entries
//! with codes of their own, and alone they say nothing.

use nija_core::{LimitScope, VenueError, VenueId};

use super::wire;
use crate::decode::words;
use crate::transport::HttpAnswer;

/// The error of an answer, if it is one.
pub(super) fn refused(venue: &VenueId, answer: &HttpAnswer) -> Option<VenueError> {
    let outer = serde_json::from_str::<wire::Outer<'_>>(&answer.body).ok();
    let code = outer.as_ref().map(|outer| outer.code.as_ref());
    match code {
        Some("0") if answer.status.is_success() => None,
        // What became of each stands with each.
        Some("1" | "2") if outer.as_ref().is_some_and(has_entries) => None,
        Some(code) if code != "0" => {
            Some(classify(venue, code, outer.as_ref().map_or("", |outer| outer.msg.as_ref())))
        }
        _ if answer.status.as_u16() == 429 => Some(limited(venue.clone(), answer.retry_after)),
        // Turned away by somebody in front of OKX.
        _ if answer.status.is_client_error() => Some(VenueError::Rejected {
            venue: venue.clone(),
            code: format!("HTTP {}", answer.status.as_u16()),
            message: words(&answer.body),
        }),
        // What is neither a success nor one of OKX's own refusals does not say what happened.
        _ if !answer.status.is_success() => {
            Some(VenueError::AnswerLost { venue: venue.clone(), message: format!("HTTP {}", answer.status) })
        }
        _ => None,
    }
}

/// "Rate Limits": private requests are counted by user, public ones apart from them.
const fn limited(venue: VenueId, retry_after: Option<std::time::Duration>) -> VenueError {
    VenueError::RateLimited { venue, scope: LimitScope::Account, banned: false, retry_after }
}

fn has_entries(outer: &wire::Outer<'_>) -> bool {
    outer.data.is_some_and(|data| data.get().contains("\"sCode\""))
}

/// What became of one entry of an answer; `None` where it went well.
pub(super) fn of_entry(venue: &VenueId, entry: &wire::Acted<'_>) -> Option<VenueError> {
    (entry.s_code != "0").then(|| classify(venue, &entry.s_code, &entry.s_msg))
}

/// One code with its message.
pub(super) fn classify(venue: &VenueId, code: &str, msg: &str) -> VenueError {
    let venue = venue.clone();
    let message = words(msg);
    // Some codes come with a sub-code: `51008_1000`.
    let main = code.split('_').next().unwrap_or(code);
    let Ok(number) = main.parse::<u32>() else {
        return VenueError::AnswerLost { venue, message: format!("the code {:?}: {message}", words(code)) };
    };
    match number {
        50_011 | 50_040 | 50_061 | 51_113 => limited(venue, None),
        // Client ids in use (51016, 51065): one is sent once, so the order that was just sent is there, however often it arrived.
        0..=2 | 50_001 | 50_004 | 50_013 | 50_026 | 51_016 | 51_054 | 51_065 | 51_149 => {
            VenueError::AnswerLost { venue, message: format!("{code}: {message}") }
        }
        // The timestamp is out of step with OKX's clock: the same request, signed anew, can succeed.
        // So is the time when it was to be void (50036, 50037) where it was over on arrival, unless the way took that long.
        50_036 | 50_037 | 50_102 | 50_112 => VenueError::NonceRefused { venue, message },
        50_030 | 50_035 | 50_100 | 50_101 | 50_103..=50_111 | 50_113 | 50_114 | 50_118..=50_121 => {
            VenueError::KeyRefused { venue, message }
        }
        50_005 | 50_046 | 50_062 | 51_022 | 54_012 => VenueError::Unavailable { venue, message },
        51_008 | 51_131 | 51_127 => VenueError::InsufficientFunds { venue, message },
        _ => VenueError::Rejected { venue, code: code.to_owned(), message },
    }
}

fn is(error: &VenueError, codes: &[&str]) -> bool {
    matches!(error, VenueError::Rejected { code, .. } if codes.contains(&code.as_str()))
}

/// Whether a refusal says that there is no such order to look up.
pub(super) fn is_no_such_order(error: &VenueError) -> bool {
    is(error, &["51603"])
}

/// Whether a refusal of a cancel says that nothing is there to be cancelled, or that it is being cancelled.
pub(super) fn is_nothing_to_cancel(error: &VenueError) -> bool {
    is(error, &["51400", "51401", "51402", "51405", "51410", "51603"])
}

/// Whether a refusal of a cancel says that an order's price has come: it has become another order.
pub(super) fn is_triggered(error: &VenueError) -> bool {
    is(error, &["51412", "51416"])
}

/// Whether a refusal says that there is no such instrument.
pub(super) fn is_unknown_instrument(error: &VenueError) -> bool {
    is(error, &["51001"])
}

#[cfg(test)]
mod tests {
    use super::*;
    use nija_core::Effect;
    use reqwest::StatusCode;

    fn venue() -> VenueId {
        VenueId::new("okx").unwrap()
    }

    fn of(code: &str) -> VenueError {
        classify(&venue(), code, "words")
    }

    fn answer(status: u16, body: &str) -> Option<VenueError> {
        let status = StatusCode::from_u16(status).unwrap();
        let answer = HttpAnswer { status, body: body.to_owned(), retry_after: None };
        refused(&venue(), &answer)
    }

    #[test]
    fn each_refusal_has_its_kind() {
        for code in ["51008", "51008_1000", "51131"] {
            assert!(matches!(of(code), VenueError::InsufficientFunds { .. }), "{code}");
        }
        for code in ["50011", "50061", "50040"] {
            assert!(matches!(of(code), VenueError::RateLimited { .. }), "{code}");
        }
        for code in ["50105", "50110", "50111", "50113", "50119", "50120", "50030"] {
            assert!(matches!(of(code), VenueError::KeyRefused { .. }), "{code}");
        }
        for code in ["50102", "50112", "50036", "50037"] {
            assert!(matches!(of(code), VenueError::NonceRefused { .. }), "{code}");
        }
        for code in ["50005", "51022"] {
            assert!(matches!(of(code), VenueError::Unavailable { .. }), "{code}");
        }
        assert!(is_unknown_instrument(&of("51001")) && is_no_such_order(&of("51603")));
        assert!(is_nothing_to_cancel(&of("51400")) && is_nothing_to_cancel(&of("51410")));
        assert!(!is_nothing_to_cancel(&of("51404")), "an order in an auction is still there");
    }

    #[test]
    fn what_may_have_reached_the_engine_is_in_doubt_and_the_rest_is_not() {
        for code in [
            "50001", "50004", "50013", "50026", "51016", "51054", "51065", "51149", "1", "2", "", "nonsense",
            "-1",
        ] {
            assert_eq!(of(code).effect(), Effect::Unknown, "{code}");
        }
        for code in ["50011", "50037", "50102", "50113", "51000", "51001", "51008", "51020", "51400", "59999"]
        {
            assert_eq!(of(code).effect(), Effect::None, "{code}");
        }
    }

    #[test]
    fn the_outer_code_counts_where_no_entry_has_its_own() {
        assert_eq!(answer(200, r#"{"code":"0","msg":"","data":[]}"#), None);
        let entries =
            r#"{"code":"1","msg":"All operations failed","data":[{"ordId":"","sCode":"51008","sMsg":"no"}]}"#;
        assert_eq!(answer(200, entries), None);
        let bare = answer(200, r#"{"code":"1","msg":"Operation failed.","data":[]}"#).unwrap();
        assert_eq!(bare.effect(), Effect::Unknown);
        let busy =
            answer(429, r#"{"code":"50013","msg":"Systems are busy. Please try again later."}"#).unwrap();
        assert_eq!(busy.effect(), Effect::Unknown, "{busy}");
        for body in [r#"{"code":"50011","msg":"Too Many Requests"}"#, "slow down", r#"{"message":"no"}"#] {
            assert!(matches!(answer(429, body), Some(VenueError::RateLimited { .. })), "{body}");
        }
        let gone = answer(401, r#"{"msg":"Invalid OK-ACCESS-KEY","code":"50111"}"#);
        assert!(matches!(gone, Some(VenueError::KeyRefused { .. })));
        assert!(
            matches!(answer(403, "<html>"), Some(VenueError::Rejected { code, .. }) if code == "HTTP 403")
        );
        assert!(classify(&venue(), "51000", &"x\n".repeat(100_000)).to_string().len() < 1000);
    }
}
