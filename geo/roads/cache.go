package roads

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
)

// A cache is a prepared network beside its extract: a line of text that says what it is, the size and the checksum of
// the extract, the parts as counted lists of 32-bit numbers (little-endian), the checksum of all that.
//
// cacheFormat changes with anything that makes another network of the same extract: the layout, the rules, the method.
const cacheFormat = "carriole roads 1 "

// CacheFile is where the prepared network of an extract is kept.
func CacheFile(file string, opt Options) string {
	return file + "." + opt.measure() + ".roads"
}

func (o Options) measure() string {
	if o.Shortest {
		return "shortest"
	}
	return "fastest"
}

// Open gives the network of an extract from the cache beside it, or builds it and writes the cache. A cache that is
// damaged, or not of this version or this extract, is made anew. The network is whole even where the cache cannot be
// written: then the error is an [*Unkept] beside it.
func Open(ctx context.Context, file string, opt Options) (*Network, error) {
	stamp, err := stampOf(file)
	if err != nil {
		return nil, err
	}
	cache := CacheFile(file, opt)
	n, err := readCache(cache, stamp, opt)
	if err == nil {
		n.stamp = stamp
		return n, nil
	}
	if n, err = Build(ctx, file, opt); err != nil {
		return nil, err
	}
	n.stamp = stamp
	if err := n.writeCache(cache, stamp, opt); err != nil {
		return n, &Unkept{cache, err}
	}
	return n, nil
}

// Unkept says that a network had to be built and could not be kept: the next one is built again.
type Unkept struct {
	File string
	Err  error
}

func (u *Unkept) Error() string {
	return fmt.Sprintf("the prepared roads cannot be kept in %s: %v", u.File, u.Err)
}

// Unwrap gives the reason.
func (u *Unkept) Unwrap() error { return u.Err }

// stamp tells extracts apart.
type stamp struct {
	size int64
	sum  uint32
	date string // see dateOf; not part of what tells them apart
}

func castagnoli() hash.Hash32 { return crc32.New(crc32.MakeTable(crc32.Castagnoli)) }

func stampOf(file string) (s stamp, err error) {
	f, err := os.Open(file)
	if err != nil {
		return s, err
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return s, errors.Join(err, fmt.Errorf("%s is not a file", file))
	}
	s.date = dateOf(f)
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return s, err
	}
	sum := castagnoli()
	s.size, err = io.CopyBuffer(struct{ io.Writer }{sum}, struct{ io.Reader }{f}, make([]byte, 1<<20))
	s.sum = sum.Sum32()
	return s, err
}

// version is the same for the same extract, prepared by the same rules.
func (s stamp) version() string {
	if s == (stamp{}) {
		return ""
	}
	return fmt.Sprintf("%s%d-%08x", strings.ReplaceAll(strings.TrimPrefix(cacheFormat, "carriole roads "), " ", "-"), s.size, s.sum)
}

// header is the first line of a cache.
func (s stamp) header(opt Options) string {
	return fmt.Sprintf("%s%s, of %d bytes with checksum %08x\n", cacheFormat, opt.measure(), s.size, s.sum)
}

// parts visits all lists of a network, to write or to read them.
func (n *Network) parts(ints func(*[]int32), words func(*[]uint32), arcs func(*[]arc)) {
	ints(&n.lines)
	words(&n.begin)
	words(&n.length)
	words(&n.time[0])
	words(&n.time[1])
	ints(&n.heads)
	words(&n.tails.begin)
	ints(&n.tails.items)
	ints(&n.stops)
	ints(&n.tree.boxes)
	words(&n.ch.upBegin)
	words(&n.ch.downBegin)
	arcs(&n.ch.up)
	arcs(&n.ch.down)
}

// writeCache replaces a cache as a whole.
func (n *Network) writeCache(file string, s stamp, opt Options) (err error) {
	f, err := os.CreateTemp(filepath.Dir(file), "."+filepath.Base(file)+".*.tmp")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	if err = f.Chmod(0o644); err != nil {
		return err
	}
	w := &cacheWriter{to: bufio.NewWriterSize(f, 1<<20), sum: castagnoli()}
	w.write([]byte(s.header(opt)))
	n.parts(
		func(list *[]int32) {
			writeList(w, *list, 4, func(b []byte, x int32) { binary.LittleEndian.PutUint32(b, uint32(x)) })
		},
		func(list *[]uint32) { writeList(w, *list, 4, binary.LittleEndian.PutUint32) },
		func(list *[]arc) { writeList(w, *list, 16, putArc) })
	w.write(binary.LittleEndian.AppendUint32(nil, w.sum.Sum32()))
	if err = errors.Join(w.err, w.to.Flush()); err != nil {
		return err
	}
	if err = f.Sync(); err != nil {
		return err
	}
	if err = f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), file)
}

