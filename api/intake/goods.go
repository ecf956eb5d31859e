package intake

import (
	"strings"

	"carriole/api/store"
	"carriole/engine"
)

// What is not said about goods is guessed from three tables, all of usual values and no source: how goods of a kind are
// kept and how much room they take, in which class a profession's goods usually are, and what a piece weighs. Whatever comes
// of them is shown with where it is from, to be corrected; the collective's own unit weights stand before the third.

// goods are kept alike and take up alike room.
type goods struct {
	class    engine.Class
	perLitre int64 // grams that fill a litre of room in crates
	density  int64 // grams of a litre of the liquid itself; 0: none
	words    string
}

// defaultGoods are those that no word tells anything of.
var defaultGoods = goods{class: engine.Ambient, perLitre: 500, density: 1000}

// kindsOfGoods are told by the first of their words in a name. Phrases stand without the s of plurals, divided by commas.
var kindsOfGoods = []goods{
	{engine.Frozen, 500, 1000, "surgele,congele,glace artisanale,creme glacee,glace,sorbet,esquimau"},
	{engine.Ambient, 450, 0, "oeuf"},
	{engine.Ambient, 600, 1000, "vin,rouge,rose,cidre,biere,jus,nectar,limonade,kefir,kombucha,poire williams,hydrolat,aperitif"},
	{engine.Ambient, 700, 1300, "sirop"},
	{engine.Ambient, 600, 1010, "vinaigre"},
	{engine.Ambient, 600, 920, "huile"},
	{engine.Ambient, 900, 1400, "miel"},
	{engine.Ambient, 550, 1000, "confiture,gelee,compote,coulis,bocal,bocaux,conserve,verrine,sauce,ratatouille,tapenade,pesto,moutarde,soupe,veloute,caviar d aubergine,pate de fruit,chutney,ketchup,rillette de poisson"},
	{engine.Ambient, 500, 0, "saucisson,saucisse seche,fuet"},
	{engine.Chilled, 800, 1030, "lait,yaourt,yogourt,faisselle,fromage,tomme,tome,crottin,buche,brousse,ricotta,beurre,creme,chevre frai,picodon,banon,pelardon,reblochon,raclette,feta,mozzarella,petit suisse,fromage blanc,comte,bleu,camembert,pouligny,cabecou,rocamadour,mascarpone"},
	{engine.Chilled, 700, 0, "viande,poulet,pintade,canard,canette,oie,dinde,lapin,porc,cochon,boeuf,bovin,veau,agneau,mouton,chevreau,cabri,brebi,steak,roti,cote,cotelette,entrecote,bavette,gigot,epaule,echine,saucisse,chipolata,merguez,boudin,andouillette,jambon,lardon,bacon,pate,terrine,rillette,foie,tripe,magret,cuisse,escalope,gesier,paupiette,colis de viande,colis,blanquette,bourguignon,volaille,caillette,hachi,hache"},
	{engine.Chilled, 600, 0, "poisson,truite,saumon,huitre,moule,coquillage,crevette,anchois,sardine,dorade,daurade,loup,maquereau,cabillaud,lotte,palourde,bulot,escargot"},
	{engine.Chilled, 500, 0, "quiche,pate fraiche,ravioli,raviole,houmou,traiteur,tofu,seitan"},
	{engine.Ambient, 250, 0, "pain,baguette,brioche,fougasse,ficelle,croissant,gateau,cake,cookie,biscuit,sable,tarte,navette,macaron,pogne,focaccia"},
	{engine.Ambient, 700, 0, "farine,lentille,pois chiche,riz,petit epeautre,epeautre,ble,quinoa,semoule,pate,sucre,sel,polenta,graine,flocon,haricot sec"},
	{engine.Ambient, 150, 0, "salade,laitue,batavia,mesclun,roquette,mache,epinard,blette,feuille de chene,romaine,frisee,scarole,cresson,oseille,persil,basilic,coriandre,ciboulette,menthe,thym,romarin,aneth,tisane,plante,fleur,bouquet,herbe,laurier,sauge,verveine"},
	{engine.Ambient, 600, 0, "pomme de terre,patate douce,patate,carotte,oignon,echalote,ail,betterave,navet,panai,topinambour,celeri,courge,potimarron,potiron,butternut,radi,rutabaga"},
	{engine.Ambient, 350, 0, "poireau,chou,brocoli,artichaut,fenouil,aubergine,poivron,haricot,petit pois,feve,asperge,champignon,pleurote,shiitake,endive,courgette,concombre,tomate,piment,mai,legume,panier de legume"},
	{engine.Ambient, 300, 0, "fraise,framboise,mure,myrtille,groseille,cassi,cerise"},
	{engine.Ambient, 550, 0, "pomme,poire,peche,nectarine,brugnon,abricot,prune,raisin,melon,pasteque,kiwi,kaki,figue,coing,orange,citron,clementine,mandarine,grenade,fruit,olive,amande,noix,noisette,chataigne,pruneau"},
	{engine.Ambient, 600, 0, "savon,bougie,cosmetique,laine"},
}

