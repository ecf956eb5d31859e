package bench

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"

	"carriole/engine"
)

// Known is the best known of each week, by its Fingerprint: kept in a file from one run to the next.
type Known map[string]Best

// Best is the best known plan of a week, as engine.Check saw it.
type Best struct {
	Week       string  `json:"week"` // its name in the run that found it
	UnservedKg float64 `json:"unserved_kg"`
	Objective  float64 `json:"objective"`
	Seconds    float64 `json:"seconds"` // that the search was given
	Threads    int     `json:"threads"`
	Seed       uint64  `json:"seed"`
}

// Attempt is the best as an attempt to compare with.
func (b Best) Attempt() *Attempt {
	return &Attempt{Seed: b.Seed, Limit: b.Seconds, UnservedKg: b.UnservedKg, Objective: b.Objective}
}

// Fingerprint tells weeks apart whatever they are called.
func Fingerprint(week *engine.Week) (string, error) {
	text, err := json.Marshal(week)
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8]), err
}

// ReadKnown reads the file; without a file nothing is known.
func ReadKnown(file string) (Known, error) {
	k := Known{}
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return k, nil
	}
	if err != nil {
		return nil, err
	}
	return k, json.Unmarshal(text, &k)
}

// Keep takes an attempt over when it is better than what is known, and reports that.
func (k Known) Keep(fingerprint, name string, a *Attempt, threads int) bool {
	if old, ok := k[fingerprint]; ok && a.Compare(old.Attempt()) >= 0 {
		return false
	}
	k[fingerprint] = Best{name, a.UnservedKg, a.Objective, a.Limit, threads, a.Seed}
	return true
}

// Write writes the file.
func (k Known) Write(file string) error {
	text, err := json.MarshalIndent(k, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(text, '\n'), 0o644)
}
