package intake

import (
	"strings"
	"testing"
)

// What real-looking names of products say of their size.
func TestMeasure(t *testing.T) {
	const g, ml, piece = "g", "mL", "pièce"
	for _, x := range []struct {
		text   string
		amount int64 // grams, millilitres or thousandths of a piece
		of     string
		name   string
	}{
		{"Pommes Gala 1 kg", 1000, g, "Pommes Gala"},
		{"Tomme fermière 300 g", 300, g, "Tomme fermière"},
		{"Tomates anciennes 1,5 kg", 1500, g, "Tomates anciennes"},
		{"Cerises Burlat 500g", 500, g, "Cerises Burlat"},
		{"Fraises Gariguette (barquette 250 g)", 250, g, "Fraises Gariguette"},
		{"Jus de pomme 1 L", 1000, ml, "Jus de pomme"},
		{"Jus de pomme 1,5 L", 1500, ml, "Jus de pomme"},
		{"Jus de raisin 75 cL", 750, ml, "Jus de raisin"},
		{"Crème fraîche 25 cl", 250, ml, "Crème fraîche"},
		{"Huile d'olive AOP 500 mL", 500, ml, "Huile d'olive AOP"},
		{"Vin rouge 12,5% vol. 75cl", 750, ml, "Vin rouge 12,5% vol."},
		{"Carton de 6 bouteilles de 75 cl", 4500, ml, "Carton de 6 bouteilles de 75 cl"},
		{"Rosé 75cl x 6", 4500, ml, "Rosé"},
		{"Bière blonde 33cl (x12)", 3960, ml, "Bière blonde"},
		{"Pack 6 bouteilles 33 cl", 1980, ml, "Pack 6 bouteilles 33 cl"},
		{"Bag in box rouge 5 litres", 5000, ml, "Bag in box rouge"},
		{"Lait cru 1 litre", 1000, ml, "Lait cru"},
		{"Lait cru 1/2 litre", 500, ml, "Lait cru"},
		{"Lait demi-litre", 500, ml, "Lait"},
		{"Cidre brut 1L5", 1500, ml, "Cidre brut"},
		{"Sirop de thym 0,5L", 500, ml, "Sirop de thym"},
		{"2x250g", 500, g, ""},
		{"Beurre doux 2x250g", 500, g, "Beurre doux"},
		{"Beurre demi-sel 250 g", 250, g, "Beurre demi-sel"},
		{"Yaourt nature 4 x 125 g", 500, g, "Yaourt nature"},
		{"Yaourts de brebis 4*125g", 500, g, "Yaourts de brebis"},
		{"4 yaourts 125 g", 500, g, ""},
		{"Yaourts 125 g par 4", 500, g, "Yaourts"},
		{"Faisselle 6 pots de 100 g", 600, g, "Faisselle"},
		{"Lot de 3 pots de 125g", 375, g, "Lot de 3 pots de 125g"},
		{"2 steaks hachés de 125 g", 250, g, ""},
		{"Steak haché (2 pièces) 250 g", 250, g, "Steak haché (2 pièces)"},
		{"Barquette de 2 cuisses de poulet 500 g", 500, g, "Barquette de 2 cuisses de poulet"},
		{"Yaourt vanille 125g 4 pièces", 500, g, "Yaourt vanille"},
		{"4 yaourts 125g 4 pièces", 500, g, ""},
		{"Fromage frais 200 g 1 pièce", 200, g, "Fromage frais"},
		{"Sac de pommes de terre 5 kg 1 pièce", 5000, g, "Sac de pommes de terre"},
		{"Jus de pomme 1L 6 pièces", 6000, ml, "Jus de pomme"},
		{"Farine T65 1kg", 1000, g, "Farine T65"},
		{"Farine de blé T80 5 kg", 5000, g, "Farine de blé T80"},
		{"Miel de lavande 1kg500", 1500, g, "Miel de lavande"},
		{"Rôti de porc 1 kg 200 g", 1200, g, "Rôti de porc"},
		{"Poulet fermier 1,8kg env.", 1800, g, "Poulet fermier"},
		{"Poulet PAC (env. 1,6 kg)", 1600, g, "Poulet PAC"},
		{"Pintade entre 1,2 et 1,4 kg", 1300, g, "Pintade"},
		{"Canard 2-3 kg", 2500, g, "Canard"},
		{"Tomme 800g-1kg", 900, g, "Tomme"},
		{"Lapin 1.2/1.4 kg", 1300, g, "Lapin"},
		{"Courge de 1 à 2 kg", 1500, g, "Courge"},
		{"Fromage à raclette 45% MG 400 g", 400, g, "Fromage à raclette 45% MG"},
		{"Colis de bœuf 10 kg", 10000, g, "Colis de bœuf"},
		{"Carottes 1/2 kg", 500, g, "Carottes"},
		{"Ail nouveau ½ kg", 500, g, "Ail nouveau"},
		{"Courgettes le kg", 1000, g, "Courgettes"},
		{"Courgettes au kilo", 1000, g, "Courgettes"},
		{"Pommes de terre (3,50 €/kg)", 1000, g, "Pommes de terre"},
		{"Lentilles vertes 1 000 g", 1000, g, "Lentilles vertes"},
		{"Noix 1.5 kg", 1500, g, "Noix"},
		{"Miel toutes fleurs 500 gr", 500, g, "Miel toutes fleurs"},
		{"Miel toutes fleurs 1 kilo", 1000, g, "Miel toutes fleurs"},
		{"Confiture d'abricot 370 grammes", 370, g, "Confiture d'abricot"},
		{"Huile de tournesol 3 L", 3000, ml, "Huile de tournesol"},
		{"Soupe de courge 1 L (bocal)", 1000, ml, "Soupe de courge 1 L (bocal)"},
		{"Vinaigre 2 dl", 200, ml, "Vinaigre"},
		{"6 œufs", 6000, piece, ""},
		{"Œufs plein air 6 œufs", 6000, piece, "Œufs plein air"},
		{"Oeufs 12 pièces", 12000, piece, "Oeufs"},
		{"Oeufs extra-frais x6", 6000, piece, "Oeufs extra-frais"},
		{"Boîte de 6 oeufs", 6000, piece, ""},
		{"Boîte de 6 oeufs 1 pièce", 6000, piece, ""},
		{"6 œufs 6 pièces", 6000, piece, ""},
		{"1/2 douzaine d'œufs", 6000, piece, ""},
		{"Ciboulette 1/2 botte", 500, "botte", "Ciboulette"},
		{"Boîte de 10 gros œufs", 10000, piece, "Boîte de 10 gros œufs"},
		{"Plateau de 30 œufs", 30000, piece, "Plateau de 30 œufs"},
		{"Œufs bio (la douzaine)", 12000, piece, "Œufs bio"},
		{"1 douzaine d'œufs", 12000, piece, ""},
		{"Demi-douzaine d'œufs", 6000, piece, ""},
		{"Salade batavia pièce", 1000, piece, "Salade batavia"},
		{"Salade batavia 1 pièce", 1000, piece, "Salade batavia"},
		{"Concombres 2 pièces", 2000, piece, "Concombres"},
		{"3 salades", 3000, piece, ""},
		{"Lot de 3 avocats", 3000, piece, ""},
		{"Radis 1 botte", 1000, "botte", "Radis"},
		{"Radis roses la botte", 1000, "botte", "Radis roses"},
		{"Oignons nouveaux 2 bottes", 2000, "botte", "Oignons nouveaux"},
		{"Persil bouquet", 1000, "bouquet", "Persil"},
		{"Framboises (barquette)", 1000, "barquette", "Framboises"},
		{"Mesclun 1 sachet", 1000, "sachet", "Mesclun"},
		{"Coulis de tomate bocal", 1000, "bocal", "Coulis de tomate"},
		{"Panier de légumes moyen", 1000, "panier", ""},
		{"1/2 poulet", 500, piece, ""},
		{"Demi-agneau en caissette", 500, piece, ""},
		{"Quart de tomme", 250, piece, ""},
		{"Reblochon 1/2", 500, piece, ""},
		{"Baguette tradition", 1000, piece, "Baguette tradition"},
		{"Melon", 1000, piece, "Melon"},
		{"Chou-fleur", 1000, piece, "Chou-fleur"},
		{"Œufs", 1000, piece, "Œufs"},
		{"", 1000, piece, ""},
		{"100 % pur jus", 1000, piece, "100 % pur jus"},
		{"Savon au lait d'ânesse 100g", 100, g, "Savon au lait d'ânesse"},
		{"Pâté de campagne (verrine 180g)", 180, g, "Pâté de campagne"},
		{"Saucisson sec pur porc env 250g", 250, g, "Saucisson sec pur porc"},
		{"Pain de campagne 1kg (coupé)", 1000, g, "Pain de campagne 1kg (coupé)"},
		{"Vin 2022 magnum 1,5L", 1500, ml, "Vin 2022 magnum"},
		{"Thé glacé 25cl", 250, ml, "Thé glacé"},
		{"Glace vanille 500ml", 500, ml, "Glace vanille"},
	} {
		m := measureText(x.text)
		got, of := m.thousandths, m.pieces
		switch {
		case m.grams > 0:
			got, of = m.grams, g
		case m.millilitres > 0:
			got, of = m.millilitres, ml
		}
		if got != x.amount || of != x.of {
			t.Errorf("%q is %d %s, want %d %s", x.text, got, of, x.amount, x.of)
		}
		if x.name != "" && m.name != x.name {
			t.Errorf("%q is named %q, want %q", x.text, m.name, x.name)
		}
		if m.unit == "" || strings.TrimSpace(x.text) != "" && strings.TrimSpace(m.name) == "" {
			t.Errorf("%q has the unit %q and the name %q", x.text, m.unit, m.name)
		}
	}
}