// goodsOf is the kind of goods that a name tells of, and the word that tells it.
func goodsOf(name string) (goods, string) {
	text := words(name)
	best, word, at := defaultGoods, "", len(text)
	for _, k := range kindsOfGoods {
		for w := range strings.SplitSeq(k.words, ",") {
			i := strings.Index(text, " "+w+" ")
			if i >= 0 && (i < at || i == at && len(w) > len(word)) {
				best, word, at = k, w, i
			}
		}
	}
	// What is in a jar was sterilised, and what is frozen is so whatever it is.
	for _, k := range kindsOfGoods {
		for w := range strings.SplitSeq(k.words, ",") {
			if (w == "bocal" || w == "bocaux" || w == "conserve" || w == "verrine" || w == "surgele" || w == "congele") && strings.Contains(text, " "+w+" ") {
				return k, w
			}
		}
	}
	return best, word
}

// professions are those of Cagette's list, and some that are named alike elsewhere, with the class in which their goods
// usually are.
var professions = []struct {
	word  string
	class engine.Class
}{
	{"glacier", engine.Frozen},
	{"boulang", engine.Ambient}, {"apicult", engine.Ambient}, {"arboricult", engine.Ambient}, {"maraich", engine.Ambient}, {"viticult", engine.Ambient}, {"vigneron", engine.Ambient},
	{"brasseur", engine.Ambient}, {"meunier", engine.Ambient}, {"oleicult", engine.Ambient}, {"confitur", engine.Ambient}, {"cerealier", engine.Ambient}, {"horticult", engine.Ambient},
	{"pepinier", engine.Ambient}, {"safran", engine.Ambient}, {"herborist", engine.Ambient}, {"savonn", engine.Ambient}, {"conserv", engine.Ambient}, {"biscuit", engine.Ambient},
	{"boucher", engine.Chilled}, {"charcut", engine.Chilled}, {"eleveu", engine.Chilled}, {"fromag", engine.Chilled}, {"cremier", engine.Chilled}, {"laiti", engine.Chilled},
	{"ostreicult", engine.Chilled}, {"mareyeu", engine.Chilled}, {"poissonn", engine.Chilled}, {"pecheu", engine.Chilled}, {"piscicult", engine.Chilled}, {"conchylicult", engine.Chilled},
	{"avicult", engine.Chilled}, {"volaill", engine.Chilled}, {"traiteur", engine.Chilled}, {"patissi", engine.Chilled}, {"chevri", engine.Chilled}, {"berger", engine.Chilled}, {"heliciculteur", engine.Chilled},
}

// classOf guesses the temperature class of a product, and says from what. A word of its name that tells of a kind of goods
// counts before the profession: a goat keeper's eggs are no cheese.
func classOf(name, profession string) (class engine.Class, from string) {
	kind, word := goodsOf(name)
	if word != "" {
		return kind.class, "name: " + word
	}
	folded := fold(profession)
	for _, p := range professions {
		if strings.Contains(folded, p.word) {
			return p.class, "profession: " + profession
		}
	}
	return engine.Ambient, "nothing known"
}

// A weight is what one unit of a product weighs, without packing, and takes up in a vehicle, with it; and where that is from.
type weight struct {
	grams, millilitres int64
	from               string
	weighed            bool // each piece is weighed: quantities ordered are kilograms
}

// weigh says what one unit of a product weighs and takes up.
func weigh(name string, m measure, table []store.UnitWeight) weight {
	kind, _ := goodsOf(name)
	if m.millilitres > 0 {
		density := kind.density
		if density == 0 {
			density = defaultGoods.density
		}
		return kind.room(m.millilitres*density/1000, "name: "+m.unit)
	}
	if m.grams > 0 {
		return kind.room(m.grams, "name: "+m.unit)
	}
	entry, own := closest(name, m.pieces, table)
	grams := entry.Grams * m.thousandths / 1000
	from := "usual weight of a " + m.pieces
	if own {
		from = "unit weights: " + strings.TrimSpace(entry.Unit+" "+entry.Product)
	} else if entry.Product != "" {
		from += " (" + entry.Product + ")"
	}
	w := kind.room(grams, from)
	if entry.Millilitres != nil {
		w.millilitres = *entry.Millilitres * m.thousandths / 1000
	}
	w.weighed = entry.Weighed
	return w
}

// room is a weight with the room that it takes.
func (k goods) room(grams int64, from string) weight {
	return weight{grams: grams, millilitres: (grams*1000 + k.perLitre - 1) / k.perLitre, from: from}
}

