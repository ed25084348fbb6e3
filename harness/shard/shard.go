// Package shard, of the grader, parts a class among several machines, and puts their results together again.
//
//	mine := shard.Shard{I: 2, N: 3}
//	mine.Has("amira")                // the same on every machine
//	all, err := shard.Merge(parts)   // of all three
//
// All labs of a student are in one shard. Which one depends on the student's name alone, so that another
// student more or less moves nobody.
package shard

import (
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"
)

// A Shard is the I-th of N parts of a class, counted from 1. The zero value is the whole class.
type Shard struct{ I, N int }

// String is the shard as UnmarshalText reads it: 2/3; "" for the whole class.
func (s Shard) String() string {
	if s == (Shard{}) {
		return ""
	}
	return fmt.Sprintf("%d/%d", s.I, s.N)
}

// UnmarshalText reads a shard such as 2/3.
func (s *Shard) UnmarshalText(text []byte) error {
	i, n, _ := strings.Cut(string(text), "/")
	part, err := strconv.Atoi(i)
	parts, err2 := strconv.Atoi(n)
	if err != nil || err2 != nil || part < 1 || part > parts {
		return fmt.Errorf("%q is no shard; the second of three is 2/3, and the first is 1/3", text)
	}
	*s = Shard{part, parts}
	return nil
}

// Has tells whether a student's submissions are in this shard.
func (s Shard) Has(student string) bool {
	if s == (Shard{}) {
		return true
	}
	h := fnv.New64a()
	h.Write([]byte(student))
	return h.Sum64()%uint64(s.N) == uint64(s.I-1)
}
