package main

import (
	"os"
	"path/filepath"
	"testing"
)

func TestWriteFileFailureLeavesNothingBehind(t *testing.T) {
	folder := t.TempDir()
	inTheWay := filepath.Join(folder, "plan.json")
	if err := os.Mkdir(inTheWay, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := writeFile(inTheWay, []byte("{}")); err == nil {
		t.Error("a folder was replaced by a file")
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 1 || !entries[0].IsDir() {
		t.Errorf("left behind: %v", entries)
	}
}

func TestWriteFileKeepsTheOldWholeUntilTheNewIsWhole(t *testing.T) {
	path := filepath.Join(t.TempDir(), "plan.json")
	for _, content := range []string{"a first, longer plan", "a second"} {
		old, openErr := os.Open(path)
		if err := writeFile(path, []byte(content)); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(path)
		if err != nil || string(got) != content {
			t.Errorf("got %q, %v, want %q", got, err, content)
		}
		if openErr != nil {
			continue
		}
		defer old.Close()
		before := make([]byte, 100)
		n, err := old.Read(before)
		if err != nil || string(before[:n]) != "a first, longer plan" {
			t.Errorf("a reader of the old file sees %q, %v", before[:n], err)
		}
	}
}
