//! What the user can ask of the phone: open with a stop, close, sell, cancel, look.

use nija_core::{
    OrderId, OrderKind, OrderSize, OrderState, Price, Quantity, Reason, Side, StatedOrder, Symbol,
    TimeInForce, VenueId,
};
use rust_decimal::Decimal;
use std::time::Duration;

use crate::{
    Device, DeviceError, Leg, Protection, Role, Trade,
    device::Desk,
    step::{Send, stop_kind},
};

/// An entry's limit may be this far beyond the best price where the user names none: 0.5 %.
const COLLAR: Decimal = Decimal::from_parts(5, 0, 0, false, 3);
/// What the venue may take as a fee out of what was bought: the stop must still be a whole order.
const LEFT_AFTER_FEES: Decimal = Decimal::from_parts(98, 0, 0, false, 2);
/// How long an order must have been in doubt before its owner's word that it is not at the venue is taken.
pub(crate) const DISMISS_AFTER: Duration = Duration::from_secs(600);

/// A position to open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// What to buy.
    pub symbol: Symbol,
    /// How much, in the base or for so much of the quote currency.
    pub size: OrderSize,
    /// The highest price to pay; 0.5 % above the best offer where there is none.
    pub limit: Option<Price>,
    /// Where its stop goes off, below the market.
    pub stop: Price,
    /// Where it is sold with a profit; needs a venue that keeps both.
    pub take_profit: Option<Price>,
}

/// Something that the user has, to sell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selling {
    /// What to sell.
    pub symbol: Symbol,
    /// Base units.
    pub quantity: Quantity,
    /// The lowest price to take, until it is cancelled; at the market at once where there is none.
    pub limit: Option<Price>,
}

impl Device {
    /// Buys, and has the stop rest at the venue as soon as the fill is known. The answer tells how far it came: look at
    /// [`Trade::protection`] and its note.
    ///
    /// # Errors
    /// [`DeviceError::Refused`] when nothing was sent; else whatever happened is in the trade.
    pub async fn open(&self, venue: &VenueId, opening: Opening) -> Result<Trade, DeviceError> {
        let mut desk = self.desk(venue).await?;
        desk.make_sure().await?;
        let place = desk.place;
        let now = self.parts.clock.now();
        let rules = place.rules(&opening.symbol, now).await?;
        let quote = place.executor.quote_for(&desk.account, &opening.symbol).await?;
        let (stop, ask) = (opening.stop, quote.ask);
        if stop >= quote.bid {
            let text = format!("the stop {} must be below the market at {}", stop.get(), quote.bid.get());
            return Err(DeviceError::refused("stop_not_below", text));
        }
        if opening.take_profit.is_some_and(|profit| profit <= ask) {
            return Err(DeviceError::refused("target_not_above", "the target must be above the market"));
        }
        let collared = Price::new(ask.get() * (Decimal::ONE + COLLAR)).unwrap_or(ask);
        let limit = OrderKind::Limit { price: opening.limit.unwrap_or(collared) };
        let kind = rules.reach.bring_near(limit, Side::Buy, ask);
        let out_of_range = |_| DeviceError::refused("size_out_of_range", "no such amount can be traded");
        let quantity = match opening.size {
            OrderSize::Base(quantity) => quantity,
            OrderSize::Quote(notional) => {
                notional.over(kind.worst_price().unwrap_or(ask)).map_err(out_of_range)?
            }
        };
        let (quantity, kind) =
            rules.fit(Side::Buy, kind, quantity, ask).map_err(nija_core::VenueError::Filter)?;
        let trade = Trade {
            stop: Some(stop),
            take_profit: opening.take_profit,
            ..Trade::new(desk.new_id(), opening.symbol, now)
        };
        let entry = Send {
            role: Role::Entry,
            side: Side::Buy,
            kind,
            tif: TimeInForce::Ioc,
            quantity,
            reference: ask,
        };
        // Before the entry: the rule of the stop, then whether both would be let through and the stop is a whole order.
        desk.approve(&trade, &entry, &rules)?;
        desk.policy_allows(&trade.symbol, Side::Buy, kind, quantity, "")?;
        let guard = stop_kind(&trade, &rules)
            .ok_or_else(|| DeviceError::refused("stop_out_of_range", "no such stop"))?;
        let least = Quantity::new(quantity.get() * LEFT_AFTER_FEES).unwrap_or(quantity);
        let (least, guard) =
            rules.fit(Side::Sell, guard, least, stop).map_err(nija_core::VenueError::Filter)?;
        desk.policy_allows(&trade.symbol, Side::Sell, guard, least, "its stop: ")?;
        let id = trade.id;
        desk.begin(trade)?;
        desk.send(id, &entry, &rules).await?;
        desk.advance(id).await?;
        desk.trade(id).cloned()
    }

