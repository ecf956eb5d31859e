package view

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"carriole/engine"
)

// csvHeader is the first row of CSV, the same in every language.
var csvHeader = []string{
	"consignment", "producer", "producer_name", "pickup_point", "pickup_point_name", "class", "kg", "litres",
	"leg", "round", "carrier", "carrier_name", "vehicle", "from_place", "depart", "to_place", "arrive",
	"take_over_from", "hand_over_to", "order", "line", "unserved_reason",
}

// CSV writes a plan for spreadsheets by RFC 4180, in UTF-8. After the header
//
//	consignment, producer, producer_name, pickup_point, pickup_point_name, class, kg, litres,
//	leg, round, carrier, carrier_name, vehicle, from_place, depart, to_place, arrive,
//	take_over_from, hand_over_to, order, line, unserved_reason
//
// comes a row for each leg of each consignment (leg counts from 1; a consignment that needs no transport has one row
// with leg 0), then a row for each unserved line (order, line and unserved_reason are set there alone). carrier is the
// producer who drives; depart is from from_place, arrive at to_place, RFC 3339 in opt.Location; take_over_from and
// hand_over_to are the rounds before and after. Figures have a decimal point. The header does not depend on the
// language; unserved_reason does. A text that a spreadsheet would take for a formula has an apostrophe before it. The
// error is the writer's.
func CSV(w io.Writer, week *engine.Week, plan *engine.Plan, opt Options) error {
	b := newBook(week, plan)
	out := csv.NewWriter(w)
	out.UseCRLF = true
	out.Write(csvHeader)
	for i := range b.plan.Consignments {
		c := &b.plan.Consignments[i]
		for k := range c.Legs {
			out.Write(b.csvLeg(c, k, opt))
		}
		if len(c.Legs) == 0 {
			out.Write(append(b.csvGoods(c.ID, c.Producer, c.PickupPoint, c.Class, c.Kg, c.Litres), "0", "", "", "", "", "", "", "", "", "", "", "", "", ""))
		}
	}
	for i := range b.plan.Unserved {
		out.Write(b.csvUnserved(&b.plan.Unserved[i], opt))
	}
	out.Flush()
	return out.Error()
}

func (b *book) csvGoods(id, producer, point string, class engine.Class, kg, litres float64) []string {
	return []string{cell(id), cell(producer), cell(b.producerName(producer)), cell(point), cell(b.pointName(point)), cell(string(class)), figure(kg), figure(litres)}
}

func (b *book) csvLeg(c *engine.Consignment, k int, opt Options) []string {
	leg := c.Legs[k]
	carrier, vehicle, before, after := b.carrier(leg.Round), "", "", ""
	if r := b.rounds[leg.Round]; r != nil {
		vehicle = r.Vehicle
	}
	if k > 0 {
		before = c.Legs[k-1].Round
	}
	if k < len(c.Legs)-1 {
		after = c.Legs[k+1].Round
	}
	var from, depart, to, arrive string
	if s := b.stop(leg.Round, leg.From); s != nil {
		from, depart = s.Place, opt.local(s.Depart).Format(time.RFC3339)
	}
	if s := b.stop(leg.Round, leg.To); s != nil {
		to, arrive = s.Place, opt.local(s.Arrive).Format(time.RFC3339)
	}
	return append(b.csvGoods(c.ID, c.Producer, c.PickupPoint, c.Class, c.Kg, c.Litres),
		strconv.Itoa(k+1), cell(leg.Round), cell(carrier), cell(b.producerName(carrier)), cell(vehicle),
		cell(from), depart, cell(to), arrive, cell(before), cell(after), "", "", "")
}

func (b *book) csvUnserved(u *engine.Unserved, opt Options) []string {
	goods := make([]string, 8)
	if l := b.line(u.Order, u.Line); l != nil {
		goods = b.csvGoods("", l.Producer, b.orderPoint(u.Order), l.Temperature(), l.Kg, l.Litres)
	}
	return append(goods, "", "", "", "", "", "", "", "", "", "", "",
		cell(u.Order), strconv.Itoa(u.Line), cell(plain(b.unservedReason(opt.words(), u))))
}

func figure(v float64) string { return strconv.FormatFloat(thousandths(v), 'f', -1, 64) }

// cell keeps a spreadsheet from running a text as a formula. What begins with a tab or another space counts as one.
func cell(s string) string {
	s = clean(s)
	shown := strings.TrimLeftFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) })
	first, _ := utf8.DecodeRuneInString(shown)
	if shown != s || strings.ContainsRune("=+-@＝＋－＠", first) {
		return "'" + s
	}
	return s
}
