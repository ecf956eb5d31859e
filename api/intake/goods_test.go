package intake

import (
	"testing"

	"carriole/api/store"
	"carriole/engine"
)

func TestClass(t *testing.T) {
	for _, x := range []struct {
		name, profession string
		class            engine.Class
	}{
		{"Tomme fermière 300 g", "Fromager", engine.Chilled},
		{"Le petit bonheur 150 g", "Fromager", engine.Chilled}, // no word tells
		{"Le petit bonheur 150 g", "Éleveur caprin", engine.Chilled},
		{"Le petit bonheur 150 g", "Maraîcher", engine.Ambient},
		{"Le petit bonheur 150 g", "Glacier", engine.Frozen},
		{"Le petit bonheur 150 g", "", engine.Ambient},
		{"Œufs x6", "Aviculteur", engine.Ambient},
		{"Poulet fermier", "Aviculteur", engine.Chilled},
		{"Poulet fermier", "Maraîcher", engine.Chilled},
		{"Crottin aux pommes", "", engine.Chilled},
		{"Jus de pomme 1 L", "Arboriculteur", engine.Ambient},
		{"Huîtres n°3", "Ostréiculteur", engine.Chilled},
		{"Filets de truite", "Pêcheur", engine.Chilled},
		{"Sorbet abricot 500 mL", "Arboriculteur", engine.Frozen},
		{"Steaks hachés surgelés", "Boucher", engine.Frozen},
		{"Terrine de campagne en bocal", "Éleveur porcin", engine.Ambient},
		{"Saucisson sec", "Éleveur porcin", engine.Ambient},
		{"Miel de lavande", "Apiculteur", engine.Ambient},
		{"Pain au levain", "Boulanger", engine.Ambient},
		{"Pommes de terre", "Maraîcher", engine.Ambient},
	} {
		if class, from := classOf(x.name, x.profession); class != x.class || from == "" {
			t.Errorf("%s of %q is %s (%s), want %s", x.name, x.profession, class, from, x.class)
		}
	}
}

func TestWeigh(t *testing.T) {
	ml := int64(3000)
	table := []store.UnitWeight{{Unit: "Pièce", Grams: 700}, {Unit: "piece", Product: "Poulets fermiers", Grams: 2100, Weighed: true}, {Unit: "botte", Grams: 350, Millilitres: &ml}}
	for _, x := range []struct {
		name    string
		grams   int64
		litres  int64 // in millilitres
		weighed bool
	}{
		{"Pommes 2 kg", 2000, 3637, false},
		{"Huile d'olive 1 L", 920, 1534, false}, // of 0.92 kg a litre
		{"Œufs 12 pièces", 756, 1680, false},    // a dozen is about 0.75 kg with its box
		{"Bidule", 700, 1400, false},            // the collective's piece
		{"Melon", 900, 1637, false},             // a usual melon is closer than the collective's piece
		{"Poulet fermier", 2100, 3000, true},
		{"Navets 2 bottes", 700, 6000, false},
		{"1/2 poulet fermier", 1050, 1500, true},
	} {
		w := weigh(x.name, measureText(x.name), table)
		if w.grams != x.grams || w.millilitres != x.litres || w.weighed != x.weighed || w.from == "" {
			t.Errorf("%s: %+v, want %d g, %d mL, weighed %v", x.name, w, x.grams, x.litres, x.weighed)
		}
	}
}
