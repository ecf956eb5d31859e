package main

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"carriole/geo"
)

// network is who supplies whom: the three tables of the data folder, in their order.
type network struct {
	amaps     []amap
	producers []producer
}

type amap struct {
	id, name string
	at       geo.Point
	visitors []int // indexes of producers
}

type producer struct {
	id, name, insee string
	at              geo.Point
	family          string // of products; each producer has one
	amaps           []int  // indexes of the AMAPs visited
}

// readNetwork reads amaps.csv, producers.csv and links.csv of a folder. An error names the file, the line and the column.
func readNetwork(dir string) (*network, error) {
	net := &network{}
	amapIndex, producerIndex := map[string]int{}, map[string]int{}
	err := readTable(filepath.Join(dir, "amaps.csv"), func(r row) error {
		at, err := r.point()
		amapIndex[r.text("amap_id")] = len(net.amaps)
		net.amaps = append(net.amaps, amap{id: r.text("amap_id"), name: r.text("name"), at: at})
		return err
	}, "amap_id", "name", "lat", "lon")
	if err != nil {
		return nil, err
	}
	err = readTable(filepath.Join(dir, "producers.csv"), func(r row) error {
		at, err := r.point()
		producerIndex[r.text("producer_id")] = len(net.producers)
		net.producers = append(net.producers, producer{
			id: r.text("producer_id"), name: r.text("pseudonym") + ", " + r.text("commune"), insee: r.text("insee"), at: at})
		return err
	}, "producer_id", "pseudonym", "commune", "insee", "lat", "lon")
	if err != nil {
		return nil, err
	}
	err = readTable(filepath.Join(dir, "links.csv"), func(r row) error {
		p, ok := producerIndex[r.text("producer_id")]
		if !ok {
			return fmt.Errorf("producer_id: %q is not in producers.csv", r.text("producer_id"))
		}
		a, ok := amapIndex[r.text("amap_id")]
		if !ok {
			return fmt.Errorf("amap_id: %q is not in amaps.csv", r.text("amap_id"))
		}
		if _, ok := families[r.text("product_family")]; !ok {
			return fmt.Errorf("product_family: %q is not known", r.text("product_family"))
		}
		net.producers[p].family = r.text("product_family")
		net.producers[p].amaps = append(net.producers[p].amaps, a)
		net.amaps[a].visitors = append(net.amaps[a].visitors, p)
		return nil
	}, "producer_id", "amap_id", "product_family")
	return net, err
}

type row struct {
	cells  []string
	column map[string]int
}

func (r row) text(column string) string { return r.cells[r.column[column]] }

func (r row) point() (p geo.Point, err error) {
	for i, column := range []string{"lon", "lat"} {
		if p[i], err = strconv.ParseFloat(r.text(column), 64); err != nil {
			return p, fmt.Errorf("%s: %q is not a number", column, r.text(column))
		}
	}
	return p, nil
}

// readTable calls take for each line below the header, which must name the columns.
func readTable(path string, take func(row) error, columns ...string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	records, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if len(records) == 0 {
		return fmt.Errorf("%s: empty; want the columns %s", path, strings.Join(columns, ", "))
	}
	column := map[string]int{}
	for i, name := range records[0] {
		column[name] = i
	}
	for _, name := range columns {
		if _, ok := column[name]; !ok {
			return fmt.Errorf("%s: no column %q", path, name)
		}
	}
	for i, cells := range records[1:] {
		if err := take(row{cells, column}); err != nil {
			return fmt.Errorf("%s:%d: %w", path, i+2, err)
		}
	}
	return nil
}
