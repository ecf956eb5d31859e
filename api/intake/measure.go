package intake

import (
	"math/big"
	"regexp"
	"strconv"
	"strings"
)

// A measure is how much one unit of a product is, as far as texts say. Of grams and millilitres at most one is above zero;
// with neither, it is so many pieces of a unit.
type measure struct {
	name        string // of the product, without the size at its end
	unit        string // for people, as in 500 g, 6 pièces, botte
	grams       int64
	millilitres int64  // of a liquid
	pieces      string // in which unit pieces are counted: pièce, botte, barquette …
	thousandths int64  // how many pieces
	several     int64  // the number that stands before the size or the pieces, as 4 in 4 × 125 g
	stated      bool   // the text names a size or a number of pieces; else it is one piece by default
}

func (m measure) sized() bool { return m.grams > 0 || m.millilitres > 0 }

// times is a measure so many times.
func (m measure) times(n *big.Rat) measure {
	scale := func(x int64) int64 {
		y, err := rounded(new(big.Rat).Mul(new(big.Rat).SetInt64(x), n), 0)
		if err != nil || y > mostAmount {
			return mostAmount
		}
		return y
	}
	m.grams, m.millilitres, m.thousandths = scale(m.grams), scale(m.millilitres), scale(m.thousandths)
	return m
}

// mostAmount bounds what a text may say: a thousand tonnes.
const mostAmount = 1_000_000_000

// The parts of the shapes in which people write sizes.
const (
	amountPart = `(\d{1,3}(?:[ \x{a0}\x{202f}]\d{3})+(?:[.,]\d+)?|\d+(?:[.,]\d+)?|½|¼|¾)`
	sizePart   = `(kilogrammes?|kilograms?|kilos?|kgs?|grammes?|grams?|grs?|g|tonnes?|` +
		`centilitres?|centiliters?|cl|décilitres?|decilitres?|dl|millilitres?|milliliters?|ml|hectolitres?|hl|litres?|liters?|lt|l)`
	vesselPart = `(?:bouteilles?|pots?|yaourts?|bocaux|bocal|briques?|sachets?|paquets?|boîtes?|boites?|barquettes?|verrines?|can+ettes?|faisselles?|cubis?|bidons?|tablettes?)`
	before     = `(?i)(?:^|[^\pL\d.,])`
	after      = `(?:[^\pL\d]|$)`
)

// The shapes with a weight or a volume.
var (
	// 2 x 250 g, 6 bouteilles de 75 cl, 4 yaourts 125 g, 2 steaks de 125 g
	timesBefore = regexp.MustCompile(before + `(\d{1,3})\s*(?:[x×*]\s*|` + vesselPart + `\s+(?:en verre\s+)?(?:de\s+|d['’]\s*)?|\pL+(?:\s\pL+)?\s+de\s+)` + amountPart + `\s*` + sizePart + after)
	// 75 cl x 6, 125 g par 4, 500 g (x2)
	timesAfter = regexp.MustCompile(before + amountPart + `\s*` + sizePart + `\s*\(?\s*(?:[x×*]|par\s|les\s)\s*(\d{1,3})` + after)
	// 1/2 litre, 3/4 de kg
	fractionOf = regexp.MustCompile(before + `(1\s*/\s*[2-8]|3\s*/\s*4|demie?[\s-])\s*(?:de\s+)?` + sizePart + after)
	// 1 à 1,2 kg, 800 g - 1 kg, 1.2/1.4 kg
	between = regexp.MustCompile(before + amountPart + `\s*` + sizePart + `?\s*(?:à|a|-|–|/|et|ou)\s*` + amountPart + `\s*` + sizePart + after)
	// 1kg500, 1L5, 1 kg 200 g
	compound = regexp.MustCompile(before + `(\d{1,3})\s*(kg|l)(?:(\d{1,3})|\s*(\d{1,3})\s*(g|grs?|cl|ml))` + after)
	// 500 g, 1,5 L
	single = regexp.MustCompile(before + amountPart + `\s*` + sizePart + after)
	// le kilo, au kg, €/kg, kg
	bare = regexp.MustCompile(before + `(?:(?:le|la|au|du|en|par|prix)\s+)?` + sizePart + `\.?\s*\)?\s*$`)
	// numbers that are no sizes: 45 % MG, 12° vol, 3,50 €/kg
	noise = regexp.MustCompile(`(?i)\d+(?:[.,]\d+)?\s*(?:%|€|°)(?:\s*(?:mg|mat\.?\s*gr\.?|vol)\.?)?`)
)

