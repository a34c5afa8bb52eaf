//! The Merkle tree over the chain (RFC 6962, section 2.1): its leaves are the hashes of the entries.
//!
//! Kept small on purpose: a tree of a million entries is summed up in 20 nodes, so that a checkpoint costs what came after the
//! one before. `ct-merkle`, which keeps whole trees in memory, checks this code in tests and verifies proofs in
//! `nija-client`.

use aws_lc_rs::digest::{Context, SHA256};
use nija_core::VaultError;

/// A node's hash.
pub(crate) type Node = [u8; 32];

fn leaf(entry: &Node) -> Node {
    hash(&[&[0], entry])
}

fn parent(left: &Node, right: &Node) -> Node {
    hash(&[&[1], left, right])
}

fn hash(parts: &[&[u8]]) -> Node {
    let mut context = Context::new(&SHA256);
    parts.iter().for_each(|part| context.update(part));
    let mut node = Node::default();
    node.copy_from_slice(context.finish().as_ref());
    node
}

/// The roots of the perfect trees that make up a tree, largest first: all that appending takes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Frontier {
    size: u64,
    nodes: Vec<Node>,
}

impl Frontier {
    /// Of what [`Frontier::nodes`] gave.
    pub(crate) fn from_nodes(size: u64, bytes: &[u8]) -> Result<Self, VaultError> {
        let (nodes, rest) = bytes.as_chunks::<32>();
        if !rest.is_empty() || nodes.len() != size.count_ones() as usize {
            return Err(VaultError::Storage("a checkpoint's tree is damaged".into()));
        }
        Ok(Self { size, nodes: nodes.to_vec() })
    }

    pub(crate) fn nodes(&self) -> Vec<u8> {
        self.nodes.concat()
    }

    pub(crate) const fn size(&self) -> u64 {
        self.size
    }

    /// Appends an entry's hash.
    pub(crate) fn push(&mut self, entry: &Node) {
        let mut node = leaf(entry);
        for _ in 0..self.size.trailing_ones() {
            // There is a node for every one bit of the size.
            let Some(left) = self.nodes.pop() else { break };
            node = parent(&left, &node);
        }
        self.nodes.push(node);
        self.size += 1;
    }

    /// The tree's root.
    pub(crate) fn root(&self) -> Node {
        self.nodes
            .iter()
            .rev()
            .copied()
            .reduce(|right, left| parent(&left, &right))
            .unwrap_or_else(|| hash(&[]))
    }
}

/// The path from entry `index` to the root of the tree over `entries`: the siblings, lowest first. Empty when there is no such
/// entry, or no other.
pub(crate) fn path(entries: &[Node], index: usize) -> Vec<Node> {
    let (mut within, mut at, mut path) = (entries, index, Vec::new());
    while within.len() > 1 && at < within.len() {
        // The largest power of two below the size.
        let half = within.len().next_power_of_two() / 2;
        let (left, right) = within.split_at(half);
        let sibling = if at < half { right } else { left };
        path.push(root(sibling));
        (within, at) = if at < half { (left, at) } else { (right, at - half) };
    }
    path.reverse();
    path
}

fn root(entries: &[Node]) -> Node {
    let mut frontier = Frontier::default();
    entries.iter().for_each(|entry| frontier.push(entry));
    frontier.root()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ct_merkle::mem_backed_tree::MemoryBackedTree;
    use ct_merkle::{InclusionProof, RootHash};
    use sha2::Sha256;

    fn entries(count: usize) -> Vec<Node> {
        (0..count).map(|n| hash(&[&n.to_be_bytes()])).collect()
    }

    #[test]
    fn roots_and_paths_are_those_of_rfc_6962() {
        let all = entries(130);
        let (mut frontier, mut theirs) = (Frontier::default(), MemoryBackedTree::<Sha256, Node>::new());
        for count in 1..=all.len() {
            frontier.push(&all[count - 1]);
            theirs.push(all[count - 1]);
            let root: RootHash<Sha256> = theirs.root();
            assert_eq!(frontier.root().as_slice(), root.as_bytes().as_slice(), "{count} entries");
            for index in 0..count {
                let ours = path(&all[..count], index).concat();
                assert_eq!(ours, theirs.prove_inclusion(index).as_bytes(), "{index} of {count}");
                let proof = InclusionProof::<Sha256>::try_from_bytes(ours).unwrap();
                root.verify_inclusion(&all[index], index as u64, &proof).unwrap();
            }
        }
        assert_eq!(path(&all, all.len()), Vec::<Node>::new());
    }

    /// Frozen: the dashboard checks itself against the same roots (`examples/mobile-app/test/audit.test.ts`).
    #[test]
    fn the_roots_are_those_of_the_frozen_vector() {
        let vector: serde_json::Value =
            serde_json::from_str(include_str!("../../tests/vectors/merkle-v1.json")).unwrap();
        let roots = vector["roots"].as_array().unwrap();
        assert_eq!(roots.len(), 40);
        let mut frontier = Frontier::default();
        for (entry, frozen) in entries(roots.len()).iter().zip(roots) {
            frontier.push(entry);
            assert_eq!(hex::encode(frontier.root()), frozen.as_str().unwrap(), "{} entries", frontier.size());
        }
    }

    #[test]
    fn a_frontier_goes_on_where_it_was_kept() {
        let all = entries(100);
        for cut in 0..all.len() {
            let mut first = Frontier::default();
            all[..cut].iter().for_each(|entry| first.push(entry));
            let mut back = Frontier::from_nodes(cut as u64, &first.nodes()).unwrap();
            assert_eq!(back, first);
            all[cut..].iter().for_each(|entry| back.push(entry));
            assert_eq!(back.root(), root(&all));
            assert!(
                Frontier::from_nodes(cut as u64 + 1, &first.nodes()).is_err()
                    || cut.count_ones() == (cut + 1).count_ones()
            );
        }
        assert!(Frontier::from_nodes(1, &[0; 31]).is_err());
    }

    #[test]
    fn the_empty_tree_has_the_hash_of_nothing() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(hex::encode(Frontier::default().root()), empty);
    }
}
