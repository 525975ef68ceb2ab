package scan

import (
	"bufio"
	"io"
	"strings"
)

// Words counts the words of a text.
func Words(r io.Reader) (map[string]int, error) {
	counts := map[string]int{}
	scanner := bufio.NewScanner(r)
	scanner.Split(bufio.ScanWords)
outer:
	for scanner.Scan() {
		word := strings.ToLower(strings.Trim(scanner.Text(), ".,;:!?"))
		for _, c := range word {
			if c < 'a' || c > 'z' {
				continue outer
			}
		}
		counts[word]++
	}
	return counts, scanner.Err()
}
