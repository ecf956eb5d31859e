package main

import (
	"bufio"
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"os"

	"google.golang.org/protobuf/encoding/protowire"
)

// country writes a made-up extract: a grid of junctions that are moved about, some 250 m apart, a tenth of whose roads are
// missing, crossed by faster roads every 10, 50 and 250 lines. It begins at 0° E, 44° N.
func country(file string, side int, seed uint64) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	defer f.Close()
	w := &pbfWriter{to: bufio.NewWriterSize(f, 1<<20)}
	w.blob("OSMHeader", message(message(nil, 4, []byte("OsmSchema-V0.6")), 4, []byte("DenseNodes")))
	rng := rand.New(rand.NewPCG(seed, 0))
	const step = 250 / 111_320.0
	const block = 8000
	for first := 0; first < side*side; first += block {
		var ids, lats, lons []byte
		var last [3]int64
		for i := first; i < min(first+block, side*side); i++ {
			row, column := i/side, i%side
			lat := 44 + step*(float64(row)+0.7*(rng.Float64()-0.5))
			lon := step / math.Cos(44*math.Pi/180) * (float64(column) + 0.7*(rng.Float64()-0.5))
			now := [3]int64{int64(i + 1), int64(lat * 1e7), int64(lon * 1e7)}
			for k, list := range []*[]byte{&ids, &lats, &lons} {
				*list = protowire.AppendVarint(*list, protowire.EncodeZigZag(now[k]-last[k]))
			}
			last = now
		}
		w.block(2, [][]byte{message(message(message(nil, 1, ids), 8, lats), 9, lons)})
	}
	class := func(line int) uint64 {
		switch {
		case line%250 == 0:
			return 5
		case line%50 == 0:
			return 4
		case line%10 == 0:
			return 3
		}
		return 2
	}
	var ways [][]byte
	id := uint64(0)
	for _, across := range []bool{true, false} {
		for line := range side {
			kind := class(line)
			var refs []byte
			count, last := 0, int64(0)
			end := func() {
				if count > 1 {
					id++
					way := protowire.AppendVarint(protowire.AppendTag(nil, 1, protowire.VarintType), id)
					way = message(message(message(way, 2, []byte{1}), 3, protowire.AppendVarint(nil, kind)), 8, refs)
					ways = append(ways, way)
				}
				refs, count, last = nil, 0, 0
			}
			for k := range side {
				node := int64(line*side + k + 1)
				if !across {
					node = int64(k*side + line + 1)
				}
				refs = protowire.AppendVarint(refs, protowire.EncodeZigZag(node-last))
				count, last = count+1, node
				if gap := kind == 2 && rng.IntN(10) == 0; gap || count == 20 {
					end()
					if !gap {
						refs, count, last = protowire.AppendVarint(nil, protowire.EncodeZigZag(node)), 1, node
					}
				}
			}
			end()
			if len(ways) > block {
				w.block(3, ways)
				ways = ways[:0]
			}
		}
	}
	w.block(3, ways)
	if w.err == nil {
		w.err = w.to.Flush()
	}
	if err := f.Close(); w.err == nil {
		w.err = err
	}
	return w.err
}

// pbfWriter writes blobs until something goes wrong.
type pbfWriter struct {
	to  *bufio.Writer
	err error
}

func message(b []byte, num protowire.Number, data []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, num, protowire.BytesType), data)
}

// block writes elements of one kind with the strings that the country needs.
func (w *pbfWriter) block(kind protowire.Number, elements [][]byte) {
	var strings, group []byte
	for _, s := range []string{"", "highway", "unclassified", "tertiary", "primary", "trunk"} {
		strings = message(strings, 1, []byte(s))
	}
	for _, e := range elements {
		group = message(group, kind, e)
	}
	w.blob("OSMData", message(message(nil, 1, strings), 2, group))
}

func (w *pbfWriter) blob(kind string, data []byte) {
	var z bytes.Buffer
	zw := zlib.NewWriter(&z)
	zw.Write(data)
	zw.Close()
	body := protowire.AppendVarint(protowire.AppendTag(nil, 2, protowire.VarintType), uint64(len(data)))
	body = message(body, 3, z.Bytes())
	head := message(nil, 1, []byte(kind))
	head = protowire.AppendVarint(protowire.AppendTag(head, 3, protowire.VarintType), uint64(len(body)))
	for _, b := range [][]byte{binary.BigEndian.AppendUint32(nil, uint32(len(head))), head, body} {
		if _, err := w.to.Write(b); w.err == nil {
			w.err = err
		}
	}
}
