package bench

import (
	"encoding/csv"
	"fmt"
	"os"
)

// ReadTable reads a file of comma-separated values, its rows by the names of its first line.
func ReadTable(file string) ([]map[string]string, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	lines, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	var out []map[string]string
	for k, line := range lines {
		if k == 0 {
			continue
		}
		row := map[string]string{}
		for c, cell := range line {
			row[lines[0][c]] = cell
		}
		out = append(out, row)
	}
	return out, nil
}
