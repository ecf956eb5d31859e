package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"carriole/api/store"
)

type backupCmd struct {
	database
	File string `arg:"" help:"Where to write; - is standard output. A file that is there is replaced when the new one is whole."`
}

// Run is called by kong.
func (c *backupCmd) Run() error {
	ctx, stop := interruptible()
	defer stop()
	s, err := store.Open(ctx, c.DatabaseURL)
	if err != nil {
		return err
	}
	defer s.Close()
	var got *store.Archived
	write := func(w io.Writer) (err error) {
		got, err = s.Backup(ctx, w)
		return err
	}
	if c.File == "-" {
		return write(os.Stdout)
	}
	if err := replaceFile(c.File, write); err != nil {
		return err
	}
	fmt.Printf("%s: %d collectives, %d rows\n", c.File, got.Collectives, got.Rows)
	return nil
}

// replaceFile writes a file that only its owner reads, and puts it into its place when it is whole and on disk.
func replaceFile(name string, write func(io.Writer) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+"-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	if err = write(f); err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}
