package passport_test

import (
	"slices"
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/vc/passport"
)

func BenchmarkVerifyPassport(b *testing.B) {
	_, doc, lists, file := issued(b)
	g := gate(b, lists, t0)
	org := key(b, 7)
	sig, err := org.Sign([]byte("unit"))
	if err != nil {
		b.Fatal(err)
	}
	for name, verify := range map[string]func() error{
		"passport":           func() error { return passport.Verify(doc, g).Err() },
		"file_with_its_list": func() error { return passport.VerifyFile(file, g).Err() },
	} {
		b.Run(name, func(b *testing.B) {
			var ours, unit []float64
			for b.Loop() {
				start := time.Now()
				if err := verify(); err != nil {
					b.Fatal(err)
				}
				middle := time.Now()
				if err := org.Public().Verify([]byte("unit"), sig); err != nil {
					b.Fatal(err)
				}
				ours = append(ours, float64(middle.Sub(start)))
				unit = append(unit, float64(time.Since(middle)))
			}
			slices.Sort(ours)
			slices.Sort(unit)
			b.ReportMetric(ours[len(ours)/2]/unit[len(unit)/2], "v/median")
			b.ReportMetric(ours[len(ours)/2]/1000, "us/median")
		})
	}
}