// pieceUnits are what pieces are counted in, with how many one of them is.
var pieceUnits = []struct {
	unit, pattern string
	each          int64
}{
	{"pièce", `douzaines?|douz\.?|dz`, 12},
	{"pièce", `pièces?|pieces?|pces?|pcs?|pc|unités?|unites?|units?|œufs?|oeufs?|têtes?|tetes?`, 1},
	{"botte", `bottes?|bottillons?`, 1},
	{"bouquet", `bouquets?`, 1},
	{"barquette", `barquettes?|raviers?`, 1},
	{"sachet", `sachets?|sacs?|paquets?`, 1},
	{"bocal", `bocaux|bocal|verrines?`, 1},
	{"pot", `pots?`, 1},
	{"bouteille", `bouteilles?|btles?`, 1},
	{"panier", `paniers?`, 1},
	{"caisse", `caisses?|cagettes?|colis|cartons?|plateaux|plateau`, 1},
	{"tranche", `tranches?|parts?|portions?`, 1},
	{"lot", `lots?`, 1},
}

// The shapes with a number of pieces.
var (
	// 6 œufs, 1 botte, une douzaine
	counted = pieceShape(`(1\s*/\s*[2-8]|\d{1,4}(?:[.,]\d+)?|une?|deux|trois|quatre|six|½)\s*(?:`)
	// la botte, à la pièce, barquette
	named = pieceShape(`(?:(?:la|le|au|par|en)\s+)?(?:`)
	// œufs x6, boîte de 6, lot de 3
	countAfter = regexp.MustCompile(before + `(?:[x×*]\s*|(?:boîte|boite|lot|plateau|paquet|sachet|pack|barquette|carton|colis)s?\s+(?:de\s+)?|par\s+)(\d{1,3})` + after)
	// 3 salades
	countFirst = regexp.MustCompile(`^\s*(\d{1,2})\s+\pL{3,}`)
	halfDozen  = regexp.MustCompile(before + `demi[\s-]+douzaines?` + after)
	// 1/2 poulet, demi-agneau, quart de tomme, tomme 1/4
	partFirst = regexp.MustCompile(before + `(1\s*/\s*[2-8]|3\s*/\s*4|½|¼|¾|demie?|quart)[\s-]+(?:de\s+|d['’])?\pL{3,}`)
	partLast  = regexp.MustCompile(before + `\(?(1/[2-8]|3/4|½|¼|¾)\s*\)?\s*$`)
	// what Cagette adds to a name that is sold by the piece
	pieceSuffix = regexp.MustCompile(`(?i)^(.*\S)\s+(\d+(?:[.,]\d+)?)\s+(?:pièces?|pieces?)$`)
)

// pieceShape begins with what stands before the unit and ends within its group.
func pieceShape(begin string) *regexp.Regexp {
	patterns := make([]string, len(pieceUnits))
	for i, u := range pieceUnits {
		patterns[i] = `(` + u.pattern + `)`
	}
	return regexp.MustCompile(before + begin + strings.Join(patterns, `|`) + `)` + after)
}

