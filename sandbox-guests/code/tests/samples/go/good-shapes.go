package shapes

import (
	"errors"
	"fmt"
	"math"
)

const (
	Small = iota
	Large
)

var ErrNone = errors.New("none")

type Shape interface {
	fmt.Stringer
	Area() float64
}

type circle struct{ r float64 }

func (c circle) Area() float64   { return math.Pi * c.r * c.r }
func (c *circle) String() string { return fmt.Sprintf("circle(%.2f)", c.r) }

func Size(s Shape) (int, error) {
	switch v := s.(type) {
	case nil:
		return 0, ErrNone
	case *circle:
		if v.r > 10 {
			return Large, nil
		}
		fallthroughless()
	}
	return Small, nil
}

func fallthroughless() {}
