// Package atomic, beside the student's code, takes the place of the standard library's sync/atomic in the files of a student whose server is graded. It has
// the same names, with the same behaviour, and a point in front of each operation at which the caller may be overtaken: also in the middle of an
// expression, so that x.Store(x.Load()+1) loses what somebody else has added.
//
// Each operation is the standard library's, with its happens-before edges, and orders nothing besides. A *atomic.Int64 or the like that a student hands
// to a package which is not rewritten does not fit there.
package atomic

import (
	"sync/atomic"
	"unsafe"

	"lockstep/harness/perturb/engine"
)

// An Int32 is an [atomic.Int32].
type Int32 struct{ v atomic.Int32 }

// Load is [atomic.Int32.Load].
//
//go:norace
func (x *Int32) Load() int32 {
	engine.Operation()
	return x.v.Load()
}

// Store is [atomic.Int32.Store].
//
//go:norace
func (x *Int32) Store(val int32) {
	engine.Operation()
	x.v.Store(val)
}

// Swap is [atomic.Int32.Swap].
//
//go:norace
func (x *Int32) Swap(new int32) (old int32) {
	engine.Operation()
	return x.v.Swap(new)
}

// CompareAndSwap is [atomic.Int32.CompareAndSwap].
//
//go:norace
func (x *Int32) CompareAndSwap(old, new int32) (swapped bool) {
	engine.Operation()
	return x.v.CompareAndSwap(old, new)
}

// Add is [atomic.Int32.Add].
//
//go:norace
func (x *Int32) Add(delta int32) (new int32) {
	engine.Operation()
	return x.v.Add(delta)
}

// And is [atomic.Int32.And].
//
//go:norace
func (x *Int32) And(mask int32) (old int32) {
	engine.Operation()
	return x.v.And(mask)
}

// Or is [atomic.Int32.Or].
//
//go:norace
func (x *Int32) Or(mask int32) (old int32) {
	engine.Operation()
	return x.v.Or(mask)
}

// An Int64 is an [atomic.Int64].
type Int64 struct{ v atomic.Int64 }

// Load is [atomic.Int64.Load].
//
//go:norace
func (x *Int64) Load() int64 {
	engine.Operation()
	return x.v.Load()
}

// Store is [atomic.Int64.Store].
//
//go:norace
func (x *Int64) Store(val int64) {
	engine.Operation()
	x.v.Store(val)
}

// Swap is [atomic.Int64.Swap].
//
//go:norace
func (x *Int64) Swap(new int64) (old int64) {
	engine.Operation()
	return x.v.Swap(new)
}

// CompareAndSwap is [atomic.Int64.CompareAndSwap].
//
//go:norace
func (x *Int64) CompareAndSwap(old, new int64) (swapped bool) {
	engine.Operation()
	return x.v.CompareAndSwap(old, new)
}

// Add is [atomic.Int64.Add].
//
//go:norace
func (x *Int64) Add(delta int64) (new int64) {
	engine.Operation()
	return x.v.Add(delta)
}

// And is [atomic.Int64.And].
//
//go:norace
func (x *Int64) And(mask int64) (old int64) {
	engine.Operation()
	return x.v.And(mask)
}

// Or is [atomic.Int64.Or].
//
//go:norace
func (x *Int64) Or(mask int64) (old int64) {
	engine.Operation()
	return x.v.Or(mask)
}

// A Uint32 is an [atomic.Uint32].
type Uint32 struct{ v atomic.Uint32 }

// Load is [atomic.Uint32.Load].
//
//go:norace
func (x *Uint32) Load() uint32 {
	engine.Operation()
	return x.v.Load()
}

// Store is [atomic.Uint32.Store].
//
//go:norace
func (x *Uint32) Store(val uint32) {
	engine.Operation()
	x.v.Store(val)
}

// Swap is [atomic.Uint32.Swap].
//
//go:norace
func (x *Uint32) Swap(new uint32) (old uint32) {
	engine.Operation()
	return x.v.Swap(new)
}

// CompareAndSwap is [atomic.Uint32.CompareAndSwap].
//
//go:norace
func (x *Uint32) CompareAndSwap(old, new uint32) (swapped bool) {
	engine.Operation()
	return x.v.CompareAndSwap(old, new)
}

// Add is [atomic.Uint32.Add].
//
//go:norace
func (x *Uint32) Add(delta uint32) (new uint32) {
	engine.Operation()
	return x.v.Add(delta)
}

// And is [atomic.Uint32.And].
//
//go:norace
func (x *Uint32) And(mask uint32) (old uint32) {
	engine.Operation()
	return x.v.And(mask)
}

// Or is [atomic.Uint32.Or].
//
//go:norace
func (x *Uint32) Or(mask uint32) (old uint32) {
	engine.Operation()
	return x.v.Or(mask)
}

