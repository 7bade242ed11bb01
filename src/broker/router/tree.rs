//! The topic tree: one node for each level of a filter. It knows levels, not subscriptions.

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::quality::SeedableRandomState;

use crate::broker::slab::Slab;

/// Index of a node.
pub(super) type NodeId = u32;

/// Index of a text that levels and share names consist of.
pub(super) type LevelId = u32;

/// No node, no attachment.
pub(super) const NONE: u32 = u32::MAX;

/// The node above all first levels.
const ROOT: NodeId = 0;

/// The texts of levels, each stored once however many nodes use it.
#[derive(Debug)]
struct Levels {
    ids: HashMap<Arc<str>, LevelId, SeedableRandomState>,
    /// Each text, and how many nodes and share names use it.
    used: Slab<(Arc<str>, u32)>,
}

impl Levels {
    fn acquire(&mut self, text: &str) -> LevelId {
        if let Some(id) = self.ids.get(text) {
            self.used.at_mut(*id).1 += 1;
            return *id;
        }
        let shared: Arc<str> = Arc::from(text);
        let id = self.used.insert((Arc::clone(&shared), 1));
        self.ids.insert(shared, id);
        id
    }

    fn release(&mut self, id: LevelId) {
        let (_, uses) = self.used.at_mut(id);
        *uses -= 1;
        if *uses == 0 {
            let (text, _) = self.used.remove(id);
            self.ids.remove(&text);
        }
    }
}

/// One level of one or more filters. What is attached are indices that the router gives meaning.
#[derive(Clone, Copy, Debug)]
struct Node {
    parent: NodeId,
    level: LevelId,
    /// How many children there are, `+` and `#` included.
    children: u32,
    /// The child `+`.
    plus: NodeId,
    /// The child `#`.
    hash: NodeId,
    attached: Attached,
}

impl Default for Node {
    fn default() -> Self {
        Node {
            parent: NONE,
            level: NONE,
            children: 0,
            plus: NONE,
            hash: NONE,
            attached: Attached::default(),
        }
    }
}

/// What the router keeps for a node; [`NONE`] where there is nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Attached {
    /// The subscriptions that are not shared.
    pub direct: u32,
    /// The shared subscriptions.
    pub shares: u32,
}

impl Default for Attached {
    fn default() -> Self {
        Attached { direct: NONE, shares: NONE }
    }
}

/// All filters, level by level. A node lives while it has a child or something is attached.
#[derive(Debug)]
pub(super) struct Tree {
    nodes: Slab<Node>,
    /// Children by parent and level, but `+` and `#`, which the parent names itself.
    children: HashMap<(NodeId, LevelId), NodeId, SeedableRandomState>,
    levels: Levels,
    /// The nodes reached by the walk of a topic, kept for its memory.
    reached: Vec<NodeId>,
    reached_next: Vec<NodeId>,
}

impl Tree {
    pub fn new(hasher: SeedableRandomState) -> Self {
        let mut nodes = Slab::default();
        nodes.insert(Node::default());
        Tree {
            nodes,
            children: HashMap::with_hasher(hasher.clone()),
            levels: Levels { ids: HashMap::with_hasher(hasher), used: Slab::default() },
            reached: Vec::new(),
            reached_next: Vec::new(),
        }
    }

    /// How many nodes there are, without the root.
    pub fn len(&self) -> usize {
        self.nodes.len() - 1
    }

    /// How many texts are stored for levels and share names.
    #[cfg(test)]
    pub fn texts(&self) -> usize {
        self.levels.used.len()
    }

    /// The node of a filter, if it is there.
    pub fn find(&self, filter: &str) -> Option<NodeId> {
        filter.split('/').try_fold(ROOT, |node, level| self.child(node, level))
    }

    /// The node of a filter. A new one must get something attached, or [`Tree::prune`].
    pub fn insert(&mut self, filter: &str) -> NodeId {
        filter.split('/').fold(ROOT, |node, level| match self.child(node, level) {
            Some(child) => child,
            None => self.insert_child(node, level),
        })
    }

    /// Removes a node that nothing needs any more, and those above it that were there for it only.
    pub fn prune(&mut self, mut node: NodeId) {
        while node != ROOT {
            let it = *self.nodes.at(node);
            if it.children > 0 || it.attached != Attached::default() {
                return;
            }
            let parent = self.nodes.at_mut(it.parent);
            parent.children -= 1;
            if parent.plus == node {
                parent.plus = NONE;
            } else if parent.hash == node {
                parent.hash = NONE;
            } else {
                self.children.remove(&(it.parent, it.level));
            }
            self.levels.release(it.level);
            self.nodes.remove(node);
            node = it.parent;
        }
    }

    /// What is attached to a node.
    pub fn attached(&self, node: NodeId) -> Attached {
        self.nodes.at(node).attached
    }

    /// What is attached to a node, to change it.
    pub fn attached_mut(&mut self, node: NodeId) -> &mut Attached {
        &mut self.nodes.at_mut(node).attached
    }

    /// The filter of a node.
    pub fn filter(&self, mut node: NodeId) -> String {
        let mut levels = Vec::new();
        while node != ROOT {
            let it = self.nodes.at(node);
            levels.push(&*self.levels.used.at(it.level).0);
            node = it.parent;
        }
        levels.reverse();
        levels.join("/")
    }

