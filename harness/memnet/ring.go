package memnet

// smallest is the room that a ring begins with, if its limit allows. A ring starts small and doubles:
// a thousand clients that say hello should not cost a thousand full buffers.
const smallest = 1 << 10

// A ring is a queue of at most limit bytes. The zero ring with a limit is empty.
type ring struct {
	limit int
	buf   []byte
	first int // index in buf of the oldest byte
	n     int // bytes in the queue
}

// put appends as much of p as there is room for and returns how much that was.
//
//go:norace
func (r *ring) put(p []byte) int {
	p = p[:min(len(p), r.limit-r.n)]
	if r.n+len(p) > len(r.buf) {
		r.grow(r.n + len(p))
	}
	end := r.first + r.n
	if end >= len(r.buf) {
		end -= len(r.buf)
	}
	n := move(r.buf[end:], p)
	n += move(r.buf, p[n:])
	r.n += n
	return n
}

// take moves the oldest bytes into p and returns how many there were.
//
//go:norace
func (r *ring) take(p []byte) int {
	p = p[:min(len(p), r.n)]
	n := move(p, r.buf[r.first:])
	n += move(p[n:], r.buf)
	r.n -= n
	r.first += n
	if r.first >= len(r.buf) {
		r.first -= len(r.buf)
	}
	if r.n == 0 {
		r.first = 0 // the next bytes lie in one piece
	}
	return n
}

// grow makes room for at least want bytes, which is not above the limit.
//
//go:norace
func (r *ring) grow(want int) {
	bigger := make([]byte, min(max(want, 2*len(r.buf), smallest), r.limit))
	n := move(bigger[:r.n], r.buf[r.first:])
	move(bigger[n:r.n], r.buf)
	r.buf, r.first = bigger, 0
}

// drop forgets the bytes and frees the memory.
//
//go:norace
func (r *ring) drop() {
	r.buf, r.first, r.n = nil, 0, 0
}

// move does what copy does. The race detector is told of what copy touches even in functions that
// are hidden from it, but not of the assignment of an array, which is as fast.
//
//go:norace
func move(dst, src []byte) int {
	n := min(len(dst), len(src))
	i := 0
	for ; n-i >= 256; i += 256 {
		*(*[256]byte)(dst[i:]) = *(*[256]byte)(src[i:])
	}
	for ; n-i >= 16; i += 16 {
		*(*[16]byte)(dst[i:]) = *(*[16]byte)(src[i:])
	}
	for ; i < n; i++ {
		dst[i] = src[i]
	}
	return n
}
