package main

import (
	"context"
	"fmt"
	"math"
	"os"
	"strconv"
	"time"

	"carriole/engine/pdptw"
)

func main() {
	secs, _ := strconv.ParseFloat(os.Args[1], 64)
	veh := os.Args[2] == "v"
	for _, f := range os.Args[3:] {
		in, err := readFile(f)
		if err != nil {
			panic(err)
		}
		sc := thousandths
		if veh {
			sc = real
		}
		if in.minutes != nil {
			sc = whole
		}
		p := in.problem(sc)
		begin := time.Now()
		o := pdptw.Options{Seed: 1, Share: func() float64 { return math.Min(1, time.Since(begin).Seconds()/secs) }}
		if veh {
			o.Objective = pdptw.VehiclesFirst
		}
		if it := os.Getenv("ITER"); it != "" {
			o.Share = nil
			o.Iterations, _ = strconv.Atoi(it)
		}
		s, err := pdptw.Solve(context.Background(), p, o)
		if err != nil {
			panic(err)
		}
		fmt.Println(in.set, in.name, len(s.Unserved), len(s.Routes), s.Distance, s.Iterations, time.Since(begin).Seconds())
	}
}
