package planning_test

import (
	"log"
	"os"
	"testing"
)

// folders made by examples.
var folders []string

func TestMain(m *testing.M) {
	code := m.Run()
	for _, f := range folders {
		os.RemoveAll(f)
	}
	os.Exit(code)
}

func tempDir() string {
	f, err := os.MkdirTemp("", "carriole")
	check(err)
	folders = append(folders, f)
	return f
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
