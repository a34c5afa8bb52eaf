//! Rules compose: each sees the size as those before left it, and the first refusal ends it.

use nija_core::{
    AccountState, CheckOutcome, EmptyRiskChain, OrderIntent, OrderSize, Reason, RiskChain, RiskPolicy,
    Verdict,
};
use std::sync::Arc;

use crate::support::{Anything, START, approved, intent, of, user};

/// Makes everything larger this large.
struct AtMost(&'static str);

impl RiskPolicy for AtMost {
    fn name(&self) -> &'static str {
        "at_most"
    }

    fn assess(&self, intent: &OrderIntent, _: &AccountState) -> Verdict {
        let (OrderSize::Base(asked), most) = (intent.signal.size, of(self.0)) else { return Verdict::Allow };
        if asked <= most {
            return Verdict::Allow;
        }
        Verdict::Resize {
            size: OrderSize::Base(most),
            reason: Reason::new("resized", format!("at most {most}")),
        }
    }
}

struct Never;

impl RiskPolicy for Never {
    fn name(&self) -> &'static str {
        "never"
    }

    fn assess(&self, _: &OrderIntent, _: &AccountState) -> Verdict {
        Verdict::Refuse(Reason::new("never", "not today"))
    }
}

fn chain(policies: Vec<Arc<dyn RiskPolicy>>) -> RiskChain {
    RiskChain::new(policies).unwrap()
}

fn account() -> AccountState {
    AccountState::empty(user(), START)
}

#[test]
fn a_platform_without_rules_is_a_mistake() {
    assert_eq!(RiskChain::new(Vec::new()).unwrap_err(), EmptyRiskChain);
    assert_eq!(EmptyRiskChain.to_string(), "a risk chain needs at least one policy");
}

#[test]
fn each_rule_sees_the_size_as_those_before_left_it() {
    let rules = chain(vec![Arc::new(AtMost("6")), Arc::new(AtMost("8")), Arc::new(AtMost("4"))]);
    let assessed = rules.assess(intent(), &account());
    let approved = assessed.verdict.unwrap();
    assert_eq!(approved.get().signal.size, OrderSize::Base(of("4")));
    assert_eq!(approved.into_inner().id, intent().id);
    let outcomes: Vec<_> = assessed.checks.iter().map(|check| check.outcome).collect();
    assert_eq!(outcomes, [CheckOutcome::Resize, CheckOutcome::Allow, CheckOutcome::Resize]);
    assert_eq!(assessed.checks[0].reason.as_ref().unwrap().text, "at most 6");
}

#[test]
fn the_first_refusal_ends_it_and_is_the_last_on_record() {
    let rules = chain(vec![Arc::new(Anything), Arc::new(Never), Arc::new(AtMost("4"))]);
    assert_eq!(format!("{rules:?}"), r#"["anything", "never", "at_most"]"#);
    let assessed = rules.assess(intent(), &account());
    assert_eq!(assessed.verdict.unwrap_err(), Reason::new("never", "not today"));
    let names: Vec<_> = assessed.checks.iter().map(|check| check.name.as_ref()).collect();
    assert_eq!(names, ["anything", "never"]);
    assert_eq!(assessed.checks[1].outcome, CheckOutcome::Refuse);
}

#[test]
fn what_is_let_through_stays_as_it_was() {
    assert_eq!(*approved(intent()).get(), intent());
}
