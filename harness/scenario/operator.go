package scenario

// operatorName is what a script calls whoever sits at the console of the server.
const operatorName = "operator"

// An operator is whoever sits at the console of a server, which is behind a connection as clients have one.
type operator struct{ client }

func (operator) addr() string { return "" }

func (operator) reset() error { return errNoClient }

func (operator) over() bool { return false } // the server goes on without

// seat connects the operator to the console of a server that has just been started, if that has one.
func (p *play) seat() error {
	if p.server.Console == "" {
		return nil
	}
	c, err := dial(p.server.Console)
	if err == nil {
		p.enter(operatorName, operator{c})
	}
	return err
}
