package store

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// fillMore adds what else a collective can have, a plan that is based on another among it.
func fillMore(t *testing.T, w world) {
	t.Helper()
	c, ctx := w.scope, t.Context()
	_, err := c.PutOrders(ctx, w.sale, w.orders("a", "b", "ü\u2028\"\\"))
	ok(t, err)
	first := Plan{Sale: w.sale}
	ok(t, c.SavePlan(ctx, &first, []byte(`{"week":1}`), []byte{0, 255, '\n'}))
	ok(t, c.SavePlan(ctx, &Plan{Sale: w.sale, BasedOn: first.ID, Figures: Figures{AddedM: 1 << 40}}, []byte("{}"), []byte{}))
	ok(t, c.CreateMember(ctx, &Member{Email: "a@example.org", Role: Reader}))
	_, err = c.CreateToken(ctx, &Token{Name: "t", Scope: ReadToken})
	ok(t, err)
	ok(t, c.CreateWay(ctx, &Way{Producer: w.producer, PickupPoint: w.point, Rides: []Ride{{Round: w.round}}}))
	ok(t, c.CreateSetting(ctx, &Setting{Name: OthersWithinM, Since: "2026-01-01", Reason: "registre"}))
	ok(t, c.Book(ctx, []Entry{{Producer: w.producer, Metres: -7}}))
	ok(t, c.NumberDeliveryNotes(ctx, w.sale, []Consigned{{w.producer, w.point}}))
	_, _, err = c.Once(ctx, "key", nil, func(*Scope) ([]byte, error) { return nil, nil })
	ok(t, err)
}

func backup(t *testing.T, s *Store) []byte {
	t.Helper()
	var b bytes.Buffer
	_, err := s.Backup(t.Context(), &b)
	ok(t, err)
	return b.Bytes()
}

// content is the lines of a backup but the first and the last, in an order of their own.
func content(t *testing.T, archive []byte) []string {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(unpack(t, archive), "\n"), "\n")
	lines = lines[1 : len(lines)-1]
	slices.Sort(lines)
	return lines
}

func unpack(t *testing.T, archive []byte) string {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(archive))
	ok(t, err)
	text, err := io.ReadAll(r)
	ok(t, err)
	return string(text)
}

// sealed is an archive of text with an end that says what is in it.
func sealed(text string) []byte {
	text = text[:strings.LastIndex(strings.TrimSuffix(text, "\n"), "\n")+1]
	rows := 0
	for line := range strings.Lines(text) {
		if line[0] == '[' {
			rows++
		}
	}
	return pack(fmt.Sprintf("%s{\"rows\":%d,\"sha256\":\"%x\"}\n", text, rows, sha256.Sum256([]byte(text))))
}

func pack(text string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	io.WriteString(w, text)
	w.Close()
	return b.Bytes()
}

// What one database has goes into any other, whole.
func TestBackup(t *testing.T) {
	for _, from := range databases {
		s := open(t, from.url(t, true))
		_, err := s.Migrate(t.Context())
		ok(t, err)
		for _, name := range []string{"one", "two"} {
			fillMore(t, fill(t, s, name))
		}
		archive := backup(t, s)
		want := content(t, archive)
		for _, into := range databases {
			t.Run(from.name+" into "+into.name, func(t *testing.T) {
				s := open(t, into.url(t, false))
				got, err := s.Restore(t.Context(), bytes.NewReader(archive), false)
				ok(t, err)
				if got.Collectives != 2 || got.Rows == 0 {
					t.Errorf("restored %+v", got)
				}
				if d := cmp.Diff(want, content(t, backup(t, s))); d != "" {
					t.Errorf("restored is other than backed up (-want +got):\n%s", d)
				}
				// It goes on as before.
				all, _, err := s.Collectives(t.Context(), Page{})
				ok(t, err)
				c := s.In(all[0].ID, "test")
				sales, _, err := c.Sales(t.Context(), SaleFilter{}, Page{})
				ok(t, err)
				points, _, err := c.PickupPoints(t.Context(), PickupPointFilter{}, Page{})
				ok(t, err)
				put, err := c.PutOrders(t.Context(), sales[0].ID, []Order{{Ref: "a", PickupPoint: points[0].ID}})
				if err != nil || put[0].Status != PutCancelled {
					t.Errorf("%v, %v", put, err)
				}
				// Once more is refused, unless what is there is to be replaced.
				_, err = s.Restore(t.Context(), bytes.NewReader(archive), false)
				is(t, err, Conflict)
				_, err = s.Restore(t.Context(), bytes.NewReader(archive), true)
				ok(t, err)
				if d := cmp.Diff(want, content(t, backup(t, s))); d != "" {
					t.Errorf("replaced is other than backed up (-want +got):\n%s", d)
				}
			})
		}
	}
}

// A backup of an earlier schema is brought up to date.
func TestRestoreEarlier(t *testing.T) {
	for _, database := range databases {
		t.Run(database.name, func(t *testing.T) {
			s := open(t, database.url(t, false))
			_, err := s.backend.migrate(t.Context(), 1, nil)
			ok(t, err)
			w := fill(t, s, "one")
			_, err = w.scope.PutOrders(t.Context(), w.sale, w.orders("a"))
			ok(t, err)
			archive := backup(t, s)
			if _, err := s.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			_, err = s.Restore(t.Context(), bytes.NewReader(archive), true)
			is(t, err, Conflict) // the schema cannot go back

			into := open(t, database.url(t, false))
			_, err = into.Restore(t.Context(), bytes.NewReader(archive), false)
			ok(t, err)
			ok(t, into.In(w.scope.Collective(), "test").SavePlan(t.Context(), &Plan{Sale: w.sale}, []byte("{}"), []byte("{}")))
			later := strings.Replace(unpack(t, archive), `"schema":1`, `"schema":999`, 1)
			_, err = open(t, database.url(t, false)).Restore(t.Context(), bytes.NewReader(sealed(later)), false)
			if e := is(t, err, Conflict); !strings.Contains(e.Message, "999") {
				t.Error(e)
			}
		})
	}
}

