//! Lists of two orders of which one ends the other.

use super::super::error::BinanceError;
use super::super::filters;
use super::super::new_order::symbol;
use super::super::oco::Oco;
use super::super::orders;
use super::super::params::Params;
use super::{Answer, Caller};
use crate::engine::{AccountId, Engine, LinkId};
use serde_json::Value;

impl Caller<'_> {
    pub(super) fn oco(
        &self,
        parse: fn(&Params, AccountId, &Engine, bool) -> Result<Oco, BinanceError>,
    ) -> Answer {
        let mut engine = self.venue.engine.lock();
        let Oco { orders: [above, below], name } =
            parse(self.params, self.account, &engine, self.venue.lenient)?;
        self.state.limits.may_order(self.venue.tier, self.account, self.now_ns)?;
        for order in [&above, &below] {
            filters::check(&engine, order, self.now_ns)?;
        }
        let placed = engine.place_linked(vec![above, below], self.now_ns);
        let link = placed.map_err(|reject| BinanceError::from_reject(&reject))?;
        // Both orders of a list count.
        self.state.limits.count_order(self.account, self.now_ns);
        self.state.limits.count_order(self.account, self.now_ns);
        self.state.list_names.lock().insert(link, name.clone());
        let mut out = orders::list(&engine, link, &name);
        out["orderReports"] =
            engine.linked(link).map(|order| orders::placed(&engine, order, "RESULT", self.now_ns)).collect();
        drop(engine);
        self.venue.touch();
        Ok(out)
    }

    fn list_name(&self, link: LinkId) -> String {
        self.state.list_names.lock().get(&link).cloned().unwrap_or_default()
    }

    fn named_list(&self, engine: &Engine, id: &str, client: &str) -> Result<Option<LinkId>, BinanceError> {
        let (number, name) = (self.params.int(id)?, self.params.get(client));
        if number.is_none() && name.is_none() {
            let msg = format!("Param '{client}' or '{id}' must be sent, but both were empty/null!");
            return Err(BinanceError::new(-1102, msg));
        }
        let number = number.and_then(|number| u64::try_from(number).ok());
        let mine = |link: &LinkId| {
            number.map_or_else(|| Some(self.list_name(*link).as_str()) == name, |n| n == *link)
        };
        Ok(engine.links_of(self.account).filter(mine).last())
    }

    pub(super) fn order_list(&self) -> Answer {
        let engine = self.venue.engine.lock();
        let link = self.named_list(&engine, "orderListId", "origClientOrderId")?;
        let link = link.ok_or_else(|| BinanceError::new(-2018, "Order list does not exist."))?;
        Ok(orders::list(&engine, link, &self.list_name(link)))
    }

    pub(super) fn cancel_list(&self) -> Answer {
        symbol(self.params)?;
        let mut engine = self.venue.engine.lock();
        let link = self.named_list(&engine, "orderListId", "listClientOrderId")?;
        let open = link.and_then(|link| {
            let first = engine.linked(link).find(|order| order.status.is_open())?;
            Some((link, first.id))
        });
        let (link, first) = open.ok_or_else(BinanceError::list_cancel_rejected)?;
        engine
            .cancel(self.account, first, self.now_ns)
            .map_err(|reject| BinanceError::from_reject(&reject))?;
        let out = self.cancelled_list(&engine, link);
        drop(engine);
        self.venue.touch();
        Ok(out)
    }

    pub(super) fn cancelled_list(&self, engine: &Engine, link: LinkId) -> Value {
        let mut out = orders::list(engine, link, &self.list_name(link));
        out["orderReports"] = engine
            .linked(link)
            .map(|order| orders::cancelled(order, &orders::cancel_id(order), self.now_ns))
            .collect();
        out
    }

    pub(super) fn lists(&self, open: bool) -> Value {
        let engine = self.venue.engine.lock();
        let wanted = |link: &LinkId| !open || orders::list_is_open(&engine, *link);
        let links: Vec<LinkId> = engine.links_of(self.account).filter(wanted).collect();
        links.into_iter().map(|link| orders::list(&engine, link, &self.list_name(link))).collect()
    }
}
