package badger

import (
	"fmt"
	"log/slog"
	"strings"

	badgerdb "github.com/dgraph-io/badger/v4"
)

// logger adapts badger's messages; without a logger badger is silent.
func logger(l *slog.Logger) badgerdb.Logger {
	if l == nil {
		return nil
	}
	return adapter{l}
}

type adapter struct{ log *slog.Logger }

func text(format string, args []any) slog.Attr {
	return slog.String("message", strings.TrimSpace(fmt.Sprintf(format, args...)))
}

func (a adapter) Errorf(f string, v ...any)   { a.log.Error("badger", text(f, v)) }
func (a adapter) Warningf(f string, v ...any) { a.log.Warn("badger", text(f, v)) }
func (a adapter) Infof(f string, v ...any)    { a.log.Debug("badger", text(f, v)) }
func (a adapter) Debugf(f string, v ...any)   { a.log.Debug("badger", text(f, v)) }