func putArc(b []byte, a arc) {
	binary.LittleEndian.PutUint32(b, uint32(a.to))
	binary.LittleEndian.PutUint32(b[4:], uint32(a.via))
	binary.LittleEndian.PutUint32(b[8:], a.high)
	binary.LittleEndian.PutUint32(b[12:], a.low)
}

func getArc(b []byte) arc {
	return arc{int32(binary.LittleEndian.Uint32(b)), int32(binary.LittleEndian.Uint32(b[4:])), binary.LittleEndian.Uint32(b[8:]), binary.LittleEndian.Uint32(b[12:])}
}

type cacheWriter struct {
	to  *bufio.Writer
	sum hash.Hash32
	err error
}

func (w *cacheWriter) write(b []byte) {
	w.sum.Write(b)
	if _, err := w.to.Write(b); w.err == nil {
		w.err = err
	}
}

const chunk = 1 << 14 // items that are converted at once

func writeList[T any](w *cacheWriter, list []T, size int, put func([]byte, T)) {
	w.write(binary.LittleEndian.AppendUint64(nil, uint64(len(list))))
	buf := make([]byte, min(chunk, len(list))*size)
	for len(list) > 0 {
		k := min(chunk, len(list))
		for i, x := range list[:k] {
			put(buf[i*size:], x)
		}
		w.write(buf[:k*size])
		list = list[k:]
	}
}

var errStale = errors.New("the cache is of another extract or another version")

// readCache reads a cache; the error says why it is none.
func readCache(file string, s stamp, opt Options) (*Network, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	return decodeCache(f, info.Size(), s, opt)
}

func decodeCache(in io.Reader, size int64, s stamp, opt Options) (*Network, error) {
	r := &cacheReader{from: in, left: size, sum: castagnoli()}
	head := s.header(opt)
	if string(r.read(len(head))) != head {
		return nil, errStale
	}
	n := &Network{shortest: opt.Shortest, tree: new(boxTree), ch: new(hierarchy)}
	n.setLimit(opt)
	n.parts(
		func(list *[]int32) {
			readList(r, list, 4, func(b []byte) int32 { return int32(binary.LittleEndian.Uint32(b)) })
		},
		func(list *[]uint32) { readList(r, list, 4, binary.LittleEndian.Uint32) },
		func(list *[]arc) { readList(r, list, 16, getArc) })
	sum := r.sum.Sum32()
	if stored := r.read(4); r.err == nil && binary.LittleEndian.Uint32(stored) != sum {
		r.err = errors.New("the checksum of the cache is wrong")
	}
	if r.err != nil {
		return nil, r.err
	}
	n.tree = &boxTree{boxes: n.tree.boxes, levels: levelsOf(len(n.stops))}
	return n, nil
}

type cacheReader struct {
	from io.Reader
	left int64
	sum  hash.Hash32
	buf  []byte
	err  error
}

// read gives the next bytes, valid until the next call; zeros after an error.
func (r *cacheReader) read(n int) []byte {
	if cap(r.buf) < n {
		r.buf = make([]byte, n)
	}
	b := r.buf[:n]
	if r.err == nil {
		r.left -= int64(n)
		if _, r.err = io.ReadFull(r.from, b); r.err == nil {
			r.sum.Write(b)
			return b
		}
	}
	clear(b)
	return b
}

func readList[T any](r *cacheReader, list *[]T, size int, get func([]byte) T) {
	n := binary.LittleEndian.Uint64(r.read(8))
	if n > math.MaxInt64/16 || int64(n)*int64(size) > r.left {
		r.err = errors.Join(r.err, fs.ErrInvalid)
	}
	if r.err != nil {
		return
	}
	out := make([]T, n)
	for at := out; len(at) > 0 && r.err == nil; {
		k := min(chunk, len(at))
		b := r.read(k * size)
		for i := range at[:k] {
			at[i] = get(b[i*size:])
		}
		at = at[k:]
	}
	*list = out
}
