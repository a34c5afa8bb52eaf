//! Hears what other signers change, so that leases end here too.

use nija_core::{UserId, VaultError, VenueId};
use nija_postgres::Address;
use postgres::fallible_iterator::FallibleIterator;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::Duration;
use uuid::Uuid;

use super::connection::{Connection, storage};

/// How often the thread looks whether it is still wanted, and how long it waits before it connects again.
const PERIOD: Duration = Duration::from_millis(500);

/// Where to listen.
pub(crate) struct Listener {
    pub(super) address: Address,
    pub(super) own_process: Arc<AtomicI32>,
}

/// What another signer changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Changed {
    At(UserId, VenueId),
    User(UserId),
    /// So that what was unlocked is not to be used any more: at this venue, or anywhere.
    Taken(UserId, Option<VenueId>),
    /// Something may have been missed.
    Anything,
    /// The same, and from now on nothing is.
    HeardAgain,
}

/// Starts a thread that tells of every change until `tell` answers that nobody listens. `tell` is also asked, with nothing to
/// tell, every now and then.
pub(crate) fn listen(
    listener: Listener,
    mut tell: impl FnMut(Option<Changed>) -> bool + Send + 'static,
) -> Result<(), VaultError> {
    // The first connection is made before anything is decrypted here: what changes from now on is heard.
    let mut connection = Some(start(&listener.address)?);
    std::thread::Builder::new()
        .name("nija-vault-listener".into())
        .spawn(move || {
            loop {
                let mut news = Changed::Anything;
                match connection.as_mut().map(|connection| hear(connection, &listener, &mut tell)) {
                    Some(Ok(())) => return,
                    Some(Err(error)) => {
                        tracing::warn!(%error, "other signers' changes are not heard; every lease ends");
                        connection = None;
                    }
                    None => {
                        std::thread::sleep(PERIOD);
                        connection = start(&listener.address).ok();
                        if connection.is_some() {
                            news = Changed::HeardAgain;
                        }
                    }
                }
                if !tell(Some(news)) {
                    return;
                }
            }
        })
        .map(|_| ())
        .map_err(|error| VaultError::Storage(error.to_string()))
}

fn start(address: &Address) -> Result<Connection, VaultError> {
    let mut connection = Connection::open(address)?;
    connection.client().batch_execute("LISTEN nija_vault").map_err(storage)?;
    Ok(connection)
}

/// Tells until nobody listens (`Ok`) or the connection is lost.
fn hear(
    connection: &mut Connection,
    listener: &Listener,
    tell: &mut impl FnMut(Option<Changed>) -> bool,
) -> Result<(), VaultError> {
    loop {
        let notice = connection.client().notifications().timeout_iter(PERIOD).next().map_err(storage)?;
        // What this signer changes itself has ended its leases already; those opened since are good.
        let own = listener.own_process.load(Ordering::Relaxed);
        let changed = notice.filter(|notice| notice.process_id() != own).map(|notice| read(notice.payload()));
        if !tell(changed) {
            return Ok(());
        }
        if connection.is_closed() {
            return Err(VaultError::Storage("the server closed the connection".into()));
        }
    }
}

/// `user in hexadecimal/venue`, the venue empty for all; `/taken` behind it where nothing stays unlocked.
fn read(payload: &str) -> Changed {
    let mut parts = payload.split('/');
    let (Some(user), Some(venue)) = (parts.next(), parts.next()) else { return Changed::Anything };
    let Ok(user) = Uuid::try_parse(user).map(UserId::from_uuid) else { return Changed::Anything };
    match (VenueId::new(venue), parts.next()) {
        (venue, Some("taken")) => Changed::Taken(user, venue.ok()),
        (Ok(venue), None) => Changed::At(user, venue),
        _ => Changed::User(user),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_ends_everything() {
        let user = UserId::from_uuid(Uuid::from_u128(7));
        let hex = "00000000000000000000000000000007";
        assert_eq!(read(&format!("{hex}/kraken")), Changed::At(user, VenueId::new("kraken").unwrap()));
        assert_eq!(read(&format!("{hex}/")), Changed::User(user));
        let venue = VenueId::new("kraken").unwrap();
        assert_eq!(read(&format!("{hex}/kraken/taken")), Changed::Taken(user, Some(venue)));
        assert_eq!(read(&format!("{hex}//taken")), Changed::Taken(user, None));
        assert_eq!(read(&format!("{hex}/kraken/later")), Changed::User(user));
        for payload in ["", "x", "x/kraken", hex] {
            assert_eq!(read(payload), Changed::Anything, "{payload}");
        }
    }
}
