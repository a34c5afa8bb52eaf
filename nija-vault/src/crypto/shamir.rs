//! A root that nobody has alone: five shares, any three of which make it (Shamir's scheme over GF(256), byte by byte).
//!
//! A share is text to be printed or kept in a password manager: `nija-share-1-<set>-<bytes>-<check>`, hexadecimal. The set
//! names the root (four bytes of a digest), so that shares of two vaults are not mixed; the check finds a slip of the pen.
//! Neither is what protects the vault: a wrong root is found by the key-encryption key's envelope, which does not open.

use blahaj::{Share, Sharks};
use nija_core::VaultError;
use std::fmt;
use zeroize::Zeroizing;

use super::data_key::{SecretKey, digest, random_key};
use super::{Root, UnsealedRoot};

/// How many shares are dealt.
pub const SHARES: usize = 5;
/// How many of them make the root.
pub const THRESHOLD: u8 = 3;

const PREFIX: &str = "nija-share-1-";
/// The point's x coordinate, and a byte for each byte of the root.
const POINT: usize = 1 + 32;

/// One share, as text. It is wiped when dropped and prints nothing telling.
#[derive(Clone)]
pub struct RootShare(Zeroizing<String>);

impl RootShare {
    /// The text to hand to its keeper. `_reason` says in the code why it is read here.
    #[must_use]
    pub fn expose(&self, _reason: &'static str) -> &str {
        &self.0
    }
}

impl fmt::Debug for RootShare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RootShare { .. }")
    }
}

/// Makes a new root and deals its shares. The root is nowhere but in what this returns.
///
/// # Errors
/// [`VaultError::Storage`] when the system has no randomness to give.
pub fn deal_root() -> Result<(UnsealedRoot, Vec<RootShare>), VaultError> {
    let key = random_key()?;
    let root = Root::from_key(&key)?;
    let set = hex::encode(root.key.id.get(..4).unwrap_or_default());
    let shares = Sharks(THRESHOLD)
        .dealer_rng(key.as_slice(), &mut rand::rng())
        .take(SHARES)
        .map(|share| {
            let bytes = Zeroizing::new(Vec::from(&share));
            let point = Zeroizing::new(hex::encode(&*bytes));
            RootShare(Zeroizing::new(format!("{PREFIX}{set}-{}-{}", *point, check(&set, &bytes))))
        })
        .collect();
    Ok((root.into(), shares))
}

/// Collects shares until there are enough.
#[derive(Default)]
pub struct Unseal {
    set: Option<String>,
    points: Vec<Zeroizing<Vec<u8>>>,
}

impl Unseal {
    /// No share yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many more shares it takes.
    #[must_use]
    pub fn missing(&self) -> usize {
        usize::from(THRESHOLD).saturating_sub(self.points.len())
    }

    /// Takes a share; the root when it was the last one needed. A share that came before counts once.
    ///
    /// # Errors
    /// [`VaultError::Root`] for what is not a share, was copied wrongly, or belongs to another vault than the first one.
    pub fn add(&mut self, share: &str) -> Result<Option<UnsealedRoot>, VaultError> {
        let (set, point) = parse(share)?;
        if self.set.as_ref().is_some_and(|first| *first != set) {
            return Err(refused("it belongs to another vault than the shares before"));
        }
        let x = point.first().copied();
        match self.points.iter().find(|known| known.first().copied() == x) {
            Some(known) if *known != point => {
                return Err(refused("it contradicts a share of the same number"));
            }
            Some(_) => {}
            None => self.points.push(point),
        }
        self.set = Some(set);
        if self.missing() > 0 {
            return Ok(None);
        }
        self.combine().map(Some)
    }

    fn combine(&mut self) -> Result<UnsealedRoot, VaultError> {
        let points = std::mem::take(&mut self.points);
        let shares = points
            .iter()
            .map(|point| Share::try_from(point.as_slice()))
            .collect::<Result<Vec<_>, _>>()
            .map_err(refused)?;
        let bytes = Zeroizing::new(Sharks(THRESHOLD).recover(&shares).map_err(refused)?);
        let mut key = SecretKey::default();
        if bytes.len() != key.len() {
            return Err(refused("it has the wrong length"));
        }
        key.copy_from_slice(&bytes);
        let root = Root::from_key(&key)?;
        // Four bytes of digest: three good shares always pass, and a bad one is told here rather than as a bad vault.
        if self.set.take() != root.key.id.get(..4).map(hex::encode) {
            return Err(refused("the shares do not make the root that they name: one of them is wrong"));
        }
        Ok(root.into())
    }
}

