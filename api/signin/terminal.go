package signin

import (
	"context"
	"fmt"

	"carriole/api/store"
)

// First makes a collective and its coordinator in a database that has none, and returns the address by which the coordinator
// signs in, once and within an hour. In a database that has a collective it changes nothing and the address is empty.
func (s *Service) First(ctx context.Context, collective, email string) (address string, err error) {
	x := store.Collective{Name: collective}
	m := store.Member{Email: email, Role: store.Coordinator}
	made, err := s.store.CreateFirst(ctx, &x, &m, "terminal")
	if err != nil || !made {
		return "", err
	}
	return s.newLink(ctx, store.Membership{Collective: x.ID, Member: m}, "terminal", terminalLink)
}

// Link is an address by which a member signs in, once and within an hour, for whoever has the terminal: when no mail arrives.
func (s *Service) Link(ctx context.Context, email string) (address string, err error) {
	where, err := s.store.Memberships(ctx, email)
	if err != nil {
		return "", err
	}
	if len(where) == 0 {
		return "", fmt.Errorf("nobody has the e-mail address %q: it must be a member's, as the collective's list has it", email)
	}
	return s.newLink(ctx, where[0], "terminal", terminalLink)
}
