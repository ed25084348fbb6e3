package engine

import (
	"math"
	"reflect"
	"unsafe"

	"lockstep/harness/steer"
)

// V stands behind a statement of a rewritten file that has stored to the variable at p, the nth of its variables, and tells the schedule's recording
// what the variable holds. The detector sees nothing of that.
//
//go:norace
func V(site uint32, nth uint8, p any) {
	if !steer.On() {
		return
	}
	v := steer.Value{Site: site, Nth: nth}
	at := (*[2]unsafe.Pointer)(unsafe.Pointer(&p))[1]
	if v.Form, v.Value = look(reflect.TypeOf(p).Elem().Kind(), at); v.Form != 0 {
		steer.Mark(steer.Holds, uint64(uintptr(at)), v.Packed())
	}
}

// look reads a variable of some kind. The form is 0 if that is not told in a number.
//
//go:norace
func look(k reflect.Kind, at unsafe.Pointer) (steer.Form, int32) {
	if unsafe.Sizeof(uintptr(0)) != 8 {
		return 0, 0 // words are read below
	}
	switch k {
	case reflect.Bool:
		if *(*bool)(at) {
			return steer.Truth, 1
		}
		return steer.Truth, 0
	case reflect.Int, reflect.Int64:
		return steer.Number, steer.Fit(*(*int64)(at))
	case reflect.Uint, reflect.Uint64, reflect.Uintptr:
		return steer.Number, steer.Fit(int64(min(*(*uint64)(at), math.MaxInt64)))
	case reflect.Int32:
		return steer.Number, *(*int32)(at)
	case reflect.Uint32:
		return steer.Number, steer.Fit(int64(*(*uint32)(at)))
	case reflect.Int16:
		return steer.Number, int32(*(*int16)(at))
	case reflect.Uint16:
		return steer.Number, int32(*(*uint16)(at))
	case reflect.Int8:
		return steer.Number, int32(*(*int8)(at))
	case reflect.Uint8:
		return steer.Number, int32(*(*uint8)(at))
	case reflect.String, reflect.Slice: // the length is the second word of both
		return steer.Length, steer.Fit(int64((*[2]int)(at)[1]))
	case reflect.Map:
		if m := *(**uint64)(at); m != nil {
			return steer.Length, steer.Fit(int64(*m)) // its number of elements is the first word of it
		}
		return steer.Length, 0
	case reflect.Pointer, reflect.Chan, reflect.Func, reflect.Interface:
		if *(*unsafe.Pointer)(at) != nil {
			return steer.Filled, 1
		}
		return steer.Filled, 0
	}
	return 0, 0
}
