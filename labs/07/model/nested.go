package model

import "lockstep/harness/stacks"

func init() {
	const db = "go.etcd.io/bbolt.(*DB)."
	stacks.Alone("waits for another transaction to end", "waits for a transaction inside of another transaction, its own", db+"View", db+"Update", db+"Batch", db+"Begin")
}
