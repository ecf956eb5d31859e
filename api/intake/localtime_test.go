package intake

import (
	"testing"
	"time"
)

func TestLocalTime(t *testing.T) {
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"2026-11-26 16:30:00":       "2026-11-26T15:30:00Z",
		"2026-07-02 16:30":          "2026-07-02T14:30:00Z",
		"26/11/2026 16:30":          "2026-11-26T15:30:00Z",
		"26/11/2026 16h30":          "2026-11-26T15:30:00Z",
		"2026-11-26T16:30:00+02:00": "2026-11-26T14:30:00Z",
		"2026-11-26T16:30:00Z":      "2026-11-26T16:30:00Z",
		// Summer time ends on Sunday 25 October: 2:30 comes twice, and begins on Sunday 29 March: 2:30 does not come.
		"2026-10-25 01:59": "2026-10-24T23:59:00Z",
		"2026-10-25 02:30": "2026-10-25T00:30:00Z",
		"2026-10-25 03:00": "2026-10-25T02:00:00Z",
		"2026-10-24 23:59": "2026-10-24T21:59:00Z",
		"2026-10-25 23:59": "2026-10-25T22:59:00Z",
		"2026-03-29 01:59": "2026-03-29T00:59:00Z",
		"2026-03-29 02:30": "2026-03-29T01:30:00Z",
		"2026-03-29 03:00": "2026-03-29T01:00:00Z",
		"2026-03-28 23:59": "2026-03-28T22:59:00Z",
	} {
		got, err := LocalTime(text, paris)
		if err != nil || got.UTC().Format(time.RFC3339) != want {
			t.Errorf("%s is %s, %v, want %s", text, got.UTC().Format(time.RFC3339), err, want)
		}
	}
	for _, wrong := range []string{"", "demain", "2026-02-30 10:00", "26/13/2026 10:00", "2026-11-26"} {
		if got, err := LocalTime(wrong, paris); err == nil {
			t.Errorf("%q is read as %s", wrong, got)
		}
	}
	for text, want := range map[string]string{"2026-11-26": "2026-11-26", "26/11/2026": "2026-11-26", "1/2/2026": "2026-02-01", "26.11.26": "2026-11-26",
		"jeudi 26 novembre 2026": "2026-11-26", "1er décembre 2026": "2026-12-01", "2026-11-25T23:30:00Z": "2026-11-26", "30/02/2026": "", "bientôt": ""} {
		got, err := localDay(text, paris)
		if string(got) != want || (err == nil) != (want != "") {
			t.Errorf("%s is the day %q, %v, want %q", text, got, err, want)
		}
	}
}
