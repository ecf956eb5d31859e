package paper

import (
	"image/color"

	"github.com/boombuler/barcode/qr"
)

// Squares are the dark squares of a QR code as rows, of which each is as long as there are rows. A text that is too long for one
// has none.
func Squares(text string) [][]bool {
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return nil
	}
	size := code.Bounds().Dx()
	out := make([][]bool, size)
	for y := range out {
		out[y] = make([]bool, size)
		for x := range out[y] {
			out[y][x] = color.GrayModel.Convert(code.At(x, y)).(color.Gray).Y < 128
		}
	}
	return out
}