    /// Sells a position that this phone opened: its stop is cancelled first, and put back where the sale is refused.
    ///
    /// # Errors
    /// [`DeviceError::NoSuchTrade`]; what happened is in the trade.
    pub async fn close(&self, venue: &VenueId, id: OrderId) -> Result<Trade, DeviceError> {
        let mut desk = self.desk(venue).await?;
        let trade = desk.trade(id)?;
        if trade.done {
            return Ok(trade.clone());
        }
        if !trade.is_position() {
            return Err(DeviceError::refused("no_position", "this is a sale; cancel it instead"));
        }
        desk.change(id, |trade| trade.closing = true)?;
        desk.advance(id).await?;
        desk.trade(id).cloned()
    }

    /// Sells something that the user has. What a stop holds at the venue is not free to sell.
    ///
    /// # Errors
    /// [`DeviceError::Refused`] when nothing was sent.
    pub async fn sell(&self, venue: &VenueId, selling: Selling) -> Result<Trade, DeviceError> {
        let mut desk = self.desk(venue).await?;
        let place = desk.place;
        let now = self.parts.clock.now();
        let rules = place.rules(&selling.symbol, now).await?;
        let bid = place.executor.quote_for(&desk.account, &selling.symbol).await?.bid;
        let (kind, tif) = match selling.limit {
            Some(price) => {
                (rules.reach.bring_near(OrderKind::Limit { price }, Side::Sell, bid), TimeInForce::Gtc)
            }
            None => (OrderKind::Market, TimeInForce::Ioc),
        };
        let (quantity, kind) =
            rules.fit(Side::Sell, kind, selling.quantity, bid).map_err(nija_core::VenueError::Filter)?;
        let trade = Trade {
            id: desk.new_id(),
            symbol: selling.symbol,
            opened_at: now,
            stop: None,
            take_profit: None,
            closing: true,
            done: false,
            note: None,
            legs: Vec::new(),
            stop_lost: false,
            skipped: 0,
        };
        let exit = Send { role: Role::Exit, side: Side::Sell, kind, tif, quantity, reference: bid };
        let id = trade.id;
        desk.begin(trade)?;
        desk.send(id, &exit, &rules).await?;
        desk.advance(id).await?;
        desk.trade(id).cloned()
    }

    /// Cancels a sale. The stop of a position is not cancelled: close the position instead.
    ///
    /// # Errors
    /// [`DeviceError::Refused`] for a position.
    pub async fn cancel(&self, venue: &VenueId, id: OrderId) -> Result<Trade, DeviceError> {
        let mut desk = self.desk(venue).await?;
        if desk.trade(id)?.is_position() {
            let text = "its stop guards a position: close the position instead";
            return Err(DeviceError::refused("stop_guards_position", text));
        }
        desk.cancel_live(id, Role::Exit).await?;
        desk.advance(id).await?;
        desk.trade(id).cloned()
    }

    /// One trade, after asking the venue about what is not settled.
    ///
    /// # Errors
    /// [`DeviceError::NoSuchTrade`].
    pub async fn trade(&self, venue: &VenueId, id: OrderId) -> Result<Trade, DeviceError> {
        let mut desk = self.desk(venue).await?;
        desk.advance(id).await?;
        desk.trade(id).cloned()
    }

    /// All trades of a venue as the phone knows them, oldest first; nobody is asked and no key is opened.
    ///
    /// # Errors
    /// [`DeviceError::Store`], [`DeviceError::JournalDoubted`].
    pub async fn trades(&self, venue: &VenueId) -> Result<Vec<Trade>, DeviceError> {
        let book = self.sound_book(self.place(venue)?).await?;
        Ok(book.iter().flat_map(|book| &book.trades).cloned().collect())
    }

    /// Takes every unfinished trade as far as it can come: looks up what is in doubt, places the stop of what was filled. The app calls it
    /// when it comes to the front, and after every answer that was lost.
    ///
    /// # Errors
    /// [`DeviceError::NoKey`], [`DeviceError::Wrap`], [`DeviceError::Store`].
    pub async fn settle(&self, venue: &VenueId) -> Result<Vec<Trade>, DeviceError> {
        let mut desk = self.desk(venue).await?;
        desk.advance_all().await?;
        Ok(desk.trades().to_vec())
    }

