package federation

import (
	"slices"
	"testing"
)

// framesProtocols are the protocols by number, as inputs of the fuzzing name
// them. A new one comes last, with a seed.
var framesProtocols = []string{ProtocolHello, ProtocolPolicy, ProtocolTreaty, ProtocolDeactivation, ProtocolInvoke, ProtocolCosign,
	ProtocolSync, ProtocolRevocation, ProtocolWitness, ProtocolSettle, gossipFrames}

// FuzzFrames_I4_I9_I10: a peer that has all keys of its organisation sends a
// frame of any protocol, well signed or not. No grant becomes wider, nothing is
// taken that is expired, revoked, replayed, for somebody else or tampered with,
// and whatever the honest side signs is what anybody computes.
func FuzzFrames_I4_I9_I10(f *testing.F) {
	w := newFramesWorld(f)
	for _, s := range w.seeds(f) {
		number := slices.Index(framesProtocols, s.protocol)
		for _, forged := range []bool{false, true} {
			f.Add(byte(number), forged, s.doc, s.second)
		}
	}
	f.Fuzz(func(t *testing.T, protocol byte, forged bool, frame, second []byte) {
		w.play(t, framesProtocols[int(protocol)%len(framesProtocols)], forged, frame, second)
	})
}

// playSeeds has b answer every seed, as it is and forged.
func playSeeds(t *testing.T) {
	t.Helper()
	w := newFramesWorld(t)
	for _, s := range w.seeds(t) {
		for _, forged := range []bool{false, true} {
			w.play(t, s.protocol, forged, s.doc, s.second)
			if s.runs != nil && *s.runs != len(w.ran) {
				t.Errorf("%s (forged %v): tools ran %d times\n%.400s", s.name, forged, len(w.ran), s.doc)
			}
			if s.writes && !w.applied.Load() {
				t.Errorf("%s (forged %v): it changed nothing\n%.400s", s.name, forged, s.doc)
			}
		}
	}
}

// TestI4_Frames, TestI9_Frames and TestI10_Frames are the seeds of
// FuzzFrames_I4_I9_I10: what each of them attempts must come to nothing, or to
// what it says.
func TestI4_Frames(t *testing.T)  { playSeeds(t) }
func TestI9_Frames(t *testing.T)  { playSeeds(t) }
func TestI10_Frames(t *testing.T) { playSeeds(t) }

// TestFramesOfEveryProtocol: a protocol that the code registers has a number and
// a seed here, and the world is the same in every process.
func TestFramesOfEveryProtocol(t *testing.T) {
	w, again := newFramesWorld(t), newFramesWorld(t)
	seeds, same := w.seeds(t), again.seeds(t)
	seeded := map[string]bool{}
	for i, s := range seeds {
		seeded[s.protocol] = true
		if i >= len(same) || s.name != same[i].name || string(s.doc) != string(same[i].doc) {
			t.Fatalf("seed %s differs in another world:\n%s\n%s", s.name, s.doc, same[i].doc)
		}
	}
	for _, p := range w.protocols() {
		if !slices.Contains(framesProtocols, p) || !seeded[p] {
			t.Errorf("protocol %s has no seed in FuzzFrames_I4_I9_I10", p)
		}
	}
	if len(w.protocols()) != len(framesProtocols) {
		t.Errorf("%d protocols, the list has %d", len(w.protocols()), len(framesProtocols))
	}
}
