package engine

import (
	"errors"
	"math"
	"reflect"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"

	"lockstep/harness/steer"
)

func TestValuesOfAllKinds(t *testing.T) {
	type level int8
	grown := map[string]int{}
	for _, name := range []string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k"} {
		grown[name]++
	}
	delete(grown, "a")
	for _, row := range []struct {
		name string
		p    any
		form steer.Form
		want int32
	}{
		{"an int", new(-7), steer.Number, -7},
		{"a large int64", new(int64(math.MaxInt64)), steer.Number, math.MaxInt32},
		{"a large uint64", new(uint64(math.MaxUint64)), steer.Number, math.MaxInt32},
		{"a small int64", new(int64(math.MinInt64)), steer.Number, math.MinInt32},
		{"an int32", new(int32(-1)), steer.Number, -1},
		{"a uint32", new(uint32(math.MaxUint32)), steer.Number, math.MaxInt32},
		{"an int16", new(int16(-2)), steer.Number, -2},
		{"a uint16", new(uint16(65535)), steer.Number, 65535},
		{"a named int8", new(level(-3)), steer.Number, -3},
		{"a byte", new(byte(200)), steer.Number, 200},
		{"true", new(true), steer.Truth, 1},
		{"false", new(bool), steer.Truth, 0},
		{"a string", new("four"), steer.Length, 4},
		{"a slice", new([]string{"a", "b"}), steer.Length, 2},
		{"a nil slice", new([]string), steer.Length, 0},
		{"a map", new(map[string]bool{"a": true}), steer.Length, 1},
		{"a map that has grown", &grown, steer.Length, 10},
		{"a nil map", new(map[string]bool), steer.Length, 0},
		{"an error", new(errors.New("no")), steer.Filled, 1},
		{"no error", new(error), steer.Filled, 0},
		{"a channel", new(make(chan int)), steer.Filled, 1},
		{"a nil pointer", new(*int), steer.Filled, 0},
		{"a struct", new(struct{ a, b int }), 0, 0},
		{"an array", new([2]int), 0, 0},
		{"a float", new(1.5), 0, 0},
	} {
		v := reflect.ValueOf(row.p)
		form, got := look(v.Type().Elem().Kind(), unsafe.Pointer(v.Pointer()))
		assert.Equal(t, row.form, form, row.name)
		assert.Equal(t, row.want, got, row.name)
	}
}

func TestNothingIsToldWithoutASchedule(t *testing.T) {
	assert.Zero(t, testing.AllocsPerRun(10, func() { V(1, 0, &seed) }))
}