// A damaged backup changes nothing.
func TestRestoreDamaged(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		fillMore(t, fill(t, s, "there"))
		before := content(t, backup(t, s))
		archive := backup(t, s)
		text := unpack(t, archive)
		lines := strings.SplitAfter(text, "\n")
		row := slices.IndexFunc(lines, func(l string) bool { return strings.HasPrefix(l, "[") })
		without := func(i int) string { return strings.Join(slices.Delete(slices.Clone(lines), i, i+1), "") }
		flipped := slices.Clone(archive)
		flipped[len(flipped)/2] ^= 4
		for name, bad := range map[string][]byte{
			"nothing":                   nil,
			"no gzip":                   []byte("hello"),
			"no archive":                pack("hello\n"),
			"half":                      archive[:len(archive)/2],
			"a bit":                     flipped,
			"no end":                    pack(strings.Join(lines[:len(lines)-2], "")),
			"a row less":                pack(without(row)),
			"another value":             pack(strings.Replace(text, "Fraises", "Fraise5", 1)),
			"text after its end":        pack(text + "{}\n"),
			"another collective's row":  sealed(strings.Replace(text, lines[row], strings.Replace(lines[row], `["`, `["x`, 1), 1)),
			"a row of no table":         sealed(strings.Replace(text, lines[1], lines[1]+"[]\n", 1)),
			"a row that is too short":   sealed(strings.Replace(text, lines[row], "[]\n", 1)),
			"a table that is not known": sealed(strings.Replace(text, `{"table":"places"}`, `{"table":"places; drop"}`, 1)),
			"a column that is not":      sealed(strings.Replace(text, `"name":"profession"`, `"name":"pass"`, 1)),
			"another version":           sealed(strings.Replace(text, `"version":1`, `"version":2`, 1)),
		} {
			if _, err := s.Restore(t.Context(), bytes.NewReader(bad), true); err == nil {
				t.Errorf("%s: restored", name)
			} else {
				is(t, err, Invalid)
			}
			if d := cmp.Diff(before, content(t, backup(t, s))); d != "" {
				t.Fatalf("%s: the store has changed (-before +after):\n%s", name, d)
			}
		}
	})
}

// A backup that is made while orders come in has each bulk whole or not at all, and all that were acknowledged before it.
func TestBackupWhileWriting(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		w := fill(t, s, "one")
		const bulk, different = 20, 200
		var wait sync.WaitGroup
		defer wait.Wait()
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		first := make(chan struct{})
		var acknowledged atomic.Int64
		wait.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				var refs []string
				for k := range bulk {
					refs = append(refs, fmt.Sprintf("%d-%d", i%different, k))
				}
				if _, err := w.scope.PutOrders(t.Context(), w.sale, w.orders(refs...)); err != nil {
					t.Error(err)
				}
				if acknowledged.Add(1) == 1 {
					close(first)
				}
			}
		})
		<-first
		for range 5 {
			bulks := min(int(acknowledged.Load()), different)
			archive := backup(t, s)
			orders := 0
			place := ""
			for line := range strings.Lines(unpack(t, archive)) {
				if strings.HasPrefix(line, `{"table"`) {
					place = line
				} else if strings.Contains(place, `"orders"`) && strings.HasPrefix(line, "[") {
					orders++
				}
			}
			if orders%bulk != 0 || orders < bulks*bulk {
				t.Errorf("the backup has %d orders after %d bulks of %d", orders, bulks, bulk)
			}
		}
	})
}

func TestDeleteCollective(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		gone, stays := fill(t, s, "gone"), fill(t, s, "stays")
		fillMore(t, gone)
		fillMore(t, stays)
		before := dump(t, stays)
		n, err := s.DeleteCollective(t.Context(), gone.scope.Collective())
		if err != nil || n < 20 {
			t.Errorf("%d rows went, %v", n, err)
		}
		if left := dump(t, gone); len(left) > 0 {
			t.Errorf("left are %v", left)
		}
		if d := cmp.Diff(before, dump(t, stays)); d != "" {
			t.Errorf("another collective changed:\n%s", d)
		}
		_, err = s.DeleteCollective(t.Context(), gone.scope.Collective())
		is(t, err, NotFound)
	})
}

// Whatever a file has in it, restoring it ends with an error or without, and with a store that can be backed up.
func FuzzRestore(f *testing.F) {
	s, err := Open(f.Context(), "sqlite:"+filepath.Join(f.TempDir(), "store.db"))
	if err != nil {
		f.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Migrate(f.Context()); err != nil {
		f.Fatal(err)
	}
	if err := s.CreateCollective(f.Context(), &Collective{Name: "x"}, "test"); err != nil {
		f.Fatal(err)
	}
	var archive bytes.Buffer
	if _, err := s.Backup(f.Context(), &archive); err != nil {
		f.Fatal(err)
	}
	r, err := gzip.NewReader(&archive)
	if err != nil {
		f.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(text))
	f.Add(`{"archive":"carriole","version":1,"schema":1,"tables":[]}` + "\n" + `{"rows":0,"sha256":"x"}` + "\n")
	f.Fuzz(func(t *testing.T, text string) {
		for _, archive := range [][]byte{pack(text), sealed(text)} {
			s.Restore(t.Context(), bytes.NewReader(archive), true)
		}
		if _, err := s.Backup(t.Context(), io.Discard); err != nil {
			t.Error(err)
		}
	})
}
