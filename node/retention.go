package node

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"time"
)

// RetentionConfig says how long receipts stay in the log before they are moved
// to archive files. KeepDays 0 keeps them all.
type RetentionConfig struct {
	KeepDays int64  `yaml:"keep_days"`
	Dir      string `yaml:"dir"` // relative to the home
}

const (
	retentionInterval = time.Hour
	secondsPerDay     = 24 * 3600
	maxKeepDays       = 36_500
)

func (c *RetentionConfig) validate() error {
	switch {
	case c.KeepDays < 0 || c.KeepDays > maxKeepDays:
		return errors.New("retention.keep_days: want 0 (keep everything) to 36500")
	case c.KeepDays > 0 && c.Dir == "":
		return errors.New("retention.dir: say where archived receipts go")
	}
	return nil
}

// archiveDue moves what is older than the configuration keeps.
func (n *Node) archiveDue(ctx context.Context) error {
	c := n.cfg.Retention
	dir := c.Dir
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(n.opts.Home, dir)
	}
	a, err := n.archive.run(ctx, ArchiveReceipts{Dir: dir, Before: n.now() - c.KeepDays*secondsPerDay})
	if err != nil {
		return err
	}
	if a.Receipts > 0 || a.Held != "" {
		n.log.Info("archived receipts", slog.Uint64("receipts", a.Receipts), slog.String("dir", a.Dir), slog.String("held", a.Held))
	}
	return nil
}
