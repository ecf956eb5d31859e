// Package pgtest starts a PostgreSQL server for tests and benchmarks, in a temporary folder and on a socket of its own.
package pgtest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// Server is a running server.
type Server struct {
	folder    string
	process   *exec.Cmd
	log       *os.File
	databases atomic.Int64
}

// Start makes a server and waits until it answers. Options are settings as in shared_buffers=64MB. What it writes is not
// synchronized to the disk unless fsync=on says so.
func Start(options ...string) (*Server, error) {
	bin, err := programs()
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "pgtest")
	if err != nil {
		return nil, err
	}
	s := &Server{folder: folder}
	if err := s.start(bin, options); err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	return s, nil
}

// programs is the folder of initdb and postgres.
func programs() (string, error) {
	var folders []string
	if out, err := exec.Command("pg_config", "--bindir").Output(); err == nil {
		folders = append(folders, strings.TrimSpace(string(out)))
	}
	versions, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	folders = append(folders, versions...)
	if path, err := exec.LookPath("initdb"); err == nil {
		folders = append(folders, filepath.Dir(path))
	}
	for _, folder := range folders {
		if executable(filepath.Join(folder, "initdb")) && executable(filepath.Join(folder, "postgres")) {
			return folder, nil
		}
	}
	return "", errors.New("no PostgreSQL server is installed: run 'make postgres', or 'apt-get install postgresql' as root")
}

func executable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode()&0o111 != 0
}

func (s *Server) start(bin string, options []string) error {
	attributes, err := s.ordinary()
	if err != nil {
		return err
	}
	data := filepath.Join(s.folder, "data")
	initdb := exec.Command(filepath.Join(bin, "initdb"), "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
	initdb.Dir, initdb.SysProcAttr = s.folder, attributes
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	if s.log, err = os.Create(filepath.Join(s.folder, "log")); err != nil {
		return err
	}
	args := []string{"-D", data, "-k", s.folder, "-c", "listen_addresses=", "-c", "fsync=off"}
	for _, option := range options {
		args = append(args, "-c", option)
	}
	s.process = exec.Command(filepath.Join(bin, "postgres"), args...)
	s.process.Dir, s.process.SysProcAttr, s.process.Stdout, s.process.Stderr = s.folder, attributes, s.log, s.log
	if err := s.process.Start(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, s.URL("postgres", "postgres"))
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-ctx.Done():
			text, _ := os.ReadFile(s.log.Name())
			return fmt.Errorf("PostgreSQL does not answer: %w\n%s", err, text)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// ordinary is a user other than root, whom PostgreSQL refuses to serve, and gives the folder to that user.
func (s *Server) ordinary() (*syscall.SysProcAttr, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	who, err := user.Lookup("postgres")
	if err != nil {
		if who, err = user.Lookup("nobody"); err != nil {
			return nil, err
		}
	}
	uid, err := strconv.ParseUint(who.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(who.Gid, 10, 32)
	if err != nil {
		return nil, err
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, os.Chown(s.folder, int(uid), int(gid))
}

// URL is the address of a database for a role. The role postgres is a superuser.
func (s *Server) URL(role, database string) string {
	return "postgres:///" + database + "?" + url.Values{"host": {s.folder}, "user": {role}}.Encode()
}

// Pid is the id of the server's first process, the parent of all others.
func (s *Server) Pid() int { return s.process.Process.Pid }

// Create makes a database of its own for a role, as a copy of a template or, without one, empty, and returns its URL.
func (s *Server) Create(ctx context.Context, role, template string) (databaseURL string, err error) {
	conn, err := pgx.Connect(ctx, s.URL("postgres", "postgres"))
	if err != nil {
		return "", err
	}
	defer conn.Close(ctx)
	name := fmt.Sprintf("test_%d", s.databases.Add(1))
	statement := "create database " + name + " owner " + pgx.Identifier{role}.Sanitize()
	if template != "" {
		statement += " template " + pgx.Identifier{template}.Sanitize()
	}
	_, err = conn.Exec(ctx, statement)
	return s.URL(role, name), err
}

// Stop ends the server and removes its folder.
func (s *Server) Stop() error {
	var err error
	if s.process != nil && s.process.Process != nil {
		err = s.process.Process.Signal(syscall.SIGINT) // ends all sessions and itself
		s.process.Wait()
	}
	if s.log != nil {
		err = errors.Join(err, s.log.Close())
	}
	return errors.Join(err, os.RemoveAll(s.folder))
}
