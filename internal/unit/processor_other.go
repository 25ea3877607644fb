//go:build !unix

package unit

import "time"

var began = time.Now()

// processor is the time on the wall where the system does not say more.
func processor() time.Duration { return time.Since(began) }