// measureProduct reads how much one unit of a product is from its name, the name of its variant, and a column with the
// unit, which may have another with its number.
func measureProduct(name, variant, unit, number string) measure {
	m := measureText(name)
	for _, closer := range []string{variant, strings.TrimSpace(number + " " + unitWord(unit))} {
		if strings.TrimSpace(closer) == "" {
			continue
		}
		c := measureText(closer)
		switch {
		case c.sized():
			c.name = m.name
			if name := strings.TrimSpace(name); m.sized() && m.grams != c.grams && m.millilitres != c.millilitres {
				c.name = name // which has a size of its own
			}
			m = c
		case c.stated && m.stated && m.several != c.several:
			n := new(big.Rat).SetFrac64(c.thousandths, 1000)
			full := m.times(n)
			if c.thousandths != 1000 {
				full.unit = m.unit + " × " + formatMilli(c.thousandths)
			}
			m = full
		case c.stated && !m.stated:
			c.name = m.name
			m = c
		}
	}
	return m
}

// unitWord is a unit as people write it, for the names and numbers that systems have for it.
func unitWord(unit string) string {
	switch headerKey(unit) {
	case "piece", "0":
		return "pièce"
	case "kilogram", "1":
		return "kg"
	case "gram", "2":
		return "g"
	case "litre", "3":
		return "L"
	case "centilitre", "4":
		return "cL"
	case "millilitre", "5":
		return "mL"
	}
	return unit
}

// measureText reads how much one text says.
func measureText(text string) measure {
	text = strings.Join(strings.Fields(text), " ")
	if s := pieceSuffix.FindStringSubmatch(text); s != nil {
		n, ok := amount(s[2])
		m := measureText(s[1])
		if ok && n.Sign() > 0 {
			return suffixed(m, s[1], n)
		}
	}
	quiet := noise.ReplaceAllStringFunc(text, func(s string) string { return strings.Repeat(" ", len(s)) })
	if m, ok := measureSize(text, quiet); ok {
		return m
	}
	return measurePieces(text, quiet)
}

// suffixed is a measure of a text to which a number of pieces was added. A number that the text has already is the same one.
func suffixed(m measure, text string, n *big.Rat) measure {
	milli, err := rounded(n, 3)
	if err != nil || milli > mostAmount {
		milli = mostAmount
	}
	if !m.stated {
		return measure{name: text, unit: piecesText(milli, "pièce"), pieces: "pièce", thousandths: milli, several: milli / 1000, stated: true}
	}
	if m.several*1000 == milli {
		return m
	}
	m = m.times(n)
	if milli != 1000 {
		m.unit += " × " + formatMilli(milli)
	}
	return m
}

// measureSize finds a weight or a volume. Lengths in bytes are the same in both texts.
func measureSize(text, quiet string) (measure, bool) {
	if i := timesBefore.FindStringSubmatchIndex(quiet); i != nil {
		if m, ok := sizeOf(group(quiet, i, 2), group(quiet, i, 3)); ok {
			return m.repeated(group(quiet, i, 1)).cut(text, i), true
		}
	}
	if i := timesAfter.FindStringSubmatchIndex(quiet); i != nil {
		if m, ok := sizeOf(group(quiet, i, 1), group(quiet, i, 2)); ok {
			return m.repeated(group(quiet, i, 3)).cut(text, i), true
		}
	}
	if i := fractionOf.FindStringSubmatchIndex(quiet); i != nil {
		if m, ok := sizeOf(group(quiet, i, 1), group(quiet, i, 2)); ok {
			return m.cut(text, i), true
		}
	}
	if i := between.FindStringSubmatchIndex(quiet); i != nil {
		first := group(quiet, i, 2)
		if first == "" {
			first = group(quiet, i, 4)
		}
		low, ok1 := sizeOf(group(quiet, i, 1), first)
		high, ok2 := sizeOf(group(quiet, i, 3), group(quiet, i, 4))
		if ok1 && ok2 && low.grams <= high.grams && low.millilitres <= high.millilitres && (low.grams > 0) == (high.grams > 0) {
			high.grams, high.millilitres = (low.grams+high.grams+1)/2, (low.millilitres+high.millilitres+1)/2
			high.unit = low.unit + " – " + high.unit
			return high.cut(text, i), true
		}
	}
	if i := compound.FindStringSubmatchIndex(quiet); i != nil {
		whole, ok1 := sizeOf(group(quiet, i, 1), group(quiet, i, 2))
		part, ok2 := sizeOf("0."+group(quiet, i, 3), group(quiet, i, 2))
		if small := group(quiet, i, 4); small != "" {
			part, ok2 = sizeOf(small, group(quiet, i, 5))
		}
		if ok1 && ok2 && (part.millilitres == 0) == (whole.millilitres == 0) {
			whole.grams, whole.millilitres = whole.grams+part.grams, whole.millilitres+part.millilitres
			whole.unit = sizeText(whole)
			return whole.cut(text, i), true
		}
	}
	if all := single.FindAllStringSubmatchIndex(quiet, -1); all != nil {
		i := all[len(all)-1]
		if m, ok := sizeOf(group(quiet, i, 1), group(quiet, i, 2)); ok {
			return m.cut(text, i), true
		}
	}
	if i := bare.FindStringSubmatchIndex(quiet); i != nil {
		if word := group(quiet, i, 1); len(word) > 1 || i[2] == 0 { // a g or an l at the end of a name is none
			if m, ok := sizeOf("1", word); ok {
				m.unit = strings.TrimPrefix(m.unit, "1 ")
				return m.cut(text, i), true
			}
		}
	}
	return measure{}, false
}

