// Package paper makes what goes with the goods on paper: run sheets, packing lists, delivery notes and crate labels, as a
// model from which pages to print and PDF files are made alike. A paper names orders by their references and nobody who
// ordered, and no price. The same plan and question give the same bytes.
//
// What is not known is left to be filled in by hand: a fact without a value and an empty cell are a blank on the paper.
package paper

import (
	"time"

	"carriole/api/store"
	"carriole/engine/view"
)

// Kind is a kind of paper.
type Kind string

// The kinds.
const (
	RunSheets     Kind = "run-sheets"     // a paper a round: its stops, and what is loaded and unloaded there
	PackingLists  Kind = "packing-lists"  // a paper a farm: what to pack, for where, and who takes it
	DeliveryNotes Kind = "delivery-notes" // a paper for what goes from a producer to a pickup point in one way
	CrateLabels   Kind = "crate-labels"   // a label a crate
)

// Kinds are all.
var Kinds = [...]Kind{RunSheets, PackingLists, DeliveryNotes, CrateLabels}

// Query says which papers are wanted, and by whom; what is empty narrows nothing.
type Query struct {
	Kind        Kind
	Round       string // of run sheets; of the rest: what rides it
	Producer    store.ID
	PickupPoint store.ID
	For         store.ID // the producer who asks: what is theirs, and the notes of what they carry
	Lang        view.Lang
	URL         string // where people reach the service, as in https://plan.example.org; empty: labels name the goods alone
}

// Document is the papers that answer a query.
type Document struct {
	Kind   Kind      `json:"kind"`
	Lang   view.Lang `json:"lang"`
	Title  string    `json:"title"`
	Name   string    `json:"name"` // of a file, without its ending
	Made   time.Time `json:"made"` // when the plan was made
	Papers []Paper   `json:"papers,omitempty"`
	Labels []Label   `json:"labels,omitempty"`
}

// Paper begins on a page of its own.
type Paper struct {
	Title  string  `json:"title"`
	Sub    string  `json:"sub"`
	Notice string  `json:"notice,omitempty"` // of what whoever reads it must be warned
	Facts  []Fact  `json:"facts,omitempty"`
	Tables []Table `json:"tables,omitempty"`
}

// Fact is something that a paper states. Without a value it is a blank.
type Fact struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Table is a part of a paper. Its head stands on each page that it goes on to.
type Table struct {
	Title   string   `json:"title,omitempty"`
	Columns []Column `json:"columns"`
	Rows    []Row    `json:"rows"`
	Tall    bool     `json:"tall,omitempty"` // there is room to sign in its rows
}

// Column is one of a table.
type Column struct {
	Name  string  `json:"name"`
	Share float64 `json:"share"`           // of the width; those of a table add up to 1
	Right bool    `json:"right,omitempty"` // has figures
}

// Row is a row of cells, or a text over the whole width: a heading of the rows that follow, or a note to the row before.
type Row struct {
	Heading string   `json:"heading,omitempty"`
	Note    string   `json:"note,omitempty"`
	Cells   []string `json:"cells,omitempty"`
}

// Tick is a cell with a box to tick.
const Tick = "☐"

// Label is a sticker for one crate.
type Label struct {
	To     string   `json:"to"`
	When   string   `json:"when"`
	From   string   `json:"from"`
	Goods  string   `json:"goods"`
	Mark   string   `json:"mark"`   // what needs cold, and which crate of how many
	Weight string   `json:"weight"` // of the goods in all their crates
	Facts  []string `json:"facts,omitempty"`
	Link   string   `json:"link"` // what the QR code holds
}