impl fmt::Debug for Unseal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Unseal {{ missing: {} }}", self.missing())
    }
}

fn parse(share: &str) -> Result<(String, Zeroizing<Vec<u8>>), VaultError> {
    const NONE: &str = "it does not look like nija-share-1-...";
    let rest = share.trim().strip_prefix(PREFIX).ok_or_else(|| refused(NONE))?;
    let mut parts = rest.split('-');
    let (Some(set), Some(point), Some(sum), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(refused(NONE));
    };
    let bytes = hex::decode(point).map(Zeroizing::new).map_err(|_| refused("it is not hexadecimal"))?;
    if bytes.len() != POINT || set.len() != 8 {
        return Err(refused("it has the wrong length"));
    }
    // The root is at x = 0: a share there would be the root itself.
    if bytes.first() == Some(&0) || sum != check(set, &bytes) {
        return Err(refused("it was copied wrongly"));
    }
    Ok((set.to_owned(), bytes))
}

fn check(set: &str, point: &[u8]) -> String {
    let sum = digest("nija root share", &[set.as_bytes(), point]);
    hex::encode(sum.get(..4).unwrap_or_default())
}

fn refused(why: &str) -> VaultError {
    VaultError::Root(format!("the share was not taken: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(shares: &[RootShare]) -> Vec<String> {
        shares.iter().map(|share| share.expose("test").to_owned()).collect()
    }

    fn id(root: &UnsealedRoot) -> [u8; 16] {
        root.0.id
    }

    #[test]
    fn any_three_of_five_make_the_root_and_no_two_do() {
        let (root, shares) = deal_root().unwrap();
        let (root, shares) = (id(&root), texts(&shares));
        assert_eq!(shares.len(), SHARES);
        for a in 0..5 {
            for b in a + 1..5 {
                let mut two = Unseal::new();
                assert!(two.add(&shares[a]).unwrap().is_none());
                assert!(two.add(&shares[b]).unwrap().is_none());
                assert!(two.add(&shares[a]).unwrap().is_none(), "the same share again is no third one");
                for c in b + 1..5 {
                    let mut unseal = Unseal::new();
                    for share in [&shares[c], &shares[a]] {
                        assert!(unseal.add(share).unwrap().is_none());
                    }
                    assert_eq!(id(&unseal.add(&shares[b]).unwrap().unwrap()), root);
                }
            }
        }
    }

    #[test]
    fn what_is_not_a_share_of_this_vault_is_refused() {
        let (_, shares) = deal_root().unwrap();
        let (_, others) = deal_root().unwrap();
        let (shares, others) = (texts(&shares), texts(&others));
        let mut unseal = Unseal::new();
        unseal.add(&shares[0]).unwrap();
        let slip = shares[1].replace(['1', '2', '3'], "4");
        for bad in
            ["", "nija-share-1-", "nija-share-2-00-00-00", &others[1], &slip, &format!("{}-", shares[1])]
        {
            assert!(matches!(unseal.add(bad), Err(VaultError::Root(_))), "{bad}");
        }
        assert_eq!(unseal.missing(), 2, "what was refused changed nothing");
        unseal.add(&shares[1]).unwrap();
        assert!(unseal.add(&shares[2]).unwrap().is_some());
    }

    #[test]
    fn shares_of_two_dealings_that_claim_one_set_do_not_make_a_root() {
        let (_, shares) = deal_root().unwrap();
        let (_, others) = deal_root().unwrap();
        let (set, foreign) =
            parse(&texts(&others)[2]).map(|(_, point)| (texts(&shares)[0].clone(), point)).unwrap();
        let set = parse(&set).unwrap().0;
        let forged = format!("{PREFIX}{set}-{}-{}", hex::encode(&*foreign), check(&set, &foreign));
        let mut unseal = Unseal::new();
        unseal.add(&texts(&shares)[0]).unwrap();
        unseal.add(&texts(&shares)[1]).unwrap();
        assert!(matches!(unseal.add(&forged), Err(VaultError::Root(_))));
        assert_eq!(unseal.missing(), 3, "it starts again");
    }

    #[test]
    fn a_share_prints_nothing() {
        let (root, shares) = deal_root().unwrap();
        let printed = format!("{root:?} {:?}", shares[0]);
        assert!(!printed.contains(shares[0].expose("test")));
    }
}
