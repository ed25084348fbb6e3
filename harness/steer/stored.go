package steer

import "math"

// A Form is how the value of a variable is told in one number.
type Form uint8

// Forms of values.
const (
	Number Form = iota + 1
	Truth       // 1 or 0
	Length      // how many elements, or bytes, it has
	Filled      // 0 for nil, and 1
)

// A Value is what a variable held when a statement had stored to it. It goes into an event of kind [Holds], with the variable's address.
type Value struct {
	Site  uint32 // the statement's number, up to MostSites
	Nth   uint8  // which one of the variables that it stores to, up to 15
	Form  Form
	Value int32 // the nearest, if it is too large
}

// MostSites is how many statements of a package can tell what they store.
const MostSites = 1<<20 - 1

// Fit is the number itself, or the nearest that a Value can hold.
//
//go:norace
func Fit(n int64) int32 { return int32(min(max(n, math.MinInt32), math.MaxInt32)) }

// Packed is the second number of the event.
//
//go:norace
func (v Value) Packed() uint64 {
	return uint64(v.Site)<<44 | uint64(v.Nth&15)<<40 | uint64(v.Form)<<32 | uint64(uint32(v.Value))
}

// Unpack undoes Packed.
func Unpack(b uint64) Value {
	return Value{Site: uint32(b >> 44), Nth: uint8(b >> 40 & 15), Form: Form(b >> 32), Value: int32(uint32(b))}
}
