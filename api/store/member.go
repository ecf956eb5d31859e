package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Role is what a member may do.
type Role string

// The roles.
const (
	Coordinator   Role = "coordinator"
	ProducersRole Role = "producer"
	Reader        Role = "reader"
)

// Member is a person who may sign in.
type Member struct {
	Row
	Email    string // in lower case; unique in the collective
	Name     string
	Role     Role
	Producer ID     // of the role producer: whose part they see
	Language string // fr or en; empty: the browser's
}

func (*Member) kind() kind {
	return kind{noun: "member", table: "members", columns: "email, name, role, producer, language", unique: "e-mail address"}
}

func (x *Member) fields() []any {
	return []any{&x.Email, &x.Name, &x.Role, optional[ID]{&x.Producer}, &x.Language}
}

func (x *Member) refs() []ref { return []ref{{"producer", "producer", "producers", x.Producer}} }

func (x *Member) check(f *faults) {
	x.Email = strings.ToLower(strings.TrimSpace(x.Email))
	f.text("email", x.Email)
	if at := strings.IndexByte(x.Email, '@'); at < 1 || at == len(x.Email)-1 || strings.ContainsAny(x.Email, " \t\r\n") {
		f.add("email", "%q is no e-mail address", x.Email)
	}
	f.text("name", x.Name)
	choice(f, "role", x.Role, Coordinator, ProducersRole, Reader)
	choice(f, "language", x.Language, "", "fr", "en")
	if x.Role == ProducersRole && x.Producer == "" {
		f.add("producer", "is empty: a member with the role producer belongs to one")
	}
}

// Membership is a member of one of several collectives.
type Membership struct {
	Collective ID
	Member     Member
}

// Memberships finds where somebody is a member, to sign in with an e-mail address.
func (s *Store) Memberships(ctx context.Context, email string) ([]Membership, error) {
	email = strings.ToLower(strings.TrimSpace(email))
	var out []Membership
	err := s.In(everyone, "").read(ctx, func(t *tx) error {
		rows, err := t.QueryContext(ctx, `select collective, id from members where email = $1 order by collective`, email)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var m Membership
			if err := rows.Scan(&m.Collective, &m.Member.ID); err != nil {
				return err
			}
			out = append(out, m)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, err
	}
	for i := range out {
		m, err := s.In(out[i].Collective, "").Member(ctx, out[i].Member.ID)
		if err != nil {
			return nil, err
		}
		out[i].Member = *m
	}
	return out, nil
}

// MemberFilter narrows a list of members; what is empty does not.
type MemberFilter struct {
	Email    string
	Role     Role
	Producer ID
}

// CreateMember adds a member.
func (c *Scope) CreateMember(ctx context.Context, x *Member) error { return create(ctx, c, x) }

// Member is a member by id.
func (c *Scope) Member(ctx context.Context, id ID) (*Member, error) { return get[Member](ctx, c, id) }

// Members lists members.
func (c *Scope) Members(ctx context.Context, f MemberFilter, page Page) ([]Member, Cursor, error) {
	var w conditions
	w.is("email", strings.ToLower(f.Email))
	w.is("role", string(f.Role))
	w.is("producer", string(f.Producer))
	return list[Member](ctx, c, page, w)
}

// UpdateMember changes a member. The last coordinator stays one: anything else is a conflict.
func (c *Scope) UpdateMember(ctx context.Context, x *Member) error {
	return c.Together(ctx, func(c *Scope) error {
		if x.Role != Coordinator {
			if err := c.demandAnother(ctx, x.ID); err != nil {
				return err
			}
		}
		return update(ctx, c, x)
	})
}

// DeleteMember removes a member. The last coordinator stays: that is a conflict.
func (c *Scope) DeleteMember(ctx context.Context, id ID, version int64) error {
	return c.Together(ctx, func(c *Scope) error {
		if err := c.demandAnother(ctx, id); err != nil {
			return err
		}
		return remove[Member](ctx, c, id, version)
	})
}

// demandAnother demands a coordinator beside a member who is one and will be no more. Until the transaction ends nobody else
// passes here.
func (c *Scope) demandAnother(ctx context.Context, id ID) error {
	return c.write(ctx, func(t *tx) error {
		before, err := fetch[Member](ctx, t, id)
		if errors.Is(err, &Error{Code: NotFound}) || err == nil && before.Role != Coordinator {
			return nil // the change itself says what is wrong
		}
		if err != nil {
			return err
		}
		if _, err := t.exec(ctx, (*Collective)(nil).kind(), `update collectives set name = name where collective = $1`, &t.collective); err != nil {
			return err
		}
		var others int
		if err := t.QueryRowContext(ctx, `select count(*) from members where collective = $1 and role = $2 and id <> $3`, string(t.collective), string(Coordinator), string(id)).Scan(&others); err != nil {
			return fmt.Errorf("store: reading members: %w", err)
		}
		if others == 0 {
			return refuse(Conflict, "%s is the last coordinator: make another member one first", before.Email)
		}
		return nil
	})
}