// A Uint64 is an [atomic.Uint64].
type Uint64 struct{ v atomic.Uint64 }

// Load is [atomic.Uint64.Load].
//
//go:norace
func (x *Uint64) Load() uint64 {
	engine.Operation()
	return x.v.Load()
}

// Store is [atomic.Uint64.Store].
//
//go:norace
func (x *Uint64) Store(val uint64) {
	engine.Operation()
	x.v.Store(val)
}

// Swap is [atomic.Uint64.Swap].
//
//go:norace
func (x *Uint64) Swap(new uint64) (old uint64) {
	engine.Operation()
	return x.v.Swap(new)
}

// CompareAndSwap is [atomic.Uint64.CompareAndSwap].
//
//go:norace
func (x *Uint64) CompareAndSwap(old, new uint64) (swapped bool) {
	engine.Operation()
	return x.v.CompareAndSwap(old, new)
}

// Add is [atomic.Uint64.Add].
//
//go:norace
func (x *Uint64) Add(delta uint64) (new uint64) {
	engine.Operation()
	return x.v.Add(delta)
}

// And is [atomic.Uint64.And].
//
//go:norace
func (x *Uint64) And(mask uint64) (old uint64) {
	engine.Operation()
	return x.v.And(mask)
}

// Or is [atomic.Uint64.Or].
//
//go:norace
func (x *Uint64) Or(mask uint64) (old uint64) {
	engine.Operation()
	return x.v.Or(mask)
}

// A Uintptr is an [atomic.Uintptr].
type Uintptr struct{ v atomic.Uintptr }

// Load is [atomic.Uintptr.Load].
//
//go:norace
func (x *Uintptr) Load() uintptr {
	engine.Operation()
	return x.v.Load()
}

// Store is [atomic.Uintptr.Store].
//
//go:norace
func (x *Uintptr) Store(val uintptr) {
	engine.Operation()
	x.v.Store(val)
}

// Swap is [atomic.Uintptr.Swap].
//
//go:norace
func (x *Uintptr) Swap(new uintptr) (old uintptr) {
	engine.Operation()
	return x.v.Swap(new)
}

// CompareAndSwap is [atomic.Uintptr.CompareAndSwap].
//
//go:norace
func (x *Uintptr) CompareAndSwap(old, new uintptr) (swapped bool) {
	engine.Operation()
	return x.v.CompareAndSwap(old, new)
}

// Add is [atomic.Uintptr.Add].
//
//go:norace
func (x *Uintptr) Add(delta uintptr) (new uintptr) {
	engine.Operation()
	return x.v.Add(delta)
}

// And is [atomic.Uintptr.And].
//
//go:norace
func (x *Uintptr) And(mask uintptr) (old uintptr) {
	engine.Operation()
	return x.v.And(mask)
}

// Or is [atomic.Uintptr.Or].
//
//go:norace
func (x *Uintptr) Or(mask uintptr) (old uintptr) {
	engine.Operation()
	return x.v.Or(mask)
}

// A Bool is an [atomic.Bool].
type Bool struct{ v atomic.Bool }

// Load is [atomic.Bool.Load].
//
//go:norace
func (x *Bool) Load() bool {
	engine.Operation()
	return x.v.Load()
}

// Store is [atomic.Bool.Store].
//
//go:norace
func (x *Bool) Store(val bool) {
	engine.Operation()
	x.v.Store(val)
}

// Swap is [atomic.Bool.Swap].
//
//go:norace
func (x *Bool) Swap(new bool) (old bool) {
	engine.Operation()
	return x.v.Swap(new)
}

// CompareAndSwap is [atomic.Bool.CompareAndSwap].
//
//go:norace
func (x *Bool) CompareAndSwap(old, new bool) (swapped bool) {
	engine.Operation()
	return x.v.CompareAndSwap(old, new)
}

// A Value is an [atomic.Value].
type Value struct{ v atomic.Value }

// Load is [atomic.Value.Load].
//
//go:norace
func (x *Value) Load() (val any) {
	engine.Operation()
	return x.v.Load()
}

// Store is [atomic.Value.Store].
//
//go:norace
func (x *Value) Store(val any) {
	engine.Operation()
	x.v.Store(val)
}

// Swap is [atomic.Value.Swap].
//
//go:norace
func (x *Value) Swap(new any) (old any) {
	engine.Operation()
	return x.v.Swap(new)
}

// CompareAndSwap is [atomic.Value.CompareAndSwap].
//
//go:norace
func (x *Value) CompareAndSwap(old, new any) (swapped bool) {
	engine.Operation()
	return x.v.CompareAndSwap(old, new)
}

// A Pointer is an [atomic.Pointer].
type Pointer[T any] struct{ v atomic.Pointer[T] }

