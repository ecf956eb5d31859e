package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
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
