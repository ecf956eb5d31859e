package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"carriole/api/store"
)

// market is a marketplace whose service may be gone at any moment. It remembers what it was told.
type market struct {
	*town
	url func() string // of the service; empty: it is down
	rng *rand.Rand    // of one client alone

	http    *http.Client
	refs    int // that were given out
	name    string
	known   map[store.ID]map[string]store.Order // by sale and reference, what was acknowledged last
	unsure  []unsure
	tally   tally
	answers *atomic.Int64 // of all clients
}

// unsure is a request that was never answered and is not sent again. It may have been written, but then all of it.
type unsure struct {
	sale   store.ID
	orders []store.Order
	before map[string]store.Order // what was acknowledged of these, where anything was
}

// tally counts a client's requests.
type tally struct {
	Requests int `json:"requests"` // that were answered
	Broken   int `json:"broken"`   // that were not, when they were first sent
	Repeated int `json:"repeated"` // of these sent again until they were
	Replayed int `json:"replayed"` // of these found written already, by their key
}

func (t *tally) add(x tally) {
	t.Requests += x.Requests
	t.Broken += x.Broken
	t.Repeated += x.Repeated
	t.Replayed += x.Replayed
}

// errGone is a request without an answer.
var errGone = errors.New("the service is gone")

// call sends a request once. A status other than those of success is an error of its own.
func (m *market) call(ctx context.Context, method, path, key string, body []byte, into any) (replayed bool, err error) {
	base := m.url()
	if base == "" {
		return false, errGone
	}
	request, err := http.NewRequestWithContext(ctx, method, base+path, bytes.NewReader(body))
	if err != nil {
		return false, err
	}
	request.Header.Set("Authorization", "Bearer "+m.token)
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if key != "" {
		request.Header.Set("Idempotency-Key", key)
	}
	response, err := m.http.Do(request)
	if err == nil {
		defer response.Body.Close()
		body, err = io.ReadAll(response.Body)
	}
	switch {
	case ctx.Err() != nil:
		return false, ctx.Err()
	case err != nil:
		return false, fmt.Errorf("%w: %w", errGone, err)
	case response.StatusCode >= http.StatusMultipleChoices:
		return false, fmt.Errorf("%s %s: status %d: %s", method, path, response.StatusCode, body)
	}
	if into != nil {
		err = json.Unmarshal(body, into)
	}
	return response.Header.Get("Idempotent-Replayed") == "true", err
}

