package reputation

import (
	"runtime"
	"sync"
)

// batchLeaves is how many leaves are judged at a time.
const batchLeaves = 256

// judged is what was found of one leaf.
type judged struct {
	facts *facts
	why   Reason
}

// judge reads leaves on every processor: nearly all of the price of a scorecard
// is in their signatures. What is found of one does not depend on another.
func (r *run) judge(s *Source, batch []Leaf) []judged {
	out := make([]judged, len(batch))
	workers := min(runtime.GOMAXPROCS(0), len(batch))
	var wait sync.WaitGroup
	for w := range workers {
		wait.Go(func() {
			for i := w; i < len(batch); i += workers {
				out[i].facts, out[i].why = r.read(s, &batch[i])
			}
		})
	}
	wait.Wait()
	return out
}
