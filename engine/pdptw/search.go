package pdptw

import (
	"math"
	"math/rand/v2"
	"sync"
)

const (
	stretches  = 40  // after each the workers share what they have found
	ejections  = 2   // iterations of saving vehicles for one ejection
	fleetShare = 0.4 // of the search that may go into having fewer vehicles
	// The temperature, as a share of what a request costs on average.
	hot, cold           = 1.0, 0.01
	tightHot, tightCold = 4.0, 0.04 // where the vehicles are as few as can be
	wholeHot, wholeCold = 0.5, 0.02 // and no request may wait outside
	saving              = 0.05      // while vehicles are being saved
	usual               = 5         // mean absences that an absent request weighs beside its own, but in one of the turns
	turns               = 4         // of the time in which vehicles are saved, for each worker
)

// search is one run of Solve.
type search struct {
	in      *instance
	opt     Options
	stop    func() bool
	workers []*worker
	begun   int  // iterations of each worker in earlier stretches
	length  int  // in this one; 0: time counts
	fewer   bool // vehicles are being saved
	done    float64
	until   float64 // share at which the stretch ends
	from    float64 // share at which the annealing began
	late    bool    // half of it is over
}

func newSearch(in *instance, opt Options, stop func() bool) *search {
	s := &search{in: in, opt: opt, stop: stop}
	for k := range opt.Workers {
		w := &worker{s: newState(in), source: rand.NewPCG(opt.Seed, uint64(k)+1), out: make([]bool, in.requests), vain: make([]int64, in.requests)}
		w.rng = rand.New(w.source)
		w.cut = make([]bool, len(w.s.routes))
		w.hard = make([]float64, in.requests)
		for r := range w.hard {
			w.hard[r] = 1
		}
		s.workers = append(s.workers, w)
	}
	return s
}

func (s *search) run() *Solution {
	for _, w := range s.workers {
		w.recreate()
		w.s.keep()
		w.s.sequences(&w.best)
	}
	s.fewer = s.opt.Objective == VehiclesFirst
	for s.next() {
		var wg sync.WaitGroup
		for _, w := range s.workers[1:] {
			wg.Go(func() { s.stretch(w) })
		}
		s.stretch(s.workers[0])
		wg.Wait()
		s.share()
	}
	return s.solution(s.leader())
}

// next begins a stretch, unless the search is over.
func (s *search) next() bool {
	if s.in.requests == 0 || len(s.workers[0].s.routes) == 0 || s.stop() {
		return false
	}
	s.begun += s.length
	if total := s.opt.Iterations; total > 0 {
		each := (total + len(s.workers) - 1) / len(s.workers)
		s.length = min(max(1, each/stretches), each-s.begun)
		s.done = float64(s.begun) / float64(each)
		s.until = float64(s.begun+s.length) / float64(each)
	} else {
		s.done = s.opt.Share()
		s.until = math.Floor(s.done*stretches+1) / stretches
	}
	if s.fewer && s.done >= fleetShare {
		s.fewer, s.from = false, s.done
		for k, w := range s.workers {
			w.from(&s.leader().best, k%2 == 1)
			w.s.limit = max(1, w.best.routes)
		}
	}
	if s.fewer {
		for k, w := range s.workers {
			w.usual = usual
			if (int(turns*s.done/fleetShare)+2*k)%turns == turns/2 {
				w.usual = 0
			}
		}
	}
	if s.opt.Objective == VehiclesFirst && !s.fewer && !s.late && s.done >= (1+s.from)/2 {
		s.late = true
		for _, w := range s.workers {
			if !w.found {
				w.from(&s.leader().best, true)
			}
		}
	}
	return s.done < 1
}

// from lets a worker go on from a plan. With whole, no request may wait outside for a while.
func (w *worker) from(p *plan, whole bool) {
	w.best.copy(p)
	w.s.load(&w.best)
	w.whole, w.found = whole && len(w.best.absent) == 0, false
}

// at is the share of the search that is over after n iterations of the stretch, and whether the stretch is.
func (s *search) at(n int) (float64, bool) {
	if s.opt.Iterations == 0 {
		at := s.opt.Share()
		return at, at >= s.until
	}
	return s.done + (s.until-s.done)*float64(n)/float64(s.length), n >= s.length
}

// share lets workers go on from the best state that one of them has.
func (s *search) share() {
	b := s.leader()
	for _, w := range s.workers {
		if s.fewer && b.best.beats(&w.best, true) && b.best.routes < w.best.routes {
			w.best.copy(&b.best)
			w.s.load(&w.best)
			if len(w.best.absent) == 0 {
				w.s.limit = w.best.routes
				w.spare()
			}
		}
	}
	if !s.fewer {
		for _, w := range s.workers {
			if w.whole && b.best.beats(&w.best, true) {
				w.from(&b.best, true)
			}
		}
	}
	if s.opt.Progress != nil {
		n := 0
		for _, w := range s.workers {
			n += w.rounds
		}
		s.opt.Progress(Progress{Unserved: len(b.best.absent), Routes: b.best.routes, Distance: b.best.dist, Iterations: n, Share: s.until})
	}
}

func (s *search) leader() *worker {
	b := s.workers[0]
	for _, w := range s.workers[1:] {
		if w.best.beats(&b.best, s.opt.Objective == VehiclesFirst) {
			b = w
		}
	}
	return b
}

