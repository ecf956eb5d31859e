package pdptw

import (
	"cmp"
	"slices"
)

// instance is a problem by nodes: 2 r where request r is loaded, 2 r + 1 where it is unloaded, then the start and the end
// of each kind of vehicles. Rows of the transposed tables are columns, so that one row has all distances to a node.
type instance struct {
	p            *Problem
	requests     int
	nodes        int
	dist, toDist []int32 // nodes²; toDist is transposed
	time, toTime []int32
	node         []node
	near         [][]int16 // by node of a request: the others, nearest first
	far          []int32   // by request: distance from the nearest start
	width        []int32   // by request: how much time its windows leave
}

type node struct {
	open, close, service int32
	load                 int32 // what it adds to what is on board
}

const mostNear = 300

func compile(p *Problem) *instance {
	n := 2*len(p.Requests) + 2*len(p.Fleet)
	in := &instance{p: p, requests: len(p.Requests), nodes: n, node: make([]node, n)}
	place := make([]int32, n)
	for r := range p.Requests {
		q := &p.Requests[r]
		for k, s := range []Stop{q.From, q.To} {
			place[2*r+k] = s.Place
			in.node[2*r+k] = node{s.Open, s.Close, s.Service, q.Load * int32(1-2*k)}
		}
	}
	for k, v := range p.Fleet {
		place[in.start(k)], place[in.start(k)+1] = v.Start, v.End
		in.node[in.start(k)] = node{v.Open, v.Close, 0, 0}
		in.node[in.start(k)+1] = node{v.Open, v.Close, 0, 0}
	}
	in.dist, in.toDist = tables(p.Dist, p.Places, place)
	in.time, in.toTime = in.dist, in.toDist
	if p.Time != nil && !slices.Equal(p.Time, p.Dist) {
		in.time, in.toTime = tables(p.Time, p.Places, place)
	}
	in.neighbours()
	in.measure()
	return in
}

// start is the node where vehicles of kind k start; the next is where they end.
func (in *instance) start(k int) int { return 2*in.requests + 2*k }

// tables is a table by node, and its transposition, the same one where it is symmetric.
func tables(t []int32, places int, place []int32) (by, to []int32) {
	n := len(place)
	by, to = make([]int32, n*n), make([]int32, n*n)
	for i, a := range place {
		for j, b := range place {
			by[i*n+j] = t[int(a)*places+int(b)]
			to[j*n+i] = by[i*n+j]
		}
	}
	if slices.Equal(by, to) {
		return by, by
	}
	return by, to
}

func (in *instance) neighbours() {
	n := 2 * in.requests
	in.near = make([][]int16, n)
	all := make([]int16, n)
	for i := range n {
		for j := range all {
			all[j] = int16(j)
		}
		row, back := in.dist[i*in.nodes:], in.toDist[i*in.nodes:]
		slices.SortStableFunc(all, func(a, b int16) int {
			return cmp.Compare(min(row[a], back[a]), min(row[b], back[b]))
		})
		in.near[i] = slices.Clone(all[:min(n, mostNear)])
	}
}

func (in *instance) measure() {
	in.far, in.width = make([]int32, in.requests), make([]int32, in.requests)
	for r := range in.requests {
		p, d := &in.node[2*r], &in.node[2*r+1]
		in.far[r] = Most
		for k := range in.p.Fleet {
			in.far[r] = min(in.far[r], in.dist[in.start(k)*in.nodes+2*r])
		}
		in.width[r] = (p.close-p.open)/2 + (d.close-d.open)/2
	}
}
