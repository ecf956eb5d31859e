package store

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"time"
)

// How values that are no columns by themselves stand in one: each both scans and is an argument.

// stamp is a time in milliseconds; the zero time is null.
type stamp struct{ t *time.Time }

// Scan reads milliseconds since 1970.
func (s stamp) Scan(value any) error {
	switch v := value.(type) {
	case nil:
		*s.t = time.Time{}
	case int64:
		*s.t = time.UnixMilli(v).UTC()
	default:
		return fmt.Errorf("%T is no time", value)
	}
	return nil
}

// Value is milliseconds since 1970.
func (s stamp) Value() (driver.Value, error) {
	if s.t.IsZero() {
		return nil, nil
	}
	*s.t = s.t.UTC().Truncate(time.Millisecond)
	return s.t.UnixMilli(), nil
}

// milliseconds is a duration.
type milliseconds struct{ d *time.Duration }

// Scan reads milliseconds.
func (m milliseconds) Scan(value any) error {
	v, ok := value.(int64)
	if !ok {
		return fmt.Errorf("%T is no duration", value)
	}
	*m.d = time.Duration(v) * time.Millisecond
	return nil
}

// Value is milliseconds.
func (m milliseconds) Value() (driver.Value, error) {
	*m.d = m.d.Truncate(time.Millisecond)
	return m.d.Milliseconds(), nil
}

// optional is a text of which the empty one is null.
type optional[S ~string] struct{ s *S }

// Scan reads a text or null.
func (o optional[S]) Scan(value any) error {
	switch v := value.(type) {
	case nil:
		*o.s = ""
	case string:
		*o.s = S(v)
	default:
		return fmt.Errorf("%T is no text", value)
	}
	return nil
}

// Value is the text or null.
func (o optional[S]) Value() (driver.Value, error) {
	if *o.s == "" {
		return nil, nil
	}
	return string(*o.s), nil
}

// document is a value that is read and written as a whole, as JSON.
type document[T any] struct{ v *T }

// Scan reads JSON; the empty text is the zero value.
func (d document[T]) Scan(value any) error {
	s, ok := value.(string)
	if !ok {
		return fmt.Errorf("%T is no text", value)
	}
	var v T
	if s != "" {
		if err := json.Unmarshal([]byte(s), &v); err != nil {
			return err
		}
	}
	*d.v = v
	return nil
}

// Value is JSON.
func (d document[T]) Value() (driver.Value, error) {
	b, err := json.Marshal(d.v)
	return string(b), err
}

// longitude and latitude are the two columns of a point; both are null without one.
type (
	longitude struct{ p **Point }
	latitude  struct{ p **Point }
)

// Scan reads the longitude, which stands before the latitude.
func (l longitude) Scan(value any) error {
	*l.p = nil
	if v, ok := value.(int64); ok {
		*l.p = &Point{LonE7: v}
	}
	return nil
}

// Value is 1e-7 degrees or null.
func (l longitude) Value() (driver.Value, error) {
	if *l.p == nil {
		return nil, nil
	}
	return (*l.p).LonE7, nil
}

// Scan reads the latitude.
func (l latitude) Scan(value any) error {
	if v, ok := value.(int64); ok && *l.p != nil {
		(*l.p).LatE7 = v
	}
	return nil
}

// Value is 1e-7 degrees or null.
func (l latitude) Value() (driver.Value, error) {
	if *l.p == nil {
		return nil, nil
	}
	return (*l.p).LatE7, nil
}
