package provider

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// client asks a server over HTTP. What may pass by itself is tried again.
type client struct {
	base  string
	pause time.Duration // before the second try, doubled for each further one; 0: half a second
}

const (
	tries        = 4
	patience     = 60 * time.Second // for one answer
	longestPause = 20 * time.Second
	maxAnswer    = 256 << 20
)

// get asks for a path; post sends a document to one. The answer of a server that refuses comes with its status, above
// 399, and is not an error here.
func (c *client) get(ctx context.Context, path string) (status int, body []byte, err error) {
	return c.try(ctx, http.MethodGet, path, nil)
}

func (c *client) post(ctx context.Context, path string, document any) (status int, body []byte, err error) {
	data, err := json.Marshal(document)
	if err != nil {
		return 0, nil, err
	}
	return c.try(ctx, http.MethodPost, path, data)
}

func (c *client) try(ctx context.Context, method, path string, data []byte) (status int, body []byte, err error) {
	pause := c.pause
	if pause == 0 {
		pause = 500 * time.Millisecond
	}
	for n := 1; ; n++ {
		var wait time.Duration
		status, body, wait, err = c.once(ctx, method, path, data)
		passing := err != nil || status == http.StatusTooManyRequests || status >= 500
		if !passing || n == tries || ctx.Err() != nil {
			break
		}
		select {
		case <-time.After(min(max(pause, wait), longestPause)):
		case <-ctx.Done():
		}
		pause *= 2
	}
	switch {
	case ctx.Err() != nil:
		return 0, nil, ctx.Err()
	case err != nil:
		return 0, nil, fmt.Errorf("no answer in %d tries: %w", tries, err)
	}
	return status, body, nil
}

func (c *client) once(ctx context.Context, method, path string, data []byte) (status int, body []byte, wait time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	q, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(data))
	if err != nil {
		return 0, nil, 0, err
	}
	q.Header.Set("User-Agent", "carriole")
	if data != nil {
		q.Header.Set("Content-Type", "application/json")
	}
	answer, err := http.DefaultClient.Do(q)
	if err != nil {
		return 0, nil, 0, err
	}
	defer answer.Body.Close()
	body, err = io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if err == nil && len(body) == maxAnswer {
		err = errors.New("the answer is too long")
	}
	if s, no := strconv.Atoi(answer.Header.Get("Retry-After")); no == nil && s > 0 {
		wait = time.Duration(min(s, 3600)) * time.Second
	}
	return answer.StatusCode, body, wait, err
}

// refused is the error of a server's answer that is not what its documentation says.
func refused(status int, body []byte) error {
	const shown = 200
	if len(body) > shown {
		body = append(body[:shown:shown], "…"...)
	}
	return fmt.Errorf("the server answers %d %s: %q", status, http.StatusText(status), body)
}
