//! Invariant 5, policy by policy.

use super::*;
use proptest::{option, prelude::*};

fn percent() -> impl Strategy<Value = Option<Decimal>> {
    option::of((0i64..100).prop_map(|whole| Decimal::new(whole, 2)))
}

prop_compose! {
    fn own()(shares in prop::array::uniform4(percent()), largest in option::of(0i64..100), positions in option::of(0u32..3), none in any::<bool>())
        -> RiskSettings {
        RiskSettings {
            max_equity_share: shares[0],
            max_daily_loss: shares[1],
            max_drawdown: shares[2],
            price_collar: shares[3],
            largest_position: largest.map(Decimal::from),
            positions,
            allowed_symbols: none.then(Default::default),
        }
    }
}

prop_compose! {
    fn platform()(shares in prop::array::uniform4(0i64..100), window in 0u64..10_000, interval in 0u64..10_000, pairs in any::<bool>()) -> RiskLimits {
        let share = |at: usize| Decimal::new(shares[at], 2);
        RiskLimits {
            max_equity_share: share(0),
            max_daily_loss: share(1),
            max_drawdown: Some(share(2)),
            min_equity_share: share(3),
            allowed_symbols: pairs.then(Default::default),
            duplicate_window: Duration::from_millis(window),
            entry_interval: Duration::from_millis(interval),
            price_collar: Decimal::ZERO,
            max_balance_age: Duration::ZERO,
            ..RiskLimits::default()
        }
    }
}

proptest! {
    /// Invariant 5: whatever stands against an entry, an exit of what is held passes whole.
    #[test]
    fn no_policy_refuses_or_shrinks_an_exit(
        own in own(), limits in platform(), tier in 0usize..3, flags in prop::array::uniform4(any::<bool>()),
        lost in 0i64..20_000, old in 0u64..100_000, others in 0usize..4, stop in any::<bool>(), at_limit in any::<bool>(),
    ) {
        let mut account = account();
        account.tier = [Tier::Basic, Tier::Pro, Tier::Enterprise][tier];
        account.limits = own;
        account.paused = flags[0];
        account.halted = flags[1];
        account.equity = account.equity.filter(|_| flags[2]);
        if flags[3] {
            account.quotes.clear();
        }
        account.realised_today = Decimal::from(-lost);
        account.unrealised_today = Decimal::from(-lost);
        account.unmeasured_loss = (lost % 2 == 1).then(|| "BTC".into());
        account.quote_rate = account.quote_rate.filter(|_| lost % 3 > 0);
        account.below_best = Decimal::from(lost);
        account.last_entry_at = Some(NOW);
        account.recent_entries = vec![twin("y", Duration::ZERO)];
        account.balances[0].at = NOW.minus(Duration::from_millis(old));
        let held = ["BTC-USD", "ETH-USD", "SOL-USD", "ADA-USD"];
        account.positions = held[..=others].iter().map(|of| position(&symbol(of), "1", "50000")).collect();
        let mut signal = exit(user(1), "x", "1");
        if stop {
            signal.signal_type = nija_core::SignalType::StopLoss;
        }
        if at_limit {
            signal.kind = OrderKind::Limit { price: Price::new(dec("1")).unwrap() };
        }
        let id = OrderId::generate(NOW, &SeededEntropy::new(1));
        for policy in default_policies(&limits) {
            let verdict = policy.assess(&OrderIntent::new(id, NOW, signal.clone()), &account);
            prop_assert_eq!(verdict, nija_core::Verdict::Allow, "{}", policy.name());
        }
    }
}
