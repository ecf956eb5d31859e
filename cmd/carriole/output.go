package main

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
)

// An output is a document and where it goes.
type output struct {
	flag string // for messages
	path string // a file or "-"; empty: not wanted
	make func() ([]byte, error)
}

// prepare finds, before any work is done, the outputs that cannot be written, and those that would overwrite each
// other or the input.
func prepare(outputs []output, input string) error {
	var faults []error
	taken := map[string]string{}
	for _, o := range outputs {
		if o.path == "" {
			continue
		}
		path, err := o.path, error(nil)
		if path != standard {
			if path, err = target(path); err == nil {
				err = writable(path)
			}
			if err == nil && input != standard && same(path, input) {
				err = fmt.Errorf("%s is the week itself; give another name", o.path)
			}
		}
		if other, ok := taken[path]; ok && err == nil && !special(path) {
			err = fmt.Errorf("%s is taken by %s; give each its own", o.path, other)
		}
		if err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", o.flag, err))
		}
		taken[path] = o.flag
	}
	return errors.Join(faults...)
}

func (o output) write() error {
	data, err := o.make()
	if err == nil {
		if o.path == standard {
			_, err = os.Stdout.Write(data)
		} else {
			err = writeFile(o.path, data)
		}
	}
	if err != nil {
		return fmt.Errorf("%s: %w", o.flag, err)
	}
	return nil
}

// writeFile replaces a file as a whole: a reader sees the old content or the new, never a part, and a failure leaves
// the old one. An existing file keeps its permissions. What is no regular file (a device, a pipe) is written straight.
func writeFile(path string, data []byte) error {
	path, err := target(path)
	if err != nil {
		return err
	}
	if special(path) {
		return os.WriteFile(path, data, 0o666)
	}
	f, err := beside(path)
	if err != nil {
		return err
	}
	err = keepMode(f, path)
	if err == nil {
		_, err = f.Write(data)
	}
	if err == nil {
		err = f.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
		return err
	}
	syncFolder(filepath.Dir(path))
	return nil
}

// keepMode gives f the permissions of the file that it is going to replace, if there is one.
func keepMode(f *os.File, path string) error {
	old, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	now, err := f.Stat()
	if err != nil || now.Mode().Perm() == old.Mode().Perm() {
		return err
	}
	return f.Chmod(old.Mode().Perm())
}

// writable reports why writeFile could not write the file, nil when it can. The path is a target.
func writable(path string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return err
	case info.IsDir():
		return fmt.Errorf("%s is a folder; give a file's name", path)
	case special(path):
		return nil
	default:
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		f.Close()
	}
	f, err := beside(path)
	if err != nil {
		return err
	}
	f.Close()
	return os.Remove(f.Name())
}

// special reports whether the path names a device, a pipe or the like.
func special(path string) bool {
	info, err := os.Stat(path)
	return err == nil && !info.Mode().IsRegular() && !info.IsDir()
}

// target follows symbolic links, so that the file behind the link is replaced and not the link. The result is
// absolute; the file itself need not exist.
func target(path string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil || special(path) {
		return path, err
	}
	real, err := filepath.EvalSymlinks(path)
	if err == nil {
		return real, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	if _, err := os.Lstat(path); err == nil {
		return "", fmt.Errorf("%s is a link to a file that does not exist", path)
	}
	folder, err := filepath.EvalSymlinks(filepath.Dir(path))
	if err != nil {
		return "", err
	}
	return filepath.Join(folder, filepath.Base(path)), nil
}

// beside creates a temporary file in the folder of path, with the permissions that a new file gets.
func beside(path string) (*os.File, error) {
	folder, base := filepath.Split(path)
	for {
		name := filepath.Join(folder, "."+base+"."+strconv.FormatUint(rand.Uint64(), 36)+".tmp")
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		var fault *fs.PathError
		switch {
		case errors.Is(err, fs.ErrExist):
		case errors.As(err, &fault):
			return nil, fmt.Errorf("cannot create a file in %s: %w", filepath.Clean(folder), fault.Err)
		default:
			return f, err
		}
	}
}

// syncFolder makes a rename last through a power failure, on systems that can.
func syncFolder(path string) {
	if dir, err := os.Open(path); err == nil {
		dir.Sync()
		dir.Close()
	}
}

func same(a, b string) bool {
	ia, err := os.Stat(a)
	if err != nil {
		return false
	}
	ib, err := os.Stat(b)
	return err == nil && os.SameFile(ia, ib)
}
