// Package clidoc writes man pages and a markdown page from a plugin's commands, and the
// generated parts of its README. It is for tests only: no binary links it.
package clidoc
