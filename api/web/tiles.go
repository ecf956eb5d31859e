package web

import (
	"context"
	"fmt"
	"hash/crc32"
	"net/http"
	"strconv"

	"github.com/go-chi/chi/v5"

	"carriole/api/store"
	"carriole/geo"
	"carriole/geo/provider"
	"carriole/geo/roads"
)

const (
	groundTag   = "ground"
	osmBy       = "© OpenStreetMap"
	tilesLast   = "private, max-age=86400"
	tileSuffix  = ".mvt"
	tilesOfHere = "/{z}/{x}/{y}" + tileSuffix
)

// tiles are where a visitor's maps have their background from, and who has to be named for it.
func (s *Site) tiles(v *visit) (address, by string) {
	if s.config.Tiles != "" {
		return s.config.Tiles, s.config.TilesBy
	}
	if p := v.extract(); p != nil {
		return fmt.Sprintf("/map/%08x", crc32.ChecksumIEEE([]byte(p.Choice().Target))) + tilesOfHere, osmBy
	}
	return "/map/" + groundTag + tilesOfHere, roads.GroundBy
}

// extract is the one that a collective's maps are drawn from: of its own distances, else the first that is offered; nil: none.
func (v *visit) extract() *provider.Provider {
	if t, _ := v.plans.TravelOf(v.col); t.Choice().Kind == geo.KindRoads {
		return t.Provider
	}
	for _, t := range v.plans.Offered() {
		if t.Choice().Kind == geo.KindRoads {
			return t.Provider
		}
	}
	return nil
}

// tile is a part of the map's background.
func (s *Site) tile(v *visit) error {
	var n [3]int
	for i, name := range [...]string{"z", "x", "y"} {
		text := chi.URLParam(v.r, name)
		if name == "y" {
			text = text[:max(0, len(text)-len(tileSuffix))]
		}
		var err error
		if n[i], err = strconv.Atoi(text); err != nil {
			return &store.Error{Code: store.NotFound, Message: "there is no such tile"}
		}
	}
	background, err := s.background(v)
	if err != nil {
		return err
	}
	tile, err := background.Tile(n[0], n[1], n[2])
	if err != nil {
		return &store.Error{Code: store.NotFound, Message: err.Error()}
	}
	h := v.w.Header()
	h.Set("Cache-Control", tilesLast)
	if tile == nil {
		v.w.WriteHeader(http.StatusNoContent)
		return nil
	}
	h.Set("Content-Type", "application/vnd.mapbox-vector-tile")
	h.Set("Content-Encoding", "gzip")
	v.w.Write(tile) // who has gone away does not need it
	return nil
}

func (s *Site) background(v *visit) (*roads.Background, error) {
	if chi.URLParam(v.r, "tag") != groundTag {
		if p := v.extract(); p != nil {
			return p.Background(context.WithoutCancel(v.ctx)) // others wait for it, too
		}
	}
	return s.ground()
}
