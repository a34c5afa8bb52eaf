//! Two price streams as one: it is up while either is, since one market's outage must not take the other's prices away.

use futures::{
    StreamExt,
    stream::{self, BoxStream},
};
use nija_core::MarketEvent;

use super::super::symbols::Class;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Crypto,
    Stocks,
}

impl From<Class> for Side {
    fn from(class: Class) -> Self {
        match class {
            Class::Crypto => Self::Crypto,
            Class::Stock => Self::Stocks,
        }
    }
}

/// What one side tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum SideEvent {
    /// It is up.
    Up(Side),
    /// It has nothing to say: none of its symbols is wanted.
    Idle(Side),
    /// It is down.
    Down(Side),
    /// Prices.
    Market(MarketEvent),
}

#[derive(Debug, Default)]
struct Joined {
    up: [bool; 2],
    idle: [bool; 2],
    told: Option<bool>,
}

impl Joined {
    fn take(&mut self, event: SideEvent) -> Option<MarketEvent> {
        match event {
            SideEvent::Market(event) => return Some(event),
            SideEvent::Up(side) => self.up[side as usize] = true,
            SideEvent::Down(side) => self.up[side as usize] = false,
            SideEvent::Idle(side) => self.idle[side as usize] = true,
        }
        // With nothing to hear there is nothing wrong either.
        let up = self.up[0] || self.up[1] || (self.idle[0] && self.idle[1]);
        // Before the first news of any side there is nothing to tell.
        let known = up || self.told.is_some() || matches!(event, SideEvent::Down(_));
        if !known || self.told == Some(up) {
            return None;
        }
        self.told = Some(up);
        Some(if up { MarketEvent::Connected } else { MarketEvent::Disconnected })
    }
}

pub(super) fn joined(
    crypto: BoxStream<'static, SideEvent>,
    stocks: BoxStream<'static, SideEvent>,
) -> BoxStream<'static, MarketEvent> {
    let mut state = Joined::default();
    stream::select(crypto, stocks).filter_map(move |event| futures::future::ready(state.take(event))).boxed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_is_up_while_a_side_is() {
        let mut joined = Joined::default();
        let mut told = |event| joined.take(event);
        assert_eq!(told(SideEvent::Idle(Side::Stocks)), None);
        assert_eq!(told(SideEvent::Up(Side::Crypto)), Some(MarketEvent::Connected));
        assert_eq!(told(SideEvent::Down(Side::Crypto)), Some(MarketEvent::Disconnected));
        assert_eq!(told(SideEvent::Up(Side::Crypto)), Some(MarketEvent::Connected));
        assert_eq!(told(SideEvent::Up(Side::Stocks)), None);
        assert_eq!(told(SideEvent::Down(Side::Crypto)), None);
        assert_eq!(told(SideEvent::Down(Side::Stocks)), Some(MarketEvent::Disconnected));
    }

    #[test]
    fn what_never_came_up_is_told_once_and_what_nobody_wants_is_up() {
        let mut joined = Joined::default();
        assert_eq!(joined.take(SideEvent::Down(Side::Crypto)), Some(MarketEvent::Disconnected));
        assert_eq!(joined.take(SideEvent::Down(Side::Stocks)), None);
        let mut idle = Joined::default();
        assert_eq!(idle.take(SideEvent::Idle(Side::Crypto)), None);
        assert_eq!(idle.take(SideEvent::Idle(Side::Stocks)), Some(MarketEvent::Connected));
    }
}