// closest finds the weight of a unit: that which names the most words of the product, the collective's before the usual ones.
func closest(name, unit string, table []store.UnitWeight) (best store.UnitWeight, own bool) {
	text := words(name)
	most := -1
	for i, entry := range [][]store.UnitWeight{table, usualWeights} {
		for _, x := range entry {
			if fold(x.Unit) != fold(unit) {
				continue
			}
			asked := strings.Fields(words(x.Product))
			n := len(asked)
			for _, w := range asked {
				if !strings.Contains(text, " "+w+" ") {
					n = -1
					break
				}
			}
			if n > most {
				best, own, most = x, i == 0, n
			}
		}
	}
	return best, own
}

// usualWeights are what a piece and its like usually weigh. An egg is one of 53 to 63 g with its share of the box.
var usualWeights = []store.UnitWeight{
	{Unit: "pièce", Grams: 500}, {Unit: "botte", Grams: 400}, {Unit: "bouquet", Grams: 100}, {Unit: "barquette", Grams: 300}, {Unit: "sachet", Grams: 300}, {Unit: "bocal", Grams: 650},
	{Unit: "pot", Grams: 400}, {Unit: "bouteille", Grams: 1250}, {Unit: "panier", Grams: 5000}, {Unit: "caisse", Grams: 8000}, {Unit: "tranche", Grams: 150}, {Unit: "lot", Grams: 1000},
	{Unit: "pièce", Product: "œuf", Grams: 63}, {Unit: "pièce", Product: "salade", Grams: 350}, {Unit: "pièce", Product: "laitue", Grams: 350}, {Unit: "pièce", Product: "batavia", Grams: 350},
	{Unit: "pièce", Product: "chou", Grams: 1200}, {Unit: "pièce", Product: "brocoli", Grams: 500}, {Unit: "pièce", Product: "concombre", Grams: 400}, {Unit: "pièce", Product: "courgette", Grams: 250},
	{Unit: "pièce", Product: "aubergine", Grams: 300}, {Unit: "pièce", Product: "poivron", Grams: 200}, {Unit: "pièce", Product: "melon", Grams: 900}, {Unit: "pièce", Product: "pastèque", Grams: 4000},
	{Unit: "pièce", Product: "potimarron", Grams: 1200}, {Unit: "pièce", Product: "butternut", Grams: 1500}, {Unit: "pièce", Product: "courge", Grams: 2000}, {Unit: "pièce", Product: "ail", Grams: 60},
	{Unit: "pièce", Product: "fenouil", Grams: 350}, {Unit: "pièce", Product: "artichaut", Grams: 350}, {Unit: "pièce", Product: "céleri", Grams: 900}, {Unit: "pièce", Product: "avocat", Grams: 200},
	{Unit: "pièce", Product: "poulet", Grams: 1800}, {Unit: "pièce", Product: "pintade", Grams: 1400}, {Unit: "pièce", Product: "canard", Grams: 2500}, {Unit: "pièce", Product: "lapin", Grams: 1500},
	{Unit: "pièce", Product: "agneau", Grams: 16_000}, {Unit: "pièce", Product: "crottin", Grams: 60}, {Unit: "pièce", Product: "fromage", Grams: 150}, {Unit: "pièce", Product: "tomme", Grams: 2000},
	{Unit: "pièce", Product: "yaourt", Grams: 140}, {Unit: "pièce", Product: "faisselle", Grams: 140}, {Unit: "pièce", Product: "camembert", Grams: 250}, {Unit: "pièce", Product: "reblochon", Grams: 450},
	{Unit: "pièce", Product: "saucisson", Grams: 250}, {Unit: "pièce", Product: "pain", Grams: 500}, {Unit: "pièce", Product: "baguette", Grams: 250}, {Unit: "pièce", Product: "brioche", Grams: 400},
	{Unit: "pièce", Product: "savon", Grams: 100}, {Unit: "pièce", Product: "vin", Grams: 1250}, {Unit: "pièce", Product: "jus", Grams: 1600}, {Unit: "pièce", Product: "miel", Grams: 650},
	{Unit: "pièce", Product: "confiture", Grams: 600}, {Unit: "pièce", Product: "panier", Grams: 5000}, {Unit: "botte", Product: "persil", Grams: 100}, {Unit: "botte", Product: "radis", Grams: 300},
	{Unit: "botte", Product: "carotte", Grams: 600}, {Unit: "botte", Product: "asperge", Grams: 500}, {Unit: "sachet", Product: "mesclun", Grams: 150}, {Unit: "sachet", Product: "tisane", Grams: 40},
	{Unit: "barquette", Product: "fraise", Grams: 280}, {Unit: "barquette", Product: "framboise", Grams: 150}, {Unit: "caisse", Product: "vin", Grams: 7500}, {Unit: "caisse", Product: "œuf", Grams: 2100},
}

// UsualWeights lists the weights that hold for pieces where the collective has none of its own.
func UsualWeights() []store.UnitWeight { return append([]store.UnitWeight(nil), usualWeights...) }
