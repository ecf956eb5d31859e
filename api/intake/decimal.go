package intake

import (
	"errors"
	"math/big"
	"regexp"
	"strings"
)

// A decimal mark is how a column writes numbers.
type decimalMark byte

const (
	comma decimalMark = ','
	point decimalMark = '.'
)

// findDecimal looks at all values of a column. Where one has both marks the later is the decimal mark; a mark that stands
// twice in a value divides thousands; else whichever is there is the decimal mark, as Cagette's files have it.
func findDecimal(values []string) decimalMark {
	commas, points := 0, 0
	for _, v := range values {
		c, p := strings.Count(v, ","), strings.Count(v, ".")
		switch {
		case c > 0 && p > 0:
			if strings.LastIndexByte(v, ',') > strings.LastIndexByte(v, '.') {
				return comma
			}
			return point
		case c > 1:
			return point
		case p > 1:
			return comma
		}
		commas, points = commas+c, points+p
	}
	if commas > points {
		return comma
	}
	return point
}

var (
	errNoNumber = errors.New("is no number")
	number      = regexp.MustCompile(`^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,2})?$`)
	ungroup     = strings.NewReplacer(" ", "", "\u00a0", "", "\u202f", "", "'", "", "\u2019", "")
)

// parseDecimal reads a number exactly and rounds it, half away from zero, to a whole number of 10^-places.
func parseDecimal(s string, mark decimalMark, places int) (int64, error) {
	s = strings.TrimSpace(s)
	s = strings.TrimSpace(strings.TrimSuffix(strings.TrimSuffix(strings.TrimPrefix(s, "€"), "€"), "EUR"))
	s = ungroup.Replace(s)
	if mark == comma {
		if strings.Contains(s, ",") {
			s = strings.ReplaceAll(s, ".", "")
		}
		s = strings.Replace(s, ",", ".", 1)
	} else if strings.Count(s, ",") == 1 && !strings.Contains(s, ".") && len(s)-strings.IndexByte(s, ',') != 4 {
		s = strings.Replace(s, ",", ".", 1) // no thousands: the odd one out of its column
	} else {
		s = strings.ReplaceAll(s, ",", "")
	}
	const longest = 40
	if len(s) > longest || !number.MatchString(s) {
		return 0, errNoNumber
	}
	r, ok := new(big.Rat).SetString(s)
	if !ok {
		return 0, errNoNumber
	}
	return rounded(r, places)
}

// rounded is a number in 10^-places, rounded half away from zero.
func rounded(r *big.Rat, places int) (int64, error) {
	scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(places)), nil)
	n := new(big.Int).Mul(new(big.Int).Abs(r.Num()), scale)
	n.Mul(n, big.NewInt(2)).Add(n, r.Denom())
	n.Quo(n, new(big.Int).Mul(r.Denom(), big.NewInt(2)))
	if !n.IsInt64() {
		return 0, errors.New("is too large a number")
	}
	if r.Sign() < 0 {
		return -n.Int64(), nil
	}
	return n.Int64(), nil
}
