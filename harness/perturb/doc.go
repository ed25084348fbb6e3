// Package perturb, of the grader, rewrites a student's files for the graded build, so that mistakes of concurrency
// which need luck to show do show. A statement waits for a moment before it runs, by a seed; package
// sync is replaced by one that knows who has which lock. What the rewritten program says about
// itself is said by package engine, which is linked into it.
//
//	files, err := perturb.Package(files)
//
// turns
//
//	package appendlog
//
//	import "sync"
//
//	func (s *Server) store() {
//		s.mu.Lock()
//
// into
//
//	package appendlog; import lockstep_engine "lockstep/harness/perturb/engine"
//
//	import "lockstep/harness/perturb/sync"
//
//	func (s *Server) store() {
//		lockstep_engine.Y(1); s.mu.Lock()
//
// # Contract
//
// All files of a package are rewritten together, or none is: no file is left as it was without an error.
// Any that go/parser takes survives, and means what it meant: a statement is still the statement that it was,
// evaluated once and in the same order, and nothing is changed in expressions, types, labels or
// comments. Text is inserted inside of lines only, so that compiler, panics and race reports name
// the lines that the student sees. What is inserted has a name that nothing in the package has, and so a package that
// compiles does so rewritten, but for what is said of locks below; with NoSync, always.
//
// Behind a statement that stores to variables which others may see stands a call that tells a schedule's recording what they hold. It reads them unseen by the
// detector, and where that would take more than the statement itself has read it is left out.
//
// What is inserted adds no happens-before edge. The race detector sees of the rewritten program
// exactly the synchronisation that is in the original; packages engine and sync say how. Without a
// seed in the environment the same binary runs undisturbed.
//
// A call in front of a statement costs a few nanoseconds, and a pause up to some 10 µs, which a
// statement makes often only in its first few hundred visits. A WaitGroup costs a millisecond or two
// at first. A server that answers lines takes 1.1 to 1.7 times as long as without; BenchmarkEcho tells. The tests hold the programs in
// testdata/programs to being caught under every seed, with one processor and with two.
//
// All functions may be called concurrently.
//
// # Limits
//
// A file that imports "C" is an error. Left as they are: functions that carry a //go: directive other than
// noinline, and what stands where no statement can be put in front: the first part of an if, for or
// switch, what a label names, and expressions. Two calls in one expression are not torn apart.
//
// The types Mutex, RWMutex and WaitGroup of the rewritten files are other types than the standard
// library's. A package that is not rewritten and asks for a *sync.Mutex does not accept theirs, in
// which case the rewritten files do not compile although the student's do; [Options] has NoSync for them. The compiler's
// messages have the longer import path in the names of these types, and columns count what was inserted. A
// build that fails is therefore best repeated with the student's own text, for its message.
//
// With two processors a mistake that has one chance only, such as one line from each of eight clients
// over TCP, is missed by a few runs in a thousand when the machine is busy with other things; with
// one processor by none of several thousand. So a check gives a mistake a few chances, and runs with
// GOMAXPROCS=1 too.
package perturb
