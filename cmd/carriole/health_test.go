package main

import "testing"

func TestDialable(t *testing.T) {
	for listen, want := range map[string]string{
		":8080": "127.0.0.1:8080", "0.0.0.0:80": "127.0.0.1:80", "[::]:80": "[::1]:80", "127.0.0.1:8080": "127.0.0.1:8080",
		"[2001:db8::1]:80": "[2001:db8::1]:80", "plan.example.org:80": "plan.example.org:80", "8080": "", "": "",
	} {
		if got, err := dialable(listen); got != want || (err == nil) != (want != "") {
			t.Errorf("%q: got %q, %v, want %q", listen, got, err, want)
		}
	}
}
