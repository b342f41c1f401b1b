//go:build !windows

package main

// keepWindow has nothing to do: only on Windows does the terminal close with
// the program.
func (a *app) keepWindow() {}
