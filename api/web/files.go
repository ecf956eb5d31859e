package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"

	"github.com/go-chi/chi/v5"
)

//go:embed static
var staticFiles embed.FS

// files are style sheets, scripts and pictures. Their addresses have a hash of what is in them, so that browsers keep them
// for good.
type files struct {
	byName map[string]file
	hash   string // of all: one file may name another
}

type file struct {
	kind  string
	plain []byte
	small []byte // with gzip; nil where that is no smaller
}

func readFiles() (*files, error) {
	f := &files{byName: map[string]file{}}
	sum := sha256.New()
	err := fs.WalkDir(staticFiles, "static", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := staticFiles.ReadFile(name)
		if err != nil {
			return err
		}
		fmt.Fprintf(sum, "%s %d\n", name, len(b))
		sum.Write(b)
		var small bytes.Buffer
		z, err := gzip.NewWriterLevel(&small, gzip.BestCompression)
		if err != nil {
			return err
		}
		if _, err := z.Write(b); err != nil {
			return err
		}
		if err := z.Close(); err != nil {
			return err
		}
		x := file{kind: mime.TypeByExtension(path.Ext(name)), plain: b}
		if small.Len() < len(b)*9/10 {
			x.small = small.Bytes()
		}
		f.byName[strings.TrimPrefix(name, "static/")] = x
		return nil
	})
	f.hash = hex.EncodeToString(sum.Sum(nil))[:12]
	return f, err
}

// url is the address of a file, which is an error where there is none.
func (f *files) url(name string) (string, error) {
	if _, ok := f.byName[name]; !ok {
		return "", fmt.Errorf("no static file %q", name)
	}
	return "/static/" + f.hash + "/" + name, nil
}

func (f *files) serve(w http.ResponseWriter, r *http.Request) {
	x, ok := f.byName[chi.URLParam(r, "*")]
	if !ok {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", x.kind)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Vary", "Accept-Encoding")
	if chi.URLParam(r, "hash") == f.hash {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	b := x.plain
	if x.small != nil && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		b = x.small
	}
	w.Write(b)
}

// farmFiles are what a farm's page is made of.
var farmFiles = []string{"mark.svg", "style.css", "site.js", "farm.js", "map.js", "ticks.js", "offline.js", "vendor/leaflet.css", "vendor/leaflet.js"}

// worker gives the service worker of the farm's page, which keeps its files by their addresses.
func (f *files) worker(w http.ResponseWriter, _ *http.Request) {
	var assets []string
	for _, name := range farmFiles {
		assets = append(assets, "/static/"+f.hash+"/"+name)
	}
	list, err := json.Marshal(assets)
	if err != nil {
		http.Error(w, "the files have no names", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", f.byName["worker.js"].kind)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-cache")
	h.Set("Service-Worker-Allowed", "/farm")
	fmt.Fprintf(w, "const version = %q, assets = %s;\n%s", f.hash, list, f.byName["worker.js"].plain)
}
