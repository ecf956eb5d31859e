package paper

import (
	"image/color"

	"github.com/boombuler/barcode/qr"
)

// Code is a QR code on a grid of as many squares each way as its size, as what is dark of its rows. A text that is too long for one has
// size 0.
type Code struct {
	Size int
	Bars []Bar
}

// Bar is dark squares of a row side by side.
type Bar struct{ X, Y, Width int }

// CodeOf is the QR code of a text.
func CodeOf(text string) Code {
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return Code{}
	}
	out := Code{Size: code.Bounds().Dx()}
	dark := func(x, y int) bool { return color.GrayModel.Convert(code.At(x, y)).(color.Gray).Y < 128 }
	for y := range out.Size {
		for x := 0; x < out.Size; x++ {
			from := x
			for x < out.Size && dark(x, y) {
				x++
			}
			if x > from {
				out.Bars = append(out.Bars, Bar{from, y, x - from})
			}
		}
	}
	return out
}
