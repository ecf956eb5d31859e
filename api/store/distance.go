package store

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"time"
)

// Distances are the ways between points of a collective by one source, in the order in which the points came.
type Distances []DistancePoint

// DistancePoint is a point with its ways to and from those before it.
type DistancePoint struct {
	At   Point
	Lost bool     // the source knows no road near it, or none that leads to the others: it has no ways
	Ways []Return // by the number of the point before, zero where that is lost
}

// Return is the way from a point to an earlier one and back, in whole metres and seconds.
type Return struct{ Metres, Seconds, MetresBack, SecondsBack uint32 }

// Between is the metres and seconds from one point to another, by their numbers. Neither may be lost.
func (d Distances) Between(from, to int) (metres, seconds uint32) {
	switch {
	case from > to:
		w := &d[from].Ways[to]
		return w.Metres, w.Seconds
	case from < to:
		w := &d[to].Ways[from]
		return w.MetresBack, w.SecondsBack
	}
	return 0, 0
}

// encode packs ways: mostly the way back is about as long as the way there, so that it takes a byte or two.
func (p *DistancePoint) encode() []byte {
	b := make([]byte, 0, 8*len(p.Ways))
	for _, w := range p.Ways {
		b = binary.AppendUvarint(b, uint64(w.Metres))
		b = binary.AppendVarint(b, int64(w.MetresBack)-int64(w.Metres))
		b = binary.AppendUvarint(b, uint64(w.Seconds))
		b = binary.AppendVarint(b, int64(w.SecondsBack)-int64(w.Seconds))
	}
	return b
}

// decode unpacks the ways to n points.
func (p *DistancePoint) decode(b []byte, n int) error {
	if p.Lost {
		return nil
	}
	p.Ways = make([]Return, n)
	whole := true
	take := func(signed bool) (x int64) {
		var size int
		if signed {
			x, size = binary.Varint(b)
		} else {
			var u uint64
			u, size = binary.Uvarint(b)
			x = int64(u)
		}
		if size <= 0 {
			whole = false
			return 0
		}
		b = b[size:]
		return x
	}
	for i := range p.Ways {
		w := &p.Ways[i]
		metres, back := take(false), take(true)
		seconds, secondsBack := take(false), take(true)
		*w = Return{uint32(metres), uint32(seconds), uint32(metres + back), uint32(seconds + secondsBack)}
	}
	if !whole || len(b) > 0 {
		return errors.New("the ways of a point are damaged")
	}
	return nil
}

func distanceKind() kind { return kind{noun: "distance", table: "distances", unique: "point"} }

// mostSource is the longest name of a source.
const mostSource = 2000

// Distances reads the ways that are known by a source; none where it is new.
func (c *Scope) Distances(ctx context.Context, source string) (Distances, error) {
	var out Distances
	err := c.read(ctx, func(t *tx) error {
		out = nil
		return t.each(ctx, func(row *sql.Rows) error {
			var p DistancePoint
			var b []byte
			if err := row.Scan(&p.At.LonE7, &p.At.LatE7, &p.Lost, &b); err != nil {
				return err
			}
			err := p.decode(b, len(out))
			out = append(out, p)
			return err
		}, `select d.lon_e7, d.lat_e7, d.lost, d.ways from distances d join distance_sources s on s.collective = d.collective and s.id = d.source
			where d.collective = $1 and s.source = $2 order by d.n`, string(c.collective), source)
	})
	return out, err
}

// AddDistances adds points after those that are known by a source, each with its ways to all before it. Where others have added
// points meanwhile that is a conflict, and nothing is added.
func (c *Scope) AddDistances(ctx context.Context, source string, known int, points []DistancePoint) error {
	var f faults
	if source == "" || len(source) > mostSource {
		f.add("source", "has %d bytes: it must have 1 to %d", len(source), mostSource)
	}
	for i := range points {
		p := &points[i]
		p.At.check(&f, fmt.Sprintf("points[%d]", i))
		if n := known + i; !p.Lost && len(p.Ways) != n {
			f.add(fmt.Sprintf("points[%d].ways", i), "there are %d, for %d points before", len(p.Ways), n)
		}
	}
	if err := f.err(); err != nil {
		return err
	}
	return c.write(ctx, func(t *tx) error {
		id, err := t.distanceSource(ctx, source)
		if err != nil {
			return err
		}
		var n int
		if err := t.QueryRowContext(ctx, `select count(*) from distances where collective = $1 and source = $2`, string(t.collective), string(id)).Scan(&n); err != nil {
			return fmt.Errorf("store: reading distances: %w", err)
		}
		if n != known {
			return refuse(Conflict, "there are ways of %d points, not of %d: read them again", n, known)
		}
		for i := range points {
			p := &points[i]
			if _, err := t.exec(ctx, distanceKind(), `insert into distances (collective, source, n, lon_e7, lat_e7, lost, ways) values ($1, $2, $3, $4, $5, $6, $7)`,
				&t.collective, &id, int64(known+i), p.At.LonE7, p.At.LatE7, p.Lost, p.encode()); err != nil {
				return err
			}
		}
		return nil
	})
}

// distanceSource is the id of a source, which is held until the transaction's end and made where it is new.
func (t *tx) distanceSource(ctx context.Context, source string) (id ID, err error) {
	if _, err := t.exec(ctx, distanceKind(), `insert into distance_sources (collective, id, source, used) values ($1, $2, $3, $4)
		on conflict (source, collective) do update set used = excluded.used`, &t.collective, string(newID()), source, stamp{&t.now}); err != nil {
		return "", err
	}
	err = t.QueryRowContext(ctx, `select id from distance_sources where collective = $1 and source = $2`, string(t.collective), source).Scan(&id)
	if err != nil {
		err = fmt.Errorf("store: reading distance_sources: %w", err)
	}
	return id, err
}

// KeepDistances notes that a source is in use, empty for none, and removes the ways of those that were last so before a moment.
func (c *Scope) KeepDistances(ctx context.Context, source string, before time.Time) error {
	return c.write(ctx, func(t *tx) error {
		if source != "" {
			if _, err := t.exec(ctx, distanceKind(), `update distance_sources set used = $1 where collective = $2 and source = $3`, stamp{&t.now}, &t.collective, source); err != nil {
				return err
			}
		}
		_, err := t.exec(ctx, distanceKind(), `delete from distance_sources where collective = $1 and used < $2 and source <> $3`, &t.collective, stamp{&before}, source)
		return err
	})
}

// DropDistances removes the ways of a source: they are computed anew.
func (c *Scope) DropDistances(ctx context.Context, source string) error {
	return c.write(ctx, func(t *tx) error {
		_, err := t.exec(ctx, distanceKind(), `delete from distance_sources where collective = $1 and source = $2`, &t.collective, source)
		return err
	})
}
