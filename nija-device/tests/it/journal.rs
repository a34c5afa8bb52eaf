//! A journal that is not the one that was written last.

use nija_device::core::OrderState;
use nija_device::{DeviceError, JournalDoubt, Protection, Role, StoreFailed, Trade};
use nija_sim::{Fault, FaultKind, VenueKind};
use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::phone::{FIVE, Phone, opening};

/// Longer than any venue's bound, and than the ten minutes where there is none.
const LONG: Duration = Duration::from_secs(700);

type Copy = HashMap<String, String>;

/// Opens a position; answers with it and with what was kept before anything, after the entry, and at the end.
async fn opened(phone: &Phone) -> (Trade, [Copy; 3]) {
    let id = phone.id();
    // The key's first use begins the chain.
    phone.device.settle(&id).await.unwrap();
    let before = phone.store.copy();
    let store = phone.store.clone();
    let (seen, entered) = std::sync::mpsc::channel();
    phone.store.on_set(move |name, text| {
        if name.contains(".orders.") && text.contains(r#""role":"stop""#) {
            // The stop's own entry is not kept yet.
            let _ = seen.send(store.copy());
        }
        Ok(())
    });
    let trade = phone.opened().await;
    phone.store.heal();
    assert_eq!(trade.protection(), Protection::Resting, "{trade:?}");
    (trade, [before, entered.recv().unwrap(), phone.store.copy()])
}

fn doubt(error: DeviceError) -> JournalDoubt {
    assert_eq!(error.code(), "journal_doubted");
    assert!(error.to_string().contains("reconcile"), "{error}");
    match error {
        DeviceError::JournalDoubted { doubt, .. } => doubt,
        other => panic!("{other}"),
    }
}

/// Everything that sends is refused, and nothing is sent.
async fn sends_nothing(phone: &Phone, trade: &Trade, why: JournalDoubt) {
    let (id, orders) = (phone.id(), phone.orders());
    let device = &phone.device;
    assert_eq!(doubt(device.settle(&id).await.unwrap_err()), why, "{:?}", phone.kind);
    assert_eq!(doubt(device.open(&id, opening()).await.unwrap_err()), why);
    assert_eq!(doubt(device.close(&id, trade.id).await.unwrap_err()), why);
    assert_eq!(doubt(device.trade(&id, trade.id).await.unwrap_err()), why);
    assert_eq!(doubt(device.trades(&id).await.unwrap_err()), why);
    assert_eq!(doubt(device.forget(&id).await.unwrap_err()), why);
    assert_eq!(device.reconcile(&id).await.unwrap_err().code(), "too_early");
    assert_eq!(phone.orders(), orders, "{:?}", phone.kind);
}

/// The venue's answer brings back what was forgotten: the position and its one stop. Closing it leaves nothing.
async fn comes_back(phone: &Phone, trade: &Trade) {
    let (id, before) = (phone.id(), phone.balance("BTC"));
    let orders = phone.orders();
    phone.wait(LONG);
    let [found] = &phone.device.reconcile(&id).await.unwrap()[..] else { panic!("{:?}", phone.kind) };
    assert_eq!(found.id, trade.id);
    assert_eq!((found.stop, found.stop_lost), (trade.stop, false), "{:?} {found:?}", phone.kind);
    let [settled] = &phone.device.settle(&id).await.unwrap()[..] else { panic!() };
    assert_eq!(settled.protection(), Protection::Resting, "{:?} {settled:?}", phone.kind);
    assert_eq!(settled.held(), trade.held(), "{:?}", phone.kind);
    assert_eq!(phone.orders().len(), orders.len(), "{:?}: nothing was sent", phone.kind);
    let closed = phone.device.close(&id, trade.id).await.unwrap();
    assert!(closed.done, "{:?} {closed:?}", phone.kind);
    assert_eq!(phone.open_orders(), []);
    assert!(
        before - phone.balance("BTC") > trade.held() - "0.0001".parse::<rust_decimal::Decimal>().unwrap()
    );
    let exit = closed.last_of_role(Role::Exit);
    let number = exit.client_id.as_uuid().as_u128() - trade.id.as_uuid().as_u128();
    assert!(number > 200, "an id that the lost journal may have used is not used again: {number}");
    // From here on it is believed, over a restart as well.
    assert_eq!(phone.device.trades(&id).await.unwrap(), [closed]);
}

