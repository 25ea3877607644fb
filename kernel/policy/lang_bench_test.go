package policy

import "testing"

func BenchmarkParseEveryField(b *testing.B) {
	doc := []byte(everyField)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse("p.yaml", doc); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLoadDefault(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Load(BuiltinDefault, nil); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFormat(b *testing.B) {
	doc := []byte(everyField)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Format(doc); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkNarrower(b *testing.B) {
	d, err := Load(BuiltinDefault, nil)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if ok, reasons := Narrower(d, d); !ok {
			b.Fatal(reasons)
		}
	}
}
