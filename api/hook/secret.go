package hook

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"

	"carriole/api/store"
)

const (
	secretBytes = 32
	shortestKey = 32
)

// secretText is a secret as Standard Webhooks writes it.
func secretText(secret []byte) string {
	return "whsec_" + base64.StdEncoding.EncodeToString(secret)
}

// newSealer is AES-256-GCM under a key of which any text is a part; nil without a key.
func newSealer(key string) (cipher.AEAD, error) {
	if key == "" {
		return nil, nil
	}
	if len(key) < shortestKey {
		return nil, fmt.Errorf("the key of webhook secrets has %d characters: it must have %d or more, as `openssl rand -base64 32` makes", len(key), shortestKey)
	}
	derived, err := hkdf.Key(sha256.New, []byte(key), nil, "carriole webhook secrets", 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(derived)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// The first byte of a secret in the store says how it is kept.
const (
	plain  = 0
	sealed = 1
)

// seal is a secret as the store keeps it. A sealed one opens for its webhook alone.
func (s *Service) seal(collective, webhook store.ID, secret []byte) []byte {
	if s.sealer == nil {
		return append([]byte{plain}, secret...)
	}
	return s.sealer.Seal([]byte{sealed}, nil, secret, owner(collective, webhook))
}

func (s *Service) open(collective, webhook store.ID, kept []byte) ([]byte, error) {
	switch {
	case len(kept) > 0 && kept[0] == plain:
		return kept[1:], nil
	case len(kept) == 0 || kept[0] != sealed:
		return nil, errors.New("the webhook's secret cannot be read: rotate it")
	case s.sealer == nil:
		return nil, errors.New("the webhook's secret is encrypted and no key is set: set the key, or rotate the secret")
	}
	secret, err := s.sealer.Open(nil, nil, kept[1:], owner(collective, webhook))
	if err != nil {
		return nil, errors.New("the webhook's secret is encrypted with another key: set that key, or rotate the secret")
	}
	return secret, nil
}

func owner(collective, webhook store.ID) []byte { return []byte(collective + "/" + webhook) }
