//! Orders: each as [`Order::apply`] left it.

use nija_core::{ClientOrderId, LedgerError, Order, OrderId, OrderIntent, UserId};
use std::{collections::BTreeMap, sync::Arc};

use super::{
    Map,
    known::{Key, Known},
    lookups::Lookups,
};
use crate::{
    fault::{Fault, Outcome},
    numbers::to_column,
};

/// Live orders kept at hand; beyond this all are read again.
const KEPT: usize = 100_000;

/// An order of a batch, its place in the table, and whether the batch took it up.
pub(crate) struct Held {
    place: u64,
    order: Order,
    is_new: bool,
}

impl Held {
    /// Takes up the keys of an order that the batch took up.
    pub(super) fn note_keys(&self, known: &mut Known) {
        if self.is_new {
            let signal = &self.order.intent.signal;
            known.put(&Key::Order(self.order.id()));
            known.put(&Key::Client(signal.user, &signal.client_order_id));
        }
    }
}

/// An order and its place in the table.
struct Placed {
    place: u64,
    order: Order,
}

/// An order that the table lacks, or has as it was.
pub(crate) struct Row {
    placed: Arc<Placed>,
    is_new: bool,
}

/// Orders that the table lacks, and live ones that will change again.
#[derive(Default)]
pub(crate) struct Orders {
    held: Map<OrderId, Arc<Placed>>,
    /// Those that the table lacks altogether (`true`) or has as they were, by their places: what is merely kept costs nothing to write.
    dirty: BTreeMap<u64, (OrderId, bool)>,
    /// Those that the table lacks altogether, by their clients' ids.
    by_client: Map<(UserId, ClientOrderId), OrderId>,
    /// What was handed over and is not known to be in the table yet.
    under_way: UnderWay,
}

#[derive(Default)]
struct UnderWay {
    orders: Vec<OrderId>,
    by_client: Map<(UserId, ClientOrderId), OrderId>,
}

impl Orders {
    pub(crate) fn take(&mut self, changed: Vec<Held>) {
        for Held { place, order, is_new } in changed {
            let id = order.id();
            if is_new {
                let signal = &order.intent.signal;
                self.by_client.insert((signal.user, signal.client_order_id.clone()), id);
            }
            let is_new = is_new || self.dirty.get(&place).is_some_and(|(_, is_new)| *is_new);
            self.dirty.insert(place, (id, is_new));
            self.held.insert(id, Arc::new(Placed { place, order }));
        }
    }

    /// What the table lacks, in the order of the journal.
    pub(crate) fn hand_over(&mut self) -> Vec<Row> {
        let mut rows = Vec::with_capacity(self.dirty.len());
        for (id, is_new) in std::mem::take(&mut self.dirty).into_values() {
            if let Some(placed) = self.held.get(&id) {
                rows.push(Row { placed: Arc::clone(placed), is_new });
                self.under_way.orders.push(id);
            }
        }
        self.under_way.by_client.extend(std::mem::take(&mut self.by_client));
        rows
    }

    /// What was handed over is in the table.
    pub(crate) fn written(&mut self) {
        let UnderWay { orders, .. } = std::mem::take(&mut self.under_way);
        let (held, dirty) = (&mut self.held, &self.dirty);
        for id in orders {
            let ended = |held: &Arc<Placed>| held.order.state.is_final() && !dirty.contains_key(&held.place);
            if held.get(&id).is_some_and(ended) {
                held.remove(&id);
            }
        }
        if held.len() > KEPT {
            held.retain(|_, held| dirty.contains_key(&held.place));
        }
    }

    /// An order at hand.
    pub(crate) fn get(&self, id: OrderId) -> Option<&Order> {
        self.held.get(&id).map(|held| &held.order)
    }

    /// Whose a client's id is, where the table does not know it yet.
    pub(crate) fn owner(&self, user: UserId, id: &ClientOrderId) -> Option<OrderId> {
        let key = (user, id.clone());
        self.by_client.get(&key).or_else(|| self.under_way.by_client.get(&key)).copied()
    }
}