// measurePieces finds a number of pieces; without any it is one.
func measurePieces(text, quiet string) measure {
	pieces := func(unit string, n *big.Rat, i []int) measure {
		milli, err := rounded(n, 3)
		if err != nil || milli <= 0 || milli > mostAmount {
			milli = 1000
		}
		m := measure{unit: piecesText(milli, unit), pieces: unit, thousandths: milli, several: milli / 1000, stated: true}
		return m.cut(text, i)
	}
	if all := counted.FindAllStringSubmatchIndex(quiet, -1); all != nil {
		i := all[len(all)-1]
		if n, ok := amount(group(quiet, i, 1)); ok {
			for k, u := range pieceUnits {
				if group(quiet, i, k+2) != "" {
					return pieces(u.unit, n.Mul(n, new(big.Rat).SetInt64(u.each)), i)
				}
			}
		}
	}
	for _, shape := range []*regexp.Regexp{countAfter, countFirst} {
		if i := shape.FindStringSubmatchIndex(quiet); i != nil {
			if n, ok := amount(group(quiet, i, 1)); ok {
				if shape == countFirst {
					i = []int{len(text), len(text)}
				}
				return pieces("pièce", n, i)
			}
		}
	}
	if i := halfDozen.FindStringIndex(quiet); i != nil {
		return pieces("pièce", big.NewRat(6, 1), i)
	}
	for _, shape := range []*regexp.Regexp{partFirst, partLast} {
		if i := shape.FindStringSubmatchIndex(quiet); i != nil {
			if n, ok := amount(group(quiet, i, 1)); ok {
				return pieces("pièce", n, []int{len(text), len(text)})
			}
		}
	}
	if all := named.FindAllStringSubmatchIndex(quiet, -1); all != nil {
		i := all[len(all)-1]
		for k, u := range pieceUnits {
			if word := group(quiet, i, k+1); word != "" {
				if strings.Contains(fold(word), "oeuf") {
					break // named, not counted
				}
				return pieces(u.unit, new(big.Rat).SetInt64(u.each), i)
			}
		}
	}
	return measure{name: text, unit: "pièce", pieces: "pièce", thousandths: 1000, several: 1}
}

// group is a group of a match.
func group(s string, match []int, n int) string {
	if match[2*n] < 0 {
		return ""
	}
	return s[match[2*n]:match[2*n+1]]
}

// amount reads a number as people write it in names.
func amount(s string) (*big.Rat, bool) {
	s = strings.ToLower(strings.TrimSpace(strings.TrimRight(s, "- ")))
	switch s {
	case "½", "demi", "demie":
		s = "1/2"
	case "¼", "quart":
		s = "1/4"
	case "¾":
		s = "3/4"
	case "un", "une":
		s = "1"
	case "deux":
		s = "2"
	case "trois":
		s = "3"
	case "quatre":
		s = "4"
	case "six":
		s = "6"
	}
	s = strings.Replace(ungroup.Replace(s), ",", ".", 1)
	const longest = 20
	if len(s) > longest {
		return nil, false
	}
	return new(big.Rat).SetString(s)
}