// beats orders plans.
func (p *plan) beats(q *plan, vehicles bool) bool {
	switch {
	case len(p.absent) != len(q.absent):
		return len(p.absent) < len(q.absent)
	case vehicles && p.routes != q.routes:
		return p.routes < q.routes
	}
	return p.dist < q.dist
}

func (p *plan) copy(q *plan) {
	p.nodes, p.absent = append(p.nodes[:0], q.nodes...), append(p.absent[:0], q.absent...)
	p.routes, p.dist = q.routes, q.dist
}

// stretch is simulated annealing by one worker.
func (s *search) stretch(w *worker) {
	st := w.s
	single := s.fewer || w.whole
	served := s.in.requests - len(w.best.absent)
	unit := float64(w.best.dist) / float64(max(1, served))
	begin, end := hot, cold
	switch {
	case w.whole:
		begin, end = wholeHot, wholeCold
	case s.opt.Objective == VehiclesFirst:
		begin, end = tightHot, tightCold
	}
	heat := unit * begin
	for n := 0; ; n++ {
		if n&15 == 0 || s.length > 0 {
			at, over := s.at(n)
			if over || n&255 == 0 && s.stop() {
				return
			}
			at = (at - s.from) / (1 - s.from)
			heat = unit * begin * math.Pow(end/begin, at)
			if s.fewer {
				heat = unit * saving
			}
		}
		if w.rounds++; !s.fewer && w.rounds%patience == 0 {
			w.press()
		}
		before := len(st.absent)
		if !s.fewer || n%ejections > 0 || len(st.absent) == 0 || !w.eject() {
			w.ruin(single)
		}
		w.recreate()
		bonus := -heat * math.Log(w.rng.Float64())
		after := len(st.absent)
		var accept bool
		if s.fewer {
			w.miss(st.absent)
			accept = after == 0 || w.weight(st.absent) < w.weight(st.before.absent) || after <= before && float64(st.dist-st.before.dist) < bonus
		} else {
			accept = (after == 0 || !w.whole) && float64(st.dist-st.before.dist)+w.penalty(st.absent, unit)-w.penalty(st.before.absent, unit) < bonus
		}
		if !accept {
			st.undo()
			continue
		}
		st.keep()
		if st.stale {
			st.list()
		}
		if after < len(w.best.absent) || after == len(w.best.absent) && (st.dist < w.best.dist || s.fewer && len(st.used) < w.best.routes) {
			st.sequences(&w.best)
			w.found = true
		}
		if s.fewer && after == 0 && len(st.used) > 1 {
			w.spare()
		}
	}
}

// miss counts that requests were left without a route.
func (w *worker) miss(absent []int32) {
	for _, r := range absent {
		w.vain[r]++
	}
	w.missed += len(absent)
}

// weigh says how hard a request has been to place so far and, in turns, adds what each counts so that few are absent.
func (w *worker) weigh(r int32) int64 {
	return 1 + w.usual*int64(w.missed/len(w.vain)) + w.vain[r]
}

// weight is what requests weigh together.
func (w *worker) weight(requests []int32) (sum int64) {
	for _, r := range requests {
		sum += w.weigh(r)
	}
	return sum
}

// Requests without a route grow dearer while they wait: every patience iterations by dearer, to mostHard times at most, and cheaper
// again when they have one.
const (
	patience = 200
	dearer   = 1.2
	cheaper  = 0.98
	mostHard = 30
)

func (w *worker) press() {
	for r := range w.hard {
		if w.s.whose[r] < 0 {
			w.hard[r] = min(w.hard[r]*dearer, mostHard)
		} else {
			w.hard[r] = max(1, w.hard[r]*cheaper)
		}
	}
}

// penalty is what absent requests count in distance when a state is accepted or not: more than bringing each by itself,
// so that they come back when the annealing is cold, and more while they have been waiting.
func (w *worker) penalty(absent []int32, unit float64) float64 {
	sum := 0.0
	for _, r := range absent {
		sum += (unit + float64(w.s.in.alone[r])) * w.hard[r]
	}
	return sum
}

// aboard are the requests of route i in the order in which they are picked up, in riders.
func (w *worker) aboard(i int32) []int32 {
	w.riders = w.riders[:0]
	stops := w.s.routes[i].stops
	for _, x := range stops[1 : len(stops)-1] {
		if x.node&1 == 0 {
			w.riders = append(w.riders, x.node>>1)
		}
	}
	return w.riders
}

// spare gives up the route whose requests are the easiest to place.
func (w *worker) spare() {
	s := w.s
	s.list()
	least, which := int64(math.MaxInt64), int32(-1)
	for _, i := range s.used {
		if sum := w.weight(w.aboard(i)); sum < least {
			least, which = sum, i
		}
	}
	s.limit = len(s.used) - 1
	w.take(w.aboard(which))
	s.keep()
}

func (s *search) solution(w *worker) *Solution {
	out := &Solution{Distance: w.best.dist}
	for _, v := range s.workers {
		out.Iterations += v.rounds
	}
	for _, r := range w.best.absent {
		out.Unserved = append(out.Unserved, int(r))
	}
	ends := int16(2 * s.in.requests)
	for _, n := range w.best.nodes {
		switch {
		case n < ends:
			r := &out.Routes[len(out.Routes)-1]
			r.Stops = append(r.Stops, int(n))
		case (n-ends)%2 == 0:
			out.Routes = append(out.Routes, Route{Vehicles: int(n-ends) / 2})
		}
	}
	return out
}
