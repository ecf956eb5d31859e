package roads

import (
	"bufio"
	"bytes"
	"compress/zlib"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"runtime"
	"sync"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
)

// The limits of the PBF format: https://wiki.openstreetmap.org/wiki/PBF_Format.
const (
	maxBlobHeader = 64 << 10
	maxBlob       = 32 << 20
)

// scanPBF reads an extract in PBF. Blocks are decoded side by side and handed over in the order of the file.
//
// The decoder of paulmach/osm indexes the file's string tables unchecked, in goroutines of its own: a damaged file would
// end the program. Here everything that a file says is checked, by the protobuf library's own wire reader.
func scanPBF(ctx context.Context, r io.Reader, want wanted, visit func(*batch) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type job struct {
		blob []byte
		at   int64
		done chan *batch
		err  error
	}
	workers := runtime.GOMAXPROCS(0)
	jobs, order := make(chan *job, workers), make(chan *job, 2*workers)
	var reading sync.WaitGroup
	defer reading.Wait()
	defer cancel()
	reading.Go(func() {
		defer close(order)
		defer close(jobs)
		err := readBlobs(r, func(blob []byte, at int64) bool {
			j := &job{blob: blob, at: at, done: make(chan *batch, 1)}
			for _, to := range []chan *job{order, jobs} {
				select {
				case to <- j:
				case <-ctx.Done():
					return false
				}
			}
			return true
		})
		if err != nil {
			select {
			case order <- &job{err: err}:
			case <-ctx.Done():
			}
		}
	})
	for range workers {
		reading.Go(func() {
			d := &blockDecoder{want: want}
			for j := range jobs {
				if ctx.Err() != nil {
					return
				}
				b, err := d.decode(j.blob)
				if err != nil {
					j.err = fmt.Errorf("the block at byte %d is damaged: %w", j.at, err)
				}
				j.done <- b
			}
		})
	}
	for j := range order {
		if j.done == nil {
			return j.err
		}
		select {
		case b := <-j.done:
			if j.err != nil {
				return j.err
			}
			if err := visit(b); err != nil {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return ctx.Err()
}

// readBlobs hands over the data blobs of a file, each with the byte at which it begins, until yield refuses one.
func readBlobs(r io.Reader, yield func(blob []byte, at int64) bool) error {
	in := bufio.NewReaderSize(r, 1<<20)
	for at, first := int64(0), true; ; first = false {
		kind, blob, size, err := readBlob(in, at)
		if err == io.EOF && !first {
			return nil
		}
		if err != nil {
			return err
		}
		if first != (kind == "OSMHeader") {
			return notPBF(at, fmt.Errorf("a blob of %q with %d bytes", kind, len(blob)))
		}
		if first {
			if _, err := readHeader(blob); err != nil {
				return err
			}
		} else if kind == "OSMData" && !yield(blob, at) {
			return nil
		}
		at += size
	}
}

// readBlob reads the blob at a byte of a file, io.EOF at the file's end, and says how many bytes it takes there.
func readBlob(in io.Reader, at int64) (kind string, blob []byte, size int64, err error) {
	var head [4]byte
	if _, err := io.ReadFull(in, head[:]); err == io.EOF && at > 0 {
		return "", nil, 0, io.EOF
	} else if err != nil {
		return "", nil, 0, notPBF(at, err)
	}
	n := binary.BigEndian.Uint32(head[:])
	if n > maxBlobHeader {
		return "", nil, 0, notPBF(at, fmt.Errorf("a blob header of %d bytes", n))
	}
	header := make([]byte, n)
	if _, err := io.ReadFull(in, header); err != nil {
		return "", nil, 0, notPBF(at, err)
	}
	length := int64(-1)
	if err := fields(header, func(f field) error {
		switch f.num {
		case 1:
			kind = string(f.bytes)
		case 3:
			length = int64(f.value)
		}
		return nil
	}); err != nil {
		return "", nil, 0, notPBF(at, err)
	}
	if length < 0 || length > maxBlob {
		return "", nil, 0, notPBF(at, fmt.Errorf("a blob of %q with %d bytes", kind, length))
	}
	blob = make([]byte, length)
	if _, err := io.ReadFull(in, blob); err != nil {
		return "", nil, 0, notPBF(at, err)
	}
	return kind, blob, 4 + int64(n) + length, nil
}

// dateOf is the day whose OpenStreetMap an extract has, where its header says so; else nothing.
func dateOf(r io.Reader) string {
	kind, blob, _, err := readBlob(r, 0)
	if err != nil || kind != "OSMHeader" {
		return ""
	}
	made, err := readHeader(blob)
	if err != nil || made.IsZero() {
		return ""
	}
	return made.UTC().Format(time.DateOnly)
}

func notPBF(at int64, err error) error {
	if err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF) {
		err = errors.New("the file ends")
	}
	return fmt.Errorf("not a whole OpenStreetMap PBF file, at byte %d: %w", at, err)
}

// readHeader refuses files that need what is not known here. made is the moment whose map the file has, where it says so.
func readHeader(blob []byte) (made time.Time, err error) {
	data, err := inflate(blob, nil)
	if err != nil {
		return made, notPBF(0, err)
	}
	err = fields(data, func(f field) error {
		switch s := string(f.bytes); f.num {
		case 4:
			if s != "OsmSchema-V0.6" && s != "DenseNodes" {
				return fmt.Errorf("the file needs the feature %q, which is not supported; convert it with osmium to a plain .osm.pbf", s)
			}
		case 32: // osmosis_replication_timestamp
			if f.value > 0 && f.value < 1<<40 {
				made = time.Unix(int64(f.value), 0)
			}
		}
		return nil
	})
	return made, err
}

// inflate gives the data of a blob, in buf where that is large enough.
func inflate(blob, buf []byte) ([]byte, error) {
	var raw, packed []byte
	size := int64(-1)
	err := fields(blob, func(f field) error {
		switch f.num {
		case 1:
			raw = f.bytes
		case 2:
			size = int64(f.value)
		case 3:
			packed = f.bytes
		case 4, 5, 6, 7:
			return errors.New("it is compressed otherwise than with zlib; convert the file with osmium")
		}
		return nil
	})
	switch {
	case err != nil:
		return nil, err
	case raw != nil:
		return raw, nil
	case packed == nil:
		return nil, errors.New("a blob without data")
	case size < 0 || size > maxBlob:
		return nil, fmt.Errorf("%d bytes of data", size)
	}
	z, err := zlib.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	defer z.Close()
	if int64(cap(buf)) < size {
		buf = make([]byte, size)
	}
	buf = buf[:size]
	if _, err := io.ReadFull(z, buf); err != nil {
		return nil, err
	}
	return buf, nil
}

// field is one field of a protobuf message: its bytes, or its value.
type field struct {
	num   protowire.Number
	bytes []byte
	value uint64
}

// fields visits the fields of a message.
func fields(b []byte, visit func(field) error) error {
	for len(b) > 0 {
		num, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			return protowire.ParseError(n)
		}
		b = b[n:]
		f := field{num: num}
		switch kind {
		case protowire.VarintType:
			f.value, n = protowire.ConsumeVarint(b)
		case protowire.BytesType:
			f.bytes, n = protowire.ConsumeBytes(b)
			if f.bytes == nil {
				f.bytes = []byte{}
			}
		default:
			n = protowire.ConsumeFieldValue(num, kind, b)
		}
		if n < 0 {
			return protowire.ParseError(n)
		}
		b = b[n:]
		if err := visit(f); err != nil {
			return err
		}
	}
	return nil
}

// varints is a packed list of numbers. After the last one it gives zeros and is bad.
type varints struct {
	b   []byte
	bad bool
}

func (v *varints) next() uint64 {
	x, n := protowire.ConsumeVarint(v.b)
	if n < 0 {
		v.b, v.bad = nil, true
		return 0
	}
	v.b = v.b[n:]
	return x
}

func (v *varints) delta() int64 { return protowire.DecodeZigZag(v.next()) }
func (v *varints) more() bool   { return len(v.b) > 0 }

var errLists = errors.New("lists that belong together differ in length")

// blockDecoder decodes the blocks of a file, one after the other.
type blockDecoder struct {
	want             wanted
	buf              []byte
	strings          []string
	granularity      int64
	latZero, lonZero int64
	tags             []tag
	out              *batch
}

// decode reads what is wanted of a block. The batch keeps nothing of the blob.
func (d *blockDecoder) decode(blob []byte) (*batch, error) {
	data, err := inflate(blob, d.buf)
	if err != nil {
		return nil, err
	}
	if cap(data) > cap(d.buf) {
		d.buf = data
	}
	d.out, d.strings = new(batch), d.strings[:0]
	d.granularity, d.latZero, d.lonZero = 100, 0, 0
	var groups [][]byte
	if err := fields(data, func(f field) error {
		switch f.num {
		case 1:
			return d.table(f.bytes)
		case 2:
			groups = append(groups, f.bytes)
		case 17:
			d.granularity = int64(int32(f.value))
		case 19:
			d.latZero = int64(f.value)
		case 20:
			d.lonZero = int64(f.value)
		}
		return nil
	}); err != nil {
		return nil, err
	}
	for _, g := range groups {
		if err := fields(g, func(f field) error {
			switch {
			case f.num == 1 && d.want.node != nil:
				return d.node(f.bytes)
			case f.num == 2 && d.want.node != nil:
				return d.dense(f.bytes)
			case f.num == 3 && d.want.way != nil:
				return d.way(f.bytes)
			case f.num == 4 && d.want.relation != nil:
				return d.relation(f.bytes)
			}
			return nil
		}); err != nil {
			return nil, err
		}
	}
	return d.out, nil
}

// table reads the strings of a block; they share one copy of its bytes.
func (d *blockDecoder) table(b []byte) error {
	if d.want.way == nil && d.want.relation == nil && d.want.node == nil {
		return nil
	}
	all := string(b)
	at := 0
	return fields(b, func(f field) error {
		if f.num != 1 || f.bytes == nil {
			return errors.New("the table of strings holds something else")
		}
		// The string ends where the next field begins: one tag byte, its length, itself.
		at += 1 + protowire.SizeBytes(len(f.bytes))
		if at > len(all) || at < len(f.bytes) || all[at-len(f.bytes):at] != string(f.bytes) {
			d.strings = append(d.strings, string(f.bytes))
			return nil
		}
		d.strings = append(d.strings, all[at-len(f.bytes):at])
		return nil
	})
}

func (d *blockDecoder) text(i uint64) (string, error) {
	if i >= uint64(len(d.strings)) {
		return "", fmt.Errorf("string %d of %d", i, len(d.strings))
	}
	return d.strings[i], nil
}

// pairs reads tags into d.tags.
func (d *blockDecoder) pairs(keys, values []byte) error {
	d.tags = d.tags[:0]
	k, v := varints{b: keys}, varints{b: values}
	for k.more() && v.more() {
		key, err := d.text(k.next())
		if err != nil {
			return err
		}
		value, err := d.text(v.next())
		if err != nil {
			return err
		}
		d.tags = append(d.tags, tag{key, value})
	}
	if k.more() || v.more() || k.bad || v.bad {
		return errLists
	}
	return nil
}

func (d *blockDecoder) add(id, lat, lon int64, tags []tag) error {
	if !d.want.node(id, tags) {
		return nil
	}
	// Units of the file are nanodegrees, ours 1e-7 degrees.
	n := node{id: id, lat: (d.latZero + d.granularity*lat) / 100, lon: (d.lonZero + d.granularity*lon) / 100}
	if n.lat < -90e7 || n.lat > 90e7 || n.lon < -180e7 || n.lon > 180e7 {
		return fmt.Errorf("node %d lies at %v, %v, off the globe", id, float64(n.lon)/1e7, float64(n.lat)/1e7)
	}
	n.tags = append([]tag(nil), tags...)
	d.out.nodes = append(d.out.nodes, n)
	return nil
}

func (d *blockDecoder) node(b []byte) error {
	var id, lat, lon int64
	var keys, values []byte
	if err := fields(b, func(f field) error {
		switch f.num {
		case 1:
			id = protowire.DecodeZigZag(f.value)
		case 2:
			keys = f.bytes
		case 3:
			values = f.bytes
		case 8:
			lat = protowire.DecodeZigZag(f.value)
		case 9:
			lon = protowire.DecodeZigZag(f.value)
		}
		return nil
	}); err != nil {
		return err
	}
	if err := d.pairs(keys, values); err != nil {
		return err
	}
	return d.add(id, lat, lon, d.tags)
}

func (d *blockDecoder) dense(b []byte) error {
	var ids, lats, lons, pairs varints
	if err := fields(b, func(f field) error {
		switch f.num {
		case 1:
			ids.b = f.bytes
		case 8:
			lats.b = f.bytes
		case 9:
			lons.b = f.bytes
		case 10:
			pairs.b = f.bytes
		}
		return nil
	}); err != nil {
		return err
	}
	var id, lat, lon int64
	for ids.more() {
		id, lat, lon = id+ids.delta(), lat+lats.delta(), lon+lons.delta()
		d.tags = d.tags[:0]
		for pairs.more() {
			k := pairs.next()
			if k == 0 {
				break
			}
			key, err := d.text(k)
			if err != nil {
				return err
			}
			value, err := d.text(pairs.next())
			if err != nil {
				return err
			}
			d.tags = append(d.tags, tag{key, value})
		}
		if ids.bad || lats.bad || lons.bad || pairs.bad {
			return errLists
		}
		if err := d.add(id, lat, lon, d.tags); err != nil {
			return err
		}
	}
	return nil
}

func (d *blockDecoder) way(b []byte) error {
	var w way
	var keys, values []byte
	var refs varints
	if err := fields(b, func(f field) error {
		switch f.num {
		case 1:
			w.id = int64(f.value)
		case 2:
			keys = f.bytes
		case 3:
			values = f.bytes
		case 8:
			refs.b = f.bytes
		}
		return nil
	}); err != nil {
		return err
	}
	if err := d.pairs(keys, values); err != nil {
		return err
	}
	if !d.want.way(w.id, d.tags) {
		return nil
	}
	w.refs = make([]int64, 0, len(refs.b)/2)
	for id := int64(0); refs.more(); {
		id += refs.delta()
		w.refs = append(w.refs, id)
	}
	if refs.bad {
		return errLists
	}
	w.tags = append([]tag(nil), d.tags...)
	d.out.ways = append(d.out.ways, w)
	return nil
}

func (d *blockDecoder) relation(b []byte) error {
	var r relation
	var keys, values []byte
	var roles, ids, kinds varints
	if err := fields(b, func(f field) error {
		switch f.num {
		case 1:
			r.id = int64(f.value)
		case 2:
			keys = f.bytes
		case 3:
			values = f.bytes
		case 8:
			roles.b = f.bytes
		case 9:
			ids.b = f.bytes
		case 10:
			kinds.b = f.bytes
		}
		return nil
	}); err != nil {
		return err
	}
	if err := d.pairs(keys, values); err != nil {
		return err
	}
	if !d.want.relation(d.tags) {
		return nil
	}
	for id := int64(0); ids.more(); {
		id += ids.delta()
		role, err := d.text(roles.next())
		if err != nil {
			return err
		}
		kind := kinds.next()
		if roles.bad || ids.bad || kinds.bad || kind > math.MaxUint8 {
			return errLists
		}
		r.members = append(r.members, member{kind: memberKind(kind), id: id, role: role})
	}
	r.tags = append([]tag(nil), d.tags...)
	d.out.relations = append(d.out.relations, r)
	return nil
}
