package bound

import (
	"cmp"
	"slices"
)

// Spared is at most how much of the shares falls away when goods of up to kg kilograms are left behind.
func Spared(goods []Goods, share []float64, kg float64) float64 {
	const grain = 1e-6
	kg = max(0, kg) + grain
	var order []int
	for g := range goods {
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
