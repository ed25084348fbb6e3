package verdict

import "strings"

// Advice is what a student is asked first of a check that became this, in front of the check's own hints, and the concept to read: "" where
// those know better. told is the message.
func (s Status) Advice(told string) (hint, concept string) {
	switch {
	case s == Raced:
		return "Is there one lock that both lines hold? Or should each goroutine have a variable of its own?", "data-race"
	case s == Leaked:
		return "What does the goroutine at that line wait for, and who is to end its wait?", "goroutine-leak"
	case s == Panicked:
		return "What is nil, closed or too short at that line, and who could have made it so?", "panic"
	case s == Timeout:
		return "Which loop goes round although there is nothing left for it to do, and what should have ended it?", "polling"
	case s == Failed && strings.Contains(told, "for ever"): // as the engine says of locks
		return "Who has the lock that is wanted at that line, and what is in its way to giving it back?", "unlock-on-every-way-out"
	}
	return "", ""
}
