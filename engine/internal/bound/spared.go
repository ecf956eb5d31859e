package bound

import (
	"cmp"
	"slices"
)

// Rivals are goods that cannot all be served, because of what some slots may cost at most: of these at least Kg kilograms
// stay behind.
type Rivals struct {
	Goods []int
	Kg    float64
}

// Spared is at most how much of the shares falls away when no more than kg kilograms are left behind, not counted those
// that are never served.
func (r *Result) Spared(goods []Goods, kg float64) float64 {
	all := make([]int, len(goods))
	for g := range all {
		all[g] = g
	}
	sum := 0.0
	for _, x := range r.Rivals {
		sum += r.spared(goods, x.Goods, x.Kg)
		kg -= x.Kg
	}
	return sum + r.spared(goods, all, kg)
}

func (r *Result) spared(goods []Goods, some []int, kg float64) float64 {
	const grain = 1e-6
	kg = max(0, kg) + grain
	share := r.Share
	var order []int
	for _, g := range some {
		if share[g] > 0 {
			order = append(order, g)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(share[b]*goods[a].Kg, share[a]*goods[b].Kg) })
	sum := 0.0
	for _, g := range order {
		switch {
		case goods[g].Kg <= kg:
			sum += share[g]
			kg -= goods[g].Kg
		default:
			return sum + share[g]*kg/goods[g].Kg
		}
	}
	return sum
}

// compete finds what cannot be served: what goods are charged while all but the slots of a limit are free is what serving them costs
// these at least. Goods for which that is too much alone are never served, others may be rivals.
func (a *ascent) compete(res *Result, order []int) {
	in := make([][]bool, len(a.p.Limits))
	bound := make([][]int, len(a.p.Limits))
	for n, l := range a.p.Limits {
		in[n] = make([]bool, len(a.p.Slots))
		for _, s := range l.Slots {
			in[n][s] = true
		}
		for _, g := range order {
			if a.needs(&a.p.Goods[g], in[n]) {
				bound[n] = append(bound[n], g)
			}
		}
		if len(bound[n]) == 0 {
			continue
		}
		only := a.clone(in[n])
		for _, g := range bound[n] {
			res.Never[g] = res.Never[g] || max(only.alone(g, goal), only.alone(g, origin)) > l.Most+1e-3
		}
	}
	var found []Rivals
	for n, l := range a.p.Limits {
		some := slices.DeleteFunc(bound[n], func(g int) bool { return res.Never[g] })
		if len(some) > 1 {
			if x := a.clone(in[n]).rivals(some, l.Most); x.Kg > 0 {
				found = append(found, x)
			}
		}
	}
	slices.SortStableFunc(found, func(x, y Rivals) int { return cmp.Compare(y.Kg, x.Kg) })
	taken := make([]bool, len(a.p.Goods))
	for _, x := range found {
		if !slices.ContainsFunc(x.Goods, func(g int) bool { return taken[g] }) {
			for _, g := range x.Goods {
				taken[g] = true
			}
			res.Rivals = append(res.Rivals, x)
		}
	}
}

// rivals are those of some goods that are charged, and what of them stays behind where they may cost no more than most.
func (a *ascent) rivals(some []int, most float64) (x Rivals) {
	slices.SortStableFunc(some, func(x, y int) int { return cmp.Compare(a.p.Goods[y].Kg, a.p.Goods[x].Kg) })
	for _, g := range some {
		a.add(g, inf, goal)
	}
	var pays, kg []float64
	for _, g := range some {
		if d := a.bills[g].sum; d > nothing {
			x.Goods = append(x.Goods, g)
			pays, kg = append(pays, d), append(kg, a.p.Goods[g].Kg)
		}
	}
	x.Kg = least(pays, kg, a.total()-most-1e-3)
	return x
}

// needs reports whether goods certainly ride one of some slots: only those come to where they are made, or only those to
// where they go.
func (a *ascent) needs(g *Goods, in []bool) bool {
	if a.roams(g) {
		return false
	}
	k := a.kinds[g.Kind]
	first, last := true, true
	for _, s := range a.at[g.From] {
		first = first && (in[a.courses[s.course].slot] || k.board[s.course][s.node] == inf)
	}
	for _, s := range a.at[g.To] {
		last = last && (in[a.courses[s.course].slot] || k.arrive[s.course][s.node] > g.Close || !a.ends(g, s))
	}
	return first || last
}

// least is the least weight of a choice of things whose worth is more than short. With many things it may be less than that.
func least(worth, weight []float64, short float64) float64 {
	if short <= 0 {
		return 0
	}
	const many = 20
	order := make([]int, len(worth))
	rest := 0.0
	for i := range order {
		order[i] = i
		rest += worth[i]
	}
	slices.SortFunc(order, func(i, j int) int { return cmp.Compare(worth[j], worth[i]) })
	for _, i := range order[min(many, len(order)):] {
		short -= worth[i] // as if these were free to choose
		rest -= worth[i]
	}
	order = order[:min(many, len(order))]
	best := inf
	var choose func(n int, short, rest, sum float64)
	choose = func(n int, short, rest, sum float64) {
		switch {
		case sum >= best:
		case short <= 0:
			best = sum
		case rest >= short:
			i := order[n]
			choose(n+1, short-worth[i], rest-worth[i], sum+weight[i])
			choose(n+1, short, rest-worth[i], sum)
		}
	}
	choose(0, short, rest, 0)
	if best == inf {
		return 0
	}
	return best
}