// sizeOf is a weight or a volume.
func sizeOf(number, unit string) (measure, bool) {
	n, ok := amount(number)
	if !ok {
		return measure{}, false
	}
	m := measure{several: 1, stated: true}
	u := fold(unit)
	factor := int64(1)
	into := &m.grams
	short := ""
	switch {
	case strings.HasPrefix(u, "k"):
		factor, short = 1000, "kg"
	case strings.HasPrefix(u, "g"):
		short = "g"
	case strings.HasPrefix(u, "t"):
		factor, short = 1_000_000, "t"
	case strings.HasPrefix(u, "c"):
		factor, short, into = 10, "cL", &m.millilitres
	case strings.HasPrefix(u, "d"):
		factor, short, into = 100, "dL", &m.millilitres
	case strings.HasPrefix(u, "m"):
		short, into = "mL", &m.millilitres
	case strings.HasPrefix(u, "h"):
		factor, short, into = 100_000, "hL", &m.millilitres
	default:
		factor, short, into = 1000, "L", &m.millilitres
	}
	x, err := rounded(new(big.Rat).Mul(n, new(big.Rat).SetInt64(factor)), 0)
	if err != nil || x <= 0 || x > mostAmount {
		return measure{}, false
	}
	*into = x
	milli, err := rounded(n, 3)
	if err != nil {
		return measure{}, false
	}
	m.unit = formatMilli(milli) + " " + short
	return m, true
}

// repeated is a size so many times.
func (m measure) repeated(number string) measure {
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n < 1 {
		return m
	}
	unit := m.unit
	m = m.times(new(big.Rat).SetInt64(n))
	m.several = n
	if n > 1 {
		m.unit = number + " × " + unit
	}
	return m
}

// joints are what stands between a name and its size.
const joints = " (-–,:~/"

// container is a name of nothing but what goods are packed in.
var container = regexp.MustCompile(`^(carton|boite|plateau|lot|pack|caisse|colis|sac|sachet|barquette|panier|coffret|paquet|bidon|bouteille|pot|bocal)s?( \d+)?$`)

// cut gives a measure the name that stands before it, if nothing but a remark stands behind.
func (m measure) cut(text string, match []int) measure {
	m.name = text
	switch fold(text[match[1]:]) {
	case "", "env", "environ", "piece", "net", "la piece", "le lot":
		head := text[:match[0]]
		if open := strings.LastIndexByte(head, '('); open > strings.LastIndexByte(head, ')') {
			head = head[:open]
		}
		head = strings.TrimRight(head, joints)
		for _, word := range []string{" de", " d'", " d’", " en", " au", " env", " env.", " environ", " à", " la", " le", " entre"} {
			head = strings.TrimRight(strings.TrimSuffix(head, word), joints)
		}
		if len(fold(head)) > 1 && !container.MatchString(fold(head)) {
			m.name = head
		}
	}
	return m
}

// sizeText is a size in the unit in which it is short.
func sizeText(m measure) string {
	n, unit := m.grams, []string{" g", " kg"}
	if m.millilitres > 0 {
		n, unit = m.millilitres, []string{" mL", " L"}
	}
	if n < 1000 {
		return strconv.FormatInt(n, 10) + unit[0]
	}
	return formatMilli(n) + unit[1]
}

// piecesText is a number of pieces, for people.
func piecesText(milli int64, unit string) string {
	if milli == 1000 {
		return unit
	}
	if milli > 1000 && !strings.HasSuffix(unit, "s") {
		unit += "s"
	}
	return formatMilli(milli) + " " + unit
}

// formatMilli writes thousandths as French people do: 1,5.
func formatMilli(milli int64) string {
	s := strconv.FormatInt(milli/1000, 10)
	if rest := milli % 1000; rest != 0 {
		s += "," + strings.TrimRight(strconv.FormatInt(1000+rest, 10)[1:], "0")
	}
	return s
}