trait Looked {
    fn last_of_role(&self, role: Role) -> nija_device::Leg;
}

impl Looked for Trade {
    fn last_of_role(&self, role: Role) -> nija_device::Leg {
        self.legs.iter().rev().find(|leg| leg.role == role).unwrap().clone()
    }
}

#[tokio::test]
async fn a_journal_from_before_the_stop_is_noticed_and_the_stop_is_found_and_not_sent_again() {
    for kind in FIVE {
        let mut phone = Phone::at(kind).await;
        let (trade, [_, entered, _]) = opened(&phone).await;
        phone.store.put_back(&entered, ".orders.");
        phone.restart();
        sends_nothing(&phone, &trade, JournalDoubt::Older).await;
        comes_back(&phone, &trade).await;
        phone.restart();
        assert!(phone.device.settle(&phone.id()).await.unwrap()[0].done);
        phone.sim.shutdown().await;
    }
}

#[tokio::test]
async fn a_store_that_was_set_back_as_a_whole_is_noticed_at_the_venue() {
    for kind in FIVE {
        for whole in [0, 1] {
            let mut phone = Phone::at(kind).await;
            let (trade, copies) = opened(&phone).await;
            // Journal, head and key agree; the nonces must go on.
            for part in [".orders.", ".head.", ".key."] {
                phone.store.put_back(&copies[whole], part);
            }
            phone.restart();
            let known = phone.device.trades(&phone.id()).await.unwrap();
            assert_eq!(known.len(), whole, "by itself it looks sound");
            let refused = phone.device.settle(&phone.id()).await.unwrap_err();
            assert_eq!(doubt(refused), JournalDoubt::BehindVenue, "{kind:?}");
            sends_nothing(&phone, &trade, JournalDoubt::BehindVenue).await;
            comes_back(&phone, &trade).await;
            phone.sim.shutdown().await;
        }
    }
}

