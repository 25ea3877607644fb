package keys

import (
	"bytes"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"filippo.io/age"
)

// The master key's two resting places in a home; a home has one of them.
const (
	SealedFile = "master.age"
	PlainFile  = "master.key"
)

// masterSize is the length of the master key in bytes.
const masterSize = 32

// maxMasterFile bounds what is read: an age file of 32 bytes is some 300.
const maxMasterFile = 4096

// The reasons the master key cannot be used.
var (
	ErrPassphrase       = errors.New("the passphrase does not open the keys")
	ErrPassphraseNeeded = errors.New("the keys are sealed and no passphrase was given")
	ErrPermissions      = errors.New("key file can be read by others")
	ErrMaster           = errors.New("master key file is damaged or ambiguous")
	ErrNoKeys           = errors.New("there are no keys here")
	ErrExists           = errors.New("keys already exist here")
)

// loadMaster reads the master key of a home. It wraps ErrNoKeys when the home
// has none.
func loadMaster(home string, passphrase []byte) (secret, bool, error) {
	sealed, errSealed := readPrivate(filepath.Join(home, SealedFile))
	plain, errPlain := readPrivate(filepath.Join(home, PlainFile))
	switch {
	case errSealed == nil && errPlain == nil:
		return secret{}, false, fmt.Errorf("%w: %s holds both %s and %s; keep the right one", ErrMaster, home, SealedFile, PlainFile)
	case errSealed == nil:
		m, err := unsealMaster(filepath.Join(home, SealedFile), sealed, passphrase)
		return m, true, err
	case errPlain == nil:
		m, err := parsePlain(filepath.Join(home, PlainFile), plain)
		return m, false, err
	case !errors.Is(errSealed, fs.ErrNotExist):
		return secret{}, false, errSealed
	case !errors.Is(errPlain, fs.ErrNotExist):
		return secret{}, false, errPlain
	}
	return secret{}, false, fmt.Errorf("%w: %s: run init first", ErrNoKeys, home)
}

// createMaster draws a master key and puts it on disk before it is used: a
// crash later leaves a master key without rows, which the next Create reuses.
func createMaster(cfg Config) (secret, bool, error) {
	var m secret
	if _, err := io.ReadFull(cfg.Rand, m[:]); err != nil {
		return secret{}, false, fmt.Errorf("read randomness for the master key: %w", err)
	}
	if err := os.MkdirAll(cfg.Home, 0o700); err != nil {
		return secret{}, false, fmt.Errorf("create the home: %w", err)
	}
	if len(cfg.Passphrase) == 0 {
		body := append([]byte(hex.EncodeToString(m[:])), '\n')
		return m, false, writePrivate(filepath.Join(cfg.Home, PlainFile), body)
	}
	body, err := sealMaster(m, cfg.Passphrase, cfg.ScryptLogN)
	if err != nil {
		return secret{}, false, err
	}
	return m, true, writePrivate(filepath.Join(cfg.Home, SealedFile), body)
}

func sealMaster(m secret, passphrase []byte, logN int) ([]byte, error) {
	r, err := age.NewScryptRecipient(string(passphrase))
	if err != nil {
		return nil, fmt.Errorf("seal the master key: %w", err)
	}
	if logN != 0 {
		r.SetWorkFactor(logN)
	}
	var out bytes.Buffer
	w, err := age.Encrypt(&out, r)
	if err != nil {
		return nil, fmt.Errorf("seal the master key: %w", err)
	}
	if _, err := w.Write(m[:]); err != nil {
		return nil, fmt.Errorf("seal the master key: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("seal the master key: %w", err)
	}
	return out.Bytes(), nil
}

func unsealMaster(path string, body, passphrase []byte) (secret, error) {
	if len(passphrase) == 0 {
		return secret{}, fmt.Errorf("%w: set CHIO_PASSPHRASE or answer the prompt to open %s", ErrPassphraseNeeded, path)
	}
	id, err := age.NewScryptIdentity(string(passphrase))
	if err != nil {
		return secret{}, fmt.Errorf("open %s: %w", path, err)
	}
	r, err := age.Decrypt(bytes.NewReader(body), id)
	if noMatch := new(age.NoIdentityMatchError); errors.As(err, &noMatch) {
		return secret{}, fmt.Errorf("%w in %s: check CHIO_PASSPHRASE or type it again", ErrPassphrase, path)
	}
	if err != nil {
		return secret{}, fmt.Errorf("%w: %s: %w", ErrMaster, path, err)
	}
	m, err := io.ReadAll(io.LimitReader(r, masterSize+1))
	if err != nil {
		return secret{}, fmt.Errorf("%w: %s: %w", ErrMaster, path, err)
	}
	if len(m) != masterSize {
		return secret{}, fmt.Errorf("%w: %s does not hold a master key", ErrMaster, path)
	}
	return secret(m), nil
}

func parsePlain(path string, body []byte) (secret, error) {
	m, err := hex.DecodeString(string(bytes.TrimSuffix(body, []byte("\n"))))
	if err != nil || len(m) != masterSize {
		return secret{}, fmt.Errorf("%w: %s does not hold 64 hex characters", ErrMaster, path)
	}
	return secret(m), nil
}

// derive returns the key for one purpose, so that no key has two uses.
func (s secret) derive(purpose string) (secret, error) {
	k, err := hkdf.Key(sha256.New, s[:], nil, purpose, masterSize)
	if err != nil {
		return secret{}, fmt.Errorf("derive a key for %s: %w", purpose, err)
	}
	return secret(k), nil
}

// readPrivate reads a small file that only its owner may read or write. The
// mode is that of the opened file, so it cannot be swapped in between.
func readPrivate(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > maxMasterFile {
		return nil, fmt.Errorf("%w: %s is not a small regular file", ErrMaster, path)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%w: %s has mode %04o: run chmod 600 on it", ErrPermissions, path, info.Mode().Perm())
	}
	return io.ReadAll(io.LimitReader(f, maxMasterFile))
}

// writePrivate writes a file that appears whole or not at all: temporary file,
// fsync, rename, fsync of the folder.
func writePrivate(path string, body []byte) error {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, ".master-*") // mode 0600
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer func() { _ = os.Remove(f.Name()) }() // gone already once renamed
	if _, err = f.Write(body); err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err == nil {
		err = syncDir(dir)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