/// What is stored of an order.
pub(crate) struct Columns<'o> {
    /// Whether the table lacks it altogether.
    pub(crate) is_new: bool,
    pub(crate) place: i64,
    pub(crate) id: [u8; 16],
    pub(crate) user: [u8; 16],
    pub(crate) client_order_id: &'o str,
    pub(crate) state: &'static str,
    pub(crate) live: bool,
    pub(crate) venue: Option<&'o str>,
    pub(crate) symbol: &'o str,
    pub(crate) body: String,
    pub(crate) parent: Option<[u8; 16]>,
}

impl Row {
    pub(crate) fn columns(&self) -> Outcome<Columns<'_>> {
        let Placed { place, order } = &*self.placed;
        let signal = &order.intent.signal;
        let venue = order.leg.as_ref().map(|leg| &leg.venue).or(signal.venue.as_ref());
        Ok(Columns {
            is_new: self.is_new,
            place: to_column(*place),
            id: order.id().as_uuid().into_bytes(),
            user: signal.user.as_uuid().into_bytes(),
            client_order_id: signal.client_order_id.as_str(),
            state: order.state.as_str(),
            live: !order.state.is_final(),
            venue: venue.map(nija_core::VenueId::as_str),
            symbol: signal.symbol.as_str(),
            body: serde_json::to_string(order).map_err(|error| Fault::unreadable("an order", error))?,
            parent: order.intent.parent.map(|parent| parent.as_uuid().into_bytes()),
        })
    }
}

/// The orders that a batch touches.
#[derive(Default)]
pub(crate) struct OrderWork {
    held: Vec<Held>,
}

impl OrderWork {
    pub(crate) fn into_held(self) -> Vec<Held> {
        self.held
    }

    /// A new order.
    pub(crate) fn accept(
        &mut self,
        tables: &dyn Lookups,
        staged: &Orders,
        user: UserId,
        place: u64,
        intent: &OrderIntent,
    ) -> Outcome<()> {
        if intent.signal.user != user {
            return Err(LedgerError::Invalid("an intent is of another user than its batch".into()).into());
        }
        if let Some(order) = self.owner(tables, staged, intent)? {
            let client_order_id = intent.signal.client_order_id.clone();
            return Err(LedgerError::ClientOrderIdTaken { client_order_id, order }.into());
        }
        if self.is_known(tables, staged, intent.id)? {
            return Err(LedgerError::Invalid(format!("there is an order {} already", intent.id)).into());
        }
        self.held.push(Held { place, order: Order::new(intent.clone()), is_new: true });
        Ok(())
    }

    /// An order of this user, to be changed.
    pub(crate) fn find(
        &mut self,
        tables: &dyn Lookups,
        staged: &Orders,
        user: UserId,
        id: OrderId,
    ) -> Outcome<&mut Order> {
        let index = match self.held.iter().position(|held| held.order.id() == id) {
            Some(index) => index,
            None => {
                let held = match staged.held.get(&id) {
                    Some(held) if held.order.intent.signal.user == user => {
                        Held { place: held.place, order: held.order.clone(), is_new: false }
                    }
                    Some(_) => return Err(LedgerError::NoSuchOrder(id).into()),
                    None => {
                        let (place, order) = tables.order(user, id)?.ok_or(LedgerError::NoSuchOrder(id))?;
                        Held { place, order, is_new: false }
                    }
                };
                self.held.push(held);
                self.held.len() - 1
            }
        };
        self.held
            .get_mut(index)
            .map(|held| &mut held.order)
            .ok_or_else(|| LedgerError::NoSuchOrder(id).into())
    }

    /// The order that has the intent's client order id.
    fn owner(&self, tables: &dyn Lookups, staged: &Orders, intent: &OrderIntent) -> Outcome<Option<OrderId>> {
        let signal = &intent.signal;
        let same =
            |held: &&Held| held.is_new && held.order.intent.signal.client_order_id == signal.client_order_id;
        if let Some(held) = self.held.iter().find(same) {
            return Ok(Some(held.order.id()));
        }
        if let Some(order) = staged.owner(signal.user, &signal.client_order_id) {
            return Ok(Some(order));
        }
        tables.owner(signal.user, &signal.client_order_id)
    }

    fn is_known(&self, tables: &dyn Lookups, staged: &Orders, id: OrderId) -> Outcome<bool> {
        if staged.held.contains_key(&id) || self.held.iter().any(|held| held.order.id() == id) {
            return Ok(true);
        }
        tables.order_exists(id)
    }
}
