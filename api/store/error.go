package store

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Code says what kind of refusal an [Error] is.
type Code string

// The codes. Whatever else goes wrong (a broken connection, a full disk) comes as another error, wrapped.
const (
	NotFound Code = "not found" // the collective has no such row; another collective's is never found
	Conflict Code = "conflict"  // it contradicts what is there: a name in use, a row still referred to, a state that does not allow it
	Stale    Code = "stale"     // the row was changed since the version that the caller has
	Invalid  Code = "invalid"   // the input is wrong; Faults says where
)

// Error is what the store refuses. Nothing was written.
type Error struct {
	Code    Code
	Message string  // what is wrong and what would be right
	Faults  []Fault // of Invalid alone
}

// Fault is one thing wrong with an input.
type Fault struct {
	Path    string // as in orders[12].lines[0].product
	Message string
}

func (f Fault) String() string { return f.Path + ": " + f.Message }

func (e *Error) Error() string {
	const shown = 3
	var s strings.Builder
	s.WriteString(e.Message)
	for i, f := range e.Faults {
		if i == shown {
			fmt.Fprintf(&s, "; … %d faults in all", len(e.Faults))
			break
		}
		if s.Len() > 0 {
			s.WriteString("; ")
		}
		s.WriteString(f.String())
	}
	return s.String()
}

// Is lets errors.Is compare codes: errors.Is(err, &Error{Code: Stale}).
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code && t.Message == "" && t.Faults == nil
}

// IsNotFound tells the error that there is no such row.
func IsNotFound(err error) bool { return errors.Is(err, &Error{Code: NotFound}) }

func refuse(code Code, format string, args ...any) error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// mostFaults are kept of one input.
const mostFaults = 1000

// faults collects what is wrong with an input.
type faults struct {
	list []Fault
	more int
}

func (f *faults) add(path, format string, args ...any) {
	if len(f.list) >= mostFaults {
		f.more++
		return
	}
	f.list = append(f.list, Fault{path, fmt.Sprintf(format, args...)})
}

func (f *faults) err() error {
	if f.list == nil {
		return nil
	}
	e := &Error{Code: Invalid, Faults: f.list}
	if f.more > 0 {
		e.Message = fmt.Sprintf("%d faults, the first %d are listed", f.more+mostFaults, mostFaults)
	}
	return e
}

// mostText is the longest text of a field, in bytes.
const mostText = 2000

func (f *faults) text(path, s string) {
	if len(s) > mostText {
		f.add(path, "has %d bytes: at most %d are kept", len(s), mostText)
	}
	if strings.ContainsRune(s, 0) || !utf8.ValidString(s) {
		f.add(path, "is not text: it must be UTF-8 without zero bytes")
	}
}

func (f *faults) name(path, s string) {
	if strings.TrimSpace(s) == "" {
		f.add(path, "is empty: give it a name")
	}
	f.text(path, s)
}

// mostAmount bounds every amount: 1e12 grams, metres, cents are beyond what anybody means.
const mostAmount = 1_000_000_000_000

func (f *faults) amount(path string, x int64) {
	if x < 0 || x > mostAmount {
		f.add(path, "%d is not possible: it must be 0 or more, and no more than %d", x, int64(mostAmount))
	}
}

func (f *faults) optional(path string, x *int64) {
	if x != nil {
		f.amount(path, *x)
	}
}

// choice demands one of some words.
func choice[S ~string](f *faults, path string, s S, among ...S) {
	for _, a := range among {
		if s == a {
			return
		}
	}
	words := make([]string, len(among))
	for i, a := range among {
		words[i] = string(a)
	}
	f.add(path, "%q is not known: it must be one of %s", string(s), strings.Join(words, ", "))
}