// insist sends a request until it is answered.
func (m *market) insist(ctx context.Context, method, path, key string, body []byte, into any) (replayed bool, err error) {
	for {
		replayed, err = m.call(ctx, method, path, key, body, into)
		if !errors.Is(err, errGone) {
			return replayed, err
		}
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// send sends some orders of a sale: new ones, others in the place of such as are known, and cancellations. When no answer
// comes it sends the same again until one does, or, once in four times, lets it be.
func (m *market) send(ctx context.Context, sale store.ID) error {
	known := m.known[sale]
	n := 1
	if m.rng.IntN(2) == 0 {
		n = 1 + m.rng.IntN(60)
	}
	var orders []store.Order
	named := map[string]bool{}
	refs := slices.Sorted(func(yield func(string) bool) {
		for ref := range known {
			if !yield(ref) {
				return
			}
		}
	})
	for range n {
		o := m.order(m.rng)
		if len(refs) > 0 && m.rng.IntN(4) == 0 {
			o.Ref = refs[m.rng.IntN(len(refs))]
			if m.rng.IntN(3) == 0 {
				o.PickupPoint, o.Lines = known[o.Ref].PickupPoint, nil
			}
		} else {
			o.Ref = fmt.Sprintf("%s-%d", m.name, m.refs)
			m.refs++
		}
		if !named[o.Ref] {
			named[o.Ref] = true
			orders = append(orders, o)
		}
	}
	before := map[string]store.Order{}
	for _, o := range orders {
		if x, ok := known[o.Ref]; ok {
			before[o.Ref] = x
		}
	}
	path, content, key := "/v1/sales/"+string(sale)+"/orders", body(orders), ""
	if m.rng.IntN(2) == 0 {
		key = fmt.Sprintf("%s-%d-%d", m.name, m.refs, m.rng.Uint64())
	}
	_, err := m.call(ctx, http.MethodPost, path, key, content, nil)
	if errors.Is(err, errGone) {
		m.tally.Broken++
		if m.rng.IntN(4) == 0 {
			m.unsure = append(m.unsure, unsure{sale, orders, before})
			for _, o := range orders {
				delete(known, o.Ref) // it is not sent again either
			}
			return nil
		}
		m.tally.Repeated++
		var replayed bool
		if replayed, err = m.insist(ctx, http.MethodPost, path, key, content, nil); replayed {
			m.tally.Replayed++
		}
	}
	if err != nil {
		return err
	}
	m.tally.Requests++
	m.answers.Add(1)
	if known == nil {
		known = map[string]store.Order{}
		m.known[sale] = known
	}
	for _, o := range orders {
		known[o.Ref] = o
	}
	return nil
}

// stored is an order as the service shows it.
type stored struct {
	Ref         string   `json:"ref"`
	PickupPoint store.ID `json:"pickup_point"`
	Lines       []struct {
		Product    store.ID `json:"product"`
		Quantity   float64  `json:"quantity"`
		PriceCents int64    `json:"price_cents"`
	} `json:"lines"`
}

func (s *stored) text() string {
	var b strings.Builder
	b.WriteString(string(s.PickupPoint))
	for _, l := range s.Lines {
		fmt.Fprintf(&b, " %s×%g/%d", l.Product, l.Quantity, l.PriceCents)
	}
	return b.String()
}

func textOf(o *store.Order) string {
	var b strings.Builder
	b.WriteString(string(o.PickupPoint))
	for _, l := range o.Lines {
		fmt.Fprintf(&b, " %s×%g/%d", l.Product, float64(l.QuantityMilli)/1000, *l.PriceCents)
	}
	return b.String()
}

// orders are those of a sale as the service shows them, and the references that it shows more than once.
func (m *market) orders(ctx context.Context, sale store.ID) (all map[string]string, twice []string, err error) {
	all = map[string]string{}
	for after := ""; ; {
		var page struct {
			Items []stored `json:"items"`
			Next  string   `json:"next"`
		}
		if _, err := m.insist(ctx, http.MethodGet, "/v1/orders?limit=500&sale="+string(sale)+"&after="+after, "", nil, &page); err != nil {
			return nil, nil, err
		}
		for i := range page.Items {
			o := &page.Items[i]
			if _, ok := all[o.Ref]; ok {
				twice = append(twice, o.Ref)
			}
			all[o.Ref] = o.text()
		}
		if after = page.Next; after == "" {
			return all, twice, nil
		}
	}
}

// compare says what is wrong with the orders of a sale, and how many requests without an answer were written.
func compare(markets []*market, sale store.ID, there map[string]string) (wrong []string, written int) {
	left := map[string]bool{}
	for ref := range there {
		left[ref] = true
	}
	for _, m := range markets {
		for ref, o := range m.known[sale] {
			delete(left, ref)
			switch got, ok := there[ref]; {
			case !ok:
				wrong = append(wrong, fmt.Sprintf("order %s was acknowledged and is not there", ref))
			case got != textOf(&o):
				wrong = append(wrong, fmt.Sprintf("order %s was acknowledged as %q and is %q", ref, textOf(&o), got))
			}
		}
		for _, u := range m.unsure {
			if u.sale != sale {
				continue
			}
			now, before := 0, 0
			for i := range u.orders {
				o := &u.orders[i]
				delete(left, o.Ref)
				got, there := there[o.Ref]
				old, was := u.before[o.Ref]
				if there && got == textOf(o) {
					now++
				}
				if there == was && (!was || got == textOf(&old)) {
					before++
				}
			}
			switch {
			case now == len(u.orders):
				written++
			case before != len(u.orders):
				wrong = append(wrong, fmt.Sprintf("a request of %d orders without an answer is written in part: %d are there, %d as before", len(u.orders), now, before))
			}
		}
	}
	for ref := range left {
		wrong = append(wrong, fmt.Sprintf("order %s is there and was never sent", ref))
	}
	return wrong, written
}
