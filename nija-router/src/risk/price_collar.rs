use nija_core::{AccountState, OrderIntent, Reason, RiskPolicy, Side, Verdict};
use rust_decimal::Decimal;

use super::{RiskLimits, value::newest_quote};

/// An entry's limit price may not be far worse than the market: such a price is a slip of the finger.
#[derive(Debug, Clone, Copy)]
pub struct PriceCollar(Decimal);

impl PriceCollar {
    /// By `price_collar`.
    #[must_use]
    pub const fn new(limits: &RiskLimits) -> Self {
        Self(limits.price_collar)
    }
}

impl RiskPolicy for PriceCollar {
    fn name(&self) -> &'static str {
        "price_collar"
    }

    fn assess(&self, intent: &OrderIntent, account: &AccountState) -> Verdict {
        let signal = &intent.signal;
        let (Some(price), false) = (signal.kind.worst_price(), signal.signal_type.is_exit()) else {
            return Verdict::Allow;
        };
        // A stop trades where it goes off. Otherwise the last good quote, however old: the router judges its age.
        let quoted = || newest_quote(intent, account).map(|quote| quote.taker_price(signal.side));
        let Some(touch) = signal.kind.stop().or_else(quoted) else {
            return Verdict::Allow;
        };
        let collar = account.limits.price_collar.map_or(self.0, |own| own.min(self.0));
        let (bound, far) = match signal.side {
            Side::Buy => {
                let bound = touch.get() * (Decimal::ONE + collar);
                (bound, price.get() > bound)
            }
            Side::Sell => {
                let bound = touch.get() * (Decimal::ONE - collar);
                (bound, price.get() < bound)
            }
        };
        if !far {
            return Verdict::Allow;
        }
        Verdict::Refuse(Reason::new(
            "price_collar",
            format!(
                "a {} at {price} is far from {} at {touch}; the limit is {}",
                signal.side,
                if signal.kind.waits() { "its stop" } else { "the market" },
                bound.round_dp(8).normalize()
            ),
        ))
    }
}