// Load is [atomic.Pointer.Load].
//
//go:norace
func (x *Pointer[T]) Load() *T {
	engine.Operation()
	return x.v.Load()
}

// Store is [atomic.Pointer.Store].
//
//go:norace
func (x *Pointer[T]) Store(val *T) {
	engine.Operation()
	x.v.Store(val)
}

// Swap is [atomic.Pointer.Swap].
//
//go:norace
func (x *Pointer[T]) Swap(new *T) (old *T) {
	engine.Operation()
	return x.v.Swap(new)
}

// CompareAndSwap is [atomic.Pointer.CompareAndSwap].
//
//go:norace
func (x *Pointer[T]) CompareAndSwap(old, new *T) (swapped bool) {
	engine.Operation()
	return x.v.CompareAndSwap(old, new)
}

// LoadInt32 is [atomic.LoadInt32].
//
//go:norace
func LoadInt32(addr *int32) (val int32) {
	engine.Operation()
	return atomic.LoadInt32(addr)
}

// StoreInt32 is [atomic.StoreInt32].
//
//go:norace
func StoreInt32(addr *int32, val int32) {
	engine.Operation()
	atomic.StoreInt32(addr, val)
}

// SwapInt32 is [atomic.SwapInt32].
//
//go:norace
func SwapInt32(addr *int32, new int32) (old int32) {
	engine.Operation()
	return atomic.SwapInt32(addr, new)
}

// CompareAndSwapInt32 is [atomic.CompareAndSwapInt32].
//
//go:norace
func CompareAndSwapInt32(addr *int32, old, new int32) (swapped bool) {
	engine.Operation()
	return atomic.CompareAndSwapInt32(addr, old, new)
}

// AddInt32 is [atomic.AddInt32].
//
//go:norace
func AddInt32(addr *int32, delta int32) (new int32) {
	engine.Operation()
	return atomic.AddInt32(addr, delta)
}

// AndInt32 is [atomic.AndInt32].
//
//go:norace
func AndInt32(addr *int32, mask int32) (old int32) {
	engine.Operation()
	return atomic.AndInt32(addr, mask)
}

// OrInt32 is [atomic.OrInt32].
//
//go:norace
func OrInt32(addr *int32, mask int32) (old int32) {
	engine.Operation()
	return atomic.OrInt32(addr, mask)
}

// LoadInt64 is [atomic.LoadInt64].
//
//go:norace
func LoadInt64(addr *int64) (val int64) {
	engine.Operation()
	return atomic.LoadInt64(addr)
}

// StoreInt64 is [atomic.StoreInt64].
//
//go:norace
func StoreInt64(addr *int64, val int64) {
	engine.Operation()
	atomic.StoreInt64(addr, val)
}

// SwapInt64 is [atomic.SwapInt64].
//
//go:norace
func SwapInt64(addr *int64, new int64) (old int64) {
	engine.Operation()
	return atomic.SwapInt64(addr, new)
}

// CompareAndSwapInt64 is [atomic.CompareAndSwapInt64].
//
//go:norace
func CompareAndSwapInt64(addr *int64, old, new int64) (swapped bool) {
	engine.Operation()
	return atomic.CompareAndSwapInt64(addr, old, new)
}

// AddInt64 is [atomic.AddInt64].
//
//go:norace
func AddInt64(addr *int64, delta int64) (new int64) {
	engine.Operation()
	return atomic.AddInt64(addr, delta)
}

// AndInt64 is [atomic.AndInt64].
//
//go:norace
func AndInt64(addr *int64, mask int64) (old int64) {
	engine.Operation()
	return atomic.AndInt64(addr, mask)
}

// OrInt64 is [atomic.OrInt64].
//
//go:norace
func OrInt64(addr *int64, mask int64) (old int64) {
	engine.Operation()
	return atomic.OrInt64(addr, mask)
}

// LoadUint32 is [atomic.LoadUint32].
//
//go:norace
func LoadUint32(addr *uint32) (val uint32) {
	engine.Operation()
	return atomic.LoadUint32(addr)
}

// StoreUint32 is [atomic.StoreUint32].
//
//go:norace
func StoreUint32(addr *uint32, val uint32) {
	engine.Operation()
	atomic.StoreUint32(addr, val)
}

// SwapUint32 is [atomic.SwapUint32].
//
//go:norace
func SwapUint32(addr *uint32, new uint32) (old uint32) {
	engine.Operation()
	return atomic.SwapUint32(addr, new)
}

// CompareAndSwapUint32 is [atomic.CompareAndSwapUint32].
//
//go:norace
func CompareAndSwapUint32(addr *uint32, old, new uint32) (swapped bool) {
	engine.Operation()
	return atomic.CompareAndSwapUint32(addr, old, new)
}

