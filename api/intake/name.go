package intake

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// fold makes names that people write differently the same: in lower case, without accents, with one space for all that is no
// letter or digit.
func fold(s string) string {
	var b strings.Builder
	gap := false
	for _, r := range norm.NFKD.String(strings.ToLower(s)) {
		switch {
		case r == 'œ':
			b.WriteString("oe")
		case r == 'æ':
			b.WriteString("ae")
		case unicode.Is(unicode.Mn, r):
			continue
		case unicode.IsLetter(r), unicode.IsDigit(r):
			if gap && b.Len() > 0 {
				b.WriteByte(' ')
			}
			b.WriteRune(r)
		default:
			gap = true
			continue
		}
		gap = false
	}
	return b.String()
}

// words are the folded words of a name without the s or x of their plurals, each between spaces, so that phrases can be
// looked for: " oeuf de poule ".
func words(s string) string {
	fields := strings.Fields(fold(s))
	for i, w := range fields {
		if len(w) > 3 && (w[len(w)-1] == 's' || w[len(w)-1] == 'x') {
			fields[i] = w[:len(w)-1]
		}
	}
	return " " + strings.Join(fields, " ") + " "
}

// headerKey is what headers are compared by.
func headerKey(s string) string { return strings.ReplaceAll(fold(s), " ", "") }
