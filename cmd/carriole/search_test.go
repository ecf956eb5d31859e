package main

import (
	"strings"
	"testing"

	"carriole/engine"
	"carriole/engine/view"
)

func TestProgressLine(t *testing.T) {
	state := engine.Progress{Objective: 123456, UnservedKg: 7.25, Share: 0.5}
	tests := []struct {
		lang view.Lang
		want string
	}{
		{view.English, "\r\x1b[K 50 %  best so far: 123.5 km, 7.2 kg unserved\r\x1b[K"},
		{view.French, "\r\x1b[K 50 %  meilleur plan : 123,5 km, 7,2 kg non livrés\r\x1b[K"},
	}
	for _, test := range tests {
		var b strings.Builder
		l := progressLine{w: &b, lang: test.lang}
		l.draw(state)
		l.clear()
		if b.String() != test.want {
			t.Errorf("got %q, want %q", b.String(), test.want)
		}
	}
}
