package store

import (
	"context"
	"strings"
)

// Producer is a farm that sells, and may drive.
type Producer struct {
	Row
	Ref             string // another system's id; unique in the collective when there is one
	Name            string
	Place           ID     // the farm
	Profession      string // as the marketplace has it; the usual temperature class follows from it
	Email           string
	Phone           string
	PhoneShared     bool   // carriers who meet this producer may see the telephone number
	OrganicBody     string // code of the control body, as in FR-BIO-01; empty: not organic
	Siret           string // the establishment's number of 14 digits; empty: not known
	Approval        string // the sanitary approval of the establishment, as in FR 84.031.001 CE; empty: none
	Ready           *Clock // goods can be loaded from then on; nil: at any time
	ReadyDaysBefore int64  // … this many days before the distribution
	MaxAddedM       *int64 // most metres added a week, trips included; nil: no limit
	Active          bool
}

func (*Producer) kind() kind {
	return kind{"producer", "producers", "ref, name, place, profession, email, phone, phone_shared, organic_body, siret, approval, ready_clock, ready_days_before, max_added_m, active", "ref"}
}

func (x *Producer) fields() []any {
	return []any{optional[string]{&x.Ref}, &x.Name, &x.Place, &x.Profession, &x.Email, &x.Phone, &x.PhoneShared, &x.OrganicBody, &x.Siret, &x.Approval,
		&x.Ready, &x.ReadyDaysBefore, &x.MaxAddedM, &x.Active}
}

func (x *Producer) refs() []ref { return []ref{{"place", "place", "places", x.Place}} }

func (x *Producer) check(f *faults) {
	f.text("ref", x.Ref)
	f.name("name", x.Name)
	if x.Place == "" {
		f.add("place", "is empty: name the place of the farm")
	}
	f.text("profession", x.Profession)
	f.text("email", x.Email)
	f.text("phone", x.Phone)
	f.text("organic_body", x.OrganicBody)
	if x.Siret = strings.Join(strings.Fields(x.Siret), ""); x.Siret != "" && !isSiret(x.Siret) {
		f.add("siret", "%q is no SIRET: it must be its 14 digits, as in 732 829 320 00074", x.Siret)
	}
	f.text("approval", x.Approval)
	if x.Ready != nil && !x.Ready.valid() {
		f.add("ready", "%d minutes are no time of day", int(*x.Ready))
	}
	if x.ReadyDaysBefore < 0 || x.ReadyDaysBefore > 31 {
		f.add("ready_days_before", "%d is not between 0 and 31", x.ReadyDaysBefore)
	}
	f.optional("max_added_m", x.MaxAddedM)
}

// isSiret says whether a text is a SIRET: 14 digits whose sum by Luhn is a multiple of 10 or, for offices of La Poste, whose sum is one of 5.
func isSiret(s string) bool {
	if len(s) != 14 {
		return false
	}
	luhn, plain := 0, 0
	for i, c := range []byte(s) {
		if c < '0' || c > '9' {
			return false
		}
		d := int(c - '0')
		plain += d
		if i%2 == 0 {
			d *= 2
		}
		luhn += d/10 + d%10
	}
	return luhn%10 == 0 || strings.HasPrefix(s, "356000000") && plain%5 == 0
}

// ProducerFilter narrows a list of producers; what is empty does not.
type ProducerFilter struct {
	Ref    string
	Place  ID
	Active *bool
}

func (f ProducerFilter) conditions() (w conditions) {
	w.is("ref", f.Ref)
	w.is("place", string(f.Place))
	w.isBool("active", f.Active)
	return w
}

// CreateProducer adds a producer.
func (c *Scope) CreateProducer(ctx context.Context, x *Producer) error { return create(ctx, c, x) }

// Producer is a producer by id.
func (c *Scope) Producer(ctx context.Context, id ID) (*Producer, error) {
	return get[Producer](ctx, c, id)
}

// Producers lists producers.
func (c *Scope) Producers(ctx context.Context, f ProducerFilter, page Page) ([]Producer, Cursor, error) {
	return list[Producer](ctx, c, page, f.conditions())
}

// UpdateProducer changes a producer.
func (c *Scope) UpdateProducer(ctx context.Context, x *Producer) error { return update(ctx, c, x) }

// DeleteProducer removes a producer that nothing refers to.
func (c *Scope) DeleteProducer(ctx context.Context, id ID, version int64) error {
	return remove[Producer](ctx, c, id, version)
}
