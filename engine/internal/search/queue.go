package search

// queue gives back options by their bounds, the least first. Most have the bound that was given back last, because rides between
// stops that are made anyway cost nothing: those wait in line and take no part in the heap.
type queue struct {
	heap []option // bounds above now, the least first
	line []option // bounds up to now, from head on
	head int
	now  int32 // the bound given back last
}

func (q *queue) clear() { q.heap, q.line, q.head, q.now = q.heap[:0], q.line[:0], 0, -Inf }

// least is the least bound, Inf where there is none.
func (q *queue) least() int32 {
	switch {
	case q.head < len(q.line):
		return q.now
	case len(q.heap) > 0:
		return q.heap[0].bound
	}
	return Inf
}

func (q *queue) push(o option) {
	if o.bound <= q.now {
		q.line = append(q.line, o)
		return
	}
	h := append(q.heap, o)
	i := len(h) - 1
	for i > 0 && h[(i-1)/2].bound > o.bound {
		h[i] = h[(i-1)/2]
		i = (i - 1) / 2
	}
	h[i] = o
	q.heap = h
}

func (q *queue) pop() option {
	if q.head < len(q.line) {
		o := q.line[q.head]
		if q.head++; q.head == len(q.line) {
			q.head, q.line = 0, q.line[:0]
		}
		return o
	}
	h := q.heap
	top := h[0]
	q.now = top.bound
	o := h[len(h)-1]
	h = h[:len(h)-1]
	i := 0
	for 2*i+1 < len(h) {
		c := 2*i + 1
		if c+1 < len(h) && h[c+1].bound < h[c].bound {
			c++
		}
		if h[c].bound >= o.bound {
			break
		}
		h[i] = h[c]
		i = c
	}
	if len(h) > 0 {
		h[i] = o
	}
	q.heap = h
	return top
}
