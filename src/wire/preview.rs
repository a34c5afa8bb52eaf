//! What an order would do.

use nija_client::wire;
use nija_core::{CheckOutcome, NO_EXECUTION_VENUE_AVAILABLE};
use nija_router::Preview;

use super::decision;

/// Every check and the route.
pub fn preview(preview: &Preview) -> wire::OrderPreview {
    let no_venue = preview.decision.as_ref().filter(|decision| !decision.is_routed());
    let (reason, code) = match (&preview.verdict, no_venue) {
        (Err(reason), _) => (Some(reason.text.clone()), Some(reason.code.clone())),
        (Ok(()), Some(decision)) => {
            (Some(decision.reason.clone()), Some(NO_EXECUTION_VENUE_AVAILABLE.to_owned()))
        }
        (Ok(()), None) => (None, None),
    };
    wire::OrderPreview {
        accepted: reason.is_none(),
        reason,
        reason_code: code,
        checks: preview
            .checks
            .iter()
            .map(|check| wire::Check {
                name: check.name.clone().into_owned(),
                verdict: match check.outcome {
                    CheckOutcome::Allow => "allow",
                    CheckOutcome::Resize => "resize",
                    CheckOutcome::Refuse => "refuse",
                }
                .to_owned(),
                detail: check.reason.as_ref().map(|reason| reason.text.clone()),
            })
            .collect(),
        route: preview.decision.as_ref().map(|it| decision(None, it)),
    }
}
