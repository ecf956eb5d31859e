package engine

import (
	"encoding/json"
	"fmt"
	"os"
	"syscall"
	"testing"
)

func cpu() float64 {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return float64(u.Utime.Sec) + float64(u.Utime.Usec)/1e6
}

func TestTryBound(t *testing.T) {
	best := []float64{168.7, 510.9, 415.9, 532.8, 643.3, 540.1, 829.5, 494.1, 504.1, 881.3}
	kg := []float64{0, 0, 0, 51, 7, 25.5, 39.2, 63, 15, 50}
	tries := 1
	if x := os.Getenv("TRIES"); x != "" {
		fmt.Sscan(x, &tries)
	}
	for k := range best {
		data, _ := os.ReadFile(fmt.Sprintf("/tmp/weeks/small-%d.json", k+1))
		var w Week
		if err := json.Unmarshal(data, &w); err != nil {
			t.Fatal(err)
		}
		m := newModel(&w, TravelOf(&w))
		t0 := cpu()
		b := m.prove(tries, func() bool { return false }).least(kg[k])
		fmt.Printf("%d: bound %.0f best %.1fk gap %.1f%% cpu %.3f\n", k+1, b, best[k], 100*(1-b/best[k]/1000), cpu()-t0)
	}
}
