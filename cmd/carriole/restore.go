package main

import (
	"errors"
	"fmt"
	"os"
	"time"

	"carriole/api/jobs"
	"carriole/api/store"
)

type restoreCmd struct {
	database
	File    string `arg:"" type:"existingfile" help:"What carriole backup wrote."`
	Replace bool   `help:"Remove what the database has. Stop the service first."`
}

// Run is called by kong.
func (c *restoreCmd) Run() error {
	ctx, stop := interruptible()
	defer stop()
	f, err := os.Open(c.File)
	if err != nil {
		return err
	}
	defer f.Close()
	s, err := store.Open(ctx, c.DatabaseURL)
	if err != nil {
		return err
	}
	defer s.Close()
	got, err := s.Restore(ctx, f, c.Replace, jobs.Migration(s))
	if errors.Is(err, &store.Error{Code: store.Conflict}) && !c.Replace {
		return fmt.Errorf("%s: %w (--replace)", c.File, err)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	fmt.Printf("Restored %d collectives, %d rows, as they were on %s.\n", got.Collectives, got.Rows, got.Made.Local().Format(time.RFC1123))
	return nil
}
