package prompt

import "math/bits"

// symbols is what the statistical layer sees of a text: the worst of its
// chunks, so that padding dilutes nothing.
type symbols struct {
	punctuation int // per mille of a chunk that is ASCII punctuation
	run         int // longest run of punctuation
	entropy     int // millibits a character, of ASCII that is no space
	unique      int // per mille of trigrams that are not repeats; the least
}

// chunk is how much text the statistics look at together, in bytes, and
// minChunk the least that says anything.
const (
	chunk    = 1024
	minChunk = 64
)

func countSymbols(text []byte) symbols {
	worst := symbols{unique: 1000}
	for from := 0; from < len(text); from += chunk {
		part := text[from:min(from+chunk, len(text))]
		if from > 0 && len(part) < minChunk {
			part = text[len(text)-minChunk:]
		}
		one := chunkSymbols(part)
		worst.punctuation = max(worst.punctuation, one.punctuation)
		worst.run = max(worst.run, one.run)
		worst.entropy = max(worst.entropy, one.entropy)
		worst.unique = min(worst.unique, one.unique)
	}
	return worst
}

func chunkSymbols(part []byte) symbols {
	s := symbols{unique: 1000}
	var histogram [128]uint16
	var seen [4096 / 64]uint64
	count, run, repeats := 0, 0, 0
	for i, c := range part {
		switch {
		case c == ' ' || c == '\n':
		case c < 128 && !alnum[c]:
			s.punctuation++
			run++
			s.run = max(s.run, run)
		default:
			run = 0
		}
		if c < 128 && c > ' ' {
			histogram[c]++
			count++
		}
		if i >= 2 {
			h := (uint32(c)*0x9E3779B1 ^ uint32(part[i-1])*0x85EBCA6B ^ uint32(part[i-2])*0xC2B2AE35) >> 20
			if seen[h/64]&(1<<(h%64)) != 0 {
				repeats++
			}
			seen[h/64] |= 1 << (h % 64)
		}
	}
	if len(part) < minChunk {
		return symbols{unique: 1000, run: s.run}
	}
	s.punctuation = s.punctuation * 1000 / len(part)
	s.unique = 1000 - repeats*1000/(len(part)-2)
	if count >= minChunk {
		s.entropy = entropy(&histogram, count)
	}
	return s
}

// entropy is the Shannon entropy of a histogram in millibits a character,
// rounded down: log2(n) − Σ cᵢ·log2(cᵢ) / n.
func entropy(histogram *[128]uint16, n int) int {
	sum := 0
	for _, c := range histogram {
		if c > 1 {
			sum += int(c) * log2(uint32(c))
		}
	}
	return log2(uint32(n)) - sum/n
}

// log2 is the binary logarithm of v ≥ 1 in thousandths, rounded down, by
// squaring the mantissa: ten binary digits after the point.
func log2(v uint32) int {
	whole := bits.Len32(v) - 1
	m := uint64(v) << 31 >> whole // 1.0 is 1<<31
	fraction := 0
	for range 10 {
		m = m * m >> 31
		fraction <<= 1
		if m >= 1<<32 {
			m >>= 1
			fraction |= 1
		}
	}
	return whole*1000 + fraction*1000/1024
}
