//go:build !lockstep_steer

package steer

// Built tells whether this program can be steered.
const Built = false

func begin(Schedule, *Recording) error { return ErrNotBuilt }

func end() {}

func name() uint32 { return 0 }

func point(uint32, uint64, uint64) {}

func mark(uint32, uint64, uint64) {}

func pass(uint32, uint64, uint64) {}

func realtime() int64 { return 0 }

func idle(int64) bool { return false }
