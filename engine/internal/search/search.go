package search

import (
	"math"
	"math/rand/v2"
	"slices"
	"sync"
)

// Options of a search: one annealing.
type Options struct {
	Seed       uint64
	Workers    int
	Iterations int                                        // of all workers together; 0: until Share reaches 1
	Horizon    int                                        // iterations over which the annealing cools; 0: Iterations. With more it breaks off early
	Rides      int                                        // how many rides to places of transfer one search for a way looks at; 0: practically all
	Heat       float64                                    // how hot it begins, as a share of the cost; 0: 0.01
	Share      func() float64                             // of the time allowed that is used up; nil: Iterations alone count
	Stop       func() bool                                // asked now and then; the search ends when it says so
	Progress   func(Cost, int, float64, func() *Solution) // the best so far, which can be had during the call
}

// worker searches on its own between two exchanges with the others.
type worker struct {
	cur, work, best *state
	f               *finder
	rng             *rand.Rand
	near            [][]int32 // by request: see kin; nil: not asked for yet
	way             way

	out    []int32 // requests to be put back
	chosen []bool  // by request
	hit    []bool  // by stop: whoever uses it is removed
	fails  []int32 // by request: vain attempts since it was last served
	seq    []int32 // scratch by stop
	low    []int32
	high   []int32

	rides      int // see Options
	iterations int
	limit      float64 // states of less energy are accepted
}

// leftBehind is what a unit of penalty counts in distance when a worse state is accepted or not.
const leftBehind = 1000

func (c Cost) energy() float64 { return float64(c.Dist) + leftBehind*float64(c.Lost) }

// Search improves a solution, or makes one from nothing when start is nil, and says how many iterations that took.
// Without a clock and iterations it only puts in what is out.
func Search(p *Problem, start *Solution, opt Options) (*Solution, int) {
	if opt.Workers < 1 {
		opt.Workers = 1
	}
	first := newState(p)
	if start != nil && !first.load(start) {
		first = newState(p)
	}
	if len(p.Requests) == 0 {
		return first.solution(), 0
	}
	vain := hopeless(first)
	workers := make([]*worker, opt.Workers)
	for k := range workers {
		w := &worker{cur: newState(p), work: newState(p), best: newState(p), rng: rand.New(rand.NewPCG(opt.Seed, uint64(k)+1)), near: make([][]int32, len(p.Requests)),
			chosen: make([]bool, len(p.Requests)), fails: slices.Clone(vain)}
		w.f = newFinder(w.work, w.rng)
		w.f.every = p.tiny()
		if w.rides = opt.Rides; w.rides == 0 {
			w.rides = manyRides
		}
		w.work.copyFrom(first)
		workers[k] = w
		for c := range p.Requests {
			if w.work.paths[c].n == 0 {
				w.out = append(w.out, int32(c))
			}
		}
		w.limit = math.Inf(1)
		w.recreate()
		w.cur.copyFrom(w.work)
		w.best.copyFrom(w.work)
		w.f.blink = 20
		w.f.known = w.cur
	}
	if opt.Iterations == 0 && opt.Share == nil {
		return workers[0].best.solution(), 0
	}
	t := timetable{opt: &opt}
	for t.next() {
		var wg sync.WaitGroup
		for _, w := range workers[1:] {
			wg.Go(func() { w.run(&t) })
		}
		workers[0].run(&t)
		wg.Wait()
		b, n := leader(workers)
		for _, w := range workers {
			if w != b && t.stretch%4 == 3 && !w.f.every {
				w.cur.copyFrom(b.best)
				w.best.copyFrom(b.best)
			}
		}
		if opt.Progress != nil {
			opt.Progress(b.best.total(), n, t.done, b.best.solution)
		}
	}
	b, n := leader(workers)
	b.best.fuse(b.work)
	return b.best.solution(), n
}

// hopeless counts, by request that a state leaves behind, as so many vain attempts that it has no way even where there are no
// others.
func hopeless(first *state) []int32 {
	s := newState(first.p)
	f := newFinder(s, rand.New(rand.NewPCG(1, 1)))
	f.rides, f.wide, f.any = fewRides, true, true
	out := make([]int32, len(s.paths))
	var w way
	for c := range out {
		if first.paths[c].n == 0 && !f.find(int32(c), Inf, &w) {
			out[c] = mostFails
		}
	}
	return out
}