    /// The owner looked at the venue and the order in doubt is not there: it counts as never placed or, where the venue once had it, as over
    /// with what it had filled. For venues that never say so themselves, and not within ten minutes of sending.
    ///
    /// # Errors
    /// [`DeviceError::Refused`] where it is too early, or nothing is in doubt.
    pub async fn dismiss(&self, venue: &VenueId, id: OrderId) -> Result<Trade, DeviceError> {
        let mut desk = self.desk(venue).await?;
        desk.advance(id).await?;
        let now = self.parts.clock.now();
        let trade = desk.trade(id)?;
        let doubtful: Vec<_> = trade.legs.iter().filter(|leg| leg.in_doubt()).collect();
        if doubtful.is_empty() {
            return Err(DeviceError::refused("not_in_doubt", "nothing of it is in doubt"));
        }
        if doubtful.iter().any(|leg| !desk.has_waited(leg, leg.sent_at.plus(DISMISS_AFTER), now)) {
            let text = "it may still arrive: look at the exchange again ten minutes after it was sent";
            return Err(DeviceError::refused("too_early", text));
        }
        let (symbol, mut legs) = (trade.symbol.clone(), trade.legs.clone());
        for leg in legs.iter_mut().filter(|leg| leg.in_doubt()) {
            let why = Reason::new("dismissed", "its owner looked: it is not at the exchange");
            if leg.was_confirmed() {
                desk.end_at_word(&symbol, leg, why).await?;
            } else {
                leg.end(OrderState::Failed, why);
            }
        }
        desk.change(id, |trade| trade.legs = legs)?;
        desk.advance(id).await?;
        desk.trade(id).cloned()
    }
}

impl Desk<'_> {
    /// Takes every unfinished trade on; one whose pair cannot be asked about does not hold up the others.
    pub(crate) async fn advance_all(&mut self) -> Result<(), DeviceError> {
        let open: Vec<_> = self.trades().iter().filter(|trade| !trade.done).map(|trade| trade.id).collect();
        let mut failed = None;
        for id in open {
            match self.advance(id).await {
                Err(error @ DeviceError::Venue(_)) => failed = Some(error),
                other => other?,
            }
        }
        failed.map_or(Ok(()), Err)
    }

    /// Opens nothing while something is in doubt or unguarded, or may be so unknown to this phone.
    async fn make_sure(&mut self) -> Result<(), DeviceError> {
        self.may_send(false).await?;
        self.advance_all().await?;
        let venue = &self.place.venue;
        if self.trades().iter().any(Trade::in_doubt) {
            let text = format!(
                "an order at {venue} is in doubt; nothing new is opened there until the exchange has settled it"
            );
            return Err(DeviceError::refused("order_in_doubt", text));
        }
        if self.trades().iter().any(|trade| trade.protection() == Protection::Missing) {
            let text = format!("a position at {venue} has no stop; close it first");
            return Err(DeviceError::refused("stop_missing", text));
        }
        Ok(())
    }

    /// Whether the user's policy lets an order through, asked before anything is sent: the signer would refuse a stop when it is too late. What
    /// was bought within the hour the signer alone counts.
    fn policy_allows(
        &self,
        symbol: &Symbol,
        side: Side,
        kind: OrderKind,
        quantity: Quantity,
        what: &str,
    ) -> Result<(), DeviceError> {
        let Some(policy) = &self.info.policy else { return Ok(()) };
        for price in [kind.worst_price(), kind.take_profit()].into_iter().flatten() {
            let stated = StatedOrder {
                pair: [symbol.base(), symbol.quote()].concat(),
                side,
                quantity: Some(quantity.get()),
                quote: None,
                limit: Some(price.get()),
            };
            let expected = quantity.at(price);
            let expected =
                expected.map_err(|_| DeviceError::refused("size_out_of_range", "no such amount"))?;
            let checked = policy.check(&stated, symbol, side, expected, Decimal::ZERO);
            checked.map_err(|error| DeviceError::refused("policy", format!("{what}{error}")))?;
        }
        Ok(())
    }

    /// Cancels the newest live order of a role. Whether it is gone the venue says when it is asked.
    pub(crate) async fn cancel_live(&mut self, id: OrderId, role: Role) -> Result<(), DeviceError> {
        let trade = self.trade(id)?;
        let Some(leg) = trade.last(role).filter(|leg| Leg::is_live(leg)) else { return Ok(()) };
        let order = self.named(&trade.symbol, leg);
        if let Err(error) = self.place.executor.cancel(&self.account, &order).await {
            tracing::warn!(venue = %self.place.venue, %error, "an order could not be cancelled");
            let text = error.to_string();
            self.change(id, |trade| trade.note = Some(Reason::new("cancel_failed", text)))?;
        }
        Ok(())
    }
}
