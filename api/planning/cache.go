package planning

import (
	"sync"
	"time"

	"carriole/api/store"
)

// How long what is made is kept to be given out again: documents until a purge must be seen, what depends on the present a
// moment.
const (
	documentsLast = time.Minute
	momentLasts   = 2 * time.Second
)

// cache keeps what was made, up to a size in all, and forgets the oldest first.
type cache[T any] struct {
	most int // size of all

	mu    sync.Mutex
	size  int
	made  map[key]entry[T]
	order []key // of what is kept, in the order in which it came
}

type key struct {
	collective, id store.ID
	what, lang     string
}

type entry[T any] struct {
	value T
	size  int
	at    time.Time
}

// get is what was made for a key no longer ago than last, or makes it.
func (c *cache[T]) get(k key, last time.Duration, build func() (value T, size int, err error)) (T, error) {
	c.mu.Lock()
	x, ok := c.made[k]
	c.mu.Unlock()
	if ok && time.Since(x.at) < last {
		return x.value, nil
	}
	x.at = time.Now()
	var err error
	if x.value, x.size, err = build(); err != nil {
		return x.value, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.made == nil {
		c.made = map[key]entry[T]{}
	}
	if old, ok := c.made[k]; ok {
		c.size -= old.size
	} else {
		c.order = append(c.order, k)
	}
	c.made[k] = x
	c.size += x.size
	for c.size > c.most && len(c.order) > 0 {
		c.size -= c.made[c.order[0]].size
		delete(c.made, c.order[0])
		c.order = c.order[1:]
	}
	return x.value, nil
}
