package node

import (
	"bytes"
	"strconv"
	"strings"
)

// expositionType is the text format of Prometheus that exposition writes.
const expositionType = "text/plain; version=0.0.4; charset=utf-8"

// The kinds of metrics written.
const (
	kindCounter = "counter"
	kindGauge   = "gauge"
)

// exposition writes metrics as text: families, each with its samples after it.
type exposition struct{ out bytes.Buffer }

func (e *exposition) family(name, kind, help string) {
	e.out.WriteString("# HELP " + name + " " + escapeHelp.Replace(help) + "\n# TYPE " + name + " " + kind + "\n")
}

// sample writes one value; labels are names and values in turn.
func (e *exposition) sample(name string, value int64, labels ...string) {
	e.out.WriteString(name)
	for i := 0; i+1 < len(labels); i += 2 {
		opening := ","
		if i == 0 {
			opening = "{"
		}
		e.out.WriteString(opening + labels[i] + `="` + escapeLabel.Replace(labels[i+1]) + `"`)
	}
	if len(labels) > 1 {
		e.out.WriteByte('}')
	}
	e.out.WriteString(" " + strconv.FormatInt(value, 10) + "\n")
}

var (
	escapeHelp  = strings.NewReplacer(`\`, `\\`, "\n", `\n`)
	escapeLabel = strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`)
)
