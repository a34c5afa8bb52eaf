//! Venues that give their list of instruments to everybody: what executors and streams look up in it.

use nija_core::{Instrument, Symbol, VenueError};
use std::sync::Arc;

use crate::{
    listings::{Listings, SymbolList},
    transport::StreamCalls,
};

/// The public side of a venue, as far as its list goes.
pub(crate) trait PublicList: Sync {
    /// The venue's own map of the list.
    type Map: SymbolList<Listed: Send + Sync> + Send + Sync;

    fn listings(&self) -> &Listings<Self::Map>;

    /// Reads the list, by calls that need no key.
    fn read(&self) -> impl Future<Output = Result<Self::Map, VenueError>> + Send;

    /// The list as last read; read now if it never was.
    fn symbols(&self) -> impl Future<Output = Result<Arc<Self::Map>, VenueError>> + Send {
        self.listings().get(|| self.read())
    }

    /// The list as [`Self::symbols`] has it, for a stream.
    fn symbols_by(
        &self,
        calls: &StreamCalls,
    ) -> impl Future<Output = Result<Arc<Self::Map>, VenueError>> + Send {
        self.listings().get(|| calls.ask_public(self.read()))
    }

    /// The list, read anew.
    fn instruments(&self) -> impl Future<Output = Result<Vec<Instrument>, VenueError>> + Send {
        async { Ok(self.listings().renew(|| self.read()).await?.instruments()) }
    }

    /// A listed symbol; the list is read again when it is missing and the list is not fresh.
    fn listed(
        &self,
        symbol: &Symbol,
    ) -> impl Future<Output = Result<Arc<<Self::Map as SymbolList>::Listed>, VenueError>> + Send {
        self.listings().listed(symbol, || self.read())
    }

    /// A listed symbol as [`Self::listed`] finds it, for a stream.
    fn listed_by(
        &self,
        calls: &StreamCalls,
        symbol: &Symbol,
    ) -> impl Future<Output = Result<Arc<<Self::Map as SymbolList>::Listed>, VenueError>> + Send {
        self.listings().listed(symbol, || calls.ask_public(self.read()))
    }

    fn not_listed(&self, symbol: &Symbol) -> VenueError {
        self.listings().not_listed(symbol)
    }
}