// tiny reports whether a problem is so small that nothing need be left untried.
func (p *Problem) tiny() bool {
	return len(p.Requests) <= 8 && len(p.Routes) <= 6 && len(p.Places) <= everywhere
}

// leader is the worker with the best state, and how many iterations all have made.
func leader(workers []*worker) (*worker, int) {
	b, n := workers[0], 0
	for _, w := range workers {
		n += w.iterations
		if w.best.total().Less(b.best.total()) {
			b = w
		}
	}
	return b, n
}

// run makes one stretch of iterations.
func (w *worker) run(t *timetable) {
	base := max(float64(w.best.cost), 1000*float64(1+len(w.best.routes)))
	hot, cold := base*0.01, base*0.00002
	if t.opt.Heat > 0 {
		hot = base * t.opt.Heat
	}
	heat := hot
	for n := 0; ; n++ {
		if n&7 == 0 || t.length > 0 || w.f.every {
			at, over := t.at(n)
			if over {
				return
			}
			if w.f.every {
				if w.iterations > 0 && w.iterations%t.round() == 0 {
					w.restart()
				}
				at = float64(w.iterations%t.round()) / float64(t.round())
			}
			heat = hot * math.Pow(cold/hot, at)
		}
		w.iterations++
		if !w.ruin() {
			w.work.copyFrom(w.cur)
			continue
		}
		w.f.wide = w.rng.IntN(widely) == 0
		w.limit = w.cur.total().energy() - heat*math.Log(w.rng.Float64())
		if !w.recreate() {
			w.work.copyFrom(w.cur)
			continue
		}
		w.polish()
		if !w.refused(w.work.total()) {
			w.cur.copyFrom(w.work)
			if w.cur.total().Less(w.best.total()) {
				w.best.copyFrom(w.cur)
			}
		} else {
			w.work.copyFrom(w.cur)
		}
	}
}

// restart begins again from nothing.
func (w *worker) restart() {
	w.work.copyFrom(newState(w.work.p))
	w.out = w.out[:0]
	for c := range w.work.paths {
		w.out = append(w.out, int32(c))
	}
	w.limit = math.Inf(1)
	w.recreate()
	w.cur.copyFrom(w.work)
}

// timetable cuts a search into stretches, at whose ends the workers exchange what they have found.
type timetable struct {
	opt     *Options
	stretch int     // number of the present one
	begun   int     // iterations of each worker before it
	length  int     // iterations of each worker in it, when they count
	share   float64 // where it ends, when time counts
	done    float64
}

const stretches = 24

func (t *timetable) next() bool {
	o := t.opt
	if o.Stop != nil && o.Stop() {
		return false
	}
	t.stretch++
	if o.Iterations == 0 {
		t.done = o.Share()
		t.share = math.Floor(t.done*stretches+1) / stretches
		return t.done < 1
	}
	t.begun += t.length
	t.done = float64(t.begun) / float64(t.each(o.Iterations))
	t.length = min(max(1, t.each(o.horizon())/stretches), t.each(o.Iterations)-t.begun)
	return t.length > 0
}

// each is a worker's part of some iterations.
func (t *timetable) each(iterations int) int { return (iterations + t.opt.Workers - 1) / t.opt.Workers }

// round is how many iterations one annealing takes where nothing is left untried and many follow one another.
func (t *timetable) round() int {
	const most = 2000
	if n := t.each(t.opt.horizon()); n > 0 {
		return min(n, most)
	}
	return most
}

func (o *Options) horizon() int { return max(o.Horizon, o.Iterations) }

// at is how far the annealing has cooled after n iterations of this stretch, 0 to 1, and whether the stretch is over.
func (t *timetable) at(n int) (float64, bool) {
	o := t.opt
	if o.Iterations == 0 {
		s := o.Share()
		return s, s >= t.share || o.Stop != nil && o.Stop()
	}
	return float64(t.begun+n) / float64(t.each(o.horizon())), n >= t.length || o.Stop != nil && o.Stop()
}
