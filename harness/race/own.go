package race

import "lockstep/harness/stacks"

// FilesOf makes an [Explainer]'s Own from a rule about functions: the student's files are those that
// hold a function of theirs in one of the reports. A file's own name says less, for a //line
// directive can give it any.
func FilesOf(own func(stacks.Frame) bool, reports ...Report) func(file string) bool {
	files := map[string]bool{}
	for _, r := range reports {
		for _, stack := range [][]stacks.Frame{r.Now.Stack, r.Now.Created, r.Before.Stack, r.Before.Created} {
			for _, f := range stack {
				if own(f) {
					files[f.File] = true
				}
			}
		}
	}
	return func(file string) bool { return files[file] }
}