#[tokio::test]
async fn whatever_else_is_done_to_a_journal_is_noticed() {
    let mut phone = Phone::at(VenueKind::Kraken).await;
    let (trade, [before, entered, newest]) = opened(&phone).await;
    let head_of = |copy: &Copy| copy.iter().find(|(name, _)| name.contains(".head.")).unwrap().1.clone();
    let digest = |copy: &Copy| head_of(copy).split(r#""digest":""#).nth(1).unwrap()[..64].to_owned();
    let seq =
        |copy: &Copy| head_of(copy).split(r#""seq":"#).nth(1).unwrap().split(',').next().unwrap().to_owned();
    type Harm<'a> = Box<dyn Fn(&Phone) + 'a>;
    let harms: Vec<(JournalDoubt, Harm<'_>)> = vec![
        (JournalDoubt::Missing, Box::new(|phone| phone.store.put_back(&Copy::new(), ".orders."))),
        (JournalDoubt::HeadMissing, Box::new(|phone| phone.store.put_back(&Copy::new(), ".head."))),
        (
            JournalDoubt::Missing,
            Box::new(|phone| {
                phone.store.put_back(&Copy::new(), ".orders.");
                phone.store.put_back(&Copy::new(), ".head.");
            }),
        ),
        (JournalDoubt::Older, Box::new(|phone| phone.store.put_back(&before, ".orders."))),
        (
            JournalDoubt::Unreadable,
            Box::new(|phone| phone.store.edit(".orders.", |text| text[..text.len() / 20].to_owned())),
        ),
        (JournalDoubt::Unreadable, Box::new(|phone| phone.store.edit(".orders.", |_| "[]".to_owned()))),
        (
            JournalDoubt::Replaced,
            Box::new(|phone| phone.store.edit(".orders.", |text| text.replace("57000", "7000"))),
        ),
        (JournalDoubt::HeadMissing, Box::new(|phone| phone.store.edit(".head.", |_| "{}".to_owned()))),
        // An older journal, and a head that was made up to fit it.
        (
            JournalDoubt::Replaced,
            Box::new(|phone| {
                phone.store.put_back(&entered, ".orders.");
                phone.store.edit(".head.", |text| {
                    let text = text.replace(&digest(&newest), &digest(&entered));
                    text.replace(
                        &format!(r#""seq":{}"#, seq(&newest)),
                        &format!(r#""seq":{}"#, seq(&entered)),
                    )
                });
            }),
        ),
        // An older head: the journal is further than one entry ahead of it.
        (JournalDoubt::Replaced, Box::new(|phone| phone.store.put_back(&before, ".head."))),
    ];
    for (place, (why, harm)) in harms.iter().enumerate() {
        for part in [".orders.", ".head."] {
            phone.store.put_back(&newest, part);
        }
        phone.restart();
        let sound = phone.device.settle(&phone.id()).await.unwrap();
        assert_eq!(sound[0].protection(), Protection::Resting, "{place}");
        for part in [".orders.", ".head."] {
            phone.store.put_back(&newest, part);
        }
        harm(&phone);
        phone.restart();
        let refused = phone.device.settle(&phone.id()).await.unwrap_err();
        assert_eq!(doubt(refused), *why, "{place}");
        sends_nothing(&phone, &trade, *why).await;
    }
    // The worst of them: nothing is left but the key.
    phone.store.put_back(&Copy::new(), ".orders.");
    phone.store.put_back(&Copy::new(), ".head.");
    phone.restart();
    comes_back(&phone, &trade).await;
    phone.sim.shutdown().await;
}

#[tokio::test]
async fn a_position_whose_stop_is_lost_with_the_journal_is_said_so_and_closed_at_its_owners_word() {
    for kind in FIVE {
        let mut phone = Phone::at(kind).await;
        let (trade, [before, ..]) = opened(&phone).await;
        let id = phone.id();
        // Its owner cancelled the stop at the exchange itself.
        phone.owner_cancels_all().await;
        phone.store.put_back(&before, ".orders.");
        phone.restart();
        assert_eq!(doubt(phone.device.settle(&id).await.unwrap_err()), JournalDoubt::Older);
        phone.wait(LONG);
        let [found] = &phone.device.reconcile(&id).await.unwrap()[..] else { panic!("{kind:?}") };
        assert!(found.stop_lost && found.id == trade.id, "{kind:?} {found:?}");
        let [told] = &phone.device.settle(&id).await.unwrap()[..] else { panic!() };
        assert_eq!(
            (told.protection(), told.held()),
            (Protection::Missing, trade.held()),
            "{kind:?} {told:?}"
        );
        let note = told.note.as_ref().unwrap();
        assert!(note.code == "stop_lost" && note.text.contains("NO STOP"), "{}", note.text);
        assert_eq!(phone.device.open(&id, opening()).await.unwrap_err().code(), "stop_missing");
        assert_eq!(phone.open_orders(), [], "nothing was sold without its owner's word");
        let closed = phone.device.close(&id, found.id).await.unwrap();
        assert!(closed.done, "{kind:?} {closed:?}");
        assert_eq!(closed.last_of_role(Role::Exit).state, OrderState::Filled);
        phone.sim.shutdown().await;
    }
}

/// What was found again is looked after like everything else.
#[tokio::test]
async fn a_stop_that_was_found_again_and_then_lost_by_the_venue_is_replaced() {
    let mut phone = Phone::at(VenueKind::Kraken).await;
    let (trade, [before, ..]) = opened(&phone).await;
    let id = phone.id();
    phone.store.put_back(&before, ".orders.");
    phone.restart();
    phone.wait(LONG);
    phone.device.reconcile(&id).await.unwrap();
    let [stop] = &phone.open_orders()[..] else { panic!() };
    assert!(phone.venue().lose_order(&phone.account.key, &stop.id));
    let again = phone.device.trade(&id, trade.id).await.unwrap();
    assert_eq!((again.protection(), again.held()), (Protection::Resting, trade.held()), "{again:?}");
    let [another] = &phone.open_orders()[..] else { panic!() };
    assert_ne!(another.client_id, stop.client_id);
    phone.sim.shutdown().await;
}

#[tokio::test]
async fn a_key_takes_over_the_journal_of_the_one_before_whenever_the_app_ends() {
    let mut ended = 0;
    for keeps in [false, true] {
        for at in 0..20 {
            let mut phone = Phone::at(VenueKind::Kraken).await;
            let id = phone.id();
            let trade = phone.opened().await;
            phone.device.close(&id, trade.id).await.unwrap();
            let other = phone.venue().accounts[1].clone();
            phone.store.keeps_what_fails.store(keeps, Ordering::SeqCst);
            let (mut writes, mut dead, store) = (0, false, phone.store.clone());
            phone.store.on_set(move |name, _| {
                if name.contains("nonces") {
                    return Ok(());
                }
                if writes >= at {
                    if std::mem::replace(&mut dead, true) {
                        store.keeps_what_fails.store(false, Ordering::SeqCst);
                    }
                    return Err(StoreFailed);
                }
                writes += 1;
                Ok(())
            });
            let taken = phone.device.connect(phone.key(&other, None)).await;
            let used = phone.device.settle(&id).await;
            phone.store.heal();
            phone.restart();
            let trades = phone.device.settle(&id).await.unwrap();
            assert_eq!(trades[0].id, trade.id, "its history is there");
            assert!(phone.device.settle(&id).await.is_ok());
            let finished = taken.is_ok() && used.is_ok();
            phone.sim.shutdown().await;
            if finished {
                break;
            }
            ended += 1;
        }
    }
    assert!(ended >= 8, "key, journal, head, key, each before and after: {ended}");
}

#[tokio::test]
async fn a_venue_that_cannot_be_asked_for_unknown_orders_holds_up_openings_and_no_exit() {
    let mut phone = Phone::at(VenueKind::Kraken).await;
    let (id, trade) = (phone.id(), phone.opened().await);
    phone.restart();
    let limiting = Fault::new(FaultKind::RateLimit).on("/0/private/TradesHistory").times(1000);
    phone.venue().fault(limiting);
    let [seen] = &phone.device.settle(&id).await.unwrap()[..] else { panic!() };
    assert_eq!(seen.protection(), Protection::Resting);
    let before = phone.orders().len();
    assert_eq!(phone.device.open(&id, opening()).await.unwrap_err().code(), "rate_limited");
    assert_eq!((phone.orders().len(), phone.device.trades(&id).await.unwrap().len()), (before, 1));
    assert!(phone.device.close(&id, trade.id).await.unwrap().done);
    phone.venue().clear_faults();
    assert_eq!(phone.opened().await.protection(), Protection::Resting);
    phone.sim.shutdown().await;
}

#[tokio::test]
async fn more_trades_than_are_kept_are_no_cause_for_doubt() {
    let mut phone = Phone::at(VenueKind::Kraken).await;
    let id = phone.id();
    let sale = || nija_device::Selling {
        symbol: crate::phone::btc(),
        quantity: "0.001".parse().unwrap(),
        limit: None,
    };
    for _ in 0..55 {
        assert!(phone.device.sell(&id, sale()).await.unwrap().done);
    }
    phone.restart();
    assert_eq!(phone.device.settle(&id).await.unwrap().len(), 50, "the venue shows all 55 of them");
    phone.sim.shutdown().await;
}

#[tokio::test]
async fn what_is_left_of_a_key_that_was_given_up_does_not_keep_the_next_one_out() {
    let mut phone = Phone::at(VenueKind::Kraken).await;
    let id = phone.id();
    let trade = phone.opened().await;
    phone.device.close(&id, trade.id).await.unwrap();
    phone.device.forget(&id).await.unwrap();
    phone.store.edit(".orders.", |text| text.replace("57000", "7000"));
    phone.restart();
    let account = phone.account.clone();
    phone.device.connect(phone.key(&account, None)).await.unwrap();
    assert_eq!(phone.opened().await.protection(), Protection::Resting);
    phone.restart();
    assert_eq!(phone.device.settle(&id).await.unwrap().len(), 1);
    phone.sim.shutdown().await;
}
