// Package prompt holds the two text detectors, prompt-injection and jailbreak,
// and the output guard that runs both over what a tool returned.
//
// The contract. Every string of the arguments, member names included, is read
// as one text; more of it than the limit denies, and nothing is cut off, so
// padding hides nothing. The text is folded to one canonical form (Canonical),
// and read again as other people might have written it: leetspeak, spaced-out
// letters, reversed, rot13, and decoded one level deep from base64, hex,
// percent, entities, escapes and character codes. Every reading costs time
// linear in the text. Words stand for concepts in eighteen languages; concepts
// that meet within a distance are signals; the weights of signals within any
// window of the text add up to a score of 0 … 100. Judging is a pure function
// of the text, in integers only.
//
// Non-goals: no model, and no understanding. Wording without the concepts, a
// language not in the vocabulary, images, nested encodings, and requests that
// are harmful but ordinary pass. The detectors narrow what reaches a model;
// what an agent may do is decided by its capability.
package prompt
