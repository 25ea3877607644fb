package memory

import "strings"

// node is one row in a treap whose nodes never change once linked: a write
// copies the path to the root. The heap order comes from a hash of the key, so
// the same rows always make the same tree.
type node struct {
	key         string
	value       []byte
	priority    uint64
	left, right *node
}

// priorityOf is 64-bit FNV-1a with a final mix, good enough to balance keys
// that nobody chooses against us.
func priorityOf(key string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(key) {
		h = (h ^ uint64(key[i])) * 1099511628211
	}
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	return h ^ h>>33
}

func find(n *node, key string) *node {
	for n != nil && n.key != key {
		if key < n.key {
			n = n.left
		} else {
			n = n.right
		}
	}
	return n
}

func set(n *node, key string, value []byte) *node {
	if find(n, key) != nil {
		return replace(n, key, value)
	}
	return insert(n, &node{key: key, value: value, priority: priorityOf(key)})
}

// replace copies the path to an existing key.
func replace(n *node, key string, value []byte) *node {
	c := *n
	switch {
	case key == n.key:
		c.value = value
	case key < n.key:
		c.left = replace(n.left, key, value)
	default:
		c.right = replace(n.right, key, value)
	}
	return &c
}

// insert adds a new node; add is not linked anywhere yet and may be changed.
func insert(n, add *node) *node {
	if n == nil {
		return add
	}
	if add.priority > n.priority {
		add.left, add.right = split(n, add.key)
		return add
	}
	c := *n
	if add.key < n.key {
		c.left = insert(n.left, add)
	} else {
		c.right = insert(n.right, add)
	}
	return &c
}

// split parts a tree into keys below and above key, which is in neither.
func split(n *node, key string) (below, above *node) {
	if n == nil {
		return nil, nil
	}
	c := *n
	if n.key < key {
		c.right, above = split(n.right, key)
		return &c, above
	}
	below, c.left = split(n.left, key)
	return below, &c
}

func remove(n *node, key string) *node {
	if n == nil {
		return nil
	}
	if key == n.key {
		return join(n.left, n.right)
	}
	c := *n
	if key < n.key {
		c.left = remove(n.left, key)
	} else {
		c.right = remove(n.right, key)
	}
	return &c
}

// join merges two trees, all keys of a below all of b.
func join(a, b *node) *node {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	case a.priority > b.priority:
		c := *a
		c.right = join(a.right, b)
		return &c
	}
	c := *b
	c.left = join(a, b.left)
	return &c
}

// walk visits keys under prefix and above after in order.
func walk(n *node, prefix, after string, fn func(string, []byte) error) error {
	if n == nil {
		return nil
	}
	fromHere := n.key >= prefix && (after == "" || n.key > after)
	if fromHere {
		if err := walk(n.left, prefix, after, fn); err != nil {
			return err
		}
		if strings.HasPrefix(n.key, prefix) {
			if err := fn(n.key, n.value); err != nil {
				return err
			}
		} else if n.key > prefix {
			return nil // everything to the right is beyond the prefix
		}
	}
	return walk(n.right, prefix, after, fn)
}
