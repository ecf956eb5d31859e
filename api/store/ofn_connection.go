package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"log/slog"
	"net/url"
	"regexp"
	"strings"
)

// Secret is a text that must be kept to be used, and is shown to nobody: printed, logged or written as JSON it is a dash.
type Secret string

const hidden = "—"

func (Secret) String() string { return hidden }

// GoString hides the secret from %#v.
func (Secret) GoString() string { return hidden }

// LogValue hides the secret from logs.
func (Secret) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalText hides the secret from documents.
func (Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// Reveal is the text itself.
func (s Secret) Reveal() string { return string(s) }

// OFNConnection is where a collective's order cycles in an Open Food Network are fetched from. Its receiver is the secret
// end of the address to which that network's webhooks go: they are not signed.
type OFNConnection struct {
	Row
	BaseURL               string // as in https://coopcircuits.fr; unique in the collective
	Token                 Secret // of the network's API; empty in an update: as it was
	Report                string // as in packing/customer
	Coordinator           int64  // the enterprise whose order cycles are taken; 0: all
	DistributionAfterDays int64  // the distribution is so many days after the day on which orders close
	PullAfterMin          int64  // orders are fetched so many minutes after they close
	CreateUnknown         bool   // producers, pickup points and products that are not known are created
	Active                bool
	receiver              []byte // hash
}

func (*OFNConnection) kind() kind {
	return kind{"connection", "ofn_connections",
		"base_url, token, receiver, report, coordinator, distribution_after_days, pull_after_min, create_unknown, active", "base_url"}
}

func (x *OFNConnection) fields() []any {
	return []any{&x.BaseURL, &x.Token, &x.receiver, &x.Report, &x.Coordinator, &x.DistributionAfterDays, &x.PullAfterMin, &x.CreateUnknown, &x.Active}
}

func (*OFNConnection) refs() []ref { return nil }

var reportPattern = regexp.MustCompile(`^[a-z_]{1,100}(/[a-z_]{1,100})?$`)

func (x *OFNConnection) check(f *faults) {
	x.BaseURL = strings.TrimRight(x.BaseURL, "/")
	u, err := url.Parse(x.BaseURL)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		f.add("base_url", "is no address: it must be like https://coopcircuits.fr")
	}
	f.text("base_url", x.BaseURL)
	f.text("token", string(x.Token))
	if !reportPattern.MatchString(x.Report) {
		f.add("report", "%q is no report: it must be like packing/customer", x.Report)
	}
	if x.Coordinator < 0 {
		f.add("coordinator", "%d is the id of no enterprise: it must be above 0, or 0 for all", x.Coordinator)
	}
	for _, limit := range []struct {
		path        string
		value, most int64
	}{{"distribution_after_days", x.DistributionAfterDays, 31}, {"pull_after_min", x.PullAfterMin, 7 * 24 * 60}} {
		if limit.value < 0 || limit.value > limit.most {
			f.add(limit.path, "%d is not between 0 and %d", limit.value, limit.most)
		}
	}
}

// A receiver's text says whose it is, as a token's does: ofn_COLLECTIVE_SECRET.
const receiverPrefix = "ofn_"

func (c *Scope) newReceiver() (text string, hash []byte) {
	text = receiverPrefix + string(c.collective) + "_" + strings.ToLower(rand.Text())
	_, hash, _ = parseReceiver(text)
	return text, hash
}

func parseReceiver(text string) (collective ID, hash []byte, ok bool) {
	rest, ok := strings.CutPrefix(text, receiverPrefix)
	id, secret, divided := strings.Cut(rest, "_")
	if !ok || !divided || !plain(id) || !plain(secret) {
		return "", nil, false
	}
	sum := sha256.Sum256([]byte(secret))
	return ID(id), sum[:], true
}

// CreateOFNConnection adds a connection and returns its receiver, which cannot be had again.
func (c *Scope) CreateOFNConnection(ctx context.Context, x *OFNConnection) (receiver string, err error) {
	receiver, x.receiver = c.newReceiver()
	if err := create(ctx, c, x); err != nil {
		return "", err
	}
	return receiver, nil
}

// RotateOFNReceiver gives a connection a new receiver and returns it; the old one is no longer answered.
func (c *Scope) RotateOFNReceiver(ctx context.Context, id ID) (receiver string, err error) {
	receiver, hash := c.newReceiver()
	err = c.write(ctx, func(t *tx) error {
		x, err := fetch[OFNConnection](ctx, t, id)
		if err != nil {
			return err
		}
		x.receiver = hash
		return change(ctx, t, x, "rotate", "")
	})
	if err != nil {
		return "", err
	}
	return receiver, nil
}

// OFNReceiver finds the collective and the active connection that a receiver is of.
func (s *Store) OFNReceiver(ctx context.Context, receiver string) (ID, *OFNConnection, error) {
	unknown := refuse(NotFound, "no connection has this receiver")
	collective, hash, ok := parseReceiver(receiver)
	if !ok {
		return "", nil, unknown
	}
	var x *OFNConnection
	err := s.In(collective, "").read(ctx, func(t *tx) error {
		found, err := query[OFNConnection](ctx, t, `collective = $1 and receiver = $2`, string(collective), hash)
		if err != nil {
			return err
		}
		if len(found) == 0 || !found[0].Active {
			return unknown
		}
		x = &found[0]
		return nil
	})
	if err != nil {
		return "", nil, err
	}
	return collective, x, nil
}

// OFNConnection is a connection by id.
func (c *Scope) OFNConnection(ctx context.Context, id ID) (*OFNConnection, error) {
	return get[OFNConnection](ctx, c, id)
}

// OFNConnections lists connections.
func (c *Scope) OFNConnections(ctx context.Context, page Page) ([]OFNConnection, Cursor, error) {
	return list[OFNConnection](ctx, c, page, conditions{})
}

// UpdateOFNConnection changes a connection; its receiver stays, and so does the token when none is given.
func (c *Scope) UpdateOFNConnection(ctx context.Context, x *OFNConnection) error {
	if err := checked(x); err != nil {
		return err
	}
	return c.write(ctx, func(t *tx) error {
		before, err := fetch[OFNConnection](ctx, t, x.ID)
		if err != nil {
			return err
		}
		x.receiver = before.receiver
		if x.Token == "" {
			x.Token = before.Token
		}
		return change(ctx, t, x, "update", "")
	})
}

// DeleteOFNConnection removes a connection.
func (c *Scope) DeleteOFNConnection(ctx context.Context, id ID, version int64) error {
	return remove[OFNConnection](ctx, c, id, version)
}
