package vc_test

import (
	"errors"
	"testing"

	"github.com/backbay-labs/chio-node/vc"
)

func TestStatusListRefusals(t *testing.T) {
	small, err := vc.EncodeList(make([]byte, vc.ListBits/8-1))
	if err != nil {
		t.Fatal(err)
	}
	bomb, err := vc.EncodeList(make([]byte, 2<<20))
	if err != nil {
		t.Fatal(err)
	}
	good, err := vc.EncodeList(make([]byte, vc.ListBits/8))
	if err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]string{
		"empty": "", "no prefix": good[1:], "padded": good + "=", "cut": good[:len(good)-8], "not gzip": "uAAAA",
		"too few bits": small, "too many bits": bomb, "standard alphabet": "u+/+/",
	} {
		if _, err := vc.DecodeList(s); !errors.Is(err, vc.ErrStatusList) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if bits, err := vc.DecodeList(good); err != nil || len(bits) != vc.ListBits/8 {
		t.Errorf("control: %v", err)
	}
	again, err := vc.EncodeList(make([]byte, vc.ListBits/8))
	if err != nil || again != good {
		t.Error("encoding is not deterministic")
	}
}
