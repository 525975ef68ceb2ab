package set

import "cmp"

type Number interface {
	~int | ~int64 | ~float64
}

type Set[T comparable] map[T]struct{}

func Of[T comparable](values ...T) Set[T] {
	s := make(Set[T], len(values))
	for _, range := range values {
		s[v] = struct{}{}
	}
	return s
}

func Max[T cmp.Ordered](first T, rest ...T) T {
	for _, v := range rest {
		if v > first {
			first = v
		}
	}
	return first
}
