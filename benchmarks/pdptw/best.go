package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"carriole/benchmarks/internal/bench"
)

// known is the best that has been published for an instance.
type known struct {
	vehicles int // 0: distance alone
	distance float64
}

// readKnown reads the best known values of a folder of instances, by instance.
func readKnown(dir string, vehicles bool) (map[string]known, error) {
	files := map[string]string{"li_lim/bks_distance_only_pyvrp.csv": "distance_x1000"}
	if vehicles {
		files = map[string]string{"li_lim/bks_hierarchical_verified.csv": "distance", "sartori_buriol/bks_verified.csv": "cost"}
	}
	out := map[string]known{}
	for name, column := range files {
		rows, err := bench.ReadTable(filepath.Join(dir, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			var k known
			if k.distance, err = strconv.ParseFloat(r[column], 64); err != nil || k.distance <= 0 {
				return nil, fmt.Errorf("%s: %s: %q is no %s", name, r["instance"], r[column], column)
			}
			if strings.HasSuffix(column, "_x1000") {
				k.distance /= 1000
			}
			if vehicles {
				if k.vehicles, err = strconv.Atoi(r["vehicles"]); err != nil || k.vehicles < 1 {
					return nil, fmt.Errorf("%s: %s: %q is no number of vehicles", name, r["instance"], r["vehicles"])
				}
			}
			out[strings.ToLower(r["instance"])] = k
		}
	}
	return out, nil
}

// keep writes routes that are better than all published into a folder, in the form in which solutions are published.
func keep(dir string, in *instance, v *verdict, routes [][]int) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Instance name : %s\nVehicles      : %d\nDistance      : %.4f\nSolution\n", in.name, v.vehicles, v.distance)
	n := 0
	for _, stops := range routes {
		if len(stops) == 0 {
			continue
		}
		n++
		fmt.Fprintf(&b, "Route %d : %s\n", n, strings.Trim(fmt.Sprint(stops), "[]"))
	}
	return os.WriteFile(filepath.Join(dir, fmt.Sprintf("%s.%d_%.0f.txt", in.name, v.vehicles, v.distance)), []byte(b.String()), 0o644)
}