    /// Keeps a share name.
    pub fn acquire_name(&mut self, name: &str) -> LevelId {
        self.levels.acquire(name)
    }

    /// Lets go of a share name.
    pub fn release_name(&mut self, name: LevelId) {
        self.levels.release(name);
    }

    /// The share name behind an index.
    pub fn name(&self, name: LevelId) -> &str {
        &self.levels.used.at(name).0
    }

    /// The index of a share name that somebody keeps.
    pub fn find_name(&self, name: &str) -> Option<LevelId> {
        self.levels.ids.get(name).copied()
    }

    /// Hands what is attached to each matching node to `visit`, in a fixed order. The topic is
    /// taken level by level, for all nodes reached so far at once: the work is bounded by the nodes
    /// that exist, and no depth of a topic needs a deep stack.
    pub fn walk(&mut self, topic: &str, mut visit: impl FnMut(Attached)) {
        let mut reached = std::mem::take(&mut self.reached);
        let mut next = std::mem::take(&mut self.reached_next);
        reached.clear();
        reached.push(ROOT);
        // No leading wildcard matches a topic that begins with `$` [MQTT-4.7.2-1].
        let mut has_wildcards = !topic.starts_with('$');
        for level in topic.split('/') {
            let level = self.levels.ids.get(level).copied();
            next.clear();
            for &id in &reached {
                let node = self.nodes.at(id);
                if has_wildcards {
                    self.visit_node(node.hash, &mut visit);
                }
                let literal = level.and_then(|level| self.children.get(&(id, level)));
                next.extend(literal);
                if has_wildcards && node.plus != NONE {
                    next.push(node.plus);
                }
            }
            std::mem::swap(&mut reached, &mut next);
            has_wildcards = true;
            if reached.is_empty() {
                break;
            }
        }
        for &id in &reached {
            self.visit_node(id, &mut visit);
            // `#` stands for its parent level too: `a/#` matches `a` (section 4.7.1.2).
            self.visit_node(self.nodes.at(id).hash, &mut visit);
        }
        self.reached = reached;
        self.reached_next = next;
    }

    fn visit_node(&self, node: NodeId, visit: &mut impl FnMut(Attached)) {
        if node != NONE {
            visit(self.nodes.at(node).attached);
        }
    }

    fn child(&self, node: NodeId, level: &str) -> Option<NodeId> {
        match level {
            "+" => Some(self.nodes.at(node).plus).filter(|child| *child != NONE),
            "#" => Some(self.nodes.at(node).hash).filter(|child| *child != NONE),
            _ => {
                let level = self.levels.ids.get(level)?;
                self.children.get(&(node, *level)).copied()
            }
        }
    }

    fn insert_child(&mut self, parent: NodeId, text: &str) -> NodeId {
        let level = self.levels.acquire(text);
        let child = self.nodes.insert(Node { parent, level, ..Node::default() });
        let above = self.nodes.at_mut(parent);
        above.children += 1;
        match text {
            "+" => above.plus = child,
            "#" => above.hash = child,
            _ => {
                self.children.insert((parent, level), child);
            }
        }
        child
    }
}

#[cfg(test)]
mod tests {
    use foldhash::SharedSeed;

    use super::*;

    /// Inserts a filter and hangs a mark on its node.
    fn mark(tree: &mut Tree, filter: &str, mark: u32) -> NodeId {
        let node = tree.insert(filter);
        tree.attached_mut(node).direct = mark;
        node
    }

    fn walk(tree: &mut Tree, topic: &str) -> Vec<u32> {
        let mut marks = Vec::new();
        tree.walk(topic, |attached| marks.extend(Some(attached.direct).filter(|it| *it != NONE)));
        marks
    }

    #[test]
    fn nodes_and_texts_go_when_nothing_needs_them() {
        let hasher = SeedableRandomState::with_seed(1, SharedSeed::global_fixed());
        let mut tree = Tree::new(hasher);
        let filters = ["a", "a/b/c", "a/+/c", "a/b/#", "#", "/", "a/b/d/e/f", "+/+"];
        let nodes: Vec<NodeId> =
            (0..).zip(filters).map(|(n, filter)| mark(&mut tree, filter, n)).collect();
        assert_eq!(walk(&mut tree, "a/b/c"), [4, 3, 1, 2]);
        assert_eq!(walk(&mut tree, "a/b"), [4, 3, 7]);
        assert_eq!(walk(&mut tree, "/"), [4, 5, 7]);
        assert_eq!(walk(&mut tree, "$a/b"), [0u32; 0]);
        for (filter, node) in filters.into_iter().zip(&nodes) {
            assert_eq!(tree.filter(*node), filter);
            assert_eq!(tree.find(filter), Some(*node));
        }
        for node in nodes {
            *tree.attached_mut(node) = Attached::default();
            tree.prune(node);
        }
        assert_eq!((tree.len(), tree.children.len()), (0, 0));
        assert_eq!((tree.levels.ids.len(), tree.levels.used.len()), (0, 0));
    }
}
