// Package spider holds spider-sense, the guard that compares the embeddings a
// call carries with a database of known attack patterns.
//
// The contract. Parse reads a database strictly and bounds it. A call carries
// an embedding in the top-level arguments embedding, vector or embeddings; all
// of them are judged, those in embeddings one by one and as their mean, and
// the nearest pattern decides. A vector that cannot be compared (another
// dimension, not finite, of norm zero, not a list of numbers) denies. A call
// without an embedding is allowed: there is nothing to judge.
//
// Numbers. Components are read as the nearest IEEE double and scaled to norm
// one. The cosine is summed in the order of the components, each product
// rounded before it is added, so every machine computes the same bits; it is
// compared in millionths, rounded half away from zero. It is no money.
//
// Non-goals: no embedding model. Text is not embedded here, so there is no
// built-in database either: patterns of one model say nothing about vectors of
// another. Vectors nested deeper in the arguments are not looked for.
package spider
