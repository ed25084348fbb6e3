// Package quoted stands beside the student's code, and tells package engine how the files read of which it speaks: a process in a sandbox sees
// none of them. It is empty. In a build that is graded, package build puts a file in the place of this one that has their texts.
package quoted
