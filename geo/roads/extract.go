package roads

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"

	"github.com/paulmach/osm"
	"github.com/paulmach/osm/osmxml"
)

// What a file holds, in the terms of OpenStreetMap. Coordinates are 1e-7 degrees.
type (
	tag  struct{ key, value string }
	node struct {
		id       int64
		lon, lat int64
		tags     []tag
	}
	way struct {
		id   int64
		refs []int64
		tags []tag
	}
	memberKind uint8
	member     struct {
		kind memberKind
		id   int64
		role string
	}
	relation struct {
		id      int64
		tags    []tag
		members []member
	}
	batch struct {
		nodes     []node
		ways      []way
		relations []relation
	}
)

const (
	nodeMember memberKind = iota
	wayMember
	relationMember
)

func value(tags []tag, key string) string {
	for _, t := range tags {
		if t.key == key {
			return t.value
		}
	}
	return ""
}

// wanted says what of a file is handed over; nothing of a kind whose function is nil. The functions are called from
// several goroutines and must not keep the tags.
type wanted struct {
	node     func(id int64, tags []tag) bool
	way      func(id int64, tags []tag) bool
	relation func(tags []tag) bool
}

// extract is a file of OpenStreetMap. What XML holds is read once and kept, since reading it is slow and such files are
// small; PBF is read again for each scan.
type extract struct {
	open  func() (io.ReadCloser, error)
	whole *batch
}

func extractOf(file string) *extract {
	return &extract{open: func() (io.ReadCloser, error) { return os.Open(file) }}
}

// scan reads the file and hands over what is wanted, in the order of the file. The format shows in its first bytes: PBF,
// or XML, plain or packed with gzip or bzip2.
func (x *extract) scan(ctx context.Context, want wanted, visit func(*batch) error) error {
	if x.whole != nil {
		return visit(x.whole.only(want))
	}
	f, err := x.open()
	if err != nil {
		return err
	}
	defer f.Close()
	if x.whole, err = scanReader(ctx, f, want, visit); err != nil {
		return err
	}
	if x.whole != nil {
		return visit(x.whole.only(want))
	}
	return nil
}

// only is what is wanted of a batch.
func (b *batch) only(want wanted) *batch {
	out := new(batch)
	for i := range b.nodes {
		if n := &b.nodes[i]; want.node != nil && want.node(n.id, n.tags) {
			out.nodes = append(out.nodes, *n)
		}
	}
	for i := range b.ways {
		if w := &b.ways[i]; want.way != nil && want.way(w.id, w.tags) {
			out.ways = append(out.ways, *w)
		}
	}
	for i := range b.relations {
		if r := &b.relations[i]; want.relation != nil && want.relation(r.tags) {
			out.relations = append(out.relations, *r)
		}
	}
	return out
}

// scanReader visits what is wanted of a PBF, and gives all of an XML document instead.
func scanReader(ctx context.Context, r io.Reader, want wanted, visit func(*batch) error) (*batch, error) {
	in := bufio.NewReaderSize(r, 1<<16)
	head, err := in.Peek(4)
	if err != nil && err != io.EOF {
		return nil, err
	}
	text := bytes.TrimLeft(head, "\xef\xbb\xbf \t\r\n")
	switch {
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		z, err := gzip.NewReader(in)
		if err != nil {
			return nil, err
		}
		return readXML(ctx, z)
	case bytes.HasPrefix(head, []byte("BZh")):
		return readXML(ctx, bzip2.NewReader(in))
	case len(text) == 0 || text[0] == '<':
		return readXML(ctx, in)
	}
	return nil, scanPBF(ctx, in, want, visit)
}

// readXML reads all of an extract in XML.
func readXML(ctx context.Context, r io.Reader) (*batch, error) {
	s := osmxml.New(ctx, r)
	defer s.Close()
	b := new(batch)
	elements := 0
	kinds := map[osm.Type]memberKind{osm.TypeNode: nodeMember, osm.TypeWay: wayMember, osm.TypeRelation: relationMember}
	for ; s.Scan(); elements++ {
		switch o := s.Object().(type) {
		case *osm.Node:
			if !(math.Abs(o.Lat) <= 90 && math.Abs(o.Lon) <= 180) {
				return nil, fmt.Errorf("node %d lies at %v, %v, off the globe", o.ID, o.Lon, o.Lat)
			}
			b.nodes = append(b.nodes, node{int64(o.ID), int64(math.Round(o.Lon * 1e7)), int64(math.Round(o.Lat * 1e7)), tagsOf(o.Tags)})
		case *osm.Way:
			refs := make([]int64, len(o.Nodes))
			for i := range o.Nodes {
				refs[i] = int64(o.Nodes[i].ID)
			}
			b.ways = append(b.ways, way{int64(o.ID), refs, tagsOf(o.Tags)})
		case *osm.Relation:
			r := relation{id: int64(o.ID), tags: tagsOf(o.Tags)}
			for _, m := range o.Members {
				if kind, ok := kinds[m.Type]; ok {
					r.members = append(r.members, member{kind, m.Ref, m.Role})
				}
			}
			b.relations = append(b.relations, r)
		}
	}
	if err := s.Err(); err != nil {
		return nil, fmt.Errorf("after %d elements: %w", elements, err)
	}
	if elements == 0 {
		return nil, errors.New("no OpenStreetMap extract: neither PBF nor XML with nodes and ways")
	}
	return b, nil
}

func tagsOf(in osm.Tags) []tag {
	if len(in) == 0 {
		return nil
	}
	out := make([]tag, len(in))
	for i, t := range in {
		out[i] = tag{t.Key, t.Value}
	}
	return out
}