// AddUint32 is [atomic.AddUint32].
//
//go:norace
func AddUint32(addr *uint32, delta uint32) (new uint32) {
	engine.Operation()
	return atomic.AddUint32(addr, delta)
}

// AndUint32 is [atomic.AndUint32].
//
//go:norace
func AndUint32(addr *uint32, mask uint32) (old uint32) {
	engine.Operation()
	return atomic.AndUint32(addr, mask)
}

// OrUint32 is [atomic.OrUint32].
//
//go:norace
func OrUint32(addr *uint32, mask uint32) (old uint32) {
	engine.Operation()
	return atomic.OrUint32(addr, mask)
}

// LoadUint64 is [atomic.LoadUint64].
//
//go:norace
func LoadUint64(addr *uint64) (val uint64) {
	engine.Operation()
	return atomic.LoadUint64(addr)
}

// StoreUint64 is [atomic.StoreUint64].
//
//go:norace
func StoreUint64(addr *uint64, val uint64) {
	engine.Operation()
	atomic.StoreUint64(addr, val)
}

// SwapUint64 is [atomic.SwapUint64].
//
//go:norace
func SwapUint64(addr *uint64, new uint64) (old uint64) {
	engine.Operation()
	return atomic.SwapUint64(addr, new)
}

// CompareAndSwapUint64 is [atomic.CompareAndSwapUint64].
//
//go:norace
func CompareAndSwapUint64(addr *uint64, old, new uint64) (swapped bool) {
	engine.Operation()
	return atomic.CompareAndSwapUint64(addr, old, new)
}

// AddUint64 is [atomic.AddUint64].
//
//go:norace
func AddUint64(addr *uint64, delta uint64) (new uint64) {
	engine.Operation()
	return atomic.AddUint64(addr, delta)
}

// AndUint64 is [atomic.AndUint64].
//
//go:norace
func AndUint64(addr *uint64, mask uint64) (old uint64) {
	engine.Operation()
	return atomic.AndUint64(addr, mask)
}

// OrUint64 is [atomic.OrUint64].
//
//go:norace
func OrUint64(addr *uint64, mask uint64) (old uint64) {
	engine.Operation()
	return atomic.OrUint64(addr, mask)
}

// LoadUintptr is [atomic.LoadUintptr].
//
//go:norace
func LoadUintptr(addr *uintptr) (val uintptr) {
	engine.Operation()
	return atomic.LoadUintptr(addr)
}

// StoreUintptr is [atomic.StoreUintptr].
//
//go:norace
func StoreUintptr(addr *uintptr, val uintptr) {
	engine.Operation()
	atomic.StoreUintptr(addr, val)
}

// SwapUintptr is [atomic.SwapUintptr].
//
//go:norace
func SwapUintptr(addr *uintptr, new uintptr) (old uintptr) {
	engine.Operation()
	return atomic.SwapUintptr(addr, new)
}

// CompareAndSwapUintptr is [atomic.CompareAndSwapUintptr].
//
//go:norace
func CompareAndSwapUintptr(addr *uintptr, old, new uintptr) (swapped bool) {
	engine.Operation()
	return atomic.CompareAndSwapUintptr(addr, old, new)
}

// AddUintptr is [atomic.AddUintptr].
//
//go:norace
func AddUintptr(addr *uintptr, delta uintptr) (new uintptr) {
	engine.Operation()
	return atomic.AddUintptr(addr, delta)
}

// AndUintptr is [atomic.AndUintptr].
//
//go:norace
func AndUintptr(addr *uintptr, mask uintptr) (old uintptr) {
	engine.Operation()
	return atomic.AndUintptr(addr, mask)
}

// OrUintptr is [atomic.OrUintptr].
//
//go:norace
func OrUintptr(addr *uintptr, mask uintptr) (old uintptr) {
	engine.Operation()
	return atomic.OrUintptr(addr, mask)
}

// LoadPointer is [atomic.LoadPointer].
//
//go:norace
func LoadPointer(addr *unsafe.Pointer) (val unsafe.Pointer) {
	engine.Operation()
	return atomic.LoadPointer(addr)
}

// StorePointer is [atomic.StorePointer].
//
//go:norace
func StorePointer(addr *unsafe.Pointer, val unsafe.Pointer) {
	engine.Operation()
	atomic.StorePointer(addr, val)
}

// SwapPointer is [atomic.SwapPointer].
//
//go:norace
func SwapPointer(addr *unsafe.Pointer, new unsafe.Pointer) (old unsafe.Pointer) {
	engine.Operation()
	return atomic.SwapPointer(addr, new)
}

// CompareAndSwapPointer is [atomic.CompareAndSwapPointer].
//
//go:norace
func CompareAndSwapPointer(addr *unsafe.Pointer, old, new unsafe.Pointer) (swapped bool) {
	engine.Operation()
	return atomic.CompareAndSwapPointer(addr, old, new)
}
