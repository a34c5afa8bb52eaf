//! Keys that could move money out are refused at the platform's door, for each venue that tells, by each right that would do; nothing
//! of them is kept. A venue is one line in `told!`.

use nija::{
    Platform, PlatformConfig, PlatformError, VenueAddresses, VenueConfig,
    core::{UserId, VenueId},
    vault::seal_credential,
};
use nija_sim::{Account, NewAccount, Sim, VenueKind};

/// A platform with one simulated venue of this kind; keys with these rights are given to it one by one.
async fn rights_are_refused(kind: VenueKind, trading: &[&str], withdrawing: &[&str]) {
    let sim = Sim::builder().venues([kind]).accounts(1).no_limits().paused(true).start().await.unwrap();
    let at = sim.venue(kind);
    let venue = VenueId::new(kind.name()).unwrap();
    let addresses = VenueAddresses {
        rest: at.rest.clone(),
        ws_public: at.ws_public.clone(),
        ws_private: at.ws_private.clone(),
    };
    let folder = tempfile::tempdir().unwrap();
    let config = PlatformConfig::new(folder.path());
    let config = config.venue(VenueConfig::at(kind.name(), venue.clone(), addresses).unwrap());
    let platform = Platform::open(config).await.unwrap();
    let user = UserId::generate(platform.clock().now(), platform.entropy().as_ref());
    let key = |rights: Vec<&str>| -> Account {
        let permissions = Some(rights.into_iter().map(str::to_owned).collect());
        at.add_account(NewAccount { permissions, ..NewAccount::default() })
    };
    let store = async |account: &Account| {
        let sealing = platform.vault().sealing_key().await.unwrap();
        let sealed = seal_credential(
            &sealing,
            user,
            &venue,
            &account.key,
            &account.secret,
            account.passphrase.as_deref(),
        )
        .unwrap();
        platform.store_credential(user, &venue, "mine", &sealed).await
    };
    for right in withdrawing {
        let refused = store(&key([trading, &[right]].concat())).await;
        assert!(
            matches!(&refused, Err(PlatformError::KeyCanWithdraw(of)) if *of == venue),
            "{right}: {refused:?}"
        );
        assert!(platform.vault().list(user).await.unwrap().is_empty(), "{right}: kept");
    }
    let stored = store(&key(trading.to_vec())).await.unwrap();
    assert_eq!((stored.rights.can_trade, stored.rights.can_withdraw), (Some(true), Some(false)));
    assert_eq!(platform.vault().list(user).await.unwrap().len(), 1);
}

macro_rules! told {
    ($($name:ident: $kind:expr, $trading:expr, $withdrawing:expr;)*) => {
        $(
            #[tokio::test]
            async fn $name() {
                rights_are_refused($kind, &$trading, &$withdrawing).await;
            }
        )*
    };
}

told! {
    kraken: VenueKind::Kraken, nija_sim::TRADING_PERMISSIONS, [nija_sim::WITHDRAW];
    coinbase: VenueKind::Coinbase, ["view", "trade"], ["transfer"];
    binance: VenueKind::Binance, ["enableReading", "enableSpotAndMarginTrading"],
        ["enableWithdrawals", "enableInternalTransfer", "permitsUniversalTransfer"];
    okx: VenueKind::Okx, ["read_only", "trade"], ["withdraw"];
}
